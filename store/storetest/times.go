package storetest

import (
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kvitt/store"
)

var times = []promise{
	{"nothing wakes early, and what is late says so", neverEarly},
	{"the earliest wake comes first, and no more than asked", earliestFirst},
	{"a lane never stands in front of another", lanesApart},
	{"a document that sleeps is never due", asleep},
	{"a newer wake takes the place of the old one", newerWake},
	{"a wake in the past is now", pastIsNow},
	{"next is when there may be more to do", nextIsRight},
}

func neverEarly(t *testing.T, h Harness) {
	wake := h.in(3)
	h.put(t, store.Write{Key: key("1"), Wake: wake})
	if got, _ := h.lease(t, 10); len(got) != 0 {
		t.Errorf("%v woke early", got)
	}
	h.wait(5)
	l := h.leaseOne(t)
	if most := h.Now().Sub(wake); l.Late < h.Unit || l.Late > most {
		t.Errorf("it is %v late, want two units of %v, and at most %v", l.Late, h.Unit, most)
	}
}

func earliestFirst(t *testing.T, h Harness) {
	start := h.Now() // A store that is slow may take a while for each write.
	for id, wake := range map[string]time.Duration{"c": 7, "a": 5, "d": 8, "b": 6} {
		h.put(t, store.Write{Key: key(id), Wake: start.Add(wake * h.Unit)})
	}
	h.wait(9)
	var got []string
	for _, n := range []int{0, 2, 1, 5} {
		some, _ := h.lease(t, n)
		if len(some) > n {
			t.Errorf("%d came, %d were asked for", len(some), n)
		}
		got = slices.AppendSeq(got, keys(some))
	}
	if diff := cmp.Diff([]string{"a", "b", "c", "d"}, got); diff != "" {
		t.Error(diff)
	}
}

func lanesApart(t *testing.T, h Harness) {
	h.put(t, store.Write{Key: key("reminder"), Wake: h.Now()})
	h.put(t, store.Write{Key: key("payment"), Wake: h.Now(), Lane: store.Urgent})
	h.put(t, store.Write{Key: key("changes lanes"), Wake: h.Now()})
	h.put(t, store.Write{Key: key("changes lanes"), If: 1, Wake: h.Now(), Lane: store.Urgent})
	if l := h.leaseOne(t); l.Key.ID != "reminder" {
		t.Errorf("the routine lane gave %s", l.Key)
	}
	got, _, err := h.Backend.Lease(t.Context(), "T1", store.Urgent, 10, h.Unit)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"changes lanes", "payment"}, slices.Sorted(keys(got))); diff != "" {
		t.Error(diff)
	}
}

func asleep(t *testing.T, h Harness) {
	h.put(t, store.Write{Key: key("never woke")})
	h.put(t, store.Write{Key: key("fell asleep"), Wake: h.Now()})
	h.put(t, store.Write{Key: key("fell asleep"), If: 1})
	h.wait(12)
	if got, next := h.lease(t, 10); len(got) != 0 || !next.IsZero() {
		t.Errorf("got %v and should wait for %v, want nothing and never", got, next)
	}
}

func newerWake(t *testing.T, h Harness) {
	h.put(t, store.Write{Key: key("1"), Wake: h.in(1)})
	h.put(t, store.Write{Key: key("1"), If: 1, Wake: h.in(9)})
	h.wait(3)
	if got, _ := h.lease(t, 10); len(got) != 0 {
		t.Errorf("the old wake still wakes %v", got)
	}
	h.put(t, store.Write{Key: key("1"), If: 2, Wake: h.Now()})
	h.leaseOne(t)
}

func pastIsNow(t *testing.T, h Harness) {
	h.put(t, store.Write{Key: key("first"), Wake: h.Now()})
	h.wait(1)
	start := h.Now()
	h.put(t, store.Write{Key: key("pushes in"), Wake: time.Unix(1, 0)})
	got, _ := h.lease(t, 1)
	if len(got) != 1 || got[0].Key.ID != "first" {
		t.Errorf("a wake in the past came before what waited: %v", got)
	}
	l := h.leaseOne(t)
	if most := h.Now().Sub(start) + time.Microsecond; l.Late > most {
		t.Errorf("what was written %v ago is %v late", most, l.Late)
	}
}

func nextIsRight(t *testing.T, h Harness) {
	h.put(t, store.Write{Key: key("a"), Wake: h.Now()})
	h.put(t, store.Write{Key: key("b"), Wake: h.Now()})
	h.put(t, store.Write{Key: key("c"), Wake: h.in(4)})
	h.put(t, store.Write{Key: key("d"), Wake: h.in(40)})
	if _, next := h.lease(t, 1); next.After(h.Now()) {
		t.Errorf("more is due now, next is %v", next)
	}
	l := h.leaseOne(t)
	if _, next := h.lease(t, 10); !next.Equal(h.load(t, key("c")).Wake) {
		t.Errorf("next is %v, want when c wakes", next)
	}
	h.wait(5)
	h.leaseOne(t)
	if _, next := h.lease(t, 10); next.Before(h.Now()) || next.After(l.Until) {
		t.Errorf("next is %v, want when the first lease ends, by %v", next, l.Until)
	}
	h.put(t, store.Write{Key: key("a"), If: 1})
	h.put(t, store.Write{Key: key("b"), If: 1, Wake: h.in(30)})
	h.put(t, store.Write{Key: key("c"), If: 1})
	if _, next := h.lease(t, 10); !next.Equal(h.load(t, key("b")).Wake) {
		t.Errorf("next is %v, want when b wakes: it is leased, but not for so long", next)
	}
}

func keys(leases []store.Lease) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, l := range leases {
			if !yield(l.Key.ID) {
				return
			}
		}
	}
}
