package main

import (
	"fmt"
	"strconv"
	"strings"

	"kvitt/sandbox"
	"kvitt/store"
)

// expect dm|modal|home WHO "TEXT" · expect finance "TEXT" · expect count PLACE N "TEXT" · expect charges NUMBER N · expect button|no-button PLACE "LABEL" [NUMBER]
// · expect audit "WHAT" N · expect log N "TEXT" · expect log-most N · expect calls-most N · expect ready|not-ready. Texts are looked for in what is there now.
func (s *stage) expect(words []string) error {
	if err := s.alive(); err != nil {
		return err
	}
	switch what := words[0]; what {
	case "charges":
		return same(words[2], len(s.stripe.Charges(s.invoices[words[1]])))
	case "count":
		n := 0
		for _, m := range s.messages(words[1]) {
			if strings.Contains(m.Text, words[3]) {
				n++
			}
		}
		return same(words[2], n)
	case "audit":
		return s.audited(words[1], words[2])
	case "log", "log-most":
		return s.logged(what == "log-most", words[1:])
	case "calls-most":
		return s.called(words[1:])
	case "ready", "not-ready":
		return s.ready(what == "ready")
	case "button", "no-button":
		has := s.hasButton(words[1:])
		if has != (what == "button") {
			return fmt.Errorf("button there: %v", has)
		}
		return nil
	case "modal":
		modals := s.slack.Modals(s.people[words[1]])
		if len(modals) == 0 {
			return fmt.Errorf("%s sees no modal", words[1])
		}
		top := modals[len(modals)-1]
		return contains(top.Words()+"\n"+top.Submit, words[2])
	case "no-submit":
		modals := s.slack.Modals(s.people[words[1]])
		if len(modals) == 0 || modals[len(modals)-1].Submit != "" {
			return fmt.Errorf("%s sees a submit button, or nothing", words[1])
		}
		return nil
	case "home":
		view, _ := s.slack.Home(s.people[words[1]])
		return contains(view.Words(), words[2])
	case "dm":
		return s.said(words[1], words[2])
	case "finance":
		return s.said("finance", words[1])
	}
	return fmt.Errorf("nobody knows how to expect %q", words[0])
}

// never PLACE "TEXT": no message there ever said it, in any of its versions.
func (s *stage) never(words []string) error {
	for _, m := range s.slack.Everything(s.place(words[0])) {
		for _, v := range m.Versions {
			if strings.Contains(v.Text, words[1]) {
				return fmt.Errorf("somebody was told: %s", v.Text)
			}
		}
	}
	return nil
}

func (s *stage) place(name string) string {
	if name == "finance" {
		return s.finance
	}
	return s.slack.DM(s.people[name])
}

func (s *stage) messages(place string) []sandbox.Message { return s.slack.Messages(s.place(place)) }

func (s *stage) said(place, text string) error {
	for _, m := range s.messages(place) {
		if strings.Contains(plain(m.Text), text) || strings.Contains(m.Words(), text) {
			return nil
		}
	}
	return fmt.Errorf("nothing there says %q", text)
}

func (s *stage) hasButton(words []string) bool {
	for _, m := range s.messages(words[0]) {
		if _, ok := m.Find(words[1]); ok && (len(words) < 3 || strings.Contains(m.Text, words[2])) {
			return true
		}
	}
	return false
}

// audited counts audit entries of all invoices by what they say, and verifies every chain on the way.
func (s *stage) audited(what, times string) error {
	n := 0
	for key, err := range s.life.store.Chains(s.t.Context()) {
		if err != nil {
			return err
		}
		if _, err := store.Verify(s.life.store.Trail(s.t.Context(), key)); err != nil {
			return err
		}
		for entry, err := range s.life.store.Trail(s.t.Context(), key) {
			if err == nil && entry.What == what {
				n++
			}
		}
	}
	return same(times, n)
}

func same(want string, got int) error {
	if n, err := strconv.Atoi(want); err != nil || n != got {
		return fmt.Errorf("it is %d", got)
	}
	return nil
}

func contains(text, part string) error {
	if !strings.Contains(text, part) {
		return fmt.Errorf("it says: %s", text)
	}
	return nil
}

func plain(s string) string {
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(s)
}
