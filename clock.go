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
	// clockLate is how long after it was seen a jump ahead counts: until then, whoever lost what they were working on to another replica by it has
	// noticed, and the other one sees by the old time that it came too soon.
	clockLate = 15 * time.Second
)

// now is what time it is for everybody who shares the store.
func (c *sharedClock) now() time.Time { return c.own().Add(time.Duration(c.ahead.Load())) }

// measure compares the clocks once, and goes by the store's from now on.
func (c *sharedClock) measure(ctx context.Context) {
	ahead, ok := c.compare(ctx)
	if !ok {
		return // Whatever keeps the store from answering is told by those who need it.
	}
	was := time.Duration(c.ahead.Swap(int64(ahead)))
	if ahead.Abs() >= clockWrong && (ahead-was).Abs() >= clockWrong {
		c.log.Warn("this machine's clock and the store's disagree; Kvitt goes by the store's. Set both by NTP", "store_ahead", ahead.Round(time.Second).String())
	}
}

// compare asks the store for its time; not ok where it has none, or does not tell.
func (c *sharedClock) compare(ctx context.Context) (ahead time.Duration, ok bool) {
	if c.teller == nil {
		return 0, false
	}
	before := c.own()
	theirs, err := c.teller.Clock(ctx)
	if err != nil {
		return 0, false
	}
	after := c.own()
	ahead = theirs.Sub(before.Add(after.Sub(before) / 2))
	if ahead.Abs() < clockSlack {
		ahead = 0
	}
	return ahead, true
}

// follow compares the clocks until ctx ends.
func (c *sharedClock) follow(ctx context.Context) {
	for c.teller != nil && waited(ctx, clockEvery) {
		ahead, ok := c.compare(ctx)
		if ok && ahead-time.Duration(c.ahead.Load()) >= clockSlack && !waited(ctx, clockLate) {
			return
		}
		c.measure(ctx)
	}
}

// waited waits; false when ctx ends first.
func waited(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
