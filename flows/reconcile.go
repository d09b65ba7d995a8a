package flows

import (
	"context"
	"fmt"
	"log/slog"
	"reflect"
	"sync"
	"time"

	"kvitt/billing"
	"kvitt/bot"
	"kvitt/store"
)

// rounds bounds how often one lease plans anew: a message's answer to a change that came while it was posted takes two.
const rounds = 8

// unfinished is how long an invoice waits that did not come to rest within its rounds.
const unfinished = 5 * time.Second

// job is one invoice in the hands of one sweeper.
type job struct {
	*Flows
	lease    store.Lease
	id       string
	audience Audience
	turn     chan struct{} // Holds one: steps done side by side note their results in turn, without meeting in compare-and-set.
}

// reconcile makes the world agree with one record: it plans, does the steps, notes each result, and plans again until nothing is left to do.
// It may be cut off anywhere; whoever leases the record next goes on. A step that fails is noted, with when to try again, and logged; an error means
// that nothing could be noted.
func (f *Flows) reconcile(ctx context.Context, lease store.Lease) error {
	j := &job{Flows: f, lease: lease, id: lease.Key.ID, turn: make(chan struct{}, 1)}
	for range rounds {
		rec, err := f.Records.Load(ctx, j.id)
		if err != nil {
			return fmt.Errorf("the record of the invoice: %w", err)
		}
		ctx = bot.WithTrace(ctx, rec.Trace)
		if j.audience, err = f.audience(ctx, rec); err != nil {
			return err
		}
		steps, wake, lane := Plan(f.Now(), rec, j.audience, f.Policy)
		if len(steps) == 0 {
			if rested, err := j.rest(ctx, rec, wake, lane); rested || err != nil {
				return err
			}
			continue
		}
		if err := j.claim(ctx, steps); err != nil {
			return err
		}
		if err := j.do(ctx, steps); err != nil && ctx.Err() == nil {
			f.Log.WarnContext(ctx, "not everything could be done; it is tried again", "invoice", j.id, "err", err)
		}
	}
	_, err := j.change(ctx, func(r *Record) error { return nil }, f.Now().Add(unfinished))
	return err
}

// rest notes when to look again, as planned for the record that was read; false when that has changed since, and has to be planned anew.
func (j *job) rest(ctx context.Context, read Record, wake time.Time, lane store.Lane) (rested bool, err error) {
	_, err = j.update(ctx, j.id, func(r *Record) (store.Next, error) {
		if rested = reflect.DeepEqual(*r, read); !rested {
			return store.Next{}, store.Unchanged
		}
		if !r.busy() {
			r.Trace = "" // Whatever comes next goes back to somebody else.
		}
		return store.Next{Wake: wake, Lane: lane}, nil
	}, store.Under(j.lease))
	return rested, err
}

// claim notes which messages are about to be posted, and which are about to be edited: from here on nobody can be sure what those show. Only then they
// are.
func (j *job) claim(ctx context.Context, steps []Step) error {
	var posts []Post
	var edits []string
	for _, step := range steps {
		if step.Do == Mend && step.Post.Shows != "" {
			edits = append(edits, step.Post.Key)
		}
		if step.Do == Say || step.Do == Offer && !step.Post.Waiting {
			step.Post.Waiting = step.Do == Offer
			posts = append(posts, step.Post)
		}
	}
	if len(posts) == 0 && len(edits) == 0 {
		return nil
	}
	return j.note(ctx, func(r *Record) error {
		r.claim(posts, j.lease.Token, j.Now())
		r.blur(edits)
		return nil
	})
}

// do takes all steps side by side: a payment does not wait for a message to Slack. Only edits, of which there may be many, go a few at a time. The
// error is that of a note; what a step could not do is told, and noted, by the step.
func (j *job) do(ctx context.Context, steps []Step) error {
	ctx, cancel := context.WithTimeoutCause(ctx, stepTime, errTime)
	defer cancel()
	var wg sync.WaitGroup
	var edits []Step
	for _, step := range steps {
		if step.Do == Mend {
			edits = append(edits, step)
			continue
		}
		wg.Go(func() { j.counted(ctx, step, func() error { return j.carryOut(ctx, step) }) })
	}
	err := j.mendAll(ctx, edits)
	wg.Wait()
	return err
}

// counted takes a step, counts it, and tells what went wrong.
func (j *job) counted(ctx context.Context, step Step, do func() error) {
	level := slog.LevelInfo
	if !step.Post.Retry.IsZero() {
		level = slog.LevelDebug // It was told when it was tried first.
	}
	j.Log.Log(ctx, level, string(step.Do), "invoice", j.id, "reason", step.Reason, "post", step.Post.Key)
	began := j.Now()
	err := do()
	if err != nil {
		j.complain(ctx, step.Post.Place, err, "invoice", j.id)
	}
	j.observe(Observation{What: ObservedStep, Service: serviceOf(j.id), Name: string(step.Do), Reason: step.Reason, Outcome: outcome(err), Took: j.Now().Sub(began)})
}

func (j *job) carryOut(ctx context.Context, step Step) error {
	switch step.Do {
	case Say:
		return j.say(ctx, step.Post)
	case Offer:
		return j.offer(ctx, step.Post)
	case Seek:
		return j.seek(ctx, step.Post)
	case Charge:
		return j.charge(ctx)
	case Look:
		return j.look(ctx)
	case Alarm:
		return j.alarm(ctx, step.Key)
	case Lapse:
		return unlessStale(j.note(ctx, func(r *Record) error { return r.abandon(step.Key, j.Now()) }))
	case Drop:
		return j.note(ctx, func(r *Record) error { return r.withdraw(step.Key, Notice{Kind: NoticeUnchecked}, j.Now()) })
	case Consult:
		return j.consult(ctx, step.Key)
	case Expire:
		return unlessStale(j.note(ctx, func(r *Record) error { return r.expire(step.Key, j.Now()) }))
	case TakeBack:
		return j.takeBack(ctx)
	case Fold:
		return j.note(ctx, func(r *Record) error { r.fold(j.Now()); return nil })
	case Settle:
		return j.note(ctx, func(r *Record) error { r.settled(); return nil })
	}
	return fmt.Errorf("nobody knows how to %q", step.Do)
}

// note changes the record under the lease; the invoice stays due until rest says otherwise.
func (j *job) note(ctx context.Context, fn func(*Record) error) error {
	j.turn <- struct{}{}
	defer func() { <-j.turn }()
	_, err := j.change(ctx, fn, j.Now())
	return err
}

func (j *job) change(ctx context.Context, fn func(*Record) error, wake time.Time) (Record, error) {
	// What was done must be noted even when the time for doing is up.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	return j.update(ctx, j.id, func(r *Record) (store.Next, error) {
		return store.Next{Wake: wake, Lane: store.Urgent}, fn(r)
	}, store.Under(j.lease))
}

// update changes a record, together with its audit entries and its place on the lists, and counts the entries.
func (f *Flows) update(ctx context.Context, id string, fn func(*Record) (store.Next, error), opts ...store.Option) (Record, error) {
	rec, err := f.Records.Update(ctx, id, func(r *Record) (store.Next, error) {
		r.notes = nil
		next, err := fn(r)
		next.Audit = r.notes
		next.List, next.Place = r.list()
		return next, err
	}, opts...)
	if err == nil {
		f.observeNotes(id, rec.notes)
	}
	return rec, err
}

// answerFirst is how long the work that a submission starts waits, so that Slack has the answer to the submission on the screen before what
// became of it takes its place.
const answerFirst = 500 * time.Millisecond

// change is how a click changes a record: the sweepers look at it at once.
func (f *Flows) change(ctx context.Context, id string, fn func(*Record) error) (Record, error) {
	return f.changeLater(ctx, id, 0, fn)
}

func (f *Flows) changeLater(ctx context.Context, id string, wait time.Duration, fn func(*Record) error) (Record, error) {
	rec, err := f.update(ctx, id, func(r *Record) (store.Next, error) {
		if !r.busy() {
			r.Trace = orText(bot.Trace(ctx), r.Trace)
		}
		return store.Next{Wake: f.Now().Add(wait), Lane: store.Urgent}, fn(r)
	})
	if err == nil {
		f.nudge()
	}
	return rec, err
}

// provider finds the billing service of an invoice by the word before the colon of its id.
func (f *Flows) provider(id string) (billing.Provider, error) {
	for _, p := range f.Providers {
		if name := p.Name() + ":"; len(id) > len(name) && id[:len(name)] == name {
			return p, nil
		}
	}
	return nil, fmt.Errorf("invoice %q: %w", id, billing.ErrNotFound)
}
