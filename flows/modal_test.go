package flows

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"strings"
	"testing"
	"time"

	"kvitt/billing"
	"kvitt/bot"
	"kvitt/store"
	"kvitt/store/storetest"
)

// views are every modal that there is, and App Home.
func views(t *testing.T, w words) map[string]bot.View {
	inv, today := anInvoice(), on(2026, time.March, 3)
	ledger := recordedRecord().Invoice
	ledger.Status = billing.Open
	pay := offer{invoice: inv, methods: []billing.Method{visa, {ID: "pm_sepa", Short: "SEPA •••• 3000"}}, way: billing.Pays, today: today}
	pay.methods[0].Default = true
	none, records := pay, pay
	none.methods = nil
	records.invoice, records.way = ledger, billing.Records
	records.methods = []billing.Method{{ID: "bank", Short: "Bank transfer", Default: true}}
	many := pay
	for i := range bot.MaxOptions {
		many.methods = append(many.methods, billing.Method{ID: fmt.Sprintf("pm_%d", i), Short: fmt.Sprintf("Visa •••• %04d", i)})
	}
	all := map[string]bot.View{
		"modal-pay-many":      payView(w, many),
		"modal-wait":          waitView(w),
		"modal-pay":           payView(w, pay),
		"modal-pay-none":      payView(w, none),
		"modal-ledger":        payView(w, records),
		"modal-denied":        deniedView(w, inv, true, []string{"Asha", "Bo"}),
		"modal-denied-nobody": deniedView(w, inv, true, nil),
		"modal-outsider":      deniedView(w, inv, false, nil),
		"modal-progress":      progressView(w),
		"modal-changed":       factsView(w, w.say("modal.changed"), inv, today),
		"modal-undo":          undoView(w, ledger),
		"modal-link":          linkView(w, inv, today, "modal.link", "https://pay.example/i/1"),
		"modal-link-none":     linkView(w, inv, today, "modal.link", ""),
		"modal-add-link-none": linkView(w, inv, today, "modal.add.link", ""),
		"modal-add-link":      linkView(w, inv, today, "modal.add.link", "https://pay.example/m/1"),
		"modal-taken":         *seenBy(w, sentRecord(), bo),
		"modal-taken-by-self": *seenBy(w, sentRecord(), asha),
		"modal-unknown":       *seenBy(w, unknownRecord(), bo),
		"modal-dead":          *seenAt(w, deadRecord(), bo, monday.Add(day)),
		"modal-recorded":      *seenBy(w, recordedRecord(), bo),
		"modal-recorded-late": *seenAt(w, recordedRecord(), asha, monday.Add(undoWindow)),
		"modal-asked-act":     *seenBy(w, askedRecord(), asha),
	}
	for _, id := range []string{"modal.asked", "modal.asked.already"} {
		all[strings.ReplaceAll(id, ".", "-")] = tellView(w, w.say(id, "Admins", w.list([]string{"Asha", "Bo"}, "and")))
	}
	for _, id := range []string{"modal.later", "modal.service", "modal.missing", "modal.unpayable", "undo.late", "undo.done", "release.done", "act.otherway.done"} {
		all["modal-says-"+strings.ReplaceAll(strings.TrimPrefix(id, "modal."), ".", "-")] = tellView(w, w.say(id))
	}
	maps.Copy(all, approvalViews(w))
	maps.Copy(all, handOverViews(w))
	return all
}

// seenBy is what somebody sees who presses Pay now of an invoice that cannot be paid now.
func seenBy(w words, r Record, user string) *bot.View {
	return seenAt(w, r, user, monday.Add(time.Minute))
}

func seenAt(w words, r Record, user string, now time.Time) *bot.View {
	c := card{words: w, r: r, policy: aPolicy(), now: now, people: anAudience().People}
	return cmp.Or(c.underWay(user), c.unpayable())
}

// homes are the lists of App Home, as an admin sees them.
func homes(t *testing.T, w words) map[string][]bot.Block {
	f := &Flows{Policy: aPolicy(), Now: func() time.Time { return at(time.UTC, 2026, 3, 9, 9, 0) }, Admins: &Admins{}, Records: store.Of[Record](storetest.Memory(time.Now), team, "invoice")}
	overdue := changedInvoice(func(i *billing.Invoice) {
		i.ID, i.Number, i.Supplier, i.Due = "stripe:in_7", "NF-7", "Nordlys Fiber", on(2026, 3, 2)
		i.AmountDue, i.Total = billing.Money{Minor: 489050, Currency: "NOK"}, billing.Money{Minor: 489050, Currency: "NOK"}
	})
	undated := changedInvoice(func(i *billing.Invoice) { i.ID, i.Number, i.Due = "stripe:in_8", "A-8", billing.Date{} })
	several := []Record{overdue, openRecord(), undated}
	var many []Record
	for range homeInvoices + 7 {
		many = append(many, openRecord())
	}
	return map[string][]bot.Block{"home-empty": f.toPay(t.Context(), w, nil, 0), "home-several": f.toPay(t.Context(), w, several, 0), "home-many": f.toPay(t.Context(), w, many, 0), "home-last": f.toPay(t.Context(), w, many, 1), "list-several": f.listView(t.Context(), w, several, "").Blocks, "list-empty": f.listView(t.Context(), w, nil, "").Blocks, "list-blind": f.listView(t.Context(), w, several[:1], w.say("roles.blind")).Blocks}
}

func TestHowEveryModalLooks(t *testing.T) {
	wired(t, func(t *testing.T, b *bot.Bot, line *wire) {
		for _, lang := range []Lang{English, Norwegian} {
			for name, v := range views(t, speak(lang)) {
				golden(t, name, lang, line.view(t, b, v))
			}
		}
	})
}

func TestHowHomeLooks(t *testing.T) {
	wired(t, func(t *testing.T, b *bot.Bot, line *wire) {
		for _, lang := range []Lang{English, Norwegian} {
			for name, blocks := range homes(t, speak(lang)) {
				must(b.Publish(t.Context(), asha, bot.View{Blocks: blocks}))
				golden(t, name, lang, []byte(line.sent.Get("view")))
				line.view(t, b, bot.View{Title: "Home", Blocks: blocks})
			}
		}
	})
}

func TestNoGoldenCardIsLeftOver(t *testing.T) {
	w := speak(English)
	known := map[string]bool{}
	for name := range scenes() {
		known[name] = true
	}
	for name := range standing() {
		known["state-"+dashed(name)] = true
	}
	for name := range digests(w) {
		known[name] = true
	}
	for name := range views(t, w) {
		known[name] = true
	}
	for name := range homes(t, w) {
		known[name] = true
	}
	files, err := os.ReadDir("testdata/cards")
	must(err)
	for _, file := range files {
		if name, _, _ := strings.Cut(file.Name(), "."); !known[name] {
			t.Errorf("%s belongs to no card any more", file.Name())
		}
	}
	if len(files) != 2*len(known) {
		t.Errorf("%d files for %d cards in two languages", len(files), len(known))
	}
}

func TestOnlyAFilledModalCanBeSubmitted(t *testing.T) {
	submits := map[string]string{"modal-pay": "Pay now", "modal-pay-many": "Pay now", "modal-pay-portal": "Pay now", "modal-ledger": "Record as paid", "modal-undo": "Undo", "modal-approval-decline": "Decline", "modal-approval-decline-record": "Decline"}
	for name, v := range views(t, speak(English)) {
		if v.Submit != submits[name] {
			t.Errorf("%s is submitted with %q, want %q", name, v.Submit, submits[name])
		}
		if menu := strings.Contains(asJSON(v.Blocks), `_select"`); menu != strings.HasPrefix(v.Submit, "Pay") && menu != strings.HasPrefix(v.Submit, "Rec") {
			t.Errorf("%s: a menu: %v", name, menu)
		}
	}
}

func TestTheSubmissionSaysWhatWasShownAndNoMore(t *testing.T) {
	v := payView(speak(English), offer{invoice: anInvoice(), methods: []billing.Method{visa}, today: on(2026, 3, 3)})
	saw, err := readShown(v.Meta)
	if err != nil || saw.Invoice != anInvoice().ID || saw.amount() != anInvoice().AmountDue {
		t.Errorf("%q: %+v, %v", v.Meta, saw, err)
	}
	for _, meta := range []string{"", "{}", "null", "[]", `{"i":5}`, `{"i":""}`, "\xff"} {
		if saw, err := readShown(meta); err == nil {
			t.Errorf("%q is read as %+v", meta, saw)
		}
	}
}
