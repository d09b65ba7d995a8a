package sandbox_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"kvitt/sandbox"
)

// scene is a page with a panel beside it, and a pretend Stripe with one open invoice, of 1200.00 USD.
type scene struct {
	t       *testing.T
	slack   *sandbox.Slack
	stripe  *sandbox.Stripe
	clock   *sandbox.Clock
	invoice string
	page    *httptest.Server
	gateway *httptest.Server
}

func newScene(t *testing.T) *scene {
	b := &bot{t: t}
	zone, err := time.LoadLocation("Europe/Oslo")
	if err != nil {
		t.Fatal(err)
	}
	s := &scene{t: t, clock: &sandbox.Clock{}}
	s.slack = fjord(sandbox.SlackConfig{RequestURL: "http://bot.sandbox/", RequestClient: b.client(), Now: s.clock.Now})
	s.stripe = sandbox.NewStripe(sandbox.StripeConfig{Now: s.clock.Now})
	customer := s.stripe.AddCustomer(sandbox.StripeCustomer{DefaultMethod: "pm_visa"})
	s.stripe.AddMethod(sandbox.StripeMethod{ID: "pm_visa", Customer: customer})
	s.invoice = s.stripe.AddInvoice(sandbox.StripeInvoice{Number: "INV-1", Customer: customer, Currency: "usd", Total: 120000, Due: s.clock.Now().AddDate(0, 0, 3)})
	due := func(context.Context) (string, time.Time) { return "INV-1", s.clock.Now().Add(50 * time.Hour) }
	s.page = httptest.NewServer(sandbox.Page(s.slack, &sandbox.Panel{Clock: s.clock, Zone: zone, Stripe: s.stripe, Due: due}))
	s.gateway = httptest.NewServer(s.stripe.Handler())
	t.Cleanup(s.page.Close)
	t.Cleanup(s.gateway.Close)
	return s
}

type shownPanel struct {
	Now  time.Time
	Due  struct{ What string }
	Next struct {
		Choice, Used string
		UsedFor      string `json:"used_for"`
	}
	Invoices []struct{ ID, Number, Amount string }
	Log      []struct {
		Seq                           int
		From, To, What, Line, Outcome string
		OK, Read                      bool
	}
	Newest int
}

func (s *scene) get(path string) []byte {
	s.t.Helper()
	res, err := s.page.Client().Get(s.page.URL + path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		s.t.Fatalf("GET %s: %d %v", path, res.StatusCode, err)
	}
	return raw
}

func (s *scene) panel() (shown shownPanel) {
	s.t.Helper()
	if err := json.Unmarshal(s.get("/panel"), &shown); err != nil {
		s.t.Fatal(err)
	}
	return shown
}

// does something in the panel; the error it answers with, if any.
func (s *scene) does(body string) string {
	s.t.Helper()
	res, err := s.page.Client().Post(s.page.URL+"/panel", "application/json", strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	var answer struct {
		OK    bool
		Error string
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil || answer.OK != (answer.Error == "") {
		s.t.Fatalf("%s: %+v %v", body, answer, err)
	}
	return answer.Error
}

// pay asks the pretend Stripe to pay, over a connection of its own; 0 is a connection that was cut.
func (s *scene) pay(key string) (status int, code string) {
	s.t.Helper()
	r, _ := http.NewRequest("POST", s.gateway.URL+"/v1/invoices/"+s.invoice+"/pay", strings.NewReader(url.Values{"payment_method": {"pm_visa"}}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Authorization", "Bearer sk_test_kvitt")
	r.Header.Set("Idempotency-Key", key)
	r.Close = true
	res, err := s.gateway.Client().Do(r)
	if err != nil {
		return 0, ""
	}
	defer res.Body.Close()
	var answer struct{ Error struct{ Code string } }
	json.NewDecoder(res.Body).Decode(&answer)
	return res.StatusCode, answer.Error.Code
}

func TestPageSkipsForwardOnly(t *testing.T) {
	s := newScene(t)
	for by, want := range map[string]time.Duration{"hour": time.Hour, "due": 50 * time.Hour} {
		before := s.clock.Now()
		if refused := s.does(`{"do":"skip","by":"` + by + `"}`); refused != "" {
			t.Error(refused)
		}
		if got := s.clock.Now().Sub(before); got < want || got > want+time.Minute {
			t.Errorf("%s skipped %s", by, got)
		}
	}
	before := s.panel().Now
	s.does(`{"do":"skip","by":"day"}`)
	after := s.panel().Now
	if after.Day() != before.AddDate(0, 0, 1).Day() || after.Hour() != before.Hour() && after.Minute() > 0 {
		t.Errorf("a day after %s is %s", before, after)
	}
	if s.does(`{"do":"skip","by":"year"}`) == "" || s.does(`{"do":"skip","by":""}`) == "" {
		t.Error("an unknown skip is taken")
	}
	if now := s.clock.Skip(-time.Hour); now.Before(after) {
		t.Error("the clock went back")
	}
}

func TestPageChoosesForOnePaymentOnly(t *testing.T) {
	for choice, want := range map[string]struct {
		status int
		code   string
	}{"is declined": {402, "card_declined"}, "asks": {402, "authentication_required"}} {
		s := newScene(t)
		if refused := s.does(`{"do":"next","choice":"` + choice + `"}`); refused != "" {
			t.Fatal(refused)
		}
		if status, code := s.pay("first"); status != want.status || code != want.code {
			t.Errorf("%s: %d %s", choice, status, code)
		}
		if next := s.panel().Next; next.Choice != "goes through" || next.Used != choice || next.UsedFor != "INV-1" {
			t.Errorf("afterwards: %+v", next)
		}
		if status, _ := s.pay("second"); status != http.StatusOK {
			t.Errorf("the payment after %s: %d", choice, status)
		}
	}
	if newScene(t).does(`{"do":"next","choice":"explodes"}`) == "" {
		t.Error("an unknown choice is taken")
	}
}

func TestPageTakesAChoiceBack(t *testing.T) {
	s := newScene(t)
	s.does(`{"do":"next","choice":"is declined"}`)
	s.does(`{"do":"next","choice":"goes through"}`)
	if status, _ := s.pay("key"); status != http.StatusOK {
		t.Errorf("it is declined nevertheless: %d", status)
	}
}

func TestPageCutsTheLineAfterOneCharge(t *testing.T) {
	s := newScene(t)
	s.does(`{"do":"next","choice":"loses the line"}`)
	for range 2 {
		if status, _ := s.pay("key"); status != 0 {
			t.Errorf("somebody gets through: %d", status)
		}
	}
	if n := len(s.stripe.Charges(s.invoice)); n != 1 {
		t.Errorf("%d charges", n)
	}
	s.does(`{"do":"skip","by":"hour"}`)
	if status, _ := s.pay("key"); status != http.StatusOK || len(s.stripe.Charges(s.invoice)) != 1 {
		t.Errorf("when the line is back, the same key is answered %d, and there are %d charges", status, len(s.stripe.Charges(s.invoice)))
	}
	if e := s.panel().Log[0]; e.Outcome != "connection cut" || e.OK || !strings.HasPrefix(e.What, "POST /v1/invoices/") {
		t.Errorf("the log says %+v", e)
	}
}

func TestPageChangesOpenInvoicesOnly(t *testing.T) {
	s := newScene(t)
	about := `"invoice":"` + s.invoice + `"`
	for _, wrong := range []string{"", "0", "0.00", "-5", "1.234", "1e5", "NaN", "99999999999"} {
		if s.does(`{"do":"amount","amount":"`+wrong+`",`+about+`}`) == "" {
			t.Errorf("%q is taken for an amount", wrong)
		}
	}
	if refused := s.does(`{"do":"amount","amount":"1100,5",` + about + `}`); refused != "" {
		t.Error(refused)
	}
	if bills := s.panel().Invoices; len(bills) != 1 || bills[0].Amount != "1100.50" || bills[0].Number != "INV-1" {
		t.Errorf("open: %+v", bills)
	}
	if refused := s.does(`{"do":"elsewhere",` + about + `}`); refused != "" {
		t.Error(refused)
	}
	if status, _ := s.stripe.Status(s.invoice); status != "paid" || len(s.stripe.Charges("")) != 0 || len(s.panel().Invoices) != 0 {
		t.Errorf("paid elsewhere, it is %s", status)
	}
	for _, deed := range []string{"elsewhere", "void", "amount"} {
		if s.does(`{"do":"`+deed+`","amount":"5",`+about+`}`) == "" || s.does(`{"do":"`+deed+`","amount":"5","invoice":"in_none"}`) == "" {
			t.Errorf("%s of what is not open", deed)
		}
	}
	if s.does(`{"do":"dance"}`) == "" {
		t.Error("it dances")
	}
}

func TestPagePanelTakesNothingFromElsewhereAndIsHeard(t *testing.T) {
	s := newScene(t)
	for _, c := range []struct {
		kind, header, value string
		status              int
	}{
		{"text/plain", "X-None", "", 415}, {"application/json", "Origin", "https://evil.example", 403},
		{"application/json", "Sec-Fetch-Site", "cross-site", 403}, {"application/json", "Host", "evil.example", 403},
	} {
		r, _ := http.NewRequest("POST", s.page.URL+"/panel", strings.NewReader(`{"do":"skip","by":"day"}`))
		r.Header.Set("Content-Type", c.kind)
		r.Header.Set(c.header, c.value)
		if c.header == "Host" {
			r.Host = c.value
		}
		res, err := s.page.Client().Do(r)
		if err != nil || res.StatusCode != c.status {
			t.Errorf("%+v: %v %v", c, res, err)
		}
	}
	if time.Until(s.clock.Now()) > time.Hour {
		t.Fatal("somebody elsewhere skipped a day")
	}
	stream, err := s.page.Client().Get(s.page.URL + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	lines := bufio.NewScanner(stream.Body)
	lines.Scan()
	s.does(`{"do":"skip","by":"hour"}`)
	for lines.Scan() {
		if lines.Text() == "event: panel" {
			return
		}
	}
	t.Error("nobody heard of the skip")
}
