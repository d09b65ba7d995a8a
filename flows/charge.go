package flows

import (
	"cmp"
	"context"
	"errors"
	"time"

	"kvitt/billing"
)

// longestLife is when a person may declare an unknown payment not made, even where the service remembers its key longer.
const longestLife = 24 * time.Hour

// Undoer is a billing service whose records can be taken back.
type Undoer interface {
	// Undo takes back what the payment with this key recorded. A second Undo of the same key does no harm.
	Undo(ctx context.Context, invoice, key, by, reason string) error
}

// charge checks right, facts and method once more, fresh, right before money moves; then it pays, or hands over. What cannot be checked is not allowed.
func (j *job) charge(ctx context.Context) error {
	rec, err := j.Records.Load(ctx, j.id)
	if err != nil || rec.Attempt == nil {
		return err
	}
	a := *rec.Attempt
	provider, err := j.provider(j.id)
	if err != nil {
		return errors.Join(err, j.note(ctx, func(r *Record) error { return r.withdraw(a.Key, Notice{Kind: NoticeUnchecked}, j.Now()) }))
	}
	notice, err := j.check(ctx, provider, rec.account(), &a)
	if err != nil && stopped(ctx) {
		return err
	}
	if notice.Kind != "" {
		noted := j.note(ctx, func(r *Record) error { return r.withdraw(a.Key, notice, j.Now()) })
		return errors.Join(err, noted, j.showResult(ctx, a, ""))
	}
	if provider.Way() == billing.HandsOver {
		noted := j.note(ctx, func(r *Record) error { return r.handOver(a.Key, a.Method, a.Grant, j.Now()) })
		return errors.Join(noted, j.showResult(ctx, a, ""))
	}
	a.Sent = j.Now()
	if err := j.note(ctx, func(r *Record) error {
		return r.send(a.Key, a.Method, a.Grant, a.Sent, a.Sent.Add(min(provider.KeyLife(), longestLife)))
	}); err != nil {
		return err
	}
	out, err := provider.Pay(ctx, j.payment(a))
	if err != nil && stopped(ctx) {
		return errors.Join(err, j.note(ctx, func(r *Record) error { return r.unsend(a.Key, j.Now()) }))
	}
	if err != nil {
		noted := j.note(ctx, func(r *Record) error { return r.withdraw(a.Key, Notice{Kind: NoticeUnchecked}, j.Now()) })
		return errors.Join(err, noted, j.showResult(ctx, a, ""))
	}
	return j.conclude(ctx, a, Paying, out)
}

// stopped says whether the process has no more time, and not that a step has had its own. What it leaves is resumed at the next start: a payment of which
// nothing was sent is not given up for that.
func stopped(ctx context.Context) bool { return errors.Is(context.Cause(ctx), context.Canceled) }

// check checks right, facts and method; the attempt learns the payment method as the billing service lists it now. The notice says what to tell the
// payer where nothing may be paid.
func (j *job) check(ctx context.Context, provider billing.Provider, at account, a *Attempt) (Notice, error) {
	notice, err := j.rights(ctx, at, a)
	if notice.Kind != "" {
		return notice, err
	}
	read := j.Now()
	inv, err := provider.Invoice(ctx, j.id)
	if err != nil {
		return Notice{Kind: NoticeUnchecked}, err
	}
	if err := j.note(ctx, func(r *Record) error { r.see(inv, read, j.Now()); return nil }); err != nil {
		return Notice{Kind: NoticeUnchecked}, err
	}
	switch {
	case inv.Status == billing.Paid:
		return Notice{Kind: NoticeElsewhere}, nil
	case inv.Status != billing.Open || inv.AmountDue != a.Amount || inv.Payee() != a.Payee:
		return Notice{Kind: NoticeChanged}, nil
	}
	method, listed, err := methodOf(ctx, provider, inv, a.Method.ID)
	switch {
	case err != nil:
		return Notice{Kind: NoticeUnchecked}, err
	case !listed:
		return Notice{Kind: NoticeRefused, Decline: billing.MethodUnusable}, nil
	}
	a.Method = method
	return Notice{}, nil
}

// look asks what became of a payment. It is repeated only with the same key, only while that key lives, and only by somebody who still may pay.
func (j *job) look(ctx context.Context) error {
	rec, err := j.Records.Load(ctx, j.id)
	if err != nil || rec.Attempt == nil {
		return err
	}
	a := *rec.Attempt
	if rec.State == HandedOver {
		return j.watch(ctx, a)
	}
	provider, err := j.provider(j.id)
	if err != nil {
		return errors.Join(err, j.doubt(ctx, rec))
	}
	payment := j.payment(a)
	payment.Submitted = rec.State == Submitted
	out, err := provider.Status(ctx, payment)
	if err != nil {
		return errors.Join(err, j.doubt(ctx, rec))
	}
	unsettled := out.Progress == billing.NotStarted || out.Progress == billing.Unclear
	if !unsettled || rec.State == Submitted {
		return j.conclude(ctx, a, rec.State, out)
	}
	notice, err := j.rights(ctx, rec.account(), &a)
	if err == nil && notice.Kind != "" && out.Progress == billing.NotStarted && provider.Way() == billing.Records {
		// Nobody but Kvitt writes there, so what was not begun is not under way.
		return j.note(ctx, func(r *Record) error { return r.withdraw(a.Key, notice, j.Now()) })
	}
	if err != nil || notice.Kind != "" || rec.keyDead(j.Now()) {
		return errors.Join(err, j.doubt(ctx, rec))
	}
	out, err = provider.Pay(ctx, j.payment(a))
	if err != nil {
		return errors.Join(err, j.doubt(ctx, rec))
	}
	return j.conclude(ctx, a, rec.State, out)
}

// movedNothing is how a payer is told of a payment that moved nothing, for each reason.
var movedNothing = map[billing.Progress]NoticeKind{billing.Elsewhere: NoticeElsewhere, billing.Changed: NoticeChanged, billing.Underway: NoticeUnderway}

// conclude notes what became of a payment that was in the state was.
func (j *job) conclude(ctx context.Context, a Attempt, was State, out billing.Outcome) error {
	err := j.note(ctx, func(r *Record) error {
		now := j.Now()
		switch out.Progress {
		case billing.Settled:
			if out.Amount.Currency != "" && out.Amount != a.Amount {
				j.Log.ErrorContext(ctx, "the billing service charged another amount than was shown; it changed in the last moment", "invoice", j.id)
			}
			return r.settle(a.Key, out, now)
		case billing.Submitted:
			return r.submit(a.Key, now, now.Add(submitEvery))
		case billing.Refused:
			return r.refuse(a.Key, out.Decline, now)
		case billing.NeedsAction:
			return r.act(a.Key, now)
		case billing.Elsewhere, billing.Changed, billing.Underway:
			if out.Invoice.ID != "" {
				r.see(out.Invoice, now, now)
			}
			return r.withdraw(a.Key, Notice{Kind: movedNothing[out.Progress]}, now)
		}
		return j.stillWaits(r, a.Key)
	})
	return errors.Join(err, j.showResult(ctx, a, was))
}

// alarm tells payer and operator that a payment stays unknown; a look beside it may have ended the doubt.
func (j *job) alarm(ctx context.Context, key string) error {
	err := j.note(ctx, func(r *Record) error { return r.alarm(key, j.Now()) })
	if errors.Is(err, ErrStale) {
		return nil
	}
	j.Log.ErrorContext(ctx, "a payment stays unknown; ask the billing service by hand", "invoice", j.id)
	return err
}

// doubt notes that nobody can say yet.
func (j *job) doubt(ctx context.Context, rec Record) error {
	a := *rec.Attempt
	err := j.note(ctx, func(r *Record) error {
		if rec.State == Submitted && r.underWay(a.Key) && (r.Missing.IsZero() || !r.keyDead(j.Now())) {
			r.Attempt.NextLook = j.Now().Add(r.patience(j.Now())) // That nobody answers says nothing about money that is on its way.
			return nil
		}
		return j.stillWaits(r, a.Key)
	})
	if rec.State == Paying {
		err = errors.Join(err, j.showResult(ctx, a, Paying))
	}
	return err
}

// stillWaits notes that nothing is known that was not known before.
func (j *job) stillWaits(r *Record, key string) error {
	now := j.Now()
	if r.State != Submitted || r.keyDead(now) || !r.underWay(key) {
		return r.doubt(key, now, j.nextLook(*r))
	}
	r.Attempt.NextLook = now.Add(r.patience(now))
	return nil
}

func (j *job) nextLook(r Record) time.Time {
	if r.keyDead(j.Now()) {
		return j.Now().Add(submitEvery)
	}
	if r.Attempt != nil && r.Attempt.Alarmed {
		return j.Now().Add(lookSlowly)
	}
	return j.Now().Add(lookEvery)
}

func (j *job) payment(a Attempt) billing.Payment {
	return billing.Payment{Invoice: j.id, Key: a.Key, Method: a.Method.ID, Amount: a.Amount, By: a.By, Payee: a.Payee, Reference: a.Reference, Started: orTime(a.Sent, a.Began)}
}

// takeBack undoes a record of the ledger, if who asked for it still may. What cannot be found out now is tried again in a moment.
func (j *job) takeBack(ctx context.Context) error {
	err := j.tryTakeBack(ctx)
	if err == nil {
		return nil
	}
	return errors.Join(err, j.note(ctx, func(r *Record) error {
		if r.Undo != nil {
			r.Undo.Retry = j.Now().Add(lookEvery)
		}
		return nil
	}))
}

func (j *job) tryTakeBack(ctx context.Context) error {
	rec, err := j.Records.Load(ctx, j.id)
	if err != nil || rec.Undo == nil || rec.lastPayment() == nil {
		return err
	}
	right, err := j.Admins.Right(ctx, rec.Undo.By, rec.account(), fresh)
	if err != nil {
		return err
	}
	provider, err := j.provider(j.id)
	undoer, ok := provider.(Undoer)
	pay := *rec.lastPayment()
	if err != nil || !ok || right != MayPay {
		return j.note(ctx, func(r *Record) error { r.keep(j.Now()); return nil })
	}
	if err := undoer.Undo(ctx, j.id, pay.Key, rec.Undo.By, rec.Undo.Reason); err != nil {
		if errors.Is(err, billing.ErrUnavailable) {
			return err
		}
		return errors.Join(err, j.note(ctx, func(r *Record) error { r.keep(j.Now()); return nil }))
	}
	places := unique(append(confirmPlaces(pay, j.Policy), rec.Undo.By, cmp.Or(pay.Approved, pay.By)))
	return j.note(ctx, func(r *Record) error { return r.undone(pay.Key, *rec.Undo, places, j.Now()) })
}
