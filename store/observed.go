package store

import (
	"context"
	"errors"
	"time"
)

// Observe returns b with every round trip told to see: which operation, how
// long it took, and in one word how it ended: "ok", "not_found", "conflict",
// "lost", "seen", "invalid", "unavailable" or "failed". Walks (IDs, Trail,
// Chains) are not told: how long they take is up to whoever walks. see is called
// from many goroutines and must not block.
func Observe(b Backend, see func(operation, outcome string, took time.Duration)) Backend {
	return observed{b, see}
}

// Operations are those that Observe tells of.
var Operations = []string{"load", "write", "lease", "extend", "release", "first_sight", "ping"}

// OutcomeUnavailable is the word for a store that could not be reached. Operators have an alert on it.
const OutcomeUnavailable = "unavailable"

type observed struct {
	Backend
	see func(operation, outcome string, took time.Duration)
}

func (o observed) Load(ctx context.Context, k Key) (doc Doc, err error) {
	defer o.watch("load", time.Now(), &err)
	return o.Backend.Load(ctx, k)
}

func (o observed) Write(ctx context.Context, w Write) (err error) {
	defer o.watch("write", time.Now(), &err)
	return o.Backend.Write(ctx, w)
}

func (o observed) Lease(ctx context.Context, team string, lane Lane, n int, ttl time.Duration) (leases []Lease, next time.Time, err error) {
	defer o.watch("lease", time.Now(), &err)
	return o.Backend.Lease(ctx, team, lane, n, ttl)
}

func (o observed) Extend(ctx context.Context, l Lease, ttl time.Duration) (more Lease, err error) {
	defer o.watch("extend", time.Now(), &err)
	return o.Backend.Extend(ctx, l, ttl)
}

func (o observed) Release(ctx context.Context, l Lease) (err error) {
	defer o.watch("release", time.Now(), &err)
	return o.Backend.Release(ctx, l)
}

func (o observed) FirstSight(ctx context.Context, team, id, token string, ttl time.Duration) (first bool, err error) {
	defer o.watch("first_sight", time.Now(), &err)
	return o.Backend.FirstSight(ctx, team, id, token, ttl)
}

func (o observed) Ping(ctx context.Context) (err error) {
	defer o.watch("ping", time.Now(), &err)
	return o.Backend.Ping(ctx)
}

func (o observed) watch(operation string, began time.Time, err *error) {
	o.see(operation, outcome(*err), time.Since(began))
}

// outcome is the one word for how an operation ended.
func outcome(err error) string {
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, ErrNotFound):
		return "not_found"
	case errors.Is(err, ErrConflict):
		return "conflict"
	case errors.Is(err, ErrLost):
		return "lost"
	case errors.Is(err, ErrSeen):
		return "seen"
	case errors.Is(err, ErrInvalid):
		return "invalid"
	case errors.Is(err, ErrUnavailable):
		return OutcomeUnavailable
	}
	return "failed"
}
