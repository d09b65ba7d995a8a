package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"kvitt/sandbox"
)

// What is promised, as the report has it.
const (
	promiseCharge   = "money moves once for each invoice"
	promiseConfirm  = "a payment is confirmed once in each finance channel"
	promisePayer    = "and once to whoever paid"
	promiseRemind   = "everybody is reminded of an open invoice"
	promiseOnce     = "a reminder comes once to each place and milestone"
	promiseTwice    = "no message is posted twice"
	promiseTruth    = `nobody reads "Paid" before money moved`
	promiseAnswer   = `what was answered with "Payment in progress" is told to be paid or refused`
	promiseCards    = "no card of a paid invoice can be paid, and each says Paid"
	promiseChains   = "the audit chains verify, also against heads from an earlier export"
	promiseTrail    = `the trail of a paid invoice has one "paid", and a "pay sent"`
	promiseSecret   = "no log holds a secret"
	promiseLife     = "kvitt does not end by itself"
	promiseStop     = "asked to stop, kvitt ends with 0 in time"
	promiseEverSaid = "everything is said in the end"
)

// judge looks at the end whether everything came right.
func (w *chaos) judge() {
	trail := w.audit()
	for _, b := range w.bills {
		charges := w.stripe.Charges(b.id)
		w.check(promiseCharge, b.number, len(charges) == 1, "money moved %d times: %+v", len(charges), charges)
		w.check(promiseEverSaid, b.number, w.said(b), "not everything was said %s after the last kill", calmTime)
		w.check(promiseTrail, b.number, trail[b.id]["paid"] == 1 && trail[b.id]["pay sent"] > 0, "the audit trail says %v", trail[b.id])
		w.judgeReminders(b)
		w.judgeConfirmations(b)
		w.judgeAnswers(b)
	}
	for name, place := range w.everywhere() {
		known := map[string]string{}
		for _, m := range w.slack.Everything(place) {
			token := tokenOf(m.Metadata)
			if token == "" && strings.HasSuffix(m.Text, "Press the button again.") {
				continue // The answer to one press that came too late; nobody looks for it again.
			}
			first, twice := known[token]
			w.check(promiseTwice, numbers.FindString(m.Text), token != "" && !twice, "in %s, messages %s and %s: %s", name, first, m.TS, m.Text)
			known[token] = m.TS
		}
	}
}

// tokenOf is how Kvitt finds a message again, in its metadata.
func tokenOf(metadata []byte) string {
	var m struct {
		Payload struct{ Token string } `json:"event_payload"`
	}
	_ = json.Unmarshal(metadata, &m)
	return m.Payload.Token
}

// underWay is what a card says of a payment whose end it does not know yet.
var underWay = []string{"Payment in progress", "tried to pay this", "still has to confirm"}

// said says whether an invoice is paid and everybody who is to know it does.
func (w *chaos) said(b *bill) bool {
	if !w.paid(b) || w.saying(w.finance, "Paid: Invoice "+b.number) == 0 {
		return false
	}
	private := 0
	for _, place := range w.places() {
		for _, m := range w.about(place, b) {
			confirms := strings.HasPrefix(m.Text, "Paid: ")
			if confirms && place != w.finance {
				private++
			}
			_, payable := m.Find("pay")
			if payable || slices.ContainsFunc(underWay, func(words string) bool { return strings.Contains(m.Text, words) }) {
				return false
			}
		}
	}
	return private > 0
}

// isCard tells a reminder's card, once it says Paid, from a notice that says so too: that the payer's bank wanted them to authenticate.
func isCard(m sandbox.Message) bool {
	return strings.HasPrefix(m.Text, reminder) && strings.Contains(m.Text, "Paid by ") && !strings.Contains(m.Versions[0].Text, "your bank wants you")
}

func (w *chaos) judgeReminders(b *bill) {
	for name, place := range w.everywhere() {
		cards := 0
		for _, m := range w.about(place, b) {
			if isCard(m) {
				cards++
			}
			_, payable := m.Find("pay")
			w.check(promiseCards, b.number, !payable, "%s still shows: %s", name, m.Text)
		}
		w.check(promiseOnce, b.number, cards == 1 || cards == 0 && !b.told, "%s has %d cards that say Paid", name, cards)
	}
}

// judgeConfirmations counts them, and looks whether all name the same person.
func (w *chaos) judgeConfirmations(b *bill) {
	var payers []string
	for name, place := range w.everywhere() {
		n := 0
		for _, m := range w.about(place, b) {
			if !strings.HasPrefix(m.Text, "Paid") {
				continue
			}
			n++
			if place != w.finance {
				payers = append(payers, name)
				w.check(promisePayer, b.number, strings.Contains(m.Text, "Paid by "+name), "%s reads: %s", name, m.Text)
			}
		}
		if place == w.finance {
			w.check(promiseConfirm, b.number, n == 1, "confirmed %d times", n)
		}
	}
	w.check(promisePayer, b.number, len(payers) == 1, "it was confirmed to %q", payers)
}

// endings are how somebody who pays is told what became of it.
var endings = []string{"Paid: ", "Nothing was paid", "had been paid already", "yours was not made"}

// judgeAnswers looks whether everybody who was told that their payment is in progress was told how it ended, each time.
func (w *chaos) judgeAnswers(b *bill) {
	for i, who := range b.promised {
		told := 0
		for _, m := range w.about(w.slack.DM(who), b) {
			if slices.ContainsFunc(endings, func(words string) bool { return strings.Contains(m.Text, words) }) {
				told++
			}
		}
		times := 1
		for _, before := range b.promised[:i] {
			if before == who {
				times++
			}
		}
		w.check(promiseAnswer, b.number, told >= times, "%s was answered at least %d times and told the end %d times", w.names[who], times, told)
	}
}

// memory is how a command finds what kvitt remembers.
func (w *chaos) memory() []string {
	if w.redis != nil {
		return []string{"REDIS_URL=" + w.redis.URL()}
	}
	return []string{"KVITT_DATA=" + w.data}
}

// export writes the trail as it is in the middle of it all.
func (w *chaos) export() {
	w.early = filepath.Join(shortFolder(w.t), "early.jsonl")
	ok := w.until(reminderTime, func() bool {
		return kvitt(w.t, w.memory(), "audit", "export", w.early).code == well
	})
	w.check(promiseChains, "", ok, "the trail could not be exported within %s", reminderTime)
}

// audit verifies the chains, and counts what they say of each invoice.
func (w *chaos) audit() map[string]map[string]int {
	got := kvitt(w.t, w.memory(), "audit", "verify", "--head", w.early)
	w.check(promiseChains, "", got.code == well, "kvitt audit verify exited with %d: %s", got.code, got.err)
	late := filepath.Join(shortFolder(w.t), "late.jsonl")
	if got := kvitt(w.t, w.memory(), "audit", "export", late); got.code != well {
		w.check(promiseChains, "", false, "kvitt audit export exited with %d: %s", got.code, got.err)
		return nil
	}
	text, err := os.ReadFile(late)
	if err != nil {
		w.t.Error(err)
	}
	trail := map[string]map[string]int{}
	for raw := range bytes.Lines(text) {
		var l wire
		if err := json.Unmarshal(raw, &l); err != nil {
			w.t.Error(err)
		}
		id := strings.TrimPrefix(l.ID, "stripe:")
		if trail[id] == nil {
			trail[id] = map[string]int{}
		}
		trail[id][l.What]++
	}
	for what, pattern := range secrets {
		w.check(promiseSecret, "", !pattern.Match(text), "the audit trail holds %s", what)
	}
	return trail
}
