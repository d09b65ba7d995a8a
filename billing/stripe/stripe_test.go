package stripe_test

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"kvitt/billing"
	"kvitt/billing/stripe"
	"kvitt/sandbox"
)

func (w *world) connectWith(c stripe.Config) *stripe.Provider {
	w.t.Helper()
	c.Key, c.Customers, c.HTTP = "sk_test_kvitt", []string{customer}, &http.Client{Transport: w.stripe.Transport()}
	p, err := stripe.New(c)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

func TestALiveKeyGoesToStripeOnly(t *testing.T) {
	for _, c := range []struct {
		key, url string
		want     error
	}{
		{"sk_live_x", "", nil},
		{"rk_live_x", "https://api.stripe.com", nil},
		{"sk_live_x", "https://stripe.example", stripe.ErrLiveKey},
		{"rk_live_x", "http://127.0.0.1:1", stripe.ErrLiveKey},
		{"sk_live_x", "https://api.stripe.com.example", stripe.ErrLiveKey},
		{"sk_test_x", "http://127.0.0.1:1", nil},
		{"sk_test_x", "http://localhost:1/", nil},
		{"sk_test_x", "http://[::1]:1", nil},
		{"sk_test_x", "http://stripe.example", stripe.ErrAPIURL},
		{"sk_test_x", "https://stripe.example/path", stripe.ErrAPIURL},
		{"sk_test_x", "https://user@stripe.example", stripe.ErrAPIURL},
		{"sk_test_x", "stripe.example", stripe.ErrAPIURL},
		{"", "", stripe.ErrIncomplete},
	} {
		_, err := stripe.New(stripe.Config{Key: c.key, APIURL: c.url, Customers: []string{customer}})
		if !errors.Is(err, c.want) {
			t.Errorf("key %s with %q: %v, want %v", c.key, c.url, err, c.want)
		}
	}
	if _, err := stripe.New(stripe.Config{Key: "sk_test_x"}); !errors.Is(err, stripe.ErrIncomplete) {
		t.Errorf("without customers: %v", err)
	}
}

func TestMethodsShowTheDefaultFirstAndNothingUnusable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // Bubble time begins on 2000-01-01.
		w := newWorld(t, sandbox.StripeConfig{})
		w.stripe.AddCustomer(sandbox.StripeCustomer{ID: customer, DefaultMethod: "pm_default"})
		for _, m := range []sandbox.StripeMethod{
			{ID: "pm_default", Brand: "amex", Last4: "0005", ExpMonth: 4, ExpYear: 2027, AllowRedisplay: "always"},
			{ID: "pm_lastmonth", ExpMonth: 12, ExpYear: 1999},
			{ID: "pm_thismonth", Brand: "mastercard", Last4: "4444", ExpMonth: 1, ExpYear: 2000},
			{ID: "pm_limited", AllowRedisplay: "limited"},
			{ID: "pm_bank", Type: "us_bank_account", BankName: "Fjord Bank", Last4: "6789"},
			{ID: "pm_link", Type: "link"},
		} {
			m.Customer = customer
			w.stripe.AddMethod(m)
		}
		for _, id := range []string{visa, "pm_declined", "pm_asks"} {
			w.stripe.DetachMethod(id)
		}
		id := "stripe:" + w.stripe.AddInvoice(sandbox.StripeInvoice{Customer: customer, Total: 100})
		got, err := w.provider.Methods(t.Context(), billing.Invoice{ID: id})
		want := []billing.Method{
			{ID: "pm_default", Short: "American Express •••• 0005", Expires: "04/27", Default: true},
			{ID: "pm_link", Short: "Link"},
			{ID: "pm_bank", Short: "Fjord Bank •••• 6789"},
			{ID: "pm_thismonth", Short: "Mastercard •••• 4444", Expires: "01/00"},
			{ID: "pm_sepa", Short: "SEPA •••• 3000"},
		}
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v, -want +got:\n%s", err, diff)
		}
	})
}

func TestTheInvoicesOwnMethodIsTheDefaultEvenIfLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.StripeConfig{})
		w.stripe.AddMethod(sandbox.StripeMethod{ID: "pm_limited", Customer: customer, AllowRedisplay: "limited"})
		id := "stripe:" + w.stripe.AddInvoice(sandbox.StripeInvoice{Customer: customer, Total: 100, DefaultMethod: "pm_limited"})
		got, err := w.provider.Methods(t.Context(), billing.Invoice{ID: id})
		if err != nil || got[0].ID != "pm_limited" || !got[0].Default || got[1].Default {
			t.Errorf("methods are %+v, %v", got, err)
		}
	})
}

func TestAKeyThatMayNotReadCustomersStillListsMethods(t *testing.T) {
	story(t, sandbox.StripeConfig{}, func(t *testing.T, w *world, p billing.Payment) {
		w.stripe.Fail(sandbox.StripeFault{Op: "GET /v1/customers/{id}", Kind: sandbox.StripeForbidden, Times: -1})
		got, err := w.provider.Methods(t.Context(), billing.Invoice{ID: p.Invoice})
		if err != nil || len(got) != 4 || got[0].Default {
			t.Errorf("methods are %+v, %v", got, err)
		}
	})
}

func TestACardExpiresAtTheEndOfItsMonth(t *testing.T) {
	story(t, sandbox.StripeConfig{}, func(t *testing.T, w *world, p billing.Payment) {
		w.stripe.AddMethod(sandbox.StripeMethod{ID: "pm_january", Customer: customer, ExpMonth: 1, ExpYear: 2000})
		time.Sleep(31*24*time.Hour - time.Second)
		p.Method, p.Started = "pm_january", time.Now()
		late := p
		time.Sleep(time.Second)
		late.Started = time.Now()
		if out := w.pays(late, billing.Refused); out.Decline != billing.MethodUnusable {
			t.Errorf("refused as %q", out.Decline)
		}
		if w.sent() != 0 {
			t.Error("an expired card was sent")
		}
	})
}
