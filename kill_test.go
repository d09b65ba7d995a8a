package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"kvitt/sandbox"
)

// moments are those at which a kill -9 hurts: something has just happened at a far end, and nobody was told.
var moments = []struct {
	name string
	trap func(o *office, kill func())
}{
	{"as the charge is asked for", func(o *office, kill func()) {
		o.onRequest(func(r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/pay") {
				kill()
			}
		})
	}},
	{"as the charge got lost", func(o *office, kill func()) {
		o.stripe.Fail(sandbox.StripeFault{Op: "/pay", Kind: sandbox.StripeCutBefore, Times: 1})
		o.onRequest(func(r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/pay") {
				kill()
			}
		})
	}},
	{"as the charge was made", func(o *office, kill func()) { o.charged.Store(&kill) }},
	{"as a reminder was posted", onApply("chat.postMessage", "Invoice INV-1")},
	{"as a payment in progress was shown", onApply("chat.update", "Payment in progress")},
	{"as a confirmation was posted", onApply("chat.postMessage", "Paid: ")},
	{"as a card was marked paid", onApply("chat.update", "Paid by")},
}

func onApply(method, words string) func(*office, func()) {
	return func(o *office, kill func()) {
		o.slack.OnApply(func(applied string, args sandbox.Args) {
			if applied == method && strings.Contains(args["text"], words) {
				kill()
			}
		})
	}
}

func TestKilledAtAnyMomentItPaysOnceAndSaysEverythingOnce(t *testing.T) {
	for _, moment := range moments {
		t.Run(moment.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			invoice := o.bill("INV-1")
			alive := make(chan *process, 1)
			restarted := make(chan time.Time, 1)
			moment.trap(o, sync.OnceFunc(func() {
				p := <-alive
				p.kill()
				alive <- start(t, o.settings(), "serve")
				restarted <- time.Now()
			}))
			alive <- start(t, o.settings(), "serve")
			o.soon("a reminder in every place", 30*time.Second, func() bool { return o.reminded("INV-1") })
			o.submit(o.asha, "INV-1")
			o.soon("its death", 10*time.Second, func() bool { return len(restarted) > 0 })
			began := <-restarted
			o.soon("everything said", 30*time.Second-time.Since(began), func() bool { return o.settled("INV-1") })
			t.Logf("recovered %s after its next start", time.Since(began).Round(100*time.Millisecond))
			o.provesOnce(<-alive, invoice)
		})
	}
}

// submit presses Pay now and submits. When the answer is lost with the one who was to give it, the person sees that something went wrong.
func (o *office) submit(who, number string) {
	o.t.Helper()
	if err := o.slack.Submit(o.t.Context(), who, o.openPay(who, number).ID); err != nil {
		o.t.Logf("the person who pays saw: %v", err)
	}
}

// settled says whether every card says Paid and every confirmation was given.
func (o *office) settled(number string) bool {
	for _, place := range o.places() {
		if o.saying(place, "Paid by Asha") == 0 {
			return false
		}
		if _, payable := o.card(place, number); payable {
			return false
		}
	}
	return o.saying(o.finance, "Paid: ") > 0 && o.saying(o.slack.DM(o.asha), "Paid: ") > 0
}

// provesOnce lets it sweep a few times more, stops it, and counts.
func (o *office) provesOnce(p *process, invoice string) {
	o.t.Helper()
	time.Sleep(2500 * time.Millisecond)
	o.leaves(p)
	if charges := o.stripe.Charges(invoice); len(charges) != 1 {
		o.t.Errorf("money moved %d times: %+v", len(charges), charges)
	}
	for place, want := range map[string]int{o.finance: 2, o.slack.DM(o.asha): 2, o.slack.DM(o.bo): 1} {
		if got := len(o.slack.Everything(place)); got != want {
			o.t.Errorf("%d messages were posted in %s, want %d; people see:\n%s", got, place, want, o.scene())
		}
	}
	audit := o.audited()
	for _, what := range []string{"pay requested", "pay sent", "paid"} {
		if audit[what] != 1 {
			o.t.Errorf("the audit trail says %q %d times, want once: %v", what, audit[what], audit)
		}
	}
}

func TestAnAddressThatIsTakenIsNamed(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	taken := httptest.NewServer(http.NotFoundHandler())
	defer taken.Close()
	p := start(t, o.settings("KVITT_LISTEN="+taken.Listener.Addr().String()), "serve")
	if code := p.wait(10 * time.Second); code != failed || !strings.Contains(p.said(), "cannot listen on "+taken.Listener.Addr().String()) {
		t.Errorf("it exited with %d and said %s", code, p.said())
	}
}

func TestASecondServeOnTheSameFolderIsTurnedAway(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.bill("INV-1")
	first := start(t, o.settings(), "serve")
	o.soon("a reminder in every place", 30*time.Second, func() bool { return o.reminded("INV-1") })
	for _, address := range []string{"KVITT_LISTEN=127.0.0.1:0", "KVITT_LISTEN=" + strings.TrimPrefix(first.address(), "http://")} {
		second := start(t, o.settings(address), "serve")
		if code := second.wait(10 * time.Second); code != failed {
			t.Errorf("with %s the second exited with %d, want %d", address, code, failed)
		}
		if said := second.said(); !strings.Contains(said, "another kvitt serve already works on "+o.data) {
			t.Errorf("with %s the second said: %s", address, said)
		}
	}
	if code, _ := first.stop(); code != well {
		t.Errorf("the first exited with %d, want %d: it was not to be disturbed", code, well)
	}
}
