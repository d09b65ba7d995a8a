package flows

import (
	"context"
	"time"

	"kvitt/billing"
	"kvitt/bot"
)

const (
	fillTime    = 8 * time.Second // A modal is filled, or says what failed, within 10 s of the click.
	slackBudget = time.Second     // Of the 2 s in which a submission is answered.
)

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
	case r.asked():
		view = c.actView()
	case r.State == Unknown, r.State == Submitted:
		view = c.standing()
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
	view := c.standing()
	return &view
}

// standing says how an invoice stands that nobody can pay now, with the button that takes back what a person may: there may be no card that has it.
func (c card) standing() bot.View {
	v := tellView(c.words, c.title()+". "+orText(c.status(), c.say("modal.unpayable")))
	if buttons := c.remedies(); len(buttons) > 0 {
		v.Blocks = append(v.Blocks, bot.Actions("remedies", buttons...))
	}
	return v
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
