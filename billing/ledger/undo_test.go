package ledger_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kvitt/billing"
	"kvitt/billing/ledger"
	"kvitt/billing/ledger/ledgertest"
)

func TestAnUndoBringsTheInvoiceBackAndItsKeyIsSpent(t *testing.T) {
	o := newOffice()
	load(t, o.Ledger, file("10", "open"))
	o.pay(t, attempt("k1"), billing.Settled)
	o.now = morning.Add(ledger.UndoWithin)
	if err := o.Undo(t.Context(), acme1, "k1", "U0BO", " wrong invoice "); err != nil {
		t.Fatal(err)
	}
	o.shows(t, billing.Open, ten, ten)
	o.pay(t, attempt("k1"), billing.Refused)
	if out, err := o.Status(t.Context(), attempt("k1")); err != nil || out.Progress != billing.Refused {
		t.Errorf("Status says %q, %v", out.Progress, err)
	}

	o.pay(t, attempt("k2"), billing.Settled)
	o.now = morning.Add(30 * time.Hour)
	if err := o.Undo(t.Context(), acme1, "k1", "U0EVE", "again"); err != nil {
		t.Errorf("a second undo of the same recording is %v", err)
	}
	o.shows(t, billing.Paid, none, ten)

	row, err := o.shelf.Load(t.Context(), acme1)
	if err != nil {
		t.Fatal(err)
	}
	want := &ledger.Undoing{By: "U0BO", At: morning.Add(ledger.UndoWithin), Reason: "wrong invoice"}
	if diff := cmp.Diff(want, row.Recordings[0].Undone); diff != "" || len(row.Recordings) != 2 {
		t.Errorf("the trail of %d (-want +got)\n%s", len(row.Recordings), diff)
	}
}

func TestAnUndoIsRefusedForAReason(t *testing.T) {
	o := newOffice()
	load(t, o.Ledger, file("10", "open"))
	o.pay(t, attempt("k1"), billing.Settled)
	for _, c := range []struct {
		name, id, key, reason string
		after                 time.Duration
		want                  error
	}{
		{"another key", acme1, "k2", "wrong", 0, ledger.ErrNotRecorded},
		{"another invoice", ledger.ID("Acme", "2"), "k1", "wrong", 0, billing.ErrNotFound},
		{"no reason", acme1, "k1", " \n", 0, ledger.ErrNoReason},
		{"a novel", acme1, "k1", strings.Repeat("x", 501), 0, ledger.ErrNoReason},
		{"a card number", acme1, "k1", "paid with 4242 4242 4242 4242", 0, ledger.ErrCardNumber},
		{"a day later", acme1, "k1", "wrong", ledger.UndoWithin + 1, ledger.ErrTooLate},
	} {
		o.now = morning.Add(c.after)
		if err := o.Undo(t.Context(), c.id, c.key, "U0BO", c.reason); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	o.shows(t, billing.Paid, none, ten)
}

func TestAnUndoWhoseAnswerIsLostCanBeRepeated(t *testing.T) {
	for name, fault := range map[string]ledgertest.Fault{"before": ledgertest.CutBefore, "after": ledgertest.CutAfter} {
		o := newOffice()
		load(t, o.Ledger, file("10", "open"))
		o.pay(t, attempt("k1"), billing.Settled)
		o.shelf.Set(fault)
		if err := o.Undo(t.Context(), acme1, "k1", "U0BO", "wrong"); !errors.Is(err, billing.ErrUnavailable) {
			t.Errorf("cut %s: %v, want ErrUnavailable", name, err)
		}
		if err := o.Undo(t.Context(), acme1, "k1", "U0BO", "wrong"); err != nil {
			t.Errorf("cut %s: %v", name, err)
		}
		o.shows(t, billing.Open, ten, ten)
	}
}
