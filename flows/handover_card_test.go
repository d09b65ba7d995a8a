package flows

import (
	"slices"
	"strings"
	"testing"
	"time"

	"kvitt/billing"
	"kvitt/bot"
)

// azureInvoice is one that is paid in the Azure portal.
func azureInvoice() billing.Invoice {
	inv := anInvoice()
	inv.ID, inv.Number, inv.Supplier, inv.Account, inv.Terms = "azure:acc/G000123456", "G000123456", "Microsoft Azure", "acc/profile", billing.TermsCard
	inv.Link = "https://portal.azure.com/#view/Microsoft_Azure_GTM/InvoiceDetailsBlade/invoiceId/G000123456"
	return inv
}

// handedRecord is opened by Asha in the portal, at nine on Monday.
func handedRecord(change ...func(*billing.Invoice, *billing.Method)) Record {
	inv, method := azureInvoice(), visa
	for _, c := range change {
		c(&inv, &method)
	}
	r := seen(inv)
	must(r.begin(team, Attempt{By: asha, Method: billing.Method{ID: method.ID}, Began: monday}, usd(120000)))
	must(r.answer(r.Attempt.Key, monday))
	must(r.handOver(r.Attempt.Key, method, billing.Grant{Role: "Invoice manager"}, monday))
	return r
}

func transfer(i *billing.Invoice, m *billing.Method) {
	i.Terms = billing.TermsTransfer
	*m = billing.Method{ID: "transfer", Short: billing.BankTransfer, Transfer: true}
}

// handOverScenes are the cards of an invoice that is paid in the portal.
func handOverScenes() map[string]scene {
	card := reminderFor(asha, -7)
	inv := azureInvoice()
	inv.AutoCollect, inv.PayFailed, inv.Failure = true, true, billing.Failure{At: monday, Why: billing.CardExpired}
	all := map[string]scene{
		"azure-open":       {seen(azureInvoice()), card, monday},
		"azure-failed":     {seen(inv), card, monday},
		"azure-held":       {changedRecord(seen(azureInvoice()), func(i *billing.Invoice) { i.Status = billing.Held }), card, monday},
		"handed":           {handedRecord(), card, monday.Add(10 * time.Minute)},
		"handed-next-day":  {handedRecord(transfer), card, monday.Add(day)},
		"handed-takeable":  {handedRecord(), reminderFor(bo, -7), monday.Add(takeOverAfter)},
		"handed-channel":   {handedRecord(), reminderFor(finance, -7), monday.Add(10 * time.Minute)},
		"handed-paid":      {paidThere(), card, monday.Add(time.Hour)},
		"handed-confirmed": {paidThere(), confirmFor(finance), monday.Add(time.Hour)},
	}
	for kind, r := range map[NoticeKind]Record{NoticeHanded: approvedThere(), NoticeTaken: takenThere(), NoticeLapsed: lapsedThere(), NoticeMoved: movedThere()} {
		last := len(r.Notices) - 1
		all["notice-"+string(kind)] = scene{r, Post{Key: "notice/n", Kind: PostNotice, Place: r.Notices[last].To, Number: last}, monday.Add(time.Hour)}
	}
	return all
}

func paidThere() Record {
	r := handedRecord()
	must(r.settle(r.Attempt.Key, billing.Outcome{Progress: billing.Settled, At: monday.Add(time.Hour), Method: "Mastercard"}, monday.Add(time.Hour)))
	return r
}

func approvedThere() Record {
	r := seen(azureInvoice())
	must(r.request(Request{By: asha, Method: billing.Method{ID: visa.ID}, At: monday}, usd(120000)))
	must(r.consulted(theFirst, visa, monday))
	must(r.approve(team, theFirst, bo, "", monday))
	must(r.answer(r.Attempt.Key, monday))
	must(r.handOver(r.Attempt.Key, visa, billing.Grant{}, monday))
	return r
}

func takenThere() Record {
	r := handedRecord()
	must(r.begin(team, Attempt{By: bo, Began: monday.Add(takeOverAfter)}, usd(120000)))
	return r
}

func lapsedThere() Record {
	r := handedRecord()
	must(r.abandon(r.Attempt.Key, monday.Add(cardTime)))
	return r
}

func movedThere() Record {
	r := changedRecord(handedRecord(), func(i *billing.Invoice) { i.AmountDue = usd(70000) })
	must(r.overtakenThere(r.Attempt.Key, monday.Add(time.Hour)))
	return r
}

// handOverViews are the modals of an invoice that is paid in the portal.
func handOverViews(w words) map[string]bot.View {
	limited := func(i *billing.Invoice, _ *billing.Method) { i.Terms = billing.TermsLimited }
	balance := func(i *billing.Invoice, m *billing.Method) { i.Terms = billing.TermsBalance; *m = billing.Method{} }
	methods := []billing.Method{visa, {ID: "transfer", Short: billing.BankTransfer, Transfer: true}}
	return map[string]bot.View{
		"modal-pay-portal":       payView(w, offer{invoice: azureInvoice(), methods: methods, way: billing.HandsOver, today: on(2026, 3, 3)}),
		"modal-denied-azure":     deniedView(w, azureInvoice(), true, []string{"Asha", "Bo"}),
		"modal-handover":         *seenBy(w, handedRecord(), asha),
		"modal-handover-limit":   *seenBy(w, handedRecord(limited), asha),
		"modal-handover-balance": *seenBy(w, handedRecord(balance), asha),
		"modal-handover-bank":    *seenBy(w, handedRecord(transfer), asha),
		"modal-handover-taken":   *seenBy(w, handedRecord(), bo),
	}
}

func TestAHandOverCanBeEndedInTheWayToThePortalOnceItHasBegun(t *testing.T) {
	r := handedRecord()
	c := card{words: speak(English), r: r, policy: aPolicy(), now: monday, people: anAudience().People}
	if !strings.Contains(asJSON(c.way()), ActOtherway) {
		t.Error("whoever opened it in the portal cannot choose another way there")
	}
	c.r.State = Paying // As in the answer to the submission, before right and facts are checked: nothing could be ended yet.
	if strings.Contains(asJSON(c.way()), ActOtherway) {
		t.Error("the answer to the submission offers to end what has not begun")
	}
}

func TestTheWayToThePortalIsShownToWhoChoseItOnly(t *testing.T) {
	r := handedRecord()
	if v := seenBy(speak(English), r, bo); v == nil || strings.Contains(asJSON(v), "portal.azure.com") {
		t.Errorf("Bo sees %s", asJSON(v))
	}
	c := card{words: speak(English), r: r, policy: aPolicy(), now: monday.Add(takeOverAfter), people: anAudience().People}
	if v := c.underWay(bo); v != nil {
		t.Errorf("after %s Bo may take over, and sees %s", takeOverAfter, asJSON(v))
	}
	if v := c.underWay(asha); v != nil {
		t.Errorf("after %s Asha may choose anew, and sees %s", takeOverAfter, asJSON(v))
	}
	if got := buttons(render(c.now, r, reminderFor(asha, -7), anAudience(), aPolicy())); !slices.Contains(got, ActSteps) || !slices.Contains(got, ActOtherway) {
		t.Errorf("Asha's card offers %v, and neither the steps nor another way", got)
	}
	if r = handedRecord(transfer); r.takeable(monday.Add(13 * day)) {
		t.Error("somebody may take over while a bank transfer may be on its way")
	}
}
