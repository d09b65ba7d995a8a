package billingtest

import (
	"errors"
	"testing"
	"time"

	"kvitt/billing"
)

// handing holds the stories of a Provider that hands over: Pay moves nothing, and both Pay and Status say what the service shows.
var handing = map[string]func(*testing.T, World){
	"AHandOverMovesNothing":                     handOverMovesNothing,
	"AHandOverIsSettledOnceTheInvoiceIsPaid":    handOverSettles,
	"AHandOverOfAChangedInvoiceIsChanged":       handOverChanged,
	"AHandOverToAMethodOfSomebodyElseIsRefused": handOverForeign,
	"APaymentThatFailedAfterTheHandOverRefuses": handOverFails,
	"HandingOverEndsInTimeWhenTheServiceHangs":  handOverEnds,
}

// handOver is attempt for the stories of handing over. Where the Provider does not, the story is skipped.
func (w World) handOver(t *testing.T) billing.Payment {
	t.Helper()
	if w.Provider.Way() != billing.HandsOver {
		t.Skip("this provider does not hand over")
	}
	return w.attempt(t)
}

func handOverMovesNothing(t *testing.T, w World) {
	p := w.handOver(t)
	for range 2 {
		w.pay(t, p, billing.NotStarted)
	}
	w.status(t, p, billing.NotStarted)
	w.moved(t, p.Invoice, 0)
	if got := w.invoice(t, p.Invoice); got.Status != billing.Open || got.AmountDue != amount {
		t.Errorf("after a hand-over the invoice is %q with %v left, want open with %v", got.Status, got.AmountDue, amount)
	}
}

func handOverSettles(t *testing.T, w World) {
	p := w.handOver(t)
	w.pay(t, p, billing.NotStarted)
	time.Sleep(time.Hour)
	w.SettleElsewhere(p.Invoice)
	out := w.status(t, p, billing.Settled)
	if out.At.IsZero() || out.Invoice.Status != billing.Paid {
		t.Errorf("it is settled at %v with an invoice that is %q, want a moment and %q", out.At, out.Invoice.Status, billing.Paid)
	}
	w.pay(t, p, billing.Settled)
	w.moved(t, p.Invoice, 0)
	if _, listed := w.all(t, time.Time{})[p.Invoice]; listed {
		t.Error("it is still among what is open")
	}
}

func handOverChanged(t *testing.T, w World) {
	smaller := billing.Money{Minor: amount.Minor - 1, Currency: Currency}
	for name, change := range map[string]func(p *billing.Payment){
		"the amount":   func(p *billing.Payment) { w.ChangeAmount(p.Invoice, smaller) },
		"the currency": func(p *billing.Payment) { p.Amount.Currency = "USD" },
		"the status":   func(p *billing.Payment) { w.Void(p.Invoice) },
	} {
		p := w.handOver(t)
		change(&p)
		out := w.pay(t, p, billing.Changed)
		if out.Invoice.ID != p.Invoice {
			t.Errorf("with %s changed, no new facts come with the outcome", name)
		}
		w.status(t, p, billing.Changed)
		w.moved(t, p.Invoice, 0)
	}
}

func handOverForeign(t *testing.T, w World) {
	p := w.handOver(t)
	p.Method = w.Foreign()
	if out := w.pay(t, p, billing.Refused); out.Decline != billing.MethodUnusable {
		t.Errorf("it is refused as %q, want %q", out.Decline, billing.MethodUnusable)
	}
}

func handOverFails(t *testing.T, w World) {
	p := w.handOver(t)
	if w.Declines == nil {
		t.Skip("this service does not tell of payments that failed")
	}
	time.Sleep(time.Hour)
	w.Declines(p.Invoice)
	if out := w.status(t, p, billing.Refused); out.Decline == "" {
		t.Error("it is refused for no reason")
	}
	time.Sleep(time.Hour)
	w.status(t, w.payment(p.Invoice, "second", p.Method), billing.NotStarted)
}

func handOverEnds(t *testing.T, w World) {
	p := w.handOver(t)
	w.Hang()
	started := time.Now()
	if _, err := w.Provider.Pay(t.Context(), p); !errors.Is(err, billing.ErrUnavailable) {
		t.Errorf("Pay returns %v, want ErrUnavailable", err)
	}
	if took := time.Since(started); took > limit {
		t.Errorf("Pay took %v, want at most %v", took, limit)
	}
	w.Heal()
	w.pay(t, p, billing.NotStarted)
}
