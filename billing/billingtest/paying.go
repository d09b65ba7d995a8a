package billingtest

import (
	"sync"
	"testing"
	"time"

	"kvitt/billing"
)

// paying holds the stories in which every answer arrives.
var paying = map[string]func(*testing.T, World){
	"PayingSettlesTheInvoice":                   payingSettles,
	"TheSamePaymentTwiceMovesMoneyOnce":         samePaymentTwice,
	"TheSamePaymentFromManySidesMovesMoneyOnce": samePaymentAtOnce,
	"AnotherKeyAfterwardsIsElsewhere":           anotherKey,
	"AChangedAmountMovesNothing":                changedAmount,
	"AnotherCurrencyMovesNothing":               anotherCurrency,
	"AVoidInvoiceMovesNothing":                  voidInvoice,
	"AnInvoiceSettledElsewhereMovesNothing":     settledElsewhere,
	"AMethodOfSomebodyElseIsRefused":            foreignMethod,
	"AKeyNeverSeenIsNotStarted":                 neverSeen,
	"ARefusedPaymentLeavesTheInvoiceOpen":       refused,
	"ASlowPaymentIsSubmittedUntilItClears":      slow,
	"APaymentThatAsksForThePersonWaitsForThem":  asks,
}

func payingSettles(t *testing.T, w World) {
	p := w.open(t)
	out := w.pay(t, p, billing.Settled)
	w.moved(t, p.Invoice, 1)
	if out.At.IsZero() {
		t.Error("a settled payment has no moment")
	}
	if out.Amount != amount && out.Amount != (billing.Money{}) {
		t.Errorf("it says that %v was paid, want %v or nothing", out.Amount, amount)
	}
	if out.Invoice != (billing.Invoice{}) && out.Invoice.Status != billing.Paid {
		t.Errorf("the invoice read after its payment is %q", out.Invoice.Status)
	}

	got := w.invoice(t, p.Invoice)
	if got.Status != billing.Paid || got.AmountDue != (billing.Money{Currency: Currency}) {
		t.Errorf("after its payment the invoice is %q with %v left, want paid with 0.00 %s", got.Status, got.AmountDue, Currency)
	}
	if got.Settlement.At.IsZero() || got.Settlement.Key != p.Key && got.Settlement.Key != "" {
		t.Errorf("its settlement is %+v, want a moment, and no key but %q", got.Settlement, p.Key)
	}
	if _, listed := w.all(t, time.Time{})[p.Invoice]; listed {
		t.Error("it is still among what is open")
	}
	w.status(t, p, billing.Settled)
}

func samePaymentTwice(t *testing.T, w World) {
	p := w.open(t)
	w.pay(t, p, billing.Settled)
	w.pay(t, p, billing.Settled)
	time.Sleep(time.Hour)
	w.pay(t, p, billing.Settled)
	w.moved(t, p.Invoice, 1)
}

func samePaymentAtOnce(t *testing.T, w World) {
	p := w.open(t)
	var replicas sync.WaitGroup
	for range 4 {
		replicas.Go(func() {
			out, err := w.Provider.Pay(t.Context(), p)
			if err == nil && out.Progress != billing.Settled && out.Progress != billing.Unclear && out.Progress != billing.Submitted {
				t.Errorf("one of four that pay at once is told %q (%s)", out.Progress, out.Decline)
			}
		})
	}
	replicas.Wait()
	w.pay(t, p, billing.Settled)
	w.moved(t, p.Invoice, 1)
}

func anotherKey(t *testing.T, w World) {
	first := w.open(t)
	w.pay(t, first, billing.Settled)
	second := w.payment(first.Invoice, "second", first.Method)
	w.pay(t, second, billing.Elsewhere)
	w.moved(t, first.Invoice, 1)
	w.status(t, second, billing.Elsewhere)
	w.status(t, first, billing.Settled)
}

func changedAmount(t *testing.T, w World) {
	p := w.open(t)
	smaller := billing.Money{Minor: amount.Minor - 1, Currency: Currency}
	w.ChangeAmount(p.Invoice, smaller)
	w.pay(t, p, billing.Changed)
	w.moved(t, p.Invoice, 0)

	anew := w.payment(p.Invoice, "second", p.Method)
	anew.Amount = smaller
	w.pay(t, anew, billing.Settled)
	w.moved(t, p.Invoice, 1)
}

func anotherCurrency(t *testing.T, w World) {
	p := w.open(t)
	p.Amount.Currency = "USD"
	w.pay(t, p, billing.Changed)
	w.moved(t, p.Invoice, 0)
}

func voidInvoice(t *testing.T, w World) {
	p := w.open(t)
	w.Void(p.Invoice)
	w.pay(t, p, billing.Changed)
	w.moved(t, p.Invoice, 0)
}

func settledElsewhere(t *testing.T, w World) {
	p := w.open(t)
	w.SettleElsewhere(p.Invoice)
	w.pay(t, p, billing.Elsewhere)
	w.status(t, p, billing.Elsewhere)
	w.moved(t, p.Invoice, 0)
}

func foreignMethod(t *testing.T, w World) {
	p := w.open(t)
	p.Method = w.Foreign()
	if out := w.pay(t, p, billing.Refused); out.Decline != billing.MethodUnusable {
		t.Errorf("it is refused as %q, want %q", out.Decline, billing.MethodUnusable)
	}
	w.moved(t, p.Invoice, 0)
}

func neverSeen(t *testing.T, w World) {
	p := w.open(t)
	w.status(t, p, billing.NotStarted)
	w.status(t, p, billing.NotStarted)
	w.moved(t, p.Invoice, 0)
	w.pay(t, p, billing.Settled)
}

func refused(t *testing.T, w World) {
	if w.Refuses == nil {
		t.Skip("this service declines no method")
	}
	p := w.open(t)
	works := p.Method
	p.Method = w.Refuses(p.Invoice)
	for range 2 {
		if out := w.pay(t, p, billing.Refused); out.Decline == "" {
			t.Error("it is refused for no reason")
		}
	}
	w.moved(t, p.Invoice, 0)
	w.status(t, p, billing.Refused, billing.NotStarted)
	if got := w.invoice(t, p.Invoice); got.Status != billing.Open || got.AmountDue != amount {
		t.Errorf("after a refusal the invoice is %q with %v left, want open with %v", got.Status, got.AmountDue, amount)
	}

	w.pay(t, w.payment(p.Invoice, "second", works), billing.Settled)
	w.moved(t, p.Invoice, 1)
}

func slow(t *testing.T, w World) {
	if w.Slow == nil {
		t.Skip("this service has no payment that clears later")
	}
	p := w.open(t)
	p.Method = w.Slow(p.Invoice)
	w.pay(t, p, billing.Submitted)
	w.pay(t, p, billing.Submitted)
	w.status(t, p, billing.Submitted)
	remembered := p
	remembered.Submitted = true
	w.status(t, remembered, billing.Submitted)
	w.moved(t, p.Invoice, 1)

	w.Clear(p.Invoice)
	w.status(t, p, billing.Settled)
	w.status(t, remembered, billing.Settled)
	w.moved(t, p.Invoice, 1)
}

func asks(t *testing.T, w World) {
	if w.Asks == nil {
		t.Skip("this service never asks the person")
	}
	p := w.open(t)
	p.Method = w.Asks(p.Invoice)
	w.pay(t, p, billing.NeedsAction)
	w.status(t, p, billing.NeedsAction)
	w.moved(t, p.Invoice, 0)
}
