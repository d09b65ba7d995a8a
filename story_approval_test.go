package main

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"kvitt/sandbox"
)

// approve WHO[,WHO…] [NUMBER]: presses Approve in the newest message that has it; several people do so at the same moment.
func (s *stage) approve(words []string) error {
	if err := s.alive(); err != nil {
		return err
	}
	var spots []func() error
	for _, name := range strings.Split(words[0], ",") {
		label := map[bool]string{true: "Godkjenn", false: "Approve"}[name == "bo"]
		spot, _, err := s.newest(name, label, strings.Join(words[1:], " "))
		if err != nil {
			return err
		}
		spots = append(spots, func() error { return s.slack.Press(s.t.Context(), s.people[name], spot) })
	}
	errs := make([]error, len(spots))
	var wg sync.WaitGroup
	for i, press := range spots {
		wg.Go(func() { errs[i] = press() })
	}
	wg.Wait()
	time.Sleep(breath)
	return errors.Join(errs...)
}

// newest finds a button in somebody's direct messages.
func (s *stage) newest(name, label, number string) (sandbox.Spot, sandbox.Message, error) {
	for _, m := range slices.Backward(s.messages(name)) {
		if e, ok := m.Find(label); ok && strings.Contains(m.Text, number) {
			return e.Spot, m, nil
		}
	}
	return sandbox.Spot{}, sandbox.Message{}, errors.New("there is no " + label + " to press")
}

// keep WHO "BUTTON": remembers a message as it is now, as a client does that does not show an edit yet; stale WHO presses the button in it.
func (s *stage) keep(words []string) error {
	spot, seen, err := s.newest(words[0], words[1], "")
	s.stale = func(who string) error { return s.slack.Press(s.t.Context(), who, spot, sandbox.Seeing(seen)) }
	return err
}

func (s *stage) pressStale(words []string) error {
	defer time.Sleep(breath)
	return s.stale(s.people[words[0]])
}
