package flows

import (
	"context"
	"errors"
	"time"

	"kvitt/billing"
	"kvitt/bot"
	"kvitt/store"
)

// submitPay begins the payment: it changes the record, and the answer is what the record says. Money moves later, in charge.go, by whoever holds the
// record's lease.
func (f *Flows) submitPay(ctx context.Context, c bot.Click) (bot.Reply, error) {
	if c.MemoryErr != nil { // The store would take its time to say which language they chose, too.
		w := f.atHand(c.User)
		return replyView(tellView(w, w.say("modal.later"))), c.MemoryErr
	}
	w := speak(f.People.Lang(ctx, c.User))
	saw, err := readShown(c.Meta)
	if err != nil {
		return replyView(tellView(w, w.say("modal.missing"))), nil
	}
	c.Value = saw.Invoice
	if denied, err := f.checkSubmission(ctx, c, w); err != nil || denied != nil {
		return replyView(orView(denied, w)), err
	}
	switch quotes, err := f.mayQuote(ctx, saw.Invoice, c.Fields[blockReference]); {
	case err != nil:
		return replyView(orView(nil, w)), err
	case !quotes:
		return bot.Reply{Errors: map[string]string{blockReference: w.say("ledger.bankref.card")}}, nil
	}
	provider, err := f.provider(saw.Invoice)
	if err != nil {
		return replyView(tellView(w, w.say("modal.missing"))), nil
	}
	attempt := Attempt{By: c.User, Method: billing.Method{ID: bot.Clip(c.Fields[blockMethod], bot.MaxValue)}, Reference: bot.Clip(clean(c.Fields[blockReference]), 140),
		Recorded: provider.Way() == billing.Records, Began: f.Now(), View: c.ViewID}
	if f.Policy.needsApproval(saw.amount()) {
		return f.submitRequest(ctx, w, saw, attempt, provider.Way())
	}
	rec, err := f.changeLater(ctx, saw.Invoice, answerTime, func(r *Record) error {
		if err := r.stillPays(saw.Payee); err != nil {
			return err
		}
		return r.begin(f.Policy.Team, attempt, saw.amount())
	})
	if err != nil {
		return f.notBegun(ctx, w, c.User, saw, err)
	}
	_, err = f.changeLater(ctx, saw.Invoice, answerFirst, func(r *Record) error { return r.answer(rec.Attempt.Key, attempt.Began) })
	if err != nil {
		return replyView(tellView(w, w.say("modal.late"))), err
	}
	if provider.Way() == billing.HandsOver {
		return replyView(f.wayView(ctx, w, provider, rec)), nil
	}
	return replyView(progressView(w)), nil
}

// mayQuote says whether a bank reference may be kept: no card number, unless the invoice itself asks to quote what looks like one.
func (f *Flows) mayQuote(ctx context.Context, id, reference string) (bool, error) {
	if !billing.LooksLikeCard(reference) {
		return true, nil
	}
	rec, err := f.Records.Load(ctx, id)
	return err == nil && billing.MayQuote(reference, rec.Invoice.Reference), err
}

// nameBudget is how long the answer to a submission may wait for the name of the chosen method.
const nameBudget = 600 * time.Millisecond

// wayView is the answer to a submission that hands over.
func (f *Flows) wayView(ctx context.Context, w words, provider billing.Provider, rec Record) bot.View {
	ctx, cancel := context.WithTimeout(ctx, nameBudget)
	defer cancel()
	if method, listed, err := methodOf(ctx, provider, rec.Invoice, rec.Attempt.Method.ID); err == nil && listed {
		rec.Attempt.Method = method
	}
	return f.card(ctx, w, rec).way()
}

// notBegun is the answer to a submission that began no payment. That nothing was paid is certain even when the store did not say what it did: a
// payment is only made after the payer's answer was noted.
func (f *Flows) notBegun(ctx context.Context, w words, user string, saw shown, err error) (bot.Reply, error) {
	_, taken := errors.AsType[*TakenError](err)
	switch {
	case taken || errors.Is(err, ErrPaid) || errors.Is(err, ErrChanged):
		rec, err := f.Records.Load(ctx, saw.Invoice)
		if err != nil {
			return f.notBegun(ctx, w, user, saw, err)
		}
		return replyView(f.standsView(ctx, w, user, rec)), nil
	case errors.Is(err, ErrTooMany):
		return replyView(tellView(w, w.say("approval.many"))), nil
	case errors.Is(err, store.ErrNotFound):
		return replyView(tellView(w, w.say("modal.missing"))), nil
	}
	return replyView(tellView(w, w.say("modal.later"))), err
}

// standsView shows somebody whose submission was not carried out how the invoice stands.
func (f *Flows) standsView(ctx context.Context, w words, user string, rec Record) bot.View {
	c := f.card(ctx, w, rec)
	if view := c.underWay(user); view != nil {
		return *view
	}
	if view := c.unpayable(); view != nil {
		return *view
	}
	return factsView(w, w.say("modal.changed"), rec.Invoice, billing.DateOf(f.Now(), f.Policy.Zone))
}

// checkSubmission checks the right anew. Slack gets a second to say who the person is; what it said a minute ago will do otherwise, since the
// right is checked once more before money moves.
func (f *Flows) checkSubmission(ctx context.Context, c bot.Click, w words) (*bot.View, error) {
	quick, cancel := context.WithTimeout(ctx, slackBudget)
	defer cancel()
	right, rec, err := f.rightTo(quick, c.User, c.Value, fresh)
	if err != nil {
		right, rec, err = f.rightTo(ctx, c.User, c.Value, recently)
	}
	if err != nil || right == MayPay {
		return nil, err
	}
	denied, err := f.deny(ctx, c, w, rec, right)
	return &denied, err
}

func replyView(v bot.View) bot.Reply { return bot.Reply{View: &v} }

// orView is the view, or the one that says that something could not be done.
func orView(v *bot.View, w words) bot.View {
	if v == nil {
		return tellView(w, w.say("modal.later"))
	}
	return *v
}

// showResult replaces the modal of whoever began the payment by what became of it, if it is still open. The message about it is what counts.
// The state that the modal shows already, was, is not shown again at every look.
func (j *job) showResult(ctx context.Context, a Attempt, was State) error {
	if a.View == "" {
		return nil
	}
	rec, err := j.Records.Load(ctx, j.id)
	if err != nil || rec.State == was {
		return err
	}
	w := speak(langOf(orText(a.Approved, a.By), j.audience, j.Policy))
	c := j.card(ctx, w, rec)
	view := tellView(w, c.result(a))
	switch {
	case a.Approved != "":
	case rec.asked():
		view = c.actView()
	case rec.State == HandedOver && rec.Attempt.View == a.View:
		view = c.way()
	}
	return j.showIn(ctx, a.View, view)
}
