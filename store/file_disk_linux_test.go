package store_test

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"kvitt/store"
)

// A process of its own meets the full disk, because the operating system limits the files of whole processes only.
func TestAFullDiskUnderTheFileIsToldAndForgottenOnceThereIsRoom(t *testing.T) {
	if os.Getenv("STORE_TEST_FULL") != "" {
		fillDisk(t)
		return
	}
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	child.Env = append(os.Environ(), "STORE_TEST_FULL=1")
	if out, err := child.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

// fillDisk writes until the disk is full, makes room, and goes on.
func fillDisk(t *testing.T) {
	signal.Ignore(syscall.SIGXFSZ) // The system's error counts, as on a full disk.
	dir, key := t.TempDir(), store.Key{Team: "T1", Kind: "k", ID: "1"}
	f := open(t, dir, store.FileOptions{})
	room := func(bytes uint64) {
		must(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: bytes, Max: ^uint64(0)}))
	}
	path := filepath.Join(dir, store.FileName)
	room(uint64(size(t, path)) + 4<<20)
	version, head := int64(0), store.Head{}
	write := func() error {
		entries, end := store.Chain(key, head, []store.Note{{Who: "U1", What: "wrote", Facts: map[string]string{"weight": strings.Repeat("k", 100_000)}}})
		err := f.Write(t.Context(), store.Write{Key: key, If: version, Wake: time.Now(), Entries: entries, Head: end})
		if err == nil {
			version, head = version+1, end
		}
		return err
	}
	var err error
	for err == nil && version < 1000 {
		err = write()
	}
	if version == 0 || !errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "make room") {
		t.Errorf("after %d writes the answer is %v", version, err)
	}
	unharmed := func() {
		doc, err := f.Load(t.Context(), key)
		end, trailErr := store.Verify(f.Trail(t.Context(), key))
		if err := errors.Join(err, trailErr); err != nil || doc.Version != version || doc.Head != head || end != head {
			t.Errorf("version %d ends at %v, its trail at %v, want %d and %v: %v", doc.Version, doc.Head, end, version, head, err)
		}
	}
	unharmed()
	room(^uint64(0))
	must(t, write())
	must(t, f.Close())
	f = open(t, dir, store.FileOptions{})
	unharmed()
}
