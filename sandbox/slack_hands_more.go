package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"
)

// Option is one entry of a menu.
type Option struct{ Text, Value string }

// Options types query into a menu whose options the app looks up (external_select) and returns what it offers. ErrNotThere, also
// when the query is shorter than the menu's min_query_length (3 unless it says otherwise); ErrTrouble.
func (s *Slack) Options(ctx context.Context, as string, at Spot, query string) ([]Option, error) {
	s.mu.Lock()
	key, payload, err := s.asked(as, at, query)
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	ack, err := s.Deliver(ctx, Interactive, payload)
	if err = notTaken(ack, err); err == nil {
		var found []Option
		if found, err = s.offer(key, ack.Payload); err == nil {
			return found, nil
		}
	}
	return nil, s.acknowledged(as, at, Ack{}, err)
}

// offer keeps and returns the options that the app answered with.
func (s *Slack) offer(key string, raw json.RawMessage) ([]Option, error) {
	var answer object
	json.Unmarshal(raw, &answer)
	c := &checker{actions: map[string]bool{}}
	c.fields("", answer, static)
	if len(c.found) > 0 {
		return nil, fmt.Errorf("the options (%w): %w", errors.Join(c.found...), ErrBadAck)
	}
	var found []Option
	var kept []object
	for _, o := range optionsIn(answer) {
		o := o.(object)
		kept = append(kept, o)
		found = append(found, Option{textOf(o["text"]), fmt.Sprint(o["value"])})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.offered[key] = kept
	return found, nil
}

func (s *Slack) asked(as string, at Spot, query string) (key string, payload object, err error) {
	p, err := s.actor(as)
	if err != nil {
		return "", nil, err
	}
	blocks, place, err := s.place(p, at, &hand{})
	if err != nil {
		return "", nil, err
	}
	e, ok := locate(blocks, at.Block, at.Action)
	shortest := 3
	if n, given := e.element["min_query_length"].(float64); given {
		shortest = int(n)
	}
	if !ok || kindOf(e.element) != "external_select" || utf8.RuneCountInString(query) < shortest {
		return "", nil, fmt.Errorf("the options of %s for %q: %w", at.Action, query, ErrNotThere)
	}
	payload = s.payload("block_suggestion", p)
	delete(payload, "trigger_id")
	for _, name := range []string{"view", "message", "channel", "container"} {
		if place[name] != nil {
			payload[name] = place[name]
		}
	}
	payload["action_id"], payload["block_id"], payload["value"] = e.action, e.block, query
	return offerKey(as, at, e), frozen(payload), nil
}

// offerKey is under what the options offered to a person at a spot are kept.
func offerKey(as string, at Spot, e placed) string {
	return strings.Join([]string{as, at.View, at.TS, e.block, e.action}, " ")
}

// Close closes the topmost modal of a person. The app is told if the view asked for it; what it answers changes nothing.
func (s *Slack) Close(ctx context.Context, as, view string) error {
	s.mu.Lock()
	p, err := s.actor(as)
	if err != nil {
		s.mu.Unlock()
		return err
	}
	open := s.modals[as]
	if len(open) == 0 || open[len(open)-1].ID != view {
		s.mu.Unlock()
		return fmt.Errorf("the view %s: %w", view, ErrNotThere)
	}
	v := open[len(open)-1]
	payload := s.payload("view_closed", p)
	delete(payload, "trigger_id")
	payload["view"], payload["is_cleared"] = s.viewShape(v), v.clear
	payload = frozen(payload)
	if v.clear {
		s.closeAll(as)
	} else {
		s.pop(v)
	}
	s.mu.Unlock()
	if v.notify {
		_, err = s.Deliver(ctx, Interactive, payload)
	}
	return err
}

// OpenHome opens the app's Home tab: the app is told (app_home_opened), twice if it does not acknowledge.
func (s *Slack) OpenHome(ctx context.Context, as string) error {
	s.mu.Lock()
	p, err := s.actor(as)
	if err == nil && s.stranger(p) {
		err = fmt.Errorf("the Home of %s, who is of another team: %w", as, ErrNotThere)
	}
	if err != nil {
		s.mu.Unlock()
		return err
	}
	event := object{"type": "app_home_opened", "user": as, "channel": s.openDM(p).ID, "tab": "home", "event_ts": s.nextTS()}
	if v := s.homes[as]; v != nil {
		event["view"] = s.viewShape(v)
	}
	event = s.event(frozen(event))
	s.mu.Unlock()
	ack, err := s.Deliver(ctx, Event, event)
	if notTaken(ack, err) != nil {
		ack, err = s.Deliver(ctx, Event, event, Retry(1, "http_timeout"))
	}
	if err = notTaken(ack, err); err != nil {
		return fmt.Errorf("%w: %w", ErrTrouble, err)
	}
	return nil
}

// SendEvent tells the app of any event of the Events API, such as {"type": "app_uninstalled"}, once.
func (s *Slack) SendEvent(ctx context.Context, event map[string]any, opts ...DeliverOption) (Ack, error) {
	s.mu.Lock()
	payload := s.event(event)
	s.mu.Unlock()
	return s.Deliver(ctx, Event, payload, opts...)
}

// Dismiss hides an ephemeral message from the person who sees it.
func (s *Slack) Dismiss(as, channel, ts string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.find(channel, ts)
	if m == nil || m.For != as {
		return fmt.Errorf("the message %s: %w", ts, ErrNotThere)
	}
	m.Deleted = true
	s.touch()
	return nil
}

// Say writes a message as a person and returns its ts. The app is not told: Kvitt asks for no message events.
func (s *Slack) Say(as, channel, text string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.channels[channel]
	if c == nil || !c.has(as) || c.Archived {
		return "", fmt.Errorf("%s in %s: %w", as, channel, ErrNotThere)
	}
	m := &Message{Channel: channel, User: as}
	s.add(m, Version{Text: escaped(text)})
	return m.TS, nil
}

// Read marks a channel as read up to now.
func (s *Slack) Read(as, channel string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	last := ""
	if all := s.messages[channel]; len(all) > 0 {
		last = all[len(all)-1].TS
	}
	if s.read[[2]string{as, channel}] != last {
		s.read[[2]string{as, channel}] = last
		s.touch()
	}
}

// notTaken turns an answer that is no acknowledgement into an error.
func notTaken(ack Ack, err error) error {
	if err == nil && (ack.Status < http.StatusOK || ack.Status >= http.StatusMultipleChoices) {
		return fmt.Errorf("HTTP status %d: %w", ack.Status, ErrBadAck)
	}
	return err
}
