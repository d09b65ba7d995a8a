package stripe_test

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"kvitt/billing"
	"kvitt/sandbox"
)

// asked is one request of the adapter, as it went over the line.
type asked struct {
	method, uri, body string
	header            http.Header
}

// recorder keeps every request that passes.
type recorder struct {
	next http.RoundTripper
	all  []asked
}

func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		var err error
		if body, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
		req.Body = io.NopCloser(bytes.NewReader(body))
	}
	r.all = append(r.all, asked{req.Method, req.URL.RequestURI(), string(body), req.Header.Clone()})
	return r.next.RoundTrip(req)
}

// Stripe's own mock server is made from Stripe's description of its API: it refuses a path, a parameter or a type that is not in there. It proves shapes
// and nothing else: it keeps no state, pays nothing, refuses no expansion, and answers with the same made-up objects whatever is asked. How Stripe
// behaves is in the pretend Stripe of package sandbox, and is checked against the documentation by eye. The mock describes a later version of the same
// train of API versions (2026-08-26.dahlia), so its own check of the version is off.
func TestStripesOwnMockServerAcceptsEveryRequest(t *testing.T) {
	address := startMock(t)
	seen := map[string]bool{}
	for _, a := range everyRequest(t) {
		id := regexp.MustCompile(`(in|cus|pi|acct|bps)_[A-Za-z0-9]+`)
		path, _, _ := strings.Cut(a.uri, "?")
		seen[a.method+" "+id.ReplaceAllString(path, "{id}")] = true
		if status, body := replay(t, address, a); status != http.StatusOK {
			t.Errorf("%s %s %s: %d %s", a.method, a.uri, a.body, status, body)
		}
	}
	for _, want := range []string{
		"GET /v1/invoices", "GET /v1/invoices/{id}", "POST /v1/invoices/{id}/pay", "GET /v1/customers/{id}", "GET /v1/customers/{id}/payment_methods",
		"GET /v1/payment_intents/{id}", "GET /v1/events", "GET /v1/account", "POST /v1/billing_portal/sessions",
	} {
		if !seen[want] {
			t.Errorf("%s was never asked", want)
		}
		delete(seen, want)
	}
	for more := range seen {
		t.Errorf("%s was asked, and is in no list of what the adapter asks", more)
	}
	t.Run("and would refuse what is not in the description", func(t *testing.T) {
		header := http.Header{"Authorization": {"Bearer sk_test_kvitt"}, "Content-Type": {"application/x-www-form-urlencoded"}}
		for _, a := range []asked{
			{"POST", "/v1/invoices/in_1/pay", "payment_metod=pm_1", header}, {"POST", "/v1/invoices/in_1/pay", "off_session=perhaps", header},
			{"GET", "/v1/invoices?custommer=cus_1", "", header}, {"GET", "/v1/invoices/in_1/payments", "", header},
		} {
			if status, _ := replay(t, address, a); status != http.StatusBadRequest && status != http.StatusNotFound {
				t.Errorf("%s %s %s: %d", a.method, a.uri, a.body, status)
			}
		}
	})
}

// everyRequest has the adapter ask all that it can ask, in every variant.
func everyRequest(t *testing.T) []asked {
	w := newWorld(t, sandbox.StripeConfig{})
	line := &recorder{next: w.stripe.Transport()}
	w.provider = w.connect(&http.Client{Transport: line}, "")
	ctx, start := t.Context(), time.Now()
	for range 101 { // More than a page.
		w.stripe.AddInvoice(sandbox.StripeInvoice{Customer: customer, Total: 100})
		w.stripe.AddMethod(sandbox.StripeMethod{Customer: customer})
	}
	w.stripe.AddInvoice(sandbox.StripeInvoice{Customer: customer, Total: 100, Collection: "charge_automatically", Attempted: true})
	for _, since := range []time.Time{{}, start.Add(-time.Hour)} {
		for _, err := range w.provider.Invoices(ctx, since) {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, method := range []string{visa, "pm_declined", "pm_asks", "pm_sepa"} {
		id := "stripe:" + w.stripe.AddInvoice(sandbox.StripeInvoice{Customer: customer, Total: 100})
		p := billing.Payment{Invoice: id, Key: "kvitt-" + method, Method: method, Amount: euro(100), Started: time.Now()}
		if _, err := w.provider.Pay(ctx, p); err != nil {
			t.Fatal(err)
		}
		if _, err := w.provider.Status(ctx, p); err != nil {
			t.Fatal(err)
		}
		if _, err := w.provider.PrivateLink(ctx, id); err != nil {
			t.Fatal(err)
		}
		for _, locale := range []string{"", "en", "nb"} {
			if link, err := w.provider.MethodsLink(ctx, billing.Invoice{ID: id}, locale); err != nil || link == "" {
				t.Fatal(link, err)
			}
		}
		for _, trial := range w.provider.Try(ctx, customer, id) {
			if trial.Err != nil {
				t.Fatal(trial)
			}
		}
	}
	if _, err := w.provider.Customer(ctx, customer); err != nil {
		t.Fatal(err)
	}
	if _, err := w.reads(event("account", `"acct_1Kvitt"`)); err != nil {
		t.Fatal(err)
	}
	return slices.Clip(line.all)
}

func replay(t *testing.T, address string, a asked) (status int, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), a.method, address+a.uri, strings.NewReader(a.body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = a.header
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(raw)
}

// startMock starts the mock server, which is a tool of go.mod, on free ports of this machine only, and returns its address.
func startMock(t *testing.T) string {
	t.Helper()
	path, err := exec.Command("go", "tool", "-n", "stripe-mock").Output()
	if err != nil {
		t.Fatalf("the mock server could not be built: %v", err)
	}
	mock := exec.Command(strings.TrimSpace(string(path)), "-http-addr", "127.0.0.1:0", "-https-addr", "127.0.0.1:0")
	out, err := mock.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := mock.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = mock.Process.Kill(); _ = mock.Wait() })
	listening := regexp.MustCompile(`Listening for HTTP at address: (127\.0\.0\.1:\d+)`)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if found := listening.FindStringSubmatch(lines.Text()); found != nil {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return "http://" + found[1]
		}
	}
	t.Fatal("the mock server did not come up")
	return ""
}
