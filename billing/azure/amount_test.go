package azure_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"kvitt/billing"
	"kvitt/billing/azure"
)

// The values are those that a float32 gets wrong, among them all nine digits.
func TestAmountsAreExactToTheLastDigit(t *testing.T) {
	for _, test := range []struct {
		value    string // As it stands in the JSON.
		currency string
		want     int64
	}{
		{"131072.01", "EUR", 13107201}, {"1234567.89", "USD", 123456789}, {"999999.99", "NOK", 99999999}, {"9999999.99", "EUR", 999999999},
		{"16384.001", "KWD", 16384001}, {"16777217", "JPY", 16777217}, {"0.1", "EUR", 10}, {"1e3", "EUR", 100000}, {"1.2345E2", "EUR", 12345},
		{"10.000", "EUR", 1000}, {"1234.0", "ISK", 1234}, {"92233720368547758.07", "EUR", 9223372036854775807}, {`"12.30"`, "EUR", 1230}, {"-475.0", "EUR", 0},
		{"5.5", "eur", 550},
	} {
		got, err := one(t, newWorld(), func(o object) {
			o["amountDue"] = object{"currency": test.currency, "value": json.RawMessage(test.value)}
		})
		if want := (billing.Money{Minor: test.want, Currency: strings.ToUpper(test.currency)}); err != nil || got.AmountDue != want {
			t.Errorf("%s %s is %v and %v, want %v", test.value, test.currency, got.AmountDue, err, want)
		}
	}
}

func TestAnAmountThatCannotBeExactIsNoAmount(t *testing.T) {
	for _, amount := range []string{
		`{"currency":"EUR","value":1.005}`, `{"currency":"JPY","value":0.5}`, `{"currency":"EUR","value":1e400}`, `{"currency":"EUR","value":1e99999999999}`,
		`{"currency":"EUR","value":92233720368547758.08}`, `{"currency":"XXX","value":1}`, `{"currency":"","value":1}`, `{"value":1}`, `{"currency":"EUR"}`,
		`{"currency":"EUR","value":"twelve"}`, `{"currency":"EUR","value":"12,30"}`, `{"currency":"EUR","value":null}`, `null`, `12`, `[]`,
	} {
		got, err := one(t, newWorld(), func(o object) { o["amountDue"], o["totalAmount"] = json.RawMessage(amount), json.RawMessage(amount) })
		if err == nil {
			t.Errorf("%s is read as %v", amount, got.AmountDue)
		}
	}
}

func TestADueInstantIsADayInTheConfiguredZone(t *testing.T) {
	oslo, _ := time.LoadLocation("Europe/Oslo")
	york, _ := time.LoadLocation("America/New_York")
	for _, test := range []struct {
		text string
		zone *time.Location
		want string
	}{
		{"2021-06-04T00:06:48.3523686Z", time.UTC, "2021-06-04"}, {"2021-06-04T00:06:48.3523686Z", york, "2021-06-03"}, {"2021-06-04T23:06:48Z", oslo, "2021-06-05"},
		{"2021-06-04T23:30:00+05:30", time.UTC, "2021-06-04"}, {"2021-06-04T00:06:48", york, "2021-06-03"},
		{"2021-06-04", york, "2021-06-04"}, {"06-04-2021", york, "2021-06-04"},
		{"0001-01-01T00:00:00+00:00", york, ""}, {"0001-01-01", oslo, ""}, {"0001-01-01T08:00:00Z", york, ""}, {"1900-01-01", york, ""}, {"soon", oslo, ""}, {"", oslo, ""},
	} {
		got, err := one(t, newWorld(), func(o object) { o["dueDate"] = test.text }, func(c *azure.Config) { c.Zone = test.zone })
		if err != nil || got.Due.String() != test.want {
			t.Errorf("%q is %q in %v (%v), want %q", test.text, got.Due, test.zone, err, test.want)
		}
	}
	if got, err := one(t, newWorld(), func(o object) { delete(o, "dueDate") }); err != nil || !got.Due.IsZero() {
		t.Errorf("without a due date it is %v and %v", got.Due, err)
	}
	if got, err := one(t, newWorld(), func(o object) { o["dueDate"] = 12 }); err != nil || !got.Due.IsZero() {
		t.Errorf("with a number for a due date it is %v and %v", got.Due, err)
	}
}
