package ledger

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"kvitt/billing"
)

// Report counts what an import did with the invoices of its file.
type Report struct {
	Added, Updated, Unchanged int

	// Disputed says, a sentence each, where the file contradicts what somebody recorded in Kvitt. The recording stands.
	Disputed []string
}

// Import reads a file of invoices, CSV or JSON as its first character shows, and puts them into the ledger. The name is the file's, for messages.
// The limits are 10 MiB and 50,000 invoices. Any bad line, and nothing is imported: the error is an *ImportError that names them all.
//
// An invoice is known by its supplier and number, compared exactly but for space around them. A known one takes all facts from the file;
// an optional column that the file lacks counts as empty. An invoice that the file lacks stays as it is. What somebody
// recorded in Kvitt is never taken back: the invoice stays paid, with the amount recorded, while the file may say open, void, or another amount (the
// last two are reported as Disputed); once the recording is undone, it is what the newest file said.
//
// Should the store fail midway, the error wraps billing.ErrUnavailable and the Report counts what was done; importing the same file again does the rest.
func (l *Ledger) Import(ctx context.Context, name string, r io.Reader) (Report, error) {
	all, err := read(name, r)
	if err != nil {
		return Report{}, err
	}
	var report Report
	for i, facts := range all {
		if err := l.put(ctx, facts, &report); err != nil {
			return report, fmt.Errorf("%s: %d of %d invoices were imported; import it again: %w", name, i, len(all), err)
		}
	}
	return report, nil
}

// put merges one invoice. It reads first, because most of a file is what it was yesterday and a write costs more.
func (l *Ledger) put(ctx context.Context, facts Facts, report *Report) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	id, now := ID(facts.Supplier, facts.Number), l.now().UTC()
	row, err := l.load(ctx, id)
	if err != nil && !errors.Is(err, billing.ErrNotFound) {
		return err
	}
	count := &report.Unchanged
	if err != nil || row.Facts != facts {
		row, err = l.shelf.Update(ctx, id, func(r *Row) error {
			count = report.counter(r, facts)
			r.merge(facts, now)
			return nil
		})
		if err != nil {
			return unavailable("import "+id, err)
		}
	}
	*count++
	if dispute := row.dispute(); dispute != "" {
		report.Disputed = append(report.Disputed, dispute)
	}
	return nil
}

func (report *Report) counter(r *Row, facts Facts) *int {
	switch {
	case r.Number == "":
		return &report.Added
	case r.Facts != facts:
		return &report.Updated
	}
	return &report.Unchanged
}

// merge takes the facts of a file. Recordings are not its business.
func (r *Row) merge(facts Facts, now time.Time) {
	if r.Facts == facts {
		return
	}
	if facts.Status == billing.Paid && r.Status != billing.Paid {
		r.PaidSince = now
	}
	r.Facts = facts
	r.Changed = now
}

// dispute says how the facts contradict the standing recording; empty where they do not. A file that still says open is only late.
func (r *Row) dispute() string {
	recorded := r.standing()
	switch {
	case recorded == nil:
		return ""
	case recorded.Amount != r.Amount:
		return fmt.Sprintf("invoice %s of %s was recorded as paid with %v; the file says %v", r.Number, r.Supplier, recorded.Amount, r.Amount)
	case r.Status == billing.Void:
		return fmt.Sprintf("invoice %s of %s was recorded as paid; the file says void", r.Number, r.Supplier)
	}
	return ""
}
