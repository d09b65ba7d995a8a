package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kvitt/sandbox"
	"kvitt/store/redistest"
)

// chaos is an office whose kvitts are killed again and again. Its Stripe has no guard but the key: nothing but Kvitt keeps anybody from paying twice.
type chaos struct {
	*office
	plan
	book
	ctx      context.Context // Ends with the world.
	end      context.CancelFunc
	redis    *redistest.Server // Nil with a file.
	outages  atomic.Int32      // How often redis-server was killed, and how often it came back.
	replicas []*replica
	keepers  sync.WaitGroup
	admins   []string
	names    map[string]string
	hands    map[string]chan struct{} // Whoever holds one acts as that person.
	bills    []*bill
	people   sync.WaitGroup
	chance   *rand.Rand // What the killer leaves to the seed.
	snare    atomic.Pointer[snare]
	seen     atomic.Pointer[map[spot]sandbox.Element]
}

// spot is a card with a Pay now button.
type spot struct{ place, number string }

func newChaos(t *testing.T, p plan) *chaos {
	t.Helper()
	w := &chaos{office: newOffice(t, func(c *sandbox.StripeConfig) { c.NoGuardButTheKey = true }), plan: p, hands: map[string]chan struct{}{}}
	w.ctx, w.end = context.WithCancel(t.Context())
	w.chance = rand.New(rand.NewPCG(p.seed, 0))
	w.seen.Store(&map[spot]sandbox.Element{})
	w.admins = []string{w.asha, w.bo}
	w.names = map[string]string{w.asha: "Asha", w.bo: "Bo"}
	for _, name := range []string{"Cem", "Dina", "Eva"}[:p.people-2] {
		who := w.slack.AddPerson(sandbox.Person{Name: name})
		w.admins, w.names[who] = append(w.admins, who), name
	}
	for _, who := range w.admins {
		w.hands[who] = make(chan struct{}, 1)
	}
	w.slack.SetChannel(w.finance, func(c *sandbox.Channel) { c.Members = append(c.Members, w.admins...) })
	for last4, m := range map[string]sandbox.StripeMethod{"4444": {ID: "pm_mastercard"}, "0002": {ID: "pm_poor", Decline: "insufficient_funds"},
		"3155": {ID: "pm_asks", Decline: "authentication_required"}} {
		m.Customer, m.Last4, m.AllowRedisplay = w.customer, last4, "always"
		w.stripe.AddMethod(m)
	}
	w.slack.OnSend(w.sent)
	w.hire(t)
	w.stripe.SendTo(sandbox.StripeHook{URL: w.serve(w.passOn()), Secrets: []string{hookSecret}, Pace: w.pace})
	t.Cleanup(w.close)
	return w
}

// hookSecret signs the events of the pretend Stripe.
const hookSecret = "whsec_chaos"

// hire makes the replicas, each with doors of its own to the far ends, so that it is known who comes.
func (w *chaos) hire(t *testing.T) {
	n := 1
	if w.store == onReplicas {
		n = 2
	}
	if w.store != onFile {
		w.redis = redistest.Start(t, redistest.AppendOnly...)
	}
	for i := range n {
		r := &replica{w: w, nth: i + 1}
		environ := w.settings("KVITT_ADMINS="+strings.Join(w.admins, ","), "KVITT_DIGEST_FROM=1000", "STRIPE_WEBHOOK_SECRET="+hookSecret,
			"SLACK_API_URL="+w.serve(r.tap(w.slack.Handler()))+"/api/", "STRIPE_API_URL="+w.serve(r.tap(w.stripe.Handler())))
		if w.redis != nil {
			environ = append(environ, "REDIS_URL="+redistest.StartProxyUnder(t, w.redis, r.judge).URL())
		}
		r.environ = environ
		w.replicas = append(w.replicas, r)
	}
}

// serve is a door on a socket of its own.
func (w *chaos) serve(door http.Handler) string {
	server := httptest.NewServer(door)
	w.t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return server.URL
}

// close ends the world, whatever came of it, and waits until nobody moves any more.
func (w *chaos) close() {
	w.end()
	for _, r := range w.replicas {
		r.kill("the end of its world")
	}
	w.keepers.Wait()
	w.people.Wait()
	w.slack.Shutdown()
	w.stripe.Wait()
}

// live is all that happens in a world: kills while people pay, then calm, then a look at what was promised.
func (w *chaos) live() {
	w.began = time.Now()
	for _, r := range w.replicas {
		w.keepers.Go(r.keep)
	}
	w.people.Go(w.watch)
	w.hunt()
	w.calm = time.Now()
	w.settle()
	for _, r := range w.replicas {
		r.ask()
	}
	w.took = time.Since(w.began)
	w.close()
	w.judge()
}

// calmTime is how long the last invoice may take to settle when nobody is killed any more: what was asked about right before the last kill is asked
// about again when its lease has run out, and what every card says is mended at Slack's pace, fifty a minute.
const calmTime = 6 * time.Minute

// settle waits until every invoice is paid and all is said, and a little longer, lest anything be said twice.
func (w *chaos) settle() {
	w.until(calmTime, func() bool {
		for _, b := range w.bills {
			if !w.said(b) {
				return false
			}
		}
		return true
	})
	w.calmTook = time.Since(w.calm)
	time.Sleep(2500 * time.Millisecond)
}

// until waits for something; false when it takes too long, or the world ends.
func (w *chaos) until(atMost time.Duration, ok func() bool) bool {
	for began := time.Now(); time.Since(began) < atMost && w.ctx.Err() == nil; time.Sleep(100 * time.Millisecond) {
		if ok() {
			return true
		}
	}
	return false
}

// everywhere are the places where people are told, by name.
func (w *chaos) everywhere() map[string]string {
	places := map[string]string{"#finance": w.finance}
	for _, who := range w.admins {
		places[w.names[who]] = w.slack.DM(who)
	}
	return places
}

// currencies are those in which the bills come.
var currencies = []string{"usd", "eur", "nok", "jpy", "gbp"}

// issue makes new bills where too few are open, and sends people to pay them.
func (w *chaos) issue() {
	open := 0
	for _, b := range w.bills {
		if !w.paid(b) {
			open++
		}
	}
	for ; open < w.open || len(w.bills) < w.invoices*w.killed()/w.plan.kills; open++ {
		i := len(w.bills)
		b := &bill{number: fmt.Sprintf("INV-%03d", i+1), course: w.courses[(i+int(w.seed))%len(w.courses)]}
		first := w.dice("who", i) % len(w.admins)
		b.payers = []string{w.admins[first], w.admins[(first+1)%len(w.admins)]}
		b.id = w.stripe.AddInvoice(sandbox.StripeInvoice{Number: b.number, Customer: w.customer, Currency: currencies[i%len(currencies)],
			Total: int64(1000 + 700*i), Due: time.Now().AddDate(0, 0, 3)})
		if fault := faults[b.course]; fault != "" {
			w.stripe.Fail(sandbox.StripeFault{Op: "/" + b.id + "/pay", Kind: fault, Times: 1, Delay: 10 * time.Second})
		}
		w.mu.Lock()
		w.bills = append(w.bills, b)
		w.mu.Unlock()
		w.people.Go(func() { w.pursue(b) })
	}
}
