package flows

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
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
		found, _, err := f.numbered(t.Context(), everything, number)
		if err != nil || len(found) != want {
			t.Errorf("%d invoices have the number %q (%v), want %d", len(found), number, err, want)
		}
		if n := memory.loads.Load(); n > lookBack+1 {
			t.Errorf("%d records were read for the number %q", n, number)
		}
	}
}

func TestWhatIsUnpaidIsListedAlsoWhereNobodyCanPayItNow(t *testing.T) {
	memory := storetest.Memory(time.Now)
	f := &Flows{Backend: memory, Records: store.Of[Record](memory, team, KindInvoice), Now: time.Now, Log: slog.New(slog.DiscardHandler), Policy: aPolicy()}
	for status, due := range map[billing.Status]int64{billing.Open: 100, billing.Held: 200, billing.Uncollectible: 300, billing.Draft: 400, billing.Void: 500, billing.Paid: 600, "open ": 0} {
		inv := anInvoice()
		inv.ID, inv.Number, inv.Status, inv.AmountDue = "stripe:in_"+string(status), string(status), billing.Status(strings.TrimSpace(string(status))), usd(due)
		_, err := f.take(t.Context(), inv, f.Now())
		must(err)
	}
	for name, list := range map[string]func(context.Context, *sight) ([]Record, error){"open": f.toPayNow, "open held uncollectible": f.unpaid} {
		records, err := list(t.Context(), everything)
		var have []string
		for _, r := range records {
			have = append(have, r.Invoice.Number)
		}
		slices.Sort(have)
		want := strings.Fields(name)
		if slices.Sort(want); err != nil || !slices.Equal(have, want) {
			t.Errorf("%v are listed (%v), want %v", have, err, want)
		}
	}
}
