package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"kvitt/sandbox"
)

// book is what is written down about a world while it lives.
type book struct {
	began, calm    time.Time // Since calm nobody is killed any more.
	calmTook, took time.Duration
	early          string // An export from the middle of it all.

	mu     sync.Mutex
	lines  []line
	logs   map[string][]string // What kvitts logged about an invoice, by its id.
	dead   map[string]int      // By step.
	met    map[string]int      // What else went wrong, by its name.
	checks map[string]int      // How often each promise was looked at.
	broken []line
}

// line is one thing that happened; to no invoice in particular, if none is named.
type line struct {
	at            time.Time
	invoice, text string
}

func (b *book) note(invoice, format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lines = append(b.lines, line{time.Now(), invoice, fmt.Sprintf(format, args...)})
}

// count counts an end of a kvitt.
func (b *book) count(step string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.dead == nil {
		b.dead = map[string]int{}
	}
	b.dead[step]++
}

// killed is how many were killed so far.
func (b *book) killed() (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for step, times := range b.dead {
		if step != askedToStop {
			n += times
		}
	}
	return n
}

func (b *book) hit(what string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.met == nil {
		b.met = map[string]int{}
	}
	b.met[what]++
}

// check counts a look at a promise, and writes down what broke it.
func (b *book) check(promise, invoice string, kept bool, format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.checks == nil {
		b.checks = map[string]int{}
	}
	b.checks[promise]++
	if !kept {
		b.broken = append(b.broken, line{time.Now(), invoice, promise + ": " + fmt.Sprintf(format, args...)})
	}
}

// remember keeps what a kvitt logged about invoices.
func (w *chaos) remember(log string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.logs == nil {
		w.logs = map[string][]string{}
	}
	for text := range strings.Lines(log) {
		_, rest, found := strings.Cut(text, `"invoice":"stripe:`)
		if id, _, whole := strings.Cut(rest, `"`); found && whole {
			w.logs[id] = append(w.logs[id], strings.TrimSpace(text))
		}
	}
}

// sofar are the bills that were issued.
func (w *chaos) sofar() []*bill {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.bills)
}

func (w *chaos) find(number string) *bill {
	for _, b := range w.sofar() {
		if b.number == number {
			return b
		}
	}
	return nil
}

// numberOf is the number of the invoice whose id a path holds.
func (w *chaos) numberOf(path string) string {
	for _, b := range w.sofar() {
		if strings.Contains(path, b.id) {
			return b.number
		}
	}
	return ""
}

// story is what was broken, what happened to the invoices that it is about, and how to live it again.
func (w *chaos) story() string {
	if len(w.broken) == 0 {
		return ""
	}
	var out strings.Builder
	fmt.Fprintf(&out, "%d promises were broken:\n", len(w.broken))
	about := map[string]bool{}
	for _, broken := range w.broken[:min(len(w.broken), 12)] {
		fmt.Fprintf(&out, "  %s  %s\n", broken.invoice, broken.text)
		about[broken.invoice] = true
	}
	delete(about, "")
	for _, number := range slices.Sorted(maps.Keys(about))[:min(len(about), 3)] {
		fmt.Fprintf(&out, "what happened to %s:\n", number)
		for _, l := range w.lifeOf(w.find(number)) {
			fmt.Fprintf(&out, "  %s  %s\n", l.at.UTC().Format("15:04:05.000"), l.text)
		}
		for _, text := range w.logs[w.find(number).id] {
			fmt.Fprintf(&out, "  %s\n", text)
		}
	}
	fmt.Fprintf(&out, "deal the same again with: go test . -run '^TestChaos$' -kills %d -seed %d -v\n", *kills, *seed)
	return out.String()
}

// lifeOf is all that happened to an invoice, and to the kvitts meanwhile.
func (w *chaos) lifeOf(b *bill) []line {
	var life []line
	for _, l := range w.lines {
		if l.invoice == "" || l.invoice == b.number {
			life = append(life, l)
		}
	}
	for _, c := range w.stripe.Charges(b.id) {
		life = append(life, line{c.At, "", fmt.Sprintf("money moves: %d %s by %s with key %q", c.Amount, c.Currency, c.Method, c.Key)})
	}
	for name, place := range w.everywhere() {
		for _, m := range w.about(place, b) {
			for _, v := range m.Versions {
				life = append(life, line{v.At, "", fmt.Sprintf("%s, message %s: %s", name, m.TS, strings.Join(strings.Fields(v.Text), " "))})
			}
		}
	}
	slices.SortStableFunc(life, func(a, b line) int { return a.at.Compare(b.at) })
	return life
}

// about are the messages that are about an invoice.
func (w *chaos) about(place string, b *bill) (all []sandbox.Message) {
	for _, m := range w.slack.Everything(place) {
		if strings.Contains(m.Text, b.number) {
			all = append(all, m)
		}
	}
	return all
}
