package flows

import (
	"context"
	"sync"
	"time"

	"github.com/robfig/cron/v3"

	"kvitt/store"
)

const (
	stepTime     = 20 * time.Second // A call to a billing service ends by then.
	drainTime    = 8 * time.Second
	storeBackoff = 5 * time.Second
	retryPause   = 2 * time.Second // An invoice that could not be worked on is kept back so long, or its failure would spin.
)

// lanes and how many invoices of each are worked on at once: a thousand reminders never stand before a payment.
var lanes = map[store.Lane]int{store.Urgent: 8, store.Routine: 16}

// Run asks the billing services, sweeps, and works until ctx ends; then it finishes what it has begun and what clicks asked for, at most 8 s long: notes and
// leases come after that, and all of it is to end within 10.
func (f *Flows) Run(ctx context.Context) {
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var loops sync.WaitGroup
	for lane, workers := range lanes {
		loops.Go(func() { f.sweep(ctx, working, lane, workers) })
	}
	loops.Go(func() { f.syncs(ctx) })
	loops.Go(func() { f.glance(ctx) })
	<-ctx.Done()
	late := time.AfterFunc(drainTime, stop)
	defer late.Stop()
	loops.Wait()
	f.work.Wait()
}

// wakeAll has every invoice planned anew on which something may still come: when to wake was decided by the settings and the billing admins of
// then, which may be others now.
func (f *Flows) wakeAll(ctx context.Context) error {
	for item, err := range f.on(ctx, listOpen, false) {
		if err != nil {
			return err
		}
		_, err := f.update(ctx, item.ID, func(r *Record) (store.Next, error) {
			return store.Next{Wake: f.Now(), Lane: r.lane()}, nil
		})
		if err != nil {
			return err
		}
	}
	f.nudge()
	return nil
}

// nudge makes the sweepers look at once: a click or a webhook has changed a record.
func (f *Flows) nudge() {
	for lane := range lanes {
		poke(f.wake[lane])
	}
}

// sweep leases what is due in one lane and works on it. It looks at every sweep, at every nudge, and at the very moment that something becomes due
// or that the lease of a replica runs out that may be dead.
func (f *Flows) sweep(ctx, working context.Context, lane store.Lane, workers int) {
	slots := make(chan struct{}, workers)
	var told time.Time
	for ctx.Err() == nil {
		leases, next, err := f.lease(ctx, lane, workers-len(slots))
		if err != nil && ctx.Err() == nil {
			f.Log.ErrorContext(ctx, "what is due could not be read; trying again", "lane", lane, "err", err)
			next = f.Now().Add(backOff(f.Now()))
		}
		if free := workers - len(slots); err == nil && free > 0 {
			f.watchDue(lane, next, &told)
		}
		f.handOut(working, lane, leases, slots)
		f.rest(ctx, lane, next, breather(len(leases)))
	}
	if lane == store.Urgent {
		f.finish(working, slots)
	}
}

// handOut has each lease worked on in a slot of its own.
func (f *Flows) handOut(working context.Context, lane store.Lane, leases []store.Lease, slots chan struct{}) {
	for _, lease := range leases {
		f.observe(Observation{What: ObservedLease, Name: string(lane), Took: lease.Late})
		slots <- struct{}{}
		f.work.Go(func() {
			f.attend(working, lease)
			<-slots
			f.nudge() // A hand is free; and what a click made due meanwhile, in whatever lane, can be leased now.
		})
	}
}

// finish does what was acknowledged before the stop: a submission that has its answer is paid, though its work was to begin a moment later. It takes on
// nothing more once that moment has passed since a click was last worked on: what waits then for a free hand is another replica's, or the next start's.
func (f *Flows) finish(working context.Context, slots chan struct{}) {
	for clicked, asked := f.Now(), f.Now(); asked.Sub(clicked) <= answerFirst+clocksDiffer; {
		pause(working, breather(0)) // Whoever took the last click in may not have begun with it.
		if f.Bot.Busy() {
			clicked = f.Now()
		}
		asked = f.Now()
		leases, _, err := f.lease(working, store.Urgent, cap(slots)-len(slots))
		if err != nil {
			return
		}
		f.handOut(working, store.Urgent, leases, slots)
	}
}

// clocksDiffer is how far the store's clock may be behind ours without anybody noticing.
const clocksDiffer = 500 * time.Millisecond

// breather keeps a sweeper that found nothing from asking again at once.
func breather(found int) time.Duration {
	if found > 0 {
		return 0
	}
	return 100 * time.Millisecond
}

// backOff is how long to leave a store alone that cannot be reached: 5 s and up to half of it more, by the clock's last digits, so that replicas do
// not march in step.
func backOff(now time.Time) time.Duration {
	return storeBackoff + time.Duration(now.UnixNano())%(storeBackoff/2)
}

// rest waits until there may be something to do, at least for a while: the store's clock may be behind ours.
func (f *Flows) rest(ctx context.Context, lane store.Lane, next time.Time, least time.Duration) {
	now := f.Now()
	timer := time.NewTimer(max(sooner(f.Sweep.Next(now), next).Sub(now), least))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-f.wake[lane]:
	}
}

// syncs asks the billing services at start and whenever the schedule says.
func (f *Flows) syncs(ctx context.Context) {
	for ctx.Err() == nil {
		f.SyncOnce(ctx)
		if !sleepUntil(ctx, f.Sync, f.Now) {
			return
		}
	}
}

// sleepUntil waits for the next time of a schedule; false when ctx ends first. A schedule only says when to look, never what to do.
func sleepUntil(ctx context.Context, schedule cron.Schedule, now func() time.Time) bool {
	at := now()
	timer := time.NewTimer(schedule.Next(at).Sub(at))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

func poke(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
