package storetest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kvitt/store"
)

var documents = []promise{
	{"what was never written is not found", neverWritten},
	{"what is written is what is loaded", writtenIsLoaded},
	{"a team never touches another team's documents", teamsApart},
	{"ids come in byte order, each once, of one kind", idsInOrder},
	{"whoever walks may write meanwhile", walkAndWrite},
	{"a key that no store can keep is refused", badKeys},
	{"everything survives reopening", survivesReopening},
	{"a cancelled context does nothing", cancelled},
	{"a closed store is unavailable, and may be closed twice", closed},
}

func neverWritten(t *testing.T, h Harness) {
	_, err := h.Backend.Load(t.Context(), key("1"))
	mustBe(t, err, store.ErrNotFound)
}

func writtenIsLoaded(t *testing.T, h Harness) {
	wake := h.in(5)
	h.put(t, store.Write{Key: key("1"), Body: []byte("\x00\xff{}\n"), Wake: wake, Lane: store.Urgent})
	doc := h.load(t, key("1"))
	if early := wake.Sub(doc.Wake); early > 0 || early <= -time.Microsecond || doc.Wake.Location() != time.UTC {
		t.Errorf("it wakes at %v, want %v or less than a microsecond later, in UTC", doc.Wake, wake)
	}
	want := store.Doc{Version: 1, Body: []byte("\x00\xff{}\n"), Wake: doc.Wake, Lane: store.Urgent}
	if diff := cmp.Diff(want, doc); diff != "" {
		t.Error(diff)
	}
	big := slices.Repeat([]byte("kvitt "), 50_000)
	h.put(t, store.Write{Key: key("1"), If: 1, Body: big})
	if doc := h.load(t, key("1")); doc.Version != 2 || !doc.Wake.IsZero() || !bytes.Equal(doc.Body, big) {
		t.Errorf("version %d of %d bytes wakes at %v, want 2, %d and never", doc.Version, len(doc.Body), doc.Wake, len(big))
	}
}

func teamsApart(t *testing.T, h Harness) {
	mine, theirs := key("1"), store.Key{Team: "T2", Kind: "invoice", ID: "1"}
	entries, head := store.Chain(theirs, store.Head{}, []store.Note{{Who: "U2", What: "seen"}})
	h.put(t, store.Write{Key: theirs, Body: []byte("theirs"), Wake: h.Now(), Entries: entries, Head: head, Seen: "click", SeenFor: 100 * h.Unit})
	_, err := h.Backend.Load(t.Context(), mine)
	mustBe(t, err, store.ErrNotFound)
	if got, next := h.lease(t, 10); len(got) != 0 || !next.IsZero() {
		t.Errorf("T1 leases %v and waits for %v, want nothing", got, next)
	}
	if ids := collect(t, h.Backend.IDs(t.Context(), "T1", "invoice")); len(ids) != 0 {
		t.Errorf("T1 lists %v, want nothing", ids)
	}
	if trail := collect(t, h.Backend.Trail(t.Context(), mine)); len(trail) != 0 {
		t.Errorf("T1 has the trail %v, want none", trail)
	}
	if !h.first(t, "click", "") {
		t.Error("T1 never saw the id, T2 did")
	}
	h.put(t, store.Write{Key: mine, Body: []byte("mine")})
	if got := string(h.load(t, theirs).Body); got != "theirs" {
		t.Errorf("T2 loads %q", got)
	}
}

func idsInOrder(t *testing.T, h Harness) {
	ids := []string{" ", "/", "1", "10", "2", "A", "a", "a/b", "aa", "{a}", "å", "\xff"}
	for i := range ids {
		k := key(ids[(i*5)%len(ids)])
		h.put(t, store.Write{Key: k, Body: []byte("1")})
		h.put(t, store.Write{Key: k, If: 1, Body: []byte("2")})
		k.Kind = "invoices"
		h.put(t, store.Write{Key: k, Body: []byte("of another kind")})
	}
	if diff := cmp.Diff(ids, collect(t, h.Backend.IDs(t.Context(), "T1", "invoice"))); diff != "" {
		t.Error(diff)
	}
}

func walkAndWrite(t *testing.T, h Harness) {
	const n = 600
	for i := range n {
		h.put(t, store.Write{Key: key(fmt.Sprintf("%04d", i)), Body: []byte("1")})
	}
	big := slices.Repeat([]byte("x"), 10_000)
	seen := 0
	for id, err := range h.Backend.IDs(t.Context(), "T1", "invoice") {
		if err != nil {
			t.Fatal(err)
		}
		h.put(t, store.Write{Key: key(id), If: 1, Body: big})
		seen++
	}
	if seen != n {
		t.Errorf("%d ids came, want %d", seen, n)
	}
}

func badKeys(t *testing.T, h Harness) {
	for _, k := range []store.Key{
		{}, {Kind: "invoice", ID: "1"}, {Team: "T1", ID: "1"}, {Team: "T1", Kind: "invoice"},
		{Team: "T1", Kind: "invoice", ID: "a\x00b"}, {Team: "T1\x00", Kind: "invoice", ID: "1"},
		key(strings.Repeat("x", store.MaxKey)),
	} {
		mustBe(t, h.Backend.Write(t.Context(), store.Write{Key: k}), store.ErrInvalid)
		_, err := h.Backend.Load(t.Context(), k)
		mustBe(t, err, store.ErrInvalid)
	}
	longest := key(strings.Repeat("x", store.MaxKey-len("T1")-len("invoice")))
	h.put(t, store.Write{Key: longest, Wake: h.Now()})
	mustBe(t, h.Backend.Write(t.Context(), store.Write{Key: key("1"), Lane: "fast"}), store.ErrInvalid)
	mustBe(t, h.Backend.Write(t.Context(), store.Write{Key: key("1"), Seen: "click"}), store.ErrInvalid)
	_, err := h.Backend.FirstSight(t.Context(), "T1", "", "", h.Unit)
	mustBe(t, err, store.ErrInvalid)
	_, _, err = h.Backend.Lease(t.Context(), "T1", store.Routine, 1, 0)
	mustBe(t, err, store.ErrInvalid)
}

func survivesReopening(t *testing.T, h Harness) {
	if h.Reopen == nil {
		return // A store that is gone when it is closed promises nothing here.
	}
	k := key("1")
	entries, head := store.Chain(k, store.Head{}, []store.Note{{At: h.Now(), Who: "U1", What: "seen", Facts: map[string]string{"a": "b"}}})
	w := store.Write{Key: k, Body: []byte("kept"), Wake: h.in(1), Lane: store.Routine, Entries: entries, Head: head, Seen: "click", SeenFor: 100 * h.Unit, Token: "w1"}
	h.put(t, w)
	before := h.load(t, k)
	h.Backend = h.Reopen()
	if diff := cmp.Diff(before, h.load(t, k)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(entries, collect(t, h.Backend.Trail(t.Context(), k))); diff != "" {
		t.Error(diff)
	}
	if h.first(t, "click", "another") {
		t.Error("the seen id was forgotten")
	}
	h.put(t, w)
	h.wait(2)
	h.leaseOne(t)
}

func cancelled(t *testing.T, h Harness) {
	h.put(t, store.Write{Key: key("1"), Wake: h.Now()})
	ctx := ended()
	l := store.Lease{Key: key("1"), Token: "none"}
	_, loadErr := h.Backend.Load(ctx, key("1"))
	_, _, leaseErr := h.Backend.Lease(ctx, "T1", store.Routine, 1, h.Unit)
	_, extendErr := h.Backend.Extend(ctx, l, h.Unit)
	_, sightErr := h.Backend.FirstSight(ctx, "T1", "click", "", h.Unit)
	for what, err := range map[string]error{
		"load": loadErr, "lease": leaseErr, "extend": extendErr, "sight": sightErr,
		"write": h.Backend.Write(ctx, store.Write{Key: key("1"), If: 1}),
		"ping":  h.Backend.Ping(ctx), "release": h.Backend.Release(ctx, l),
		"ids": last(h.Backend.IDs(ctx, "T1", "invoice")), "trail": last(h.Backend.Trail(ctx, key("1"))), "chains": last(h.Backend.Chains(ctx)),
	} {
		t.Run(what, func(t *testing.T) { mustBe(t, err, ctx.Err()) })
	}
	if !h.first(t, "click", "") || h.load(t, key("1")).Version != 1 {
		t.Error("a call with a cancelled context changed something")
	}
	h.leaseOne(t)
}

func closed(t *testing.T, h Harness) {
	h.put(t, store.Write{Key: key("1")})
	for range 2 {
		if err := h.Backend.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	}
	_, loadErr := h.Backend.Load(t.Context(), key("1"))
	_, _, leaseErr := h.Backend.Lease(t.Context(), "T1", store.Routine, 1, h.Unit)
	for _, err := range []error{
		loadErr, leaseErr, h.Backend.Write(t.Context(), store.Write{Key: key("2")}), h.Backend.Ping(t.Context()),
		last(h.Backend.IDs(t.Context(), "T1", "invoice")),
	} {
		mustBe(t, err, store.ErrUnavailable)
	}
}
