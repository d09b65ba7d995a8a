package main

import (
	"cmp"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

var report = flag.String("report", "", "write what TestChaos did to this file")

// enough is from how many kills on every step and every fault must have come.
const enough = 1000

// toll is what all worlds have in common.
type toll struct {
	mu     sync.Mutex
	began  time.Time
	worlds []*chaos
}

func (a *toll) add(w *chaos) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.worlds = append(a.worlds, w)
}

// counts sums up one kind of counts, by store where that is asked for.
func (a *toll) counts(of func(*chaos) map[string]int, store string) map[string]int {
	sum := map[string]int{}
	for _, w := range a.worlds {
		if store != "" && w.store != store {
			continue
		}
		for what, n := range of(w) {
			sum[what] += n
		}
	}
	return sum
}

func ends(w *chaos) map[string]int { return w.dead }

// mustHappen is what goes wrong besides kills, each of which must be met.
var mustHappen = []string{twoAtOnce, authenticate, "a card that was declined, or asked for the person", "connection cut: pay", "connection cut: chat.postMessage",
	"a request lost with its sender", "a request that outlived its sender", "a submission without an answer", "a click that Slack sends twice",
	"a webhook", killOfRedis}

// missing is what never came.
func (a *toll) missing() (never []string) {
	for _, store := range kinds {
		kills := a.counts(ends, store)
		for _, s := range steps {
			if (s.stores == nil || slices.Contains(s.stores, store)) && kills[s.name] == 0 && s.name != killOfRedis {
				never = append(never, store+": "+s.name)
			}
		}
	}
	met := a.counts(func(w *chaos) map[string]int { return w.met }, "")
	for _, what := range mustHappen {
		if met[what] == 0 {
			never = append(never, what)
		}
	}
	return never
}

// tables is the report's numbers, in Markdown.
func (a *toll) tables() string {
	var out strings.Builder
	a.tableOfSteps(&out)
	tableOf(&out, "what else went wrong", a.counts(func(w *chaos) map[string]int { return w.met }, ""))
	fmt.Fprint(&out, "\n| promise | looked at | broken |\n|---|---|---|\n")
	checks, broken := a.counts(func(w *chaos) map[string]int { return w.checks }, ""), a.counts((*chaos).breaches, "")
	for _, promise := range slices.Sorted(maps.Keys(checks)) {
		fmt.Fprintf(&out, "| %s | %d | %d |\n", promise, checks[promise], broken[promise])
	}
	fmt.Fprint(&out, "\n| world | invoices | kills | all was said after the last one | lasted |\n|---|---|---|---|---|\n")
	slices.SortFunc(a.worlds, func(v, w *chaos) int { return cmp.Compare(v.seed, w.seed) })
	for _, w := range a.worlds {
		fmt.Fprintf(&out, "| %s | %d | %d | %s | %s |\n", w.plan, len(w.bills), w.plan.kills, w.calmTook.Round(time.Second), w.took.Round(time.Second))
	}
	return out.String()
}

var kinds = []string{onFile, onRedis, onReplicas}

// tableOfSteps says who was killed when, by store.
func (a *toll) tableOfSteps(out *strings.Builder) {
	fmt.Fprintf(out, "| kvitt was killed | %s |\n|---|---|---|---|\n", strings.Join(kinds, " | "))
	sums := map[string]int{}
	for _, s := range steps {
		if s.name == killOfRedis {
			continue
		}
		fmt.Fprintf(out, "| %s |", s.name)
		for _, kind := range kinds {
			cell := "–"
			if n := a.counts(ends, kind)[s.name]; s.stores == nil || slices.Contains(s.stores, kind) {
				cell = fmt.Sprint(n)
				if s.name != askedToStop {
					sums[kind] += n
				}
			}
			fmt.Fprintf(out, " %s |", cell)
		}
		fmt.Fprintln(out)
	}
	fmt.Fprintf(out, "| **kill -9 in all** | **%d** | **%d** | **%d** |\n", sums[onFile], sums[onRedis], sums[onReplicas])
}

func tableOf(out *strings.Builder, what string, counts map[string]int) {
	fmt.Fprintf(out, "\n| %s | times |\n|---|---|\n", what)
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(out, "| %s | %d |\n", name, counts[name])
	}
}

// breaches counts what was broken.
func (w *chaos) breaches() map[string]int {
	n := map[string]int{}
	for _, l := range w.broken {
		promise, _, _ := strings.Cut(l.text, ": ")
		n[promise]++
	}
	return n
}

// write keeps the report.
func (a *toll) write(file string) error {
	if file == "" {
		return nil
	}
	head := fmt.Sprintf("# The kill test\n\nThe real `kvitt serve` in processes of its own, a pretend Slack and a pretend Stripe that outlive it and record every truth, the embedded file "+
		"and a real redis-server (append-only, `appendfsync always`). Made by\n\n    make chaos KILLS=%d SEED=%d\n\nin %s.\n\n", *kills, *seed, time.Since(a.began).Round(time.Second))
	return os.WriteFile(file, []byte(head+a.tables()), 0o644)
}
