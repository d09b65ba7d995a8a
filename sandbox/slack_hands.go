package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
)

// Hands: what a person does in a Slack client. Each waits for the app's acknowledgement, at most AckTimeout, and applies it.

// Spot is a place on somebody's screen: an element in a message (Channel and TS) or in a view (View, a modal or Home). Block may be
// empty where the action_id is there only once.
type Spot struct {
	Channel, TS   string
	View          string
	Block, Action string
}

// Errors of hands.
var (
	// ErrTrouble wraps whatever kept an acknowledgement from coming; the person sees its text.
	ErrTrouble = errors.New("We had some trouble connecting. Try again?") //lint:ignore ST1005 Slack's own words.
	// ErrNotThere means that the person's screen does not show it (any more), or that the person cannot act at all.
	ErrNotThere = errors.New("it is not on the screen")
	// ErrIncomplete means that the client did not send the form: a required field is empty, or a text too long or too short.
	ErrIncomplete = errors.New("please complete all required fields")
)

// HandOption changes what a hand does.
type HandOption func(*hand)

type hand struct {
	choice  []string
	message *Message
	view    *View
}

// Choose takes the option with that value in a menu outside a form, or several where the menu takes several.
func Choose(values ...string) HandOption { return func(h *hand) { h.choice = values } }

// Seeing acts on a message as it was: a client that was not told yet, or an old screen.
func Seeing(m Message) HandOption { return func(h *hand) { h.message = &m } }

// SeeingView acts on a view as it was, even if it was closed since.
func SeeingView(v View) HandOption { return func(h *hand) { h.view = &v } }

func handOf(opts []HandOption) *hand {
	h := &hand{}
	for _, o := range opts {
		o(h)
	}
	return h
}

// Press presses a button, or chooses in a menu (Choose), as a person. ErrNotThere when the screen does not show it now;
// ErrTrouble when the app did not acknowledge.
func (s *Slack) Press(ctx context.Context, as string, at Spot, opts ...HandOption) error {
	h := handOf(opts)
	s.mu.Lock()
	payload, err := s.pressed(as, at, h)
	s.mu.Unlock()
	if err != nil {
		return err
	}
	ack, err := s.Deliver(ctx, Interactive, payload)
	return s.acknowledged(as, at, ack, err)
}

// Input writes a value into a text field, or chooses the option with that value in a menu of a form; several where the field takes
// several, none to clear it. A menu outside an input block, or one with dispatch_action, tells the app at once, as Press does.
func (s *Slack) Input(ctx context.Context, as string, at Spot, values ...string) error {
	s.mu.Lock()
	e, payload, err := s.filledIn(as, at, values)
	s.mu.Unlock()
	if err != nil {
		return err
	}
	if tells, _ := e.input["dispatch_action"].(bool); e.input != nil && !tells {
		return nil
	}
	ack, err := s.Deliver(ctx, Interactive, payload)
	return s.acknowledged(as, at, ack, err)
}

func (s *Slack) filledIn(as string, at Spot, values []string) (placed, object, error) {
	p, err := s.actor(as)
	if err != nil {
		return placed{}, nil, err
	}
	v, err := s.onScreen(as, at.View, &hand{})
	if err != nil {
		return placed{}, nil, err
	}
	e, ok := locate(v.Blocks, at.Block, at.Action)
	if !ok || v.State[e.block][e.action] == nil {
		return placed{}, nil, fmt.Errorf("field %s %s: %w", at.Block, at.Action, ErrNotThere)
	}
	chosen, ok := choice(e.element, s.offered[offerKey(as, at, e)], values)
	if !ok {
		return placed{}, nil, fmt.Errorf("%q in %s: %w", values, at.Action, ErrNotThere)
	}
	field := stateField[kindOf(e.element)]
	v.State[e.block][e.action] = object{"type": kindOf(e.element), field: chosen}
	delete(v.Errors, e.block)
	s.touch()
	return e, s.clickInView(p, v, e, object{field: chosen}), nil
}

// Submit presses a modal's submit button. Errors that the app answers with are no error here: they are in the View, as they are
// on the screen.
func (s *Slack) Submit(ctx context.Context, as, view string, opts ...HandOption) error {
	h := handOf(opts)
	s.mu.Lock()
	v, payload, err := s.submitted(as, view, h)
	s.mu.Unlock()
	if err != nil {
		return err
	}
	ack, err := s.Deliver(ctx, Interactive, payload)
	err = notTaken(ack, err)
	s.mu.Lock()
	defer s.mu.Unlock()
	v.Busy = false
	if err == nil && !v.Closed {
		err = s.answered(v, ack.Payload)
	}
	if err != nil {
		v.Trouble = ErrTrouble.Error()
		err = fmt.Errorf("%w: %w", ErrTrouble, err)
	}
	s.touch()
	return err
}

func (s *Slack) submitted(as, view string, h *hand) (*View, object, error) {
	p, err := s.actor(as)
	if err != nil {
		return nil, nil, err
	}
	v, err := s.onScreen(as, view, h)
	if err != nil {
		return nil, nil, err
	}
	sent := v
	if h.view != nil {
		sent = h.view
	} else if open := s.modals[as]; len(open) == 0 || open[len(open)-1] != v || v.Submit == "" || v.Busy {
		return nil, nil, fmt.Errorf("the submit button of %s: %w", view, ErrNotThere)
	}
	if s.incomplete(v, sent) {
		return nil, nil, ErrIncomplete
	}
	v.Busy, v.Errors, v.Trouble = true, nil, ""
	s.touch()
	payload := s.payload("view_submission", p)
	payload["view"] = s.viewShape(sent)
	payload["response_urls"] = []any{}
	return v, frozen(payload), nil
}

// incomplete marks the fields that keep a client from sending the form.
func (s *Slack) incomplete(v, sent *View) bool {
	wrong := map[string]string{}
	for _, e := range elementsIn(sent.Blocks) {
		if e.input == nil {
			continue
		}
		held := sent.State[e.block][e.action][stateField[kindOf(e.element)]]
		text, _ := held.(string)
		optional, _ := e.input["optional"].(bool)
		longest, limited := e.element["max_length"].(float64)
		shortest, _ := e.element["min_length"].(float64)
		switch n := len([]rune(text)); {
		case empty(held) && !optional:
			wrong[e.block] = "Please complete this required field."
		case limited && n > int(longest) || !empty(held) && n < int(shortest):
			wrong[e.block] = "Please mind the length of the text."
		}
	}
	if len(wrong) > 0 {
		v.Errors = wrong
		s.touch()
	}
	return len(wrong) > 0
}

// answered applies the answer to a submission (https://docs.slack.dev/surfaces/modals).
func (s *Slack) answered(v *View, raw json.RawMessage) error {
	var a struct {
		Action string            `json:"response_action"`
		Errors map[string]string `json:"errors"`
		View   json.RawMessage   `json:"view"`
	}
	if len(raw) > 0 && json.Unmarshal(raw, &a) != nil {
		return fmt.Errorf("the answer %s: %w", raw, ErrBadAck)
	}
	switch a.Action {
	case "":
		s.pop(v)
	case "clear":
		s.closeAll(v.User)
	case "errors":
		return s.wrong(v, a.Errors)
	case "update", "push":
		if err := viewError(a.View, "modal"); err != nil {
			return fmt.Errorf("the view of %q (%w): %w", a.Action, err, ErrBadAck)
		}
		if a.Action == "update" {
			s.set(v, a.View)
		} else if len(s.modals[v.User]) >= deepest {
			return fmt.Errorf("a view on top of %d (push_limit_reached): %w", deepest, ErrBadAck)
		} else {
			s.stack(v.User, a.View)
		}
	default:
		return fmt.Errorf("response_action %q: %w", a.Action, ErrBadAck)
	}
	return nil
}

// wrong shows errors beside fields; each key must be the block_id of an input block.
func (s *Slack) wrong(v *View, errs map[string]string) error {
	inputs := map[string]bool{}
	for _, e := range elementsIn(v.Blocks) {
		inputs[e.block] = e.input != nil
	}
	for id := range errs {
		if !inputs[id] {
			return fmt.Errorf("errors for %q, which is no input block: %w", id, ErrBadAck)
		}
	}
	if len(errs) == 0 {
		return fmt.Errorf("errors without any: %w", ErrBadAck)
	}
	v.Errors = maps.Clone(errs)
	return nil
}
