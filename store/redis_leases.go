package store

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Lease implements Backend. What it gives is on a replica before it answers, so
// that a failover gives nothing to two sweepers. When its answer is lost for
// good, the documents come again after ttl.
func (r *Redis) Lease(ctx context.Context, team string, lane Lane, n int, ttl time.Duration) ([]Lease, time.Time, error) {
	what := fmt.Sprintf("what is due in %s/%s", team, lane)
	if ttl <= 0 {
		return nil, time.Time{}, fmt.Errorf("%s: %w: a lease must last a positive time, not %s", what, ErrInvalid, ttl)
	}
	token := rand.Text()
	keys := []string{r.keys.due(team, lane), r.keys.held(team, lane), r.keys.leases(team), r.keys.batch(token)}
	answer, err := r.change(ctx, what, leaseScript, keys, max(n, 0), microDigits(ttl), token)
	if nothing := len(answer) == 1; err != nil && !(nothing && errors.Is(err, errOnMasterOnly)) {
		return nil, time.Time{}, err
	}
	return leased(team, token, answer)
}

// leased reads the script's answer.
func leased(team, token string, answer []string) (leases []Lease, next time.Time, err error) {
	if answer[0] != "" {
		if next, err = parseMicro(answer[0]); err != nil {
			return nil, time.Time{}, err
		}
	}
	for rest := answer[1:]; len(rest) >= 3; rest = rest[3:] {
		key, keyErr := splitWakeMember(team, rest[0])
		until, untilErr := parseMicro(rest[1])
		late, lateErr := strconv.ParseInt(rest[2], 10, 64)
		if err := cmp.Or(keyErr, untilErr, lateErr); err != nil {
			return nil, time.Time{}, err
		}
		leases = append(leases, Lease{Key: key, Token: token, Until: until, Late: time.Duration(late) * time.Microsecond})
	}
	return leases, next, nil
}

// Extend implements Backend.
func (r *Redis) Extend(ctx context.Context, l Lease, ttl time.Duration) (Lease, error) {
	keys := []string{r.keys.held(l.Key.Team, Urgent), r.keys.held(l.Key.Team, Routine), r.keys.leases(l.Key.Team)}
	answer, err := r.change(ctx, l.Key.String(), extendScript, keys, wakeMember(l.Key), l.Token, microDigits(ttl))
	if err != nil {
		return Lease{}, err
	}
	if answer[0] == "" {
		return Lease{}, fmt.Errorf("%s: %w", l.Key, ErrLost)
	}
	if l.Until, err = parseMicro(answer[0]); err != nil {
		return Lease{}, err
	}
	return l, nil
}

// Release implements Backend.
func (r *Redis) Release(ctx context.Context, l Lease) error {
	keys := append(r.keys.lanes(l.Key.Team), r.keys.leases(l.Key.Team))
	_, err := r.change(ctx, l.Key.String(), releaseScript, keys, wakeMember(l.Key), l.Token)
	if errors.Is(err, errOnMasterOnly) {
		return nil // At worst a failover keeps the lease until its end.
	}
	return err
}
