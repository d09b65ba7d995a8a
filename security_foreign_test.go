package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"kvitt/sandbox"
)

// Payloads that name a billing admin of ours and another workspace or organisation than ours. Slack sends such to an app that is installed there, too.
var elsewhere = map[string]string{
	"a click in another workspace": strings.NewReplacer("T0SANDBOX", "T0OTHER", "{{.XTeam}}", "T0OTHER").Replace(clickOnPay),
	"a view of another workspace":  strings.NewReplacer("T0SANDBOX", "T0OTHER", "{{.XTeam}}", "T0OTHER").Replace(submissionOfPay),
	"a view that an installation elsewhere opened": `{"type":"view_submission","team":null,"enterprise":{"id":"E0OTHER"},"is_enterprise_install":true,
		"user":{"id":"{{.X}}","team_id":"T0OTHER"},"api_app_id":"A0KVITT000","trigger_id":"{{.Moment}}","view":{"id":"V0FORGED","team_id":"T0OTHER",
		"app_installed_team_id":"E0OTHER","type":"modal","callback_id":"pay","hash":"1.a","private_metadata":"{\"i\":\"stripe:{{.Invoice}}\",\"a\":120000,\"c\":\"USD\"}",
		"state":{"values":{"method":{"method":{"type":"static_select","selected_option":{"value":"pm_visa"}}}}}}}`,
	"a view of another organisation that names no workspace": `{"type":"view_submission","team":null,"enterprise":{"id":"E0OTHER"},"is_enterprise_install":true,
		"user":{"id":"{{.X}}"},"trigger_id":"{{.Moment}}","view":{"id":"V0FORGED","type":"modal","callback_id":"pay","hash":"1.a",
		"private_metadata":"{\"i\":\"stripe:{{.Invoice}}\",\"a\":120000,\"c\":\"USD\"}",
		"state":{"values":{"method":{"method":{"type":"static_select","selected_option":{"value":"pm_visa"}}}}}}}`,
	"a command in another workspace": `{"team_id":"T0OTHER","channel_id":"{{.Finance}}","user_id":"{{.X}}","command":"/invoices","text":"pay INV-1","trigger_id":"{{.Trigger}}"}`,
	"a command in another organisation": `{"team_id":"T0OTHER","enterprise_id":"E0OTHER","is_enterprise_install":"true","channel_id":"{{.Finance}}","user_id":"{{.X}}",
		"command":"/invoices","text":"pay INV-1","trigger_id":"{{.Trigger}}"}`,
	"the Home of another workspace": `{"type":"event_callback","team_id":"T0OTHER","event_id":"Ev{{.Moment}}",
		"event":{"type":"app_home_opened","user":"{{.X}}","tab":"home"},"authorizations":[{"team_id":"T0OTHER","is_bot":true}]}`,
	"the Home of another organisation": `{"type":"event_callback","event_id":"Ev{{.Moment}}","enterprise_id":"E0OTHER",
		"event":{"type":"app_home_opened","user":"{{.X}}","tab":"home"},"authorizations":[{"enterprise_id":"E0OTHER","team_id":null,"is_enterprise_install":true}]}`,
}

func TestWhatIsForAnotherWorkspaceIsAcknowledgedAndDropped(t *testing.T) {
	t.Parallel()
	for name, payload := range elsewhere {
		t.Run(name, func(t *testing.T) {
			inStory(t, billed, func(s *stage) {
				before := s.posted()
				answer := s.delivers(s.forged(payload, "asha", s.trigger("asha")))
				if seen := strings.TrimSpace(s.seen("asha")); answer != "" || seen != "" {
					t.Errorf("it was answered %q, and Asha sees %q", answer, seen)
				}
				s.acts("expect charges INV-1 0\n" + `expect audit "pay requested" 0` + "\n" + `expect audit "denied" 0`)
				if after := s.posted(); !slices.Equal(before, after) {
					t.Errorf("posted: %v", after[len(before):])
				}
				// What is for our workspace is done.
				s.delivers(s.forged(submissionOfPay, "asha", ""))
				s.acts("expect charges INV-1 1")
			})
		})
	}
}

// A billing admin of whom Slack does not say who they are is nobody: not at the click, not at the submission, and not right before money moves.
func TestWhatCannotBeCheckedIsNotAllowed(t *testing.T) {
	t.Parallel()
	faults := map[string]sandbox.Fault{
		"Slack errs":               {Kind: sandbox.FailBefore},
		"Slack refuses":            {Kind: sandbox.Refuse, Code: "access_denied"},
		"Slack hangs":              {Kind: sandbox.Slow, Latency: time.Hour},
		"the connection is cut":    {Kind: sandbox.CutAfter},
		"Slack asks for patience":  {Kind: sandbox.RateLimited, RetryAfter: 60},
		"the scope was taken away": {Kind: sandbox.Refuse, Code: "missing_scope"},
	}
	for name, fault := range faults {
		fault.Method, fault.Times = "users.info", -1
		t.Run(name, func(t *testing.T) {
			inStory(t, billed+"\nwait 10m", func(s *stage) {
				clear := s.slack.Fail(fault)
				before := s.posted()
				answers := s.delivers(s.forged(submissionOfPay, "asha", ""))
				s.delivers(s.forged(clickOnPay, "asha", s.trigger("asha")))
				time.Sleep(10 * time.Second)
				answers += s.seen("asha")
				if n := strings.Count(strings.ToLower(answers), "nothing was paid") + strings.Count(answers, "could not confirm that in time"); n != 2 || strings.Contains(answers, "Payment method") {
					t.Errorf("Asha was told %d times that it did not work: %s", n, answers)
				}
				s.acts("expect charges INV-1 0\n" + `expect audit "pay requested" 0`)
				if after := s.posted(); !slices.Equal(before, after) {
					t.Errorf("posted: %v", after[len(before):])
				}
				// Known a moment ago, so that the submission is taken in; but before money moves Slack is asked anew.
				clear()
				s.acts("wait 1m\ntype asha \"/invoices\"")
				defer s.slack.Fail(fault)()
				s.delivers(s.forged(submissionOfPay, "asha", ""))
				time.Sleep(time.Minute)
				s.acts("expect charges INV-1 0\n" + `expect audit "pay requested" 1` + "\n" + `expect audit "not paid" 1`)
			})
		})
	}
}
