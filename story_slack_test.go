package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"kvitt/sandbox"
)

// slackTrouble is what goes wrong with all of Slack until "slack mended".
var slackTrouble = map[string][]sandbox.Fault{
	"down": {{Kind: sandbox.CutBefore, Times: -1}},
	"busy": {{Kind: sandbox.RateLimited, RetryAfter: 30, Times: -1}},
	"blind": {{Kind: sandbox.Refuse, Method: "conversations.history", Code: "missing_scope", Times: -1},
		{Kind: sandbox.Refuse, Method: "conversations.replies", Code: "missing_scope", Times: -1}},
	"revoked": {{Kind: sandbox.Refuse, Code: "token_revoked", Times: -1}},
	"crowded": {{Kind: sandbox.RateLimited, Method: "chat.postMessage", RetryAfter: 30, Times: -1},
		{Kind: sandbox.RateLimited, Method: "chat.update", RetryAfter: 30, Times: -1}},
}

// slack DAY: one of Slack's bad days, from now on.
//
//	slack down|busy|revoked      every call fails, is rate-limited, or is refused because the token was revoked; slack mended ends it
//	slack blind                  the history scopes were not granted; likewise
//	slack crowded                messages and their edits are rate-limited, nothing else; likewise
//	slack archived|unarchived    #finance
//	slack removed|invited        the bot, from and to #finance; slack private makes #finance private before
//	slack deactivated|back WHO   an account
//	slack deleted PLACE "TEXT"   an admin deletes the messages that say so
func (s *stage) slackDay(words []string) error {
	for _, fault := range slackTrouble[words[0]] {
		s.mendSlack = append(s.mendSlack, s.slack.Fail(fault))
	}
	if slackTrouble[words[0]] != nil {
		return nil
	}
	us := s.slack.Config().BotUserID
	without := func(c *sandbox.Channel) {
		c.Members = slices.DeleteFunc(c.Members, func(id string) bool { return id == us })
	}
	switch what := words[0]; what {
	case "mended":
		for _, mend := range s.mendSlack {
			mend()
		}
	case "archived", "unarchived":
		s.slack.SetChannel(s.finance, func(c *sandbox.Channel) { c.Archived = what == "archived" })
	case "private":
		s.slack.SetChannel(s.finance, func(c *sandbox.Channel) { c.Private = true })
	case "removed":
		s.slack.SetChannel(s.finance, without)
	case "invited":
		s.slack.SetChannel(s.finance, func(c *sandbox.Channel) { c.Members = append(c.Members, us) })
	case "deactivated", "back":
		s.slack.SetPerson(s.people[words[1]], func(p *sandbox.Person) { p.Deleted = what == "deactivated" })
	case "deleted":
		return s.deleted(words[1], words[2])
	default:
		return fmt.Errorf("Slack has no such day: %q", what)
	}
	return nil
}

func (s *stage) deleted(place, text string) error {
	n := 0
	for _, m := range s.messages(place) {
		if strings.Contains(m.Text, text) {
			s.slack.Remove(m.Channel, m.TS)
			n++
		}
	}
	if n == 0 {
		return fmt.Errorf("nothing there says %q", text)
	}
	return nil
}

// close WHO: the person closes the modal that is open.
func (s *stage) closeModal(words []string) error {
	who := s.people[words[0]]
	modals := s.slack.Modals(who)
	if len(modals) == 0 {
		return fmt.Errorf("%s has no modal open", words[0])
	}
	return s.slack.Close(s.t.Context(), who, modals[len(modals)-1].ID)
}

// loud are the lines of the log that an operator is to notice.
var loud = regexp.MustCompile(`(?m)^.*level=(WARN|ERROR).*$`)

// logged: expect log N "TEXT" counts the lines at WARN or ERROR that say so; expect log-most N: there are no more than so many in all.
func (s *stage) logged(most bool, words []string) error {
	s.logMu.Lock()
	lines := loud.FindAllString(s.log.String(), -1)
	s.logMu.Unlock()
	if !most {
		lines = slices.DeleteFunc(lines, func(line string) bool { return !strings.Contains(line, words[1]) })
		return same(words[0], len(lines))
	}
	return atMost(words[0], len(lines), "lines")
}

// called: expect calls-most N: Slack was called no more often than so many times in the last hour.
func (s *stage) called(words []string) error {
	n := 0
	for _, c := range s.slack.Calls() {
		if time.Since(c.At) < time.Hour {
			n++
		}
	}
	return atMost(words[0], n, "calls")
}

func atMost(limit string, n int, what string) error {
	var most int
	if _, err := fmt.Sscan(limit, &most); err != nil {
		return err
	}
	if n > most {
		return fmt.Errorf("there are %d %s", n, what)
	}
	return nil
}

// ready: expect ready|not-ready, as GET /readyz says.
func (s *stage) ready(want bool) error {
	state, ready := s.life.app.readiness(s.t.Context())
	if ready != want {
		return fmt.Errorf("readyz says %v", state)
	}
	return nil
}
