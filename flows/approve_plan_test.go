package flows

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kvitt/billing"
	"kvitt/sandbox"
	"kvitt/store"
)

func TestWhatIsPlannedForARequest(t *testing.T) {
	over, tuesday := monday.Add(approvalTime), at(time.UTC, 2026, 3, 3, 9, 0)
	retried := requestedRecord()
	must(retried.consultLater(theFirst, monday.Add(lookEvery)))
	asked := awaitingRecord()
	posted(&asked, monday, approvalFor(bo))
	unsent := declinedRecord()
	unsent.claim([]Post{approvalFor(bo)}, "", monday)
	unsure := copyOf(unsent)
	unsent.Posts[0].Unsure = false
	ended := copyOf(asked)
	must(ended.withdrawRequest(theFirst, asha, monday))
	newcomer := anAudience()
	newcomer.Readers = append(newcomer.Readers, Reader{Place: kim, Lang: English, Zone: time.UTC})
	former := anAudience()
	former.Readers = former.Readers[:1]
	notice := "say notice/request-" + theFirst + ": notice"

	for _, c := range []struct {
		name string
		now  time.Time
		rec  Record
		who  Audience
		want []string
		wake time.Time
		lane store.Lane
	}{
		{"asked for: the method first, and nobody is asked before", monday, requestedRecord(), anAudience(), []string{"consult: approval requested"}, tuesday, store.Urgent},
		{"the billing service was away", monday, retried, anAudience(), nil, monday.Add(lookEvery), store.Urgent},
		{"the method is there: everybody but the requester", monday, awaitingRecord(), newcomer,
			[]string{"say approval/" + theFirst + "/W0BO: approval requested", "say approval/" + theFirst + "/U0KIM: approval requested"}, tuesday, store.Urgent},
		{"everybody is asked", monday, asked, anAudience(), nil, tuesday, store.Urgent},
		{"somebody becomes an admin meanwhile", monday, asked, newcomer, []string{"say approval/" + theFirst + "/U0KIM: approval requested"}, tuesday, store.Urgent},
		{"somebody is no admin any more", monday, asked, former, []string{"mend approval/" + theFirst + "/W0BO: shows what is not so"}, tuesday, store.Urgent},
		{"in the last moment", over.Add(-1), asked, Audience{}, []string{"mend approval/" + theFirst + "/W0BO: shows what is not so"}, over, store.Urgent},
		{"three days later", over, asked, Audience{}, []string{"expire: nobody approved in time", "mend approval/" + theFirst + "/W0BO: shows what is not so"}, time.Time{}, store.Urgent},
		{"declined: the requester is told", monday, declinedRecord(), anAudience(), []string{notice}, tuesday, store.Routine},
		{"declined before a message went out: it does not any more", monday, unsent, anAudience(), []string{notice}, tuesday, store.Routine},
		{"declined, and a message may have gone out", monday, unsure, anAudience(), []string{notice, "seek approval/" + theFirst + "/W0BO: may have been posted"}, tuesday, store.Routine},
		{"withdrawn: every copy says so", monday, ended, anAudience(), []string{"mend approval/" + theFirst + "/W0BO: shows what is not so"}, tuesday, store.Routine},
		{"approved", monday, approvedRecord(), anAudience(), []string{"charge: payment begun"}, time.Time{}, store.Urgent},
	} {
		steps, wake, lane := Plan(c.now, c.rec, c.who, aPolicy())
		if diff := cmp.Diff(c.want, told(steps)); diff != "" || !wake.Equal(c.wake) || lane != c.lane {
			t.Errorf("%s: wakes at %v (want %v) in %s\n%s", c.name, wake, c.wake, lane, diff)
		}
	}
}

func TestTheDueDateIsToldWhileAPaymentWaits(t *testing.T) {
	steps, _, _ := Plan(at(time.UTC, 2026, 3, 3, 9, 0), awaitingRecord(), anAudience(), aPolicy())
	reminders := 0
	for _, s := range steps {
		if s.Do == Say && s.Post.isReminder() {
			reminders++
		}
	}
	if reminders != 3 {
		t.Errorf("%v", told(steps))
	}
}

// What lets money move is checked anew, with everybody's right as Slack has it at that moment.
func TestTheRightsOfBothAreCheckedRightBeforeMoneyMoves(t *testing.T) {
	limit := map[string]billing.Money{"USD": usd(120000)}
	for name, c := range map[string]struct {
		attempt  Attempt
		approval map[string]billing.Money
		guest    string
		want     NoticeKind
	}{
		"alone, below the limit":       {Attempt{By: asha, Amount: usd(119999)}, limit, "", ""},
		"alone, at the limit":          {Attempt{By: asha, Amount: usd(120000)}, limit, "", NoticeUnapproved},
		"alone, without any limit":     {Attempt{By: asha, Amount: usd(120000)}, nil, "", ""},
		"alone, in another currency":   {Attempt{By: asha, Amount: billing.Money{Minor: 1, Currency: "SEK"}}, limit, "", NoticeUnapproved},
		"approved":                     {Attempt{By: asha, Approved: bo, Amount: usd(120000)}, limit, "", ""},
		"approved by themselves":       {Attempt{By: asha, Approved: asha, Amount: usd(120000)}, limit, "", NoticeUnapproved},
		"approved by no admin":         {Attempt{By: asha, Approved: kim, Amount: usd(120000)}, limit, "", NoticeApprover},
		"the approver became a guest":  {Attempt{By: asha, Approved: bo, Amount: usd(120000)}, limit, bo, NoticeApprover},
		"and the limits are gone":      {Attempt{By: asha, Approved: bo, Amount: usd(120000)}, nil, bo, NoticeApprover},
		"the requester became a guest": {Attempt{By: asha, Approved: bo, Amount: usd(120000)}, limit, asha, NoticeEnded},
	} {
		atTheDesk(t, "", func(o *desk) {
			o.Policy.Approval = c.approval
			for _, id := range []string{asha, bo} {
				if _, err := o.Admins.Right(o.Context(), id, account{}, recently); err != nil {
					t.Error(err)
				}
			}
			if c.guest != "" {
				o.SetPerson(c.guest, func(p *sandbox.Person) { p.Guest = true })
			}
			notice, err := (&job{Flows: o.Flows}).rights(o.Context(), account{}, &c.attempt)
			if notice.Kind != c.want || err != nil {
				t.Errorf("%s: %q, %v; want %q", name, notice.Kind, err, c.want)
			}
		})
	}
}
