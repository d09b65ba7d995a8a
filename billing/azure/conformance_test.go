package azure_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"kvitt/billing"
	"kvitt/billing/billingtest"
)

func TestAzureKeepsTheContractOfAProvider(t *testing.T) {
	billingtest.Run(t, func(t *testing.T) billingtest.World { return newWorld().conformance(t) })
}

func TestTheContractHoldsForEveryAgreement(t *testing.T) {
	for agreement, method := range map[string]string{"EnterpriseAgreement": "transfer", "MicrosoftOnlineServicesProgram": "portal", "Other": "portal"} {
		t.Run(agreement, func(t *testing.T) {
			billingtest.Run(t, func(t *testing.T) billingtest.World {
				w := newWorld()
				w.account["agreementType"] = agreement
				c := w.conformance(t)
				c.Works = func(string) string { return method }
				w.links = nil
				return c
			})
		})
	}
}

func (w *world) conformance(t *testing.T) billingtest.World {
	w.links = []object{card("VISA00000001", "visa", "Visa", "4242", "12/2099")}
	set := func(id, field string, value any) { w.change(id, func(o object) { o[field] = value }) }
	return billingtest.World{
		Provider: w.provider(t),
		Put: func(amount billing.Money, due billing.Date) string {
			number := fmt.Sprintf("G%09d", len(w.invoices)+1)
			w.put(number, amount.Decimal(), due)
			return id(number)
		},
		ChangeAmount: func(id string, amount billing.Money) {
			set(id, "amountDue", object{"currency": amount.Currency, "value": json.Number(amount.Decimal())})
		},
		Void:            func(id string) { set(id, "status", "Void") },
		SettleElsewhere: w.paid,
		Moved:           func(string) int { return w.notGet() },
		Works:           func(string) string { return "VISA00000001" },
		Foreign:         func() string { return "AMEX00000009" },
		Hang:            func() { w.hang(true) },
		Heal:            func() { w.hang(false) },
		Declines: func(id string) {
			set(id, "failedPayments", []object{{"date": time.Now().UTC().Format(time.RFC3339), "failedPaymentReason": "BankDeclined"}})
		},
		Page: 120,
	}
}

func (w *world) hang(on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hanging = on
}

// notGet counts the requests that could have changed something.
func (w *world) notGet() (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range w.asked {
		if r.Method != "GET" {
			n++
		}
	}
	return n
}

// card is a payment method link as the SDK's examples show one.
func card(name, kind, display, last4, expiration string) object {
	return object{"name": name, "properties": object{"displayName": display, "family": "CreditCard", "lastFourDigits": last4,
		"expiration": expiration, "paymentMethodType": kind, "status": "active"}}
}
