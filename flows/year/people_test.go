package year

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"

	"kvitt/billing"
	"kvitt/flows"
)

// visit is one person and one invoice.
type visit struct{ place, id string }

// putOff is what somebody chose in Remind me later.
type putOff struct {
	at    time.Time
	until billing.Date
}

// shown is what people can press of a modal.
type shown struct {
	Callback string          `json:"callback_id"`
	Meta     string          `json:"private_metadata"`
	Submit   json.RawMessage `json:"submit"`
}

// pay is somebody who presses Pay now in what they were told, and submits so many times what the modal offers.
func (y *year) pay(e event, who *person, submissions int) {
	m, ok := y.newest(who.dm(), e.id, `"action_id":"pay"`, y.service.bill(e.id).first)
	switch {
	case ok:
		y.payIn(e, who, m, "", "", submissions)
	case y.service.bill(e.id).inv.Status != billing.Open:
		y.counts.add("presses", "nothing to press")
	default:
		y.payListed(e, who, submissions)
	}
}

// payListed is somebody who opens the live list from the newest digest and presses Pay now of the first ones in it, as they do once a day at most: each
// look reads every open invoice. Of 5,000 invoices a year two people pay about half so: enough are left to be reminded of to the last milestone.
func (y *year) payListed(e event, who *person, submissions int) {
	m, ok := y.newest(who.dm(), "open", `"action_id":"show"`, time.Time{})
	if !ok || !y.looks(who) {
		y.counts.add("presses", "nothing to press")
		return
	}
	y.send(event{}, who, action(who, m, "", "", flows.ActShow, "", "open"), false)
	time.Sleep(9 * time.Second)
	v, _ := y.slack.modal(who.id)
	for _, found := range anInvoice.FindAllStringSubmatch(v.raw, 1+e.n%14) {
		e.id = found[1]
		y.counts.add("presses", "in the list")
		y.payIn(e, who, m, flows.CallList, v.id, submissions)
	}
}

// anInvoice is where a button of the list names its invoice.
var anInvoice = regexp.MustCompile(`"value":"(year:in_[0-9]+)"`)

// looks is false for somebody who has opened the live list today.
func (y *year) looks(who *person) bool {
	y.mu.Lock()
	defer y.mu.Unlock()
	today := dateOf(time.Now(), time.UTC)
	first := who.looked != today
	who.looked = today
	return first
}

// payIn is somebody who presses Pay now in a message, or in a modal, and submits what opens.
func (y *year) payIn(e event, who *person, m *said, callback, in string, submissions int) {
	y.tell(who.id, "presses Pay now of %s", e.id)
	if !y.send(e, who, action(who, m, callback, in, flows.ActPay, "", e.id), false) {
		return
	}
	time.Sleep(12 * time.Second)
	v, _ := y.slack.modal(who.id)
	var s shown
	if json.Unmarshal([]byte(v.raw), &s) != nil || len(s.Submit) < 5 || submissions == 0 {
		y.counts.add("presses", "not submitted")
		return
	}
	y.tell(who.id, "submits")
	y.send(e, who, fmt.Sprintf(`{"type":"view_submission","team":{"id":%q},"user":{"id":%q,"team_id":%q},"trigger_id":"%s/s%d","view":{"id":%q,"callback_id":%q,"private_metadata":%q,
		"state":{"values":{"method":{"method":{"selected_option":{"value":"visa"}}}}}}}`, team, who.id, team, who.id, time.Now().UnixNano(), v.id, s.Callback, s.Meta), submissions > 1)
}

// both is two people who press within the time that Slack takes to answer one question: which of them is first is the seed's to say.
func (y *year) both(e event) {
	other := y.people[(e.n+1)%*admins]
	y.everyone.Go(func() { y.pay(e, e.who, 1) })
	if other != e.who {
		y.everyone.Go(func() { time.Sleep(5 * time.Millisecond); y.pay(e, other, 1) })
	}
}

// later is somebody who puts an invoice off.
func (y *year) later(e event) {
	m, ok := y.newest(e.who.dm(), e.id, `"action_id":"later"`, y.service.bill(e.id).first)
	if !ok {
		return
	}
	choice := []string{"tomorrow", "3 days", "monday"}[e.n]
	y.tell(e.who.id, "puts %s off: %s", e.id, choice)
	at, before, unwell := time.Now(), y.offUntil(e), y.window("slack") != nil
	if !y.send(e, e.who, action(e.who, m, "", "", flows.ActLater, "controls/"+e.id, choice), false) {
		return
	}
	time.Sleep(20 * time.Second)
	until := y.offUntil(e)
	switch {
	case until.IsZero():
		return
	case until == before && unwell:
		y.counts.add("people", "could not put off") // Nobody could say whether they may.
		return
	}
	y.counts.add("people", "put off")
	y.mu.Lock()
	y.putOffs[visit{e.who.id, e.id}] = putOff{at, until}
	y.mu.Unlock()
	if rec, _ := y.witness.record(e.id); until != y.off(e, at, rec.Invoice.Due) {
		y.violate("told twice or too early", "%s put %s off to %s, and it is %s", e.who.name, e.id, y.off(e, at, rec.Invoice.Due), until)
	}
}

// offUntil is until when somebody has put an invoice off, as Kvitt remembers it.
func (y *year) offUntil(e event) billing.Date {
	rec, _ := y.witness.record(e.id)
	for _, s := range rec.Snoozes {
		if s.By == e.who.id {
			return s.Until
		}
	}
	return billing.Date{}
}

// off is the day that a choice means: counted in the person's zone, and cut short where the invoice is overdue in the operator's.
func (y *year) off(e event, at time.Time, due billing.Date) billing.Date {
	y.mu.Lock()
	today := dateOf(at, location(e.who.zone))
	y.mu.Unlock()
	days := []int{1, 3, (8 - int(today.Weekday())) % 7}[e.n]
	if e.n == 2 && days == 0 {
		days = 7
	}
	if due.Before(dateOf(at, y.rules.zone)) {
		days = min(days, 3)
	}
	return today.AddDays(days)
}

// intrude is somebody who is no billing admin, and presses Pay now in the channel.
func (y *year) intrude(e event) {
	ids := y.service.ids()
	if len(ids) == 0 {
		return
	}
	id := ids[e.n%len(ids)]
	y.tell(e.who.id, "presses Pay now of %s in the channel", id)
	y.send(e, e.who, action(e.who, &said{channel: y.channels[0].id, ts: "1.1"}, "", "", flows.ActPay, "", id), false)
	time.Sleep(10 * time.Second)
	y.send(e, e.who, action(e.who, &said{channel: y.channels[0].id, ts: "1.1"}, "", "", flows.ActLater, "controls/"+id, "tomorrow"), false)
	y.send(e, e.who, fmt.Sprintf(`{"type":"view_submission","team":{"id":%q},"user":{"id":%q},"trigger_id":"%s/s%d","view":{"id":"V0","callback_id":"pay","private_metadata":%q,"state":{}}}`,
		team, e.who.id, e.who.id, time.Now().UnixNano(), fmt.Sprintf(`{"i":%q,"a":1,"c":"USD"}`, id)), false)
}

// speaks is somebody who chooses a language in App Home.
func (y *year) speaks(e event) {
	lang := []string{"en", "nb", "auto"}[e.n]
	y.tell("", "%s chooses the language %s", e.who.id, lang)
	y.mu.Lock()
	e.who.changed = time.Now()
	y.mu.Unlock()
	y.send(e, e.who, action(e.who, &said{}, "", "VHOME", flows.ActLang, "language", lang), false)
}

// action is a press as Slack sends it.
func action(who *person, m *said, callback, view, act, block, value string) string {
	channel, ts := "", ""
	if m != nil {
		channel, ts = m.channel, m.ts
	}
	chosen := fmt.Sprintf(`"value":%q`, value)
	if act == flows.ActLater || act == flows.ActLang {
		chosen = fmt.Sprintf(`"selected_option":{"value":%q}`, value)
	}
	now := time.Now().UnixNano()
	return fmt.Sprintf(`{"type":"block_actions","team":{"id":%q},"user":{"id":%q,"team_id":%q},"container":{"channel_id":%q,"message_ts":%q},"trigger_id":"%s/%d",
		"view":{"id":%q,"callback_id":%q},"actions":[{"action_id":%q,"block_id":%q,"action_ts":"%d",%s}]}`, team, who.id, team, channel, ts, who.id, now, view, callback, act, block, now, chosen)
}

// send gives a press to one replica; when that is gone, to another one. Twice: Slack sends it again, to the other.
func (y *year) send(e event, who *person, payload string, twice bool) bool {
	first := y.dice("door", e.at, who.id) % len(y.replicas)
	_, ok := y.replicas[first].send(payload)
	if !ok || twice {
		_, again := y.replicas[(first+1)%len(y.replicas)].send(payload)
		ok = ok || again
	}
	if !ok {
		y.counts.add("presses", "nobody answered")
	}
	return ok
}

// newest is the newest message in a channel, since some time, that is about something and can be pressed.
func (y *year) newest(channel, value, button string, since time.Time) (*said, bool) {
	y.slack.mu.Lock()
	defer y.slack.mu.Unlock()
	var found *said
	for _, m := range y.slack.about[channel+" "+value] {
		blocks := m.last.blocks
		if m.posted.at.Before(since) || found != nil && m.nth < found.nth || !strings.Contains(blocks, `"value":"`+value+`"`) || !strings.Contains(blocks, button) {
			continue
		}
		found = m
	}
	return found, found != nil
}
