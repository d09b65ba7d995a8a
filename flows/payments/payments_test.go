// Package payments makes payments, ten thousand if asked to, in bubble time: two replicas of the real flows and bot, the real adapter for Stripe
// and a pretend Stripe behind it, while requests and answers are lost, replicas are killed, the store forgets, events come twice, late or never, and
// cards are declined, ask to be authenticated, or clear a day later and bounce. It does so twice: at a faithful Stripe, and at a gateway that charges once
// for every new idempotency key, also on a paid invoice, so that nothing but Kvitt keeps anybody from paying twice.
//
// It promises to notice a second charge, a second key while a charge stands or is on its way, a charge after "Nothing was paid", a confirmation without a charge, and a charge that is
// never confirmed; to say how often each fault was really met; and that a seed brings the same people, cards and faults again. It is tests only: nothing of
// the product may come to lean on it.
package payments

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

var (
	payments = flag.Int("payments", usualPayments, "how many payments TestPayments makes, at each of the two gateways")
	report   = flag.String("report", "", "a Markdown file that TestPayments writes what was met to")
	seed     = flag.Int("seed", usualSeed, "the seed of the first hundred of them; the next hundred has the next one")
)

// enough is from how many payments on each trouble must have been met.
const enough = rare * batch

// batch is how many invoices one world has: as many as there are cards in the deck of troubles, so that each is dealt.
const batch = 100

func TestPayments(t *testing.T) {
	began, found := time.Now(), ""
	for _, gateway := range []struct {
		name    string
		noGuard bool
	}{{"at a faithful Stripe", false}, {"at a gateway with no guard but the key", true}} {
		t.Run(gateway.name, func(t *testing.T) {
			all, mu := counts{}, sync.Mutex{}
			t.Run("worlds", func(t *testing.T) {
				for n := range (*payments + batch - 1) / batch {
					t.Run(fmt.Sprintf("seed=%d", *seed+n), func(t *testing.T) {
						t.Parallel()
						w := newWorld(uint64(*seed+n), gateway.noGuard)
						w.live(t)
						if story := w.story(); story != "" {
							t.Error(story)
						}
						mu.Lock()
						defer mu.Unlock()
						for what, times := range w.counts {
							all[what] += times
						}
					})
				}
			})
			for _, what := range troubles() {
				if all[what] == 0 && all["payments"] >= enough {
					t.Errorf("never met: %s", what)
				}
			}
			t.Logf("seeds %d to %d, what was met:\n%s", *seed, *seed+(*payments+batch-1)/batch-1, all.table())
			found += fmt.Sprintf("\n## %s\n\n```\n%s```\n", strings.ToUpper(gateway.name[:1])+gateway.name[1:], all.table())
		})
	}
	if *report != "" {
		if err := os.WriteFile(*report, []byte(page(found, time.Since(began), t.Failed())), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// page is a report for people.
func page(found string, took time.Duration, broken bool) string {
	verdict := "No promise was broken."
	if broken {
		verdict = "**Promises were broken.**"
	}
	return fmt.Sprintf("# %d payments at each of two gateways\n\nMade by `make payments PAYMENTS=%d SEED=%d` in %s. %s\n\n"+
		"The numbers say how often each fault was really met (none at all would be a failure). Judged after each: never a second charge, never a second key while a charge stands or is on its way, "+
		"never a confirmation without a charge, every charge confirmed once. [Every promise and its other proofs](../promises.md).\n%s", *payments, *payments, *seed, took.Round(time.Second), verdict, found)
}

// story is what was broken, what happened to the invoices that it is about, and how to see it again.
func (w *world) story() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.broken) == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d promises were broken:\n", len(w.broken))
	about := map[string]bool{"": true}
	for _, broken := range w.broken[:min(len(w.broken), 8)] {
		fmt.Fprintf(&b, "  %s\n", broken)
		about[broken.invoice] = true
	}
	lines := 0
	for _, l := range w.lines {
		if about[l.invoice] {
			if lines++; lines <= 300 {
				fmt.Fprintf(&b, "  %s\n", l)
			}
		}
	}
	fmt.Fprintf(&b, "run it again with: go test ./flows/payments -run '^TestPayments$/%s' -payments %d -seed %d -v\n", w.gateway(), batch, w.seed)
	return b.String()
}

// line is one thing that happened; to no invoice in particular, if none is named.
type line struct {
	at            time.Time
	invoice, text string
}

func (l line) String() string {
	return fmt.Sprintf("%s  %-6s  %s", l.at.Format("Jan 02 15:04:05.000"), l.invoice, l.text)
}
