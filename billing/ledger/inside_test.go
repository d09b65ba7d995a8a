package ledger

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Two that really meet are too dear to look for.
func TestTwoInvoicesOfAFileWithOneIDAreNotTakenForOne(t *testing.T) {
	var wrong problems
	seen := places{}
	seen.take("ledger:0", listed{Facts{Number: "1", Supplier: "Acme"}, 2}, &wrong)
	seen.take("ledger:0", listed{Facts{Number: "7", Supplier: "Acme"}, 5}, &wrong)
	seen.take("ledger:0", listed{Facts{Number: "1", Supplier: "Acme"}, 6}, &wrong)
	want := problems{
		{Line: 5, Reason: "invoice 7 of Acme has the same id as invoice 1 of Acme, which is on line 2: write its number another way, such as with a full stop after it"},
		{Line: 6, Reason: "invoice 1 of Acme is on line 2 already"},
	}
	if diff := cmp.Diff(want, wrong); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// late is a shelf in which another invoice got the id just before the update.
type late struct{ Shelf }

func (late) Update(_ context.Context, _ string, fn func(*Row) error) (Row, error) {
	row := Row{Facts: Facts{Number: "17", Supplier: "Fjord Strøm AS"}}
	return row, fn(&row)
}

func TestAnInvoiceThatComesAtTheSameMomentKeepsItsRow(t *testing.T) {
	var report Report
	err := New(late{}, nil, time.Now).put(t.Context(), Facts{Number: "2", Supplier: "Acme"}, Row{}, &report)
	if !errors.Is(err, errTaken) || report.Added+report.Updated != 0 {
		t.Errorf("%+v, %v", report, err)
	}
}
