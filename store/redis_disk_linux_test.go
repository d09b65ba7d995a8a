package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kvitt/store"
	"kvitt/store/redistest"
)

// counter counts in one record until it is refused, and knows how often it was acknowledged.
type counter struct {
	t            *testing.T
	r            *store.Redis
	acknowledged int
}

// count has the record count on, with an audit entry, a wake and a place on a list each time.
func (c *counter) count() error {
	_, err := store.Of[counted](c.r, "T1", "count").Update(c.t.Context(), "1", func(n *counted) (store.Next, error) {
		n.N, n.Weight = n.N+1, strings.Repeat("k", 300)
		at := time.UnixMicro(int64(n.N))
		return store.Next{Wake: time.Now(), List: "counting", Place: at, Audit: []store.Note{{At: at, Who: "U1", What: "counted"}}}, nil
	})
	if err == nil {
		c.acknowledged++
	}
	return err
}

// refused counts until that is refused.
func (c *counter) refused() error {
	for range 10_000 {
		if err := c.count(); err != nil {
			return err
		}
	}
	c.t.Fatal("the disk never got full; the test proves nothing")
	return nil
}

// whole reads how far the record has counted, and looks whether everything that was written with it agrees.
func (c *counter) whole() int {
	c.t.Helper()
	counts, key := store.Of[counted](c.r, "T1", "count"), store.Key{Team: "T1", Kind: "count", ID: "1"}
	rec, err := counts.Load(c.t.Context(), "1")
	if errors.Is(err, store.ErrNotFound) {
		return 0
	}
	doc, docErr := c.r.Load(c.t.Context(), key)
	head, headErr := store.Verify(counts.Trail(c.t.Context(), "1"))
	if err := errors.Join(err, docErr, headErr); err != nil || doc.Version != int64(rec.N) || head != doc.Head || head.Seq != int64(rec.N) {
		c.t.Errorf("version %d says %d, the trail ends at %v, the head is %v: %v", doc.Version, rec.N, head, doc.Head, err)
	}
	var listed []string
	for id, err := range c.r.Listed(c.t.Context(), "T1", "count", "counting", false) {
		must(c.t, err)
		listed = append(listed, id)
	}
	due, _, err := c.r.Lease(c.t.Context(), "T1", store.Routine, 10, time.Millisecond)
	if err != nil || len(due) != 1 || due[0].Key != key || len(listed) != 1 {
		c.t.Errorf("%d are on the list and %v are due (%v), want the record once", len(listed), due, err)
	}
	return rec.N
}

// appended is the append-only file of a server.
func appended(t *testing.T, s *redistest.Server) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(s.Dir, "appendonlydir", "*.incr.aof"))
	if err != nil || len(found) != 1 {
		t.Fatalf("there are %d append-only files: %v", len(found), err)
	}
	return found[0]
}

func size(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	must(t, err)
	return info.Size()
}

func TestARedisWithAFullDiskSaysSoAndGoesOnOnceThereIsRoom(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t, "--appendonly", "yes", "--enable-debug-command", "local")
	c := &counter{t: t, r: openRedis(t, s.URL(), store.RedisOptions{})}
	must(t, c.count())
	s.Room(uint64(size(t, appended(t, s)) + 20_000))
	first, before := c.refused(), s.Must("DEBUG", "DIGEST")
	_, sightErr := c.r.FirstSight(t.Context(), "T1", "press", "", time.Hour)
	_, _, leaseErr := c.r.Lease(t.Context(), "T1", store.Routine, 1, time.Minute)
	for what, err := range map[string]error{"the first write": first, "a write": c.count(), "sight": sightErr, "lease": leaseErr, "ping": c.r.Ping(t.Context())} {
		if !errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), "look at its log and at the disk") {
			t.Errorf("%s is answered %v", what, err)
		}
	}
	if after := s.Must("DEBUG", "DIGEST"); after != before {
		t.Error("something changed although everything was refused")
	}
	found, err := c.r.Findings(t.Context())
	if err != nil || !slices.ContainsFunc(found, func(f store.Finding) bool { return strings.Contains(f.What, "could not write its append-only file") }) {
		t.Errorf("its settings are answered %v (%v)", found, err)
	}
	s.Room(0)
	for end := time.Now().Add(10 * time.Second); c.count() != nil; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("there is room, and it still refuses")
		}
	}
	s.Kill()
	s.Restart()
	if n := c.whole(); n != c.acknowledged {
		t.Errorf("after kill -9 it has counted to %d, %d were acknowledged", n, c.acknowledged)
	}
}

// With appendfsync always Redis ends rather than acknowledge what is not on its disk.
func TestARedisThatMayLoseNothingStopsAtAFullDisk(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t, redistest.AppendOnly...)
	c := &counter{t: t, r: openRedis(t, s.URL(), store.RedisOptions{})}
	must(t, c.count())
	s.Room(uint64(size(t, appended(t, s)) + 20_000))
	if err := c.refused(); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("the answer is %v", err)
	}
	s.Kill()
	log, err := os.ReadFile(filepath.Join(s.Dir, "log"))
	if err != nil || !strings.Contains(string(log), "Can't recover from AOF write error") {
		t.Errorf("it did not end by itself (%v): %s", err, log)
	}
	s.Restart() // Whoever looks after it has made room.
	if n := c.whole(); n != c.acknowledged {
		t.Errorf("it has counted to %d, %d were acknowledged", n, c.acknowledged)
	}
	must(t, c.count())
}

// What a power failure leaves is the file up to some byte. Whatever the byte, the store is as it was after some write, and nothing between.
func TestAnAppendOnlyFileCutAnywhereHoldsWholeWrites(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t, redistest.AppendOnly...)
	c := &counter{t: t, r: openRedis(t, s.URL(), store.RedisOptions{})}
	path := appended(t, s)
	ends := []int64{size(t, path)} // Where the file ended when each write was acknowledged.
	for range 4 {
		must(t, c.count())
		ends = append(ends, size(t, path))
	}
	s.Kill()
	whole, err := os.ReadFile(path)
	must(t, err)
	for n := 1; n < len(ends); n++ {
		for cut, want := range map[int64]int{ends[n-1] + 1: n - 1, (ends[n-1] + ends[n]) / 2: n - 1, ends[n] - 1: n - 1, ends[n]: n} {
			must(t, os.WriteFile(path, whole[:cut], 0o600))
			s.Restart()
			if got := c.whole(); got != want {
				t.Errorf("cut at byte %d of %d it has counted to %d, want %d", cut, len(whole), got, want)
			}
			s.Kill()
		}
	}
}
