package storetest

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"kvitt/store"
)

var leases = []promise{
	{"a document is leased by one sweeper only", leasedByOne},
	{"an expired lease is taken over and the old holder can do nothing", takenOver},
	{"a lease is over at its end even when nobody takes it over", overAtItsEnd},
	{"an extended lease is kept", extendedIsKept},
	{"others write a leased document, and it stays leased", othersWrite},
	{"the holder's write does not give the lease back", holderWrites},
	{"a released document keeps its wake", releasedKeepsWake},
	{"releasing a lost lease harms nobody", releaseLost},
	{"a leased document may change lanes", leasedChangesLanes},
	{"a leased document may fall asleep", leasedFallsAsleep},
	{"whoever lost a lease has not lost its place", placeKept},
}

// leasedByOne lets many sweepers loose on many documents.
func leasedByOne(t *testing.T, h Harness) {
	const n = 60
	for i := range n {
		h.put(t, store.Write{Key: key(fmt.Sprint(i)), Wake: h.Now()})
	}
	var mu sync.Mutex
	holders := make(map[store.Key][]string)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range n { // More often only if documents are given twice.
				got, _, err := h.Backend.Lease(t.Context(), "T1", store.Routine, 3, 100*h.Unit)
				if err != nil {
					t.Error(err)
				}
				if len(got) == 0 {
					return
				}
				mu.Lock()
				for _, l := range got {
					holders[l.Key] = append(holders[l.Key], l.Token)
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	if len(holders) != n {
		t.Errorf("%d documents were leased, want %d", len(holders), n)
	}
	for k, tokens := range holders {
		if len(tokens) != 1 {
			t.Errorf("%s was leased %d times", k, len(tokens))
		}
	}
}

func takenOver(t *testing.T, h Harness) {
	h.put(t, store.Write{Key: key("1"), Wake: h.Now()})
	old := h.leaseOne(t)
	if got, _ := h.lease(t, 10); len(got) != 0 {
		t.Fatalf("a second sweeper got %v", got)
	}
	h.wait(11)
	fresh := h.leaseOne(t)
	if fresh.Token == old.Token {
		t.Fatal("both leases have the same token")
	}
	mustBe(t, h.Backend.Write(t.Context(), store.Write{Key: key("1"), If: 1, Lease: old.Token}), store.ErrLost)
	_, err := h.Backend.Extend(t.Context(), old, h.Unit)
	mustBe(t, err, store.ErrLost)
	h.put(t, store.Write{Key: key("1"), If: 1, Lease: fresh.Token})
}

func overAtItsEnd(t *testing.T, h Harness) {
	h.put(t, store.Write{Key: key("1"), Wake: h.Now()})
	l := h.leaseOne(t)
	h.wait(11)
	mustBe(t, h.Backend.Write(t.Context(), store.Write{Key: key("1"), If: 1, Lease: l.Token}), store.ErrLost)
	_, err := h.Backend.Extend(t.Context(), l, h.Unit)
	mustBe(t, err, store.ErrLost)
}

func extendedIsKept(t *testing.T, h Harness) {
	h.put(t, store.Write{Key: key("1"), Wake: h.Now()})
	l := h.leaseOne(t)
	h.wait(6)
	longer, err := h.Backend.Extend(t.Context(), l, 10*h.Unit)
	if err != nil || longer.Token != l.Token || longer.Key != l.Key || !longer.Until.After(l.Until) {
		t.Fatalf("extended to %v (%v), from %v", longer, err, l)
	}
	h.wait(6)
	if got, _ := h.lease(t, 10); len(got) != 0 {
		t.Errorf("somebody else got %v", got)
	}
	h.put(t, store.Write{Key: key("1"), If: 1, Lease: l.Token})
}

func othersWrite(t *testing.T, h Harness) {
	h.put(t, store.Write{Key: key("1"), Wake: h.Now()})
	l := h.leaseOne(t)
	h.put(t, store.Write{Key: key("1"), If: 1, Wake: h.Now()})
	if got, _ := h.lease(t, 10); len(got) != 0 {
		t.Errorf("a write handed the document to %v", got)
	}
	mustBe(t, h.Backend.Write(t.Context(), store.Write{Key: key("1"), If: 1, Lease: l.Token}), store.ErrConflict)
	if err := h.Backend.Release(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	h.leaseOne(t)
}

func holderWrites(t *testing.T, h Harness) {
	h.put(t, store.Write{Key: key("1"), Wake: h.Now()})
	l := h.leaseOne(t)
	for version := range int64(3) {
		h.put(t, store.Write{Key: key("1"), If: version + 1, Wake: h.Now(), Lease: l.Token})
	}
	if got, _ := h.lease(t, 10); len(got) != 0 {
		t.Errorf("somebody else got %v", got)
	}
}

func releasedKeepsWake(t *testing.T, h Harness) {
	h.put(t, store.Write{Key: key("1"), Wake: h.Now()})
	if err := h.Backend.Release(t.Context(), h.leaseOne(t)); err != nil {
		t.Fatal(err)
	}
	l := h.leaseOne(t) // Nothing was written, so it is due again at once.
	wake := h.in(20)
	h.put(t, store.Write{Key: key("1"), If: 1, Wake: wake, Lease: l.Token})
	if err := h.Backend.Release(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	if got, next := h.lease(t, 10); len(got) != 0 || !next.Equal(h.load(t, key("1")).Wake) {
		t.Errorf("got %v and should wait for %v, want nothing and %v", got, next, wake)
	}
	h.wait(21)
	h.leaseOne(t)
}

func releaseLost(t *testing.T, h Harness) {
	h.put(t, store.Write{Key: key("1"), Wake: h.Now()})
	old := h.leaseOne(t)
	h.wait(11)
	h.leaseOne(t)
	for _, lost := range []store.Lease{old, {Key: key("1"), Token: "nobody's"}, {Key: key("2"), Token: old.Token}} {
		if err := h.Backend.Release(t.Context(), lost); err != nil {
			t.Error(err)
		}
	}
	if got, _ := h.lease(t, 10); len(got) != 0 {
		t.Errorf("releasing a lost lease freed %v", slices.Collect(keys(got)))
	}
}

// leasedChangesLanes ends one lease by giving it back, and one by waiting.
func leasedChangesLanes(t *testing.T, h Harness) {
	h.put(t, store.Write{Key: key("given back"), Wake: h.Now()})
	given := h.leaseOne(t)
	h.put(t, store.Write{Key: key("expires"), Wake: h.Now()})
	expires := h.leaseOne(t)
	for _, l := range []store.Lease{given, expires} {
		h.put(t, store.Write{Key: l.Key, If: 1, Wake: h.Now(), Lane: store.Urgent, Lease: l.Token})
	}
	if got, next, err := h.Backend.Lease(t.Context(), "T1", store.Urgent, 10, h.Unit); err != nil || len(got) != 0 || next.After(expires.Until) {
		t.Errorf("the new lane gave %v (%v) and waits for %v, want nothing, until a lease ends", got, err, next)
	}
	if err := h.Backend.Release(t.Context(), given); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"given back", "expires"} {
		h.wait(11 * i)
		got, _, err := h.Backend.Lease(t.Context(), "T1", store.Urgent, 10, 100*h.Unit)
		if err != nil || len(got) != 1 || got[0].Key.ID != want {
			t.Errorf("the new lane gave %v (%v), want what %s", got, err, want)
		}
	}
	if got, next := h.lease(t, 10); len(got) != 0 || !next.IsZero() {
		t.Errorf("the old lane gave %v and waits for %v, want nothing and never", got, next)
	}
}

func leasedFallsAsleep(t *testing.T, h Harness) {
	h.put(t, store.Write{Key: key("1"), Wake: h.Now()})
	l := h.leaseOne(t)
	h.put(t, store.Write{Key: key("1"), If: 1, Lease: l.Token})
	if got, next := h.lease(t, 10); len(got) != 0 || !next.IsZero() {
		t.Errorf("got %v and should wait for %v, want nothing and never", got, next)
	}
	h.wait(11)
	if got, next := h.lease(t, 10); len(got) != 0 || !next.IsZero() {
		t.Errorf("after the lease got %v and should wait for %v, want nothing and never", got, next)
	}
	h.put(t, store.Write{Key: key("1"), If: 2, Wake: h.Now()})
	h.leaseOne(t)
}

func placeKept(t *testing.T, h Harness) {
	h.put(t, store.Write{Key: key("first"), Wake: h.Now()})
	h.leaseOne(t)
	h.put(t, store.Write{Key: key("second"), Wake: h.in(1)})
	h.wait(11)
	got, _ := h.lease(t, 1)
	if len(got) != 1 || got[0].Key.ID != "first" || got[0].Late < 10*h.Unit {
		t.Errorf("got %v, want what was due first, and how long ago", got)
	}
}
