package sandbox_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kvitt/sandbox"
)

// inbox is a webhook endpoint, in memory. It refuses so many deliveries at first.
type inbox struct {
	mu      sync.Mutex
	refuses int
	got     []string // Kinds, as they came.
	signed  []string
	bodies  [][]byte
}

func (b *inbox) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	var e struct{ Type string }
	if err := json.Unmarshal(body, &e); err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	rec := httptest.NewRecorder()
	if b.refuses > 0 {
		b.refuses--
		rec.Code = http.StatusServiceUnavailable
		return rec.Result(), nil
	}
	b.got, b.signed, b.bodies = append(b.got, e.Type), append(b.signed, r.Header.Get("Stripe-Signature")), append(b.bodies, body)
	return rec.Result(), nil
}

func TestEventsComeInWrongOrderAndTwiceIfAskedTo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, box := newTeller(t, sandbox.StripeConfig{}), &inbox{}
		w.stripe.SendTo(sandbox.StripeHook{URL: "http://localhost/hook", Secrets: []string{"whsec_old", "whsec_new"}, Client: &http.Client{Transport: box},
			Pace: func(n int) []time.Duration {
				return map[int][]time.Duration{1: {10 * time.Second, time.Minute}}[n]
			}})
		id := w.invoice(100)
		w.stripe.ChangeAmount(id, 200) // The first event: late, and twice.
		w.stripe.SendTo(sandbox.StripeHook{URL: "http://localhost/hook", Secrets: []string{"whsec_new"}, Client: &http.Client{Transport: box}})
		w.stripe.SettleElsewhere(id)
		w.stripe.Wait()
		if want := []string{"invoice.paid", "invoice.updated", "invoice.updated"}; !slices.Equal(box.got, want) {
			t.Errorf("%q came, want %q", box.got, want)
		}
		if strings.Count(box.signed[1], "v1=") != 2 || strings.Count(box.signed[0], "v1=") != 1 || box.signed[0] != sandbox.StripeSign(box.bodies[0], time.Now().Add(-time.Minute), "whsec_new") {
			t.Errorf("they are signed %q", box.signed)
		}
	})
}

func TestAnEventThatIsNotAcknowledgedIsSentAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, box := newTeller(t, sandbox.StripeConfig{}), &inbox{refuses: 2}
		w.stripe.SendTo(sandbox.StripeHook{URL: "http://localhost/hook", Secrets: []string{"whsec_1"}, Client: &http.Client{Transport: box}})
		w.stripe.Void(w.invoice(100))
		w.stripe.Wait()
		if !slices.Equal(box.got, []string{"invoice.voided"}) || time.Since(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)) != 70*time.Second {
			t.Errorf("%q came at %v", box.got, time.Now())
		}
	})
}

// opens opens a page of the pretend Stripe as a browser does.
func (w *teller) opens(method, link string) (status int, page string) {
	w.t.Helper()
	at, err := url.Parse(link)
	if err != nil {
		w.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(w.t.Context(), method, "http://localhost"+at.Path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	res, err := w.stripe.Transport().RoundTrip(r)
	if err != nil {
		w.t.Fatal(err)
	}
	body, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(body)
}

func TestAPaymentIsAuthenticatedOnTheHostedPageOnce(t *testing.T) {
	w := newTeller(t, sandbox.StripeConfig{})
	for _, how := range []string{"authentication_required", "requires_action"} {
		id := w.invoice(12345)
		w.stripe.DeclineNext(how)
		w.pay(id, "k"+id, "pm_1").wants(t, 402)
		link := w.get("/v1/invoices/"+id, nil).tree["hosted_invoice_url"].(string)
		if _, page := w.opens(http.MethodGet, link); !strings.Contains(page, "confirm the payment of 123.45 EUR") || !strings.Contains(page, "<button>") {
			t.Errorf("%s: before, the page says %s", how, page)
		}
		for range 2 {
			if _, page := w.opens(http.MethodPost, link); !strings.Contains(page, "This invoice is paid.") || strings.Contains(page, "<button>") {
				t.Errorf("%s: afterwards, the page says %s", how, page)
			}
		}
		w.moved(id, 1)
	}
	id := w.invoice(100)
	w.opens(http.MethodPost, "/i/acct_1Kvitt/test_"+id)
	w.moved(id, 0) // Nobody was asked to.
	if status, _ := w.opens(http.MethodGet, "/i/acct_1Kvitt/test_in_none"); status != 404 {
		t.Errorf("of an invoice that is not there: %d", status)
	}
}

func TestACardIsAddedInThePortalOfItsCustomer(t *testing.T) {
	w := newTeller(t, sandbox.StripeConfig{})
	got, err := w.ask(http.MethodPost, "/v1/billing_portal/sessions", "", url.Values{"customer": {"cus_1"}})
	if err != nil {
		t.Fatal(err)
	}
	link := got.tree["url"].(string)
	if _, page := w.opens(http.MethodGet, link); !strings.Contains(page, "Add Visa •••• 1881") {
		t.Errorf("the page says %s", page)
	}
	w.opens(http.MethodPost, link)
	w.get("/v1/customers/cus_1/payment_methods", nil).wants(t, 200, `"1881"`)
	if status, _ := w.opens(http.MethodPost, link+"0"); status != 404 {
		t.Errorf("a session that was never made: %d", status)
	}
}

func TestEachPaymentSaysWhatItPaid(t *testing.T) {
	w := newTeller(t, sandbox.StripeConfig{})
	id := w.stripe.AddInvoice(sandbox.StripeInvoice{Customer: "cus_1", Total: 10000, AmountPaid: 2500})
	w.get("/v1/invoice_payments", url.Values{"invoice": {id}, "status": {"open"}}).wants(t, 200, `"amount_requested": 7500`, `"is_default": true`)
	w.pay(id, "k", "pm_1").wants(t, 200, `"amount_paid": 10000`)
	paid := w.get("/v1/invoice_payments", url.Values{"invoice": {id}, "status": {"paid"}})
	paid.wants(t, 200, `"amount_paid": 7500`, `"amount_paid": 2500`)
	if strings.Contains(paid.body, `"amount_paid": 10000`) {
		t.Errorf("a payment says that it paid all: %s", paid.body)
	}
}

func TestADebitComesThroughADayLaterByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTeller(t, sandbox.StripeConfig{ClearAfter: 24 * time.Hour})
		w.stripe.AddMethod(sandbox.StripeMethod{ID: "pm_sepa", Customer: "cus_1", Type: "sepa_debit", Last4: "3000"})
		id := w.invoice(100)
		w.pay(id, "k", "pm_sepa").wants(t, 200, `"status": "open"`)
		time.Sleep(24*time.Hour - time.Second)
		w.get("/v1/invoices/"+id, nil).wants(t, 200, `"status": "open"`)
		time.Sleep(time.Second)
		w.get("/v1/invoices/"+id, nil).wants(t, 200, `"status": "paid"`)
		w.moved(id, 1)
	})
}
