package flows

import (
	"context"
	"errors"
	"sync"
	"time"

	"kvitt/billing"
	"kvitt/store"
)

const (
	mostGlances = 10_000           // Invoices that wait to be looked at; what is more, the next sync finds.
	glanceHands = 4                // Invoices looked at side by side.
	glanceTries = 3                // After that, the next sync finds it.
	glancePause = 10 * time.Second // Between tries.
)

// glances are the invoices of which a billing service said that something happened to them. They are not remembered: every start
// begins with a sync, which looks at them all.
type glances struct {
	asked chan struct{}

	mu   sync.Mutex
	wait map[string]bool
}

// Look has an invoice read anew soon, because its billing service says that something happened to it. It takes the word for no more
// than that, does not wait, and may be called as often as somebody likes: however many events an invoice has, it is read once.
func (f *Flows) Look(id string) {
	f.glances.mu.Lock()
	if f.glances.wait == nil {
		f.glances.wait = map[string]bool{}
	}
	if len(f.glances.wait) < mostGlances {
		f.glances.wait[id] = true
	}
	f.glances.mu.Unlock()
	poke(f.glances.asked)
}

func (g *glances) take() map[string]bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	all := g.wait
	g.wait = nil
	return all
}

// glance looks at what Look names until ctx ends.
func (f *Flows) glance(ctx context.Context) {
	hands := make(chan struct{}, glanceHands)
	for {
		select {
		case <-ctx.Done():
			return
		case <-f.glances.asked:
		}
		for id := range f.glances.take() {
			hands <- struct{}{}
			f.work.Go(func() {
				f.glanceAt(ctx, id)
				<-hands
			})
		}
	}
}

// glanceAt looks at one invoice, a few times if need be.
func (f *Flows) glanceAt(ctx context.Context, id string) {
	for range glanceTries {
		err := f.hear(ctx, id)
		if err == nil || ctx.Err() != nil {
			return
		}
		f.Log.WarnContext(ctx, "an invoice to which something happened could not be read", "invoice", id, "err", err)
		pause(ctx, glancePause)
	}
}

// hear reads an invoice and takes in what its billing service says. Of a payment that is waited for the outcome is asked at once. A draft
// of which Kvitt knows nothing stays unknown: it may change a dozen times before it is issued.
func (f *Flows) hear(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(ctx, stepTime)
	defer cancel()
	provider, err := f.provider(id)
	if err != nil {
		return err
	}
	read := f.Now()
	inv, err := provider.Invoice(ctx, id)
	if errors.Is(err, billing.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if _, err := f.Records.Load(ctx, id); errors.Is(err, store.ErrNotFound) && inv.Status == billing.Draft {
		return nil
	}
	rec, err := f.take(ctx, inv, read)
	if err == nil && rec.waits() {
		_, err = f.change(ctx, id, func(r *Record) error { r.hurry(f.Now()); return nil })
	}
	f.nudge()
	return err
}
