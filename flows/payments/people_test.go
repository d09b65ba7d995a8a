package payments

import (
	"fmt"
	"strings"
	"time"

	"kvitt/flows"
)

// patience is how often, once a minute, somebody looks again at an invoice until it is paid: what is due may be late by as much as clocks jump, and two may jump at once.
const patience = 240

// pursue is everybody who has to do with one invoice, until it is paid.
func (w *world) pursue(b *bill) {
	for try := range patience {
		rec := w.record(b)
		a := rec.Attempt
		switch {
		case rec.State == flows.Paid:
			return
		case rec.State == flows.Submitted && !a.Asked.IsZero():
			w.authenticate(b, *a)
		case rec.State == flows.Submitted, rec.State == flows.Open && w.stood(b, "pending") > 0: // The store may have forgotten the debit; the bank has not.
			w.waitForBank(b)
		case rec.State == flows.Unknown && !a.Sent.IsZero() && !time.Now().Before(a.KeyDies):
			w.pressUnder(b, asha, flows.ActRelease, declared)
		case rec.State == flows.Open && a == nil && rec.Layout > 0:
			w.pay(b, try)
		case rec.State == flows.Unknown && !a.Sent.IsZero():
			time.Sleep(time.Hour)
		}
		time.Sleep(time.Minute)
	}
	w.violate(b.number, "not paid after all that: %+v", w.record(b).State)
}

// method is the card with which somebody pays: first as the course has it, later one that works.
func (b *bill) method(refused bool) string {
	if refused {
		return "pm_visa"
	}
	switch b.course {
	case declined:
		return "pm_poor"
	case authenticates, ignores, otherway:
		return "pm_asks"
	case waitsForThem:
		return "pm_waits"
	case clears, bounces:
		return "pm_sepa"
	}
	return "pm_visa"
}

// pay is one person who opens the modal and submits it, or two, or one whose submission Slack sends twice.
func (w *world) pay(b *bill, try int) {
	refused := w.record(b).Failed > 0 || w.stood(b, "failed") > 0
	if refused && b.course == declined {
		w.met(declined)
	}
	payers := []string{[]string{asha, bo}[w.dice("who", b.id)%2]}
	if b.course == twoAtOnce {
		payers = []string{asha, bo}
	}
	var modals []view
	for _, who := range payers {
		modals = append(modals, w.press(b, who, flows.ActPay))
	}
	w.remember(b)
	b.unpaid.Store(false)
	submitted := 0
	for i, v := range modals {
		if v.Submit == nil {
			w.note(b.number, "the modal says %s", v.words())
			continue
		}
		submitted++
		payload := submission(v, payers[i], b.method(refused))
		first := (w.dice("door", b.id, try) + i) % 2
		w.astray(b, first, false)
		w.people.Go(func() { w.told(b, w.send(first, payload)) })
		if b.course == sentTwice {
			w.people.Go(func() { w.send(1-first, payload) })
			w.met(sentTwice)
		}
	}
	if submitted > 1 {
		w.met(twoAtOnce)
	}
	time.Sleep(40 * time.Second)
}

// remember notes how the store stands as somebody is about to pay, where it is to forget what comes.
func (w *world) remember(b *bill) {
	if b.forgot {
		return
	}
	after := time.Duration(w.dice("forgets", b.id)*300) * time.Millisecond
	switch b.memory {
	case forgetCharged:
		w.store.keep(forgetCharged)
	case forgetLater:
		w.store.keep(forgetLater)
		w.people.Go(func() { time.Sleep(after); w.store.forget(w, forgetLater) })
	case rewound:
		w.store.keep(b.id)
		if w.dice("rewound", b.id) >= 50 {
			w.people.Go(func() { time.Sleep(after); w.store.rewind(w, b); w.again(b) })
		}
	default:
		return
	}
	b.forgot = true
}

// again is another billing admin, who pays at once what the store has forgotten to be under way.
func (w *world) again(b *bill) {
	who := []string{bo, asha}[w.dice("who", b.id)%2]
	v := w.press(b, who, flows.ActPay)
	if v.Submit == nil {
		w.note(b.number, "the modal of %s says %s", who, v.words())
		return
	}
	w.met(paidAgain)
	w.note(b.number, "%s pays it again", who)
	w.send(w.dice("again", b.id)%2, submission(v, who, b.method(false)))
}

// authenticate is the payer whose bank wants them to.
func (w *world) authenticate(b *bill, a flows.Attempt) {
	switch b.course {
	case authenticates, waitsForThem:
		time.Sleep(time.Duration(w.dice("reads", b.id)) * time.Second)
		if err := w.stripe.Authenticate(b.id); err == nil {
			w.met(b.course)
			w.met("charges")
			w.note(b.number, "the payer has authenticated")
			if w.stood(b, "succeeded") > 1 {
				w.violate(b.number, "charged %d times", w.stood(b, "succeeded"))
			}
		}
	case ignores:
		time.Sleep(6 * time.Hour)
		if w.record(b).State == flows.Open {
			w.met(ignores)
		}
	default:
		w.pressUnder(b, a.By, flows.ActOtherway, otherway)
	}
}

// waitForBank is a day in which a debit is on its way.
func (w *world) waitForBank(b *bill) {
	time.Sleep(day)
	switch {
	case w.stood(b, "pending") == 0:
	case b.course == bounces && w.stood(b, "failed") == 0:
		w.met(bounces)
		w.stripe.Bounce(b.id, "insufficient_funds")
	default:
		w.met(clears)
		w.stripe.Clear(b.id)
	}
	time.Sleep(2 * time.Hour)
}

// stood counts the charges of an invoice in a status.
func (w *world) stood(b *bill, status string) (n int) {
	for _, c := range w.stripe.Charges(b.id) {
		if c.Status == status {
			n++
		}
	}
	return n
}

// press is a press of a button on a message, and the modal that comes of it once it is filled.
func (w *world) press(b *bill, who, action string) view {
	return w.pressAt(b, who, action, fmt.Sprintf(`"container":{"channel_id":%q,"message_ts":"1.1"}`, "D"+who))
}

// pressUnder is a press of a button that only the modal under Pay now has: no invoice here has a due date, and so none has a card.
func (w *world) pressUnder(b *bill, who, action, means string) {
	v := w.press(b, who, flows.ActPay)
	if !v.offers(action) {
		w.note(b.number, "the modal has no %q, it says %s", action, v.words())
		return
	}
	w.met(means)
	w.pressAt(b, who, action, fmt.Sprintf(`"container":{"type":"view","view_id":%q},"view":{"id":%q,"callback_id":%q}`, v.ID, v.ID, v.Callback))
}

func (w *world) pressAt(b *bill, who, action, place string) view {
	trigger := fmt.Sprintf("%s/%s/%d", who, b.number, time.Now().UnixNano())
	w.send(w.dice("press", trigger)%2, fmt.Sprintf(`{"type":"block_actions","team":{"id":%q},"user":{"id":%q,"team_id":%q},%s,"trigger_id":%q,
		"actions":[{"action_id":%q,"block_id":"controls","action_ts":"%d","value":%q}]}`, team, who, team, place, trigger, action, time.Now().UnixNano(), "stripe:"+b.id))
	time.Sleep(12 * time.Second)
	return w.slack.modal(trigger)
}

func submission(v view, who, method string) string {
	return fmt.Sprintf(`{"type":"view_submission","team":{"id":%q},"user":{"id":%q,"team_id":%q},"trigger_id":"s%d%s","view":{"id":%q,"callback_id":%q,"private_metadata":%q,
		"state":{"values":{"method":{"method":{"selected_option":{"value":%q}}}}}}}`, team, who, team, time.Now().UnixNano(), v.ID, v.ID, v.Callback, v.Meta, method)
}

// send gives what Slack has to say to one replica; where nobody is there, to the other one.
func (w *world) send(first int, payload string) (answer string) {
	for _, r := range []*replica{w.replicas[first], w.replicas[1-first]} {
		if answer, ok := r.send(payload); ok {
			return answer
		}
	}
	w.met("nobody answered Slack")
	return ""
}

// told notes that who submitted was told that nothing was paid. Where two submit, or the store forgets who did, another submission may be paid all the same.
func (w *world) told(b *bill, answer string) {
	alone := b.course != twoAtOnce && b.course != sentTwice && !b.forgot
	b.unpaid.Store(alone && strings.Contains(answer, "Nothing was paid"))
	if b.unpaid.Load() {
		w.met(toldUnpaid)
		w.note(b.number, "the payer is told that nothing was paid")
	}
}
