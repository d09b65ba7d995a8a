package flows

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"kvitt/billing"
)

// TakenError says that somebody's payment of this invoice is under way already.
type TakenError struct{ By string }

func (e *TakenError) Error() string {
	return "a payment of this invoice is under way, begun by " + e.By
}

var (
	// ErrChanged says that the invoice is not what the person was shown: another amount, currency or status.
	ErrChanged = errors.New("the invoice changed since it was shown")
	// ErrPaid says that the invoice is paid already.
	ErrPaid = errors.New("the invoice is paid already")
	// ErrStale says that what the caller wanted to change is not under way any more.
	ErrStale = errors.New("this payment is not under way any more")
)

// see takes in what the billing service says of the invoice. While a payment is under way only the facts are taken: what became
// of it is the payment's own business (charge.go). What was read (at read) before something newer was learnt is dropped: a slow
// listing must not undo a payment that was made while it was read.
func (r *Record) see(inv billing.Invoice, read, now time.Time) {
	if r.Turned.After(read) || r.Read.After(read) {
		return
	}
	first := r.Layout == 0
	before := r.Invoice
	r.Layout, r.Invoice, r.Read = layout, inv, read
	if first {
		r.State = stateOf(inv)
		r.note(now, byKvitt, "seen", "amount", inv.AmountDue.String(), "due", inv.Due.String(), "status", string(inv.Status))
		return
	}
	if before.AmountDue != inv.AmountDue || before.Due != inv.Due {
		r.note(now, byKvitt, "changed", "amount", inv.AmountDue.String(), "due", inv.Due.String())
	}
	r.follow(now)
}

// follow goes where the billing service went without a payment of ours: paid elsewhere, void, open again.
func (r *Record) follow(now time.Time) {
	from, to := r.State, stateOf(r.Invoice)
	if r.busy() || from == to {
		return
	}
	r.State, r.Undo = to, nil
	switch {
	case to == Paid:
		r.Payments = append(r.Payments, Payment{Method: r.Invoice.Settlement.Method, Amount: r.Invoice.Total, At: orTime(r.Invoice.Settlement.At, now)})
		r.note(now, byKvitt, "paid elsewhere", "method", r.Invoice.Settlement.Method)
	case from == Paid && len(r.Payments) > 0:
		if last := &r.Payments[len(r.Payments)-1]; last.Undone == nil {
			last.Undone = &Undo{At: now}
		}
		r.note(now, byKvitt, "open again", "status", string(r.Invoice.Status))
	default:
		r.note(now, byKvitt, string(to), "status", string(r.Invoice.Status))
	}
}

// end takes the payment off the record; where the invoice went meanwhile is followed.
func (r *Record) end(now time.Time) {
	r.Attempt, r.State, r.Turned = nil, Open, now
	r.follow(now)
}

func stateOf(inv billing.Invoice) State {
	switch inv.Status {
	case billing.Paid:
		return Paid
	case billing.Void:
		return Gone
	}
	return Open
}

// begin starts the one payment of this invoice. shown is the amount that the person saw and agreed to.
// It returns *TakenError, ErrPaid or ErrChanged when there is nothing to begin.
func (r *Record) begin(team string, a Attempt, shown billing.Money) error {
	switch {
	case r.busy():
		return &TakenError{By: r.Attempt.By}
	case r.State == Paid:
		return ErrPaid
	case !r.payable() || shown != r.Invoice.AmountDue:
		return ErrChanged
	}
	a.Key, a.Amount = r.key(team), r.Invoice.AmountDue
	r.State, r.Attempt = Paying, &a
	r.note(a.Began, a.By, "pay requested", "amount", a.Amount.String(), "method", a.Method.ID, "key", a.Key)
	return nil
}

// answer notes that the payer is about to be told that the payment is in progress. Until then it is only asked for: should the store fail in between,
// "nothing was paid" stays true.
func (r *Record) answer(key string, began time.Time) error {
	if !r.underWay(key) || !r.Attempt.Began.Equal(began) {
		return ErrStale
	}
	r.Attempt.Answered = true
	return nil
}

// send notes, before the billing service is asked, that it may have been asked from now on.
func (r *Record) send(key string, method billing.Method, now, keyDies time.Time) error {
	if !r.underWay(key) {
		return ErrStale
	}
	r.Attempt.Method = method
	if r.Attempt.Sent.IsZero() {
		r.Attempt.Sent, r.Attempt.KeyDies = now, keyDies
	}
	r.note(now, r.Attempt.By, "pay sent", "amount", r.Attempt.Amount.String(), "method", method.Short, "key", key)
	return nil
}

// settle ends the payment: the billing service says that this very key paid the invoice.
func (r *Record) settle(key string, out billing.Outcome, now time.Time) error {
	if !r.underWay(key) {
		return ErrStale
	}
	a := r.Attempt
	p := Payment{By: a.By, Key: key, Method: orText(a.Method.Short, out.Method), Reference: a.Reference, Recorded: a.Recorded, Amount: a.Amount, At: orTime(out.At, now)}
	if out.Amount.Currency != "" {
		p.Amount = out.Amount // What was paid is told, whatever was shown.
	}
	r.Payments = append(r.Payments, p)
	r.State, r.Attempt, r.Turned = Paid, nil, now
	r.Invoice.Status = billing.Paid
	if out.Invoice.ID != "" {
		r.Invoice = out.Invoice
	}
	r.note(now, byKvitt, "paid", "by", p.By, "amount", p.Amount.String(), "shown", a.Amount.String(), "method", p.Method, "key", key)
	return nil
}

// refuse ends the payment: this key moved nothing and never will. The count of failed payments grows here and nowhere else.
func (r *Record) refuse(key string, why billing.Decline, now time.Time) error {
	if !r.underWay(key) {
		return ErrStale
	}
	a := r.Attempt
	r.notify(Notice{ID: "refused-" + key, Kind: NoticeRefused, To: a.By, Method: a.Method.Short, Decline: why, Amount: a.Amount})
	r.Failed++
	r.note(now, byKvitt, "refused", "by", a.By, "method", a.Method.Short, "decline", string(why), "key", key)
	r.end(now)
	return nil
}

// withdraw ends a payment for which nothing was sent, or of which the billing service says that it moved nothing. The notice tells the
// payer why.
func (r *Record) withdraw(key string, why Notice, now time.Time) error {
	if !r.underWay(key) {
		return ErrStale
	}
	a := r.Attempt
	why.ID, why.To, why.Amount = fmt.Sprintf("%s-%s-%d", why.Kind, key, a.Began.UnixNano()), a.By, a.Amount
	r.notify(why)
	if !a.Sent.IsZero() {
		r.Failed++ // The service knows this key, and with another method it would not take it.
	}
	r.note(now, byKvitt, "not paid", "by", a.By, "why", string(why.Kind), "key", key)
	r.end(now)
	return nil
}

// doubt notes that nobody can say what became of the payment; it is looked at again at the given time.
func (r *Record) doubt(key string, now, next time.Time) error {
	if !r.underWay(key) {
		return ErrStale
	}
	a := r.Attempt
	a.NextLook = next
	if r.State == Unknown {
		return nil
	}
	if a.Doubted.IsZero() {
		a.Doubted = now
	}
	r.State = Unknown
	r.notify(Notice{ID: fmt.Sprintf("doubt-%s-%d", key, a.Began.UnixNano()), Kind: NoticeDoubt, To: a.By, Amount: a.Amount})
	r.note(now, byKvitt, "unknown", "by", a.By, "key", key)
	return nil
}

// submit notes that the billing service accepted the payment and will tell later.
func (r *Record) submit(key string, now, next time.Time) error {
	if !r.underWay(key) {
		return ErrStale
	}
	r.Attempt.NextLook = next
	if r.State == Submitted {
		return nil
	}
	r.State = Submitted
	r.note(now, byKvitt, "submitted", "by", r.Attempt.By, "key", key)
	return nil
}

// alarm notes that payer and operator are told of a payment that stays unknown.
func (r *Record) alarm(key string, now time.Time) error {
	if !r.underWay(key) || r.State != Unknown {
		return ErrStale
	}
	a := r.Attempt
	a.Alarmed = true
	r.notify(Notice{ID: fmt.Sprintf("still-%s-%d", key, a.Began.UnixNano()), Kind: NoticeStill, To: a.By, Amount: a.Amount})
	r.note(now, byKvitt, "still unknown", "by", a.By, "key", a.Key)
	return nil
}

// release gives an unknown payment up by a person's decision, once its key is dead: it was not paid, and may be tried anew.
func (r *Record) release(by string, now time.Time) error {
	if r.State != Unknown || !r.keyDead(now) {
		return ErrStale
	}
	key := r.Attempt.Key
	r.Failed++
	r.note(now, by, "declared not paid", "key", key)
	r.end(now)
	return nil
}

// ask notes one person's request for help, once a day; false when it was asked already.
func (r *Record) ask(by string, day billing.Date, admins []string, now time.Time) bool {
	if slices.Contains(r.Asks, Ask{By: by, Day: day}) {
		return false
	}
	r.Asks = append(slices.DeleteFunc(r.Asks, func(a Ask) bool { return a.By == by }), Ask{By: by, Day: day})
	for _, admin := range admins {
		r.notify(Notice{ID: fmt.Sprintf("ask-%s-%s-%s", by, day, admin), Kind: NoticeAsk, To: admin, By: by})
	}
	r.note(now, by, "asked for help")
	return true
}

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

func (r *Record) notify(n Notice) {
	if !slices.ContainsFunc(r.Notices, func(have Notice) bool { return have.ID == n.ID }) {
		r.Notices = append(r.Notices, n)
	}
}

func (r *Record) underWay(key string) bool { return r.Attempt != nil && r.Attempt.Key == key }

// claim notes that messages are about to be posted, before they are: after a crash each of them may exist. A reminder that could not be
// posted gives way to a later one.
func (r *Record) claim(posts []Post, now time.Time) {
	for _, post := range posts {
		if have := r.post(post.Key); have != nil {
			have.Unsure, have.Claimed, have.Day = true, now, post.Day
			continue
		}
		for i := range r.Posts {
			if old := &r.Posts[i]; post.isReminder() && old.isReminder() && old.Place == post.Place && old.Ref.TS == "" && !old.Unsure && old.Over == "" {
				old.Over = "superseded"
			}
		}
		post.Claimed, post.Unsure = now, true
		r.Posts = append(r.Posts, post)
	}
}

// settled notes that the last payment is confirmed everywhere.
func (r *Record) settled() {
	if len(r.Payments) > 0 {
		r.Payments[len(r.Payments)-1].Settled = true
	}
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
