package flows

import (
	"fmt"
	"slices"
	"time"

	"kvitt/billing"
)

// undoing notes that somebody wants the last record of the ledger taken back. It returns ErrStale when there is none, or when
// it is older than the 24 hours in which that can be done.
func (r *Record) undoing(u Undo) error {
	p := r.lastPayment()
	if p == nil || !p.Recorded || r.Undo != nil || u.At.Sub(p.At) >= undoWindow {
		return ErrStale
	}
	r.Undo = &u
	r.note(u.At, u.By, "undo requested", "reason", u.Reason, "key", p.Key)
	return nil
}

// undone notes that a record of the ledger was taken back, and tells it in the places given. A sync may have seen that it is open again
// before; then only who did it and why is added.
func (r *Record) undone(key string, u Undo, places []string, now time.Time) error {
	i := slices.IndexFunc(r.Payments, func(p Payment) bool { return p.Key == key })
	if i < 0 || (r.Payments[i].Undone != nil && r.Payments[i].Undone.By != "") {
		return ErrStale
	}
	p := &r.Payments[i]
	p.Undone, r.Undo, r.Turned = &u, nil, now
	if r.State == Paid && i == len(r.Payments)-1 {
		r.State = Open
		r.Invoice.Status, r.Invoice.AmountDue = billing.Open, p.Amount
	}
	for _, place := range places {
		r.notify(Notice{ID: fmt.Sprintf("undone-%s-%s", p.Key, place), Kind: NoticeUndone, To: place, By: u.By, Reason: u.Reason, Amount: p.Amount})
	}
	r.note(now, byKvitt, "undone", "by", u.By, "reason", u.Reason, "key", p.Key)
	return nil
}

// keep drops a request to take a record back that cannot be carried out.
func (r *Record) keep(now time.Time) {
	if r.Undo == nil {
		return
	}
	r.notify(Notice{ID: fmt.Sprintf("kept-%s-%d", r.Undo.By, r.Undo.At.UnixNano()), Kind: NoticeKept, To: r.Undo.By})
	r.note(now, byKvitt, "not undone", "by", r.Undo.By)
	r.Undo = nil
}
