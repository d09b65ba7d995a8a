package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kvitt/sandbox"
	"kvitt/store"
)

// office is a finance team and its far ends over real sockets. It outlives every kvitt that works for it, and records every truth.
type office struct {
	t                   *testing.T
	slack               *sandbox.Slack
	stripe              *sandbox.Stripe
	slackURL, stripeURL string
	asha, bo            string
	finance             string
	customer            string
	data                string
	arrives             atomic.Pointer[func(*http.Request)] // Called with every request to Stripe before anything is done about it.
	charged             atomic.Pointer[func()]              // Called when money has moved and nobody was told.
}

// newOffice is one with two billing admins and a card; tune says what else its Stripe is like.
func newOffice(t *testing.T, tune ...func(*sandbox.StripeConfig)) *office {
	t.Helper()
	o := &office{t: t, data: filepath.Join(shortFolder(t), "data")}
	o.slack = sandbox.NewSlack(sandbox.SlackConfig{Scopes: manifestScopes()})
	config := sandbox.StripeConfig{OnCharge: func(sandbox.StripeCharge) {
		if fn := o.charged.Load(); fn != nil {
			(*fn)()
		}
	}}
	for _, fn := range tune {
		fn(&config)
	}
	o.stripe = sandbox.NewStripe(config)
	slack := httptest.NewServer(o.slack.Handler())
	stripe := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if fn := o.arrives.Load(); fn != nil {
			(*fn)(r)
		}
		o.stripe.Handler().ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		o.slack.Shutdown()
		slack.CloseClientConnections()
		stripe.CloseClientConnections()
		slack.Close()
		stripe.Close()
	})
	o.slackURL, o.stripeURL = slack.URL, stripe.URL
	o.asha = o.slack.AddPerson(sandbox.Person{Name: "Asha", Email: "asha@fjord.example"})
	o.bo = o.slack.AddPerson(sandbox.Person{Name: "Bo", Email: "bo@fjord.example"})
	o.finance = o.slack.AddChannel(sandbox.Channel{Name: "finance", Members: []string{o.asha, o.bo, o.slack.Config().BotUserID}})
	o.customer = o.stripe.AddCustomer(sandbox.StripeCustomer{Name: "Fjord Finance AS", DefaultMethod: "pm_visa"})
	o.stripe.AddMethod(sandbox.StripeMethod{ID: "pm_visa", Customer: o.customer, AllowRedisplay: "always"})
	return o
}

// onRequest sets what is called with every request to Stripe from now on; kvitt may be asking meanwhile.
func (o *office) onRequest(fn func(*http.Request)) { o.arrives.Store(&fn) }

// shortFolder is a temporary folder in which the path of a unix socket is not too long.
func shortFolder(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "kvitt-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	return folder
}

// settings are what an operator would set; later ones win.
func (o *office) settings(more ...string) []string {
	return append([]string{
		"SLACK_BOT_TOKEN=" + o.slack.Config().BotToken, "SLACK_APP_TOKEN=" + o.slack.Config().AppToken, "SLACK_API_URL=" + o.slackURL + "/api/",
		"KVITT_LISTEN=127.0.0.1:0", "KVITT_DATA=" + o.data, "KVITT_BILLING=stripe", "KVITT_ADMINS=" + o.asha + "," + o.bo,
		"KVITT_CHANNELS=" + o.finance, "KVITT_HOURS=00:00-24:00", "KVITT_DAYS=mon-sun", "KVITT_SYNC=@every 1s", "KVITT_SWEEP=@every 1s",
		"STRIPE_API_KEY=sk_test_kvitt", "STRIPE_API_URL=" + o.stripeURL, "KVITT_STRIPE_CUSTOMERS=" + o.customer,
	}, more...)
}

// bill adds an invoice that is due in three days, and returns its id.
func (o *office) bill(number string) string {
	return o.stripe.AddInvoice(sandbox.StripeInvoice{Number: number, Customer: o.customer, Currency: "usd", Total: 120000, Due: time.Now().AddDate(0, 0, 3)})
}

// soon waits until something is so.
func (o *office) soon(what string, atMost time.Duration, ok func() bool) {
	o.t.Helper()
	for began := time.Now(); !ok(); time.Sleep(50 * time.Millisecond) {
		if time.Since(began) > atMost {
			o.t.Fatalf("not within %s: %s; what people see is now:\n%s", atMost, what, o.scene())
		}
	}
}

// places are where people are told of invoices.
func (o *office) places() map[string]string {
	return map[string]string{"#finance": o.finance, "Asha's messages": o.slack.DM(o.asha), "Bo's messages": o.slack.DM(o.bo)}
}

// reminded says whether each place has a card with its controls.
func (o *office) reminded(number string) bool {
	for _, place := range o.places() {
		if _, ok := o.card(place, number); !ok {
			return false
		}
	}
	return true
}

// card is the newest message in a place that is about an invoice and has a Pay now button.
func (o *office) card(place, number string) (sandbox.Element, bool) {
	for _, m := range slices.Backward(o.slack.Messages(place)) {
		if e, ok := m.Find("pay"); ok && strings.Contains(m.Text, number) {
			return e, true
		}
	}
	return sandbox.Element{}, false
}

// saying counts the messages that were ever posted in a place and say something now.
func (o *office) saying(place, words string) int {
	n := 0
	for _, m := range o.slack.Everything(place) {
		if strings.Contains(m.Text, words) {
			n++
		}
	}
	return n
}

// openPay presses Pay now in the person's direct message and returns the modal once it is filled. While nobody answers, a person presses again.
func (o *office) openPay(who, number string) sandbox.View {
	o.t.Helper()
	o.soon("somebody who answers Pay now", 20*time.Second, func() bool {
		button, ok := o.card(o.slack.DM(who), number)
		return ok && o.slack.Press(o.t.Context(), who, button.Spot) == nil
	})
	var top sandbox.View
	o.soon("a modal to submit", 10*time.Second, func() bool {
		if modals := o.slack.Modals(who); len(modals) > 0 {
			top = modals[len(modals)-1]
		}
		return top.Submit != ""
	})
	return top
}

// audited counts what the audit trails of a stopped kvitt say, and verifies every chain.
func (o *office) audited() map[string]int {
	o.t.Helper()
	memory, err := store.OpenFile(o.t.Context(), o.data, store.FileOptions{})
	if err != nil {
		o.t.Fatal(err)
	}
	defer memory.Close()
	return o.trails(memory)
}

// trails counts what the audit trails in a store say, and verifies every chain.
func (o *office) trails(memory store.Backend) map[string]int {
	o.t.Helper()
	count := map[string]int{}
	for key, err := range memory.Chains(o.t.Context()) {
		if err != nil {
			o.t.Fatal(err)
		}
		if _, err := store.Verify(memory.Trail(o.t.Context(), key)); err != nil {
			o.t.Errorf("the audit chain of %v is broken: %v", key, err)
		}
		for entry, err := range memory.Trail(o.t.Context(), key) {
			if err != nil {
				o.t.Fatal(err)
			}
			count[entry.What]++
		}
	}
	return count
}

// scene is everything that people see.
func (o *office) scene() string {
	var b strings.Builder
	for name, place := range o.places() {
		for _, m := range o.slack.Everything(place) {
			fmt.Fprintf(&b, "%s: %s\n", name, m.Text)
		}
	}
	for _, who := range []string{o.asha, o.bo} {
		for _, v := range o.slack.Modals(who) {
			fmt.Fprintf(&b, "modal: %s [%s]\n", v.Words(), v.Submit)
		}
	}
	return b.String()
}
