package ledgertest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
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
		"EveryOpenRowIsFound":               findsOpen,
		"EveryRowThatChangedSinceIsFound":   findsChanged,
		"ARowIsFoundAsItStands":             followsARow,
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

func findsOpen(t *testing.T, shelf ledger.Shelf) {
	for _, number := range []string{"1", "2", "3"} {
		puts(t, shelf, number, billing.Open, sample.Changed)
	}
	for _, since := range []time.Time{{}, sample.Changed.Add(time.Hour)} {
		if diff := cmp.Diff([]string{"1", "2", "3"}, wanted(t, shelf, since)); diff != "" {
			t.Errorf("of three open rows, Since(%v) yields (-want +got):\n%s", since, diff)
		}
	}
	for range shelf.Since(t.Context(), time.Time{}) {
		break
	}
}

// findsChanged has rows that changed within one microsecond, because a store may not keep more of a moment: the one that is wanted is between two
// that are too old in any order of ids.
func findsChanged(t *testing.T, shelf ledger.Shelf) {
	at := time.Date(2026, time.March, 1, 9, 0, 0, 0, time.UTC)
	near := []string{"1", "2", "3"}
	slices.SortFunc(near, func(a, b string) int {
		return strings.Compare(ledger.ID(sample.Supplier, a), ledger.ID(sample.Supplier, b))
	})
	puts(t, shelf, near[0], billing.Paid, at.Add(1))
	puts(t, shelf, near[1], billing.Paid, at.Add(3))
	puts(t, shelf, near[2], billing.Paid, at.Add(2))
	puts(t, shelf, "4", billing.Paid, at.Add(time.Hour))
	puts(t, shelf, "5", billing.Void, at.Add(time.Hour))
	for _, c := range []struct {
		since time.Time
		want  []string
	}{
		{at, []string{"1", "2", "3", "4", "5"}},
		{at.Add(3), []string{near[1], "4", "5"}},
		{at.Add(time.Hour), []string{"4", "5"}},
		{at.Add(2 * time.Hour), nil},
		{time.Time{}, nil},
	} {
		if diff := cmp.Diff(c.want, wanted(t, shelf, c.since)); diff != "" {
			t.Errorf("Since(%v) yields (-want +got):\n%s", c.since, diff)
		}
	}
}

// followsARow pays an invoice, undoes that, and has files say what they like.
func followsARow(t *testing.T, shelf ledger.Shelf) {
	at := sample.Changed
	for _, step := range []struct {
		what string
		do   func(*ledger.Row)
		open bool
	}{
		{"imported", func(r *ledger.Row) { *r = sample }, true},
		{"recorded", func(r *ledger.Row) { r.Recordings = append(r.Recordings, ledger.Recording{Key: "k2", At: at}) }, false},
		{"said to be void", func(r *ledger.Row) { r.Status = billing.Void }, false},
		{"said to be open", func(r *ledger.Row) { r.Status = billing.Open }, false},
		{"undone", func(r *ledger.Row) { r.Recordings[1].Undone = &ledger.Undoing{At: at} }, true},
		{"said to be paid", func(r *ledger.Row) { r.Status = billing.Paid }, false},
		{"said to be open again", func(r *ledger.Row) { r.Status = billing.Open }, true},
		{"written as it was", func(*ledger.Row) {}, true},
	} {
		at = at.Add(time.Hour)
		_, err := shelf.Update(t.Context(), sampleID, func(r *ledger.Row) error {
			step.do(r)
			r.Changed = at
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if open := len(wanted(t, shelf, time.Time{})) == 1; open != step.open {
			t.Errorf("a row that was %s is among the open ones: %v, want %v", step.what, open, step.open)
		}
		if got := wanted(t, shelf, at); len(got) != 1 {
			t.Errorf("a row that was %s comes %d times to whoever asks what changed since, want once", step.what, len(got))
		}
	}
}

// puts stores the sample under a number, without anybody's recording.
func puts(t *testing.T, shelf ledger.Shelf, number string, status billing.Status, changed time.Time) {
	t.Helper()
	_, err := shelf.Update(t.Context(), ledger.ID(sample.Supplier, number), func(r *ledger.Row) error {
		r.Facts, r.Changed = sample.Facts, changed
		r.Number, r.Status = number, status
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// wanted returns the numbers of the rows that Since must yield, sorted, leaving out the others that it may yield.
func wanted(t *testing.T, shelf ledger.Shelf, since time.Time) (numbers []string) {
	t.Helper()
	for row, err := range shelf.Since(t.Context(), since) {
		if err != nil {
			t.Fatal(err)
		}
		if row.Open() || !since.IsZero() && !row.Changed.Before(since) {
			numbers = append(numbers, row.Number)
		}
	}
	slices.Sort(numbers)
	return numbers
}
