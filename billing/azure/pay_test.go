package azure_test

import (
	"testing"
	"time"

	"kvitt/billing"
	"kvitt/billing/azure"
)

// started is when the person was sent to the portal.
var started = time.Date(2026, 3, 5, 9, 12, 0, 0, time.UTC)

func payment() billing.Payment {
	return billing.Payment{Invoice: id("G000000001"), Key: "key", Method: "transfer", Amount: billing.Money{Minor: 123450, Currency: "EUR"}, Started: started}
}

func TestStatusOfAHandOver(t *testing.T) {
	failed := func(at, why string) func(object) {
		return func(o object) {
			o["failedPayments"] = []object{{"date": at, "failedPaymentReason": why}, {"date": "2020-01-01T00:00:00Z"}}
		}
	}
	zero := object{"currency": "EUR", "value": 0}
	for name, test := range map[string]struct {
		change  func(object)
		want    billing.Progress
		decline billing.Decline
		pay     billing.Progress // What Pay says, where it is not the same.
	}{
		"nothing happened":           {func(object) {}, billing.NotStarted, "", ""},
		"paid":                       {func(o object) { o["status"] = "Paid"; o["amountDue"] = zero }, billing.Settled, "", ""},
		"void":                       {func(o object) { o["status"] = "Void"; o["billedDocumentId"] = "G2" }, billing.Changed, "", ""},
		"another amount":             {func(o object) { o["amountDue"] = object{"currency": "EUR", "value": 1000} }, billing.Changed, "", ""},
		"another currency":           {func(o object) { o["amountDue"] = object{"currency": "USD", "value": 1234.5} }, billing.Changed, "", ""},
		"nothing left, not yet paid": {func(o object) { o["amountDue"] = zero }, billing.NotStarted, "", billing.Changed},
		"locked":                     {func(o object) { o["status"] = "Locked" }, billing.NotStarted, "", billing.Changed},
		"failed before":              {failed("2026-03-05T09:11:00Z", "BankDeclined"), billing.NotStarted, "", ""},
		"declined afterwards":        {failed("2026-03-05T09:13:00Z", "BankDeclined"), billing.Refused, billing.Generic, ""},
		"expired afterwards":         {failed("2026-03-05T09:13:00Z", "CardExpired"), billing.Refused, billing.CardExpired, ""},
		"wrong details afterwards":   {failed("2026-03-05T09:13:00Z", "IncorrectCardDetails"), billing.Refused, billing.WrongDetails, ""},
		"failed for another reason":  {failed("2026-03-05T09:13:00Z", "Other"), billing.Refused, billing.Generic, ""},
		"failed for a new reason":    {failed("2026-03-05T09:13:00Z", "CardOnFire"), billing.Refused, billing.Generic, ""},
		"failed on a day, no time":   {failed("2026-03-05", "BankDeclined"), billing.NotStarted, "", ""},
		"failed, then partly paid": {func(o object) {
			failed("2026-03-05T09:13:00Z", "Other")(o)
			o["payments"] = []object{{"date": "2026-03-05T09:20:00Z"}}
		}, billing.NotStarted, "", ""},
		"failed, then paid altogether": {func(o object) { failed("2026-03-05T09:13:00Z", "Other")(o); o["status"] = "Paid" }, billing.Settled, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			test.change(w.put("G000000001", "1234.50", march8))
			p := w.provider(t)
			out, err := p.Status(t.Context(), payment())
			if err != nil || out.Progress != test.want || out.Decline != test.decline || out.Invoice.ID != payment().Invoice {
				t.Errorf("Status says %q %q and %v, want %q %q", out.Progress, out.Decline, err, test.want, test.decline)
			}
			if test.pay == "" {
				test.pay = test.want
			}
			if out, err := p.Pay(t.Context(), payment()); err != nil || out.Progress != test.pay {
				t.Errorf("Pay says %q and %v, want %q", out.Progress, err, test.pay)
			}
			if w.notGet() != 0 {
				t.Error("something was sent")
			}
		})
	}
}

func TestTermsFollowTheAgreement(t *testing.T) {
	for _, test := range []struct {
		agreement, kind, country string
		want                     billing.Terms
	}{
		{"MicrosoftCustomerAgreement", "Individual", "NO", billing.TermsCard}, {"MicrosoftCustomerAgreement", "Business", "", billing.TermsCard},
		{"MicrosoftCustomerAgreement", "Enterprise", "NO", billing.TermsLimited}, {"MicrosoftCustomerAgreement", "Partner", "NO", ""}, {"MicrosoftCustomerAgreement", "", "NO", ""},
		{"MicrosoftOnlineServicesProgram", "Individual", "NO", billing.TermsCard}, {"MicrosoftOnlineServicesProgram", "Individual", "us", billing.TermsBalance},
		{"MicrosoftOnlineServicesProgram", "", "se", billing.TermsCard}, {"MicrosoftOnlineServicesProgram", "Individual", "", ""},
		{"EnterpriseAgreement", "Enterprise", "NO", billing.TermsTransfer}, {"MicrosoftPartnerAgreement", "Partner", "NO", ""}, {"Other", "", "", ""}, {"New", "", "", ""},
	} {
		w := newWorld()
		w.account = object{"agreementType": test.agreement, "accountType": test.kind, "soldTo": object{"country": test.country}}
		if got, err := one(t, w, nil); err != nil || got.Terms != test.want {
			t.Errorf("%s %s in %q is %q and %v, want %q", test.agreement, test.kind, test.country, got.Terms, err, test.want)
		}
	}
}

func TestAnAccountThatCannotBeReadIsKnownByTheShapeOfItsName(t *testing.T) {
	for name, want := range map[string]billing.Terms{"123456": billing.TermsTransfer, account: "", "0c5458e6-94ab-5426-f223-7863d1cf0767": "", "pcn.ABC": ""} {
		w := newWorld()
		w.put("G000000001", "1.00", march8)
		w.fault(name, refuse(403, "Unauthorized"))
		p := w.provider(t, func(c *azure.Config) { c.Accounts = []azure.Account{{Account: name}} })
		in, err := p.Invoice(t.Context(), "azure:"+name+"/G000000001")
		if err != nil || in.Terms != want {
			t.Errorf("%s: %q and %v, want %q", name, in.Terms, err, want)
		}
	}
}

func TestAnAgreementIsAskedForOnceAnHourAndStandsWhenTheServiceIsDown(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld()
		w.put("G000000001", "1.00", march8)
		p := w.provider(t)
		read := func() billing.Terms {
			in, err := p.Invoice(t.Context(), id("G000000001"))
			if err != nil {
				t.Fatal(err)
			}
			return in.Terms
		}
		read()
		read()
		if n := w.count("/" + account); n != 1 {
			t.Errorf("it is asked for %d times, want once", n)
		}
		w.fault(account, refuse(500, "Down"))
		time.Sleep(2 * time.Hour)
		if got := read(); got != billing.TermsLimited {
			t.Errorf("while the service is down the terms are %q", got)
		}
	})
}
