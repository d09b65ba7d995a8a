package ledger_test

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kvitt/billing/ledger"
)

// slowShelf takes a second for each row.
type slowShelf struct{ ledger.Shelf }

func (s slowShelf) Since(ctx context.Context, since time.Time) iter.Seq2[ledger.Row, error] {
	return func(yield func(ledger.Row, error) bool) {
		for row, err := range s.Shelf.Since(ctx, since) {
			time.Sleep(time.Second)
			if ctx.Err() != nil {
				yield(ledger.Row{}, ctx.Err())
				return
			}
			if !yield(row, err) {
				return
			}
		}
	}
}

// An import may bring 50,000 open invoices, and each is a question to the store.
func TestASlowStoreIsReadToItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice()
		var lines strings.Builder
		for n := range 60 {
			fmt.Fprintf(&lines, "\n%d,Acme,10,EUR", n)
		}
		load(t, o.Ledger, "number,supplier,amount,currency"+lines.String())
		found := 0
		for _, err := range ledger.New(slowShelf{o.shelf}, nil, time.Now).Invoices(t.Context(), time.Time{}) {
			if err != nil {
				t.Fatal(err)
			}
			found++
		}
		if found != 60 {
			t.Errorf("%d invoices are read within a minute, want 60", found)
		}
	})
}
