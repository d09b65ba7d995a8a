package year

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"kvitt/flows"
	"kvitt/store"
)

var errDead = errors.New("the process was killed")

// line is the store as one replica reaches it: a dead one not at all, and nobody in an outage.
type reach struct {
	store.Backend
	y    *year
	dead *atomic.Bool
}

func (r reach) up() error {
	switch w := r.y.window("store"); {
	case r.dead.Load():
		return errDead
	case w != nil && w.how == "down":
		r.y.met("store", "down")
		return fmt.Errorf("%s: %w", w.how, store.ErrUnavailable)
	}
	return nil
}

func (r reach) Load(ctx context.Context, key store.Key) (store.Doc, error) {
	if err := r.up(); err != nil {
		return store.Doc{}, err
	}
	return r.Backend.Load(ctx, key)
}

// Write may lose its answer, in bad hours: what it did then is done.
func (r reach) Write(ctx context.Context, w store.Write) error {
	if err := r.up(); err != nil {
		return err
	}
	err := r.Backend.Write(ctx, w)
	if err == nil && w.Key.Kind == flows.KindMailbox {
		r.y.spied.look(w)
	}
	if bad := r.y.window("store"); err == nil && bad != nil && r.y.dice("lost", bad.nth, w.Key, w.If) < 10 {
		r.y.met("store", "an answer is lost")
		return fmt.Errorf("the answer was lost: %w", store.ErrUnavailable)
	}
	return err
}

func (r reach) Lease(ctx context.Context, team string, lane store.Lane, n int, ttl time.Duration) ([]store.Lease, time.Time, error) {
	if err := r.up(); err != nil {
		return nil, time.Time{}, err
	}
	return r.Backend.Lease(ctx, team, lane, n, ttl)
}

func (r reach) Extend(ctx context.Context, l store.Lease, ttl time.Duration) (store.Lease, error) {
	if err := r.up(); err != nil {
		return l, err
	}
	return r.Backend.Extend(ctx, l, ttl)
}

func (r reach) Release(ctx context.Context, l store.Lease) error {
	if err := r.up(); err != nil {
		return err
	}
	return r.Backend.Release(ctx, l)
}

func (r reach) FirstSight(ctx context.Context, team, id, token string, ttl time.Duration) (bool, error) {
	if err := r.up(); err != nil {
		return false, err
	}
	return r.Backend.FirstSight(ctx, team, id, token, ttl)
}

func (r reach) IDs(ctx context.Context, team, kind string) iter.Seq2[string, error] {
	if err := r.up(); err != nil {
		return func(yield func(string, error) bool) { yield("", err) }
	}
	return r.Backend.IDs(ctx, team, kind)
}

// mailboxes is what was ever in a digest: Kvitt forgets it once it is delivered, and the digest itself names five invoices only.
type mailboxes struct {
	mu      sync.Mutex
	digests map[string][]flows.Line // By the digest's token.
}

func newMailboxes() *mailboxes { return &mailboxes{digests: map[string][]flows.Line{}} }

func (m *mailboxes) look(w store.Write) {
	var box flows.Mailbox
	must(json.Unmarshal(w.Body, &box))
	if box.Batch == nil || box.Batch.Digest == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.digests[token(w.Key.ID, box.Batch.Digest.Key)] = slices.Clone(box.Batch.Lines)
}

func (m *mailboxes) lines(token string) ([]flows.Line, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	lines, ok := m.digests[token]
	return lines, ok
}
