package payments

import (
	"context"
	"errors"
	"iter"
	"sync"
	"sync/atomic"
	"time"

	"kvitt/flows"
	"kvitt/store"
	"kvitt/store/storetest"
)

var errDead = errors.New("the process was killed")

// failover is a store that can forget what it acknowledged, as a Redis does whose replica takes over before it has the last writes.
type failover struct {
	now atomic.Pointer[storetest.Mem]

	mu   sync.Mutex
	kept map[string]*storetest.Mem // How it stood when somebody began something, by what is to be forgotten.
}

func newFailover(m *storetest.Mem) *failover {
	f := &failover{kept: map[string]*storetest.Mem{}}
	f.now.Store(m)
	return f
}

func (f *failover) mem() *storetest.Mem { return f.now.Load() }

// keep notes how the store stands now, so that it can go back here.
func (f *failover) keep(why string) {
	clone := f.mem().Clone()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.kept[why] = clone
}

// forget goes back to where the store stood, if somebody noted it, and at most once.
func (f *failover) forget(w *world, why string) {
	f.mu.Lock()
	back := f.kept[why]
	delete(f.kept, why)
	f.mu.Unlock()
	if back == nil {
		return
	}
	f.now.Store(back)
	w.met(why)
	w.note("", "the store forgets what it was told last: %s", why)
}

// reach is the store as one life of a replica reaches it.
type reach struct {
	w    *world
	life *life
}

func (r reach) mem() (store.Backend, error) {
	if r.life.dead.Load() {
		return nil, errDead
	}
	return r.w.store.mem(), nil
}

func (r reach) Load(ctx context.Context, key store.Key) (store.Doc, error) {
	m, err := r.mem()
	if err != nil {
		return store.Doc{}, err
	}
	return m.Load(ctx, key)
}

// Write may be the last thing that a process does, or lose its answer.
func (r reach) Write(ctx context.Context, w store.Write) error {
	m, err := r.mem()
	if err != nil {
		return err
	}
	if err := m.Write(ctx, w); err != nil {
		return err
	}
	if w.Key.Kind != flows.KindInvoice {
		return nil
	}
	b := r.w.byID[w.Key.ID[len("stripe:"):]]
	n := r.w.writes(b)
	switch {
	case b.trouble == killedWriting && n == 2+r.w.dice("write", b.id)%10:
		r.w.met(killedWriting)
		r.life.kill("after a write to the store")
		return errDead
	case b.trouble == lostWrite && n == 2+r.w.dice("write", b.id)%10:
		r.w.met(lostWrite)
		return store.ErrUnavailable
	}
	return nil
}

func (r reach) Lease(ctx context.Context, team string, lane store.Lane, n int, ttl time.Duration) ([]store.Lease, time.Time, error) {
	m, err := r.mem()
	if err != nil {
		return nil, time.Time{}, err
	}
	return m.Lease(ctx, team, lane, n, ttl)
}

func (r reach) Extend(ctx context.Context, l store.Lease, ttl time.Duration) (store.Lease, error) {
	m, err := r.mem()
	if err != nil {
		return l, err
	}
	return m.Extend(ctx, l, ttl)
}

func (r reach) Release(ctx context.Context, l store.Lease) error {
	m, err := r.mem()
	if err != nil {
		return err
	}
	return m.Release(ctx, l)
}

func (r reach) FirstSight(ctx context.Context, team, id, token string, ttl time.Duration) (bool, error) {
	m, err := r.mem()
	if err != nil {
		return false, err
	}
	return m.FirstSight(ctx, team, id, token, ttl)
}

func (r reach) IDs(ctx context.Context, team, kind string) iter.Seq2[string, error] {
	return r.w.store.mem().IDs(ctx, team, kind)
}

func (r reach) Listed(ctx context.Context, team, kind, list string, newest bool) iter.Seq2[string, error] {
	return r.w.store.mem().Listed(ctx, team, kind, list, newest)
}

func (r reach) Trail(ctx context.Context, key store.Key) iter.Seq2[store.Entry, error] {
	return r.w.store.mem().Trail(ctx, key)
}

func (r reach) Chains(ctx context.Context) iter.Seq2[store.Key, error] {
	return r.w.store.mem().Chains(ctx)
}

func (r reach) Ping(ctx context.Context) error { return r.w.store.mem().Ping(ctx) }
func (r reach) Close() error                   { return nil }
