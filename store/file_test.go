package store_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	bolt "go.etcd.io/bbolt"

	"kvitt/store"
	"kvitt/store/storetest"
)

// clock is a clock that only moves when told to.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 3, 1, 9, 0, 0, 123456789, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// open opens the store in dir until the end of the test.
func open(t testing.TB, dir string, opts store.FileOptions) *store.File {
	t.Helper()
	f, err := store.OpenFile(t.Context(), dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func TestFileKeepsEveryPromise(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Harness {
		c, dir := newClock(), t.TempDir()
		opts := store.FileOptions{Now: c.now, NoSync: true}
		f := open(t, dir, opts)
		reopen := func() store.Backend {
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			return open(t, dir, opts)
		}
		return storetest.Harness{Backend: f, Now: c.now, Advance: c.advance, Reopen: reopen}
	})
}

func TestMemoryKeepsEveryPromise(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Harness {
		c := newClock()
		return storetest.Harness{Backend: storetest.Memory(c.now), Now: c.now, Advance: c.advance}
	})
}

// A bubble's clock stands still while anybody waits for something real.
func TestFileWorksInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := open(t, t.TempDir(), store.FileOptions{})
		recs := store.Of[int](f, "T1", "count")
		start := time.Now()
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				for range 5 {
					_, err := recs.Update(t.Context(), "1", func(n *int) (store.Next, error) {
						*n++
						return store.Next{Wake: time.Now().Add(time.Hour)}, nil
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("twenty updates took %v of the bubble's time", took)
		}
		_, next, err := f.Lease(t.Context(), "T1", store.Routine, 1, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Until(next))
		got, _, err := f.Lease(t.Context(), "T1", store.Routine, 1, time.Minute)
		if err != nil || len(got) != 1 || got[0].Late != 0 {
			t.Errorf("an hour later %v is due (%v)", got, err)
		}
	})
}

// A machine's clock may jump. Nobody works on a document twice for that, and nothing is late by more than the jump.
func TestAClockThatJumpsGivesNothingTwiceAndDelaysNothingForLonger(t *testing.T) {
	c, ctx := newClock(), t.Context()
	f := open(t, t.TempDir(), store.FileOptions{Now: c.now, NoSync: true})
	key := store.Key{Team: "T1", Kind: "k", ID: "1"}
	due := func(ttl time.Duration) []store.Lease {
		t.Helper()
		leases, _, err := f.Lease(ctx, "T1", store.Routine, 10, ttl)
		must(t, err)
		return leases
	}
	must(t, f.Write(ctx, store.Write{Key: key, Wake: c.now().Add(10 * time.Minute)}))
	c.advance(-time.Hour)
	if early := due(time.Minute); len(early) > 0 {
		t.Errorf("an hour back %v is due", early)
	}
	c.advance(71 * time.Minute)
	old := due(15 * time.Second)
	if len(old) != 1 {
		t.Fatalf("an hour late %v is due, want the document", old)
	}
	c.advance(-time.Hour)
	if others := due(time.Minute); len(others) > 0 {
		t.Errorf("while somebody works on it %v was given to another", others)
	}
	kept, err := f.Extend(ctx, old[0], 15*time.Second)
	if err != nil || kept.Until.Sub(c.now()) > 15*time.Second {
		t.Errorf("whoever holds it has it until %v (%v), at %v", kept.Until, err, c.now())
	}
	c.advance(2 * time.Hour)
	others := due(time.Minute)
	if len(others) != 1 {
		t.Fatalf("ahead again %v is due, want what nobody holds any more", others)
	}
	if err := f.Write(ctx, store.Write{Key: key, If: 1, Lease: kept.Token}); !errors.Is(err, store.ErrLost) {
		t.Errorf("whoever held it before writes: %v", err)
	}
}

func TestASecondProcessIsToldWithinASecond(t *testing.T) {
	dir := t.TempDir()
	open(t, dir, store.FileOptions{})
	start := time.Now()
	_, err := store.OpenFile(t.Context(), dir, store.FileOptions{})
	if !errors.Is(err, store.ErrInUse) || !strings.Contains(err.Error(), dir) {
		t.Errorf("the answer is %v", err)
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestLeasesOfADeadProcessAreGone(t *testing.T) {
	dir := t.TempDir()
	f := open(t, dir, store.FileOptions{})
	if err := f.Write(t.Context(), store.Write{Key: store.Key{Team: "T1", Kind: "k", ID: "1"}, Wake: time.Now()}); err != nil {
		t.Fatal(err)
	}
	old, _, err := f.Lease(t.Context(), "T1", store.Routine, 1, time.Hour)
	if err != nil || len(old) != 1 {
		t.Fatal(old, err)
	}
	f.Close()
	f = open(t, dir, store.FileOptions{})
	if _, err := f.Extend(t.Context(), old[0], time.Hour); !errors.Is(err, store.ErrLost) {
		t.Errorf("the dead one's lease: %v", err)
	}
	if got, _, err := f.Lease(t.Context(), "T1", store.Routine, 1, time.Hour); err != nil || len(got) != 1 {
		t.Errorf("after the restart %v is due (%v)", got, err)
	}
}

func TestOthersCannotReadTheStore(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	f := open(t, dir, store.FileOptions{})
	path := filepath.Join(dir, store.FileName)
	modes := func() string {
		folder, _ := os.Stat(dir)
		file, _ := os.Stat(path)
		return fmt.Sprintf("%o %o", folder.Mode().Perm(), file.Mode().Perm())
	}
	if got := modes(); got != "700 600" {
		t.Errorf("the modes are %s", got)
	}
	f.Close()
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	open(t, dir, store.FileOptions{})
	if got := modes(); got != "700 600" {
		t.Errorf("after reopening the modes are %s", got)
	}
}

func TestANewerLayoutIsRefused(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, store.FileName)
	open(t, dir, store.FileOptions{}).Close()
	edit(t, path, func(tx *bolt.Tx) error { return tx.Bucket([]byte("meta")).Put([]byte("layout"), []byte("3")) })
	_, err := store.OpenFile(t.Context(), dir, store.FileOptions{})
	if e, ok := errors.AsType[*store.LayoutError](err); !ok || e.Found != 3 || e.Known != 2 || e.Path != path {
		t.Errorf("the answer is %v", err)
	}
	for _, layout := range []string{"0", "-1", "two", ""} {
		edit(t, path, func(tx *bolt.Tx) error { return tx.Bucket([]byte("meta")).Put([]byte("layout"), []byte(layout)) })
		_, err := store.OpenFile(t.Context(), dir, store.FileOptions{})
		if e, ok := errors.AsType[*store.DamagedError](err); !ok || e.What != path {
			t.Errorf("the layout %q is answered %v", layout, err)
		}
	}
	edit(t, path, func(tx *bolt.Tx) error { return tx.Bucket([]byte("meta")).Put([]byte("layout"), []byte("2")) })
	open(t, dir, store.FileOptions{})
}

func TestAStoreOfAnOlderLayoutIsUpgradedAndLosesNothing(t *testing.T) {
	dir := t.TempDir()
	key := store.Key{Team: "T1", Kind: "invoice", ID: "1"}
	f := open(t, dir, store.FileOptions{})
	if err := f.Write(t.Context(), store.Write{Key: key, Body: []byte("{}")}); err != nil {
		t.Fatal(err)
	}
	f.Close()
	edit(t, filepath.Join(dir, store.FileName), func(tx *bolt.Tx) error {
		return errors.Join(tx.DeleteBucket([]byte("lists")), tx.Bucket([]byte("meta")).Put([]byte("layout"), []byte("1")))
	})
	looked, err := store.OpenFile(t.Context(), dir, store.FileOptions{Look: true})
	must(t, err)
	if _, err := looked.Load(t.Context(), key); err != nil {
		t.Error("who only looks cannot read it:", err)
	}
	must(t, looked.Close())
	edit(t, filepath.Join(dir, store.FileName), func(tx *bolt.Tx) error {
		if layout := string(tx.Bucket([]byte("meta")).Get([]byte("layout"))); layout != "1" {
			t.Errorf("who only looked made layout %s of it", layout)
		}
		return nil
	})
	f = open(t, dir, store.FileOptions{})
	doc, err := f.Load(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Write(t.Context(), store.Write{Key: key, If: doc.Version, Body: []byte("{}"), List: "open"}); err != nil {
		t.Error("what is written now is on no list:", err)
	}
}

// edit changes the file as another program would.
func edit(t *testing.T, path string, fn func(*bolt.Tx) error) {
	t.Helper()
	db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Update(fn); err != nil {
		t.Fatal(err)
	}
}

func TestAFolderThatCannotBeMadeIsUnavailable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := store.OpenFile(t.Context(), filepath.Join(file, "data"), store.FileOptions{})
	if !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("the answer is %v", err)
	}
}

func TestAReplacedFileIsNoticed(t *testing.T) {
	dir := t.TempDir()
	f := open(t, dir, store.FileOptions{})
	if err := f.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	if err := os.Remove(filepath.Join(dir, store.FileName)); err != nil {
		t.Fatal(err)
	}
	if err := f.Ping(t.Context()); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("the answer is %v", err)
	}
}
