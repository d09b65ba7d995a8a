package flows

import (
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kvitt/billing"
)

// requestedRecord is Asha's submission that a second billing admin must approve; nobody was asked yet.
func requestedRecord() Record {
	r := openRecord()
	must(r.request(Request{By: asha, Method: billing.Method{ID: visa.ID}, At: monday}, usd(120000)))
	return r
}

// theFirst is the id of the first request, made at monday.
var theFirst = "1-" + strconv.FormatInt(monday.UnixNano(), 36)

// awaitingRecord waits for Bo.
func awaitingRecord() Record {
	r := requestedRecord()
	must(r.consulted(theFirst, visa, monday))
	return r
}

// approvedRecord is Asha's payment, which Bo approved at monday.
func approvedRecord() Record {
	r := awaitingRecord()
	must(r.approve(team, theFirst, bo, "V1", monday))
	must(r.answer(r.Attempt.Key, monday))
	return r
}

func approvedSentRecord() Record {
	r := approvedRecord()
	must(r.send(r.Attempt.Key, visa, billing.Grant{}, monday, monday.Add(day)))
	return r
}

func approvedPaidRecord() Record {
	r := approvedSentRecord()
	must(r.settle(r.Attempt.Key, billing.Outcome{Progress: billing.Settled, At: monday}, monday))
	return r
}

func declinedRecord() Record {
	r := awaitingRecord()
	must(r.decline(theFirst, bo, "Wrong cost centre", monday.Add(time.Hour)))
	return r
}

// approvalStates are the states that a request brings with it.
func approvalStates() map[string]Record {
	return map[string]Record{"requested": requestedRecord(), "awaiting": awaitingRecord(), "approved": approvedRecord(), "approved and paid": approvedPaidRecord(), "declined": declinedRecord()}
}

func TestWhereEachRequestLeads(t *testing.T) {
	later, over := monday.Add(time.Hour), monday.Add(approvalTime)
	see := func(change func(*billing.Invoice)) func(*Record) error {
		return func(r *Record) error {
			inv := anInvoice()
			change(&inv)
			r.see(inv, later, later)
			return nil
		}
	}
	request := func(r *Record) error { return r.request(Request{By: bo, At: later}, usd(120000)) }
	approve := func(id, by string, at time.Time) func(*Record) error {
		return func(r *Record) error { return r.approve(team, id, by, "", at) }
	}
	decline := func(id, by string) func(*Record) error {
		return func(r *Record) error { return r.decline(id, by, "No", later) }
	}
	withdraw := func(id, by string) func(*Record) error {
		return func(r *Record) error { return r.withdrawRequest(id, by, later) }
	}
	for _, c := range []struct {
		name  string
		from  Record
		do    func(*Record) error
		want  State
		ended Ending // Of the last request.
		err   error
	}{
		{"asked for", openRecord(), request, Awaiting, "", nil},
		{"asked for while another request waits", awaitingRecord(), request, Awaiting, "", &TakenError{By: asha}},
		{"asked for while somebody pays", payingRecord(), request, Paying, "", &TakenError{By: asha}},
		{"asked for when paid", paidRecord(), request, Paid, "", ErrPaid},
		{"asked for when void", goneRecord(), request, Gone, "", ErrChanged},
		{"asked for with an old amount", openRecord(), func(r *Record) error { return r.request(Request{By: bo, At: later}, usd(5)) }, Open, "", ErrChanged},
		{"asked for again after a refusal", declinedRecord(), request, Awaiting, "", nil},
		{"a payment begins beside it", awaitingRecord(), func(r *Record) error { return r.begin(team, Attempt{By: bo, Began: later}, usd(120000)) }, Awaiting, "", &TakenError{By: asha}},

		{"approved", awaitingRecord(), approve(theFirst, bo, later), Paying, Approved, nil},
		{"approved by the requester", awaitingRecord(), approve(theFirst, asha, later), Awaiting, "", ErrOwn},
		{"approved before anybody was asked", requestedRecord(), approve(theFirst, bo, later), Awaiting, "", ErrStale},
		{"approved in the last moment", awaitingRecord(), approve(theFirst, bo, over.Add(-1)), Paying, Approved, nil},
		{"approved too late", awaitingRecord(), approve(theFirst, bo, over), Awaiting, "", ErrStale},
		{"approved twice", approvedRecord(), approve(theFirst, kim, later), Paying, Approved, ErrStale},
		{"approved by a button of another request", awaitingRecord(), approve("2", bo, later), Awaiting, "", ErrStale},
		{"approved after it was declined", declinedRecord(), approve(theFirst, bo, later), Open, Declined, ErrStale},

		{"declined", awaitingRecord(), decline(theFirst, bo), Open, Declined, nil},
		{"declined by the requester", awaitingRecord(), decline(theFirst, asha), Awaiting, "", ErrOwn},
		{"declined after it was approved", approvedRecord(), decline(theFirst, bo), Paying, Approved, ErrStale},
		{"withdrawn", awaitingRecord(), withdraw(theFirst, asha), Open, Withdrawn, nil},
		{"withdrawn by somebody else", awaitingRecord(), withdraw(theFirst, bo), Awaiting, "", ErrNotYours},
		{"withdrawn after it was approved", approvedRecord(), withdraw(theFirst, asha), Paying, Approved, ErrStale},
		{"expired", awaitingRecord(), func(r *Record) error { return r.expire(theFirst, over) }, Open, Expired, nil},
		{"expired too early", awaitingRecord(), func(r *Record) error { return r.expire(theFirst, over.Add(-1)) }, Awaiting, "", ErrStale},
		{"a method that does not exist", requestedRecord(), func(r *Record) error { return r.refuseRequest(theFirst, later) }, Open, Unusable, nil},

		{"nothing new", awaitingRecord(), see(func(*billing.Invoice) {}), Awaiting, "", nil},
		{"another due date", awaitingRecord(), see(func(i *billing.Invoice) { i.Due = i.Due.AddDays(7) }), Awaiting, "", nil},
		{"another amount", awaitingRecord(), see(func(i *billing.Invoice) { i.AmountDue = usd(119999) }), Open, Changed, nil},
		{"another currency", awaitingRecord(), see(func(i *billing.Invoice) { i.AmountDue.Currency = "EUR" }), Open, Changed, nil},
		{"another account to pay to", awaitingRecord(), see(func(i *billing.Invoice) { i.PayTo = "9999" }), Open, Changed, nil},
		{"paid elsewhere", awaitingRecord(), see(func(i *billing.Invoice) { i.Status = billing.Paid }), Paid, Elsewhere, nil},
		{"void", awaitingRecord(), see(func(i *billing.Invoice) { i.Status = billing.Void }), Gone, Changed, nil},
		{"written off", awaitingRecord(), see(func(i *billing.Invoice) { i.Status = billing.Uncollectible }), Open, Changed, nil},
	} {
		r := copyOf(c.from)
		before := asJSON(r)
		err := c.do(&r)
		var ended Ending
		if n := len(r.Requests); n > 0 {
			ended = r.Requests[n-1].Ended
		}
		if r.State != c.want || ended != c.ended || !sameError(err, c.err) {
			t.Errorf("%s: %s, %q, %v; want %s, %q, %v", c.name, r.State, ended, err, c.want, c.ended, c.err)
		}
		if err != nil && asJSON(r) != before {
			t.Errorf("%s: refused, and yet changed: %s", c.name, cmp.Diff(before, asJSON(r)))
		}
	}
}

func TestTheRequesterIsToldHowItEndedAndTheAuditTrailToo(t *testing.T) {
	later := monday.Add(approvalTime)
	for name, c := range map[string]struct {
		do     func(*Record)
		notice NoticeKind
		audit  string
		who    string
	}{
		"declined":  {func(r *Record) { must(r.decline(theFirst, bo, "No", later)) }, NoticeDeclined, "declined", bo},
		"expired":   {func(r *Record) { must(r.expire(theFirst, later)) }, NoticeExpired, "approval ended", byKvitt},
		"changed":   {func(r *Record) { r.Invoice.AmountDue = usd(1); r.follow(later) }, NoticeOvertaken, "approval ended", byKvitt},
		"elsewhere": {func(r *Record) { r.Invoice.Status = billing.Paid; r.follow(later) }, "", "approval ended", byKvitt},
		"withdrawn": {func(r *Record) { must(r.withdrawRequest(theFirst, asha, later)) }, "", "approval ended", asha},
		"approved":  {func(r *Record) { must(r.approve(team, theFirst, bo, "", monday)) }, "", "approved", bo},
	} {
		r := awaitingRecord()
		r.notes = nil
		c.do(&r)
		if r.notes[0].What != c.audit || r.notes[0].Who != c.who || r.notes[0].Facts["request"] != theFirst || r.notes[0].Facts["amount"] != "1200.00 USD" {
			t.Errorf("%s: the audit trail says %+v", name, r.notes[0])
		}
		switch {
		case c.notice == "" && len(r.Notices) > 0, c.notice != "" && len(r.Notices) != 1:
			t.Errorf("%s: %+v", name, r.Notices)
		case c.notice != "" && (r.Notices[0].Kind != c.notice || r.Notices[0].To != asha || r.Notices[0].Amount != usd(120000)):
			t.Errorf("%s: %+v", name, r.Notices[0])
		}
	}
}

func TestAnApprovalIsTheRequestersPaymentWithTheUsualKey(t *testing.T) {
	asked, alone := approvedRecord(), payingRecord()
	a := *asked.Attempt
	if a.By != asha || a.Approved != bo || a.Method != visa || a.Amount != usd(120000) || a.Key != alone.Attempt.Key {
		t.Errorf("%+v", a)
	}
	pay := approvedPaidRecord().Payments[0]
	if pay.By != asha || pay.Approved != bo {
		t.Errorf("%+v", pay)
	}
}

func TestWhatNeedsAnApproval(t *testing.T) {
	p := Policy{Approval: map[string]billing.Money{"EUR": {Minor: 1000000, Currency: "EUR"}, "JPY": {Minor: 5, Currency: "JPY"}}}
	for _, c := range []struct {
		p     Policy
		minor int64
		in    string
		want  bool
	}{
		{p, 999999, "EUR", false}, {p, 1000000, "EUR", true}, {p, 1000001, "EUR", true}, {p, 4, "JPY", false}, {p, 5, "JPY", true},
		{p, 1, "USD", true}, {Policy{}, 1 << 40, "USD", false}, {Policy{Approval: map[string]billing.Money{}}, 1 << 40, "EUR", false},
	} {
		if got := c.p.needsApproval(billing.Money{Minor: c.minor, Currency: c.in}); got != c.want {
			t.Errorf("%d %s: %v", c.minor, c.in, got)
		}
	}
}

// A record that only says that it waits, as a broken store may have it, breaks nothing.
func TestARequestThatIsNotThere(t *testing.T) {
	r := openRecord()
	r.State = Awaiting
	if q := r.asking(); q != nil {
		t.Errorf("%+v", q)
	}
	if err := r.approve(team, theFirst, bo, "", monday); !errors.Is(err, ErrStale) {
		t.Error(err)
	}
	if err := r.free(usd(120000)); !errors.Is(err, ErrChanged) {
		t.Error(err)
	}
	if r.follow(monday); r.State != Open {
		t.Errorf("it stays %s", r.State)
	}
}

func TestNobodyAsksTheOthersAgainAndAgain(t *testing.T) {
	r, now := openRecord(), monday
	for range manyRequests {
		must(r.request(Request{By: asha, At: now}, usd(120000)))
		must(r.withdrawRequest(r.asking().ID, asha, now))
		now = now.Add(time.Minute)
	}
	if err := r.request(Request{By: asha, At: now}, usd(120000)); !errors.Is(err, ErrTooMany) || r.State != Open {
		t.Errorf("the sixth time: %v, %s", err, r.State)
	}
	must(r.request(Request{By: bo, At: now}, usd(120000))) // It is everybody's own count.
	must(r.withdrawRequest(r.asking().ID, bo, now))
	must(r.request(Request{By: asha, At: monday.Add(day)}, usd(120000)))
}
