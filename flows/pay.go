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
	f.Bot.OnPress(ActSteps, f.pressPay)
	f.Bot.OnPress(ActView, f.pressView)
	f.Bot.OnPress(ActAdd, f.pressAdd)
	f.Bot.OnPress(ActAsk, f.pressAsk)
	f.Bot.OnPress(ActApprove, f.pressApprove)
	f.Bot.OnPress(ActDecline, f.pressDecline)
	f.Bot.OnPress(ActWithdraw, f.pressWithdraw)
	f.Bot.OnPress(ActUndo, f.pressUndo)
	f.Bot.OnPress(ActRelease, f.pressRelease)
	f.Bot.OnPress(ActOtherway, f.pressOtherway)
	f.Bot.OnPress(ActLang, f.chooseLanguage)
	f.Bot.OnPress(ActLater, f.chooseLater)
	f.Bot.OnPress(ActShow, f.pressShow)
	f.Bot.OnPress(ActPage+"/back", f.turnPage)
	f.Bot.OnPress(ActPage+"/on", f.turnPage)
	f.Bot.OnPress(ActOpen, func(context.Context, bot.Click) error { return nil })
	f.Bot.OnSuggest(actMethod, f.suggestMethods)
	f.Bot.OnSubmit(CallPay, f.told(f.submitPay))
	f.Bot.OnSubmit(CallUndo, f.told(f.submitUndo))
	f.Bot.OnSubmit(CallDecline, f.told(f.submitDecline))
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
	lang := f.Policy.Locale
	if person, known := f.Bot.Known(c.User); known {
		lang = LangOf(person.Locale, lang)
	}
	w := speak(lang)
	return replyView(tellView(w, w.say("modal.late")))
}

// pressPay opens the modal at once, because the click's trigger lives 3 seconds; then it checks, looks up and fills.
func (f *Flows) pressPay(ctx context.Context, c bot.Click) error {
	return f.inModal(ctx, c, func(ctx context.Context, w words) (bot.View, error) {
		rec, denied, err := f.entitled(ctx, c, w)
		if err != nil || denied != nil {
			return orView(denied, w), err
		}
		card := f.card(ctx, w, rec)
		if c.Action == ActSteps && rec.State == HandedOver && rec.Attempt.By == c.User {
			return card.way(), nil
		}
		if view := card.underWay(c.User); view != nil {
			return *view, nil
		}
		return f.fill(ctx, w, c.Value)
	})
}

// entitled returns the record that a click is about, or the view that denies it.
func (f *Flows) entitled(ctx context.Context, c bot.Click, w words) (Record, *bot.View, error) {
	denied, err := f.denied(ctx, c, w, recently)
	if err != nil || denied != nil {
		return Record{}, denied, err
	}
	rec, err := f.Records.Load(ctx, c.Value)
	return rec, nil, err
}

// denied is the view that denies a click about an invoice; nil when the person may. maxAge is how old what Slack says of them may be.
func (f *Flows) denied(ctx context.Context, c bot.Click, w words, maxAge time.Duration) (*bot.View, error) {
	right, rec, err := f.rightTo(ctx, c.User, c.Value, maxAge)
	if err != nil || right == MayPay {
		return nil, err
	}
	view, err := f.deny(ctx, c, w, rec, right)
	return &view, err
}

// rightTo checks somebody's right to pay an invoice. An invoice of which there is no record is judged as if the operator decided about it: nobody
// learns here what exists.
func (f *Flows) rightTo(ctx context.Context, user, invoice string, maxAge time.Duration) (Right, Record, error) {
	rec, err := f.Records.Load(ctx, invoice)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return "", Record{}, err
	}
	right, err := f.Admins.Right(ctx, user, rec.account(), maxAge)
	return right, rec, err
}

// deny puts the attempt on the invoice's audit trail, and says who may.
func (f *Flows) deny(ctx context.Context, c bot.Click, w words, rec Record, right Right) (bot.View, error) {
	err := f.noteDenied(ctx, c, string(right))
	return f.deniedView(ctx, w, rec, right), err
}

func (f *Flows) noteDenied(ctx context.Context, c bot.Click, why string) error {
	f.Log.InfoContext(ctx, "denied", "user", c.User, "action", orText(c.Action, c.Callback), "why", why)
	_, err := f.update(ctx, c.Value, func(r *Record) (store.Next, error) {
		if r.Layout == 0 {
			return store.Next{}, store.Unchanged // Nobody makes a record by asking for one.
		}
		r.denied(c.User, orText(c.Action, c.Callback), why, f.Now())
		return store.Next{Wake: f.Now(), Lane: r.lane()}, nil
	})
	return err
}

func (f *Flows) deniedView(ctx context.Context, w words, rec Record, right Right) bot.View {
	if right == Outsider {
		return deniedView(w, rec.Invoice, false, nil)
	}
	return deniedView(w, rec.Invoice, true, f.adminNames(ctx, rec.account()))
}

// adminNames lists what the billing admins of an account are called, as far as that is known.
func (f *Flows) adminNames(ctx context.Context, at account) []string {
	ids, err := f.Admins.List(ctx, at)
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

// underWay says to somebody why there is nothing to pay now; nil when there is.
func (c card) underWay(user string) *bot.View {
	var view bot.View
	c.post.Place = user
	switch r := c.r; {
	case r.awaits():
		view = c.awaiting(user)
	case r.State == HandedOver && r.Attempt.By == user && !r.takeable(c.now):
		view = c.way()
	case r.State == HandedOver && !r.takeable(c.now):
		view = tellView(c.words, c.handedToOther())
	case r.State == HandedOver, !r.busy():
		return nil
	case r.State == Unknown:
		view = tellView(c.words, c.say("modal.unknown", "Who", c.name(r.Attempt.By)))
	case r.asked():
		view = c.actView()
	case r.State == Submitted:
		view = tellView(c.words, c.title()+". "+c.status())
	case r.Attempt.By == user:
		view = tellView(c.words, c.say("modal.taken.self"))
	default:
		view = tellView(c.words, c.say("modal.taken", "Who", c.name(r.Attempt.By)))
	}
	return &view
}

// unpayable says why nobody can pay the invoice now; nil when somebody can.
func (c card) unpayable() *bot.View {
	if c.r.payable() || c.r.takeable(c.now) {
		return nil
	}
	view := tellView(c.words, c.title()+". "+orText(c.status(), c.say("modal.unpayable")))
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
	if view := f.card(ctx, w, rec).unpayable(); view != nil {
		return *view, nil
	}
	methods, err := provider.Methods(ctx, inv)
	if err != nil {
		return bot.View{}, err
	}
	o := offer{invoice: inv, methods: methods, way: provider.Way(), today: today}
	if rec.State == HandedOver {
		o.careful = f.card(ctx, w, rec).handed()
	}
	return payView(w, o), nil
}

// card is a record as somebody sees it outside of a message of ours.
func (f *Flows) card(ctx context.Context, w words, rec Record) card {
	return card{words: w, r: rec, policy: f.Policy, now: f.Now(), people: f.known(ctx, rec)}
}

func (f *Flows) known(ctx context.Context, rec Record) map[string]Known {
	people := map[string]Known{}
	for _, id := range rec.people() {
		_, people[id], _ = f.People.Reader(ctx, id, f.Policy.Team)
	}
	return people
}
