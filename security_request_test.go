package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// requested is a day on which Asha has asked the other billing admin to approve a payment.
const requested = `set KVITT_APPROVAL_FROM "1000 USD"
` + billed + `
pay asha INV-1`

// theRequest names a request of INV-1 in the value of a button, as JSON inside JSON.
func theRequest(id string) string { return `{\"i\":\"stripe:{{.Invoice}}\",\"r\":\"` + id + `\"}` }

// declines is the submission of the modal that asks why a request is declined.
func declines(request string) string {
	return submission(`"callback_id":"pay"`, `"callback_id":"decline"`, meta, request, `"method":{"method":{"type":"static_select","selected_option":{"value":"pm_visa"}}}`,
		`"reason":{"text":{"type":"plain_text_input","value":"I say so"}}`)
}

// undecided says that nobody decided on the request, and that nothing was paid.
const undecided = `
	expect charges INV-1 0
	expect audit "approved" 0
	expect audit "declined" 0
	expect audit "approval ended" 0
	expect button bo "Godkjenn"`

func TestWhoMayNotPayDecidesOnNoRequest(t *testing.T) {
	t.Parallel()
	inStory(t, requested, func(s *stage) {
		for _, who := range []string{"kim", "gus"} {
			for _, action := range []string{"approve", "decline", "withdraw"} {
				s.delivers(s.forged(pressOf(action, theRequest("{{.Request}}")), who, s.trigger(who)))
				s.acts(`expect modal ` + who + ` "Only billing admins can pay invoices here."` + "\nexpect no-submit " + who)
			}
			if answer := s.delivers(s.forged(declines(theRequest("{{.Request}}")), who, "")); !strings.Contains(answer, "Only billing admins can pay invoices here.") {
				t.Errorf("the reason of %s was answered: %s", who, answer)
			}
		}
		// Who asked decides on nothing, and nobody but who asked takes it back.
		for who, actions := range map[string][]string{"asha": {"approve", "decline"}, "bo": {"withdraw"}} {
			for _, action := range actions {
				s.delivers(s.forged(pressOf(action, theRequest("{{.Request}}")), who, s.trigger(who)))
				s.acts("expect no-submit " + who)
			}
		}
		if answer := s.delivers(s.forged(declines(theRequest("{{.Request}}")), "asha", "")); !strings.Contains(answer, "You asked for this yourself") {
			t.Errorf("Asha's own reason was answered: %s", answer)
		}
		s.acts(undecided + `
			expect audit "denied" 12
			approve bo
			expect charges INV-1 1`)
	})
}

// The button carries an id, and ids can be made up: one that names no open request decides on nothing, though whoever presses may decide.
func TestAForgedRequestIsNotApproved(t *testing.T) {
	t.Parallel()
	requests := map[string]string{
		"the next one": theRequest("2"), "one before the first": theRequest("0"), "a negative one": theRequest("-1"), "the same number, written otherwise": theRequest("0{{.Request}}"),
		"a space more": theRequest("{{.Request}} "), "a zero byte": theRequest(`{{.Request}}\\u0000`), "every one": theRequest("*"), "no id": theRequest(""), "a very long id": theRequest(strings.Repeat("1", 100_000)),
		"a number for an id": `{\"i\":\"stripe:{{.Invoice}}\",\"r\":1}`, "that of another invoice": strings.ReplaceAll(theRequest("{{.Request}}"), "{{.Invoice}}", "{{.Second}}"),
		"that of another customer": strings.ReplaceAll(theRequest("{{.Request}}"), "{{.Invoice}}", "in_theirs"), "a record of another kind": `{\"i\":\"T0SANDBOX/pin/1\",\"r\":\"1\"}`,
		"no JSON": "stripe:{{.Invoice}}", "nothing": "",
	}
	inStory(t, "", func(s *stage) {
		s.besides()
		s.acts(`set KVITT_APPROVAL_FROM "1000 USD"` + "\n" + twoBilled + "\npay asha INV-1")
		for name, request := range requests {
			before := s.posted()
			for _, action := range []string{"approve", "decline", "withdraw"} {
				s.delivers(s.forged(pressOf(action, request), "bo", s.trigger("bo")))
				s.opensNothing("bo", action+" of "+name)
			}
			s.delivers(s.forged(declines(request), "bo", ""))
			if after := s.posted(); !slices.Equal(before, after) || s.records() != 3 {
				t.Errorf("%s: %d records; posted: %v", name, s.records(), after[len(before):])
			}
		}
		s.acts(undecided + "\nexpect charges INV-2 0\napprove bo\nexpect charges INV-1 1")
	})
}

// What a client sends from a modal names the view. That Asha's was opened for a billing admin lends nothing to whoever sends its id.
func TestAViewThatWasOpenedForSomebodyElseLendsNoRight(t *testing.T) {
	t.Parallel()
	inStory(t, billed+"\npress asha \"Pay now\"", func(s *stage) {
		hers := s.slack.Modals(s.people["asha"])[0]
		sent := submission("V0FORGED", hers.ID, `"hash":"1.a"`, fmt.Sprintf("%q:%q", "hash", hers.Hash))
		for _, who := range []string{"kim", "gus"} {
			if answer := s.delivers(s.forged(sent, who, "")); !strings.Contains(answer, "Only billing admins can pay invoices here.") {
				t.Errorf("%s was answered: %s", who, answer)
			}
		}
		s.acts("expect modal asha \"Payment method\"\nexpect audit \"pay requested\" 0\nexpect audit \"denied\" 2")
		// A second billing admin who sends it pays as themselves.
		s.delivers(s.forged(sent, "bo", ""))
		s.acts("expect charges INV-1 1\nexpect finance \"Paid by Bo\"")
	})
}

// suggestionOf asks for the payment methods of an invoice, as a menu does while somebody types.
func suggestionOf(metadata string) string {
	return `{"type":"block_suggestion","team":{"id":"T0SANDBOX"},"user":{"id":"{{.X}}","team_id":"{{.XTeam}}"},"api_app_id":"A0KVITT000","action_id":"method","block_id":"method",
		"value":"","view":{"id":"V0FORGED","team_id":"T0SANDBOX","type":"modal","callback_id":"pay","private_metadata":"` + metadata + `"}}`
}

func TestWhoMayNotPayIsSuggestedNothing(t *testing.T) {
	t.Parallel()
	inStory(t, "", func(s *stage) {
		s.besides()
		s.acts(twoBilled)
		const nothing = `{"options":[]}`
		for name, c := range map[string]struct{ who, payload string }{
			"somebody who is no billing admin":    {"kim", suggestionOf(meta)},
			"a guest":                             {"gus", suggestionOf(meta)},
			"an invoice of another customer":      {"asha", suggestionOf(strings.ReplaceAll(meta, "{{.Invoice}}", "in_theirs"))},
			"an invoice that does not exist":      {"asha", suggestionOf(strings.ReplaceAll(meta, "{{.Invoice}}", "in_nope"))},
			"a path for an invoice":               {"asha", suggestionOf(strings.ReplaceAll(meta, "{{.Invoice}}", "../customers/cus_1"))},
			"an invoice of no billing service":    {"asha", suggestionOf(strings.ReplaceAll(meta, "stripe:{{.Invoice}}", "T0SANDBOX/pin/1"))},
			"metadata that are no JSON":           {"asha", suggestionOf("pay it")},
			"metadata that name nothing":          {"asha", suggestionOf("")},
			"a billing admin, of another menu":    {"asha", strings.Replace(suggestionOf(meta), `"action_id":"method"`, `"action_id":"people"`, 1)},
			"a billing admin of another team":     {"asha", strings.ReplaceAll(strings.ReplaceAll(suggestionOf(meta), "T0SANDBOX", "T0OTHER"), "{{.XTeam}}", "T0OTHER")},
			"somebody whom Slack does not know":   {"nobody", suggestionOf(meta)},
			"a billing admin, and it is his (OK)": {"asha", suggestionOf(meta)},
		} {
			s.people["nobody"] = "U0NOBODY00"
			answer := s.delivers(s.forged(c.payload, c.who, ""))
			if fine := strings.HasSuffix(name, "(OK)"); fine != strings.Contains(answer, "pm_visa") || !fine && answer != "" && answer != nothing || strings.Contains(answer, "theirs") {
				t.Errorf("%s: it was answered %s", name, answer)
			}
		}
		for _, call := range s.stripe.Calls() {
			if strings.Contains(call.Path, "theirs") || strings.Contains(call.Path, "..") {
				t.Errorf("Stripe was asked for %s", call.Path)
			}
		}
	})
}
