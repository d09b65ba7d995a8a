package flows

import (
	"strings"
	"time"

	"kvitt/store"
)

// Observation is one thing that happened, for metrics. It names no person, amount or id, and its texts are from small fixed sets.
type Observation struct {
	What    Observed
	Service string        // The billing service, where it is about one.
	Name    string        // Which step, lane, word of the audit trail, or state of an invoice.
	Reason  string        // Why a step was taken.
	Outcome string        // "ok" or "failed", where it could fail.
	Took    time.Duration // How long it took, or how late it was.
	Count   int           // Of invoices in a state.
}

// Observed is what an Observation is about.
type Observed string

const (
	ObservedStep     Observed = "step"     // A step of a plan was taken.
	ObservedLease    Observed = "lease"    // An invoice was leased in the lane Name, Took after it was due.
	ObservedDue      Observed = "due"      // The longest due invoice of the lane Name that nobody works on is Took late; zero: there is none.
	ObservedEvent    Observed = "event"    // Name was put on the audit trail of an invoice.
	ObservedSync     Observed = "sync"     // A billing service was asked for its invoices.
	ObservedInvoices Observed = "invoices" // Count invoices are in the state Name.
)

// EventStillUnknown is the Name of an ObservedEvent: nobody can say what became of a payment, and payer and operator are told. Operators have an alert on it.
const EventStillUnknown = "still unknown"

func (f *Flows) observe(o Observation) {
	if f.Observe != nil {
		f.Observe(o)
	}
}

// observeNotes counts what a change has put on an invoice's audit trail.
func (f *Flows) observeNotes(id string, notes []store.Note) {
	for _, n := range notes {
		f.observe(Observation{What: ObservedEvent, Service: serviceOf(id), Name: n.What})
	}
}

// serviceOf is the word before the colon of an invoice's id.
func serviceOf(id string) string {
	name, _, _ := strings.Cut(id, ":")
	return name
}

// lateAlarm is how late work may be before the operator is told.
const lateAlarm = time.Minute

// watchDue tells how late the work of a lane is. next is when a lease may next be had: in the past, somebody waits for a free hand.
func (f *Flows) watchDue(lane store.Lane, next time.Time, told *time.Time) {
	now := f.Now()
	late := time.Duration(0)
	if !next.IsZero() {
		late = max(now.Sub(next), 0)
	}
	f.observe(Observation{What: ObservedDue, Name: string(lane), Took: late})
	if late > lateAlarm && now.Sub(*told) > lateAlarm {
		*told = now
		f.Log.Warn("work is late: more is due than can be done at once", "lane", lane, "late", late.Round(time.Second))
	}
}

func outcome(err error) string {
	if err != nil {
		return "failed"
	}
	return "ok"
}
