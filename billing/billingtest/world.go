// Package billingtest proves the contract of billing.Provider, sentence by sentence, on any provider.
//
// Each story runs in its own World and in bubble time (testing/synctest), so a World must not hold real sockets: a provider over
// HTTP is tried with an in-memory RoundTripper. Nothing here may know a concrete provider.
package billingtest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kvitt/billing"
)

// World is one billing service as a test holds it: the Provider, and hooks into the service behind it. Hooks fail their test by themselves.
// An optional hook is nil where the service cannot do that; the stories that need it are skipped, visibly.
type World struct {
	Provider billing.Provider

	// Put puts an open invoice of this amount and due date into the service, and returns its Invoice.ID.
	Put func(amount billing.Money, due billing.Date) string
	// ChangeAmount changes what is left to pay on an open invoice.
	ChangeAmount func(id string, amount billing.Money)
	// Void cancels an open invoice.
	Void func(id string)
	// SettleElsewhere pays an open invoice past the Provider, as in the service's portal.
	SettleElsewhere func(id string)
	// Moved counts how often money moved for an invoice by the Provider's doing (was recorded, with billing.Records).
	// SettleElsewhere is not counted.
	Moved func(id string) int

	// Works returns the id of a method with which this invoice can be paid at once, or handed over.
	Works func(id string) string
	// Foreign returns the id of a method that exists but is not this workspace's, or never existed.
	Foreign func() string

	// CutBefore makes the next call that pays fail before the service applied anything, as a connection that breaks.
	CutBefore func()
	// CutAfter makes the next call that pays be applied, and its answer be lost.
	CutAfter func()
	// Hang makes every call to the service block until its context ends, and what was sent is not applied.
	Hang func()
	// Heal ends Hang.
	Heal func()

	// Refuses returns the id of a method that is listed and then declined. Optional.
	Refuses func(id string) string
	// Slow returns the id of a method whose payments clear later, and Clear lets the one of this invoice clear. Both optional.
	Slow  func(id string) string
	Clear func(id string)
	// Asks returns the id of a method for which the person must authenticate first. Optional.
	Asks func(id string) string
	// Declines makes a payment of this invoice fail in the service's portal. Optional, with billing.HandsOver.
	Declines func(id string)

	// Page is how many open invoices are certain to need more than one page; 0 means 3, for services without pages.
	Page int
	// Now is the service's clock; nil means time.Now.
	Now func() time.Time
}

// Currency is the one in which the stories' invoices are. Every service has it, with two decimals.
const Currency = "EUR"

// limit is how long the contract gives every method.
const limit = 20 * time.Second

var (
	amount = billing.Money{Minor: 123450, Currency: Currency}
	due    = billing.Date{Year: 2026, Month: time.March, Day: 8}
)

// Run tells every story on worlds made by world, which is called once for each, inside its bubble.
func Run(t *testing.T, world func(t *testing.T) World) {
	t.Helper()
	stories := map[string]func(*testing.T, World){}
	for _, chapter := range []map[string]func(*testing.T, World){reading, paying, failing, handing} {
		for name, story := range chapter {
			stories[name] = story
		}
	}
	for name, story := range stories {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := world(t)
				if w.Now == nil {
					w.Now = time.Now
				}
				story(t, w)
			})
		})
	}
}

// open is attempt for the stories of paying. Where there is no paying, the story is skipped.
func (w World) open(t *testing.T) billing.Payment {
	t.Helper()
	if w.Provider.Way() == billing.HandsOver {
		t.Skip("this provider hands over; nothing is paid through it")
	}
	return w.attempt(t)
}

// attempt puts an invoice and returns a first attempt to pay it with a method that works.
func (w World) attempt(t *testing.T) billing.Payment {
	t.Helper()
	id := w.Put(amount, due)
	return w.payment(id, "first", w.Works(id))
}

func (w World) payment(id, key, method string) billing.Payment {
	return billing.Payment{
		Invoice: id,
		Key:     fmt.Sprintf("conformance-%s-%s", strings.ReplaceAll(id, ":", "-"), key),
		Method:  method,
		Amount:  amount,
		By:      "U0ASHA",
		Started: w.Now(),
	}
}

// pay pays and demands an outcome of the given progress.
func (w World) pay(t *testing.T, p billing.Payment, want ...billing.Progress) billing.Outcome {
	t.Helper()
	out, err := w.Provider.Pay(t.Context(), p)
	return expect(t, "Pay", out, err, want)
}

// status asks and demands an outcome of the given progress.
func (w World) status(t *testing.T, p billing.Payment, want ...billing.Progress) billing.Outcome {
	t.Helper()
	out, err := w.Provider.Status(t.Context(), p)
	return expect(t, "Status", out, err, want)
}

func expect(t *testing.T, call string, out billing.Outcome, err error, want []billing.Progress) billing.Outcome {
	t.Helper()
	if err != nil {
		t.Fatalf("%s returned the error %v, want the outcome %v", call, err, want)
	}
	for _, progress := range want {
		if out.Progress == progress {
			return out
		}
	}
	t.Fatalf("%s says %q (%s), want %v", call, out.Progress, out.Decline, want)
	return out
}

// moved demands how often money has moved.
func (w World) moved(t *testing.T, id string, want int) {
	t.Helper()
	if got := w.Moved(id); got != want {
		t.Fatalf("money moved %d times for %s, want %d", got, id, want)
	}
}

// all collects what Invoices yields, by id, and demands that nothing comes twice.
func (w World) all(t *testing.T, since time.Time) map[string]billing.Invoice {
	t.Helper()
	seen := map[string]billing.Invoice{}
	for invoice, err := range w.Provider.Invoices(t.Context(), since) {
		if err != nil {
			t.Fatalf("Invoices: %v", err)
		}
		if _, twice := seen[invoice.ID]; twice {
			t.Fatalf("Invoices yields %s twice", invoice.ID)
		}
		seen[invoice.ID] = invoice
	}
	return seen
}

func (w World) invoice(t *testing.T, id string) billing.Invoice {
	t.Helper()
	invoice, err := w.Provider.Invoice(t.Context(), id)
	if err != nil {
		t.Fatalf("Invoice %s: %v", id, err)
	}
	return invoice
}

// cancelled is a context that has ended.
func cancelled(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}
