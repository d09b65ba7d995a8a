package flows

import (
	"context"
	"errors"
	"time"

	"kvitt/store"
)

const (
	leaseTime = 15 * time.Second // How soon another replica goes on after one has died.
	leaseBeat = 5 * time.Second  // How often who works on an invoice says so.
	workTime  = 28 * time.Second // How long one lease is worked under at most.
)

// errLease says that somebody else may work on the invoice, or mailbox, by now.
var errLease = errors.New("the lease has run out")

// errTime says that a step took as long as one may.
var errTime = errors.New("its time was up")

// lease takes what is due, as much as there are free hands.
func (f *Flows) lease(ctx context.Context, lane store.Lane, free int) ([]store.Lease, time.Time, error) {
	if free == 0 {
		return nil, time.Time{}, nil
	}
	return f.Backend.Lease(ctx, f.Policy.Team, lane, free, leaseTime)
}

// attend reconciles one invoice, or delivers one mailbox, under a lease.
func (f *Flows) attend(ctx context.Context, lease store.Lease) {
	log, work := f.Log.With(lease.Key.Kind, lease.Key.ID), f.reconcile
	if lease.Key.Kind == KindMailbox {
		work = f.deliver
	}
	ctx, end := context.WithTimeoutCause(ctx, workTime, errTime) // What has to wait longer than that for its turn at Slack steps back at once.
	defer end()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	beating := make(chan struct{})
	go func() {
		defer close(beating)
		f.hold(ctx, lease, stop)
	}()
	if err := work(ctx, lease); err != nil && !errors.Is(err, context.Canceled) {
		log.WarnContext(ctx, "what is due could not be worked on; it is tried again", "err", err)
		pause(ctx, retryPause)
	}
	stop(nil)
	<-beating
	release, done := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer done()
	if err := f.Backend.Release(release, lease); err != nil {
		log.WarnContext(ctx, "the lease could not be handed back; it runs out by itself", "err", err)
	}
}

// hold extends a lease again and again while ctx lasts, and ends the work when the lease is lost or has lasted long enough.
func (f *Flows) hold(ctx context.Context, lease store.Lease, stop context.CancelCauseFunc) {
	began := f.Now()
	held := began.Add(leaseTime)
	for {
		pause(ctx, leaseBeat)
		now := f.Now()
		switch {
		case ctx.Err() != nil:
			return
		case now.Sub(began) >= workTime-leaseBeat || now.Add(leaseBeat).After(held):
			pause(ctx, min(began.Add(workTime).Sub(now), held.Sub(now)-time.Second))
			stop(errLease)
			return
		}
		more, err := f.Backend.Extend(ctx, lease, leaseTime)
		switch {
		case errors.Is(err, store.ErrLost):
			stop(errLease)
			return
		case err == nil:
			lease, held = more, now.Add(leaseTime)
		}
	}
}
