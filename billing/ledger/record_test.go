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

var (
	acme1  = ledger.ID("Acme", "1")
	ten    = billing.Money{Minor: 1000, Currency: "EUR"}
	twelve = billing.Money{Minor: 1200, Currency: "EUR"}
)

// file is one line about Acme's invoice 1.
func file(amount, status string) string {
	return "number,supplier,amount,currency,reference,status\n1,Acme," + amount + ",EUR,4242 4242 4242 4242," + status
}

func attempt(key string) billing.Payment {
	return billing.Payment{Invoice: acme1, Key: key, Method: "Bank transfer", Amount: ten, By: "U0ASHA", Reference: " 2026-0301-77 "}
}

func (o *office) pay(t *testing.T, p billing.Payment, want billing.Progress) billing.Outcome {
	t.Helper()
	out, err := o.Pay(t.Context(), p)
	if err != nil || out.Progress != want {
		t.Fatalf("Pay says %q, %v; want %q", out.Progress, err, want)
	}
	return out
}

// shows demands how the invoice stands.
func (o *office) shows(t *testing.T, status billing.Status, due, total billing.Money) billing.Invoice {
	t.Helper()
	got, err := o.Invoice(t.Context(), acme1)
	if err != nil || got.Status != status || got.AmountDue != due || got.Total != total {
		t.Fatalf("the invoice is %q with %v of %v left (%v); want %q, %v of %v", got.Status, got.AmountDue, got.Total, err, status, due, total)
	}
	return got
}

var none = billing.Money{Currency: "EUR"}

func TestARecordingSaysWhoPaidWhenAndHow(t *testing.T) {
	o := newOffice()
	load(t, o.Ledger, file("10", "open"))
	o.now = morning.Add(time.Hour)
	out := o.pay(t, attempt("k1"), billing.Settled)
	if out.Method != "Bank transfer" || !out.At.Equal(o.now) || out.Invoice.Status != billing.Paid {
		t.Errorf("the outcome is %+v", out)
	}
	got := o.shows(t, billing.Paid, none, ten).Settlement
	if want := (billing.Settlement{At: o.now, Method: "Bank transfer", Key: "k1"}); got != want {
		t.Errorf("the settlement is %+v, want %+v", got, want)
	}
	row, err := o.shelf.Load(t.Context(), acme1)
	if err != nil {
		t.Fatal(err)
	}
	want := []ledger.Recording{{Key: "k1", By: "U0ASHA", At: o.now, Amount: ten, Method: "Bank transfer", Reference: "2026-0301-77"}}
	if diff := cmp.Diff(want, row.Recordings); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestImportingAgainUpdatesAndCounts(t *testing.T) {
	o := newOffice()
	steps := []struct {
		file string
		want ledger.Report
	}{
		{"number,supplier,amount,currency\n1,Acme,10,EUR\n2,Acme,10,EUR", ledger.Report{Added: 2}},
		{"number,supplier,amount,currency\n1,Acme,10,EUR\n2,Acme,10,EUR", ledger.Report{Unchanged: 2}},
		{"number,supplier,amount,currency\n1,Acme,12,EUR\n1,Acme Ltd,10,EUR", ledger.Report{Added: 1, Updated: 1}},
		{"number,supplier,amount,currency,status\n1,Acme,12,EUR,void", ledger.Report{Updated: 1}},
	}
	for i, step := range steps {
		if diff := cmp.Diff(step.want, load(t, o.Ledger, step.file)); diff != "" {
			t.Errorf("step %d (-want +got)\n%s", i+1, diff)
		}
	}
	o.shows(t, billing.Void, none, twelve)
	open := 0
	for range o.Invoices(t.Context(), time.Time{}) {
		open++
	}
	if open != 2 {
		t.Errorf("%d are open, want the one that no later file named, and the one of Acme Ltd", open)
	}
}

func TestNoImportTakesBackWhatSomebodyRecorded(t *testing.T) {
	for _, c := range []struct {
		name, file string
		disputed   string
		afterUndo  billing.Status
		due, total billing.Money
	}{
		{"the file is late", file("10", "open"), "", billing.Open, ten, ten},
		{"the file agrees", file("10", "paid"), "", billing.Paid, none, ten},
		{"the file says void", file("10", "void"), "invoice 1 of Acme was recorded as paid; the file says void", billing.Void, none, ten},
		{"the file has another amount", file("12", "open"), "invoice 1 of Acme was recorded as paid with 10.00 EUR; the file says 12.00 EUR", billing.Open, twelve, twelve},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := newOffice()
			load(t, o.Ledger, file("10", "open"))
			o.pay(t, attempt("k1"), billing.Settled)
			for range 2 {
				report := load(t, o.Ledger, c.file)
				if got := strings.Join(report.Disputed, "\n"); got != c.disputed {
					t.Errorf("disputed is %q, want %q", got, c.disputed)
				}
			}
			o.shows(t, billing.Paid, none, ten)
			o.pay(t, attempt("k1"), billing.Settled)

			if err := o.Undo(t.Context(), acme1, "k1", "U0BO", "paid twice by mistake"); err != nil {
				t.Fatal(err)
			}
			o.shows(t, c.afterUndo, c.due, c.total)
		})
	}
}

func TestAFileThatSaysPaidIsPaidElsewhere(t *testing.T) {
	o := newOffice()
	load(t, o.Ledger, file("10", "open"))
	o.now = morning.Add(time.Hour)
	load(t, o.Ledger, file("10", "paid"))
	o.now = morning.Add(2 * time.Hour)
	load(t, o.Ledger, file("12", "paid"))

	out := o.pay(t, attempt("k1"), billing.Elsewhere)
	if since := morning.Add(time.Hour); !out.At.Equal(since) || out.Method != "" {
		t.Errorf("it was settled at %v with %q, want %v and no method", out.At, out.Method, since)
	}
	load(t, o.Ledger, file("10", "open"))
	o.shows(t, billing.Open, ten, ten)
	o.now = morning.Add(3 * time.Hour)
	load(t, o.Ledger, file("10", "paid"))
	if got := o.shows(t, billing.Paid, none, ten); !got.Settlement.At.Equal(o.now) {
		t.Errorf("opened and paid again, it was settled at %v, want %v", got.Settlement.At, o.now)
	}
	load(t, o.Ledger, file("10", "open"))
	o.pay(t, attempt("k2"), billing.Settled)
}

func TestNothingIsRecordedUnderAnotherAccountThanWasAgreedTo(t *testing.T) {
	o := newOffice()
	header := "number,supplier,amount,currency,reference,pay_to\n1,Acme,10,EUR,77,"
	load(t, o.Ledger, header+"1503.40.12345")
	p := attempt("k1")
	p.Payee = o.shows(t, billing.Open, ten, ten).Payee()
	load(t, o.Ledger, header+"9999 99 99999")
	o.pay(t, p, billing.Changed)
	load(t, o.Ledger, header+"1503.40.12345")
	o.pay(t, p, billing.Settled)
}

func TestWhoeverAsksWhatChangedHearsOfRecordingsAndUndos(t *testing.T) {
	o := newOffice()
	load(t, o.Ledger, file("10", "open"))
	changed := func(want bool) {
		t.Helper()
		heard := false
		for invoice, err := range o.Invoices(t.Context(), o.now) {
			heard = err == nil && invoice.ID == acme1
		}
		if heard != want {
			t.Errorf("at %v it is among what is open or changed: %v, want %v", o.now, heard, want)
		}
	}
	o.now = morning.Add(time.Hour)
	o.pay(t, attempt("k1"), billing.Settled)
	changed(true)
	o.now = morning.Add(2 * time.Hour)
	changed(false)
	load(t, o.Ledger, file("10", "void"))
	changed(true)
	o.now = morning.Add(3 * time.Hour)
	changed(false)
	if err := o.Undo(t.Context(), acme1, "k1", "U0BO", "wrong"); err != nil {
		t.Fatal(err)
	}
	changed(true)
}

func TestTheStoreIsNeverAskedForAnIDThatIsNotOurs(t *testing.T) {
	o := newOffice()
	o.shelf.Set(ledgertest.Hang)
	for _, id := range []string{"", "stripe:in_1", "ledger:", "ledger:0123456789ABCDEF", "ledger:0123456789abcdef0", "ledger:../../etc/pass"} {
		if _, err := o.Invoice(t.Context(), id); !errors.Is(err, billing.ErrNotFound) {
			t.Errorf("%q: %v, want ErrNotFound", id, err)
		}
	}
}

func TestACardNumberIsNoBankReferenceUnlessTheInvoiceSaysSo(t *testing.T) {
	o := newOffice()
	load(t, o.Ledger, file("10", "open"))
	for _, reference := range []string{"5555 5555 5555 4444", strings.Repeat("x", 501)} {
		p := attempt("k1")
		p.Reference = reference
		if out := o.pay(t, p, billing.Refused); out.Decline != billing.WrongDetails {
			t.Errorf("%.30q is refused as %q", reference, out.Decline)
		}
	}
	o.shows(t, billing.Open, ten, ten)
	kid := attempt("k1")
	kid.Reference = "4242424242424242" // What the invoice asks to quote.
	o.pay(t, kid, billing.Settled)
}

func TestAnImportThatTheStoreStopsSaysHowFarItCame(t *testing.T) {
	o := newOffice()
	o.shelf.Set(ledgertest.CutAfter)
	_, err := o.Import(t.Context(), "march.csv", strings.NewReader(file("10", "open")))
	if !errors.Is(err, billing.ErrUnavailable) || !strings.Contains(err.Error(), "0 of 1 invoices were imported; import it again") {
		t.Errorf("the error is %v", err)
	}
	if report := load(t, o.Ledger, file("10", "open")); report.Unchanged != 1 {
		t.Errorf("importing it again: %+v", report)
	}
}

func TestMethodsAreTheCompanysOwnWords(t *testing.T) {
	long := strings.Repeat("å", 80)
	l := ledger.New(&ledgertest.Memory{}, []string{" Bank transfer", "", "Card", "Card ", long}, time.Now)
	got, err := l.Methods(t.Context(), billing.Invoice{Status: billing.Open})
	cut := strings.Repeat("å", 75)
	want := []billing.Method{
		{ID: "Bank transfer", Short: "Bank transfer", Default: true},
		{ID: "Card", Short: "Card"},
		{ID: cut, Short: cut},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	if got, _ := l.Methods(t.Context(), billing.Invoice{Status: billing.Paid}); got != nil {
		t.Errorf("a paid invoice can be paid with %v", got)
	}
}
