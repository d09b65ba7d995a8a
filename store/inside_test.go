package store

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"
)

func openInside(t *testing.T, now func() time.Time) *File {
	t.Helper()
	f, err := OpenFile(t.Context(), t.TempDir(), FileOptions{Now: now, NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func TestAFullDiskIsUnavailableAndHeals(t *testing.T) {
	f := openInside(t, nil)
	k := Key{"T1", "k", "1"}
	if err := f.Write(t.Context(), Write{Key: k, Body: []byte("small")}); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(f.path)
	if err != nil {
		t.Fatal(err)
	}
	f.db.MaxSize = int(info.Size()) // The file cannot grow, as on a full disk.
	big := Write{Key: k, If: 1, Body: make([]byte, 2*info.Size()), Seen: "click", SeenFor: time.Hour}
	if err := f.Write(t.Context(), big); !errors.Is(err, ErrUnavailable) {
		t.Errorf("the answer is %v", err)
	}
	if !f.failed.Load() {
		t.Error("the failure was not noticed")
	}
	if doc, err := f.Load(t.Context(), k); err != nil || string(doc.Body) != "small" {
		t.Errorf("after the failure it is %q (%v)", doc.Body, err)
	}
	f.db.MaxSize = 0
	if err := f.Ping(t.Context()); err != nil || f.failed.Load() {
		t.Errorf("after the disk is well: %v", err)
	}
	if err := f.Write(t.Context(), big); err != nil {
		t.Error(err)
	}
}

func TestSeenIdsAreForgottenAndTheFileStaysSmall(t *testing.T) {
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	f := openInside(t, func() time.Time { return at })
	for i := range 2000 {
		at = at.Add(time.Minute)
		if _, err := f.FirstSight(t.Context(), "T1", fmt.Sprint("click ", i), "", time.Hour); err != nil {
			t.Fatal(err)
		}
		if _, err := f.FirstSight(t.Context(), "T1", "every two hours", "", 2*time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	_ = f.db.View(func(tx *bolt.Tx) error {
		for _, name := range [][]byte{seenBucket, expiryBucket} {
			if n := tx.Bucket(name).Stats().KeyN; n > 62 {
				t.Errorf("%q holds %d ids, want those of the last hour", name, n)
			}
		}
		return nil
	})
}

func TestATamperedDocumentIsNamed(t *testing.T) {
	f := openInside(t, nil)
	k := Key{"T1", "k", "1"}
	err := f.db.Update(func(tx *bolt.Tx) error { return tx.Bucket(docsBucket).Put(docKey(k), []byte("\x05nonsense")) })
	if err != nil {
		t.Fatal(err)
	}
	_, loadErr := f.Load(t.Context(), k)
	for _, err := range []error{loadErr, f.Write(t.Context(), Write{Key: k})} {
		if e, ok := errors.AsType[*DamagedError](err); !ok || e.What != k.String() {
			t.Errorf("the answer is %v", err)
		}
	}
}

// The end of the file may hold anything; without the size, looking at it would
// end the program.
func TestAMissingEndIsFoundBeforeItIsLookedAt(t *testing.T) {
	f := openInside(t, nil)
	if err := whole(f.db, f.path); err != nil {
		t.Fatal(err)
	}
	_ = f.db.View(func(tx *bolt.Tx) error { return os.Truncate(f.path, tx.Size()-1) })
	if err := whole(f.db, f.path); err == nil {
		t.Error("a file that is cut off is called whole")
	}
}

func FuzzStoredDocument(f *testing.F) {
	whole, err := stored{tokens: []string{"a"}, Doc: Doc{Version: 3, Body: []byte(`{}`), Head: Head{1, "h"}, Wake: time.UnixMicro(5), Lane: Urgent}}.encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add([]byte{})
	f.Add([]byte("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01{}"))
	f.Add([]byte("\x0d{\"version\":0}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := decodeStored(b)
		if err != nil {
			return
		}
		again, err := s.encode()
		if err != nil {
			t.Fatal(err)
		}
		back, err := decodeStored(again)
		if err != nil || back.Version != s.Version || !bytes.Equal(back.Body, s.Body) || !back.Wake.Equal(s.Wake) || back.Head != s.Head {
			t.Errorf("%v became %v (%v)", s, back, err)
		}
	})
}

func FuzzKeysInTheFile(f *testing.F) {
	f.Add("T1", "invoice", "1", int64(1))
	f.Add("\xff", "/", "\x01", int64(-1))
	f.Fuzz(func(t *testing.T, team, kind, id string, n int64) {
		k := Key{team, kind, id}
		if k.Check() != nil {
			return
		}
		if got, err := chainOf(auditKey(k, n)); err != nil || got != k {
			t.Errorf("%q became %q (%v)", k, got, err)
		}
		if got, err := seqOf(auditKey(k, n), chainPrefix(k)); err != nil || got != n {
			t.Errorf("%d became %d (%v)", n, got, err)
		}
		at := time.UnixMicro(n)
		rest := wakeKey(k, Urgent, at)[len(lanePrefix(team, Urgent)):]
		if got, wake, err := splitWake(team, rest); err != nil || got != k || !wake.Equal(at) {
			t.Errorf("%q at %v became %q at %v (%v)", k, at, got, wake, err)
		}
	})
}

func FuzzGarbageInTheFile(f *testing.F) {
	f.Add([]byte("T1\x00invoice\x001\x00\x00\x00\x00\x00\x00\x00\x00\x01"), []byte(`{"at":"2026-03-01T09:00:00Z"}`))
	f.Add([]byte(""), []byte("x"))
	f.Fuzz(func(t *testing.T, name, value []byte) {
		k := Key{"T1", "invoice", "1"}
		if _, err := decodeEntry(k, pair{name, value}); err != nil {
			if _, ok := errors.AsType[*DamagedError](err); !ok {
				t.Errorf("the answer does not say what is damaged: %v", err)
			}
		}
		_, _ = chainOf(name)
		_, _, _ = splitWake("T1", name)
	})
}
