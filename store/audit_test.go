package store_test

import (
	"testing"
	"time"

	"kvitt/store"
)

// The hashes were counted by another program, from the words above Chain.
func TestTheHashIsAsDocumented(t *testing.T) {
	k := store.Key{Team: "T1", Kind: "invoice", ID: "INV-1"}
	at := time.Date(2026, 3, 1, 10, 0, 0, 5, time.FixedZone("CET", 3600))
	entries, head := store.Chain(k, store.Head{}, []store.Note{
		{At: at, Who: "U1", What: "paid", Facts: map[string]string{"method": "Visa, 4242", "amount": "12.00 USD", "æ": "ø"}},
		{At: at, Who: "sweeper", What: "told"},
	})
	want := []string{"e3d19410322363b2b8b771f1c9b2751d83ddc3b1a261b1991b31bf0f0ba3e8ba", "2cf8285781415993674f2787820de1047b0339e3606fd6151006fc6077ce619b"}
	for i, e := range entries {
		if e.Hash != want[i] {
			t.Errorf("entry %d has the hash %s, want %s", e.Seq, e.Hash, want[i])
		}
	}
	if head != (store.Head{Seq: 2, Hash: want[1]}) {
		t.Errorf("the head is %v", head)
	}
}
