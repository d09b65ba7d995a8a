package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kvitt/store"
)

var atomicity = []promise{
	{"only a writer who saw the newest version wins", newestWins},
	{"two writers never both win", neverBothWin},
	{"a refused write leaves nothing behind", refusedLeavesNothing},
	{"a repeated write is applied once", repeatedOnce},
	{"a repeated write stays applied after others wrote", repeatedLater},
	{"many updates at once are all counted", allCounted},
}

func newestWins(t *testing.T, h Harness) {
	ctx := t.Context()
	mustBe(t, h.Backend.Write(ctx, store.Write{Key: key("1"), If: 1}), store.ErrConflict)
	h.put(t, store.Write{Key: key("1"), Body: []byte("1")})
	mustBe(t, h.Backend.Write(ctx, store.Write{Key: key("1")}), store.ErrConflict)
	h.put(t, store.Write{Key: key("1"), If: 1, Body: []byte("2")})
	mustBe(t, h.Backend.Write(ctx, store.Write{Key: key("1"), If: 1}), store.ErrConflict)
	mustBe(t, h.Backend.Write(ctx, store.Write{Key: key("1"), If: 3}), store.ErrConflict)
	if doc := h.load(t, key("1")); doc.Version != 2 || string(doc.Body) != "2" {
		t.Errorf("version %d is %q, want 2 and \"2\"", doc.Version, doc.Body)
	}
}

func neverBothWin(t *testing.T, h Harness) {
	for version := range int64(10) {
		var wins atomic.Int32
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				err := h.Backend.Write(t.Context(), store.Write{Key: key("1"), If: version, Body: fmt.Append(nil, i), Token: fmt.Sprint(version, i)})
				if err == nil {
					wins.Add(1)
				} else if !errors.Is(err, store.ErrConflict) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if wins.Load() != 1 {
			t.Errorf("%d writers of version %d won", wins.Load(), version+1)
		}
	}
}

// refusedLeavesNothing tries every reason to refuse a write.
func refusedLeavesNothing(t *testing.T, h Harness) {
	k := key("1")
	h.put(t, store.Write{Key: k, Body: []byte("old"), Seen: "old click", SeenFor: 100 * h.Unit})
	before := h.load(t, k)
	entries, head := store.Chain(k, store.Head{}, []store.Note{{Who: "U1", What: "paid"}})
	w := store.Write{Key: k, If: 1, Body: []byte("new"), Wake: h.Now(), Entries: entries, Head: head, Seen: "click", SeenFor: 100 * h.Unit, Token: "w"}
	conflict, lost, again := w, w, w
	conflict.If, lost.Lease, again.Seen = 7, "nobody's", "old click"
	mustBe(t, h.Backend.Write(t.Context(), conflict), store.ErrConflict)
	mustBe(t, h.Backend.Write(t.Context(), lost), store.ErrLost)
	mustBe(t, h.Backend.Write(t.Context(), again), store.ErrSeen)
	if diff := cmp.Diff(before, h.load(t, k)); diff != "" {
		t.Error(diff)
	}
	if got, _ := h.lease(t, 1); len(got) != 0 {
		t.Error("a refused write woke the document")
	}
	if trail := collect(t, h.Backend.Trail(t.Context(), k)); len(trail) != 0 {
		t.Errorf("a refused write is on the trail: %v", trail)
	}
	// The same id and the same token are still good for the write that succeeds.
	h.put(t, w)
	if diff := cmp.Diff(entries, collect(t, h.Backend.Trail(t.Context(), k))); diff != "" {
		t.Error(diff)
	}
	h.leaseOne(t)
	if h.first(t, "click", "another") {
		t.Error("the write did not remember its id")
	}
}

func repeatedOnce(t *testing.T, h Harness) {
	k := key("1")
	h.put(t, store.Write{Key: k, Wake: h.Now()})
	l := h.leaseOne(t)
	entries, head := store.Chain(k, store.Head{}, []store.Note{{Who: "U1", What: "paid"}})
	w := store.Write{Key: k, If: 1, Body: []byte("paid"), Entries: entries, Head: head, Seen: "click", SeenFor: 100 * h.Unit, Lease: l.Token, Token: "w"}
	for range 3 {
		h.put(t, w)
	}
	if err := h.Backend.Release(t.Context(), l); err != nil {
		t.Error(err)
	}
	h.put(t, w)
	if doc := h.load(t, k); doc.Version != 2 || doc.Head != head {
		t.Errorf("version %d with head %v, want 2 and %v", doc.Version, doc.Head, head)
	}
	if n := len(collect(t, h.Backend.Trail(t.Context(), k))); n != 1 {
		t.Errorf("%d entries on the trail, want 1", n)
	}
}

func repeatedLater(t *testing.T, h Harness) {
	w := store.Write{Key: key("1"), Body: []byte("mine"), Token: "mine"}
	h.put(t, w)
	for i := range int64(store.Remembered - 1) {
		h.put(t, store.Write{Key: key("1"), If: i + 1, Body: []byte("theirs"), Token: fmt.Sprint("theirs", i)})
		h.put(t, w)
	}
	if doc := h.load(t, key("1")); doc.Version != store.Remembered || string(doc.Body) != "theirs" {
		t.Errorf("version %d is %q, want %d and \"theirs\"", doc.Version, doc.Body, store.Remembered)
	}
	other := store.Write{Key: key("2"), Body: []byte("a token is good for one document"), Token: "mine"}
	h.put(t, other)
	h.load(t, key("2"))
}

// allCounted counts to n in one record from many goroutines.
func allCounted(t *testing.T, h Harness) {
	const writers, each = 8, 10
	counts := store.Of[int](h.Backend, "T1", "count")
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for range each {
				_, err := counts.Update(t.Context(), "1", func(n *int) (store.Next, error) {
					*n++
					return store.Next{Audit: []store.Note{{At: h.Now(), Who: fmt.Sprint("U", w), What: "counted"}}}, nil
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	doc := h.load(t, store.Key{Team: "T1", Kind: "count", ID: "1"})
	var n int
	if err := json.Unmarshal(doc.Body, &n); err != nil || n != writers*each || doc.Version != writers*each {
		t.Errorf("counted to %d in %d writes, want %d", n, doc.Version, writers*each)
	}
	head, err := store.Verify(counts.Trail(t.Context(), "1"))
	if err != nil || head != doc.Head || head.Seq != writers*each {
		t.Errorf("the chain ends at %v (%v), the record says %v", head, err, doc.Head)
	}
}
