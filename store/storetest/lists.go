package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kvitt/store"
)

var lists = []promise{
	{"a list is in the order of its places, either way", listInOrder},
	{"a document is on one list at most, and on the one it was put on last", oneListAtMost},
	{"a long list is read whole, while others write", longList},
	{"a refused write changes no list", refusedWriteListsNothing},
}

func (h Harness) listed(t *testing.T, list string, newest bool) []string {
	t.Helper()
	return collect(t, h.Backend.Listed(t.Context(), "T1", "invoice", list, newest))
}

func listInOrder(t *testing.T, h Harness) {
	day := time.Date(2026, 3, 12, 0, 0, 0, 0, time.UTC)
	for id, place := range map[string]time.Time{"c": day, "b": day.Add(time.Microsecond), "a": day.AddDate(1, 0, 0), "d": {}, "e": day} {
		h.put(t, store.Write{Key: key(id), Body: []byte("{}"), List: "open", Place: place})
	}
	h.put(t, store.Write{Key: key("other"), Body: []byte("{}"), List: "opened", Place: day})
	h.put(t, store.Write{Key: store.Key{Team: "T2", Kind: "invoice", ID: "theirs"}, Body: []byte("{}"), List: "open", Place: day})
	want := []string{"d", "c", "e", "b", "a"}
	if diff := cmp.Diff(want, h.listed(t, "open", false)); diff != "" {
		t.Error(diff)
	}
	slices.Reverse(want)
	if diff := cmp.Diff(want, h.listed(t, "open", true)); diff != "" {
		t.Error(diff)
	}
	if got := h.listed(t, "nothing", true); len(got) != 0 {
		t.Errorf("an empty list holds %v", got)
	}
}

func oneListAtMost(t *testing.T, h Harness) {
	now := h.Now()
	h.put(t, store.Write{Key: key("1"), Body: []byte("{}"), List: "open", Place: now})
	h.put(t, store.Write{Key: key("1"), If: 1, Body: []byte("{}"), List: "open", Place: now.Add(time.Hour)})
	if got := h.listed(t, "open", false); !slices.Equal(got, []string{"1"}) {
		t.Errorf("moved on its list, it is there as %v", got)
	}
	h.put(t, store.Write{Key: key("1"), If: 2, Body: []byte("{}"), List: "paid", Place: now})
	if open, paid := h.listed(t, "open", false), h.listed(t, "paid", false); len(open) != 0 || !slices.Equal(paid, []string{"1"}) {
		t.Errorf("moved from list to list, it is on %v and %v", open, paid)
	}
	h.put(t, store.Write{Key: key("1"), If: 3, Body: []byte("{}")})
	if paid := h.listed(t, "paid", false); len(paid) != 0 {
		t.Errorf("taken off, it is still on %v", paid)
	}
}

func longList(t *testing.T, h Harness) {
	const n = 600
	now := h.Now()
	for i := range n {
		h.put(t, store.Write{Key: key(fmt.Sprintf("%04d", i)), Body: []byte("{}"), List: "open", Place: now.Add(time.Duration(i/200) * time.Hour)})
	}
	for _, newest := range []bool{false, true} {
		var got []string
		for id, err := range h.Backend.Listed(t.Context(), "T1", "invoice", "open", newest) {
			if err != nil {
				t.Fatal(err)
			}
			if len(got)%250 == 0 {
				h.put(t, store.Write{Key: key(fmt.Sprintf("new %v %d", newest, len(got))), Body: []byte("{}"), List: "paid", Place: now})
			}
			got = append(got, id)
		}
		if len(got) != n || len(slices.Compact(slices.Sorted(slices.Values(got)))) != n {
			t.Errorf("newest first %v: %d of %d documents", newest, len(got), n)
		}
	}
}

func refusedWriteListsNothing(t *testing.T, h Harness) {
	h.put(t, store.Write{Key: key("1"), Body: []byte("{}"), List: "open", Place: h.Now()})
	mustBe(t, h.Backend.Write(t.Context(), store.Write{Key: key("1"), If: 7, Body: []byte("{}"), List: "paid"}), store.ErrConflict)
	mustBe(t, h.Backend.Write(t.Context(), store.Write{Key: key("2"), Body: []byte("{}"), List: "a\x00b"}), store.ErrInvalid)
	if got := h.listed(t, "open", false); !slices.Equal(got, []string{"1"}) {
		t.Errorf("after a refused write the list holds %v", got)
	}
}
