package flows

import (
	"errors"
	"slices"
	"testing"
	"time"

	"kvitt/billing"
)

func TestAHandOverIsWatchedCloselyThenHourlyAndThenAskedAbout(t *testing.T) {
	r := handedRecord()
	for _, c := range []struct {
		after  time.Duration
		looked time.Time
		look   time.Time // The record's next look.
		does   Do
	}{
		{0, time.Time{}, monday.Add(watchClosely), ""},
		{watchClosely, time.Time{}, monday.Add(watchClosely), Look},
		{closely, monday, monday.Add(closely), Look},
		{cardTime - time.Minute, monday, monday.Add(cardTime), ""},
		{cardTime + time.Hour, monday.Add(cardTime - 1), monday.Add(cardTime + time.Hour), Look},
		{cardTime + time.Hour, monday.Add(cardTime), monday.Add(cardTime + 2*time.Hour), Lapse},
	} {
		r.Attempt.Looked, r.Attempt.NextLook = c.looked, c.look
		steps, wake := planPayment(monday.Add(c.after), r)
		switch {
		case c.does == "" && (len(steps) > 0 || !wake.After(monday.Add(c.after))):
			t.Errorf("after %s: %v, wake %s", c.after, steps, wake)
		case c.does != "" && (len(steps) != 1 || steps[0].Do != c.does):
			t.Errorf("after %s: %v, want to %s", c.after, steps, c.does)
		}
	}
}

func TestEveryCardIsRenderedAnewWhenSomebodyElseMayTakeOver(t *testing.T) {
	r := handedRecord()
	r.Attempt.NextLook = monday.Add(watchEvery)
	if _, wake := planPayment(monday, r); !wake.Equal(monday.Add(takeOverAfter)) {
		t.Errorf("planned anew at %s, want when Bo may take over", wake)
	}
}

func TestABankTransferIsAwaitedForTenBusinessDays(t *testing.T) {
	r := handedRecord(transfer)
	r.Attempt.Looked = monday.Add(13 * day)
	steps, _ := planPayment(monday.Add(13*day), r)
	if slices.ContainsFunc(steps, func(s Step) bool { return s.Do == Lapse }) {
		t.Error("thirteen days are nine business days, and Asha was asked already")
	}
	r.Attempt.Looked = monday.Add(14 * day)
	if steps, _ = planPayment(monday.Add(14*day), r); len(steps) != 1 || steps[0].Do != Lapse {
		t.Errorf("after ten business days: %v", steps)
	}
}

func TestAHandOverCanBeTakenOverAfterAWhileAndNotBefore(t *testing.T) {
	r := handedRecord()
	_, taken := errors.AsType[*TakenError](r.begin(team, Attempt{By: bo, Began: monday.Add(takeOverAfter - 1)}, usd(120000)))
	if !taken || r.Attempt.By != asha {
		t.Fatalf("Bo began while Asha had it: %+v", r.Attempt)
	}
	before := r.Attempt.Key
	if err := r.begin(team, Attempt{By: bo, Began: monday.Add(takeOverAfter)}, usd(120000)); err != nil || r.Attempt.By != bo {
		t.Fatalf("Bo could not take over: %v", err)
	}
	if r.Attempt.Key == before {
		t.Error("the payment of Bo has the key of Asha's: what is still noted of hers would be taken for his")
	}
	if last := r.Notices[len(r.Notices)-1]; last.Kind != NoticeTaken || last.To != asha || last.By != bo {
		t.Errorf("Asha is told %+v", last)
	}
}

func TestNobodyTakesOverWhatChanged(t *testing.T) {
	r := handedRecord()
	kept := copyOf(r)
	if err := kept.begin(team, Attempt{By: bo, Began: monday.Add(takeOverAfter)}, usd(100)); !errors.Is(err, ErrChanged) {
		t.Errorf("Bo agreed to another amount: %v", err)
	}
}

func TestWhatTheSyncSeesIsLookedAtAtOnce(t *testing.T) {
	for what, change := range map[string]func(*billing.Invoice){
		"paid":        func(i *billing.Invoice) { i.Status = billing.Paid },
		"void":        func(i *billing.Invoice) { i.Status = billing.Void },
		"partly paid": func(i *billing.Invoice) { i.AmountDue = usd(70000) },
	} {
		r := handedRecord()
		r.Attempt.NextLook = monday.Add(day)
		r = changedRecord(r, change)
		if r.State != HandedOver || r.Attempt.NextLook.After(monday.Add(time.Hour)) {
			t.Errorf("%s: it is %s, and looked at %s", what, r.State, r.Attempt.NextLook)
		}
	}
}

func TestAHandOverEndsAsThePortalSays(t *testing.T) {
	later := monday.Add(time.Hour)
	for what, c := range map[string]struct {
		end    func(*Record, string) error
		state  State
		notice NoticeKind
	}{
		"card expired": {func(r *Record, key string) error { return r.refuse(key, billing.CardExpired, later) }, Open, NoticeRefused},
		"time is up":   {func(r *Record, key string) error { return r.abandon(key, later) }, Open, NoticeLapsed},
		"other amount": {func(r *Record, key string) error { return r.overtakenThere(key, later) }, Open, NoticeMoved},
		"cancelled": {func(r *Record, key string) error {
			r.Invoice.Status = billing.Void
			return r.overtakenThere(key, later)
		}, Gone, NoticeMoved},
	} {
		r := handedRecord()
		if err := c.end(&r, r.Attempt.Key); err != nil || r.State != c.state || r.busy() {
			t.Errorf("%s: it is %s, %v", what, r.State, err)
		}
		if last := r.Notices[len(r.Notices)-1]; last.Kind != c.notice || last.To != asha {
			t.Errorf("%s: Asha is told %+v", what, last)
		}
	}
	for _, late := range []func(*Record) error{
		func(r *Record) error { return r.abandon("other", later) },
		func(r *Record) error { return r.overtakenThere("other", later) },
		func(r *Record) error { return r.handOver("other", visa, billing.Grant{}, later) },
	} {
		if r := handedRecord(); !errors.Is(late(&r), ErrStale) {
			t.Error("a hand-over that is over could be changed")
		}
	}
}

func TestAPaymentInThePortalIsToldWithTheMethodThatWasReallyUsed(t *testing.T) {
	r := paidThere()
	if got := r.lastPayment(); got.Method != "Mastercard" || got.By != asha {
		t.Errorf("it is told as %+v", got)
	}
}
