package ledger_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"kvitt/billing"
	"kvitt/billing/billingtest"
	"kvitt/billing/ledger"
	"kvitt/billing/ledger/ledgertest"
)

// TestTheLedgerKeepsTheContractOfEveryProvider runs the suite with files as the way in which the world changes.
func TestTheLedgerKeepsTheContractOfEveryProvider(t *testing.T) {
	billingtest.Run(t, func(t *testing.T) billingtest.World {
		shelf := &ledgertest.Memory{}
		l := ledger.New(shelf, []string{"Bank transfer", "Card"}, time.Now)
		numbers := map[string]string{}
		write := func(number string, amount billing.Money, due billing.Date, status billing.Status) {
			t.Helper()
			line := fmt.Sprintf("%s,Acme,%s,%s,%v,%s", number, amount.Decimal(), amount.Currency, due, status)
			load(t, l, "number,supplier,amount,currency,due,status\n"+line)
		}
		rewrite := func(id string, status billing.Status) {
			invoice, err := l.Invoice(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			write(numbers[id], invoice.Total, invoice.Due, status)
		}
		return billingtest.World{
			Provider: l,
			Put: func(amount billing.Money, due billing.Date) string {
				number := fmt.Sprintf("INV-%d", len(numbers)+1)
				id := ledger.ID("Acme", number)
				numbers[id] = number
				write(number, amount, due, billing.Open)
				return id
			},
			ChangeAmount: func(id string, amount billing.Money) {
				write(numbers[id], amount, billing.Date{Year: 2026, Month: time.March, Day: 8}, billing.Open)
			},
			Void:            func(id string) { rewrite(id, billing.Void) },
			SettleElsewhere: func(id string) { rewrite(id, billing.Paid) },
			Moved: func(id string) int {
				row, err := shelf.Load(t.Context(), id)
				if err != nil {
					t.Fatal(err)
				}
				return len(row.Recordings)
			},
			Works:     func(string) string { return "Bank transfer" },
			Foreign:   func() string { return "Somebody else's card" },
			CutBefore: func() { shelf.Set(ledgertest.CutBefore) },
			CutAfter:  func() { shelf.Set(ledgertest.CutAfter) },
			Hang:      func() { shelf.Set(ledgertest.Hang) },
			Heal:      func() { shelf.Set(ledgertest.None) },
		}
	})
}

func TestTheMemoryShelfKeepsItsWord(t *testing.T) {
	ledgertest.RunShelf(t, func(*testing.T) ledger.Shelf { return &ledgertest.Memory{} })
}

// load imports a file that has nothing wrong in it.
func load(t *testing.T, l *ledger.Ledger, file string) ledger.Report {
	t.Helper()
	report, err := l.Import(t.Context(), "invoices.csv", strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	return report
}
