package sandbox

import (
	"context"
	"maps"
	"slices"
)

// Eyes: what can be seen of the workspace. What they return is a copy that later changes do not reach.

// Messages returns what is in a channel now, oldest first: replies and ephemeral messages (For) included, deleted ones not.
func (s *Slack) Messages(channel string) []Message {
	return slices.DeleteFunc(s.Everything(channel), func(m Message) bool { return m.Deleted })
}

// Everything returns what was ever in a channel, deleted messages included.
func (s *Slack) Everything(channel string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Message
	for _, m := range s.messages[channel] {
		seen := *m
		seen.Versions = slices.Clone(m.Versions)
		seen.trouble = nil
		all = append(all, seen)
	}
	return all
}

// DM returns the id of the direct message between the bot and a person; empty until there is one.
func (s *Slack) DM(person string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return known(s.people, person).dm
}

// Modals returns the modals that a person has open; the last is on top.
func (s *Slack) Modals(person string) []View {
	s.mu.Lock()
	defer s.mu.Unlock()
	var open []View
	for _, v := range s.modals[person] {
		open = append(open, v.copy())
	}
	return open
}

// Home returns what a person's Home tab shows; false until something was published.
func (s *Slack) Home(person string) (View, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.homes[person]
	if v == nil {
		return View{}, false
	}
	return v.copy(), true
}

// View returns any view there ever was, closed ones included.
func (s *Slack) View(id string) (View, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.views[id]
	if v == nil {
		return View{}, false
	}
	return v.copy(), true
}

func (v *View) copy() View {
	out := *v
	out.Errors = maps.Clone(v.Errors)
	out.Versions = slices.Clone(v.Versions)
	out.State = map[string]map[string]object{}
	for block, actions := range v.State {
		out.State[block] = maps.Clone(actions)
	}
	return out
}

// Trouble returns the warning that a person's client shows since their last act, such as ErrTrouble's text; empty without one.
func (s *Slack) Trouble(person string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.trouble[person]
}

// Calls returns every call of the Web API and every post to a response_url so far, in the order in which they ended.
func (s *Slack) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// OnCall has fn called with every further call, right before it is answered; nil ends it.
func (s *Slack) OnCall(fn func(Call)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onCall = fn
}

// OnSend has fn called with everything that Slack sends to the app from now on, as soon as its answer is known; nil ends it.
func (s *Slack) OnSend(fn func(Sent)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onSend = fn
}

// OnApply has fn called whenever a write was applied and not answered yet: the moment at which a kill hurts most. The call
// waits for fn; nil ends it.
func (s *Slack) OnApply(fn func(method string, args Args)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onApply = fn
}

// Changed returns a number that grows with every visible change, and a channel that is closed at the next one.
func (s *Slack) Changed() (seq uint64, next <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seq, s.changed
}

// Wait returns as soon as ok is true, looking again at every change; the error of ctx otherwise. ok may use every eye.
func (s *Slack) Wait(ctx context.Context, ok func() bool) error {
	for {
		_, next := s.Changed()
		if ok() {
			return nil
		}
		select {
		case <-next:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
