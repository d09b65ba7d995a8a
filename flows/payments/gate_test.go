package payments

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"kvitt/sandbox"
)

var (
	bubble  = context.Background()
	errLine = errors.New("the connection was cut")
)

// gate is the way to the gateway. It makes trouble, and sees every request to pay as the gateway does: when it begins to be worked on and when that is
// over, whoever still waits for the answer.
type gate struct {
	w      *world
	next   http.RoundTripper
	flying sync.WaitGroup

	mu    sync.Mutex
	tries map[string]int            // Requests to pay, by invoice.
	reads int                       // Of everything else.
	open  map[string]map[string]int // Requests at work, by invoice and key.
	sends map[string]*life          // Who asked last, by invoice.
}

func newGate(w *world) *gate {
	return &gate{w: w, next: w.stripe.Transport(), tries: map[string]int{}, open: map[string]map[string]int{}, sends: map[string]*life{}}
}

// faults are what the pretend Stripe does itself, by their names in the deck.
var faults = map[string]sandbox.StripeFault{
	cutBefore: {Kind: sandbox.StripeCutBefore}, cutAfter: {Kind: sandbox.StripeCutAfter}, brokenBefore: {Kind: sandbox.StripeBroken500Before},
	brokenAfter: {Kind: sandbox.StripeBroken500After}, rateLimit: {Kind: sandbox.StripeRateLimit}, lockTimeout: {Kind: sandbox.StripeLockTimeout},
	slowBefore: {Kind: sandbox.StripeSlowBefore, Delay: 40 * time.Second}, slowAfter: {Kind: sandbox.StripeSlowAfter, Delay: 40 * time.Second},
	notStripe: {Kind: sandbox.StripeNotStripe},
}

// pass carries a request of one life of a replica.
func (g *gate) pass(l *life, r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	time.Sleep(80 * time.Millisecond)
	if l.dead.Load() {
		return nil, errDead
	}
	path, pays := strings.CutSuffix(r.URL.Path, "/pay")
	if !pays {
		return g.read(r)
	}
	return g.pay(l, r, body, g.w.byID[path[strings.LastIndex(path, "/")+1:]])
}

// read is a request that moves nothing; now and then it gets no answer, or no good one.
func (g *gate) read(r *http.Request) (*http.Response, error) {
	g.mu.Lock()
	g.reads++
	n := g.reads
	g.mu.Unlock()
	switch roll := g.w.dice("read", n); {
	case roll == 0:
		g.w.met(readCut)
		return nil, errLine
	case roll == 1:
		g.w.met(readBroken)
		return refusal(http.StatusInternalServerError, `{"error":{"type":"api_error","message":"An unknown error occurred"}}`), nil
	case roll == 2:
		g.w.met(readLimit)
		return refusal(http.StatusTooManyRequests, `{"error":{"type":"invalid_request_error","code":"rate_limit","message":"Too many requests"}}`), nil
	}
	return g.next.RoundTrip(r)
}

func refusal(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body))}
}

// pay is a request that may move money. The gateway works on it to its end, whoever leaves.
func (g *gate) pay(l *life, r *http.Request, body []byte, b *bill) (*http.Response, error) {
	key := r.Header.Get("Idempotency-Key")
	g.mu.Lock()
	g.tries[b.id]++
	first := g.tries[b.id] == g.w.struck(b)
	g.sends[b.id] = l
	g.mu.Unlock()
	g.w.note(b.number, "replica %d asks to pay with %s", l.nth, key)
	g.w.secondKey(b, key)
	g.w.astray(b, l.nth, true)
	if fault, is := faults[b.trouble]; is && first {
		fault.Op, fault.Times = r.URL.Path, 1
		g.w.stripe.Fail(fault)
		g.w.met(b.trouble)
	}
	if b.trouble == killedAsking && first {
		g.w.met(killedAsking)
		l.kill("as the charge was asked for")
		if g.w.dice("arrives", b.id) < 50 {
			return nil, errDead // The request never left.
		}
	}
	g.at(b.id, key, 1)
	type answer struct {
		resp *http.Response
		err  error
	}
	done := make(chan answer, 1)
	inner := r.Clone(context.WithoutCancel(r.Context()))
	inner.Body = io.NopCloser(bytes.NewReader(body))
	g.flying.Go(func() {
		resp, err := g.next.RoundTrip(inner)
		g.at(b.id, key, -1)
		done <- answer{resp, err}
	})
	select {
	case <-r.Context().Done():
		return nil, r.Context().Err()
	case a := <-done:
		if a.err == nil {
			g.w.note(b.number, "the gateway answers %d", a.resp.StatusCode)
		}
		return a.resp, a.err
	}
}

// struck is which request to pay meets the trouble of an invoice: the first, or that with the card that is taken after another was declined.
func (w *world) struck(b *bill) int {
	if b.course == declined && w.dice("struck", b.id) < 50 {
		return 2
	}
	return 1
}

func (g *gate) at(invoice, key string, more int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open[invoice] == nil {
		g.open[invoice] = map[string]int{}
	}
	g.open[invoice][key] += more
}

// secondKey looks, when somebody asks to pay with a key, whether another key's charge stands, is on its way, or may still be made.
func (w *world) secondKey(b *bill, key string) {
	for _, c := range w.stripe.Charges(b.id) {
		if c.Key != key && c.Status != "failed" {
			w.violate(b.number, "asked to pay with %s while the charge by %q is %s", key, c.Key, c.Status)
		}
	}
	w.gate.mu.Lock()
	defer w.gate.mu.Unlock()
	for other, n := range w.gate.open[b.id] {
		if other != key && n > 0 {
			w.violate(b.number, "asked to pay with %s while a request with %s is at work", key, other)
		}
	}
}

// charged sees money move, before anybody is answered: the moment at which a crash hurts most.
func (w *world) charged(c sandbox.StripeCharge) {
	b := w.byID[c.Invoice]
	w.met("charges")
	w.note(b.number, "charged %d with %q, %s", c.Amount, c.Key, c.Status)
	stand := 0
	for _, charge := range w.stripe.Charges(c.Invoice) {
		if charge.Status != "failed" {
			stand++
		}
	}
	if stand > 1 {
		w.violate(b.number, "charged %d times", stand)
	}
	if b.unpaid.Load() {
		w.violate(b.number, "charged although the payer was told that nothing was paid")
	}
	w.gate.mu.Lock()
	l := w.gate.sends[c.Invoice]
	w.gate.mu.Unlock()
	switch {
	case b.memory == forgetCharged:
		w.store.forget(w, forgetCharged)
	case b.memory == rewound && w.dice("rewound", b.id) < 50:
		w.store.rewind(w, b)
	}
	if b.trouble == killedCharged && l != nil && !l.dead.Load() {
		w.met(killedCharged)
		l.kill("as the charge was made")
	}
}
