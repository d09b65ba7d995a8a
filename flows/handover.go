package flows

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kvitt/billing"
)

// A hand-over is a payment that its person finishes in the billing service's portal, where there is no public way to pay. Kvitt moves no money and
// starts nothing there: it shows the way, watches, and says so once the invoice is paid.

const (
	takeOverAfter = 30 * time.Minute    // From then on somebody else may open it in the portal.
	closely       = 20 * time.Minute    // How long the invoice is watched closely,
	watchClosely  = time.Minute         // which means so often;
	watchEvery    = time.Hour           // afterwards.
	cardTime      = 24 * time.Hour      // Azure shows a card payment within a day: learn.microsoft.com, "Pay your Microsoft Customer Agreement bill".
	transferTime  = 14 * 24 * time.Hour // It shows a bank transfer within ten business days: the same page.
)

// handOver notes that the payer may go to the portal: right, facts and method were checked.
func (r *Record) handOver(key string, method billing.Method, by billing.Grant, now time.Time) error {
	if !r.underWay(key) {
		return ErrStale
	}
	a := r.Attempt
	a.Method, a.Grant, a.HandedOver, a.NextLook, r.State = method, by, now, now.Add(watchClosely), HandedOver
	if a.Approved != "" {
		r.notify(Notice{ID: noticeOfHandOver(*a), Kind: NoticeHanded, To: a.By, By: a.Approved, Method: method.Short, Amount: a.Amount})
	}
	r.note(now, a.By, "handed over", "amount", a.Amount.String(), "method", method.Short, "approved", a.Approved, "role", by.Role, "scope", by.Scope, "key", key)
	return nil
}

func noticeOfHandOver(a Attempt) string {
	return fmt.Sprintf("handed-%s-%d", a.Key, a.Began.UnixNano())
}

// handOverEnds is when the person is asked what became of it.
func (r *Record) handOverEnds() time.Time {
	if r.Attempt.Method.Transfer {
		return r.Attempt.HandedOver.Add(transferTime)
	}
	return r.Attempt.HandedOver.Add(cardTime)
}

// takeable says whether somebody may open it in the portal although somebody else did. Not while a bank transfer may be on its way, and not where a
// second billing admin approved what is under way.
func (r *Record) takeable(now time.Time) bool {
	a := r.Attempt
	return r.State == HandedOver && !a.Method.Transfer && a.Approved == "" && !now.Before(a.HandedOver.Add(takeOverAfter))
}

// takeOver ends a hand-over that may be taken over, in favour of whoever goes to the portal now.
func (r *Record) takeOver(by string, now time.Time) {
	if !r.takeable(now) {
		return
	}
	a := r.Attempt
	if a.By != by {
		r.notify(Notice{ID: fmt.Sprintf("taken-%s-%d", a.Key, a.Began.UnixNano()), Kind: NoticeTaken, To: a.By, By: by, Amount: a.Amount})
	}
	r.note(now, by, "taken over", "from", a.By, "key", a.Key)
	r.ungrasp(now)
}

// letGo ends a hand-over because whoever opened it in the portal wants to pay in another way.
func (r *Record) letGo(by string, now time.Time) error {
	if r.State != HandedOver || r.Attempt.By != by {
		return ErrStale
	}
	r.note(now, by, "hand-over given up", "key", r.Attempt.Key)
	r.ungrasp(now)
	return nil
}

// abandon ends a hand-over of which nothing came in time; the person is asked.
func (r *Record) abandon(key string, now time.Time) error {
	if !r.underWay(key) || r.State != HandedOver {
		return ErrStale
	}
	a := r.Attempt
	r.notify(Notice{ID: fmt.Sprintf("lapsed-%s-%d", key, a.Began.UnixNano()), Kind: NoticeLapsed, To: a.By, Amount: a.Amount})
	r.note(now, byKvitt, "hand-over lapsed", "by", a.By, "key", key)
	r.ungrasp(now)
	return nil
}

// overtakenThere ends a hand-over of which the invoice is not what was handed over any more: another amount, or cancelled.
func (r *Record) overtakenThere(key string, now time.Time) error {
	if !r.underWay(key) || r.State != HandedOver {
		return ErrStale
	}
	a := r.Attempt
	r.notify(Notice{ID: fmt.Sprintf("moved-%s-%d", key, a.Began.UnixNano()), Kind: NoticeMoved, To: a.By})
	r.note(now, byKvitt, "hand-over overtaken", "by", a.By, "key", key)
	r.ungrasp(now)
	return nil
}

// ungrasp ends a hand-over. Its key counts as used, though nothing was ever charged under it: what is noted of it must not be taken for the next one's.
func (r *Record) ungrasp(now time.Time) {
	r.Failed++
	r.end(now)
}

// planHandOver decides about a payment that somebody finishes in the portal. Nobody is asked what became of it before the billing service itself has
// said, after the time, that it is not paid.
func planHandOver(now time.Time, r Record) (steps []Step, wake time.Time) {
	a := r.Attempt
	if !a.Looked.Before(r.handOverEnds()) {
		return []Step{{Do: Lapse, Reason: "not paid in time in the portal", Key: a.Key}}, time.Time{}
	}
	if take := a.HandedOver.Add(takeOverAfter); take.After(now) && r.takeable(take) {
		wake = sooner(wake, take)
	}
	if a.NextLook.After(now) {
		return nil, sooner(wake, a.NextLook)
	}
	return []Step{{Do: Look, Reason: "handed over"}}, wake
}

// watch asks whether an invoice that was handed over is paid by now. It never pays.
func (j *job) watch(ctx context.Context, a Attempt) error {
	var out billing.Outcome
	provider, err := j.provider(j.id)
	if err == nil {
		out, err = provider.Status(ctx, j.payment(a))
	}
	switch {
	case err == nil && (out.Progress == billing.Settled || out.Progress == billing.Refused):
		return j.conclude(ctx, a, HandedOver, out)
	case err == nil && (out.Progress == billing.Changed || out.Progress == billing.Elsewhere):
		return j.note(ctx, func(r *Record) error {
			if out.Invoice.ID != "" {
				r.see(out.Invoice, j.Now(), j.Now())
			}
			return unlessStale(r.overtakenThere(a.Key, j.Now()))
		})
	}
	return errors.Join(err, j.note(ctx, func(r *Record) error {
		if !r.underWay(a.Key) {
			return nil
		}
		if err == nil {
			r.Attempt.Looked = j.Now()
		}
		r.Attempt.NextLook = j.Now().Add(watchEvery)
		if j.Now().Sub(a.HandedOver) < closely {
			r.Attempt.NextLook = j.Now().Add(watchClosely)
		}
		return nil
	}))
}
