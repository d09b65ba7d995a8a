package main

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"kvitt/sandbox"
)

// stripeEvent is an event about an invoice as Stripe writes it.
func (f *fort) stripeEvent(id, kind, invoice string) string {
	return fmt.Sprintf(`{"id":%q,"object":"event","type":%q,"livemode":false,"data":{"object":{"id":%q,"object":"invoice","customer":%q}}}`, id, kind, invoice, f.customer)
}

// slackSignature are the headers with which Slack would sign a body.
func (f *fort) slackSignature(body string) string {
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	return "\nX-Slack-Request-Timestamp: " + stamp + "\nX-Slack-Signature: " + sandbox.Sign(f.slack.Config().SigningSecret, stamp, []byte(body))
}

// tells sends an event to the webhook, with a signature of some time by some secrets.
func (f *fort) tells(body string, at time.Time, secrets ...string) *http.Response {
	signature := "Stripe-Signature: " + sandbox.StripeSign([]byte(body), at, secrets...)
	return f.send("POST /stripe/webhook\nContent-Type: application/json\n" + signature + "\n\n" + body)
}

// asked counts how often Stripe was asked for an invoice.
func (f *fort) asked(invoice string) (times int) {
	for _, call := range f.stripe.Calls() {
		if call.Path == "/v1/invoices/"+invoice {
			times++
		}
	}
	return times
}

func TestWhatStripeSaysIsLookedAtOnceAndNothingElseIs(t *testing.T) {
	t.Parallel()
	f := newFort(t, 1)
	invoice, now := f.invoices["0"], time.Now()
	paid := f.stripeEvent("evt_1", "invoice.paid", invoice)
	for name, c := range map[string]struct {
		answer *http.Response
		want   int
	}{
		"not signed":                        {f.send("POST /stripe/webhook\nContent-Type: application/json\n\n" + paid), 401},
		"signed by somebody else":           {f.tells(paid, now, "whsec_other"), 401},
		"signed with the key":               {f.tells(paid, now, "sk_test_kvitt"), 401},
		"old":                               {f.tells(paid, now.Add(-6*time.Minute), "whsec_new"), 401},
		"of the future":                     {f.tells(paid, now.Add(6*time.Minute), "whsec_new"), 401},
		"too large":                         {f.tells(paid+strings.Repeat(" ", 1<<20), now, "whsec_new"), 413},
		"unreadable":                        {f.tells("{", now, "whsec_new"), 400},
		"of a kind that nobody waits for":   {f.tells(f.stripeEvent("evt_2", "charge.refunded", invoice), now, "whsec_new"), 200},
		"a look at the door and no more":    {f.send("GET /stripe/webhook\n\n"), 405},
		"in the query instead of the body":  {f.send("POST /stripe/webhook?" + strings.ReplaceAll(paid, `"`, "%22") + "\n\n"), 401},
		"of an invoice that is not of ours": {f.tells(strings.Replace(paid, f.customer, "cus_other", 1), now, "whsec_new"), 200},
		"of an account that is connected":   {f.tells(strings.Replace(paid, `"id"`, `"account":"acct_other","id"`, 1), now, "whsec_new"), 200},
		"of live mode, to a test key":       {f.tells(strings.Replace(paid, `"livemode":false`, `"livemode":true`, 1), now, "whsec_new"), 200},
		"that is signed as Slack signs":     {f.send("POST /stripe/webhook\nContent-Type: application/json" + f.slackSignature(paid) + "\n\n" + paid), 401},
	} {
		if c.answer.StatusCode != c.want {
			t.Errorf("an event %s: status %d, want %d", name, c.answer.StatusCode, c.want)
		}
	}
	if n := f.asked(invoice); n != 0 || f.trail(invoice) != "seen" {
		t.Errorf("Stripe was asked for the invoice %d times; its trail: %s", n, f.trail(invoice))
	}

	for range 3 { // Twice by the new secret, then by the old one: it is told once.
		if answer := f.tells(paid, now, "whsec_new"); answer.StatusCode != 200 {
			t.Errorf("a signed event got %d", answer.StatusCode)
		}
	}
	f.tells(paid, now, "whsec_old")
	f.soon("a look", func() bool { return f.asked(invoice) == 1 })
	time.Sleep(300 * time.Millisecond)
	if n := f.asked(invoice); n != 1 || f.trail(invoice) != "seen" {
		t.Errorf("Stripe was asked for the invoice %d times, want once; its trail: %s, although it is not paid, whatever the event says", n, f.trail(invoice))
	}

	f.stripe.SendTo(sandbox.StripeHook{URL: "http://" + f.address + "/stripe/webhook", Secrets: []string{"whsec_older", "whsec_old"},
		Pace: func(n int) []time.Duration { return []time.Duration{100 * time.Millisecond, 0} }})
	f.stripe.SettleElsewhere(invoice)
	f.soon("it is known to be paid elsewhere, long before the next sync", func() bool { return strings.HasSuffix(f.trail(invoice), "paid elsewhere") })
	f.stripe.Wait()
	if log := f.logged(); strings.Contains(log, "whsec_") || !strings.Contains(log, "wrong_signature") {
		t.Errorf("the log says:\n%s", log)
	}
	metrics := f.metrics()
	for _, want := range []string{`{outcome="wrong_signature"} 2`, `{outcome="stale"} 2`, `{outcome="unsigned"} 3`, `{outcome="other account"} 1`, `{outcome="other mode"} 1`, `{outcome="too_large"} 1`, `{outcome="unreadable"} 1`,
		`{outcome="other type"} 1`, `{outcome="other customer"} 1`, `{outcome="taken"} 2`, `{outcome="duplicate"} 4`} {
		if !strings.Contains(metrics, "kvitt_stripe_events_total"+want) {
			t.Errorf("the metrics do not say %s", want)
		}
	}
}

// metrics is what an operator counts.
func (f *fort) metrics() string {
	f.t.Helper()
	answer, err := http.Get("http://" + f.ops + "/metrics")
	if err != nil {
		f.t.Fatal(err)
	}
	defer answer.Body.Close()
	return text(answer)
}

// A new invoice is known, and one whose amount changed is told, as soon as Stripe says so; the next sync is a quarter of an hour off.
func TestANewInvoiceIsKnownAsSoonAsStripeSaysSo(t *testing.T) {
	t.Parallel()
	f := newFort(t, 0)
	draft := f.stripe.AddInvoice(sandbox.StripeInvoice{Customer: f.customer, Currency: "usd", Total: 100, Status: "draft"})
	f.tells(f.stripeEvent("evt_draft", "invoice.updated", draft), time.Now(), "whsec_new")
	invoice := f.stripe.AddInvoice(sandbox.StripeInvoice{Number: "INV-1", Customer: f.customer, Currency: "usd", Total: 120000, Due: time.Now().AddDate(0, 3, 0)})
	f.tells(f.stripeEvent("evt_new", "invoice.finalized", invoice), time.Now(), "whsec_new")
	f.soon("the new invoice", func() bool { return f.trail(invoice) == "seen" })
	f.stripe.ChangeAmount(invoice, 90000)
	f.tells(f.stripeEvent("evt_changed", "invoice.updated", invoice), time.Now(), "whsec_new")
	f.soon("the change", func() bool { return f.trail(invoice) == "seen, changed" })
	if f.trail(draft) != "" {
		t.Errorf("the trail of a draft: %s", f.trail(draft))
	}
}

// Stripe repeats what was not taken, and the next Kvitt looks at it.
func TestWhatStripeSaysToAKvittThatStopsIsNotTaken(t *testing.T) {
	t.Parallel()
	f := newFort(t, 2)
	paying, told, now := f.invoices["0"], f.stripeEvent("evt_1", "invoice.updated", f.invoices["1"]), time.Now()
	f.stripe.Fail(sandbox.StripeFault{Op: "/pay", Kind: sandbox.StripeSlowBefore, Times: 1, Delay: 2 * time.Second})
	f.send(f.seal(fmt.Sprintf(signed, slacks), f.payment(paying, "1.2.asha")))
	f.soon("a payment under way", func() bool { return strings.HasSuffix(f.trail(paying), "pay sent") })
	stopped := make(chan struct{})
	go func() { f.stop(); close(stopped) }()
	time.Sleep(500 * time.Millisecond)
	if answer := f.tells(told, now, "whsec_new"); answer.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("while it stops, an event gets %d", answer.StatusCode)
	}
	<-stopped
	if len(f.stripe.Charges(paying)) != 1 {
		t.Error("the payment under way was not finished")
	}
	f.open()
	if answer := f.tells(told, now, "whsec_new"); answer.StatusCode != http.StatusOK || !strings.Contains(f.metrics(), `{outcome="taken"} 1`) {
		t.Errorf("the next process answers %d, and has not taken the event", answer.StatusCode)
	}
}
