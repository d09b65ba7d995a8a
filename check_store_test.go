package main

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kvitt/billing"
	"kvitt/store"
)

func TestCheckReadsTheStoreAndChangesNothingOfIt(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	path := filepath.Join(o.data, store.FileName)
	f, err := store.OpenFile(t.Context(), o.data, store.FileOptions{})
	must(t, err)
	writeAsBefore(t, f, 0, 3, billing.Open, time.Now()) // By a Kvitt that kept no list of what is open.
	must(t, f.Close())
	must(t, os.Chmod(path, 0o640))
	before, err := os.ReadFile(path)
	must(t, err)

	lines := strings.Join(o.checked(well, "KVITT_BILLING=ledger,stripe"), "\n")
	if !strings.Contains(lines, "ledger                 it answers; open invoices: 3") {
		t.Errorf("it does not count what is in the store:\n%s", lines)
	}
	after, err := os.ReadFile(path)
	must(t, err)
	if !bytes.Equal(before, after) {
		t.Error("it changed the store")
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("it changed the mode of the store to %v, %v", info.Mode(), err)
	}
}

func TestCheckKeepsNoServeFromStartingWhileABillingServiceAnswersSlowly(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	f, err := store.OpenFile(t.Context(), o.data, store.FileOptions{})
	must(t, err)
	must(t, f.Close())
	asked := false
	o.onRequest(func(*http.Request) {
		if asked {
			return
		}
		asked = true
		serve, err := store.OpenFile(o.t.Context(), o.data, store.FileOptions{})
		if err != nil {
			t.Errorf("a serve that starts while Stripe is asked finds: %v", err)
			return
		}
		must(t, serve.Close())
	})
	o.checked(well, "KVITT_BILLING=ledger,stripe")
	if !asked {
		t.Error("Stripe was not asked")
	}
}

// A process that dies while it makes the store leaves an empty file.
func TestCheckMakesNoStoreOfAnEmptyFile(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	path := filepath.Join(o.data, store.FileName)
	must(t, os.MkdirAll(o.data, 0o700))
	must(t, os.WriteFile(path, nil, 0o600))
	if lines := strings.Join(o.checked(well), "\n"); !strings.Contains(lines, "the embedded store is made there when kvitt serve first starts") {
		t.Errorf("of a store that is not made yet it says:\n%s", lines)
	}
	if info, err := os.Stat(path); err != nil || info.Size() != 0 {
		t.Errorf("it made a store: %d bytes, %v", info.Size(), err)
	}
}
