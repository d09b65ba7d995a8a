package storetest

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"kvitt/store"
)

// Lease implements store.Backend.
func (m *Mem) Lease(ctx context.Context, team string, lane store.Lane, n int, ttl time.Duration) (leases []store.Lease, next time.Time, err error) {
	err = m.do(ctx, func() error {
		if ttl <= 0 {
			return fmt.Errorf("%w: a lease of %s", store.ErrInvalid, ttl)
		}
		now, token := m.now(), rand.Text()
		for _, w := range m.wakes[[2]string{team, string(lane)}] {
			full := w.at.After(now) || len(leases) >= n
			if full && !next.IsZero() && !w.at.Before(next) {
				break
			}
			l := m.leases[w.key]
			if !now.Before(l.until) && !full {
				l = hold{token, now.Add(ttl).UTC()}
				m.leases[w.key] = l
				leases = append(leases, store.Lease{Key: w.key, Token: token, Until: l.until, Late: now.Sub(w.at)})
			}
			if at := later(w.at, l.until); next.IsZero() || at.Before(next) {
				next = at
			}
		}
		return nil
	})
	return leases, next, err
}

// later is when a document may be leased: it is awake, and its lease is over.
func later(wake, until time.Time) time.Time {
	if until.After(wake) {
		return until
	}
	return wake
}

// Extend implements store.Backend.
func (m *Mem) Extend(ctx context.Context, l store.Lease, ttl time.Duration) (store.Lease, error) {
	err := m.do(ctx, func() error {
		if held := m.leases[l.Key]; held.token != l.Token || !m.now().Before(held.until) {
			return fmt.Errorf("%s: %w", l.Key, store.ErrLost)
		}
		l.Until = m.now().Add(ttl).UTC()
		m.leases[l.Key] = hold{l.Token, l.Until}
		return nil
	})
	return l, err
}

// Release implements store.Backend.
func (m *Mem) Release(ctx context.Context, l store.Lease) error {
	return m.do(ctx, func() error {
		if m.leases[l.Key].token == l.Token {
			delete(m.leases, l.Key)
		}
		return nil
	})
}

// FirstSight implements store.Backend.
func (m *Mem) FirstSight(ctx context.Context, team, id, token string, ttl time.Duration) (first bool, err error) {
	err = m.do(ctx, func() error {
		if err := store.CheckSeen(team, id, ttl); err != nil {
			return err
		}
		if first = m.isFirst(team, id, token); first {
			m.see(team, id, token, ttl)
		}
		return nil
	})
	return first, err
}

func (m *Mem) isFirst(team, id, token string) bool {
	s, ok := m.seen[[2]string{team, id}]
	return !ok || !m.now().Before(s.until) || (token != "" && s.token == token)
}

func (m *Mem) see(team, id, token string, ttl time.Duration) {
	at := [2]string{team, id}
	if s, ok := m.seen[at]; !ok || !m.now().Before(s.until) {
		m.seen[at] = hold{token, m.now().Add(ttl)}
	}
}
