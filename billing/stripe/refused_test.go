package stripe_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kvitt/billing"
	"kvitt/billing/stripe"
	"kvitt/sandbox"
)

// refusing answers 403 to whoever lists the invoices of one customer.
type refusing struct {
	http.RoundTripper
	customer string
}

func (r refusing) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Query().Get("customer") != r.customer {
		return r.RoundTripper.RoundTrip(req)
	}
	answer := httptest.NewRecorder()
	answer.WriteHeader(http.StatusForbidden)
	_, _ = answer.WriteString(`{"error":{"type":"invalid_request_error","message":"not permitted"}}`)
	return answer.Result(), nil
}

func TestACustomerThatStripeRefusesHidesNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.StripeConfig{})
		w.stripe.AddInvoice(sandbox.StripeInvoice{Number: "INV-1", Customer: customer, Currency: "usd", Total: 100, Due: time.Now().AddDate(0, 0, 3)})
		p, err := stripe.New(stripe.Config{Key: "sk_test_kvitt", Customers: []string{"cus_other", customer}, HTTP: &http.Client{Transport: refusing{w.stripe.Transport(), "cus_other"}}})
		if err != nil {
			t.Fatal(err)
		}
		var listed []string
		var last error
		for invoice, err := range p.Invoices(t.Context(), time.Time{}) {
			if last = err; err == nil {
				listed = append(listed, invoice.Number)
			}
		}
		if len(listed) != 1 || listed[0] != "INV-1" {
			t.Errorf("beside a customer that is refused, %v is listed", listed)
		}
		if !errors.Is(last, billing.ErrSetup) || !strings.Contains(last.Error(), "cus_other") {
			t.Errorf("at the end the error is %v", last)
		}
	})
}
