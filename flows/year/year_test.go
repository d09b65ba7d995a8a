// Package year lives whole years of Kvitt in bubble time: by default 300 invoices, five billing admins in four zones, three finance channels and two replicas
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
	admins   = flag.Int("admins", 5, "how many billing admins are told of every invoice, from 2 to 5")
	channels = flag.Int("channels", 3, "how many finance channels are told of every invoice, from 1 to 3")
	keep     = flag.String("keep", "", "a folder for what happened in each year; a year that this very program has lived already is taken from there")
	replicas = flag.Int("replicas", 2, "how many replicas of the bot share the work, from 2 on")
)

// enoughForAll is how many invoices meet every fault, and in how many years: in each one a far end fails a few times only.
const enoughForAll, enoughYears = 3000, 10

// TestAYear fails with a story.
func TestAYear(t *testing.T) {
	s := &sitting{archive: openArchive(*keep), counts: newCounts()}
	first, years := 0, *seeds
	if *oneSeed >= 0 {
		first, years, s.archive = *oneSeed, 1, ""
	}
	t.Run("seeds", func(t *testing.T) {
		for seed := first; seed < first+years; seed++ {
			t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
				t.Parallel()
				s.year(t, seed)
			})
		}
	})
	if never := s.counts.never(); len(never) > 0 && *oneSeed < 0 && *seeds >= enoughYears && *seeds**invoices >= enoughForAll {
		t.Errorf("never met: %q", never)
	}
	t.Logf("what happened:\n%s", s.counts.table())
}

// sitting is the years of one run of TestAYear, and those of earlier ones that are kept.
type sitting struct {
	archive archive
	mu      sync.Mutex
	counts  counts
	years   int
	took    time.Duration // By all years together.
	broken  bool
}

// year lives one, unless it is in the archive. The report is written after every one, so that whoever cannot wait for the last has one, too.
func (s *sitting) year(t *testing.T, seed int) {
	took, found := s.archive.find(t, seed, s.counts)
	if !found {
		began := time.Now()
		y := aYear(t, seed)
		took = time.Since(began)
		for k, n := range y.counts.all {
			s.counts.plus(k[0], k[1], n)
		}
		if !t.Failed() {
			s.archive.keep(seed, took, y.counts)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.years, s.took, s.broken = s.years+1, s.took+took, s.broken || t.Failed()
	t.Logf("%.2f s; lived before: %t", took.Seconds(), found)
	if *report != "" {
		must(os.WriteFile(*report, []byte(s.page()), 0o644))
	}
}

// page is a report for people.
func (s *sitting) page() string {
	verdict := "No promise was broken."
	if s.broken {
		verdict = "**Promises were broken.**"
	}
	return fmt.Sprintf("# Simulated years\n\nMade by `make simulate SEEDS=%d INVOICES=%d ADMINS=%d CHANNELS=%d REPLICAS=%d`; years lived: %d, in %s on one core each. %s\n\n"+
		"Under *faults met* is how often each one really happened to somebody (none at all would be a failure), under *promises looked at* how often each one was judged. "+
		"[Every promise and its other proofs](../promises.md).\n\n```\n%s```\n", *seeds, *invoices, *admins, *channels, *replicas, s.years, s.took.Round(time.Second), verdict, s.counts.table())
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
