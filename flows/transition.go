package flows

import (
	"fmt"
	"slices"
	"time"

	"kvitt/billing"
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
	if inv.Status != billing.Open {
		r.hurry(now) // The service knows what became of it.
	}
	r.found(now)
	if r.State == HandedOver && (inv.Status != billing.Open || inv.AmountDue != r.Attempt.Amount) {
		r.Attempt.NextLook = now
	}
	if before.AmountDue != inv.AmountDue || before.Due != inv.Due {
		r.note(now, byKvitt, "changed", "amount", inv.AmountDue.String(), "due", inv.Due.String())
	}
	if before.Payee() != inv.Payee() {
		r.note(now, byKvitt, "payee changed", "pay_to", inv.PayTo, "reference", inv.Reference, "was", before.PayTo)
	}
	r.follow(now)
}

// follow goes where the billing service went without a payment of ours: paid elsewhere, void, open again.
func (r *Record) follow(now time.Time) {
	r.overtake(now)
	from, to := r.State, stateOf(r.Invoice)
	if r.busy() || r.awaits() || from == to {
		return
	}
	if to == Paid && r.reclaim(now) {
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

func (r *Record) notify(n Notice) {
	if !slices.ContainsFunc(r.Notices, func(have Notice) bool { return have.ID == n.ID }) {
		r.Notices = append(r.Notices, n)
	}
}

// claim notes that messages are about to be posted, before they are: after a crash each of them may exist. A reminder that could not be
// posted gives way to a later one.
func (r *Record) claim(posts []Post, lease string, now time.Time) {
	for _, post := range posts {
		if !r.knows(post) {
			continue
		}
		if have := r.post(post.Key); have != nil {
			have.Unsure, have.Claimed, have.Day, have.Under = !post.Waiting, now, post.Day, lease
			continue
		}
		if post.isReminder() {
			r.Snoozes = slices.DeleteFunc(r.Snoozes, func(s Snooze) bool { return s.By == post.Place && !post.Day.Before(s.Until) })
		}
		for i := range r.Posts {
			if old := &r.Posts[i]; post.isReminder() && old.isReminder() && old.Place == post.Place && old.Ref.TS == "" && !old.Unsure && old.Over == "" {
				old.Over = "superseded"
			}
		}
		post.Claimed, post.Unsure, post.Under = now, !post.Waiting, lease
		r.Posts = append(r.Posts, post)
	}
}

// blur forgets what messages show: an edit whose answer is lost may have been made, and what it showed may be no more.
func (r *Record) blur(keys []string) {
	for i := range r.Posts {
		if slices.Contains(keys, r.Posts[i].Key) {
			r.Posts[i].Shows = ""
		}
	}
}

// knows says whether what a message is about is in the record. It was when the message was planned; a store that lost its last writes may have
// forgotten it since.
func (r *Record) knows(p Post) bool {
	switch p.Kind {
	case PostConfirm, PostReturned:
		return p.Number < len(r.Payments)
	case PostNotice:
		return p.Number < len(r.Notices)
	case PostApproval:
		return p.Number < len(r.Requests)
	}
	return true
}

// settled notes that the last payment is confirmed everywhere.
func (r *Record) settled() {
	if len(r.Payments) > 0 {
		r.Payments[len(r.Payments)-1].Settled = true
	}
}
