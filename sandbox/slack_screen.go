package sandbox

import (
	"context"
	"fmt"
)

// What a person does with whole screens: close, open, dismiss, say, read.

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

// Remove deletes a message for everybody, as an admin of the workspace may. The app is not told.
func (s *Slack) Remove(channel, ts string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.find(channel, ts); m != nil {
		m.Deleted = true
		s.touch()
	}
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
