package flows

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"kvitt/billing"
	"kvitt/store"
)

// SyncOnce asks every billing service what there is, misses what none can tell of, and looks the billing admins up anew. A service that fails takes nothing
// away: reminders go on from what is known.
func (f *Flows) SyncOnce(ctx context.Context) {
	if err := f.syncUnnamed(ctx); err != nil && ctx.Err() == nil {
		f.Log.WarnContext(ctx, "invoices of which no billing service can tell could not be gone through; it is tried again at the next sync", "err", err)
	}
	f.syncAdmins(ctx)
	var wg sync.WaitGroup
	for _, provider := range f.Providers {
		wg.Go(func() {
			began := f.Now()
			err := f.syncProvider(ctx, provider)
			f.health.billing(provider.Name(), err, began)
			f.observe(Observation{What: ObservedSync, Service: provider.Name(), Outcome: outcome(err), Took: f.Now().Sub(began)})
			if err != nil && ctx.Err() == nil {
				f.Log.WarnContext(ctx, "a billing service could not be asked for everything; reminders go on from what is known", "service", provider.Name(), "err", err)
			}
		})
	}
	wg.Wait()
	f.nudge()
}

// syncAdmins looks the billing admins up. At start, and when whom to tell is not as it was the last time, every invoice is planned anew.
func (f *Flows) syncAdmins(ctx context.Context) {
	if err := f.Admins.Resolve(ctx); err != nil && ctx.Err() == nil {
		f.complain(ctx, "", fmt.Errorf("not every billing admin could be looked up: %w", err))
	}
	who, err := f.everybody(ctx)
	turns := f.Admins.turns.Load() // Of what is planned anew below; one that is counted meanwhile is the next sync's.
	if err == nil && (turns != f.turned || !f.started || !slices.EqualFunc(who.Readers, f.readers, Reader.same)) {
		f.readers, f.started = who.Readers, true
		err = f.wakeAll(ctx)
		f.turned, f.started = turns, err == nil
	}
	if err != nil && ctx.Err() == nil {
		f.Log.WarnContext(ctx, "the billing admins could not be read; reminders go on from what is known", "err", err)
	}
}

// syncProvider takes in what the service lists, then asks for each invoice that Kvitt believes to be open and that was not listed.
func (f *Flows) syncProvider(ctx context.Context, provider billing.Provider) error {
	listed := map[string]State{}
	read := f.Now()
	var errs []error
	for inv, err := range provider.Invoices(ctx, f.health.lastSync(provider.Name())) {
		if err != nil {
			errs = append(errs, err) // The last one; what it leaves out keeps nobody from the rest.
			break
		}
		rec, err := f.take(ctx, inv, read)
		if err := f.readable(ctx, inv.ID, err); err != nil {
			return err
		}
		listed[inv.ID] = rec.State
	}
	if unreachable(errors.Join(errs...)) {
		return errors.Join(errs...)
	}
	errs = append(errs, f.lookForMissing(ctx, provider, listed))
	standing := map[State]int{Open: 0, Awaiting: 0, Paying: 0, Unknown: 0, Submitted: 0, HandedOver: 0}
	for id, err := range f.Records.IDs(ctx, listOpen) {
		if err != nil {
			return errors.Join(append(errs, err)...)
		}
		if serviceOf(id) != provider.Name() {
			continue
		}
		state, found := listed[id]
		if !found {
			state, err = f.unlisted(ctx, provider, id)
			if errs = append(errs, err); hopeless(errs) {
				return errors.Join(errs...)
			}
		}
		if state != "" { // Its record cannot be read.
			standing[state]++
		}
	}
	return errors.Join(append(errs, f.observeStanding(ctx, provider.Name(), standing))...)
}

// unlisted asks for an invoice that Kvitt believes to be open, and returns what it was believed to be.
func (f *Flows) unlisted(ctx context.Context, provider billing.Provider, id string) (State, error) {
	rec, err := f.Records.Load(ctx, id)
	if err == nil {
		err = f.reread(ctx, provider, id)
	}
	return rec.State, f.readable(ctx, id, err)
}

// observeStanding counts the invoices of a billing service by state.
func (f *Flows) observeStanding(ctx context.Context, service string, standing map[State]int) (err error) {
	for state, list := range map[State]string{Paid: listPaid, Gone: listGone} {
		if standing[state], err = f.count(ctx, list, service); err != nil {
			return err
		}
	}
	for state, count := range standing {
		f.observe(Observation{What: ObservedInvoices, Service: service, Name: string(state), Count: count})
	}
	return nil
}

func unreachable(err error) bool {
	return errors.Is(err, billing.ErrUnavailable) || errors.Is(err, billing.ErrSetup)
}

// hopeless says whether the last three answers were none: each may have taken a quarter of a minute to come to nothing, and whoever else is to be asked
// waits.
func hopeless(errs []error) bool {
	return len(errs) >= 3 && !slices.ContainsFunc(errs[len(errs)-3:], func(err error) bool { return !unreachable(err) })
}

func (f *Flows) reread(ctx context.Context, provider billing.Provider, id string) error {
	read := f.Now()
	inv, err := provider.Invoice(ctx, id)
	if errors.Is(err, billing.ErrNotFound) {
		return f.miss(ctx, id, read)
	}
	if err != nil {
		return err
	}
	_, err = f.take(ctx, inv, read)
	return err
}

// take brings the record up to date with what the billing service said of an invoice, asked at the time read. Nearly always there is nothing new.
func (f *Flows) take(ctx context.Context, inv billing.Invoice, read time.Time) (Record, error) {
	if rec, err := f.Records.Load(ctx, inv.ID); err == nil && rec.upToDate(inv, read) {
		return rec, nil
	}
	return f.update(ctx, inv.ID, func(r *Record) (store.Next, error) {
		if r.upToDate(inv, read) {
			return store.Next{}, store.Unchanged
		}
		r.see(inv, read, f.Now())
		return store.Next{Wake: f.Now(), Lane: r.lane()}, nil
	})
}

// upToDate says whether there is nothing to take from what a billing service said, asked at the time read.
func (r *Record) upToDate(inv billing.Invoice, read time.Time) bool {
	return r.Layout != 0 && (r.asKnown(inv) || r.Turned.After(read) || r.Read.After(read))
}

// asKnown says whether there is nothing new in what a billing service says. That it names an invoice is, of one that was missing; so it is of one that is
// gone and should not be, which an older Kvitt may have left that knew no missing ones.
func (r *Record) asKnown(inv billing.Invoice) bool {
	return same(r.Invoice, inv) && r.Missing.IsZero() && (r.State != Gone || stateOf(inv) == Gone)
}

// same compares what a billing service said twice.
func same(a, b billing.Invoice) bool {
	if !a.Settlement.At.Equal(b.Settlement.At) {
		return false
	}
	a.Settlement.At, b.Settlement.At = time.Time{}, time.Time{}
	return a == b
}

// Health is what a billing service answered when it was last asked for its invoices.
type Health struct {
	Failed error     // Nil: it is well.
	At     time.Time // When that was; zero: not yet.
}

// health is what the flows know of the billing services; for readiness, and for when to ask for changes.
type health struct {
	mu     sync.Mutex
	last   map[string]Health
	synced map[string]time.Time
}

func (h *health) billing(name string, err error, began time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.last[name] = Health{err, began}
	if err == nil {
		h.synced[name] = began
	}
}

// lastSync is when the last whole sync began, with some overlap; zero when there was none.
func (h *health) lastSync(name string) time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	if at, ok := h.synced[name]; ok {
		return at.Add(-time.Hour)
	}
	return time.Time{}
}

// Health says how each billing service answered the last sync, by name.
func (f *Flows) Health() map[string]Health {
	f.health.mu.Lock()
	defer f.health.mu.Unlock()
	return maps.Clone(f.health.last)
}
