package flows

import (
	"slices"
	"strings"
	"testing"
	"time"

	"kvitt/billing"
	"kvitt/bot"
)

var endings = []Ending{Approved, Declined, Expired, Withdrawn, Changed, Elsewhere, Unusable}

func approvalFor(place string) Post {
	return Post{Key: "approval/" + theFirst + "/" + place, Kind: PostApproval, Place: place}
}

// approvalScenes are the cards that a request brings with it: the requester is Asha, who approves is Bo.
func approvalScenes() map[string]scene {
	tuesday := at(time.UTC, 2026, 3, 3, 9, 0)
	on := func(r Record, p Post) scene { return scene{r, p, tuesday} }
	failed := approvedSentRecord()
	must(failed.refuse(failed.Attempt.Key, billing.InsufficientFunds, monday))
	all := map[string]scene{
		"awaiting-requester":        on(awaitingRecord(), reminderFor(asha, -7)),
		"awaiting-other":            on(awaitingRecord(), reminderFor(bo, -7)),
		"awaiting-channel":          on(awaitingRecord(), reminderFor(finance, -7)),
		"awaiting-thread":           on(awaitingRecord(), threadFor(1)),
		"approval-ask":              on(awaitingRecord(), approvalFor(bo)),
		"approval-ask-record":       on(recordRequest(), approvalFor(bo)),
		"approval-no-admin-anymore": on(awaitingRecord(), approvalFor(kim)),
		"approval-paying":           on(approvedRecord(), approvalFor(bo)),
		"approval-paid":             on(approvedPaidRecord(), approvalFor(bo)),
		"approval-not-paid":         on(failed, approvalFor(bo)),
		"approved-paid":             on(approvedPaidRecord(), reminderFor(asha, -7)),
		"approved-paid-channel":     on(approvedPaidRecord(), reminderFor(finance, -7)),
		"approved-recorded":         on(approvedLedger(), reminderFor(asha, -7)),
		"confirm-approved":          on(approvedPaidRecord(), confirmFor(finance)),
		"confirm-approved-recorded": on(approvedLedger(), confirmFor(finance)),
	}
	for _, how := range []Ending{Declined, Expired, Withdrawn, Changed, Elsewhere} {
		all["approval-"+string(how)] = on(endedRecord(how), approvalFor(bo))
	}
	return all
}

// endedRecord is a request that ended in some way.
func endedRecord(how Ending) Record {
	r := awaitingRecord()
	switch how {
	case Declined:
		return declinedRecord()
	case Expired:
		must(r.expire(theFirst, monday.Add(approvalTime)))
	case Withdrawn:
		must(r.withdrawRequest(theFirst, asha, monday))
	case Changed:
		return changedRecord(r, func(i *billing.Invoice) { i.AmountDue = usd(90000) })
	case Elsewhere:
		return changedRecord(r, func(i *billing.Invoice) { i.Status = billing.Paid })
	}
	return r
}

// recordRequest asks to approve that an invoice of the ledger is recorded as paid.
func recordRequest() Record {
	r := seen(undoneRecord().Invoice)
	must(r.request(Request{By: asha, Method: billing.Method{ID: "bank"}, Reference: "TX-77", Recorded: true, At: monday}, usd(120000)))
	must(r.consulted(theFirst, billing.Method{ID: "bank", Short: "Bank transfer"}, monday))
	return r
}

func approvedLedger() Record {
	r := recordRequest()
	must(r.approve(team, theFirst, bo, "", monday))
	must(r.answer(r.Attempt.Key, monday))
	must(r.send(r.Attempt.Key, r.Attempt.Method, billing.Grant{}, monday, monday.Add(day)))
	must(r.settle(r.Attempt.Key, billing.Outcome{Progress: billing.Settled, At: monday}, monday))
	return r
}

// approvalViews are the modals that a request brings with it.
func approvalViews(w words) map[string]bot.View {
	r := awaitingRecord()
	all := map[string]bot.View{
		"modal-approval-requested":        requestedView(w, false, billing.Pays, []string{"Bo", "Kim"}),
		"modal-approval-requested-record": requestedView(w, true, billing.Records, []string{"Bo"}),
		"modal-approval-requested-portal": requestedView(w, false, billing.HandsOver, nil),
		"modal-approval-taken":            *seenBy(w, r, bo),
		"modal-approval-taken-by-self":    *seenBy(w, r, asha),
		"modal-approval-decline":          declineView(w, r.Invoice, *r.asking(), "Asha"),
	}
	for _, id := range []string{"approval.nobody", "approval.many", "approval.own", "approval.withdraw.done"} {
		all["modal-"+strings.ReplaceAll(id, ".", "-")] = tellView(w, w.say(id, "Nothing", w.nothing(false)))
	}
	all["modal-approval-decline-done"] = tellView(w, w.say("approval.decline.done", "Who", "Asha", "Nothing", w.nothing(false)))
	ledger := recordRequest()
	all["modal-approval-taken-record"], all["modal-approval-taken-by-self-record"] = *seenBy(w, ledger, bo), *seenBy(w, ledger, asha)
	all["modal-approval-decline-record"] = declineView(w, ledger.Invoice, *ledger.asking(), "Asha")
	all["modal-approval-withdraw-done-record"] = tellView(w, w.say("approval.withdraw.done", "Nothing", w.nothing(true)))
	return all
}

func TestOnlyWhoIsAskedCanDecideAndOnlyOnce(t *testing.T) {
	decides := func(s scene) bool {
		got := buttons(render(s.now, s.rec, s.post, anAudience(), aPolicy()))
		return slices.Contains(got, ActApprove) || slices.Contains(got, ActDecline)
	}
	for name, s := range scenes() {
		if decides(s) != (name == "approval-ask" || name == "approval-ask-record") {
			t.Errorf("%s: can be decided on: %v", name, decides(s))
		}
		got := buttons(render(s.now, s.rec, s.post, anAudience(), aPolicy()))
		if slices.Contains(got, ActWithdraw) != (name == "awaiting-requester") {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestEveryCopyOfAPaidRequestSaysPaid(t *testing.T) {
	for _, how := range []Ending{Declined, Expired, Withdrawn} {
		r := endedRecord(how)
		must(r.begin(team, Attempt{By: kim, Method: visa, Began: monday}, usd(120000)))
		must(r.send(r.Attempt.Key, visa, billing.Grant{}, monday, monday.Add(day)))
		must(r.settle(r.Attempt.Key, billing.Outcome{At: monday}, monday))
		text := render(monday, r, approvalFor(bo), anAudience(), aPolicy()).Text
		if !strings.Contains(text, "Paid by Kim") || strings.Contains(text, "Nothing was paid") {
			t.Errorf("%s, and then it was paid: %s", how, text)
		}
	}
}

func TestARecordThatWasTakenBackWasNotNothing(t *testing.T) {
	r := approvedLedger()
	must(r.undoing(Undo{By: bo, Reason: "Wrong invoice", At: monday.Add(time.Hour)}))
	must(undo(&r, monday.Add(time.Hour), finance))
	if text := render(monday.Add(day), r, approvalFor(bo), anAudience(), aPolicy()).Text; strings.Contains(text, "Nothing was paid") || !strings.Contains(text, "Approved by Bo") {
		t.Error(text)
	}
}

// What whoever began a payment is shown is meant for them: the approver is not told that they are no admin, or that their card was declined.
func TestTheApproverIsNotToldTheRequestersNews(t *testing.T) {
	for _, kind := range []NoticeKind{NoticeEnded, NoticeUnchecked, NoticeOvertaken, NoticeApprover, NoticeUnapproved} {
		r := approvedRecord()
		a := *r.Attempt
		must(r.withdraw(a.Key, Notice{Kind: kind, By: bo}, monday))
		got := card{words: speak(English), r: r, people: anAudience().People, policy: aPolicy(), now: monday}.result(a)
		want := "Invoice INV-1042 from Acme Cloud. Nothing was paid. Asha has been told why."
		if kind == NoticeApprover {
			want = "Only billing admins can pay invoices here."
		}
		if got != want {
			t.Errorf("%s: %q", kind, got)
		}
	}
}
