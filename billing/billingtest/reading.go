package billingtest

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"kvitt/billing"
)

// reading holds the stories in which nobody pays.
var reading = map[string]func(*testing.T, World){
	"PingAnswersWhateverThereIsToList":       pingAnswers,
	"InvoiceTellsWhatIsLeftToPay":            invoiceTells,
	"InvoicesYieldsEveryOpenOneOverAllPages": invoicesYieldsAll,
	"InvoicesStopsWhenTheReaderDoes":         invoicesStops,
	"InvoicesYieldsWhatChangedSince":         invoicesSince,
	"AnUnknownInvoiceIsNotFound":             unknownInvoice,
	"MethodsAreSafeToShow":                   methodsAreSafe,
	"TheKeyLivesForAWhile":                   keyLives,
	"AnEndedContextIsUnavailableAtOnce":      endedContext,
	"ReadingEndsInTimeWhenTheServiceHangs":   readingEnds,
}

func pingAnswers(t *testing.T, w World) {
	for range max(w.Page, 1) {
		if err := w.Provider.Ping(t.Context()); err != nil {
			t.Fatalf("Ping returns %v", err)
		}
		w.SettleElsewhere(w.Put(amount, due))
	}
	if err := w.Provider.Ping(t.Context()); err != nil {
		t.Errorf("Ping of a service where nothing is open returns %v", err)
	}
}

func invoiceTells(t *testing.T, w World) {
	id := w.Put(amount, due)
	got := w.invoice(t, id)
	if got.ID != id || !strings.HasPrefix(id, w.Provider.Name()+":") {
		t.Errorf("ID is %q, want %q, and that begins with %q", got.ID, id, w.Provider.Name()+":")
	}
	if got.AmountDue != amount || got.Due != due || got.Status != billing.Open {
		t.Errorf("invoice is %v due %v %s, want %v due %v open", got.AmountDue, got.Due, got.Status, amount, due)
	}
	if got.Settlement != (billing.Settlement{}) {
		t.Errorf("an open invoice has the settlement %+v", got.Settlement)
	}
	if !strings.HasPrefix(got.Link, "https://") && got.Link != "" {
		t.Errorf("Link is %q, want https or nothing", got.Link)
	}

	w.Void(id)
	if got := w.invoice(t, id); got.Status != billing.Void {
		t.Errorf("a voided invoice is %q", got.Status)
	}
}

func invoicesYieldsAll(t *testing.T, w World) {
	want := map[string]billing.Money{}
	for i := range max(w.Page, 3) {
		each := billing.Money{Minor: int64(1000 + i), Currency: Currency}
		want[w.Put(each, due.AddDays(i%40))] = each
	}
	paid := w.Put(amount, due)
	w.SettleElsewhere(paid)

	got := w.all(t, time.Time{})
	for id, each := range want {
		if got[id].AmountDue != each || got[id].Status != billing.Open {
			t.Errorf("%s is yielded as %v %q, want %v open", id, got[id].AmountDue, got[id].Status, each)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d invoices are yielded, want the %d open ones", len(got), len(want))
	}
}

func invoicesStops(t *testing.T, w World) {
	for range max(w.Page, 3) {
		w.Put(amount, due)
	}
	seen := 0
	for _, err := range w.Provider.Invoices(t.Context(), time.Time{}) {
		if err != nil {
			t.Fatal(err)
		}
		seen++
		if seen == 2 {
			break
		}
	}
	if seen != 2 {
		t.Errorf("%d invoices came before the break, want 2", seen)
	}
}

func invoicesSince(t *testing.T, w World) {
	open, paid := w.Put(amount, due), w.Put(amount, due)
	time.Sleep(time.Hour)
	since := w.Now().Add(-time.Minute)
	w.SettleElsewhere(paid)

	got := w.all(t, since)
	if got[open].Status != billing.Open {
		t.Errorf("the open invoice is %q among what is open or changed", got[open].Status)
	}
	if got[paid].Status != billing.Paid || got[paid].AmountDue.Minor != 0 {
		t.Errorf("the invoice paid since is %q with %v left", got[paid].Status, got[paid].AmountDue)
	}
}

func unknownInvoice(t *testing.T, w World) {
	w.Put(amount, due)
	for _, id := range []string{w.Provider.Name() + ":nosuchinvoice", w.Provider.Name() + ":", "other:1", "", "../" + w.Provider.Name() + ":x"} {
		if _, err := w.Provider.Invoice(t.Context(), id); !errors.Is(err, billing.ErrNotFound) {
			t.Errorf("Invoice(%q) returns %v, want ErrNotFound", id, err)
		}
		p := w.payment(id, "first", w.Foreign())
		if _, err := w.Provider.Pay(t.Context(), p); !errors.Is(err, billing.ErrNotFound) {
			t.Errorf("Pay of %q returns %v, want ErrNotFound", id, err)
		}
		if _, err := w.Provider.Status(t.Context(), p); !errors.Is(err, billing.ErrNotFound) {
			t.Errorf("Status of %q returns %v, want ErrNotFound", id, err)
		}
	}
}

var longDigits = regexp.MustCompile(`\d([ -]?\d){11,}`)

func methodsAreSafe(t *testing.T, w World) {
	p := w.attempt(t)
	methods, err := w.Provider.Methods(t.Context(), w.invoice(t, p.Invoice))
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for i, m := range methods {
		if m.ID == "" || len(m.ID) > 75 || ids[m.ID] || m.Short == "" {
			t.Errorf("method %+v: want an id of its own with at most 75 characters, and what to call it", m)
		}
		if m.Default && i > 0 {
			t.Errorf("%q is a default, and not the first", m.Short)
		}
		if shown := fmt.Sprint(m.Short, "\n", m.Expires); longDigits.MatchString(shown) {
			t.Errorf("method shows a whole number: %q", shown)
		}
		ids[m.ID] = true
	}
	if !ids[p.Method] || ids[w.Foreign()] {
		t.Errorf("methods are %v, want %q among them and %q not", methods, p.Method, w.Foreign())
	}
}

func keyLives(t *testing.T, w World) {
	if w.Provider.Way() != billing.HandsOver && w.Provider.KeyLife() < time.Hour {
		t.Errorf("KeyLife is %v, too short to find out what became of a payment", w.Provider.KeyLife())
	}
}

// reads are the calls that ask the service and move nothing, by name.
func (w World) reads(ctx context.Context, p billing.Payment) map[string]func() error {
	return map[string]func() error{
		"Ping": func() error { return w.Provider.Ping(ctx) },
		"Invoice": func() error {
			_, err := w.Provider.Invoice(ctx, p.Invoice)
			return err
		},
		"Invoices": func() error {
			for _, err := range w.Provider.Invoices(ctx, time.Time{}) {
				if err != nil {
					return err
				}
			}
			return nil
		},
		"Status": func() error {
			out, err := w.Provider.Status(ctx, p)
			if err == nil && out.Progress == billing.Unclear {
				return billing.ErrUnavailable // Says the same to whoever asks.
			}
			return err
		},
	}
}

func endedContext(t *testing.T, w World) {
	p := w.attempt(t)
	calls := w.reads(cancelled(t), p)
	calls["Pay"] = func() error {
		_, err := w.Provider.Pay(cancelled(t), p)
		return err
	}
	for name, call := range calls {
		started := time.Now()
		if err := call(); !errors.Is(err, billing.ErrUnavailable) {
			t.Errorf("%s with an ended context returns %v, want ErrUnavailable", name, err)
		}
		if took := time.Since(started); took > time.Second {
			t.Errorf("%s with an ended context took %v", name, took)
		}
	}
	w.moved(t, p.Invoice, 0)
}

func readingEnds(t *testing.T, w World) {
	p := w.attempt(t)
	w.Hang()
	for name, call := range w.reads(t.Context(), p) {
		started := time.Now()
		if err := call(); !errors.Is(err, billing.ErrUnavailable) {
			t.Errorf("%s of a service that hangs returns %v, want ErrUnavailable", name, err)
		}
		if took := time.Since(started); took > limit {
			t.Errorf("%s of a service that hangs took %v, want at most %v", name, took, limit)
		}
	}
	w.Heal()
	w.invoice(t, p.Invoice)
}
