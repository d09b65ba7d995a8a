package storetest

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kvitt/store"
)

var audit = []promise{
	{"the trail is what was written, oldest first, and its chain holds", trailHolds},
	{"every tampering with a trail is found", tamperingFound},
	{"a trail without an end is only known by its head", cutTail},
	{"every chain is listed", chainsListed},
	{"entries that do not belong are refused", entriesBelong},
}

// story writes a trail of n entries and returns it.
func (h Harness) story(t *testing.T, k store.Key, n int) []store.Entry {
	t.Helper()
	recs := store.Of[int](h.Backend, k.Team, k.Kind)
	at := time.Date(2026, 3, 1, 9, 0, 0, 123456789, time.FixedZone("CET", 3600))
	for i := 0; i < n; i += 2 {
		_, err := recs.Update(t.Context(), k.ID, func(*int) (store.Next, error) {
			return store.Next{Audit: []store.Note{
				{At: at.Add(time.Duration(i) * time.Hour), Who: "U1", What: fmt.Sprint("step ", i), Facts: map[string]string{"amount": "12.00 USD", "æ": "\xff<&>"}},
				{At: at.Add(time.Duration(i) * time.Hour), Who: "sweeper", What: "posted,told"},
			}}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return collect(t, h.Backend.Trail(t.Context(), k))
}

func trailHolds(t *testing.T, h Harness) {
	trail := h.story(t, key("1"), 600)
	h.story(t, key("10"), 2)
	if len(trail) != 600 || trail[598].What != "step 598" || trail[599].What != "posted,told" {
		t.Fatalf("%d entries, the last %v", len(trail), trail[len(trail)-1])
	}
	want := store.Entry{
		Key: key("1"), Seq: 1, At: time.Date(2026, 3, 1, 8, 0, 0, 123456789, time.UTC), Who: "U1", What: "step 0",
		Facts: map[string]string{"amount": "12.00 USD", "æ": "\uFFFD<&>"}, Hash: trail[0].Hash,
	}
	if diff := cmp.Diff(want, trail[0]); diff != "" {
		t.Error(diff)
	}
	head, err := store.Verify(h.Backend.Trail(t.Context(), key("1")))
	if doc := h.load(t, key("1")); err != nil || head != doc.Head || head.Seq != 600 {
		t.Errorf("the chain ends at %v (%v), the document says %v", head, err, doc.Head)
	}
}

func tamperingFound(t *testing.T, h Harness) {
	whole := h.story(t, key("1"), 6)
	other := h.story(t, key("2"), 6)
	change := func(at int, fn func(*store.Entry)) []store.Entry {
		s := slices.Clone(whole)
		s[at].Facts = maps.Clone(s[at].Facts)
		fn(&s[at])
		return s
	}
	for name, c := range map[string]struct {
		entries []store.Entry
		bad     int64
	}{
		"time":          {change(2, func(e *store.Entry) { e.At = e.At.Add(1) }), 3},
		"who":           {change(0, func(e *store.Entry) { e.Who = "U2" }), 1},
		"what":          {change(5, func(e *store.Entry) { e.What = "declined" }), 6},
		"a fact":        {change(2, func(e *store.Entry) { e.Facts["amount"] = "1.00 USD" }), 3},
		"a fact less":   {change(2, func(e *store.Entry) { delete(e.Facts, "amount") }), 3},
		"a fact more":   {change(1, func(e *store.Entry) { e.Facts = map[string]string{"": ""} }), 2},
		"moved words":   {change(1, func(e *store.Entry) { e.Who, e.What = "sweeper,posted", "told" }), 2},
		"hash":          {change(3, func(e *store.Entry) { e.Hash = whole[2].Hash }), 4},
		"rehashed":      {change(3, forge(key("1"), 4)), 5},
		"renumbered":    {change(3, forge(key("1"), 9)), 4},
		"other's":       {change(3, forge(key("2"), 4)), 4},
		"number":        {change(3, func(e *store.Entry) { e.Seq = 9 }), 4},
		"other chain":   {change(3, func(e *store.Entry) { *e = other[3] }), 4},
		"all renamed":   {renamed(whole), 1},
		"first removed": {whole[1:], 1},
		"removed":       {slices.Delete(slices.Clone(whole), 2, 3), 3},
		"inserted":      {slices.Insert(slices.Clone(whole), 3, whole[2]), 4},
		"reordered":     {append(slices.Clone(whole[:3]), whole[4], whole[3], whole[5]), 4},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := store.Verify(of(c.entries))
			broken, ok := errors.AsType[*store.BrokenChainError](err)
			if !ok || broken.Seq != c.bad || broken.Why == "" {
				t.Errorf("the answer is %v, want entry %d", err, c.bad)
			}
		})
	}
	if _, err := store.Verify(of(whole)); err != nil {
		t.Errorf("the untouched chain: %v", err)
	}
}

// forge changes an entry as somebody would who can count hashes.
func forge(k store.Key, seq int64) func(*store.Entry) {
	return func(e *store.Entry) {
		forged, _ := store.Chain(k, store.Head{Seq: seq - 1, Hash: e.Prev}, []store.Note{{At: e.At, Who: "U9", What: e.What, Facts: e.Facts}})
		*e = forged[0]
	}
}

func renamed(entries []store.Entry) []store.Entry {
	entries = slices.Clone(entries)
	for i := range entries {
		entries[i].Key = key("9")
	}
	return entries
}

func cutTail(t *testing.T, h Harness) {
	whole := h.story(t, key("1"), 6)
	head, err := store.Verify(of(whole[:4]))
	if err != nil {
		t.Errorf("a chain that was cut is a chain: %v", err)
	}
	if head == h.load(t, key("1")).Head {
		t.Error("the document's head does not tell that the end is gone")
	}
}

func chainsListed(t *testing.T, h Harness) {
	want := []store.Key{
		{Team: "T1", Kind: "invoice", ID: "1"}, {Team: "T1", Kind: "invoice", ID: "10"},
		{Team: "T1", Kind: "person", ID: "1"}, {Team: "T2", Kind: "invoice", ID: "1"},
	}
	for _, k := range slices.Backward(want) {
		h.story(t, k, 6)
	}
	h.put(t, store.Write{Key: key("2"), Body: []byte("without a trail")})
	if diff := cmp.Diff(want, collect(t, h.Backend.Chains(t.Context()))); diff != "" {
		t.Error(diff)
	}
}

func entriesBelong(t *testing.T, h Harness) {
	entries, head := store.Chain(key("1"), store.Head{}, []store.Note{{What: "one"}, {What: "two"}})
	for _, w := range []store.Write{
		{Key: key("2"), Entries: entries, Head: head},
		{Key: key("1"), Entries: entries[1:], Head: store.Head{Seq: 1, Hash: head.Hash}},
		{Key: key("1"), Entries: []store.Entry{entries[1], entries[0]}, Head: head},
		{Key: key("1"), Entries: entries},
	} {
		mustBe(t, h.Backend.Write(t.Context(), w), store.ErrInvalid)
	}
	h.put(t, store.Write{Key: key("1"), Entries: entries, Head: head})
	for _, w := range []store.Write{
		{Key: key("1"), If: 1, Entries: entries, Head: head}, // Would write over what is there.
		{Key: key("1"), If: 1},                               // Would forget the head.
		{Key: key("1"), If: 1, Head: store.Head{Seq: 2, Hash: "another"}},
	} {
		mustBe(t, h.Backend.Write(t.Context(), w), store.ErrInvalid)
	}
	h.put(t, store.Write{Key: key("1"), If: 1, Head: head})
}

func of(entries []store.Entry) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		for _, e := range entries {
			if !yield(e, nil) {
				return
			}
		}
	}
}
