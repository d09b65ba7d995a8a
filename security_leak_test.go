package main

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
)

// secrets are what must stand in no log line, no audit entry and no message: credentials, and links and ids that work for whoever has them.
var secrets = map[string]*regexp.Regexp{
	"the bot token":          regexp.MustCompile(`xoxb-sandbox`),
	"the signing secret":     regexp.MustCompile(`sandbox-signing-secret`),
	"the key of Stripe":      regexp.MustCompile(`sk_test_kvitt`),
	"a hosted invoice link":  regexp.MustCompile(`invoice\.stripe\.com|/i/acct_`),
	"a portal link":          regexp.MustCompile(`/p/session/`),
	"a response_url":         regexp.MustCompile(`/(actions|commands)/T0SANDBOX/`),
	"a trigger":              regexp.MustCompile(`\d{13}\.\d+\.[0-9a-f]{32}`),
	"a signature":            regexp.MustCompile(`v0=[0-9a-f]{64}`),
	"a card number":          regexp.MustCompile(`4242 ?4242 ?4242 ?4242`),
	"the token of a payload": regexp.MustCompile(`verification-token`),
}

// private are what only whoever reads a message or the modal may learn: no log line and no audit entry holds it.
var private = map[string]*regexp.Regexp{
	"an e-mail address": regexp.MustCompile(`@fjord\.example`),
	"a bank reference":  regexp.MustCompile(`BK-77-1`),
	"an account":        regexp.MustCompile(`1503\.40`),
	"a person's name":   regexp.MustCompile(`\b(Asha|Kim)\b`),
	"a supplier":        regexp.MustCompile(`Havn Kontor|Acme`),
}

// A day on which everything happens, and much of it fails.
func TestNoSecretAndNoLinkThatWorksForEverybodyIsEverWrittenDown(t *testing.T) {
	t.Parallel()
	inStory(t, "at 2026-03-05 08:50", func(s *stage) {
		log := &bytes.Buffer{}
		s.files["rent.csv"] = "number;supplier;amount;currency;due;reference;pay_to\n8841;Havn Kontor;12500,00;NOK;2026-03-10;00884112345;1503.40.12345\n"
		s.env["KVITT_DIGEST_FROM"] = "9"
		s.loud(log)
		s.acts(`
			invoice INV-1 1200.00 USD due 2026-03-12
			invoice INV-2 80.00 EUR due 2026-03-12
			invoice INV-3 70.00 EUR due 2026-03-12
			import rent.csv
			at 2026-03-05 09:20
			press asha "View invoice" INV-1
			expect modal asha "Please don't pass this link on: it may work without signing in."
			press asha "Pay now" INV-1
			press asha "Add a payment method"
			expect modal asha "Open the page to add one"`)
		linked := s.scan("the modals", s.modals("asha"), secrets)
		s.acts(`
			fault decline insufficient_funds
			pay asha INV-1 with mastercard
			pay asha INV-1 with visa
			press asha "Pay now" 8841
			choose asha transfer
			write asha reference "4242 4242 4242 4242"
			submit asha
			write asha reference "BK-77-1"
			submit asha
			press kim "Pay now" INV-2 in finance
			press kim "Ask a billing admin"
			type kim "/invoices"
			type asha "/invoices pay inv-2"
			home asha
			home kim`)
		s.failing()
		s.acts(`
			press asha "Pay now" INV-3
			choose asha visa
			fault stripe "cut after"
			submit asha
			wait 1m
			press bo "Betal nå" INV-2
			choose bo visa
			crash charge
			submit bo`)
		s.end()
		s.loud(log)
		s.strange()
		s.acts(`
			wait 20m
			expect charges INV-1 1
			expect charges INV-2 1
			expect charges INV-3 1
			expect audit "paid" 4`)
		trails := s.trails()
		s.end()
		if linked != 2 {
			t.Errorf("%d of the two private links were shown to the billing admin", linked)
		}
		if !strings.Contains(log.String(), "method=response_url") {
			t.Error("no answer went to a response_url and failed")
		}
		if n := strings.Count(log.String(), "level=ERROR") + strings.Count(log.String(), "level=WARN"); n < 20 {
			t.Errorf("only %d things failed, which proves little", n)
		}
		for name, written := range map[string]string{"the log": log.String(), "the audit trail": trails, "the messages": s.messagesRaw(), "the store": s.stored()} {
			if n := s.scan(name, written, secrets); n > 0 || len(written) < 1000 {
				t.Errorf("%s, %d bytes, holds secrets", name, len(written))
			}
			if n := s.scan(name, written, private); n > 0 && (name == "the log" || name == "the audit trail") {
				t.Errorf("%s holds what is nobody's business there", name)
			}
		}
	})
}
