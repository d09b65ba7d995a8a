package sandbox

import (
	"encoding/json"
	"fmt"
	"slices"
)

// View is a modal or a Home view as the workspace keeps it.
type View struct {
	ID              string
	Type            string // modal or home
	User            string // whose screen it is on
	Title           string
	Submit          string // the label of the submit button; empty without one
	Close           string // likewise
	CallbackID      string
	ExternalID      string
	PrivateMetadata string
	Hash            string
	RootViewID      string
	PreviousViewID  string
	Blocks          json.RawMessage              // with the ids that Slack filled in
	State           map[string]map[string]object // block_id, action_id: what is filled in
	Errors          map[string]string            // block_id: what the bot said is wrong
	Busy            bool                         // a submission is waiting for its answer
	Trouble         string                       // "We had some trouble connecting. Try again?"
	Closed          bool
	Versions        []json.RawMessage // every view that it has been, oldest first; the last is what it is now

	notify bool
	clear  bool
	raw    object
}

// deepest is the number of views that a stack may hold.
const deepest = 3

// viewError is Slack's answer to a view that breaks its rules, or nil.
func viewError(raw json.RawMessage, kind string) error {
	if len(raw) > largestView {
		return refuse("view_too_large")
	}
	found := checkView(raw, "/view")
	if is := kindOfJSON(raw); len(found) == 0 && is != kind {
		found = []error{&BlockError{"/view/type", "must be " + kind}}
	}
	if len(found) == 0 {
		return nil
	}
	return invalid("invalid_arguments", found)
}

func kindOfJSON(raw json.RawMessage) string {
	var o object
	json.Unmarshal(raw, &o)
	return kindOf(o)
}

func (s *Slack) openView(args Args) (object, error) {
	return s.show(args, func(user string) error {
		// A modal that is open already gives way to the new one.
		s.closeAll(user)
		return nil
	})
}

func (s *Slack) pushView(args Args) (object, error) {
	return s.show(args, func(user string) error {
		switch n := len(s.modals[user]); {
		case n == 0:
			return refuse("not_found")
		case n >= deepest:
			return refuse("push_limit_reached")
		}
		return nil
	})
}

// show spends a trigger on a new modal.
func (s *Slack) show(args Args, room func(user string) error) (object, error) {
	if err := args.missing("trigger_id", "view"); err != nil {
		return nil, err
	}
	raw := json.RawMessage(args["view"])
	if err := viewError(raw, "modal"); err != nil {
		return nil, err
	}
	t, err := s.trigger(args["trigger_id"])
	if err != nil {
		return nil, err
	}
	if err := s.externalID(raw, ""); err != nil {
		return nil, err
	}
	if err := room(t.user); err != nil {
		return nil, err
	}
	t.used = true
	return object{"view": s.viewShape(s.stack(t.user, raw))}, nil
}

// stack puts a new view on top of a person's modals.
func (s *Slack) stack(user string, raw json.RawMessage) *View {
	v := &View{ID: s.newID("V"), User: user}
	v.RootViewID = v.ID
	if open := s.modals[user]; len(open) > 0 {
		v.RootViewID, v.PreviousViewID = open[0].ID, open[len(open)-1].ID
	}
	s.views[v.ID] = v
	s.modals[user] = append(s.modals[user], v)
	s.set(v, raw)
	return v
}

func (s *Slack) updateView(args Args) (object, error) {
	if err := args.missing("view"); err != nil {
		return nil, err
	}
	v := s.views[args["view_id"]]
	if external := args["external_id"]; v == nil && external != "" {
		v = s.byExternalID(external)
	}
	if v == nil || v.Closed {
		return nil, refuse("not_found")
	}
	raw := json.RawMessage(args["view"])
	if err := viewError(raw, v.Type); err != nil {
		return nil, err
	}
	if hash := args["hash"]; hash != "" && hash != v.Hash {
		return nil, refuse("hash_conflict")
	}
	if err := s.externalID(raw, v.ID); err != nil {
		return nil, err
	}
	s.set(v, raw)
	return object{"view": s.viewShape(v)}, nil
}

func (s *Slack) publishView(args Args) (object, error) {
	if err := args.missing("user_id", "view"); err != nil {
		return nil, err
	}
	raw := json.RawMessage(args["view"])
	if s.cfg.NoHome {
		return nil, refuse("not_enabled")
	}
	if err := viewError(raw, "home"); err != nil {
		return nil, err
	}
	p := s.people[args["user_id"]]
	if p == nil || p.Bot || p.Deleted || s.stranger(p) {
		return nil, refuse("user_not_found")
	}
	v := s.homes[p.ID]
	if hash := args["hash"]; v != nil && hash != "" && hash != v.Hash {
		return nil, refuse("hash_conflict")
	}
	if v == nil {
		v = &View{ID: s.newID("V"), User: p.ID}
		v.RootViewID = v.ID
		s.homes[p.ID], s.views[v.ID] = v, v
	}
	s.set(v, raw)
	return object{"view": s.viewShape(v)}, nil
}

func (s *Slack) byExternalID(id string) *View {
	for _, v := range s.views {
		if v.ExternalID == id && !v.Closed {
			return v
		}
	}
	return nil
}

// externalID refuses an external_id that another open view has.
func (s *Slack) externalID(raw json.RawMessage, own string) error {
	var view struct {
		ExternalID string `json:"external_id"`
	}
	json.Unmarshal(raw, &view)
	if view.ExternalID == "" {
		return nil
	}
	if other := s.byExternalID(view.ExternalID); other != nil && other.ID != own {
		return refuse("duplicate_external_id")
	}
	return nil
}

// set makes raw what v shows. What a person filled in stays where block_id and action_id stay.
func (s *Slack) set(v *View, raw json.RawMessage) {
	var o object
	json.Unmarshal(raw, &o)
	v.Blocks = s.keepBlocks(encode(o["blocks"]))
	if v.Blocks == nil {
		v.Blocks = json.RawMessage("[]")
	}
	o["blocks"] = v.Blocks
	v.raw = o
	v.Type = kindOf(o)
	v.Title, v.Submit, v.Close = textOf(o["title"]), textOf(o["submit"]), textOf(o["close"])
	v.CallbackID, _ = o["callback_id"].(string)
	v.ExternalID, _ = o["external_id"].(string)
	v.PrivateMetadata, _ = o["private_metadata"].(string)
	v.notify, _ = o["notify_on_close"].(bool)
	v.clear, _ = o["clear_on_close"].(bool)
	v.State = stateOf(v.Blocks, v.State)
	v.Errors, v.Trouble = nil, ""
	s.serial++
	v.Hash = fmt.Sprintf("%d.%08x", s.cfg.Now().Unix(), s.serial*2654435761%4294967296)
	v.Versions = append(v.Versions, encode(o))
	s.touch()
}

func textOf(v any) string {
	o, _ := v.(object)
	text, _ := o["text"].(string)
	return text
}

// pop closes the topmost modal; closeAll closes the whole stack.
func (s *Slack) pop(v *View) {
	v.Closed, v.Busy = true, false
	s.modals[v.User] = slices.DeleteFunc(s.modals[v.User], func(open *View) bool { return open == v })
	s.touch()
}

func (s *Slack) closeAll(user string) {
	for _, v := range slices.Clone(s.modals[user]) {
		s.pop(v)
	}
}
