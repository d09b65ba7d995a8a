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
// The limits are 10 MiB and 50,000 invoices. Any bad line, and nothing is imported: the error is an *ImportError that names them all. An invoice whose ID
// is that of another one is such a line.
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
	rows, err := l.rows(ctx, name, all)
	if err != nil {
		return Report{}, err
	}
	var report Report
	for i, invoice := range all {
		if err := l.put(ctx, invoice.Facts, rows[i], &report); err != nil {
			return report, halted(name, i, len(all), err)
		}
	}
	return report, nil
}

// rows reads what the ledger has of each invoice, the zero Row for a new one. It comes before the first write, so that a file is refused as a whole.
func (l *Ledger) rows(ctx context.Context, name string, all []listed) ([]Row, error) {
	rows := make([]Row, len(all))
	var wrong problems
	for i, invoice := range all {
		row, err := l.load(ctx, ID(invoice.Supplier, invoice.Number))
		switch {
		case errors.Is(err, billing.ErrNotFound):
		case err != nil:
			return nil, halted(name, 0, len(all), err)
		case row.Number != "" && !row.same(invoice.Facts):
			wrong.add(invoice.line, "", "%s, which is in the ledger: %s", invoice.meets(row.Facts), renumber)
		}
		rows[i] = row
	}
	return rows, wrong.err(name)
}

func halted(name string, done, all int, err error) error {
	return fmt.Errorf("%s: %d of %d invoices were imported; import it again: %w", name, done, all, err)
}

// errTaken is that another invoice got the same id since the rows were read. The next import names both.
var errTaken = errors.New("another invoice has its id")

// put merges one invoice into its row. What the row says already is not written, because most of a file is what it was yesterday.
func (l *Ledger) put(ctx context.Context, facts Facts, row Row, report *Report) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	count := &report.Unchanged
	if row.Facts != facts {
		var err error
		id, now := ID(facts.Supplier, facts.Number), l.now().UTC()
		row, err = l.shelf.Update(ctx, id, func(r *Row) error {
			if r.Number != "" && !r.same(facts) {
				return errTaken
			}
			count = report.counter(r, facts)
			r.merge(facts, now)
			return nil
		})
		if errors.Is(err, errTaken) {
			return err
		}
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
