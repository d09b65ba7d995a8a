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
func TestReadinessRepeatsAnAnswerOnlyUntilANewerOneShouldBeThere(t *testing.T) {
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
		"slow later":                        {{0, well, "ok"}, {5, slow, "ok"}, {60, slow, "ok"}, {7300, slow, "waiting"}, {7301, slow, "ok"}},
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
				if heard := service.word(patient, flows.Health{}); heard != p.hear {
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

// listing is a billing service of many invoices, none of them open.
type listing struct {
	billing.Provider
	name  string
	takes time.Duration
	fails error
	asked int // Requests that were made of it.
}

func (l *listing) Name() string { return l.name }

func (l *listing) Ping(context.Context) error {
	time.Sleep(l.takes)
	l.asked++
	return l.fails
}

func (l *listing) Invoices(ctx context.Context, _ time.Time) iter.Seq2[billing.Invoice, error] {
	return func(yield func(billing.Invoice, error) bool) {
		for range 40 { // Pages with nothing to yield.
			if err := l.Ping(ctx); err != nil {
				yield(billing.Invoice{}, err)
				return
			}
		}
	}
}

func TestReadinessMakesOneRequestOfAServiceHoweverMuchItHolds(t *testing.T) {
	unreadable := errors.New("an invoice that cannot be read")
	for name, c := range map[string]struct {
		last, now error
		asked     int
		says      error
	}{
		"well":                      {nil, nil, 1, nil},
		"does not answer any more":  {nil, billing.ErrUnavailable, 1, billing.ErrUnavailable},
		"did not answer":            {fmt.Errorf("%w: status 500", billing.ErrUnavailable), billing.ErrUnavailable, 1, billing.ErrUnavailable},
		"answers again":             {billing.ErrUnavailable, nil, 1, nil},
		"refuses the key":           {billing.ErrSetup, billing.ErrSetup, 1, billing.ErrSetup},
		"takes the key again":       {billing.ErrSetup, nil, 1, nil},
		"holds what cannot be read": {unreadable, nil, 0, unreadable},
	} {
		service := listing{fails: c.now}
		if err := answers(t.Context(), &service, c.last); !errors.Is(err, c.says) || service.asked != c.asked {
			t.Errorf("%s: %v after %d requests, want %v after %d", name, err, service.asked, c.says, c.asked)
		}
	}
}

// Azure often takes longer than a monitor waits. What is known of it meanwhile is the last answer or the last sync, whichever is newer.
func TestAMonitorThatAsksEveryHalfMinuteHearsOfASlowServiceWhatIsKnown(t *testing.T) {
	ill := errors.New("it is ill")
	for name, c := range map[string]struct {
		does neighbour
		last error
		age  time.Duration // Of the last sync when the monitor asks first.
		hear []string
	}{
		"well":                      {neighbour{takes: time.Second}, nil, time.Minute, []string{"ok", "ok", "ok"}},
		"hangs since the last sync": {neighbour{takes: time.Hour}, nil, time.Minute, []string{"ok", "failing", "failing"}},
		"mended since":              {neighbour{takes: time.Second}, ill, time.Minute, []string{"failing", "ok", "ok"}},
		"synced long ago":           {neighbour{takes: time.Second}, nil, believed + time.Second, []string{"waiting", "ok", "ok"}},
	} {
		synctest.Test(t, func(t *testing.T) {
			service, last := newAsked([]string{"azure"})["azure"], flows.Health{Failed: c.last, At: time.Now().Add(-c.age)}
			for n, want := range c.hear {
				patient, cancel := context.WithTimeout(t.Context(), billingPatience)
				service.ask(patient, c.does.ping)
				if heard := service.word(patient, last); heard != want {
					t.Errorf("%s: the time %d it is %q, want %q", name, n+1, heard, want)
				}
				cancel()
				time.Sleep(30 * time.Second)
			}
		})
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
