package flows

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"testing/quick"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"kvitt/billing"
)

func TestWhereEachTransitionLeads(t *testing.T) {
	later := monday.Add(time.Hour)
	changed := func(change func(*billing.Invoice)) billing.Invoice {
		inv := anInvoice()
		change(&inv)
		return inv
	}
	see := func(change func(*billing.Invoice)) func(*Record) error {
		return func(r *Record) error { r.see(changed(change), later, later); return nil }
	}
	keyed := func(do func(r *Record, key string) error) func(*Record) error {
		return func(r *Record) error { return do(r, r.Attempt.Key) }
	}
	begin := func(r *Record) error { return r.begin(team, Attempt{By: bo, Began: later}, usd(120000)) }
	settled := func(r *Record, key string) error { return r.settle(key, billing.Outcome{}, later) }
	refused := func(r *Record, key string) error { return r.refuse(key, billing.Generic, later) }
	withdrawn := func(r *Record, key string) error { return r.withdraw(key, Notice{Kind: NoticeUnchecked}, later) }
	doubted := func(r *Record, key string) error { return r.doubt(key, later, later) }
	for _, c := range []struct {
		name string
		from Record
		do   func(*Record) error
		want State
		err  error
		note string // The audit entry; empty: none.
	}{
		{"an open invoice is seen", Record{}, see(func(*billing.Invoice) {}), Open, nil, "seen"},
		{"a paid one is seen", Record{}, see(func(i *billing.Invoice) { i.Status = billing.Paid }), Paid, nil, "seen"},
		{"a draft is seen", Record{}, see(func(i *billing.Invoice) { i.Status = billing.Draft }), Open, nil, "seen"},
		{"nothing new", openRecord(), see(func(*billing.Invoice) {}), Open, nil, ""},
		{"another amount", openRecord(), see(func(i *billing.Invoice) { i.AmountDue = usd(1) }), Open, nil, "changed"},
		{"paid elsewhere", openRecord(), see(func(i *billing.Invoice) { i.Status = billing.Paid }), Paid, nil, "paid elsewhere"},
		{"void", openRecord(), see(func(i *billing.Invoice) { i.Status = billing.Void }), Gone, nil, "gone"},
		{"a debit comes back", paidRecord(), see(func(*billing.Invoice) {}), Open, nil, "open again"},
		{"open again after void", goneRecord(), see(func(*billing.Invoice) {}), Open, nil, "open"},
		{"paid elsewhere while paying", sentRecord(), see(func(i *billing.Invoice) { i.Status = billing.Paid }), Paying, nil, ""},

		{"begin", openRecord(), begin, Paying, nil, "pay requested"},
		{"begin when somebody else has", payingRecord(), begin, Paying, &TakenError{By: asha}, ""},
		{"begin when unknown", unknownRecord(), begin, Unknown, &TakenError{By: asha}, ""},
		{"begin when paid", paidRecord(), begin, Paid, ErrPaid, ""},
		{"begin when void", goneRecord(), begin, Gone, ErrChanged, ""},
		{"begin what was never seen", Record{}, begin, "", ErrChanged, ""},
		{"begin with an old amount", seen(changed(func(i *billing.Invoice) { i.AmountDue = usd(5) })), begin, Open, ErrChanged, ""},

		{"sent", payingRecord(), keyed(func(r *Record, key string) error { return r.send(key, visa, billing.Grant{}, later, later.Add(day)) }), Paying, nil, "pay sent"},
		{"not sent after all", sentRecord(), keyed(func(r *Record, key string) error { return r.unsend(key, later) }), Paying, nil, "pay not sent"},
		{"not sent, in doubt", unknownRecord(), keyed(func(r *Record, key string) error { return r.unsend(key, later) }), Unknown, ErrStale, ""},
		{"settled", sentRecord(), keyed(settled), Paid, nil, "paid"},
		{"settled at last", unknownRecord(), keyed(settled), Paid, nil, "paid"},
		{"cleared", submittedRecord(), keyed(settled), Paid, nil, "paid"},
		{"refused", sentRecord(), keyed(refused), Open, nil, "refused"},
		{"bounced", submittedRecord(), keyed(refused), Open, nil, "refused"},
		{"withdrawn", payingRecord(), keyed(withdrawn), Open, nil, "not paid"},
		{"in doubt", sentRecord(), keyed(doubted), Unknown, nil, "unknown"},
		{"still in doubt", unknownRecord(), keyed(doubted), Unknown, nil, ""},
		{"submitted", sentRecord(), keyed(func(r *Record, key string) error { return r.submit(key, later, later) }), Submitted, nil, "submitted"},
		{"asked to authenticate", sentRecord(), keyed(acted(later)), Submitted, nil, "authentication asked"},
		{"asked to authenticate after doubt", unknownRecord(), keyed(acted(later)), Submitted, nil, "authentication asked"},
		{"still asked", askedRecord(), keyed(acted(later)), Submitted, nil, ""},
		{"asked until the key dies", askedRecord(), keyed(acted(monday.Add(day))), Open, nil, "refused"},
		{"authenticated", askedRecord(), keyed(settled), Paid, nil, "paid"},
		{"not authenticated", askedRecord(), keyed(refused), Open, nil, "refused"},
		{"authenticated, and clears later", askedRecord(), keyed(func(r *Record, key string) error { return r.submit(key, later, later) }), Submitted, nil, "submitted"},
		{"another way is wanted", askedRecord(), func(r *Record) error { return r.giveUp(bo, later) }, Submitted, nil, "authentication given up"},
		{"another way, and nothing was paid", givenUpRecord(), keyed(acted(later)), Open, nil, "refused"},
		{"another way, and it was paid", givenUpRecord(), keyed(settled), Paid, nil, "paid"},
		{"another way than a debit", submittedRecord(), func(r *Record) error { return r.giveUp(bo, later) }, Submitted, ErrStale, ""},
		{"submitted after doubt", unknownRecord(), keyed(func(r *Record, key string) error { return r.submit(key, later, later) }), Submitted, nil, "submitted"},

		{"given up too early", unknownRecord(), func(r *Record) error { return r.release(bo, later) }, Unknown, ErrStale, ""},
		{"given up when the key is dead", unknownRecord(), func(r *Record) error { return r.release(bo, monday.Add(day)) }, Open, nil, "declared not paid"},
		{"given up while sure", submittedRecord(), func(r *Record) error { return r.release(bo, monday.Add(day)) }, Submitted, ErrStale, ""},
		{"undo asked for", recordedRecord(), func(r *Record) error { return r.undoing(Undo{By: bo, At: monday.Add(day - 1)}) }, Paid, nil, "undo requested"},
		{"undo after a day", recordedRecord(), func(r *Record) error { return r.undoing(Undo{By: bo, At: monday.Add(day)}) }, Paid, ErrStale, ""},
		{"undo twice", undoingRecord(), func(r *Record) error { return r.undoing(Undo{By: asha, At: later}) }, Paid, ErrStale, ""},
		{"undo of a real payment", paidRecord(), func(r *Record) error { return r.undoing(Undo{By: bo, At: later}) }, Paid, ErrStale, ""},
		{"undone", undoingRecord(), func(r *Record) error { return undo(r, later, asha) }, Open, nil, "undone"},
		{"not undone", undoingRecord(), func(r *Record) error { r.keep(later); return nil }, Paid, nil, "not undone"},
	} {
		r := copyOf(c.from)
		before := asJSON(r)
		err := c.do(&r)
		if r.State != c.want || !sameError(err, c.err) {
			t.Errorf("%s: %s, %v; want %s, %v", c.name, r.State, err, c.want, c.err)
		}
		if err != nil && asJSON(r) != before {
			t.Errorf("%s: refused, and yet changed: %s", c.name, cmp.Diff(before, asJSON(r)))
		}
		var notes []string
		for _, n := range r.notes {
			notes = append(notes, n.What)
		}
		if !slices.Contains(notes, c.note) && c.note != "" || c.note == "" && len(notes) > 0 {
			t.Errorf("%s: the audit trail says %q, want %q", c.name, notes, c.note)
		}
	}
}

func TestAPaymentThatWasNotSentAfterAllIsMadeWithItsKey(t *testing.T) {
	r, key := sentRecord(), begunRecord().Attempt.Key
	must(r.unsend(r.Attempt.Key, monday))
	if steps, _ := planPayment(monday, r); r.Attempt.Key != key || r.Failed > 0 || len(steps) != 1 || steps[0].Do != Charge {
		t.Errorf("the key is %s (%d failed), and planned is %+v; want %s and a charge", r.Attempt.Key, r.Failed, steps, key)
	}
}

func TestWhoHadNotAuthenticatedStillMayWhenAPersonGivesThePaymentUp(t *testing.T) {
	r, dead := askedRecord(), monday.Add(day)
	key := r.Attempt.Key
	must(r.doubt(key, dead, dead))
	must(r.release(bo, dead))
	if r.Waived == nil || r.Waived.Key != key || !r.payable() {
		t.Errorf("waived is %+v, payable: %t", r.Waived, r.payable())
	}
	plain := unknownRecord()
	must(plain.release(bo, dead))
	if plain.Waived != nil {
		t.Errorf("of a payment that nobody was asked to authenticate there is waived %+v", plain.Waived)
	}
}

func acted(now time.Time) func(*Record, string) error {
	return func(r *Record, key string) error { return r.act(key, now) }
}

func givenUpRecord() Record {
	r := askedRecord()
	must(r.giveUp(asha, monday.Add(time.Hour)))
	return r
}

func TestWhoHasToAuthenticateIsWaitedForWithLessAndLessHaste(t *testing.T) {
	r := askedRecord()
	for after, want := range map[time.Duration]time.Duration{0: 10 * time.Second, time.Minute: 10 * time.Second, 10 * time.Minute: 30 * time.Second, 20 * time.Hour: 15 * time.Minute} {
		now := r.Attempt.Asked.Add(after)
		must(r.act(r.Attempt.Key, now))
		if _, wake := planPayment(now, r); wake.Sub(now) != want {
			t.Errorf("after %s it is looked at again in %s, want %s", after, wake.Sub(now), want)
		}
	}
	if len(r.Notices) != 1 {
		t.Errorf("the payer is told %d times", len(r.Notices))
	}
}

func sameError(got, want error) bool {
	taken, ok := errors.AsType[*TakenError](got)
	if expected, is := errors.AsType[*TakenError](want); is {
		return ok && *taken == *expected
	}
	return errors.Is(got, want)
}

func TestNobodyElsesKeyChangesAnything(t *testing.T) {
	for name, r := range everyState() {
		before := asJSON(r)
		for what, err := range map[string]error{
			"send": r.send("other", visa, billing.Grant{}, monday, monday), "settle": r.settle("other", billing.Outcome{}, monday),
			"refuse": r.refuse("other", billing.Generic, monday), "withdraw": r.withdraw("other", Notice{}, monday),
			"doubt": r.doubt("other", monday, monday), "submit": r.submit("other", monday, monday), "act": r.act("other", monday),
		} {
			if !errors.Is(err, ErrStale) || asJSON(r) != before {
				t.Errorf("%s, %s: %v", name, what, err)
			}
		}
	}
}

func TestAnAlarmThatCameTooLateChangesNothing(t *testing.T) {
	steps, _, _ := Plan(monday.Add(alarmAfter), unknownRecord(), anAudience(), aPolicy())
	if len(steps) < 2 || steps[0].Do != Alarm || steps[1].Do != Look {
		t.Fatalf("alarm and look are not side by side any more: %v", steps)
	}
	for name, look := range map[string]func(*Record, string) error{
		"settled":   func(r *Record, key string) error { return r.settle(key, billing.Outcome{}, monday) },
		"refused":   func(r *Record, key string) error { return r.refuse(key, billing.Generic, monday) },
		"submitted": func(r *Record, key string) error { return r.submit(key, monday, monday) },
		"asked":     acted(monday),
	} {
		r := unknownRecord()
		must(look(&r, r.Attempt.Key))
		before := asJSON(r)
		if err := r.alarm(steps[0].Key, monday.Add(alarmAfter)); !errors.Is(err, ErrStale) || asJSON(r) != before {
			t.Errorf("a payment that is %s is called unknown: %v", name, err)
		}
	}
}

func TestAnUndoIsToldAlthoughTheServiceWasSeenFirst(t *testing.T) {
	defer func() {
		if broken := recover(); broken != nil {
			t.Errorf("a sync saw the invoice open before the undo was noted, and noting it broke down: %v", broken)
		}
	}()
	asked := undoingRecord()
	for name, note := range map[string]func(*Record){
		"undone": func(r *Record) {
			must(r.undone(asked.lastPayment().Key, *asked.Undo, []string{asha}, monday.Add(2*time.Hour)))
		},
		"kept": func(r *Record) { r.keep(monday.Add(2 * time.Hour)) },
	} {
		r := copyOf(asked)
		inv := r.Invoice
		inv.Status = billing.Open
		r.see(inv, monday.Add(2*time.Hour), monday.Add(2*time.Hour))
		note(&r)
		if pay := r.Payments[0]; r.State != Open || pay.Undone == nil || (pay.Undone.By == bo) != (name == "undone") {
			t.Errorf("%s: %s, %+v", name, r.State, pay)
		}
	}
}

func TestAnUndoThatTheServiceOvertookIsOver(t *testing.T) {
	r := undoingRecord()
	inv := r.Invoice
	inv.Status = billing.Open
	r.see(inv, monday.Add(2*time.Hour), monday.Add(2*time.Hour))
	if steps, _, _ := Plan(monday.Add(2*time.Hour), r, anAudience(), aPolicy()); slices.ContainsFunc(steps, func(s Step) bool { return s.Do == TakeBack }) {
		t.Errorf("the invoice is open again (%s, %v), and still its record is to be taken back", r.State, r.lastPayment())
	}
}

func TestOneRequestForHelpADay(t *testing.T) {
	r := openRecord()
	today, admins := on(2026, 3, 2), []string{asha, bo}
	if !r.ask(kim, today, admins, monday) || r.ask(kim, today, admins, monday) || !r.ask(bo, today, admins, monday) {
		t.Error("once per person and day")
	}
	if len(r.Notices) != 4 {
		t.Errorf("%d notices, want one for each request and admin", len(r.Notices))
	}
	if !r.ask(kim, today.AddDays(1), admins, monday.Add(day)) || len(r.Notices) != 6 || len(r.Asks) != 2 {
		t.Errorf("the day after: %d notices, %v", len(r.Notices), r.Asks)
	}
}

func TestTheKeyComesFromTheFactsAndNothingElse(t *testing.T) {
	type facts struct {
		Team, ID, Currency string
		Minor              int64
		Failed, Payments   uint8
	}
	record := func(f facts) *Record {
		return &Record{Failed: int(f.Failed), Payments: make([]Payment, f.Payments), Invoice: billing.Invoice{ID: f.ID, AmountDue: billing.Money{Minor: f.Minor, Currency: f.Currency}}}
	}
	same := func(f facts, state State, number, description string, due int16, auto bool) bool {
		r, other := record(f), record(f)
		other.State, other.Invoice.Number, other.Invoice.Description, other.Invoice.AutoCollect = state, number, description, auto
		other.Invoice.Due, other.Asks = on(2026, 1, 1).AddDays(int(due)), []Ask{{By: number}}
		return r.key(f.Team) == other.key(f.Team)
	}
	different := func(f, g facts) bool { return f == g || record(f).key(f.Team) != record(g).key(g.Team) }
	closeBy := func(f facts) bool {
		g := f
		g.Failed++
		h := f
		h.Payments++
		return different(f, g) && different(f, h) && different(g, h)
	}
	for name, property := range map[string]any{"same": same, "different": different, "close by": closeBy} {
		if err := quick.Check(property, nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzRecord: whatever is in the store, reading it does not break Kvitt, and what can be read is written back whole.
func FuzzRecord(f *testing.F) {
	for _, r := range everyState() {
		f.Add([]byte(asJSON(r)))
	}
	f.Add([]byte(`{"layout":2,"invoice":{"Due":"2026-02-30"},"state":"paying","posts":[{"number":7}]}`))
	f.Add([]byte(`{"attempt":null,"payments":[{}],"notices":null}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var r Record
		if json.Unmarshal(raw, &r) != nil {
			return
		}
		first := asJSON(r)
		if again := asJSON(copyOf(r)); again != first {
			t.Errorf("%s became %s", first, again)
		}
		r.people()
		r.key(team)
		r.busy()
		r.keyDead(monday)
		r.payable()
		r.lastPayment()
		r.told(asha)
		r.root(finance)
	})
}

func TestARecordIsWrittenWhole(t *testing.T) {
	for name, r := range everyState() {
		posted(&r, monday, reminderFor(asha, -7))
		r.ask(kim, on(2026, 3, 2), []string{asha}, monday)
		r.notes = nil
		if diff := cmp.Diff(r, copyOf(r), cmpopts.IgnoreUnexported(Record{})); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
