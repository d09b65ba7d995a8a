package storetest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"kvitt/store"
)

var seen = []promise{
	{"the first who brings an id is told so, and told so again", firstToken},
	{"without a token an id is new once", noToken},
	{"a seen id is new again after its time", seenExpires},
	{"an id that came again is remembered anew", rememberedAnew},
	{"of many who bring an id at once one is first", oneIsFirst},
	{"a write and first sight share one memory", writeRemembers},
}

func firstToken(t *testing.T, h Harness) {
	for _, step := range []struct {
		token string
		first bool
	}{{"mine", true}, {"mine", true}, {"theirs", false}, {"mine", true}, {"", false}} {
		if got := h.first(t, "click", step.token); got != step.first {
			t.Errorf("first is %v for token %q", got, step.token)
		}
	}
	if !h.first(t, "another click", "theirs") {
		t.Error("another id was seen before")
	}
}

func noToken(t *testing.T, h Harness) {
	if !h.first(t, "click", "") || h.first(t, "click", "") || h.first(t, "click", "late") {
		t.Error("want first, then not, then not")
	}
}

func seenExpires(t *testing.T, h Harness) {
	h.first(t, "click", "mine")
	h.wait(8)
	h.first(t, "click", "mine") // A repeated call does not make it live longer.
	h.wait(3)
	if !h.first(t, "click", "theirs") {
		t.Error("it is remembered for too long")
	}
	if h.first(t, "click", "mine") {
		t.Error("the old token is still the first")
	}
	h.put(t, store.Write{Key: key("1"), Seen: "press", SeenFor: 5 * h.Unit})
	h.wait(6)
	h.put(t, store.Write{Key: key("1"), If: 1, Seen: "press", SeenFor: 5 * h.Unit})
}

func rememberedAnew(t *testing.T, h Harness) {
	for i := range 10 { // These are in front of it when old ids are swept away.
		h.first(t, fmt.Sprint("a click ", i), "")
	}
	h.first(t, "click", "old")
	h.wait(11)
	h.first(t, "click", "new")
	for i := range 20 { // Each may sweep away some that are over.
		h.first(t, fmt.Sprint("new click ", i), "")
	}
	if h.first(t, "click", "another") {
		t.Error("it went with the old ones")
	}
}

func oneIsFirst(t *testing.T, h Harness) {
	var firsts atomic.Int32
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			first, err := h.Backend.FirstSight(t.Context(), "T1", "click", fmt.Sprint(i), 100*h.Unit)
			if err != nil {
				t.Error(err)
			}
			if first {
				firsts.Add(1)
			}
		})
	}
	all.Wait()
	if firsts.Load() != 1 {
		t.Errorf("%d were first", firsts.Load())
	}
}

func writeRemembers(t *testing.T, h Harness) {
	h.first(t, "click", "mine")
	w := store.Write{Key: key("1"), Seen: "click", SeenFor: 100 * h.Unit}
	mustBe(t, h.Backend.Write(t.Context(), w), store.ErrSeen)
	w.Token = "theirs"
	mustBe(t, h.Backend.Write(t.Context(), w), store.ErrSeen)
	w.Token = "mine"
	h.put(t, w)
	h.put(t, store.Write{Key: key("2"), Seen: "press", SeenFor: 100 * h.Unit, Token: "w"})
	if h.first(t, "press", "another") || !h.first(t, "press", "w") {
		t.Error("want the write's id to belong to the write's token")
	}
}
