package main

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kvitt/sandbox"
	"kvitt/store/redistest"
)

// reminding starts a serve, and waits until everybody was reminded of INV-1.
func (o *office) reminding(more ...string) *process {
	o.t.Helper()
	p := start(o.t, o.settings(more...), "serve")
	o.soon("a reminder in every place", 30*time.Second, func() bool { return o.reminded("INV-1") })
	return p
}

// leaves asks it to stop, which it does in time.
func (o *office) leaves(p *process) {
	o.t.Helper()
	if code, took := p.stop(); code != well || took > 10*time.Second {
		o.t.Errorf("asked to stop, it exited with %d after %s; want 0 within 10 s", code, took)
	}
}

// leftNothing looks whether the invoice was paid and everybody told before it left.
func (o *office) leftNothing(invoice string) {
	o.t.Helper()
	if n := len(o.stripe.Charges(invoice)); n != 1 {
		o.t.Errorf("money moved %d times, want once", n)
	}
	if !o.settled("INV-1") {
		o.t.Error("it left without saying that it was paid")
	}
}

func TestAskedToStopItFinishesThePaymentInHand(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	invoice := o.bill("INV-1")
	p := o.reminding()
	asked := make(chan struct{}, 9)
	o.onRequest(func(r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/pay") {
			asked <- struct{}{}
			time.Sleep(2 * time.Second)
		}
	})
	o.submit(o.asha, "INV-1")
	<-asked
	o.leaves(p)
	if n := len(o.stripe.Charges(invoice)); n != 1 {
		t.Errorf("money moved %d times, want once", n)
	}
	again := start(t, o.settings(), "serve")
	o.soon("everything said", 30*time.Second, func() bool { return o.settled("INV-1") })
	o.provesOnce(again, invoice)
}

func TestAskedToStopRightAfterASubmissionWasAnsweredItPays(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	invoice := o.bill("INV-1")
	p := o.reminding()
	o.submit(o.asha, "INV-1")
	o.leaves(p)
	o.leftNothing(invoice)
}

// Slack takes its time to say who submits, so the stop comes while the submission still waits for its answer.
func TestAskedToStopWhileASubmissionIsBeingAnsweredItPays(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	invoice := o.bill("INV-1")
	p := o.reminding()
	view := o.openPay(o.asha, "INV-1")
	clear := o.slack.Fail(sandbox.Fault{Method: "users.info", Kind: sandbox.Slow, Latency: 1500 * time.Millisecond})
	defer clear()
	answered := make(chan error, 1)
	go func() { answered <- o.slack.Submit(t.Context(), o.asha, view.ID) }()
	time.Sleep(500 * time.Millisecond) // It has come in, and Slack has not said yet who submits.
	if len(answered) > 0 {
		t.Fatal("it was answered before the stop")
	}
	o.leaves(p)
	if err := <-answered; err != nil {
		t.Errorf("the person who pays saw: %v", err)
	}
	o.leftNothing(invoice)
}

// Stripe hangs while it is asked whether the invoice is still as it was shown: nothing was sent when the time of the stop is over.
func TestWhatAStopCutsOffBeforeAnythingWasSentIsPaidByTheNextStart(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	invoice := o.bill("INV-1")
	o.cutOff(invoice, 1, time.Minute)
	o.provesUnasked(invoice, 0)
	again := start(t, o.settings(), "serve")
	o.soon("everything said", 30*time.Second, func() bool { return o.settled("INV-1") })
	o.provesOnce(again, invoice)
}

// The attempt was noted as sent, and then nothing was sent. Whoever may not pay any more by the next start leaves nothing that is unknown.
func TestWhatAStopCutsOffOnTheVeryWayToStripeIsNoPaymentOfWhichNobodyKnows(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	invoice := o.bill("INV-1")
	o.cutOff(invoice, 4, 4*time.Second) // Later, the last questions would have their own end before the stop has.
	o.provesUnasked(invoice, 1)
	p := start(t, o.settings("KVITT_ADMINS="+o.bo), "serve")
	o.soon("told that nothing was paid", 30*time.Second, func() bool { return o.saying(o.slack.DM(o.asha), "Nothing was paid") == 1 })
	if n := o.saying(o.slack.DM(o.asha), "could not be confirmed"); n > 0 {
		t.Errorf("Asha was told %d times that nobody knows", n)
	}
	o.submit(o.bo, "INV-1")
	o.soon("Bo's payment", 30*time.Second, func() bool { return o.saying(o.finance, "Paid: ") == 1 })
	if code, _ := p.stop(); code != well || len(o.stripe.Charges(invoice)) != 1 {
		t.Errorf("it exited with %d after %d charges", code, len(o.stripe.Charges(invoice)))
	}
}

// cutOff has Asha pay and stops Kvitt as it asks its first question about the invoice. Stripe answers that one only after a while, and never from the
// nth on.
func (o *office) cutOff(invoice string, nth int32, after time.Duration) {
	o.t.Helper()
	p := o.reminding("KVITT_SYNC=@every 10m")
	view := o.openPay(o.asha, "INV-1")
	asked := make(chan struct{}, 9)
	var questions atomic.Int32
	o.onRequest(func(r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/invoices/"+invoice) {
			return
		}
		switch n := questions.Add(1); {
		case n >= nth:
			asked <- struct{}{}
			<-r.Context().Done()
		case n == 1:
			asked <- struct{}{}
			time.Sleep(after)
		}
	})
	must(o.t, o.slack.Submit(o.t.Context(), o.asha, view.ID))
	<-asked
	o.leaves(p)
	o.onRequest(func(*http.Request) {})
}

// provesUnasked looks at what a stop has left: nothing was sent, however often that was about to be, and nothing was said of it.
func (o *office) provesUnasked(invoice string, sent int) {
	o.t.Helper()
	audit := o.audited()
	if audit["pay sent"] != sent || audit["pay not sent"] != sent || audit["not paid"] > 0 {
		o.t.Errorf("the audit trail says %v, want pay sent and pay not sent %d times", audit, sent)
	}
	if n := o.saying(o.slack.DM(o.asha), "Nothing was paid"); n > 0 || len(o.stripe.Charges(invoice)) > 0 {
		o.t.Errorf("Asha was told %d times that nothing was paid, of %d charges", n, len(o.stripe.Charges(invoice)))
	}
}

func TestAskedToStopBeforeItsStoreAnswersItEndsWell(t *testing.T) {
	t.Parallel()
	o, frozen := newOffice(t), redistest.Start(t)
	frozen.Stop()
	t.Cleanup(frozen.Continue)
	reached := make(chan struct{})
	seen := sync.OnceFunc(func() { close(reached) })
	door := redistest.StartProxyUnder(t, frozen, func([]byte) (bool, func() bool) {
		seen()
		return true, nil
	})
	p := start(t, o.settings("REDIS_URL="+door.URL()), "serve")
	<-reached
	o.leaves(p)
}

func TestItAnswersProbesWhileItWaitsForItsStore(t *testing.T) {
	t.Parallel()
	o, frozen := newOffice(t), redistest.Start(t)
	o.bill("INV-1")
	frozen.Stop()
	t.Cleanup(frozen.Continue)
	p := start(t, o.settings("REDIS_URL="+frozen.URL()), "serve")
	o.ready(p, http.StatusServiceUnavailable, `{"billing":{},"slack":"waiting","store":"waiting"}`)
	if resp, err := http.Get(p.address() + "/healthz"); err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("healthz without a store: %v %v", resp, err)
	}
	frozen.Continue()
	o.ready(p, http.StatusOK, `{"billing":{"stripe":"ok"},"slack":"ok","store":"ok"}`)
}
