package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Panel is what the page shows beside Slack: a time machine, what the bank does next, what to try, and all that goes over the line. It acts on
// the pretend worlds only; of the bot it knows nothing. The first three fields are required.
type Panel struct {
	Clock  *Clock         // The clock of every pretend world, and of the bot.
	Zone   *time.Location // The finance team's; its days are skipped.
	Stripe *Stripe
	Hush   func(context.Context) (done func())               // Returns when nobody is in the middle of something; nobody begins before done.
	Due    func(context.Context) (what string, at time.Time) // What comes due next, and the moment to skip to; the zero time: nothing does.
	Tour   []TourStep
}

// TourStep is one line of what to try. A click on it does all that is filled in, in this order.
type TourStep struct {
	Words string     `json:"words"`          // What to do and see, a sentence.
	As    string     `json:"as,omitempty"`   // Become that person (user id)
	In    string     `json:"in,omitempty"`   // there: a channel's id, "dm" or "home".
	Find  string     `json:"find,omitempty"` // Lead to the newest message that says this.
	Skip  string     `json:"skip,omitempty"` // "hour", "day" or "due".
	Next  StripeNext `json:"next,omitempty"` // Choose how the next payment ends.
	Show  string     `json:"show,omitempty"` // Lead to a part of the panel: "gateway" or "log".
}

// panel is a Panel at work.
type panel struct {
	Panel
	slack *Slack
	log   *wireLog
}

func newPanel(s *Slack, p *Panel) *panel {
	cfg := s.Config()
	open := &panel{Panel: *p, slack: s, log: newWireLog(cfg.BotToken, cfg.AppToken, cfg.SigningSecret, p.Stripe.config.Key)}
	s.OnCall(func(c Call) { open.log.add(s.calledEntry(c)) })
	s.OnSend(func(sent Sent) { open.log.add(s.sentEntry(sent)) })
	p.Stripe.OnCall(func(c StripeCall, answer []byte) { open.log.add(p.Stripe.entry(c, answer)) })
	return open
}

// look answers GET /panel?after=N: all that the panel shows, of the log only what is newer than N.
func (p *panel) look(w http.ResponseWriter, r *http.Request) {
	after, _ := strconv.Atoi(r.URL.Query().Get("after"))
	writeJSON(w, p.state(r.Context(), after))
}

// entry answers GET /panel/entry?seq=N: what was said in one line of the log.
func (p *panel) entry(w http.ResponseWriter, r *http.Request) {
	seq, _ := strconv.Atoi(r.URL.Query().Get("seq"))
	told, ok := p.log.told(seq)
	if !ok {
		http.Error(w, "the log does not go back that far", http.StatusNotFound)
		return
	}
	writeJSON(w, told)
}

func (p *panel) state(ctx context.Context, after int) object {
	plan := p.Stripe.Plan()
	next := object{"choice": plan.Choice, "used": plan.Used, "used_for": plan.UsedFor, "used_at": nil}
	if plan.Used != "" {
		next["used_at"] = p.moment(plan.UsedAt)
	}
	entries, newest := p.log.since(after)
	state := object{
		"now": p.moment(p.Clock.Now()), "zone": p.Zone.String(), "due": nil, "next": next, "invoices": p.invoices(), "tour": p.Tour,
		"log": entries, "newest": newest,
	}
	if what, at := p.due(ctx); !at.IsZero() {
		state["due"] = object{"what": what, "at": p.moment(at)}
	}
	return state
}

// moment is a time as the finance team's clock shows it.
func (p *panel) moment(t time.Time) string { return t.In(p.Zone).Format(time.RFC3339) }

func (p *panel) due(ctx context.Context) (string, time.Time) {
	if p.Due == nil {
		return "", time.Time{}
	}
	return p.Due(ctx)
}

// invoices lists the open ones. Their currencies have two decimals, all of them.
func (p *panel) invoices() []object {
	open := []object{}
	for _, inv := range p.Stripe.Invoices() {
		if inv.Status != "open" {
			continue
		}
		left := inv.Total - inv.AmountPaid
		open = append(open, object{"id": inv.ID, "number": inv.Number, "biller": inv.Biller, "currency": strings.ToUpper(inv.Currency),
			"amount": fmt.Sprintf("%d.%02d", left/100, left%100), "due": p.moment(inv.Due)})
	}
	return open
}

// panelDeed is the body of POST /panel.
type panelDeed struct {
	Do      string     `json:"do"`      // "skip", "next", "elsewhere", "amount" or "void".
	By      string     `json:"by"`      // With skip: "hour", "day" or "due".
	Choice  StripeNext `json:"choice"`  // With next.
	Invoice string     `json:"invoice"` // With the other three: its id.
	Amount  string     `json:"amount"`  // With amount: what is to be paid in total, such as "1100.00".
}

func (p *panel) act(w http.ResponseWriter, r *http.Request) {
	var d panelDeed
	if !readDeed(w, r, &d) {
		return
	}
	err := p.do(r.Context(), d)
	if err == nil {
		p.log.touch()
		p.slack.wake()
	}
	answer := object{"ok": err == nil, "now": p.moment(p.Clock.Now())}
	if err != nil {
		answer["error"] = err.Error()
	}
	writeJSON(w, answer)
}

func (p *panel) do(ctx context.Context, d panelDeed) error {
	s := p.Stripe
	switch d.Do {
	case "skip":
		return p.skip(ctx, d.By)
	case "next":
		return s.PlanNext(d.Choice)
	case "elsewhere":
		return s.ifOpen(d.Invoice, s.settleElsewhere)
	case "void":
		return s.ifOpen(d.Invoice, s.void)
	case "amount":
		total, err := readAmount(d.Amount)
		if err != nil {
			return err
		}
		return s.ifOpen(d.Invoice, func(inv *stripeInvoice) { s.changeAmount(inv, inv.AmountPaid+total) })
	}
	return fmt.Errorf("the panel cannot do %q", d.Do)
}

// skip moves the clock on. A day is one by the wall, so that a change to summer time does not move the hour.
func (p *panel) skip(ctx context.Context, by string) error {
	if p.Hush != nil {
		defer p.Hush(ctx)()
	}
	now := p.Clock.Now()
	to := now
	switch by {
	case "hour":
		to = now.Add(time.Hour)
	case "day":
		to = now.In(p.Zone).AddDate(0, 0, 1)
	case "due":
		if _, to = p.due(ctx); to.IsZero() {
			return errors.New("no invoice comes due any more")
		}
	default:
		return fmt.Errorf("no skip is called %q", by)
	}
	p.Clock.Skip(to.Sub(now))
	return nil
}

// amountShape is an amount with at most two decimals, written with a point or a comma.
var amountShape = regexp.MustCompile(`^(\d{1,9})(?:[.,](\d{1,2}))?$`)

// readAmount reads an amount as minor units; it has to be more than nothing.
func readAmount(text string) (int64, error) {
	parts := amountShape.FindStringSubmatch(strings.TrimSpace(text))
	if parts == nil {
		return 0, fmt.Errorf("%q is no amount; write it as 1100.00", text)
	}
	minor, err := strconv.ParseInt(parts[1]+(parts[2] + "00")[:2], 10, 64)
	if err != nil || minor == 0 {
		return 0, fmt.Errorf("%q is no amount to pay", text)
	}
	return minor, nil
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Write(encode(v))
}
