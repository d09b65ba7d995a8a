package flows

import (
	"context"
	"errors"
	"time"

	"kvitt/billing"
	"kvitt/bot"
	"kvitt/store"
)

// An invoice is missing when Kvitt believes it to be open and nobody can be asked about it any more: its billing service, customer or account was taken
// out of the settings, or the service has it no longer. Nobody can pay it here, so nobody is reminded of it. A service that cannot be reached, or that
// refuses Kvitt's credentials, makes nothing missing.

// missingTime is how long an invoice is missing before it is gone. Replicas that are started one after the other with other settings, and a setting that
// was taken out by mistake, take less.
const missingTime = time.Hour

// syncUnnamed misses what is open at billing services that the settings do not name any more.
func (f *Flows) syncUnnamed(ctx context.Context) error {
	read := f.Now()
	var errs []error
	for id, err := range f.Records.IDs(ctx, listOpen) {
		if err != nil {
			return errors.Join(append(errs, err)...)
		}
		if _, err := f.provider(id); err != nil {
			errs = append(errs, f.readable(ctx, id, f.miss(ctx, id, read)))
		}
	}
	return errors.Join(errs...)
}

// lookForMissing asks a billing service about what is gone because nobody could tell of it: it may have been paid meanwhile, by a payment of Kvitt's even.
// It does so once: settings change between two starts only.
func (f *Flows) lookForMissing(ctx context.Context, provider billing.Provider, listed map[string]State) error {
	if _, done := f.sought.Load(provider.Name()); done {
		return nil
	}
	var errs []error
	for item, err := range f.on(ctx, listGone, false) {
		if err != nil {
			return errors.Join(append(errs, err)...)
		}
		if _, found := listed[item.ID]; !found && serviceOf(item.ID) == provider.Name() && !item.Rec.Missing.IsZero() {
			if errs = append(errs, f.reread(ctx, provider, item.ID)); hopeless(errs) {
				return errors.Join(errs...)
			}
		}
	}
	f.sought.Store(provider.Name(), true)
	return errors.Join(errs...)
}

// miss notes that nobody could tell of an invoice that was asked about at the time read.
func (f *Flows) miss(ctx context.Context, id string, read time.Time) error {
	rec, err := f.update(ctx, id, func(r *Record) (store.Next, error) {
		if !r.miss(read, f.Now()) {
			return store.Next{}, store.Unchanged
		}
		return store.Next{Wake: f.Now(), Lane: r.lane()}, nil
	})
	if err == nil && len(rec.notes) > 0 {
		f.Log.WarnContext(ctx, "an open invoice can no longer be seen: its service, customer or account is not in the settings, or the service no longer has it; nobody is reminded of it",
			"invoice", id, "state", rec.State)
	}
	return err
}

// miss is the record's side of it; false when there is nothing to note. A payment under way goes first, and so does one that its payer may still confirm:
// money may move, so what becomes of it stays the question, and only once that is answered can the invoice be gone.
func (r *Record) miss(read, now time.Time) bool {
	switch {
	case r.Layout == 0 || r.State == Paid || r.State == Gone || r.Turned.After(read) || r.Read.After(read):
		return false
	case r.Missing.IsZero():
		r.Missing = now
		r.note(now, byKvitt, "missing")
	case r.busy() || r.Waived != nil || now.Sub(r.Missing) < missingTime:
		return false
	default:
		r.vanish(now)
	}
	return true
}

// vanish gives up an invoice that stayed missing. Whoever asked for approval of its payment is told.
func (r *Record) vanish(now time.Time) {
	if q := r.asking(); q != nil {
		r.lapse(q, Changed, now)
		r.tell(q, Notice{Kind: NoticeOvertaken})
	}
	r.State = Gone
	r.note(now, byKvitt, string(Gone), "status", "missing")
}

// found ends the time in which an invoice was missing: its billing service tells of it again.
func (r *Record) found(now time.Time) {
	if r.Missing.IsZero() {
		return
	}
	r.Missing = time.Time{}
	r.note(now, byKvitt, "found")
}

// missing says whether there is nothing more to say of the invoice than that nobody can see it. Of a payment under way there is.
func (r *Record) missing() bool { return !r.Missing.IsZero() && !r.busy() && r.State != Paid }

// servicesCalled are the billing services as people know them; the ledger is Kvitt's own, and has no name.
var servicesCalled = map[string]string{"stripe": "Stripe", "azure": "Microsoft Azure"}

// missed says that Kvitt cannot see the invoice any more.
func (c card) missed() string {
	if service, named := servicesCalled[serviceOf(c.r.Invoice.ID)]; named {
		return c.say("state.missing", "Service", service)
	}
	return c.say("state.missing.plain")
}

// missingControls is the way to the invoice in its portal, where there is one: Kvitt itself can ask for no other.
func (c card) missingControls() []bot.Element {
	if c.r.Invoice.Link == "" {
		return nil
	}
	return []bot.Element{c.viewButton()}
}
