package year

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestTheSameSeedGivesTheSameYear compares what was said, to whom and on which day, and what was charged. In which order goroutines ran within a
// moment is not the seed's to decide: whether five reminders came as a digest or a crash split them into a digest and one, is not compared.
func TestTheSameSeedGivesTheSameYear(t *testing.T) {
	seed := max(*oneSeed, 0)
	first, again := aYear(t, seed).diary(), aYear(t, seed).diary()
	if len(first) < usualInvoices*8 {
		t.Errorf("only %d things were said in a year", len(first))
	}
	for _, d := range difference(first, again) {
		t.Error(d)
	}
}

// diary is everything that was said in a year, sorted.
func (y *year) diary() []string {
	var all []string
	for who, list := range y.witness.tellings {
		for _, t := range list {
			all = append(all, fmt.Sprint(t.at.Format("2006-01-02 "), who, " is told of ", t.day, ", due ", t.due))
		}
	}
	for who, list := range y.witness.confirms {
		for _, m := range list {
			all = append(all, fmt.Sprint(m.first().at.Format("2006-01-02 "), who, " ", m.first().text))
		}
	}
	for _, c := range y.service.charges {
		all = append(all, fmt.Sprint(c.at.Format("2006-01-02 15:04 "), c.invoice, " is charged by ", c.by))
	}
	slices.Sort(all)
	return all
}

// difference lists what is in one diary only.
func difference(a, b []string) []string {
	var all []string
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && cmp.Compare(a[0], b[0]) < 0:
			all, a = append(all, "only the first time: "+strings.TrimSpace(a[0])), a[1:]
		case len(a) == 0 || a[0] != b[0]:
			all, b = append(all, "only the second time: "+strings.TrimSpace(b[0])), b[1:]
		default:
			a, b = a[1:], b[1:]
		}
	}
	return all[:min(len(all), 20)]
}
