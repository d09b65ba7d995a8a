package flows

import (
	"context"
	"errors"
	"time"

	"kvitt/billing"
	"kvitt/bot"
	"kvitt/store"
)

// pressView shows a private link to the invoice, to a billing admin only. The link is fetched now, shown once, and kept nowhere.
func (f *Flows) pressView(ctx context.Context, c bot.Click) error {
	return f.withLink(ctx, c, "modal.link", func(ctx context.Context, p billing.Provider, rec Record, _ words) (string, error) {
		return p.PrivateLink(ctx, rec.Invoice.ID)
	})
}

// pressAdd shows a private link to the page on which a payment method can be added.
func (f *Flows) pressAdd(ctx context.Context, c bot.Click) error {
	return f.withLink(ctx, c, "modal.add.link", func(ctx context.Context, p billing.Provider, rec Record, w words) (string, error) {
		return p.MethodsLink(ctx, rec.Invoice, string(w.lang))
	})
}

func (f *Flows) withLink(ctx context.Context, c bot.Click, says string, link func(context.Context, billing.Provider, Record, words) (string, error)) error {
	return f.inModal(ctx, c, func(ctx context.Context, w words) (bot.View, error) {
		rec, denied, err := f.entitled(ctx, c, w)
		if err != nil || denied != nil {
			return orView(denied, w), err
		}
		provider, err := f.provider(rec.Invoice.ID)
		if err != nil {
			return bot.View{}, err
		}
		if says == "modal.link" && rec.asked() {
			says = "modal.link.confirm"
		}
		url, err := link(ctx, provider, rec, w)
		if err == nil && url != "" {
			err = f.noteLink(ctx, c, pageOf[says])
		}
		if err != nil {
			return bot.View{}, err
		}
		return linkView(w, rec.Invoice, billing.DateOf(f.Now(), f.Policy.Zone), says, url), nil
	})
}

// pageOf is how the audit trail calls what a private link leads to.
var pageOf = map[string]string{"modal.link": "invoice", "modal.link.confirm": "confirmation", "modal.add.link": "payment methods"}

// noteLink puts on the audit trail who is about to be shown a private link, never the link: on its page an invoice can be paid without Kvitt. What cannot be
// noted is not shown.
func (f *Flows) noteLink(ctx context.Context, c bot.Click, page string) error {
	_, err := f.update(ctx, c.Value, func(r *Record) (store.Next, error) {
		r.note(f.Now(), c.User, "link shown", "page", page)
		return store.Next{Wake: f.Now(), Lane: r.lane()}, nil
	})
	return err
}

// pressAsk passes a request to the billing admins: once per person, invoice and day, and in no words but Kvitt's. Where the button is not about one
// invoice, it is about the most urgent one; the asker is not told which.
func (f *Flows) pressAsk(ctx context.Context, c bot.Click) error {
	if c.Callback != CallPay {
		return f.inModal(ctx, c, func(ctx context.Context, w words) (bot.View, error) { return f.ask(ctx, c, w) })
	}
	w := speak(f.People.Lang(ctx, c.User))
	view, err := f.ask(ctx, c, w)
	if err != nil {
		view = tellView(w, failure(w, ActAsk, err))
	}
	return errors.Join(err, f.showIn(ctx, c.ViewID, view))
}

func (f *Flows) ask(ctx context.Context, c bot.Click, w words) (bot.View, error) {
	right, err := f.Admins.Right(ctx, c.User, account{}, onClick)
	if err != nil || right == Outsider {
		return tellView(w, w.say("modal.denied")), err
	}
	id := c.Value
	if id == "" {
		open, err := f.toPayNow(ctx, everything)
		if err != nil {
			return bot.View{}, err
		}
		if len(open) == 0 {
			return tellView(w, w.say("home.denied")), nil
		}
		id = open[0].Invoice.ID
	}
	rec, err := f.Records.Load(ctx, id)
	if err != nil {
		return bot.View{}, err
	}
	who, err := f.audience(ctx, rec)
	if err != nil {
		return bot.View{}, err
	}
	said := "modal.asked.already"
	_, err = f.change(ctx, id, func(r *Record) error {
		said = "modal.asked.already"
		if r.Layout == 0 {
			return store.ErrNotFound
		}
		if r.ask(c.User, billing.DateOf(f.Now(), f.Policy.Zone), who.admins(), f.Now()) {
			said = "modal.asked"
		}
		return nil
	})
	return tellView(w, w.say(said, "Admins", w.list(f.adminNames(ctx, rec.account()), "and"))), err
}

// askButton is beside every sentence that tells a full member that billing admins handle invoices.
func askButton(w words) bot.Block {
	return bot.Actions("ask", bot.Button{Action: ActAsk, Label: w.say("modal.ask")})
}

// pressUndo asks for the reason for which a record of the ledger is taken back.
func (f *Flows) pressUndo(ctx context.Context, c bot.Click) error {
	return f.inModal(ctx, c, func(ctx context.Context, w words) (bot.View, error) {
		rec, denied, err := f.entitled(ctx, c, w)
		if err != nil || denied != nil {
			return orView(denied, w), err
		}
		if pay := rec.lastPayment(); pay == nil || !pay.Recorded || f.Now().Sub(pay.At) >= undoWindow {
			return tellView(w, w.say("undo.late")), nil
		}
		return undoView(w, rec.Invoice), nil
	})
}

// submitUndo notes the request; the record is taken back by whoever holds its lease.
func (f *Flows) submitUndo(ctx context.Context, c bot.Click) (bot.Reply, error) {
	w := speak(f.People.Lang(ctx, c.User))
	saw, err := readShown(c.Meta)
	if err != nil {
		return replyView(tellView(w, w.say("modal.missing"))), nil
	}
	c.Value = saw.Invoice
	if billing.LooksLikeCard(c.Fields[blockReason]) {
		return bot.Reply{Errors: map[string]string{blockReason: w.say("ledger.bankref.card")}}, nil
	}
	if denied, err := f.checkSubmission(ctx, c, w); err != nil || denied != nil {
		return replyView(orView(denied, w)), err
	}
	undo := Undo{By: c.User, Reason: bot.Clip(clean(c.Fields[blockReason]), 300), At: f.Now()}
	if undo.Reason == "" {
		return bot.Reply{Errors: map[string]string{blockReason: w.say("undo.reason.missing")}}, nil
	}
	_, err = f.changeLater(ctx, saw.Invoice, answerFirst, func(r *Record) error { return r.undoing(undo) })
	switch {
	case errors.Is(err, ErrStale):
		return replyView(tellView(w, w.say("undo.late"))), nil
	case err != nil:
		return replyView(tellView(w, w.say("action.later"))), err
	}
	return replyView(tellView(w, w.say("undo.done"))), nil
}

// pressRelease is a person's decision that a payment of which nobody knows, and whose key is dead, was not made.
func (f *Flows) pressRelease(ctx context.Context, c bot.Click) error {
	return f.inModal(ctx, c, func(ctx context.Context, w words) (bot.View, error) {
		_, denied, err := f.entitled(ctx, c, w)
		if err != nil || denied != nil {
			return orView(denied, w), err
		}
		_, err = f.change(ctx, c.Value, func(r *Record) error { return r.release(c.User, f.Now()) })
		if errors.Is(err, ErrStale) {
			return tellView(w, w.say("modal.unpayable")), nil
		}
		return tellView(w, w.say("release.done")), err
	})
}

// pressOtherway ends the wait for a payer who has to authenticate, or one's own hand-over.
func (f *Flows) pressOtherway(ctx context.Context, c bot.Click) error {
	return f.inModal(ctx, c, func(ctx context.Context, w words) (bot.View, error) {
		_, denied, err := f.entitled(ctx, c, w)
		if err != nil || denied != nil {
			return orView(denied, w), err
		}
		said := "act.otherway.done"
		_, err = f.change(ctx, c.Value, func(r *Record) error {
			if said = "act.otherway.done"; r.asked() {
				return r.giveUp(c.User, f.Now())
			}
			said = "letgo.done"
			return r.letGo(c.User, f.Now())
		})
		if errors.Is(err, ErrStale) {
			return tellView(w, w.say("modal.unpayable")), nil
		}
		return tellView(w, w.say(said)), err
	})
}

// chooseLanguage notes a person's choice in App Home, and shows Home in it.
func (f *Flows) chooseLanguage(ctx context.Context, c bot.Click) error {
	lang := Lang(c.Value)
	if lang != English && lang != Norwegian {
		lang = ""
	}
	if err := f.People.Choose(ctx, c.User, lang); err != nil {
		return err
	}
	return f.home(ctx, c)
}

// homeTime is how long making somebody's Home may take.
const homeTime = 8 * time.Second
