package stripe_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"kvitt/billing"
	"kvitt/billing/stripe"
	"kvitt/sandbox"
)

func TestAnInvoiceIsToldInBillingsWords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.StripeConfig{Name: "Acme Cloud"})
		due := time.Date(2026, 3, 8, 23, 30, 0, 0, time.UTC)
		id := w.stripe.AddInvoice(sandbox.StripeInvoice{Number: "A-17", Customer: customer, Total: 10000, AmountPaid: 2500, Due: due,
			Lines: []string{"Hosting", "Support", "Hosting"}})
		got, err := w.provider.Invoice(t.Context(), "stripe:"+id)
		want := billing.Invoice{ID: "stripe:" + id, Number: "A-17", Supplier: "Acme Cloud", Description: "Hosting, Support",
			AmountDue: billing.Money{Minor: 7500, Currency: "EUR"}, Total: billing.Money{Minor: 10000, Currency: "EUR"},
			Due: billing.Date{Year: 2026, Month: 3, Day: 8}, Status: billing.Open}
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v, -want +got:\n%s", err, diff)
		}
	})
}

func TestADueInstantIsADayInTheConfiguredZone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.StripeConfig{})
		oslo, err := time.LoadLocation("Europe/Oslo")
		if err != nil {
			t.Fatal(err)
		}
		p := w.connectWith(stripe.Config{Zone: oslo})
		id := w.stripe.AddInvoice(sandbox.StripeInvoice{Customer: customer, Total: 100, Due: time.Date(2026, 3, 8, 23, 30, 0, 0, time.UTC)})
		got, err := p.Invoice(t.Context(), "stripe:"+id)
		if err != nil || got.Due != (billing.Date{Year: 2026, Month: 3, Day: 9}) {
			t.Errorf("due %v, %v", got.Due, err)
		}
	})
}

func TestAnInvoiceWithoutADueDateIsNotDueIn1970(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.StripeConfig{})
		id := w.stripe.AddInvoice(sandbox.StripeInvoice{Customer: customer, Total: 100, Collection: "charge_automatically"})
		got, err := w.provider.Invoice(t.Context(), "stripe:"+id)
		if err != nil || !got.Due.IsZero() || !got.AutoCollect || got.PayFailed {
			t.Errorf("invoice is %+v, %v", got, err)
		}
	})
}

func TestAutomaticCollectionHasFailedOnlyWhenItNeedsSomebody(t *testing.T) {
	for method, want := range map[string]bool{"pm_declined": true, "pm_asks": true, "pm_sepa": false} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, sandbox.StripeConfig{})
			id := w.stripe.AddInvoice(sandbox.StripeInvoice{Customer: customer, Total: 100, Collection: "charge_automatically", DefaultMethod: method})
			w.stripe.Collect(id)
			for got, err := range w.provider.Invoices(t.Context(), time.Time{}) {
				if err != nil || got.PayFailed != want {
					t.Errorf("after a collection with %s, PayFailed is %v (%v), want %v", method, got.PayFailed, err, want)
				}
			}
		})
	}
}

func TestStatusesAndWhatIsLeftOnThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.StripeConfig{})
		for status, left := range map[billing.Status]int64{billing.Draft: 100, billing.Open: 100, billing.Paid: 0, billing.Void: 0, billing.Uncollectible: 100} {
			id := w.stripe.AddInvoice(sandbox.StripeInvoice{Customer: customer, Total: 100, Status: string(status)})
			got, err := w.provider.Invoice(t.Context(), "stripe:"+id)
			if err != nil || got.Status != status || got.AmountDue.Minor != left {
				t.Errorf("%s is %s with %v left (%v)", status, got.Status, got.AmountDue, err)
			}
		}
	})
}

func TestInvoicesOfOtherCustomersDoNotExist(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.StripeConfig{})
		id := "stripe:" + w.stripe.AddInvoice(sandbox.StripeInvoice{Customer: "cus_other", Total: 100})
		calls := map[string]func() error{
			"Invoice":     func() error { _, err := w.provider.Invoice(t.Context(), id); return err },
			"Methods":     func() error { _, err := w.provider.Methods(t.Context(), billing.Invoice{ID: id}); return err },
			"PrivateLink": func() error { _, err := w.provider.PrivateLink(t.Context(), id); return err },
			"MethodsLink": func() error { _, err := w.provider.MethodsLink(t.Context(), billing.Invoice{ID: id}, "en"); return err },
			"Pay":         func() error { _, err := w.provider.Pay(t.Context(), billing.Payment{Invoice: id}); return err },
			"Status":      func() error { _, err := w.provider.Status(t.Context(), billing.Payment{Invoice: id}); return err },
		}
		for name, call := range calls {
			if err := call(); !errors.Is(err, billing.ErrNotFound) {
				t.Errorf("%s returns %v, want ErrNotFound", name, err)
			}
		}
		w.provider = w.connect(&http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			r.URL.RawQuery = strings.ReplaceAll(r.URL.RawQuery, "customer="+customer, "") // A service that does not filter.
			return w.stripe.Transport().RoundTrip(r)
		})}, "")
		for got, err := range w.provider.Invoices(t.Context(), time.Time{}) {
			t.Errorf("Invoices yields %s, %v", got.ID, err)
		}
	})
}

func TestAnInvoiceThatCannotBeReadKeepsNoOtherBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.StripeConfig{})
		add := func(currency string) string {
			return w.stripe.AddInvoice(sandbox.StripeInvoice{Customer: customer, Total: 10550, Currency: currency})
		}
		oldest, inexact, unknown, newest := add("eur"), add("isk"), add("zzz"), add("eur")
		var got []string
		var errs []error
		for invoice, err := range w.provider.Invoices(t.Context(), time.Time{}) {
			if err != nil {
				errs = append(errs, err)
				continue
			}
			got = append(got, invoice.ID)
		}
		if diff := cmp.Diff([]string{"stripe:" + newest, "stripe:" + oldest}, got); diff != "" || len(errs) != 1 {
			t.Fatalf("%d errors, -want +got:\n%s", len(errs), diff)
		}
		for _, word := range []string{inexact, unknown, "ask its supplier", "105"} {
			if !strings.Contains(errs[0].Error(), word) {
				t.Errorf("the error does not say %q: %v", word, errs[0])
			}
		}
		w.stripe.Fail(sandbox.StripeFault{Op: "GET /v1/invoices", Kind: sandbox.StripeForbidden, Times: -1})
		for _, err := range w.provider.Invoices(t.Context(), time.Time{}) {
			if !errors.Is(err, billing.ErrSetup) {
				t.Errorf("where nothing can be listed the error is %v", err)
			}
		}
	})
}

func TestWhatChangedSinceHoldsVoidAndWrittenOffInvoicesToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.StripeConfig{})
		add := func() string { return w.stripe.AddInvoice(sandbox.StripeInvoice{Customer: customer, Total: 100}) }
		old, void, written := add(), add(), add()
		w.stripe.SettleElsewhere(old)
		time.Sleep(time.Hour)
		since := time.Now()
		w.stripe.Void(void)
		w.stripe.MarkUncollectible(written)
		got := map[string]billing.Status{}
		for invoice, err := range w.provider.Invoices(t.Context(), since) {
			if err != nil {
				t.Fatal(err)
			}
			got[invoice.ID] = invoice.Status
		}
		want := map[string]billing.Status{"stripe:" + void: billing.Void, "stripe:" + written: billing.Uncollectible}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestARefusedKeyIsForTheOperator(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.StripeConfig{Key: "sk_test_another_one"})
		_, err := w.provider.Invoice(t.Context(), "stripe:in_1")
		if !errors.Is(err, billing.ErrSetup) || strings.Contains(err.Error(), "sk_test") {
			t.Errorf("the error is %v, want ErrSetup without the key", err)
		}
	})
}

func TestLogsHoldNoNameLinkOrKey(t *testing.T) {
	story(t, sandbox.StripeConfig{}, func(t *testing.T, w *world, p billing.Payment) {
		w.stripe.DeclineNext("lost_card")
		w.pays(p, billing.Refused)
		w.fail(sandbox.StripeNotStripe)
		p.Key = "kvitt-2"
		w.pays(p, billing.Unclear)
		link, err := w.provider.PrivateLink(t.Context(), p.Invoice)
		if err != nil || !strings.HasPrefix(link, "https://") {
			t.Fatalf("link %q, %v", link, err)
		}
		for _, secret := range []string{"Nordlys", "https://invoice", "sk_test", "4242", "client_secret"} {
			if strings.Contains(w.log.String(), secret) {
				t.Errorf("the log holds %q", secret)
			}
		}
		if !strings.Contains(w.log.String(), "lost_card") {
			t.Error("the log lost the reason for the operator; this test would not notice anything")
		}
	})
}

func TestMethodsLinkIsAPortalSessionInThePersonsLanguage(t *testing.T) {
	story(t, sandbox.StripeConfig{}, func(t *testing.T, w *world, p billing.Payment) {
		link, err := w.provider.MethodsLink(t.Context(), billing.Invoice{ID: p.Invoice}, "nb")
		calls := w.stripe.Calls()
		sent := calls[len(calls)-1].Params
		if err != nil || link == "" || sent.Get("flow_data[type]") != "payment_method_update" || sent.Get("locale") != "nb" || sent.Get("customer") != customer {
			t.Errorf("link %q, %v, asked for with %v", link, err, sent)
		}
	})
	story(t, sandbox.StripeConfig{}, func(t *testing.T, w *world, p billing.Payment) {
		w.stripe.Fail(sandbox.StripeFault{Op: "/sessions", Kind: sandbox.StripeForbidden, Times: 1})
		if link, err := w.provider.MethodsLink(t.Context(), billing.Invoice{ID: p.Invoice}, "en"); link != "" || err != nil {
			t.Errorf("without a portal the link is %q, %v; want none", link, err)
		}
	})
}
