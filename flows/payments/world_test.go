package payments

import (
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"kvitt/flows"
	"kvitt/sandbox"
	"kvitt/store"
	"kvitt/store/storetest"
)

const (
	team     = "T0FJORD"
	asha     = "U0ASHA"
	bo       = "U0BO"
	finance  = "C0FINANCE"
	customer = "cus_fjord"
	secret   = "8f742231b10e8888abcd99yyyzzz85a5"
	whsec    = "whsec_sim"

	day    = 24 * time.Hour
	begins = 6 * day  // In which the payments begin.
	ends   = 13 * day // When all of them have come to their end.
)

// world is one batch of payments: the far ends, which outlive every crash, two replicas, and what a seed lets happen to them.
type world struct {
	seed     uint64
	noGuard  bool
	stripe   *sandbox.Stripe
	gate     *gate
	slack    *slack
	store    *failover
	clocks   *clocks
	replicas [2]*replica
	bills    []*bill
	byID     map[string]*bill

	mu     sync.Mutex
	counts counts
	lines  []line
	broken []line
	calls  int            // Of the store, so far.
	people sync.WaitGroup // Who are doing something.
}

// bill is one invoice, and what is to happen to its payment.
type bill struct {
	id       string // At Stripe.
	number   string
	at       time.Duration // When somebody first wants to pay it.
	trouble  string        // What goes wrong on the way.
	memory   string        // What the store and the clocks do.
	course   string        // How the bank and the payer behave.
	forgot   bool          // The store has forgotten it once, or is about to.
	lost     bool          // Something that was noted of it is forgotten.
	astray   bool          // A clock was set wrong for it.
	writes   int           // Of its record, so far.
	answered bool          // One of them noted the answer to the payer.
	unpaid   atomic.Bool   // Who submitted last was told that nothing was paid.
}

func newWorld(seed uint64, noGuard bool) *world {
	return &world{seed: seed, noGuard: noGuard, counts: counts{}, byID: map[string]*bill{}, clocks: &clocks{steps: map[string][]step{}}}
}

func (w *world) gateway() string {
	if w.noGuard {
		return "no_guard"
	}
	return "faithful"
}

// live lets all of it happen, and looks at the end whether everything came right.
func (w *world) live(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w.stripe = sandbox.NewStripe(sandbox.StripeConfig{NoGuardButTheKey: w.noGuard, OnCharge: w.charged})
		w.gate, w.slack, w.store = newGate(w), newSlack(w), newFailover(storetest.Memory(w.clocks.of(storeClock)))
		w.fill()
		w.stripe.SendTo(sandbox.StripeHook{URL: "http://kvitt/stripe/webhook", Secrets: []string{"whsec_old", whsec}, Client: &http.Client{Transport: hook{w}}, Pace: w.pace})
		for i := range w.replicas {
			w.replicas[i] = &replica{w: w, nth: i}
			w.replicas[i].start()
		}
		for _, b := range w.bills {
			w.people.Go(func() {
				time.Sleep(b.at)
				w.pursue(b)
			})
		}
		time.Sleep(ends)
		w.people.Wait()
		w.judge()
		for _, r := range w.replicas {
			r.leave()
		}
		w.stripe.Wait()
		w.store.late.Wait()
		w.gate.flying.Wait()
	})
}

// fill makes the invoices and the cards, and deals what is to happen.
func (w *world) fill() {
	w.stripe.AddCustomer(sandbox.StripeCustomer{ID: customer, DefaultMethod: "pm_visa"})
	w.stripe.AddMethod(sandbox.StripeMethod{ID: "pm_visa", Customer: customer})
	w.stripe.AddMethod(sandbox.StripeMethod{ID: "pm_poor", Customer: customer, Decline: "insufficient_funds"})
	w.stripe.AddMethod(sandbox.StripeMethod{ID: "pm_asks", Customer: customer, Decline: "authentication_required"})
	w.stripe.AddMethod(sandbox.StripeMethod{ID: "pm_waits", Customer: customer, Decline: "requires_action"})
	w.stripe.AddMethod(sandbox.StripeMethod{ID: "pm_sepa", Customer: customer, Type: "sepa_debit", Last4: "3000"})
	rng := rand.New(rand.NewPCG(w.seed, 7))
	wrong, ways, remembers := deal(rng, deck), deal(rng, courses), deal(rng, memory)
	if w.seed%rare == 1 {
		wrong[slices.Index(wrong, smooth)] = brokenBefore
	}
	for i := range batch {
		b := &bill{number: fmt.Sprintf("P%03d", i), trouble: wrong[i], course: ways[i], memory: remembers[i], at: time.Minute + time.Duration(rng.Int64N(int64(begins)))}
		if b.memory == rewound && b.trouble == smooth {
			b.trouble = slowBefore
		}
		b.id = w.stripe.AddInvoice(sandbox.StripeInvoice{Number: b.number, Customer: customer, Currency: "eur", Total: 1000 + rng.Int64N(100000)})
		w.bills, w.byID[b.id] = append(w.bills, b), b
		w.note(b.number, "%s; on the way: %s; %s", b.course, b.trouble, b.memory)
	}
}

// deal shuffles a deck, given as how many of each.
func deal(rng *rand.Rand, many map[string]int) []string {
	var cards []string
	for _, name := range slices.Sorted(maps.Keys(many)) {
		for range many[name] {
			cards = append(cards, name)
		}
	}
	if len(cards) != batch {
		panic(fmt.Sprintf("a deck of %d cards for %d invoices", len(cards), batch))
	}
	rng.Shuffle(len(cards), func(i, j int) { cards[i], cards[j] = cards[j], cards[i] })
	return cards
}

// dice is a number from 0 to 99 that depends on the seed and the words, and on nothing else: not on who came first.
func (w *world) dice(words ...any) int {
	h := fnv.New64a()
	fmt.Fprint(h, w.seed)
	for _, word := range words {
		fmt.Fprint(h, "\x00", word)
	}
	x := h.Sum64()
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	return int(x % 100)
}

// met counts something that really happened.
func (w *world) met(what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.counts[what]++
}

func (w *world) note(invoice, text string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lines = append(w.lines, line{time.Now(), invoice, fmt.Sprintf(text, args...)})
}

// violate notes a broken promise.
func (w *world) violate(invoice, text string, args ...any) {
	w.note(invoice, "*** "+text, args...)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.broken = append(w.broken, line{time.Now(), invoice, fmt.Sprintf(text, args...)})
}

// record is what Kvitt knows of an invoice; the zero Record when it does not know it.
func (w *world) record(b *bill) flows.Record {
	rec, _ := store.Of[flows.Record](w.store.mem(), team, flows.KindInvoice).Load(bubble, "stripe:"+b.id)
	return rec
}

// counts is how often what happened.
type counts map[string]int

// table is all of it, for people.
func (c counts) table() string {
	var b strings.Builder
	for _, what := range slices.Sorted(maps.Keys(c)) {
		fmt.Fprintf(&b, "  %8d  %s\n", c[what], what)
	}
	return b.String()
}
