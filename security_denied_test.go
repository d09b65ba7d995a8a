package main

import (
	"strings"
	"testing"
	"time"

	"kvitt/billing/ledger"
)

// What takes a record back, or declares a payment not made, each as Slack would send it for somebody who was never shown the button.
const (
	undoReason = `"callback_id":"undo","hash":"1.a","private_metadata":"{\"i\":\"RECORD\",\"a\":0,\"c\":\"\"}","state":{"values":{"reason":{"text":{"type":"plain_text_input","value":"I say so"}}}}`
	undoMoved  = `{"type":"view_submission","team":{"id":"T0SANDBOX"},"user":{"id":"{{.X}}","team_id":"{{.XTeam}}"},"trigger_id":"{{.Moment}}","view":{"id":"V0FORGED","team_id":"T0SANDBOX",` + undoReason + `}}`
)

func pressOf(action, invoice string) string {
	return strings.NewReplacer(`"action_id":"pay"`, `"action_id":"`+action+`"`, `stripe:{{.Invoice}}`, invoice).Replace(clickOnPay)
}

// laterOf chooses in the menu "Remind me later", whose block names the invoice.
func laterOf(choice string) string {
	return strings.NewReplacer(`"action_id":"pay","block_id":"controls","type":"button","value":"stripe:{{.Invoice}}"`,
		`"action_id":"later","block_id":"controls/stripe:{{.Invoice}}","type":"static_select","selected_option":{"value":"`+choice+`"}`).Replace(clickOnPay)
}

// Nobody can put an invoice off for others, for longer than is offered, or without the right to pay it.
func TestNobodyPutsOffMoreThanIsOffered(t *testing.T) {
	t.Parallel()
	inStory(t, billed, func(s *stage) {
		for _, choice := range []string{"", "30 days", "9999-12-31", "never", "tomorrow,3 days", strings.Repeat("3 days", 50_000)} {
			s.delivers(s.forged(laterOf(choice), "asha", s.trigger("asha")))
		}
		for _, block := range []string{"controls", "controls/", "controls/stripe:in_theirs", "controls/../pin", "controls/" + strings.Repeat("x", 50_000)} {
			s.delivers(s.forged(strings.Replace(laterOf("tomorrow"), "controls/stripe:{{.Invoice}}", block, 1), "asha", s.trigger("asha")))
		}
		s.delivers(s.forged(laterOf("tomorrow"), "kim", s.trigger("kim")))
		s.acts(`
			expect no-submit kim
			expect audit "put off" 0
			expect audit "denied" 1`)
		if n := s.records(); n != 1 {
			t.Errorf("there are %d records now", n)
		}
		// What is offered works, for Asha alone.
		s.delivers(s.forged(laterOf("tomorrow"), "asha", s.trigger("asha")))
		s.acts(`
			expect audit "put off" 1
			wait 24h
			expect count asha 2 "INV-1"
			expect count bo 1 "INV-1"`)
	})
}

func TestWhoMayNotPayMayNotTakeARecordBack(t *testing.T) {
	t.Parallel()
	record := ledger.ID("Havn Kontor", "8841")
	submission := strings.Replace(undoMoved, "RECORD", record, 1)
	inStory(t, "", func(s *stage) {
		s.files["rent.csv"] = rent
		s.acts(billed + `
			import rent.csv
			wait 20m
			press asha "Pay now" 8841
			choose asha transfer
			submit asha
			expect finance "Recorded as paid by Asha"`)
		for _, who := range []string{"kim", "gus"} {
			s.delivers(s.forged(pressOf("undo", record), who, s.trigger(who)))
			s.acts("expect no-submit " + who)
			if answer := s.delivers(s.forged(submission, who, "")); !strings.Contains(answer, "Only billing admins can pay invoices here.") {
				t.Errorf("the submission of %s was answered: %s", who, answer)
			}
		}
		s.acts(`
			expect audit "denied" 4
			expect audit "undo requested" 0
			wait 1h
			expect finance "Recorded as paid by Asha"`)
		// Asked for by somebody whose right ends before it is carried out: nothing comes of it either.
		s.acts("guest bo")
		s.delivers(s.forged(submission, "bo", ""))
		s.acts(`
			expect audit "undone" 0
			expect finance "Recorded as paid by Asha"`)
		if answer := s.delivers(s.forged(submission, "asha", "")); !strings.Contains(answer, "The record is being taken back.") {
			t.Errorf("a billing admin was answered: %s", answer)
		}
		s.acts(`expect audit "undone" 1`)
	})
}

func TestWhoMayNotPayMayNotDeclareAPaymentNotMade(t *testing.T) {
	t.Parallel()
	inStory(t, billed+`
		press asha "Pay now"
		choose asha visa
		fault stripe "cut after"
		fault stripe-after-charge "hang"
		submit asha`, func(s *stage) {
		s.end()
		time.Sleep(25 * time.Hour) // By now the key is dead, and it is up to a person.
		s.acts("wait 2m")
		for _, who := range []string{"kim", "gus"} {
			s.delivers(s.forged(pressOf("release", "stripe:{{.Invoice}}"), who, s.trigger(who)))
			s.acts(`expect modal ` + who + ` "Only billing admins can pay invoices here."`)
		}
		s.acts(`
			expect audit "denied" 2
			expect audit "declared not paid" 0
			expect no-button asha "Pay now"
			expect button asha "I checked: it was not paid"
			mend
			wait 2h
			expect dm asha "Paid by Asha"
			expect charges INV-1 1`)
	})
}

// While nobody knows what became of a payment, and its key lives, not even a billing admin can make room for a second one.
func TestAPaymentInDoubtCannotBeDeclaredNotMadeWhileItsKeyLives(t *testing.T) {
	t.Parallel()
	inStory(t, billed+`
		press asha "Pay now"
		choose asha visa
		fault stripe "cut after"
		fault stripe-after-charge "hang"
		submit asha
		wait 2m`, func(s *stage) {
		s.delivers(s.forged(pressOf("release", "stripe:{{.Invoice}}"), "asha", s.trigger("asha")))
		answer := s.delivers(s.forged(submissionOfPay, "bo", ""))
		if !strings.Contains(answer, "ikke") || strings.Contains(answer, "Betaling pågår") {
			t.Errorf("Bo was answered: %s", answer)
		}
		s.acts(`
			expect modal asha "There is nothing to pay on this invoice now."
			expect audit "declared not paid" 0
			expect audit "pay requested" 1
			mend
			wait 2h
			expect charges INV-1 1`)
	})
}

// The story right-ended tells of a right that ends before the submission; here it ends in the half second between its answer and the charge.
func TestARightThatEndsAfterTheSubmissionPaysNothing(t *testing.T) {
	t.Parallel()
	inStory(t, billed, func(s *stage) {
		s.acts("press asha \"Pay now\"\nchoose asha visa")
		if err := s.submitNow("asha"); err != nil {
			t.Fatal(err)
		}
		s.acts(`
			expect modal asha "Payment in progress"
			guest asha
			wait 1m
			expect charges INV-1 0
			expect audit "pay requested" 1
			expect audit "pay sent" 0
			expect audit "not paid" 1
			expect button bo "Betal nå"
			pay bo INV-1
			expect charges INV-1 1`)
	})
}
