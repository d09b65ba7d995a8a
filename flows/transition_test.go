package flows

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kvitt/billing"
)

// act is one thing that happens to a record, with everything decided before, so that it can happen to a copy as well.
type act struct {
	name string
	do   func(r *Record) error
}

// someAct picks what happens next, as its callers could: only an alarm, an undo that is done, and one that is not, need something to be about.
func someAct(rng *rand.Rand, r Record, now time.Time) act {
	who := oneOf(rng, asha, bo, kim)
	key := "no key of this record"
	if r.Attempt != nil && rng.IntN(5) > 0 {
		key = r.Attempt.Key
	}
	acts := []act{
		{"see", seeing(someInvoice(rng, now), now)},
		beginning(rng, r, who, now),
		{"send", func(r *Record) error { return r.send(key, visa, billing.Grant{}, now, now.Add(day)) }},
		{"settle", func(r *Record) error { return r.settle(key, billing.Outcome{At: now}, now) }},
		{"refuse", func(r *Record) error { return r.refuse(key, billing.Generic, now) }},
		{"withdraw", func(r *Record) error { return r.withdraw(key, Notice{Kind: NoticeUnchecked}, now) }},
		{"doubt", func(r *Record) error { return r.doubt(key, now, now.Add(lookEvery)) }},
		{"submit", func(r *Record) error { return r.submit(key, now, now.Add(submitEvery)) }},
		{"act", func(r *Record) error { return r.act(key, now) }},
		{"giveUp", func(r *Record) error { return r.giveUp(who, now) }},
		{"release", func(r *Record) error { return r.release(who, now) }},
		{"ask", func(r *Record) error { r.ask(who, billing.DateOf(now, time.UTC), []string{asha, bo}, now); return nil }},
		{"undoing", func(r *Record) error { return r.undoing(Undo{By: who, Reason: "wrong", At: now}) }},
		{"settled", func(r *Record) error { r.settled(); return nil }},
	}
	if rng.IntN(4) == 0 {
		acts = append(acts, act{"miss", func(r *Record) error { r.miss(now, now); return nil }})
	}
	if r.State == Unknown && !r.Attempt.Alarmed {
		acts = append(acts, act{"alarm", func(r *Record) error { return r.alarm(key, now) }})
	}
	if r.Undo != nil && r.State == Paid {
		acts = append(acts, act{"undone", func(r *Record) error { return undo(r, now, finance, asha) }},
			act{"keep", func(r *Record) error { r.keep(now); return nil }})
	}
	return oneOf(rng, acts...)
}

func seeing(inv billing.Invoice, now time.Time) func(r *Record) error {
	return func(r *Record) error { r.see(inv, now, now); return nil }
}

func beginning(rng *rand.Rand, r Record, who string, now time.Time) act {
	shown := oneOf(rng, r.Invoice.AmountDue, r.Invoice.AmountDue, usd(777))
	a := Attempt{By: who, Method: visa, Recorded: rng.IntN(2) == 0, Began: now}
	answered := rng.IntN(5) > 0
	return act{"begin", func(r *Record) error {
		err := r.begin(team, a, shown)
		if err == nil && answered {
			must(r.answer(r.Attempt.Key, a.Began))
		}
		return err
	}}
}

func someInvoice(rng *rand.Rand, now time.Time) billing.Invoice {
	inv := anInvoice()
	inv.Status = oneOf(rng, billing.Open, billing.Open, billing.Open, billing.Open, billing.Paid, billing.Void, billing.Draft, billing.Uncollectible)
	inv.AmountDue = usd(oneOf[int64](rng, 120000, 120000, 60000, 0))
	inv.Due = oneOf(rng, inv.Due, inv.Due, billing.Date{}, inv.Due.AddDays(14))
	inv.AutoCollect, inv.PayFailed = rng.IntN(8) == 0, rng.IntN(3) == 0
	if inv.Status == billing.Paid {
		inv.Settlement = billing.Settlement{At: now, Method: oneOf(rng, "", "Visa •••• 1881")}
	}
	return inv
}

// Whatever happens to a record, in whatever order, its promises hold.
func TestARecordKeepsItsPromisesWhateverHappens(t *testing.T) {
	reached := map[State]int{}
	seeded(t, 24, func(t *testing.T, rng *rand.Rand) {
		r, now := seen(anInvoice()), monday
		var story []string
		for range 60 {
			now = now.Add(time.Duration(rng.IntN(8*60)) * time.Minute)
			a := someAct(rng, r, now)
			before, again := copyOf(r), copyOf(r)
			r = copyOf(r)
			err := a.do(&r)
			story = append(story, fmt.Sprintf("%s (%v) → %s", a.name, err, r.State))
			if err2 := a.do(&again); asJSON(again) != asJSON(r) || fmt.Sprint(err, again.notes) != fmt.Sprint(err2, r.notes) {
				t.Fatalf("%q: the second time it went otherwise: %s", story, cmp.Diff(asJSON(r), asJSON(again)))
			}
			for _, broken := range brokenPromises(before, r, a.name, err) {
				t.Errorf("%s", broken)
			}
			if t.Failed() {
				t.Fatalf("%q", story)
			}
			reached[r.State]++
		}
	})
	for _, s := range []State{Open, Paying, Unknown, Submitted, Paid, Gone} {
		if reached[s] < 8 {
			t.Errorf("these stories hardly ever come to %q: %v", s, reached)
		}
	}
}

func brokenPromises(before, r Record, what string, err error) (broken []string) {
	promise := func(kept bool, text string) {
		if !kept {
			broken = append(broken, what+": "+text)
		}
	}
	_, taken := errors.AsType[*TakenError](err)
	sent := before.busy() && !before.Attempt.Sent.IsZero()
	failed := err == nil && (what == "refuse" || what == "release" || what == "act" && r.Failed > before.Failed || what == "withdraw" && sent)
	grew := len(r.Payments) - len(before.Payments)
	sameFacts := before.Invoice.AmountDue == r.Invoice.AmountDue

	promise(err == nil || asJSON(before) == asJSON(r), "it was refused, and yet something changed")
	promise(r.busy() == (r.State == Paying || r.State == Unknown || r.State == Submitted), "state and attempt disagree")
	promise(what != "begin" || !before.busy() || taken, "a payment began beside another")
	promise(!before.busy() || !r.busy() || before.Attempt.Key == r.Attempt.Key, "the key changed under way")
	promise(r.Failed-before.Failed == map[bool]int{true: 1}[failed], "the count of failed payments")
	promise(!sameFacts || (before.key(team) != r.key(team)) == (failed || grew > 0), "the next key")
	promise(what != "see" || !before.busy() || before.State == r.State && whenever(before.Attempt) == whenever(r.Attempt), "seeing touched a payment under way")
	promise(before.State != Paid || !r.payable() || what == "undone" || what == "see" && r.Invoice.Status == billing.Open, "a paid invoice became payable")
	promise(grew == 0 || grew == 1 && r.State == Paid, "a payment more, and not paid")
	promise(grew == 0 || r.Payments[len(r.Payments)-1].By == "" || what == "settle", "a person's payment without the service's word")
	for i, pay := range r.Payments {
		promise(pay.Undone != nil || i == len(r.Payments)-1 && r.State == Paid, "two payments stand, or one of an invoice that is not paid")
	}
	ids := map[string]bool{}
	for _, n := range r.Notices {
		promise(!ids[n.ID], "the same notice twice")
		promise(n.To != "", "a notice to nobody")
		ids[n.ID] = true
	}
	promise(cmp.Equal(asJSON(r), asJSON(copyOf(r))), "not written whole")
	return broken
}

// whenever is a payment without when it is looked at next.
func whenever(a *Attempt) Attempt {
	same := *a
	same.NextLook = time.Time{}
	return same
}

func TestWhatASyncSeesOfAPaymentThatWaitsIsLookedIntoAtOnce(t *testing.T) {
	for _, state := range []State{Submitted, Unknown} {
		r := payingRecord()
		r.State, r.Attempt.NextLook = state, monday.Add(time.Hour)
		r.see(r.Invoice, monday, monday)
		if !r.Attempt.NextLook.Equal(monday.Add(time.Hour)) {
			t.Errorf("%s: a sync that saw nothing new has it asked at %s", state, r.Attempt.NextLook)
		}
		paid := r.Invoice
		paid.Status, paid.AmountDue = billing.Paid, usd(0)
		r.see(paid, monday.Add(time.Minute), monday.Add(time.Minute))
		if !r.Attempt.NextLook.Equal(monday.Add(time.Minute)) {
			t.Errorf("%s: the service says that it is paid, and it is asked at %s", state, r.Attempt.NextLook)
		}
	}
}

func TestOnlyAKeyThatWasSentIsBurnt(t *testing.T) {
	r := payingRecord()
	first := r.Attempt.Key
	must(r.withdraw(first, Notice{Kind: NoticeUnchecked}, monday))
	must(r.begin(team, Attempt{By: bo, Began: monday}, usd(120000)))
	if r.Attempt.Key != first {
		t.Error("nothing was sent, and yet the key changed: the same money could move twice")
	}
	must(r.send(first, visa, billing.Grant{}, monday, monday.Add(day)))
	must(r.withdraw(first, Notice{Kind: NoticeChanged}, monday))
	must(r.begin(team, Attempt{By: bo, Began: monday.Add(time.Hour)}, usd(120000)))
	if first = r.Attempt.Key; r.Failed != 1 {
		t.Error("the service knows the key with another method, and it is used again: it would not be taken")
	}
	must(r.refuse(first, billing.Generic, monday))
	must(r.begin(team, Attempt{By: bo, Began: monday}, usd(120000)))
	if r.Attempt.Key == first {
		t.Error("the key was refused, and is used again: the billing service would repeat its refusal")
	}
}

func TestANewPayerIsToldOfDoubtToo(t *testing.T) {
	r := unknownRecord()
	key := r.Attempt.Key
	must(r.withdraw(key, Notice{Kind: NoticeChanged}, monday))
	must(r.begin(team, Attempt{By: bo, Began: monday.Add(time.Hour)}, usd(120000)))
	key = r.Attempt.Key
	must(r.send(key, visa, billing.Grant{}, monday.Add(time.Hour), monday.Add(day)))
	must(r.doubt(key, monday.Add(time.Hour), monday.Add(2*time.Hour)))
	for _, n := range r.Notices {
		if n.Kind == NoticeDoubt && n.To == bo {
			return
		}
	}
	t.Error("the same key is in doubt a second time, and its new payer is not told")
}

func TestWhatHappenedMeanwhileIsFollowedWhenAPaymentEnds(t *testing.T) {
	for status, want := range map[billing.Status]State{billing.Paid: Paid, billing.Void: Gone, billing.Open: Open} {
		r := sentRecord()
		inv := r.Invoice
		inv.Status = status
		r.see(inv, monday, monday)
		must(r.refuse(r.Attempt.Key, billing.Generic, monday))
		if r.State != want || r.payable() != (want == Open) {
			t.Errorf("%s meanwhile: %s, want %s", status, r.State, want)
		}
	}
}

func TestWhatWasReadBeforeAPaymentIsOldNews(t *testing.T) {
	for name, r := range map[string]Record{"paid": paidRecord(), "undone": undoneRecord(), "refused": refusedRecord()} {
		before := asJSON(r)
		inv := anInvoice()
		inv.Status, inv.AmountDue = map[bool]billing.Status{true: billing.Open, false: billing.Paid}[r.State == Paid], usd(1)
		r.see(inv, monday.Add(-time.Second), monday.Add(2*time.Hour))
		if asJSON(r) != before {
			t.Errorf("%s: a slow listing changed it: %s", name, cmp.Diff(before, asJSON(r)))
		}
	}
}

func refusedRecord() Record {
	r := sentRecord()
	must(r.refuse(r.Attempt.Key, billing.InsufficientFunds, monday))
	return r
}
