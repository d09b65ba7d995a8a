package azure_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kvitt/billing"
	"kvitt/billing/azure"
)

var (
	bankTransfer = billing.Method{ID: "transfer", Short: billing.BankTransfer, Transfer: true}
	inPortal     = billing.Method{ID: "portal", Short: "Azure portal", Default: true}
	visa         = billing.Method{ID: "VISA00000001", Short: "Visa •••• 4242", Expires: "03/26"}
	amex         = billing.Method{ID: "AMEX00000002", Short: "American Express •••• 0005", Expires: "12/30"}
)

func first(m billing.Method) billing.Method { m.Default = true; return m }

func visaLink() object { return card("VISA00000001", "visa", "Visa", "4242", "3/2026") }
func amexLink() object { return card("AMEX00000002", "amex", "Amex", "0005", "12/2030") }

func wireLink() object {
	return object{"name": "WIRE00000003", "properties": object{"family": "CheckWire", "displayName": "Check or wire transfer", "status": "active"}}
}

func changed(o object, field string, value any) object {
	o["properties"].(object)[field] = value
	return o
}

// onMarch4 is a day in the last month of the Visa card.
func onMarch4() time.Time { return time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC) }

func TestMethodsAreWhatTheAgreementAndTheProfileAllow(t *testing.T) {
	long := card("0123456789012345678901234567890123456789012345678901234567890123456789012345", "visa", "Visa", "1111", "1/2030")
	for name, test := range map[string]struct {
		agreement, kind string
		links           []object
		value           string
		want            []billing.Method
	}{
		"online, one card":         {"MicrosoftCustomerAgreement", "Individual", []object{visaLink()}, "1", []billing.Method{first(visa)}},
		"online, two cards":        {"MicrosoftCustomerAgreement", "Individual", []object{visaLink(), amexLink()}, "1", []billing.Method{visa, amex}},
		"online, no card":          {"MicrosoftCustomerAgreement", "Individual", nil, "1", nil},
		"online, approved to wire": {"MicrosoftCustomerAgreement", "Business", []object{wireLink()}, "1", []billing.Method{first(bankTransfer)}},
		"inactive":                 {"MicrosoftCustomerAgreement", "Individual", []object{changed(visaLink(), "status", "inactive"), amexLink()}, "1", []billing.Method{first(amex)}},
		"expired":                  {"MicrosoftCustomerAgreement", "Individual", []object{changed(visaLink(), "expiration", "2/2026"), amexLink()}, "1", []billing.Method{first(amex)}},
		"every card expired":       {"MicrosoftCustomerAgreement", "Individual", []object{changed(visaLink(), "expiration", "2/2026")}, "1", nil},
		"no status at all":         {"MicrosoftCustomerAgreement", "Individual", []object{{"name": "X"}}, "1", nil},
		"credits are no method":    {"MicrosoftCustomerAgreement", "Individual", []object{changed(visaLink(), "family", "Credits")}, "1", []billing.Method{inPortal}},
		"an id too long for Slack": {"MicrosoftCustomerAgreement", "Individual", []object{long, visaLink()}, "1", []billing.Method{first(visa)}},
		"a whole number":           {"MicrosoftCustomerAgreement", "Individual", []object{changed(changed(visaLink(), "lastFourDigits", "4242424242424242"), "paymentMethodType", "x4")}, "1", []billing.Method{first(visa)}},
		"a number for a name": {"MicrosoftCustomerAgreement", "Individual", []object{changed(changed(visaLink(), "displayName", "4242 4242 4242 4242"), "paymentMethodType", "")}, "1",
			[]billing.Method{{ID: "VISA00000001", Short: "Card •••• 4242", Expires: "03/26", Default: true}}},
		"representative":                  {"MicrosoftCustomerAgreement", "Enterprise", []object{visaLink()}, "1", []billing.Method{first(bankTransfer), visa}},
		"representative, at the limit":    {"MicrosoftCustomerAgreement", "Enterprise", []object{visaLink()}, "50000.00", []billing.Method{first(bankTransfer), visa}},
		"representative, above the limit": {"MicrosoftCustomerAgreement", "Enterprise", []object{visaLink()}, "50000.01", []billing.Method{first(bankTransfer)}},
		"enterprise agreement":            {"EnterpriseAgreement", "Enterprise", []object{visaLink()}, "1", []billing.Method{first(bankTransfer)}},
		"online program":                  {"MicrosoftOnlineServicesProgram", "Individual", nil, "1", []billing.Method{inPortal}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			w.now = onMarch4
			w.account = object{"agreementType": test.agreement, "accountType": test.kind}
			w.links = test.links
			w.put("G000000001", test.value, march8)["amountDue"].(object)["currency"] = "USD"
			got, err := w.provider(t).Methods(t.Context(), billing.Invoice{ID: id("G000000001")})
			if diff := cmp.Diff(test.want, got); err != nil || diff != "" {
				t.Errorf("error %v, methods (-want +got)\n%s", err, diff)
			}
		})
	}
}

func TestMethodsThatMayNotBeReadAreChosenInThePortal(t *testing.T) {
	w := newWorld()
	w.account["accountType"] = "Individual"
	w.put("G000000001", "1.00", march8)
	w.fault("paymentMethodLinks", refuse(403, "Unauthorized"))
	p := w.provider(t)
	got, err := p.Methods(t.Context(), billing.Invoice{ID: id("G000000001")})
	if err != nil || len(got) != 1 || got[0] != inPortal {
		t.Errorf("the methods are %+v and %v", got, err)
	}
	if in, err := p.Invoice(t.Context(), id("G000000001")); err != nil || in.AutoCollect {
		t.Errorf("an invoice of such a profile is taken for collected: %v %v", in.AutoCollect, err)
	}
	bubble(t, func(t *testing.T) {
		w.fault("paymentMethodLinks", func(rw http.ResponseWriter, _ *http.Request) { fail(rw, 500, "Down") })
		_, err = w.provider(t).Methods(t.Context(), billing.Invoice{ID: id("G000000001")})
		wantError(t, err, billing.ErrUnavailable)
	})
}

func TestWhatAzureCollectsItselfIsMarkedAndOnlyFailsWhenItDid(t *testing.T) {
	nothing := func(object) {}
	for name, test := range map[string]struct {
		agreement, kind string
		links           []object
		change          func(object)
		collect, failed bool
	}{
		"online with a card":            {"MicrosoftCustomerAgreement", "Individual", []object{amexLink()}, nothing, true, false},
		"online with a debit":           {"MicrosoftCustomerAgreement", "Individual", []object{changed(amexLink(), "family", "DirectDebit")}, nothing, true, false},
		"online with an expired card":   {"MicrosoftCustomerAgreement", "Individual", []object{changed(amexLink(), "expiration", "1/2026")}, nothing, false, false},
		"online with a card and a wire": {"MicrosoftCustomerAgreement", "Individual", []object{amexLink(), wireLink()}, nothing, false, false},
		"online without anything":       {"MicrosoftCustomerAgreement", "Individual", nil, nothing, false, false},
		"representative with a card":    {"MicrosoftCustomerAgreement", "Enterprise", []object{amexLink()}, nothing, false, false},
		"an unknown kind with a card":   {"MicrosoftCustomerAgreement", "", []object{amexLink()}, nothing, false, false},
		"online program":                {"MicrosoftOnlineServicesProgram", "Individual", nil, nothing, true, false},
		"enterprise agreement":          {"EnterpriseAgreement", "", nil, nothing, false, false},
		"declined": {"MicrosoftCustomerAgreement", "Individual", []object{amexLink()}, func(o object) {
			o["failedPayments"] = []object{{"date": "2026-03-02T00:00:00Z", "failedPaymentReason": "BankDeclined"}}
		}, true, true},
		"declined, and then charged": {"MicrosoftCustomerAgreement", "Individual", []object{amexLink()}, func(o object) {
			o["failedPayments"] = []object{{"date": "2026-03-02T00:00:00Z", "failedPaymentReason": "BankDeclined"}}
			o["payments"] = []object{{"date": "2026-03-03T00:00:00Z"}}
		}, true, false},
		"said to be overdue": {"MicrosoftOnlineServicesProgram", "", nil, func(o object) { o["status"] = "OverDue" }, true, true},
		"due two days ago":   {"MicrosoftOnlineServicesProgram", "", nil, func(o object) { o["dueDate"] = "2026-03-02" }, true, true},
		"due yesterday":      {"MicrosoftOnlineServicesProgram", "", nil, func(o object) { o["dueDate"] = "2026-03-03" }, true, false},
		"paid":               {"MicrosoftOnlineServicesProgram", "", nil, func(o object) { o["status"] = "Paid"; o["dueDate"] = "2026-01-03" }, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			w.now = onMarch4
			w.account = object{"agreementType": test.agreement, "accountType": test.kind}
			w.links = test.links
			got, err := one(t, w, test.change)
			if err != nil || got.AutoCollect != test.collect || got.PayFailed != test.failed {
				t.Errorf("collected %v, failed %v and %v; want %v and %v", got.AutoCollect, got.PayFailed, err, test.collect, test.failed)
			}
		})
	}
}

func TestTheLastFailureIsToldWithItsReason(t *testing.T) {
	got, err := one(t, newWorld(), func(o object) {
		o["failedPayments"] = []object{
			{"date": "2026-03-02T10:00:00Z", "failedPaymentReason": "CardExpired"}, {"date": "2026-03-01T10:00:00Z", "failedPaymentReason": "BankDeclined"},
			{"failedPaymentReason": "IncorrectCardDetails"}, {},
		}
	})
	if want := (billing.Failure{At: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC), Why: billing.CardExpired}); err != nil || got.Failure != want {
		t.Errorf("the failure is %+v and %v, want %+v", got.Failure, err, want)
	}
}

func TestTheTwoOfAnAccountAndItsProfileAreOne(t *testing.T) {
	w := newWorld()
	w.put("G000000001", "1.00", march8)
	p := w.provider(t, func(c *azure.Config) {
		c.Accounts = []azure.Account{{Account: account, Profile: profile}, {Account: account}, {Account: account}, {Account: account, Profile: "OTHER"}}
	})
	if n, err := listAll(t, p); n != 1 || err != nil {
		t.Errorf("%d invoices and %v, want 1", n, err)
	}
}
