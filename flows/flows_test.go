package flows

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"
	"time"
	_ "time/tzdata"

	"kvitt/billing"
	"kvitt/bot"
)

// The cast of these tests: Asha reads English, Bo Norwegian, both are billing admins; Kim is neither an admin nor a guest.
const (
	team    = "T0FJORD"
	asha    = "U0ASHA"
	bo      = "W0BO"
	kim     = "U0KIM"
	finance = "C0FINANCE"
)

// monday is 12:00 UTC on 2 March 2026, eight days before the invoice of these tests is due.
var monday = time.Date(2026, time.March, 2, 12, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

var (
	usual  = Schedule{Offsets: []int{-7, -1, 0, 1, 3}, Every: 7}
	office = Hours{From: 9 * 60, To: 17 * 60, Days: weekdays(time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday)}
	always = Hours{From: 0, To: 24 * 60, Days: [7]bool{true, true, true, true, true, true, true}}
)

func weekdays(days ...time.Weekday) (set [7]bool) {
	for _, d := range days {
		set[d] = true
	}
	return set
}

func on(year int, month time.Month, d int) billing.Date {
	return billing.Date{Year: year, Month: month, Day: d}
}

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func usd(minor int64) billing.Money { return billing.Money{Minor: minor, Currency: "USD"} }

func anInvoice() billing.Invoice {
	return billing.Invoice{
		ID: "stripe:in_1042", Number: "INV-1042", Supplier: "Acme Cloud", Description: "Cloud hosting", AmountDue: usd(120000), Total: usd(120000),
		Due: on(2026, time.March, 10), Status: billing.Open,
	}
}

func aPolicy() Policy {
	return Policy{Team: team, Zone: time.UTC, Schedule: usual, Hours: office, Locale: English, Channels: []string{finance}}
}

func anAudience() Audience {
	return Audience{
		Readers: []Reader{
			{Place: asha, Lang: English, Zone: time.UTC}, {Place: bo, Lang: Norwegian, Zone: time.UTC},
			{Place: finance, Channel: true, Lang: English, Zone: time.UTC},
		},
		People: map[string]Known{asha: {Name: "Asha", Lang: English}, bo: {Name: "Bo", Lang: Norwegian}, kim: {Name: "Kim", Lang: English}},
	}
}

// seen is a record of an invoice that was just seen for the first time.
func seen(inv billing.Invoice) Record {
	var r Record
	r.see(inv, monday, monday)
	return r
}

var visa = billing.Method{ID: "pm_visa", Short: "Visa •••• 4242", Expires: "04/27"}

// The states of a record, each reached the way it is reached in life; the payer is Asha, at monday.

func openRecord() Record { return seen(anInvoice()) }

// begunRecord is a submission whose payer has no answer yet.
func begunRecord() Record {
	r := openRecord()
	must(r.begin(team, Attempt{By: asha, Method: visa, Began: monday}, usd(120000)))
	return r
}

func payingRecord() Record {
	r := begunRecord()
	must(r.answer(r.Attempt.Key, monday))
	return r
}

func sentRecord() Record {
	r := payingRecord()
	must(r.send(r.Attempt.Key, visa, billing.Grant{}, monday, monday.Add(day)))
	return r
}

func unknownRecord() Record {
	r := sentRecord()
	must(r.doubt(r.Attempt.Key, monday, monday.Add(lookEvery)))
	return r
}

// askedRecord waits for the payer to authenticate.
func askedRecord() Record {
	r := sentRecord()
	must(r.act(r.Attempt.Key, monday.Add(time.Minute)))
	return r
}

func submittedRecord() Record {
	r := sentRecord()
	must(r.submit(r.Attempt.Key, monday, monday.Add(submitEvery)))
	return r
}

func paidRecord() Record {
	r := sentRecord()
	must(r.settle(r.Attempt.Key, billing.Outcome{Progress: billing.Settled, At: monday}, monday))
	return r
}

// recordedRecord is an invoice of the ledger that Asha noted as paid.
func recordedRecord() Record {
	inv := anInvoice()
	inv.ID, inv.PayTo, inv.Reference = "ledger:8841", "1503.40.12345", "00884112345"
	r := seen(inv)
	must(r.begin(team, Attempt{By: asha, Method: billing.Method{ID: "bank"}, Recorded: true, Reference: "TX-77", Began: monday}, usd(120000)))
	must(r.answer(r.Attempt.Key, monday))
	must(r.send(r.Attempt.Key, billing.Method{ID: "bank", Short: "Bank transfer"}, billing.Grant{}, monday, monday.Add(day)))
	must(r.settle(r.Attempt.Key, billing.Outcome{Progress: billing.Settled, At: monday}, monday))
	return r
}

func undoingRecord() Record {
	r := recordedRecord()
	must(r.undoing(Undo{By: bo, Reason: "Wrong invoice", At: monday.Add(time.Hour)}))
	return r
}

func undoneRecord() Record {
	r := undoingRecord()
	must(undo(&r, monday.Add(time.Hour), finance, asha, bo))
	return r
}

func elsewhereRecord() Record {
	r := openRecord()
	inv := r.Invoice
	inv.Status, inv.AmountDue, inv.Settlement = billing.Paid, usd(0), billing.Settlement{At: monday, Method: "Visa •••• 1881"}
	r.see(inv, monday, monday)
	return r
}

func goneRecord() Record {
	r := openRecord()
	inv := r.Invoice
	inv.Status = billing.Void
	r.see(inv, monday, monday)
	return r
}

// undo is the ledger's word that the record that somebody wants to take back is taken back.
func undo(r *Record, now time.Time, places ...string) error {
	return r.undone(r.lastPayment().Key, *r.Undo, places, now)
}

// everyState lists one record for each state and way to get there.
func everyState() map[string]Record {
	all := map[string]Record{
		"open": openRecord(), "paying": payingRecord(), "sent": sentRecord(), "unknown": unknownRecord(), "submitted": submittedRecord(), "asked": askedRecord(), "paid": paidRecord(),
		"recorded": recordedRecord(), "undoing": undoingRecord(), "undone": undoneRecord(), "elsewhere": elsewhereRecord(), "gone": goneRecord(), "missing": missingRecord(), "lost": lostRecord(),
	}
	maps.Copy(all, approvalStates())
	all["handed over"] = handedRecord()
	return all
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// posted adds a message that is in Slack and shows the record as it stands.
func posted(r *Record, now time.Time, p Post) {
	r.claim([]Post{p}, "", now)
	have := r.post(p.Key)
	have.posted(bot.Ref{Channel: "D" + p.Place, TS: fmt.Sprintf("%d.%06d", now.Unix(), len(r.Posts))}, "")
	have.Shows = digest(render(now, *r, *have, anAudience(), aPolicy()))
}

// reminderFor is a milestone of the invoice of these tests, told in one place.
func reminderFor(place string, offset int) Post {
	due := anInvoice().Due
	return Post{Key: fmt.Sprintf("remind/%s/%+d/%s", due, offset, place), Kind: PostReminder, Place: place, Lang: English, Day: due.AddDays(offset), Due: due}
}

// copyOf is a record as somebody else would read it from the store, with nothing shared.
func copyOf(r Record) Record {
	raw, err := json.Marshal(r)
	must(err)
	var c Record
	must(json.Unmarshal(raw, &c))
	return c
}

func asJSON(v any) string {
	raw, err := json.Marshal(v)
	must(err)
	return string(raw)
}

// seeded runs a property with random numbers that are the same every time; the subtest's name is the seed.
func seeded(t *testing.T, seeds int, property func(t *testing.T, rng *rand.Rand)) {
	for seed := range seeds {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) { property(t, rand.New(rand.NewPCG(uint64(seed), 1))) })
	}
}

func oneOf[T any](rng *rand.Rand, choices ...T) T { return choices[rng.IntN(len(choices))] }
