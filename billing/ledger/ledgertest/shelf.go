package ledgertest

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kvitt/billing"
	"kvitt/billing/ledger"
)

// RunShelf proves that a shelf does what ledger.Shelf says. The function makes an empty one for each story.
func RunShelf(t *testing.T, shelf func(t *testing.T) ledger.Shelf) {
	t.Helper()
	for name, story := range map[string]func(*testing.T, ledger.Shelf){
		"AMissingRowIsNotFound":             missing,
		"AnUpdateCreatesAndKeepsEverything": creates,
		"AnErrorOfTheFunctionStoresNothing": storesNothing,
		"WritersThatMeetAllCount":           writersMeet,
		"AllYieldsEveryRowAndStops":         yieldsAll,
	} {
		t.Run(name, func(t *testing.T) { story(t, shelf(t)) })
	}
}

var sample = ledger.Row{
	Facts: ledger.Facts{
		Number:      "2026-17",
		Supplier:    "Fjord Strøm AS",
		Amount:      billing.Money{Minor: 123450, Currency: "NOK"},
		Due:         billing.Date{Year: 2026, Month: time.March, Day: 8},
		Description: "Strøm, \"februar\"\n\x01 <b>",
		Status:      billing.Open,
	},
	Changed: time.Date(2026, time.March, 1, 9, 0, 0, 1, time.UTC),
	Recordings: []ledger.Recording{{
		Key:    "k",
		By:     "U0ASHA",
		At:     time.Date(2026, time.March, 1, 9, 0, 0, 0, time.UTC),
		Amount: billing.Money{Minor: 123450, Currency: "NOK"},
		Method: "Bank transfer",
		Undone: &ledger.Undoing{By: "U0BO", At: time.Date(2026, time.March, 1, 10, 0, 0, 0, time.UTC), Reason: "wrong one"},
	}},
}

var sampleID = ledger.ID(sample.Supplier, sample.Number)

func missing(t *testing.T, shelf ledger.Shelf) {
	if _, err := shelf.Load(t.Context(), sampleID); !errors.Is(err, billing.ErrNotFound) {
		t.Errorf("Load of a missing row returns %v, want ErrNotFound", err)
	}
}

func creates(t *testing.T, shelf ledger.Shelf) {
	stored, err := shelf.Update(t.Context(), sampleID, func(r *ledger.Row) error {
		if diff := cmp.Diff(ledger.Row{}, *r); diff != "" {
			t.Errorf("a missing row is not the zero row:\n%s", diff)
		}
		*r = sample
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := shelf.Load(t.Context(), sampleID)
	if err != nil {
		t.Fatal(err)
	}
	for _, got := range []ledger.Row{stored, loaded} {
		if diff := cmp.Diff(sample, got); diff != "" {
			t.Errorf("the row changed on its way (-want +got):\n%s", diff)
		}
	}
}

func storesNothing(t *testing.T, shelf ledger.Shelf) {
	refusal := errors.New("no")
	_, err := shelf.Update(t.Context(), sampleID, func(r *ledger.Row) error {
		*r = sample
		return refusal
	})
	if !errors.Is(err, refusal) {
		t.Errorf("Update returns %v, want the function's own error", err)
	}
	missing(t, shelf)
}

func writersMeet(t *testing.T, shelf ledger.Shelf) {
	const writers = 8
	var all sync.WaitGroup
	for i := range writers {
		all.Go(func() {
			_, err := shelf.Update(t.Context(), sampleID, func(r *ledger.Row) error {
				r.Recordings = append(r.Recordings, ledger.Recording{Key: fmt.Sprint(i)})
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	row, err := shelf.Load(t.Context(), sampleID)
	if err != nil || len(row.Recordings) != writers {
		t.Errorf("%d of %d writers count (%v)", len(row.Recordings), writers, err)
	}
}

func yieldsAll(t *testing.T, shelf ledger.Shelf) {
	for i := range 3 {
		number := fmt.Sprint(i)
		_, err := shelf.Update(t.Context(), ledger.ID(sample.Supplier, number), func(r *ledger.Row) error {
			*r = sample
			r.Number = number
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string]bool{}
	for row, err := range shelf.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		seen[row.Number] = true
	}
	if len(seen) != 3 {
		t.Errorf("All yields %v, want 0, 1 and 2", seen)
	}
	for range shelf.All(t.Context()) {
		break
	}
}
