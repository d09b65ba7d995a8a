// Package year lives whole years of Kvitt in bubble time: 300 invoices, five billing admins in four zones, three finance channels and two or more replicas
// of the real flows and bot over one store, while Slack, the billing service and the store fail, replicas crash, and people pay, decline, put off, leave
// and move. After every day it looks whether each promise was kept.
//
// It promises that a seed is a year: the same one again brings the same things said to the same people, and a broken promise is told as a story with
// the command that runs it again. Its far ends are as small as they can be, to live a year in a few seconds; whether Kvitt speaks Slack rightly is
// proven elsewhere, against the sandbox. It is tests only: nothing of the product may come to lean on it.
package year

import (
	"flag"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"
)

var (
	oneSeed  = flag.Int("seed", -1, "the one year that TestAYear lives; its log goes to standard error")
	seeds    = flag.Int("seeds", usualSeeds, "how many years TestAYear lives")
	invoices = flag.Int("invoices", usualInvoices, "how many invoices come in a year")
	report   = flag.String("report", "", "a Markdown file that TestAYear writes what happened to")
	replicas = flag.Int("replicas", 2, "how many replicas of the bot share the work, from 2 on")
)

// enoughForAll is how many invoices meet every fault.
const enoughForAll = 3000

// TestAYear fails with a story.
func TestAYear(t *testing.T) {
	all, mu, start, lived, broken := newCounts(), sync.Mutex{}, time.Now(), 0, false
	first, years := 0, *seeds
	if *oneSeed >= 0 {
		first, years = *oneSeed, 1
	}
	t.Run("seeds", func(t *testing.T) {
		for seed := first; seed < first+years; seed++ {
			t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
				t.Parallel()
				began := time.Now()
				y := aYear(t, seed)
				mu.Lock()
				defer mu.Unlock()
				for k, n := range y.counts.all {
					all.plus(k[0], k[1], n)
				}
				lived, broken = lived+1, broken || t.Failed()
				t.Logf("%.2f s", time.Since(began).Seconds())
				if *report != "" { // After every year, so that whoever cannot wait for the last one has a report, too.
					must(os.WriteFile(*report, []byte(page(all, lived, time.Since(start), broken)), 0o644))
				}
			})
		}
	})
	if never := all.never(); len(never) > 0 && *oneSeed < 0 && *seeds**invoices >= enoughForAll {
		t.Errorf("never met: %q", never)
	}
	t.Logf("what happened:\n%s", all.table())
}

// page is a report for people.
func page(c counts, lived int, took time.Duration, broken bool) string {
	verdict := "No promise was broken."
	if broken {
		verdict = "**Promises were broken.**"
	}
	return fmt.Sprintf("# Simulated years\n\nMade by `make simulate SEEDS=%d INVOICES=%d REPLICAS=%d` in %s; years lived: %d. %s\n\n"+
		"Under *faults met* is how often each one really happened to somebody (none at all would be a failure), under *promises looked at* how often each one was judged. "+
		"[Every promise and its other proofs](../promises.md).\n\n```\n%s```\n", *seeds, *invoices, *replicas, took.Round(time.Second), lived, verdict, c.table())
}

func aYear(t *testing.T, seed int) *year {
	y := newYear(seed, nil)
	if *oneSeed >= 0 {
		y = newYear(seed, os.Stderr)
	}
	y.live(t)
	if story := y.story(); story != "" {
		t.Error(story)
	}
	return y
}
