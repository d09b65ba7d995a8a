package main

import (
	"context"
	"errors"
	"log/slog"
	"testing"
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
