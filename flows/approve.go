package flows

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"kvitt/billing"
)

// approvalTime is how long a request waits for a second billing admin.
const approvalTime = 3 * 24 * time.Hour

// Request asks the other billing admins to approve a payment. No money moves by it: only an approval makes an Attempt of it.
type Request struct {
	ID        string         `json:"id"` // Unique in the record, for ever, so that a stale button can never approve a newer request.
	By        string         `json:"by"`
	Method    billing.Method `json:"method"` // Only ID is known at first; the rest is looked up before anybody is asked.
	Reference string         `json:"reference,omitzero"`
	Recorded  bool           `json:"recorded,omitzero"` // Kvitt moves no money; it is to note what was paid.
	Amount    billing.Money  `json:"amount"`
	Payee     string         `json:"payee,omitzero"` // See billing.Invoice.Payee.
	At        time.Time      `json:"at"`
	View      string         `json:"view,omitzero"`    // The requester's modal, should it still be open.
	Asked     time.Time      `json:"asked,omitzero"`   // From here on the others are asked.
	Retry     time.Time      `json:"retry,omitzero"`   // The method could not be looked up; not before.
	Ended     Ending         `json:"ended,omitzero"`   // Empty: it is open.
	Decided   string         `json:"decided,omitzero"` // Who approved or declined.
	Reason    string         `json:"reason,omitzero"`
	Over      time.Time      `json:"over,omitzero"`
}

// Ending is how a Request ended.
type Ending string

const (
	Approved  Ending = "approved"
	Declined  Ending = "declined"
	Expired   Ending = "expired"
	Withdrawn Ending = "withdrawn" // By the requester.
	Changed   Ending = "changed"   // The invoice is not what was asked for any more.
	Elsewhere Ending = "elsewhere" // It was paid outside Kvitt.
	Unusable  Ending = "unusable"  // The payment method cannot be used; nobody was asked.
)

// manyRequests is how often a day one person may ask for an approval of the same invoice: each time everybody else gets a message.
const manyRequests = 5

// ErrTooMany says that somebody asked for approval of this invoice often enough today.
var ErrTooMany = errors.New("approval of this invoice was asked for too often today")

// ErrOwn says that somebody may not decide on what they asked for themselves.
var ErrOwn = errors.New("nobody decides on their own request")

// ErrNotYours says that somebody may not withdraw what somebody else asked for.
var ErrNotYours = errors.New("nobody withdraws another one's request")

// needsApproval says whether a second billing admin must approve a payment of this amount. It is the one rule for everything that Pay now can do:
// paying, recording and handing over.
func (p Policy) needsApproval(amount billing.Money) bool {
	if len(p.Approval) == 0 {
		return false
	}
	from, listed := p.Approval[amount.Currency]
	return !listed || amount.Minor >= from.Minor
}

// awaits says whether a payment of this invoice waits for a second billing admin.
func (r *Record) awaits() bool { return r.asking() != nil }

// asking is the open request; nil when there is none.
func (r *Record) asking() *Request {
	if r.State != Awaiting || len(r.Requests) == 0 {
		return nil
	}
	return &r.Requests[len(r.Requests)-1]
}

// pending is the open request if it has that id.
func (r *Record) pending(id string) *Request {
	if q := r.asking(); q != nil && q.ID == id {
		return q
	}
	return nil
}

func (q *Request) ends() time.Time { return q.At.Add(approvalTime) }

// request puts a payment before the other billing admins. It returns what begin returns when there is nothing to begin, and ErrTooMany.
func (r *Record) request(q Request, shown billing.Money) error {
	if err := r.free(shown); err != nil {
		return err
	}
	today := 0
	for _, old := range r.Requests {
		if old.By == q.By && q.At.Sub(old.At) < 24*time.Hour {
			today++
		}
	}
	if today >= manyRequests {
		return ErrTooMany
	}
	q.ID = fmt.Sprintf("%d-%s", len(r.Requests)+1, strconv.FormatInt(q.At.UnixNano(), 36)) // The time tells it from one that the store has forgotten.
	q.Amount, q.Payee = shown, r.Invoice.Payee()
	r.Requests, r.State = append(r.Requests, q), Awaiting
	r.note(q.At, q.By, "approval requested", "amount", q.Amount.String(), "method", q.Method.ID, "request", q.ID)
	return nil
}

// consulted notes that the method is one that can be used: the others may be asked.
func (r *Record) consulted(id string, method billing.Method, now time.Time) error {
	q := r.pending(id)
	if q == nil {
		return ErrStale
	}
	q.Method, q.Asked, q.Retry = method, now, time.Time{}
	return nil
}

// consultLater notes that the method could not be looked up.
func (r *Record) consultLater(id string, at time.Time) error {
	q := r.pending(id)
	if q == nil {
		return ErrStale
	}
	q.Retry = at
	return nil
}

// approve makes the request the one payment under way: the requester's, approved by somebody else. View is the approver's modal.
func (r *Record) approve(team, id, by, view string, now time.Time) error {
	q := r.pending(id)
	switch {
	case q == nil || q.Asked.IsZero() || !now.Before(q.ends()):
		return ErrStale
	case q.By == by:
		return ErrOwn
	case !r.asAsked(q) || r.missing():
		return ErrChanged
	}
	r.over(q, Approved, by, "", now)
	r.note(now, by, "approved", "requester", q.By, "amount", q.Amount.String(), "method", q.Method.Short, "request", id)
	return r.begin(team, Attempt{By: q.By, Approved: by, Method: q.Method, Reference: q.Reference, Recorded: q.Recorded, Began: now, View: view}, q.Amount)
}

// decline ends the request by somebody else's word, and tells the requester why.
func (r *Record) decline(id, by, reason string, now time.Time) error {
	q := r.pending(id)
	switch {
	case q == nil:
		return ErrStale
	case q.By == by:
		return ErrOwn
	}
	r.over(q, Declined, by, reason, now)
	r.note(now, by, "declined", "requester", q.By, "amount", q.Amount.String(), "reason", reason, "request", id)
	r.tell(q, Notice{Kind: NoticeDeclined, By: by, Reason: reason})
	return nil
}

// withdrawRequest ends the request by the requester's own word.
func (r *Record) withdrawRequest(id, by string, now time.Time) error {
	q := r.pending(id)
	switch {
	case q == nil:
		return ErrStale
	case q.By != by:
		return ErrNotYours
	}
	r.lapse(q, Withdrawn, now)
	return nil
}

// expire ends a request that nobody decided on in time.
func (r *Record) expire(id string, now time.Time) error {
	q := r.pending(id)
	if q == nil || now.Before(q.ends()) {
		return ErrStale
	}
	r.lapse(q, Expired, now)
	r.tell(q, Notice{Kind: NoticeExpired})
	return nil
}

// refuseRequest ends a request whose payment method the billing service does not list; nobody was asked.
func (r *Record) refuseRequest(id string, now time.Time) error {
	q := r.pending(id)
	if q == nil {
		return ErrStale
	}
	r.lapse(q, Unusable, now)
	r.tell(q, Notice{Kind: NoticeRefused, Decline: billing.MethodUnusable})
	return nil
}

// asAsked says whether the invoice is what was asked for.
func (r *Record) asAsked(q *Request) bool {
	return r.Invoice.Status == billing.Open && r.Invoice.AmountDue == q.Amount && r.Invoice.Payee() == q.Payee
}

// overtake ends the open request when the invoice is not what was asked for any more. That it was paid elsewhere, every copy says; of a change
// the requester is told.
func (r *Record) overtake(now time.Time) {
	q := r.asking()
	switch {
	case q == nil || r.asAsked(q):
	case r.Invoice.Status == billing.Paid:
		r.lapse(q, Elsewhere, now)
	default:
		r.lapse(q, Changed, now)
		r.tell(q, Notice{Kind: NoticeOvertaken})
	}
}

// lapse ends a request on which nobody else decided.
func (r *Record) lapse(q *Request, how Ending, now time.Time) {
	who := byKvitt
	if how == Withdrawn {
		who = q.By
	}
	r.over(q, how, "", "", now)
	r.note(now, who, "approval ended", "requester", q.By, "amount", q.Amount.String(), "why", string(how), "request", q.ID)
}

func (r *Record) over(q *Request, how Ending, by, reason string, now time.Time) {
	q.Ended, q.Decided, q.Reason, q.Over = how, by, reason, now
	r.State = Open
}

// tell gives the requester notice of how the request ended.
func (r *Record) tell(q *Request, n Notice) {
	n.ID, n.To, n.Amount, n.Record = "request-"+q.ID, q.By, q.Amount, q.Recorded
	r.notify(n)
}
