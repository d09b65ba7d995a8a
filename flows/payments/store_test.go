package payments

import (
	"context"
	"encoding/json"
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
	now  atomic.Pointer[storetest.Mem]
	late sync.WaitGroup // Writes that nobody waits for any more.

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
	if back := f.take(why); back != nil {
		for _, b := range w.bills {
			had, _ := f.mem().Load(bubble, recordOf(b))
			has, _ := back.Load(bubble, recordOf(b))
			b.lost = b.lost || had.Version != has.Version
		}
		f.now.Store(back)
		w.met(why)
		w.note("", "the store forgets what it was told last: %s", why)
	}
}

// rewind has one invoice go back to where it stood, with its wake and its trail, and nothing else.
func (f *failover) rewind(w *world, b *bill) {
	if back := f.take(b.id); back != nil {
		f.mem().Rewind(recordOf(b), back)
		b.lost = true
		w.met(rewound)
		w.note(b.number, "the store forgets the last writes of the invoice")
	}
}

// take is how the store stood, the first time that somebody asks.
func (f *failover) take(why string) *storetest.Mem {
	f.mu.Lock()
	defer f.mu.Unlock()
	back := f.kept[why]
	delete(f.kept, why)
	return back
}

// reach is the store as one life of a replica reaches it.
type reach struct {
	w    *world
	life *life
}

// mem is the store, for a process that lives, once it answers.
func (r reach) mem(ctx context.Context) (store.Backend, error) {
	if r.w.slowly() {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(time.Duration(1+r.w.dice("slow", time.Now().UnixNano())/5) * time.Second):
		}
	}
	if r.life.dead.Load() {
		return nil, errDead
	}
	return r.w.store.mem(), nil
}

func (r reach) Load(ctx context.Context, key store.Key) (store.Doc, error) {
	m, err := r.mem(ctx)
	if err != nil {
		return store.Doc{}, err
	}
	return m.Load(ctx, key)
}

// Write may be the last thing that a process does, lose its answer, happen twice, or happen when nobody waits for it any more.
func (r reach) Write(ctx context.Context, w store.Write) error {
	m, err := r.mem(ctx)
	if err != nil {
		return err
	}
	if w.Key.Kind != flows.KindInvoice {
		return m.Write(ctx, w)
	}
	b := r.w.byID[w.Key.ID[len("stripe:"):]]
	chosen := r.w.chosen(b, w)
	switch {
	case chosen && b.memory == wroteLate:
		return r.late(b, w)
	case chosen && b.memory == wroteTwice:
		w.Token = "" // By it a store would know that it has done so.
	}
	if err := m.Write(ctx, w); err != nil || !chosen {
		return err
	}
	if b.trouble == killedWriting {
		r.w.met(killedWriting)
		r.life.kill("after a write to the store")
		return errDead
	}
	switch b.memory {
	case lostWrite:
		r.w.met(lostWrite)
		return store.ErrUnavailable
	case wroteTwice:
		r.w.met(wroteTwice)
		return store.ErrConflict
	}
	return nil
}

// late is a write that is still on its way when whoever wrote it gives up.
func (r reach) late(b *bill, w store.Write) error {
	r.w.store.late.Go(func() {
		time.Sleep(1500*time.Millisecond + time.Duration(r.w.dice("late", b.id))*50*time.Millisecond)
		err := r.w.store.mem().Write(bubble, w)
		if err == nil {
			r.w.met(wroteLate)
		}
		r.w.note(b.number, "a write arrives late: %v", err)
	})
	time.Sleep(1200 * time.Millisecond)
	return store.ErrUnavailable
}

func (r reach) Lease(ctx context.Context, team string, lane store.Lane, n int, ttl time.Duration) ([]store.Lease, time.Time, error) {
	m, err := r.mem(ctx)
	if err != nil {
		return nil, time.Time{}, err
	}
	return m.Lease(ctx, team, lane, n, ttl)
}

func (r reach) Extend(ctx context.Context, l store.Lease, ttl time.Duration) (store.Lease, error) {
	m, err := r.mem(ctx)
	if err != nil {
		return l, err
	}
	return m.Extend(ctx, l, ttl)
}

func (r reach) Release(ctx context.Context, l store.Lease) error {
	m, err := r.mem(ctx)
	if err != nil {
		return err
	}
	return m.Release(ctx, l)
}

func (r reach) FirstSight(ctx context.Context, team, id, token string, ttl time.Duration) (bool, error) {
	m, err := r.mem(ctx)
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

// recordOf is where an invoice's record lies.
func recordOf(b *bill) store.Key {
	return store.Key{Team: team, Kind: flows.KindInvoice, ID: "stripe:" + b.id}
}

// chosen says whether a write is the one that meets the trouble of its invoice: one of the first, or for half of what the store gets wrong that which notes
// the answer to the payer. Nothing may be paid before, and nobody may be told afterwards that nothing was paid.
func (w *world) chosen(b *bill, write store.Write) bool {
	var rec flows.Record
	must(json.Unmarshal(write.Body, &rec))
	answers := rec.Attempt != nil && rec.Attempt.Answered && rec.Attempt.Sent.IsZero()
	w.mu.Lock()
	defer w.mu.Unlock()
	b.writes++
	if b.trouble == killedWriting || w.dice("answer", b.id) < 50 {
		return b.writes == 2+w.dice("write", b.id)%10
	}
	first := answers && !b.answered
	b.answered = b.answered || answers
	return first
}

// slowly says that the store takes its time now: in one call of two hundred.
func (w *world) slowly() bool {
	w.mu.Lock()
	w.calls++
	n := w.calls
	w.mu.Unlock()
	if n%2 == 1 || w.dice("store", n) != 0 {
		return false
	}
	w.met(slowStore)
	return true
}
