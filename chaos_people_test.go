package main

import (
	"bytes"
	"slices"
	"strings"
	"sync"
	"time"

	"kvitt/sandbox"
)

// bill is one invoice, and how people go about it.
type bill struct {
	number, id string
	course     string
	payers     []string
	told       bool     // Everybody had been reminded before anybody paid.
	promised   []string // Who was told that their payment is in progress, once for each time; guarded by book.mu.
}

// How people pay, and what goes wrong on the way.
const (
	paysAtOnce   = "pays"
	twoAtOnce    = "two submit at once"
	declined     = "declined, then another card"
	authenticate = "authenticates"
	cutAfter     = "charged, answer cut"
	brokenAfter  = "charged, answered 500"
	cutBefore    = "cut before the charge"
	slowAfter    = "charged, answered after 10 s"
)

var (
	quick   = []string{paysAtOnce, twoAtOnce, declined, cutAfter}
	courses = append([]string{twoAtOnce, cutBefore, paysAtOnce, authenticate, twoAtOnce, brokenAfter, slowAfter}, quick...)
	faults  = map[string]sandbox.StripeFaultKind{cutAfter: sandbox.StripeCutAfter, cutBefore: sandbox.StripeCutBefore,
		brokenAfter: sandbox.StripeBroken500After, slowAfter: sandbox.StripeSlowAfter}
	firstCards = map[string]string{declined: "pm_poor", authenticate: "pm_asks"}
)

// reminderTime is how long people wait at most to be reminded. While a kvitt is killed every few seconds, and leaves leases of 15 s behind in Redis, it
// may take minutes.
const reminderTime = 6 * time.Minute

// pursue is everybody who has to do with one invoice, until it is paid. Most wait until everybody has been reminded, some only for their own card.
func (w *chaos) pursue(b *bill) {
	hasty := w.dice("hasty", b.number) < w.hasty
	reminded := w.until(reminderTime, func() bool {
		seen := *w.seen.Load()
		_, mine := seen[spot{w.placeOf(b, b.payers[0]), b.number}]
		b.told = !slices.ContainsFunc(w.places(), func(place string) bool { _, ok := seen[spot{place, b.number}]; return !ok })
		return b.told || hasty && mine
	})
	w.check(promiseRemind, b.number, reminded || w.ctx.Err() != nil, "not within %s", reminderTime)
	for try := 0; w.ctx.Err() == nil && !w.paid(b); try++ {
		if b.course == authenticate && w.stripe.Authenticate(b.id) == nil {
			w.note(b.number, "the payer has authenticated")
			w.hit(authenticate)
		}
		w.attempt(b, try)
		w.pause(500 * time.Millisecond)
	}
}

func (w *chaos) paid(b *bill) bool {
	status, _ := w.stripe.Status(b.id)
	return status == "paid"
}

// places are the ids of everywhere.
func (w *chaos) places() []string {
	places := []string{w.finance}
	for _, who := range w.admins {
		places = append(places, w.slack.DM(who))
	}
	return places
}

// watch sees where there is something to press, for everybody.
func (w *chaos) watch() {
	for ; w.ctx.Err() == nil; w.pause(200 * time.Millisecond) {
		seen := map[spot]sandbox.Element{}
		for _, place := range w.places() {
			for _, m := range w.slack.Messages(place) {
				if !bytes.Contains(m.Blocks, []byte(`"pay"`)) {
					continue
				}
				if e, ok := m.Find("pay"); ok {
					seen[spot{place, numbers.FindString(m.Text)}] = e
				}
			}
		}
		w.seen.Store(&seen)
	}
}

// modal is one a modal that somebody is about to submit.
type modal struct{ who, view string }

// attempt is one person who pays, or two at the same time.
func (w *chaos) attempt(b *bill, try int) {
	payers := b.payers[:1]
	if b.course == twoAtOnce {
		payers = slices.Sorted(slices.Values(b.payers))
	}
	var forms []modal
	for _, who := range payers {
		select {
		case w.hands[who] <- struct{}{}:
		case <-w.ctx.Done():
			return
		}
		defer func() { <-w.hands[who] }()
		if view, ok := w.press(b, who, try); ok {
			forms = append(forms, modal{who, view})
		}
	}
	card := "pm_visa"
	if first := firstCards[b.course]; first != "" && len(w.kept(b)) == 0 {
		card = first
	}
	if len(forms) == 2 {
		w.hit(twoAtOnce)
	}
	var all sync.WaitGroup
	for _, f := range forms {
		all.Go(func() { w.submit(b, f, card) })
	}
	all.Wait()
}

// placeOf is where somebody presses: hasty people do so in the channel, which hears of an invoice first.
func (w *chaos) placeOf(b *bill, who string) string {
	if w.dice("channel", b.number) < w.hasty {
		return w.finance
	}
	return w.slack.DM(who)
}

// press presses Pay now and waits for the form, as long as a person would. What nobody answers is pressed again later.
func (w *chaos) press(b *bill, who string, try int) (view string, ok bool) {
	for _, v := range slices.Backward(w.slack.Modals(who)) {
		_ = w.slack.Close(w.ctx, who, v.ID)
	}
	button, payable := (*w.seen.Load())[spot{w.placeOf(b, who), b.number}]
	if !payable {
		return "", false
	}
	if w.dice("twice", b.number, who, try) < 10 {
		w.slack.DuplicateNext(1)
		w.hit("a click that Slack sends twice")
	}
	if err := w.slack.Press(w.ctx, who, button.Spot); err != nil {
		w.note(b.number, "%s presses Pay now: %v", w.names[who], err)
		return "", false
	}
	ok = w.until(4*time.Second, func() bool {
		open := w.slack.Modals(who)
		if len(open) > 0 {
			view = open[len(open)-1].ID
		}
		return len(open) > 0 && open[len(open)-1].Submit != ""
	})
	if !ok {
		v, _ := w.slack.View(view)
		w.note(b.number, "%s presses Pay now, and finds nothing to submit: %s", w.names[who], strings.Join(strings.Fields(v.Words()), " "))
	}
	return view, ok
}

// submit sends a form, and remembers what was promised.
func (w *chaos) submit(b *bill, f modal, card string) {
	if err := w.slack.Input(w.ctx, f.who, sandbox.Spot{View: f.view, Block: "method", Action: "method"}, card); err != nil {
		w.note(b.number, "%s finds no %s: %v", w.names[f.who], card, err)
		return
	}
	err := w.slack.Submit(w.ctx, f.who, f.view)
	view, _ := w.slack.View(f.view)
	said := strings.Join(strings.Fields(view.Words()), " ")
	w.note(b.number, "%s submits with %s and reads: %s (%v)", w.names[f.who], card, said, err)
	if err != nil {
		w.hit("a submission without an answer")
		return
	}
	if strings.Contains(said, "Payment in progress") {
		w.mu.Lock()
		defer w.mu.Unlock()
		b.promised = append(b.promised, f.who)
	}
}

// kept is who was promised something about an invoice.
func (w *chaos) kept(b *bill) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(b.promised)
}
