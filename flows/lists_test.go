package flows

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"kvitt/billing"
	"kvitt/store"
	"kvitt/store/storetest"
)

func TestANumberIsLookedForAmongTheOpenInvoicesAndThoseThatWerePaidLast(t *testing.T) {
	memory := &counting{Backend: storetest.Memory(time.Now)}
	f := &Flows{Backend: memory, Records: store.Of[Record](memory, team, KindInvoice), Now: time.Now, Log: slog.New(slog.DiscardHandler), Policy: aPolicy()}
	for i := range lookBack + 20 {
		inv := anInvoice()
		inv.ID, inv.Number = fmt.Sprintf("stripe:in_%d", i), fmt.Sprintf("INV-%d", i)
		_, err := f.update(t.Context(), inv.ID, func(r *Record) (store.Next, error) {
			r.Layout, r.Invoice, r.State = layout, inv, Open
			if i > 0 {
				r.State, r.Invoice.Status = Paid, billing.Paid
				r.Payments = []Payment{{Amount: inv.AmountDue, At: monday.Add(time.Duration(i) * time.Hour)}}
			}
			return store.Next{}, nil
		})
		must(err)
	}
	for number, want := range map[string]int{"inv-0": 1, "INV-519": 1, "INV-20": 1, "INV-19": 0, "INV-1": 0, "": 0} {
		memory.loads.Store(0)
		found, err := f.numbered(t.Context(), everything, number)
		if err != nil || len(found) != want {
			t.Errorf("%d invoices have the number %q (%v), want %d", len(found), number, err, want)
		}
		if n := memory.loads.Load(); n > lookBack+1 {
			t.Errorf("%d records were read for the number %q", n, number)
		}
	}
}
