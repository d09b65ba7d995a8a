package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"testing"
	"testing/synctest"
	"time"

	"kvitt/billing"
	"kvitt/flows"
)

// neighbour answers after some time: with err, or with the end of its context, unless it is deaf to that.
type neighbour struct {
	takes time.Duration
	err   error
	deaf  bool
	asked int
}

func (n *neighbour) ping(ctx context.Context) error {
	n.asked++
	if n.deaf {
		time.Sleep(n.takes)
		return n.err
	}
	select {
	case <-time.After(n.takes):
		return n.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Each day is what somebody hears who asks at these seconds, with what the neighbour does from then on.
func TestReadinessRepeatsNoAnswerOlderThanTenSeconds(t *testing.T) {
	well, slow, hangs, deaf := neighbour{}, neighbour{takes: time.Second}, neighbour{takes: time.Hour}, neighbour{takes: time.Hour, deaf: true}
	fails := neighbour{err: errors.New("it is ill")}
	type poll struct {
		at   float64
		does neighbour
		hear string
	}
	for name, day := range map[string][]poll{
		"well":                              {{0, well, "ok"}, {60, well, "ok"}},
		"ill":                               {{0, fails, "failing"}, {60, well, "ok"}, {120, fails, "failing"}},
		"asked a moment ago":                {{0, well, "ok"}, {4.9, fails, "ok"}, {5, fails, "failing"}},
		"slow at the start is no failure":   {{0, slow, "waiting"}, {1.1, slow, "ok"}},
		"slow later":                        {{0, well, "ok"}, {5, slow, "ok"}, {60, slow, "waiting"}, {61, slow, "ok"}},
		"hangs from the start":              {{0, hangs, "waiting"}, {3, hangs, "waiting"}, {4, hangs, "failing"}},
		"well hours ago, and hangs since":   {{0, well, "ok"}, {21600, hangs, "waiting"}, {21604, hangs, "failing"}},
		"hangs right after it was asked":    {{0, well, "ok"}, {5, hangs, "ok"}, {8.4, hangs, "ok"}, {9, hangs, "failing"}},
		"never gives up, whatever its time": {{0, well, "ok"}, {5, deaf, "ok"}, {9.4, deaf, "ok"}, {9.6, deaf, "waiting"}, {1800, well, "waiting"}, {3606, well, "ok"}},
	} {
		synctest.Test(t, func(t *testing.T) {
			service, began := newAsked([]string{"stripe"})["stripe"], time.Now()
			for _, p := range day {
				time.Sleep(time.Until(began.Add(time.Duration(p.at * float64(time.Second)))))
				patient, cancel := context.WithTimeout(t.Context(), billingPatience)
				service.ask(patient, p.does.ping)
				if heard := service.word(patient); heard != p.hear {
					t.Errorf("%s: after %g s it is %q, want %q", name, p.at, heard, p.hear)
				}
				cancel()
			}
			time.Sleep(2 * time.Hour) // For who is deaf.
		})
	}
}

func TestReadinessAsksAServiceEveryFiveSecondsHoweverManyWantToKnow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service, stripe := newAsked([]string{"stripe"})["stripe"], neighbour{takes: time.Second}
		for range 600 {
			service.ask(t.Context(), stripe.ping)
			time.Sleep(100 * time.Millisecond)
		}
		if stripe.asked != 12 {
			t.Errorf("within a minute it was asked %d times, want 12", stripe.asked)
		}
	})
}

// listing is a billing service of three invoices.
type listing struct {
	billing.Provider
	name  string
	takes time.Duration
	fails error // At the third.
	read  int
}

func (l *listing) Name() string { return l.name }

func (l *listing) Invoices(context.Context, time.Time) iter.Seq2[billing.Invoice, error] {
	return func(yield func(billing.Invoice, error) bool) {
		time.Sleep(l.takes)
		for l.read = 1; l.read < 3; l.read++ {
			if !yield(billing.Invoice{}, nil) {
				return
			}
		}
		yield(billing.Invoice{}, l.fails)
	}
}

func TestReadinessReadsEveryInvoiceOnlyOfAServiceThatDidNotAnswerTheLastSync(t *testing.T) {
	broken := errors.New("an invoice that cannot be read")
	for name, c := range map[string]struct {
		last, now error
		read      int
		says      error
	}{
		"well":               {nil, broken, 1, nil},
		"did not answer":     {fmt.Errorf("%w: status 500", billing.ErrUnavailable), billing.ErrUnavailable, 3, billing.ErrUnavailable},
		"answers again":      {billing.ErrUnavailable, nil, 3, nil},
		"refused the key":    {billing.ErrSetup, billing.ErrSetup, 3, billing.ErrSetup},
		"answered something": {broken, nil, 0, broken},
	} {
		service := listing{fails: c.now}
		if err := lists(t.Context(), &service, c.last); !errors.Is(err, c.says) || service.read != c.read {
			t.Errorf("%s: %v after %d invoices, want %v after %d", name, err, service.read, c.says, c.read)
		}
	}
}

func TestReadinessWaitsForTwoBillingServicesThatHangAsLongAsForOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := []billing.Provider{&listing{name: "stripe", takes: time.Minute}, &listing{name: "azure", takes: time.Minute}}
		a, began := app{asked: newAsked([]string{"stripe", "azure"}), flows: &flows.Flows{Providers: hang}}, time.Now()
		words := a.services(t.Context())
		if took := time.Since(began); took != billingPatience || words["stripe"] != "waiting" || words["azure"] != "waiting" {
			t.Errorf("after %s they are %q", took, words)
		}
		time.Sleep(time.Minute)
	})
}
