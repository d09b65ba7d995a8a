package main

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"
)

// sharedClock is the clock of the store, where that has one of its own: replicas whose machines disagree about the time still agree with each other
// about what is due.
type sharedClock struct {
	own    func() time.Time
	teller teller // Nil: the store goes by our own clock.
	log    *slog.Logger
	ahead  atomic.Int64 // Of the store's clock before ours, in nanoseconds; zero when it is about nothing.
}

// teller is a store that tells its own time.
type teller interface {
	Clock(context.Context) (time.Time, error)
}

const (
	clockEvery = 30 * time.Second
	clockSlack = 500 * time.Millisecond // Less than this is the way to the store and back.
	clockWrong = time.Minute            // From here on an operator is told.
)

// now is what time it is for everybody who shares the store.
func (c *sharedClock) now() time.Time { return c.own().Add(time.Duration(c.ahead.Load())) }

// measure compares the clocks once.
func (c *sharedClock) measure(ctx context.Context) {
	if c.teller == nil {
		return
	}
	before := c.own()
	theirs, err := c.teller.Clock(ctx)
	if err != nil {
		return // Whatever keeps the store from answering is told by those who need it.
	}
	after := c.own()
	ahead := theirs.Sub(before.Add(after.Sub(before) / 2))
	if ahead.Abs() < clockSlack {
		ahead = 0
	}
	was := time.Duration(c.ahead.Swap(int64(ahead)))
	if ahead.Abs() >= clockWrong && (ahead-was).Abs() >= clockWrong {
		c.log.Warn("this machine's clock and the store's disagree; Kvitt goes by the store's. Set both by NTP", "store_ahead", ahead.Round(time.Second).String())
	}
}

// follow compares the clocks until ctx ends.
func (c *sharedClock) follow(ctx context.Context) {
	for c.teller != nil {
		select {
		case <-ctx.Done():
			return
		case <-time.After(clockEvery):
			c.measure(ctx)
		}
	}
}
