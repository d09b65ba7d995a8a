package main

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

type tells struct {
	at  time.Time
	err error
}

func (s tells) Clock(context.Context) (time.Time, error) { return s.at, s.err }

func TestReplicasGoByTheClockOfTheStore(t *testing.T) {
	ours := time.Date(2026, 3, 5, 9, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		store tells
		want  time.Time
	}{
		"an hour ahead":       {tells{at: ours.Add(time.Hour)}, ours.Add(time.Hour)},
		"an hour behind":      {tells{at: ours.Add(-time.Hour)}, ours.Add(-time.Hour)},
		"as good as the same": {tells{at: ours.Add(200 * time.Millisecond)}, ours},
		"not to be asked":     {tells{at: ours.Add(time.Hour), err: errors.New("away")}, ours},
	} {
		clock := &sharedClock{own: func() time.Time { return ours }, teller: c.store, log: slog.New(slog.DiscardHandler)}
		clock.measure(t.Context())
		if got := clock.now(); !got.Equal(c.want) {
			t.Errorf("with the store's clock %s it is %s, want %s", name, got, c.want)
		}
	}
}

// jumping is a store whose clock can be set ahead.
type jumping struct{ by atomic.Int64 }

func (s *jumping) Clock(context.Context) (time.Time, error) {
	return time.Now().Add(time.Duration(s.by.Load())), nil
}

func TestAClockThatJumpsAheadIsFollowedOnlyWhenWhoLostTheirWorkByItHasNoticed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		store := &jumping{}
		clock := &sharedClock{own: time.Now, teller: store, log: slog.New(slog.DiscardHandler)}
		clock.measure(ctx)
		var following sync.WaitGroup
		following.Go(func() { clock.follow(ctx) })
		time.Sleep(clockEvery - time.Millisecond)
		store.by.Store(int64(time.Hour))
		for _, step := range []struct{ wait, ahead time.Duration }{{clockLate, 0}, {time.Second, time.Hour}} {
			time.Sleep(step.wait)
			if ahead := time.Until(clock.now()); ahead != step.ahead {
				t.Errorf("%s later it goes %s ahead, want %s", step.wait, ahead, step.ahead)
			}
		}
		store.by.Store(0)
		time.Sleep(clockEvery)
		if ahead := time.Until(clock.now()); ahead != 0 {
			t.Errorf("the store's clock is right again, and it goes %s ahead", ahead)
		}
		stop()
		following.Wait()
	})
}
