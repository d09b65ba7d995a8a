package flows

import (
	"context"
	"errors"
	"time"

	"kvitt/billing"
	"kvitt/bot"
	"kvitt/store"
)

const (
	fillTime    = 8 * time.Second // A modal is filled, or says what failed, within 10 s of the click.
	recently    = time.Minute     // How old what Slack says of somebody may be for a click that moves no money yet.
	slackBudget = time.Second     // Of the 2 s in which a submission is answered.
)

func (f *Flows) register() {
	f.Bot.OnPress(ActPay, f.pressPay)
	f.Bot.OnPress(ActView, f.pressView)
	f.Bot.OnPress(ActAdd, f.pressAdd)
	f.Bot.OnPress(ActAsk, f.pressAsk)
	f.Bot.OnPress(ActUndo, f.pressUndo)
	f.Bot.OnPress(ActRelease, f.pressRelease)
	f.Bot.OnPress(ActLang, f.chooseLanguage)
	f.Bot.OnPress(ActOpen, func(context.Context, bot.Click) error { return nil })
	f.Bot.OnSubmit(CallPay, f.told(f.submitPay))
	f.Bot.OnSubmit(CallUndo, f.told(f.submitUndo))
	f.Bot.OnHome(f.home)
	f.Bot.OnCommand(CommandName, f.command)
}

// told lets the answer of a submission reach the person although something failed on the way: the handlers choose their words by what failed, and
// bot would put Sorry's in their place.
func (f *Flows) told(submit func(context.Context, bot.Click) (bot.Reply, error)) func(context.Context, bot.Click) (bot.Reply, error) {
	return func(ctx context.Context, c bot.Click) (bot.Reply, error) {
		reply, err := submit(ctx, c)
		if err != nil {
			f.Log.ErrorContext(ctx, "a submission could not be carried out; the person was told", "callback", c.Callback, "err", err)
		}
		return reply, nil
	}
}

// Sorry answers a submission that was not handled in time: what became of it, the message about the invoice shows.
func (f *Flows) Sorry(c bot.Click) bot.Reply {
	w := speak(f.Policy.Locale)
	return replyView(tellView(w, w.say("modal.late")))
}

// pressPay opens the modal at once, because the click's trigger lives 3 seconds; then it checks, looks up and fills.
func (f *Flows) pressPay(ctx context.Context, c bot.Click) error {
	return f.inModal(ctx, c, func(ctx context.Context, w words) (bot.View, error) {
		rec, denied, err := f.entitled(ctx, c, w)
		if err != nil || denied != nil {
			return orView(denied, w), err
		}
		if view := underWayView(w, rec, c.User, f.called(ctx)); view != nil {
			return *view, nil
		}
		return f.fill(ctx, w, c.Value)
	})
}

// inModal opens a modal that says "One moment…" and replaces it by what fill answers, or by what failed.
func (f *Flows) inModal(ctx context.Context, c bot.Click, fill func(context.Context, words) (bot.View, error)) error {
	w := speak(f.People.Lang(ctx, c.User))
	open := f.Bot.Open
	if c.ViewID != "" && c.Action != ActPay {
		open = f.Bot.Push
	}
	id, err := open(ctx, c.Trigger, waitView(w))
	if err != nil {
		return err
	}
	fillCtx, cancel := context.WithTimeout(ctx, fillTime)
	defer cancel()
	view, err := fill(fillCtx, w)
	if err != nil {
		view = tellView(w, failure(w, err))
	}
	return errors.Join(err, f.Bot.Replace(ctx, id, view))
}

// failure is what a person is told when something could not be looked up.
func failure(w words, err error) string {
	switch {
	case errors.Is(err, billing.ErrUnavailable) || errors.Is(err, billing.ErrSetup):
		return w.say("modal.service")
	case errors.Is(err, store.ErrNotFound) || errors.Is(err, billing.ErrNotFound):
		return w.say("modal.missing")
	}
	return w.say("modal.later")
}

// entitled returns the record that a click is about, or the view that denies it.
func (f *Flows) entitled(ctx context.Context, c bot.Click, w words) (Record, *bot.View, error) {
	right, err := f.Admins.Right(ctx, c.User, recently)
	if err != nil {
		return Record{}, nil, err
	}
	if right != MayPay {
		view, err := f.deny(ctx, c, w, right)
		return Record{}, &view, err
	}
	rec, err := f.Records.Load(ctx, c.Value)
	return rec, nil, err
}

// deny puts the attempt on the invoice's audit trail, and says who may.
func (f *Flows) deny(ctx context.Context, c bot.Click, w words, right Right) (bot.View, error) {
	f.Log.InfoContext(ctx, "denied", "user", c.User, "action", orText(c.Action, c.Callback), "why", right)
	_, err := f.update(ctx, c.Value, func(r *Record) (store.Next, error) {
		if r.Layout == 0 {
			return store.Next{}, store.Unchanged // Nobody makes a record by asking for one.
		}
		r.note(f.Now(), c.User, "denied", "action", orText(c.Action, c.Callback), "why", string(right))
		return store.Next{Wake: f.Now(), Lane: r.lane()}, nil
	})
	return f.deniedView(ctx, w, c.Value, right), err
}

func (f *Flows) deniedView(ctx context.Context, w words, invoice string, right Right) bot.View {
	if right == Outsider {
		return deniedView(w, invoice, false, nil)
	}
	return deniedView(w, invoice, true, f.adminNames(ctx))
}

// adminNames lists what the billing admins are called, as far as that is known.
func (f *Flows) adminNames(ctx context.Context) []string {
	ids, err := f.Admins.List(ctx)
	if err != nil {
		f.Log.WarnContext(ctx, "who is a billing admin could not be read", "err", err)
	}
	var names []string
	for _, id := range ids {
		if _, known, ok := f.People.Reader(ctx, id, f.Policy.Team); ok && known.Name != "" {
			names = append(names, bot.Clip(clean(known.Name), 60))
		}
	}
	return names
}

// called tells what somebody is called.
func (f *Flows) called(ctx context.Context) func(user string) string {
	return func(user string) string {
		_, known, _ := f.People.Reader(ctx, user, f.Policy.Team)
		return bot.Clip(clean(known.Name), 60)
	}
}

// underWayView says why there is nothing to pay now; nil when there is.
func underWayView(w words, r Record, user string, called func(string) string) *bot.View {
	var view bot.View
	switch {
	case r.State == Unknown:
		view = tellView(w, w.say("modal.unknown", "Who", orText(called(r.Attempt.By), w.say("someone"))))
	case r.busy() && r.Attempt.By == user:
		view = tellView(w, w.say("modal.taken.self"))
	case r.busy():
		view = tellView(w, w.say("modal.taken", "Who", orText(called(r.Attempt.By), w.say("someone"))))
	default:
		return nil
	}
	return &view
}

// fill reads the invoice and its methods fresh, and shows what can be paid and how.
func (f *Flows) fill(ctx context.Context, w words, id string) (bot.View, error) {
	provider, err := f.provider(id)
	if err != nil {
		return bot.View{}, err
	}
	read := f.Now()
	inv, err := provider.Invoice(ctx, id)
	if err != nil {
		return bot.View{}, err
	}
	rec, err := f.take(ctx, inv, read)
	if err != nil {
		return bot.View{}, err
	}
	today := billing.DateOf(f.Now(), f.Policy.Zone)
	if !rec.payable() {
		c := card{words: w, r: rec, policy: f.Policy, now: f.Now(), people: f.known(ctx, rec)}
		return tellView(w, titleOf(w, inv)+". "+orText(c.status(), w.say("modal.unpayable"))), nil
	}
	methods, err := provider.Methods(ctx, inv)
	if err != nil {
		return bot.View{}, err
	}
	return payView(w, offer{invoice: inv, methods: methods, records: provider.Way() == billing.Records, canAdd: provider.Way() == billing.Pays, today: today}), nil
}

func (f *Flows) known(ctx context.Context, rec Record) map[string]Known {
	people := map[string]Known{}
	for _, id := range rec.people() {
		_, people[id], _ = f.People.Reader(ctx, id, f.Policy.Team)
	}
	return people
}

// submitPay begins the payment: it changes the record, and the answer is what the record says. Money moves later, in charge.go, by whoever holds the
// record's lease.
func (f *Flows) submitPay(ctx context.Context, c bot.Click) (bot.Reply, error) {
	w := speak(f.People.Lang(ctx, c.User))
	saw, err := readShown(c.Meta)
	if err != nil {
		return replyView(tellView(w, w.say("modal.missing"))), nil
	}
	c.Value = saw.Invoice
	if c.MemoryErr != nil {
		return replyView(tellView(w, w.say("modal.later"))), c.MemoryErr
	}
	if billing.LooksLikeCard(c.Fields[blockReference]) {
		return bot.Reply{Errors: map[string]string{blockReference: w.say("ledger.bankref.card")}}, nil
	}
	if denied, err := f.checkSubmission(ctx, c, w); err != nil || denied != nil {
		return replyView(orView(denied, w)), err
	}
	provider, err := f.provider(saw.Invoice)
	if err != nil {
		return replyView(tellView(w, w.say("modal.missing"))), nil
	}
	attempt := Attempt{By: c.User, Method: billing.Method{ID: bot.Clip(c.Fields[blockMethod], bot.MaxValue)}, Reference: bot.Clip(clean(c.Fields[blockReference]), 140),
		Recorded: provider.Way() == billing.Records, Began: f.Now(), View: c.ViewID}
	rec, err := f.changeLater(ctx, saw.Invoice, answerTime, func(r *Record) error { return r.begin(f.Policy.Team, attempt, saw.amount()) })
	if err != nil {
		return f.notBegun(ctx, w, c.User, saw, err)
	}
	_, err = f.changeLater(ctx, saw.Invoice, answerFirst, func(r *Record) error { return r.answer(rec.Attempt.Key, attempt.Began) })
	if err != nil {
		return replyView(tellView(w, w.say("modal.late"))), err
	}
	return replyView(progressView(w)), nil
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
	case errors.Is(err, store.ErrNotFound):
		return replyView(tellView(w, w.say("modal.missing"))), nil
	}
	return replyView(tellView(w, w.say("modal.later"))), err
}

// standsView shows somebody whose submission was not carried out how the invoice stands.
func (f *Flows) standsView(ctx context.Context, w words, user string, rec Record) bot.View {
	if view := underWayView(w, rec, user, f.called(ctx)); view != nil {
		return *view
	}
	if rec.payable() {
		return factsView(w, w.say("modal.changed"), rec.Invoice, billing.DateOf(f.Now(), f.Policy.Zone))
	}
	c := card{words: w, r: rec, policy: f.Policy, now: f.Now(), people: f.known(ctx, rec)}
	return tellView(w, titleOf(w, rec.Invoice)+". "+orText(c.status(), w.say("modal.unpayable")))
}

// checkSubmission checks the right anew. Slack gets a second to say who the person is; what it said a minute ago will do otherwise, since the
// right is checked once more before money moves.
func (f *Flows) checkSubmission(ctx context.Context, c bot.Click, w words) (*bot.View, error) {
	quick, cancel := context.WithTimeout(ctx, slackBudget)
	defer cancel()
	right, err := f.Admins.Right(quick, c.User, 0)
	if err != nil {
		right, err = f.Admins.Right(ctx, c.User, recently)
	}
	if err != nil || right == MayPay {
		return nil, err
	}
	denied, err := f.deny(ctx, c, w, right)
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

// showResult replaces the payer's modal by what became of the payment, if it is still open. The message about it is what counts.
func (j *job) showResult(ctx context.Context, a Attempt) error {
	if a.View == "" {
		return nil
	}
	rec, err := j.Records.Load(ctx, j.id)
	if err != nil {
		return err
	}
	w := speak(langOf(a.By, j.audience, j.Policy))
	c := card{words: w, r: rec, policy: j.Policy, now: j.Now(), people: j.known(ctx, rec)}
	sentence := c.title() + ". " + c.status()
	if n := len(rec.Notices); rec.State == Open && n > 0 && rec.Notices[n-1].To == a.By {
		sentence = c.noticeLine(rec.Notices[n-1])
	}
	if err := j.Bot.Replace(ctx, a.View, tellView(w, sentence)); !errors.Is(err, bot.ErrGone) {
		return err
	}
	return nil
}
