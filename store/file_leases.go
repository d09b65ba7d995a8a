package store

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"time"

	bolt "go.etcd.io/bbolt"
)

// held is a lease that was given.
type held struct {
	token string
	until time.Time
}

// by tells whether token holds the lease at this moment.
func (h held) by(token string, now time.Time) bool {
	return h.token == token && now.Before(h.until)
}

// Lease implements Backend.
func (f *File) Lease(ctx context.Context, team string, lane Lane, n int, ttl time.Duration) (leases []Lease, next time.Time, err error) {
	what := fmt.Sprintf("what is due in %s/%s", team, lane)
	if ttl <= 0 {
		return nil, time.Time{}, fmt.Errorf("%s: %w: a lease must last a positive time, not %s", what, ErrInvalid, ttl)
	}
	err = f.exclusive(ctx, what, func() error {
		now := f.now()
		maps.DeleteFunc(f.leases, func(_ Key, h held) bool { return !now.Before(h.until) })
		return f.view(ctx, what, func(tx *bolt.Tx) error {
			leases, next, err = f.due(tx, team, lane, n, now, ttl)
			return err
		})
	})
	if err != nil {
		return nil, time.Time{}, err
	}
	return leases, next, nil
}

// due walks the wakes of a lane, the earliest first, and leases what it may.
func (f *File) due(tx *bolt.Tx, team string, lane Lane, n int, now time.Time, ttl time.Duration) (leases []Lease, next time.Time, err error) {
	prefix := lanePrefix(team, lane)
	token, until := rand.Text(), now.Add(ttl).UTC()
	c := tx.Bucket(wakesBucket).Cursor()
	for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = c.Next() {
		key, wake, err := splitWake(team, k[len(prefix):])
		if err != nil {
			return nil, time.Time{}, err
		}
		full := wake.After(now) || len(leases) >= n
		if full && !next.IsZero() && !wake.Before(next) {
			break // Nothing that follows can be leased, or is sooner than next.
		}
		h, taken := f.leases[key]
		if !taken && !full {
			h, taken = held{token, until}, true
			f.leases[key] = h
			leases = append(leases, Lease{Key: key, Token: token, Until: until, Late: now.Sub(wake)})
		}
		if taken {
			wake = later(wake, h.until)
		}
		next = sooner(next, wake)
	}
	return leases, next, nil
}

// Extend implements Backend.
func (f *File) Extend(ctx context.Context, l Lease, ttl time.Duration) (Lease, error) {
	err := f.exclusive(ctx, l.Key.String(), func() error {
		now := f.now()
		if !f.leases[l.Key].by(l.Token, now) {
			return fmt.Errorf("%s: %w", l.Key, ErrLost)
		}
		l.Until = now.Add(ttl).UTC()
		f.leases[l.Key] = held{l.Token, l.Until}
		return nil
	})
	if err != nil {
		return Lease{}, err
	}
	return l, nil
}

// Release implements Backend.
func (f *File) Release(ctx context.Context, l Lease) error {
	return f.exclusive(ctx, l.Key.String(), func() error {
		if f.leases[l.Key].token == l.Token {
			delete(f.leases, l.Key)
		}
		return nil
	})
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// sooner is the earlier of two times; the zero time is never.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}
