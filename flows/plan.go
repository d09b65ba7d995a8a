package flows

import (
	"time"

	"kvitt/billing"
	"kvitt/store"
)

// Policy is what the operator decided, and what was found out once at start.
type Policy struct {
	Team     string
	Zone     *time.Location // Due dates are calendar days in it.
	Schedule Schedule
	Hours    Hours
	Locale   Lang
	Channels []string // Finance channels.

	// DigestFrom is from how many reminders due to one person at once they become one message; 0: they never do.
	DigestFrom int

	// Approval says from which amount on (inclusive) a second billing admin must approve, by currency; always, where a currency is not in it.
	// Empty: never.
	Approval map[string]billing.Money
}

// Audience is who is told about invoices now, and whom the record at hand names.
type Audience struct {
	Readers []Reader
	People  map[string]Known // By user id.
}

// Known is what is to be known of somebody whom a record names.
type Known struct {
	Name string
	Lang Lang
	Zone *time.Location // Nil where it is not known.
}

// Reader is one place that reminders go to: a billing admin's direct message, or a finance channel.
type Reader struct {
	Place   string // User or channel id.
	Channel bool
	Lang    Lang
	Zone    *time.Location
}

func (r Reader) same(as Reader) bool {
	return r.Place == as.Place && r.Lang == as.Lang && r.Zone.String() == as.Zone.String()
}

// Do is what a Step does.
type Do string

const (
	Say      Do = "say"       // Post a message that was not posted before.
	Offer    Do = "offer"     // Put a reminder into its reader's mailbox.
	Seek     Do = "seek"      // Look for a message that may have been posted.
	Mend     Do = "mend"      // Edit a message that shows what is not so any more.
	Charge   Do = "charge"    // Check once more, and pay.
	Consult  Do = "consult"   // Look a request's payment method up, before anybody is asked to approve.
	Expire   Do = "expire"    // End a request that nobody approved in time.
	Drop     Do = "drop"      // Forget a payment whose payer was not told that it is in progress.
	Look     Do = "look"      // Ask what became of a payment.
	Lapse    Do = "lapse"     // Ask the person who opened it in the portal, where it is still not paid.
	Alarm    Do = "alarm"     // Tell payer and operator that it stays unknown.
	TakeBack Do = "take back" // Undo a record of the ledger.
	Fold     Do = "fold"      // Put the refusals of a day that is over on the audit trail.
	Settle   Do = "settle"    // Note that a payment is confirmed everywhere.
)

// Step is one thing to be done about one invoice.
type Step struct {
	Do     Do
	Reason string // The same word in logs, metrics and tests.
	Post   Post   // With Say, Seek and Mend.
	Key    string // Of the payment that Alarm, Lapse and Drop are about; the id of the request that Consult and Expire are about.
}

const (
	lookEvery   = 10 * time.Second // Well inside the 30 s in which an unknown outcome is to be decided.
	lookSlowly  = 14 * time.Second // Still inside them, with the time that one look may take: for what has been unknown for long.
	submitEvery = time.Hour
	alarmAfter  = 15 * time.Minute
	undoWindow  = 24 * time.Hour
	answerTime  = 10 * time.Second // A submission is answered long before.
)

// Plan is the only place that decides. It returns what is to be done now, each step with its reason, and when to plan again; a zero
// wake means that only a change of the record brings anything new. It is pure: the same arguments give the same plan, and
// once the steps are done and noted, it returns none.
func Plan(now time.Time, r Record, a Audience, p Policy) (steps []Step, wake time.Time, lane store.Lane) {
	lane = r.lane()
	steps, wake = planPayment(now, r)
	wanted, next := wantedPosts(now, r, a, p)
	wake = sooner(wake, next)
	for _, post := range wanted {
		if r.post(post.Key) == nil {
			steps = append(steps, Step{Do: p.outlet(post), Reason: reasonOf(post), Post: post})
		}
	}
	for _, post := range r.Posts {
		step, retry := planPost(now, r, post, a, p)
		wake = sooner(wake, retry)
		if step != nil {
			steps = append(steps, *step)
		}
	}
	if len(steps) == 0 && r.State == Paid && len(r.Payments) > 0 && !r.Payments[len(r.Payments)-1].Settled && r.confirmed() {
		steps = append(steps, Step{Do: Settle, Reason: "confirmed everywhere"})
	}
	if at := r.folds(); at.After(now) {
		wake = sooner(wake, at)
	} else if !at.IsZero() {
		steps = append(steps, Step{Do: Fold, Reason: "a day of refusals is over"})
	}
	return steps, sooner(wake, undoEnds(now, r)), lane
}

// lane keeps invoices that somebody waits for apart from reminders.
func (r *Record) lane() store.Lane {
	if r.busy() || r.awaits() || r.Undo != nil {
		return store.Urgent
	}
	return store.Routine
}

// planPayment decides about the payment under way.
func planPayment(now time.Time, r Record) (steps []Step, wake time.Time) {
	a := r.Attempt
	switch {
	case r.Undo != nil && r.Undo.Retry.After(now):
		return nil, r.Undo.Retry
	case r.Undo != nil:
		return []Step{{Do: TakeBack, Reason: "undo requested"}}, time.Time{}
	case a == nil:
		return planRequest(now, r)
	case r.State == HandedOver:
		return planHandOver(now, r)
	case r.State == Paying && !a.Answered && now.Sub(a.Began) < answerTime:
		return nil, a.Began.Add(answerTime)
	case r.State == Paying && !a.Answered:
		return []Step{{Do: Drop, Reason: "the payer got no answer", Key: a.Key}}, time.Time{}
	case r.State == Paying && a.Sent.IsZero():
		return []Step{{Do: Charge, Reason: "payment begun"}}, time.Time{}
	case r.State == Paying:
		return []Step{{Do: Look, Reason: "interrupted while paying"}}, time.Time{}
	}
	if r.State == Unknown && !a.Alarmed {
		if at := a.Doubted.Add(alarmAfter); !at.After(now) {
			steps = append(steps, Step{Do: Alarm, Reason: "still unknown", Key: a.Key})
		} else {
			wake = at
		}
	}
	if !r.keyDead(now) {
		wake = sooner(wake, a.KeyDies)
	}
	if a.NextLook.After(now) {
		return steps, sooner(wake, a.NextLook)
	}
	return append(steps, Step{Do: Look, Reason: string(r.State)}), wake
}

// undoEnds is when a card has to lose its Undo button.
func undoEnds(now time.Time, r Record) time.Time {
	if pay := r.lastPayment(); pay != nil && pay.Recorded && pay.At.Add(undoWindow).After(now) {
		return pay.At.Add(undoWindow)
	}
	return time.Time{}
}
