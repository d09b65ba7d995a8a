package billingtest

import (
	"errors"
	"testing"
	"time"

	"kvitt/billing"
)

// failing holds the stories in which an answer is lost.
var failing = map[string]func(*testing.T, World){
	"APaymentCutAfterItAppliedIsNeverCalledRefused": cutAfter,
	"APaymentCutAfterItAppliedIsFoundByPayingAgain": cutAfterThenPay,
	"APaymentCutBeforeItAppliedCanBeRepeated":       cutBefore,
	"PayingEndsInTimeWhenTheServiceHangs":           payingEnds,
}

func cutAfter(t *testing.T, w World) {
	p := w.open(t)
	w.CutAfter()
	w.pay(t, p, billing.Unclear, billing.Settled)
	w.moved(t, p.Invoice, 1)
	w.status(t, p, billing.Settled)
	w.pay(t, p, billing.Settled)
	w.moved(t, p.Invoice, 1)
}

func cutAfterThenPay(t *testing.T, w World) {
	p := w.open(t)
	w.CutAfter()
	w.pay(t, p, billing.Unclear, billing.Settled)
	w.pay(t, p, billing.Settled)
	w.moved(t, p.Invoice, 1)
}

func cutBefore(t *testing.T, w World) {
	p := w.open(t)
	w.CutBefore()
	out, err := w.Provider.Pay(t.Context(), p)
	switch {
	case err != nil && !errors.Is(err, billing.ErrUnavailable):
		t.Fatalf("Pay returns %v, want Unclear, or ErrUnavailable where nothing was sent for certain", err)
	case err == nil && out.Progress == billing.Settled:
		// The Provider repeated it with the same key by itself.
	case err == nil && out.Progress != billing.Unclear:
		t.Fatalf("Pay says %q, want %q", out.Progress, billing.Unclear)
	default:
		w.moved(t, p.Invoice, 0)
		w.status(t, p, billing.NotStarted, billing.Unclear)
	}
	w.pay(t, p, billing.Settled)
	w.moved(t, p.Invoice, 1)
}

func payingEnds(t *testing.T, w World) {
	p := w.open(t)
	w.Hang()
	started := time.Now()
	out, err := w.Provider.Pay(t.Context(), p)
	if took := time.Since(started); took > limit {
		t.Errorf("Pay took %v, want at most %v", took, limit)
	}
	if err == nil && out.Progress != billing.Unclear || err != nil && !errors.Is(err, billing.ErrUnavailable) {
		t.Errorf("Pay says %q and %v, want Unclear or ErrUnavailable", out.Progress, err)
	}

	w.Heal()
	w.moved(t, p.Invoice, 0)
	w.pay(t, p, billing.Settled)
	w.moved(t, p.Invoice, 1)
}
