package store_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"

	"kvitt/store"
)

// sound is the file of a store that was used, and which of its pages count.
func sound(t *testing.T) (whole []byte, used []int, size int64) {
	t.Helper()
	dir := t.TempDir()
	f := open(t, dir, store.FileOptions{NoSync: true})
	for i := range 100 {
		k := store.Key{Team: "T1", Kind: "k", ID: fmt.Sprint(i)}
		if err := f.Write(t.Context(), store.Write{Key: k, Body: make([]byte, 500)}); err != nil {
			t.Fatal(err)
		}
	}
	f.Close()
	path := filepath.Join(dir, store.FileName)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	edit(t, path, func(tx *bolt.Tx) error {
		size = tx.Size()
		for id := 2; ; id++ {
			info, err := tx.Page(id)
			if info == nil || err != nil {
				return err
			}
			if info.Type != "free" {
				used = append(used, id)
			}
			id += info.OverflowCount
		}
	})
	return whole, used, size
}

// mustBeNamed opens a damaged file, in a folder of its own because it may stay
// locked, and wants to be told.
func mustBeNamed(t *testing.T, damaged []byte) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, store.FileName)
	if err := os.WriteFile(path, damaged, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := store.OpenFile(t.Context(), dir, store.FileOptions{})
	if e, ok := errors.AsType[*store.DamagedError](err); !ok || e.What != path {
		t.Errorf("the answer is %v", err)
	}
	if err == nil {
		f.Close()
	}
}

func TestADamagedFileIsNamed(t *testing.T) {
	whole, _, _ := sound(t)
	page := os.Getpagesize()
	for name, damage := range map[string]func([]byte) []byte{
		"no store at all": func([]byte) []byte { return []byte(strings.Repeat("hello ", 5000)) },
		"only zeroes":     func(b []byte) []byte { return make([]byte, len(b)) },
		"a stump":         func(b []byte) []byte { return b[:100] },
		"holes":           func(b []byte) []byte { clear(b[2*page:]); return b },
	} {
		t.Run(name, func(t *testing.T) { mustBeNamed(t, damage(slices.Clone(whole))) })
	}
}

func TestAFileCutAnywhereIsNamed(t *testing.T) {
	whole, _, size := sound(t)
	page := os.Getpagesize()
	for end := int(size) - page; end > 0; end -= page {
		t.Run(fmt.Sprint("at page ", end/page), func(t *testing.T) { mustBeNamed(t, whole[:end]) })
	}
}

func TestAnyDamagedPageIsNamed(t *testing.T) {
	whole, used, _ := sound(t)
	page := os.Getpagesize()
	for _, id := range used {
		for _, fill := range []byte{0, 0x01, 0x7f, 0xff} {
			t.Run(fmt.Sprintf("page %d full of %#x", id, fill), func(t *testing.T) {
				damaged := slices.Clone(whole)
				copy(damaged[id*page:(id+1)*page], slices.Repeat([]byte{fill}, page))
				mustBeNamed(t, damaged)
			})
		}
	}
}
