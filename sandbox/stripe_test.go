package sandbox_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kvitt/sandbox"
)

// teller asks a pretend Stripe as curl would.
type teller struct {
	t      *testing.T
	stripe *sandbox.Stripe
}

type told struct {
	status   int
	replayed bool
	body     string
	tree     map[string]any
}

func newTeller(t *testing.T, config sandbox.StripeConfig) *teller {
	w := &teller{t: t, stripe: sandbox.NewStripe(config)}
	t.Cleanup(w.stripe.Wait)
	w.stripe.AddCustomer(sandbox.StripeCustomer{ID: "cus_1", DefaultMethod: "pm_1"})
	w.stripe.AddMethod(sandbox.StripeMethod{ID: "pm_1", Customer: "cus_1"})
	w.stripe.AddCustomer(sandbox.StripeCustomer{ID: "cus_2"})
	w.stripe.AddMethod(sandbox.StripeMethod{ID: "pm_2", Customer: "cus_2"})
	return w
}

func (w *teller) request(method, path, key string, form url.Values) (*http.Request, error) {
	body := io.Reader(http.NoBody)
	if method == http.MethodPost {
		body = strings.NewReader(form.Encode())
	} else if len(form) > 0 {
		path += "?" + form.Encode()
	}
	r, err := http.NewRequestWithContext(w.t.Context(), method, "http://localhost"+path, body)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer sk_test_kvitt")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	return r, nil
}

func (w *teller) ask(method, path, key string, form url.Values) (told, error) {
	r, err := w.request(method, path, key, form)
	if err != nil {
		w.t.Error(err)
		return told{}, err
	}
	return w.do(r)
}

func (w *teller) do(r *http.Request) (told, error) {
	res, err := w.stripe.Transport().RoundTrip(r)
	if err != nil {
		return told{}, err
	}
	body, _ := io.ReadAll(res.Body)
	got := told{status: res.StatusCode, replayed: res.Header.Get("Idempotent-Replayed") == "true", body: string(body)}
	if err := json.Unmarshal(body, &got.tree); err != nil {
		w.t.Errorf("not JSON: %s", body)
	}
	return got, nil
}

func (w *teller) get(path string, form url.Values) told {
	w.t.Helper()
	got, err := w.ask(http.MethodGet, path, "", form)
	if err != nil {
		w.t.Fatal(err)
	}
	return got
}

func (w *teller) pay(invoice, key, method string) told {
	w.t.Helper()
	got, err := w.ask(http.MethodPost, "/v1/invoices/"+invoice+"/pay", key, url.Values{"payment_method": {method}, "off_session": {"true"}})
	if err != nil {
		w.t.Fatal(err)
	}
	return got
}

func (w *teller) invoice(total int64) string {
	return w.stripe.AddInvoice(sandbox.StripeInvoice{Customer: "cus_1", Total: total})
}

// wants demands a status and words in the body.
func (g told) wants(t *testing.T, status int, words ...string) {
	t.Helper()
	if g.status != status {
		t.Errorf("status %d, want %d: %s", g.status, status, g.body)
	}
	for _, word := range words {
		if !strings.Contains(g.body, word) {
			t.Errorf("the answer lacks %q: %s", word, g.body)
		}
	}
}

func (w *teller) moved(invoice string, want int) {
	w.t.Helper()
	if got := w.stripe.Charges(invoice); len(got) != want {
		w.t.Errorf("money moved %d times, want %d: %+v", len(got), want, got)
	}
}

func TestStripeIsAsStrictAsTheRealOne(t *testing.T) {
	w := newTeller(t, sandbox.StripeConfig{})
	id := w.invoice(100)
	w.get("/v1/invoices", url.Values{"colour": {"red"}}).wants(t, 400, "parameter_unknown", "colour")
	w.get("/v1/invoices", url.Values{"status": {"overdue"}}).wants(t, 400, "must be one of")
	w.get("/v1/invoices", url.Values{"limit": {"101"}}).wants(t, 400)
	w.get("/v1/invoices", url.Values{"limit": {"0"}}).wants(t, 400)
	w.get("/v1/invoices", url.Values{"starting_after": {"in_none"}}).wants(t, 400, "resource_missing")
	w.get("/v1/invoices/"+id, url.Values{"expand[]": {"paymnts"}}).wants(t, 400, "cannot be expanded")
	w.get("/v1/invoices", url.Values{"expand[]": {"data.payments.data.payment.payment_intent"}}).wants(t, 400, "4 levels")
	w.get("/v1/invoices/in_none", nil).wants(t, 404, "resource_missing", "No such invoice: 'in_none'")
	w.get("/v1/nothing", nil).wants(t, 404, "Unrecognized request URL")
	w.pay(id, "k", "pm_2").wants(t, 400, "The customer does not have a payment method")
	w.pay(id, "k2", "pm_none").wants(t, 400, "No such PaymentMethod")
	w.moved(id, 0)
}

func TestStripeWantsItsKeyAndForms(t *testing.T) {
	w := newTeller(t, sandbox.StripeConfig{})
	r, _ := w.request(http.MethodGet, "/v1/account", "", nil)
	r.Header.Del("Authorization")
	got, _ := w.do(r)
	got.wants(t, 401, "You did not provide an API key")
	r.Header.Set("Authorization", "Bearer sk_test_wrong_wrong_1234")
	got, _ = w.do(r)
	got.wants(t, 401, "Invalid API Key provided: sk_test_", "1234")
	if strings.Contains(got.body, "wrong") {
		t.Error("the refused key is told in full")
	}
	r.SetBasicAuth("sk_test_kvitt", "")
	got, _ = w.do(r)
	got.wants(t, 200, "acct_")
	r.Header.Set("Stripe-Version", "yesterday")
	got, _ = w.do(r)
	got.wants(t, 400, "Invalid Stripe API version")

	r, _ = w.request(http.MethodPost, "/v1/billing_portal/sessions", "", nil)
	r.Header.Set("Content-Type", "application/json")
	r.Body = io.NopCloser(bytes.NewBufferString(`{"customer":"cus_1"}`))
	got, _ = w.do(r)
	got.wants(t, 400, "application/x-www-form-urlencoded")
}

func TestStripeRefusesALiveKey(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a live key was taken")
		}
	}()
	sandbox.NewStripe(sandbox.StripeConfig{Key: "rk_live_1"})
}

func TestAListComesInPagesNewestFirst(t *testing.T) {
	w := newTeller(t, sandbox.StripeConfig{})
	var ids []string
	for i := range 25 {
		ids = append(ids, w.invoice(int64(100+i)))
	}
	after, seen := "", 0
	for more := true; more; {
		form := url.Values{"limit": {"10"}, "status": {"open"}}
		if after != "" {
			form.Set("starting_after", after)
		}
		got := w.get("/v1/invoices", form)
		rows := got.tree["data"].([]any)
		for _, row := range rows {
			after = row.(map[string]any)["id"].(string)
			seen++
			if want := ids[25-seen]; after != want {
				t.Fatalf("row %d is %s, want %s", seen, after, want)
			}
		}
		more = got.tree["has_more"].(bool)
	}
	if seen != 25 {
		t.Errorf("%d rows, want 25", seen)
	}
}

func TestFiltersKeepWhatTheySay(t *testing.T) {
	w := newTeller(t, sandbox.StripeConfig{})
	due := time.Date(2026, 3, 8, 0, 0, 0, 0, time.UTC)
	a := w.stripe.AddInvoice(sandbox.StripeInvoice{Customer: "cus_1", Total: 1, Due: due})
	b := w.stripe.AddInvoice(sandbox.StripeInvoice{Customer: "cus_2", Total: 1, Due: due.Add(time.Hour)})
	c := w.invoice(1)
	w.stripe.Void(c)
	for _, f := range []struct {
		form url.Values
		want []string
	}{
		{url.Values{"status": {"open"}}, []string{b, a}},
		{url.Values{"customer": {"cus_1"}}, []string{c, a}},
		{url.Values{"due_date[gt]": {fmt.Sprint(due.Unix())}}, []string{b}},
		{url.Values{"due_date[lte]": {fmt.Sprint(due.Unix())}}, []string{a}},
		{url.Values{"due_date": {fmt.Sprint(due.Unix())}}, []string{a}},
	} {
		var got []string
		for _, row := range w.get("/v1/invoices", f.form).tree["data"].([]any) {
			got = append(got, row.(map[string]any)["id"].(string))
		}
		if fmt.Sprint(got) != fmt.Sprint(f.want) {
			t.Errorf("%v keeps %v, want %v", f.form, got, f.want)
		}
	}
}

func TestAnInvoiceIsPaidOnceAndSaysSo(t *testing.T) {
	var told []sandbox.StripeCharge
	w := newTeller(t, sandbox.StripeConfig{OnCharge: func(c sandbox.StripeCharge) { told = append(told, c) }})
	id := w.invoice(5000)
	got := w.pay(id, "k1", "pm_1")
	got.wants(t, 200, `"status": "paid"`, `"amount_remaining": 0`, `"paid_at": `)
	w.pay(id, "k2", "pm_1").wants(t, 400, "Invoice is already paid")
	w.moved(id, 1)
	if len(told) != 1 || told[0].Key != "k1" || told[0].Amount != 5000 {
		t.Errorf("OnCharge was told %+v", told)
	}
	w.get("/v1/events", url.Values{"types[]": {"invoice.paid"}}).wants(t, 200, `"idempotency_key": "k1"`, id)
	w.get("/v1/invoices/"+id, url.Values{"expand[]": {"payments.data.payment.payment_intent"}}).wants(t, 200, `"succeeded"`, `"latest_charge": "ch_`)
	if strings.Contains(w.get("/v1/invoices/"+id, nil).body, "payments") {
		t.Error("payments are told although nobody expanded them")
	}
}

func TestAGatewayWithNoGuardChargesOnceForEveryNewKey(t *testing.T) {
	w := newTeller(t, sandbox.StripeConfig{NoGuardButTheKey: true})
	id := w.invoice(5000)
	for _, key := range []string{"k1", "k1", "k2", "k2", ""} {
		w.pay(id, key, "pm_1").wants(t, 200)
	}
	w.moved(id, 3)
}

func TestAKeyRepeatsItsAnswerWhateverItWas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTeller(t, sandbox.StripeConfig{})
		id := w.invoice(100)
		w.stripe.DeclineNext("insufficient_funds")
		first := w.pay(id, "k", "pm_1")
		first.wants(t, 402, "card_error", "card_declined", "insufficient_funds")
		if again := w.pay(id, "k", "pm_1"); !again.replayed || again.status != 402 || again.body != first.body {
			t.Errorf("repeated, it answers %+v", again)
		}
		w.pay(id, "k", "pm_2").wants(t, 400, "idempotency_error")
		w.stripe.Fail(sandbox.StripeFault{Op: "/pay", Kind: sandbox.StripeBroken500After, Times: 1})
		w.pay(id, "k2", "pm_1").wants(t, 500, "api_error")
		w.pay(id, "k2", "pm_1").wants(t, 500)
		w.moved(id, 1)
		time.Sleep(24 * time.Hour)
		w.pay(id, "k2", "pm_1").wants(t, 400, "already paid") // The key is forgotten; this is a new request.
	})
}

func TestAKeyInUseIsAConflictAndAnEarlyLeaverChargesNevertheless(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTeller(t, sandbox.StripeConfig{})
		id := w.invoice(100)
		w.stripe.Fail(sandbox.StripeFault{Op: "/pay", Kind: sandbox.StripeSlowAfter, Times: 1, Delay: time.Minute})
		r, _ := w.request(http.MethodPost, "/v1/invoices/"+id+"/pay", "k", url.Values{"payment_method": {"pm_1"}})
		client := &http.Client{Transport: w.stripe.Transport(), Timeout: time.Second}
		if _, err := client.Do(r); err == nil {
			t.Error("the answer came in time")
		}
		w.moved(id, 1)
		got, _ := w.ask(http.MethodPost, "/v1/invoices/"+id+"/pay", "k", url.Values{"payment_method": {"pm_1"}})
		got.wants(t, 409, "idempotency_key_in_use")
		time.Sleep(2 * time.Minute)
		got, _ = w.ask(http.MethodPost, "/v1/invoices/"+id+"/pay", "k", url.Values{"payment_method": {"pm_1"}})
		got.wants(t, 200)
		w.moved(id, 1)
	})
}

func TestACutBeforeLeavesNoTraceAndACutAfterLeavesTheCharge(t *testing.T) {
	w := newTeller(t, sandbox.StripeConfig{})
	id := w.invoice(100)
	for kind, want := range map[sandbox.StripeFaultKind]int{sandbox.StripeCutBefore: 0, sandbox.StripeHang: 0} {
		w.stripe.Fail(sandbox.StripeFault{Op: "/pay", Kind: kind, Times: 1})
		r, _ := w.request(http.MethodPost, "/v1/invoices/"+id+"/pay", "k", nil)
		client := &http.Client{Transport: w.stripe.Transport(), Timeout: 10 * time.Millisecond}
		if _, err := client.Do(r); err == nil {
			t.Errorf("%s gave an answer", kind)
		}
		w.moved(id, want)
	}
	w.stripe.Fail(sandbox.StripeFault{Op: "/pay", Kind: sandbox.StripeCutAfter, Times: 1})
	if _, err := w.ask(http.MethodPost, "/v1/invoices/"+id+"/pay", "k", nil); err == nil {
		t.Error("an answer came through a cut connection")
	}
	w.moved(id, 1)
	if calls := w.stripe.Calls(); calls[len(calls)-1].Status != 0 {
		t.Errorf("the last call is %+v, want no status", calls[len(calls)-1])
	}
}

func TestADebitIsOnItsWayUntilItClearsOrBounces(t *testing.T) {
	w := newTeller(t, sandbox.StripeConfig{})
	w.stripe.AddMethod(sandbox.StripeMethod{ID: "pm_sepa", Customer: "cus_1", Type: "sepa_debit", Last4: "3000"})
	clears, bounces := w.invoice(100), w.invoice(100)
	for _, id := range []string{clears, bounces} {
		w.pay(id, "k"+id, "pm_sepa").wants(t, 200, `"status": "open"`)
		w.pay(id, "again"+id, "pm_1").wants(t, 400, "processing")
	}
	w.stripe.Clear(clears)
	w.stripe.Bounce(bounces, "insufficient_funds")
	w.get("/v1/invoices/"+clears, nil).wants(t, 200, `"status": "paid"`)
	w.get("/v1/invoices/"+bounces, nil).wants(t, 200, `"status": "open"`)
	w.pay(bounces, "third", "pm_1").wants(t, 200, `"status": "paid"`)
	if got := w.stripe.Charges(bounces); len(got) != 2 || got[0].Status != "failed" || got[1].Status != "succeeded" {
		t.Errorf("the charges are %+v", got)
	}
}

func FuzzStripeAnswersAnythingInItsOwnShape(f *testing.F) {
	f.Add("GET", "/v1/invoices", "limit=3&created[gte]=1")
	f.Add("POST", "/v1/invoices/in_1/pay", "payment_method=pm_1&off_session=yes")
	f.Add("GET", "/v1/events", "types[0]=invoice.paid&starting_after=evt_1")
	f.Add("POST", "/v1/billing_portal/sessions", "customer=cus_1&flow_data[type]=x")
	f.Fuzz(func(t *testing.T, method, path, query string) {
		if method != http.MethodGet && method != http.MethodPost || !strings.HasPrefix(path, "/v1/") {
			t.Skip("the address decides nothing else")
		}
		w := newTeller(t, sandbox.StripeConfig{})
		w.stripe.AddInvoice(sandbox.StripeInvoice{ID: "in_1", Customer: "cus_1", Total: 100})
		r := &http.Request{Method: method, Host: "localhost", Header: http.Header{}, Body: io.NopCloser(strings.NewReader(query)),
			URL: &url.URL{Scheme: "http", Host: "localhost", Path: path, RawQuery: query}}
		r.Header.Set("Authorization", "Bearer sk_test_kvitt")
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		res, err := w.stripe.Transport().RoundTrip(r.WithContext(t.Context()))
		if err != nil {
			t.Fatal(err)
		}
		if res.StatusCode >= 500 {
			t.Errorf("status %d for %s %s", res.StatusCode, method, path)
		}
	})
}
