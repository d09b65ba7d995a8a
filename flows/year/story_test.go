package year

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// line is one thing that happened, for the story of a year that broke a promise.
type line struct {
	at          time.Time
	where, text string
	args        []any
}

func (l line) String() string {
	return fmt.Sprintf("%s  %-12s %s", l.at.Format("Mon Jan 02 15:04:05"), l.where, fmt.Sprintf(l.text, l.args...))
}

// tell adds a line to the story. What it says is only put together when somebody reads it.
func (y *year) tell(where, text string, args ...any) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.lines = append(y.lines, line{time.Now(), where, text, args})
}

// violate notes a broken promise; the year ends with the day.
func (y *year) violate(promise, format string, args ...any) {
	broken := promise + ": " + fmt.Sprintf(format, args...)
	y.tell("", "*** %s", broken)
	y.mu.Lock()
	defer y.mu.Unlock()
	y.broken = append(y.broken, broken)
}

// mostLines bounds a story: who wants more runs the seed and looks.
const mostLines = 400

// story is what was broken, what happened on the days before, and how to see it again.
func (y *year) story() string {
	if len(y.broken) == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d broke %d promises:\n", y.seed, len(y.broken))
	about := map[string]bool{}
	for _, broken := range y.broken[:min(len(y.broken), 12)] {
		fmt.Fprintf(&b, "  %s\n", broken)
		for _, word := range strings.FieldsFunc(broken, func(r rune) bool { return strings.ContainsRune(" ,;()[]", r) }) {
			about[strings.TrimPrefix(word, "year:in_")] = strings.HasPrefix(word, "year:in_") || about[word]
		}
	}
	last := y.lines[len(y.lines)-1].at
	kept := slices.DeleteFunc(slices.Clone(y.lines), func(l line) bool {
		return l.at.Before(last.Add(-6*day)) || l.where != "" && !strings.HasPrefix(l.text, "***") && !concerns(l.String(), about)
	})
	fmt.Fprintf(&b, "the days before, as far as they are about that (%s, hours %v, %+v, digests from %d):\n", y.rules.zone, y.rules.hours, y.rules.sched, y.rules.digest)
	for _, l := range kept[max(0, len(kept)-mostLines):] {
		fmt.Fprintf(&b, "  %s\n", l)
	}
	fmt.Fprintf(&b, "run it again with: go test ./flows/year -run '^TestAYear$' -seed %d -invoices %d -admins %d -channels %d -replicas %d -v\n", y.seed, *invoices, *admins, *channels, *replicas)
	return b.String()
}

// concerns says whether a line names one of the invoices, by id or by number.
func concerns(text string, about map[string]bool) bool {
	some := false
	for number, yes := range about {
		if yes {
			some = true
			if strings.Contains(text, "in_"+number) || strings.Contains(text, "QX"+number) {
				return true
			}
		}
	}
	return !some
}

// counts is how often what happened, by heading and name.
type counts struct {
	mu  *sync.Mutex
	all map[[2]string]int
}

func newCounts() counts { return counts{new(sync.Mutex), map[[2]string]int{}} }

func (c counts) add(heading, name string) { c.plus(heading, name, 1) }

func (c counts) plus(heading, name string, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all[[2]string{heading, name}] += n
}

// met notes that a fault really happened to somebody.
func (y *year) met(where, how string) { y.counts.add("faults met", where+": "+how) }

// kept notes that a promise was looked at. One that is broken is told by violate as well.
func (y *year) kept(promise string) { y.counts.add("promises looked at", promise) }

// never lists the faults that a long enough life should have met, and has not.
func (c counts) never() (all []string) {
	for _, fault := range []string{"slack: down", "slack: 429", "slack: 500", "slack: cut before", "slack: cut after", "service: down", "service: slow", "service: disorder",
		"store: down", "store: an answer is lost", "replica: is killed", "replica: leaves",
		"payment: declined", "payment: cut before", "payment: cut after", "payment: debit", "payment: bouncing debit"} {
		if c.all[[2]string{"faults met", fault}] == 0 {
			all = append(all, fault)
		}
	}
	return all
}

// table is all of it, for people.
func (c counts) table() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var b strings.Builder
	keys := slices.SortedFunc(maps.Keys(c.all), func(a, b [2]string) int {
		return cmp.Or(cmp.Compare(a[0], b[0]), -cmp.Compare(c.all[a], c.all[b]), cmp.Compare(a[1], b[1]))
	})
	heading := ""
	for _, k := range keys {
		if k[0] != heading {
			heading = k[0]
			fmt.Fprintf(&b, "%s\n", heading)
		}
		fmt.Fprintf(&b, "  %8d  %s\n", c.all[k], k[1])
	}
	return b.String()
}
