// Package storetest holds the promises of store.Backend as tests. Run them on
// every backend: what passes may be put in the place of any other.
//
// It also has Memory, a store that forgets, for tests that write very often.
// Nothing here may ever enter the program itself.
package storetest

import (
	"context"
	"errors"
	"iter"
	"testing"
	"time"

	"kvitt/store"
)

// Harness is one empty store under test, and its clock.
type Harness struct {
	Backend store.Backend
	Now     func() time.Time    // What the store's clock shows now, nearly.
	Advance func(time.Duration) // Lets that clock run on; it may have to sleep.
	Unit    time.Duration       // The step in which the tests count time; 0 is a minute.
	// Reopen closes the store and opens it again; nil where it cannot be.
	Reopen func() store.Backend
}

// Run holds a backend against every promise. fresh makes an empty store, and
// closes it at the end of the test that it is given.
func Run(t *testing.T, fresh func(t *testing.T) Harness) {
	for _, group := range [][]promise{documents, lists, atomicity, leases, times, seen, audit} {
		for _, p := range group {
			t.Run(p.name, func(t *testing.T) {
				h := fresh(t)
				if h.Unit == 0 {
					h.Unit = time.Minute
				}
				p.holds(t, h)
			})
		}
	}
}

type promise struct {
	name  string
	holds func(*testing.T, Harness)
}

func key(id string) store.Key { return store.Key{Team: "T1", Kind: "invoice", ID: id} }

// in is a moment so many units from now.
func (h Harness) in(units int) time.Time { return h.Now().Add(time.Duration(units) * h.Unit) }

func (h Harness) wait(units int) { h.Advance(time.Duration(units) * h.Unit) }

// put writes what must succeed.
func (h Harness) put(t *testing.T, w store.Write) {
	t.Helper()
	if err := h.Backend.Write(t.Context(), w); err != nil {
		t.Fatalf("writing %s: %v", w.Key, err)
	}
}

// load reads what must be there.
func (h Harness) load(t *testing.T, k store.Key) store.Doc {
	t.Helper()
	doc, err := h.Backend.Load(t.Context(), k)
	if err != nil {
		t.Fatalf("loading %s: %v", k, err)
	}
	return doc
}

// lease takes what is due in the routine lane of T1, for ten units.
func (h Harness) lease(t *testing.T, n int) ([]store.Lease, time.Time) {
	t.Helper()
	got, next, err := h.Backend.Lease(t.Context(), "T1", store.Routine, n, 10*h.Unit)
	if err != nil {
		t.Fatalf("leasing: %v", err)
	}
	return got, next
}

// leaseOne takes the only document that is due.
func (h Harness) leaseOne(t *testing.T) store.Lease {
	t.Helper()
	got, _ := h.lease(t, 10)
	if len(got) != 1 {
		t.Fatalf("%d documents were due, want 1: %v", len(got), got)
	}
	return got[0]
}

// first is FirstSight in T1 for ten units.
func (h Harness) first(t *testing.T, id, token string) bool {
	t.Helper()
	first, err := h.Backend.FirstSight(t.Context(), "T1", id, token, 10*h.Unit)
	if err != nil {
		t.Fatalf("first sight of %s: %v", id, err)
	}
	return first
}

func mustBe(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("the answer is %v, want %v", err, want)
	}
}

// collect walks to the end of what must come without an error.
func collect[V any](t *testing.T, seq iter.Seq2[V, error]) []V {
	t.Helper()
	var all []V
	for v, err := range seq {
		if err != nil {
			t.Fatalf("walking: %v", err)
		}
		all = append(all, v)
	}
	return all
}

func ended() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// last is the error with which a walk ends.
func last[V any](seq iter.Seq2[V, error]) (last error) {
	for _, err := range seq {
		last = err
	}
	return last
}
