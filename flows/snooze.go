package flows

import (
	"context"
	"slices"
	"strings"
	"time"

	"kvitt/billing"
	"kvitt/bot"
	"kvitt/store"
)

// Snooze is one person's wish to hear nothing of an invoice until a day, and then once.
type Snooze struct {
	By    string       `json:"by"`
	Until billing.Date `json:"until"`
}

// The choices of "Remind me later", as Slack sends them back.
const (
	laterTomorrow = "tomorrow"
	laterDays     = "3 days"
	laterMonday   = "monday"
)

// overdueMost is for how many days an overdue invoice may be put off.
const overdueMost = 3

// controlsOf is the block id of a card's controls: what is chosen in a menu says nothing of the invoice, so the block does.
const controlsOf = "controls/"

// putOff notes until when somebody wants to hear nothing of the invoice; an earlier wish of theirs is replaced.
func (r *Record) putOff(by string, until billing.Date, now time.Time) {
	r.Snoozes = append(slices.DeleteFunc(r.Snoozes, func(s Snooze) bool { return s.By == by }), Snooze{By: by, Until: until})
	r.note(now, by, "put off", "until", until.String())
}

// putOffUntil is the day until which somebody wants to hear nothing of the invoice; zero: no such wish.
func (r *Record) putOffUntil(by string) billing.Date {
	for _, s := range r.Snoozes {
		if s.By == by {
			return s.Until
		}
	}
	return billing.Date{}
}

// wokenReminder is the one reminder that somebody gets on the day to which they put the invoice off. It tells of every milestone that passed.
func wokenReminder(now time.Time, r Record, reader Reader, p Policy) (Post, bool, time.Time) {
	until := r.putOffUntil(reader.Place)
	if at := p.Hours.next(later(now, until.At(0, 0, reader.Zone)), reader.Zone); at.After(now) {
		return Post{}, false, at
	}
	post := Post{Key: "remind/" + r.Invoice.Due.String() + "/later " + until.String() + "/" + reader.Place, Kind: PostReminder,
		Place: reader.Place, Lang: reader.Lang, Day: until, Due: r.Invoice.Due}
	latest, due, next := p.Schedule.due(now, r.Invoice.Due, p.Zone, reader.Zone, p.Hours)
	if due && until.Before(latest.Day) {
		post.Day = latest.Day
	}
	return post, true, next
}

// laterDay is the day that a choice means, from today in the person's zone; capped says that it is sooner than was asked for, because the invoice is
// overdue.
func laterDay(choice string, today billing.Date, overdue bool) (day billing.Date, capped, ok bool) {
	switch choice {
	case laterTomorrow:
		day = today.AddDays(1)
	case laterDays:
		day = today.AddDays(3)
	case laterMonday:
		tomorrow := today.AddDays(1)
		day = tomorrow.AddDays(int(7+time.Monday-tomorrow.Weekday()) % 7)
	default:
		return billing.Date{}, false, false
	}
	if most := today.AddDays(overdueMost); overdue && most.Before(day) {
		return most, true, true
	}
	return day, false, true
}

// laterMenu is "Remind me later".
func (c card) laterMenu() bot.Menu {
	return bot.Menu{Action: ActLater, Placeholder: c.say("later"), Options: []bot.Option{
		{Value: laterTomorrow, Label: c.say("later.tomorrow")}, {Value: laterDays, Label: c.say("later.days")}, {Value: laterMonday, Label: c.say("later.monday")}}}
}

// chooseLater puts an invoice off for the person who chose, and for nobody else.
func (f *Flows) chooseLater(ctx context.Context, c bot.Click) error {
	id := strings.TrimPrefix(c.Block, controlsOf)
	right, _, err := f.rightTo(ctx, c.User, id, onClick)
	if err != nil || right != MayPay {
		c.Value = id
		return f.inModal(ctx, c, func(ctx context.Context, w words) (bot.View, error) {
			_, denied, err := f.entitled(ctx, c, w)
			return orView(denied, w), err
		})
	}
	reader, _, _ := f.People.Reader(ctx, c.User, f.Policy.Team)
	w := speak(reader.Lang)
	capped, known := false, false
	rec, err := f.update(ctx, id, func(r *Record) (store.Next, error) {
		if capped, known = false, false; !r.remindable() {
			return store.Next{}, store.Unchanged
		}
		var day billing.Date
		if day, capped, known = laterDay(c.Value, billing.DateOf(f.Now(), reader.Zone), r.Invoice.Due.Before(billing.DateOf(f.Now(), f.Policy.Zone))); !known {
			return store.Next{}, store.Unchanged
		}
		r.putOff(c.User, day, f.Now())
		return store.Next{Wake: f.Now(), Lane: r.lane()}, nil
	})
	if err != nil {
		return err
	}
	f.nudge()
	if known && !capped && !isChannel(c.Channel) {
		return nil // The card in their direct message says it.
	}
	return f.Bot.Whisper(ctx, c, f.line(laterLine(w, rec, c.User, known, capped)))
}

// laterLine tells somebody when they will be reminded again.
func laterLine(w words, r Record, user string, known, capped bool) string {
	facts := []string{"Title", titleOf(w, r.Invoice), "Date", w.date(r.putOffUntil(user))}
	switch {
	case !known:
		return w.say("later.nothing", facts...)
	case capped:
		return w.say("later.capped", facts...)
	}
	return w.say("later.done", facts...)
}
