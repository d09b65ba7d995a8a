package flows

import (
	"context"
	"errors"
	"slices"
	"strings"

	"kvitt/billing"
	"kvitt/bot"
)

// submitRequest asks the other billing admins instead of paying. No money moves by a request, so that one write will do: whatever the person was told, that
// nothing is paid stays true until somebody else has seen who asks for what.
func (f *Flows) submitRequest(ctx context.Context, w words, saw shown, a Attempt, way billing.Way) (bot.Reply, error) {
	quick, cancel := context.WithTimeout(ctx, slackBudget)
	defer cancel()
	rec, err := f.Records.Load(quick, saw.Invoice)
	if err != nil {
		return f.notBegun(ctx, w, a.By, saw, err)
	}
	who, err := f.audience(quick, rec)
	if err != nil {
		return replyView(tellView(w, w.say("modal.later"))), err
	}
	others := without(who.admins(), a.By)
	if len(others) == 0 {
		return replyView(tellView(w, w.say("approval.nobody", "Nothing", w.nothing(a.Recorded)))), nil
	}
	q := Request{By: a.By, Method: a.Method, Reference: a.Reference, Recorded: a.Recorded, At: a.Began, View: a.View}
	_, err = f.changeLater(ctx, saw.Invoice, answerFirst, func(r *Record) error {
		if err := r.stillPays(saw.Payee); err != nil {
			return err
		}
		return r.request(q, saw.amount())
	})
	if err != nil {
		return f.notBegun(ctx, w, a.By, saw, err)
	}
	return replyView(requestedView(w, q.Recorded, way, who.names(others))), nil
}

// names are what people are called, as far as that is known.
func (a Audience) names(ids []string) (names []string) {
	for _, id := range ids {
		if known := a.People[id]; known.Name != "" {
			names = append(names, bot.Clip(clean(known.Name), 60))
		}
	}
	return names
}

// pressApprove begins the requester's payment, in the approver's modal. As with a payment of one's own, it is only made once the answer was noted.
func (f *Flows) pressApprove(ctx context.Context, c bot.Click) error {
	return f.inView(ctx, c, func(ctx context.Context, w words, view string) (bot.View, error) {
		what, err := readChosen(c.Value)
		if err != nil {
			return tellView(w, w.say("modal.missing")), nil
		}
		c.Value = what.Invoice
		if c.MemoryErr != nil {
			return bot.View{}, c.MemoryErr
		}
		if denied, err := f.denied(ctx, c, w, fresh); err != nil || denied != nil {
			return orView(denied, w), err
		}
		began := f.Now()
		rec, err := f.changeLater(ctx, what.Invoice, answerTime, func(r *Record) error { return r.approve(f.Policy.Team, what.Request, c.User, view, began) })
		if err != nil {
			return f.undecided(ctx, w, c, what, err)
		}
		_, err = f.changeLater(ctx, what.Invoice, answerFirst, func(r *Record) error { return r.answer(rec.Attempt.Key, began) })
		if err != nil {
			f.Log.ErrorContext(ctx, "that the approver is told could not be noted; look at the invoice", "invoice", what.Invoice, "err", err)
			return tellView(w, w.say("modal.late")), nil
		}
		return progressView(w), nil
	})
}

// pressDecline asks for the reason.
func (f *Flows) pressDecline(ctx context.Context, c bot.Click) error {
	return f.inModal(ctx, c, func(ctx context.Context, w words) (bot.View, error) {
		what, err := readChosen(c.Value)
		if err != nil {
			return tellView(w, w.say("modal.missing")), nil
		}
		c.Value = what.Invoice
		rec, denied, err := f.entitled(ctx, c, w)
		if err != nil || denied != nil {
			return orView(denied, w), err
		}
		q := rec.pending(what.Request)
		switch {
		case q == nil:
			return f.undecided(ctx, w, c, what, ErrStale)
		case q.By == c.User:
			return f.undecided(ctx, w, c, what, ErrOwn)
		}
		return declineView(w, rec.Invoice, *q, orText(f.called(ctx)(q.By), w.say("someone"))), nil
	})
}

// submitDecline ends the request; the requester is told why.
func (f *Flows) submitDecline(ctx context.Context, c bot.Click) (bot.Reply, error) {
	w := speak(f.People.Lang(ctx, c.User))
	what, err := readChosen(c.Meta)
	if err != nil {
		return replyView(tellView(w, w.say("modal.missing"))), nil
	}
	c.Value = what.Invoice
	reason := bot.Clip(clean(c.Fields[blockReason]), 300)
	switch {
	case billing.LooksLikeCard(c.Fields[blockReason]):
		return bot.Reply{Errors: map[string]string{blockReason: w.say("ledger.bankref.card")}}, nil
	case reason == "":
		return bot.Reply{Errors: map[string]string{blockReason: w.say("undo.reason.missing")}}, nil
	}
	if denied, err := f.checkSubmission(ctx, c, w); err != nil || denied != nil {
		return replyView(orView(denied, w)), err
	}
	rec, err := f.change(ctx, what.Invoice, func(r *Record) error { return r.decline(what.Request, c.User, reason, f.Now()) })
	if err != nil {
		view, err := f.undecided(ctx, w, c, what, err)
		return replyView(view), err
	}
	q := rec.Requests[len(rec.Requests)-1]
	return replyView(tellView(w, w.say("approval.decline.done", "Who", orText(f.called(ctx)(q.By), w.say("someone")), "Nothing", w.nothing(q.Recorded)))), nil
}

// pressWithdraw ends one's own request.
func (f *Flows) pressWithdraw(ctx context.Context, c bot.Click) error {
	return f.inModal(ctx, c, func(ctx context.Context, w words) (bot.View, error) {
		what, err := readChosen(c.Value)
		if err != nil {
			return tellView(w, w.say("modal.missing")), nil
		}
		c.Value = what.Invoice
		if denied, err := f.denied(ctx, c, w, onClick); err != nil || denied != nil {
			return orView(denied, w), err
		}
		rec, err := f.change(ctx, what.Invoice, func(r *Record) error { return r.withdrawRequest(what.Request, c.User, f.Now()) })
		if err != nil {
			return f.undecided(ctx, w, c, what, err)
		}
		return tellView(w, w.say("approval.withdraw.done", "Nothing", w.nothing(rec.Requests[len(rec.Requests)-1].Recorded))), nil
	})
}

// undecided tells somebody why their word changed nothing: it is their own request, it is not theirs to withdraw, or it is over.
func (f *Flows) undecided(ctx context.Context, w words, c bot.Click, what chosen, why error) (bot.View, error) {
	_, taken := errors.AsType[*TakenError](why)
	own, theirs := errors.Is(why, ErrOwn), errors.Is(why, ErrNotYours)
	if !own && !theirs && !taken && !errors.Is(why, ErrStale) && !errors.Is(why, ErrChanged) && !errors.Is(why, ErrPaid) {
		return tellView(w, w.say("modal.later")), why
	}
	rec, err := f.Records.Load(ctx, what.Invoice)
	if err != nil {
		return tellView(w, failure(w, ActApprove, err)), err
	}
	card := f.card(ctx, w, rec)
	i := slices.IndexFunc(rec.Requests, func(q Request) bool { return q.ID == what.Request })
	if i < 0 {
		return tellView(w, w.say("modal.unpayable")), nil
	}
	q := rec.Requests[i]
	var noted error
	if theirs {
		noted = f.noteDenied(ctx, c, "somebody else's request")
	}
	switch {
	case own:
		return tellView(w, w.say("approval.own", "Nothing", w.nothing(q.Recorded))), f.noteDenied(ctx, c, "their own request")
	case q.Ended == "" && errors.Is(why, ErrChanged):
		q.Ended = Changed
	case q.Ended == "" && f.Now().Before(q.ends()):
		return card.awaiting(c.User), noted
	}
	return tellView(w, strings.TrimSpace(card.title()+". "+card.ending(q)+" "+card.status())), noted
}
