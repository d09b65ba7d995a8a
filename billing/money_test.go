package billing_test

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"kvitt/billing"
)

func TestAmountsAreReadAsPeopleWriteThem(t *testing.T) {
	for _, c := range []struct {
		text, currency string
		minor          int64
		decimal        string
	}{
		{"1234.50", "EUR", 123450, "1234.50"},
		{"1234,50", "EUR", 123450, "1234.50"},
		{"1234", "EUR", 123400, "1234.00"},
		{"12.5", "EUR", 1250, "12.50"},
		{"0.05", "EUR", 5, "0.05"},
		{"0", "EUR", 0, "0.00"},
		{"007", "EUR", 700, "7.00"},
		{"  9.90\t", "EUR", 990, "9.90"},
		{"\u00a09.90\u202f", "EUR", 990, "9.90"},
		{"1200", "JPY", 1200, "1200"},
		{"0", "JPY", 0, "0"},
		{"92233720368547758.07", "EUR", math.MaxInt64, "92233720368547758.07"},
		// Three decimals: the point is the decimal point; a comma only where no thousands can be meant.
		{"12.345", "KWD", 12345, "12.345"},
		{"12,5", "KWD", 12500, "12.500"},
		{"1234,567", "KWD", 1234567, "1234.567"},
		{"0,567", "KWD", 567, "0.567"},
		{"1.2340", "CLF", 12340, "1.2340"},
		{"1,23", "CLF", 12300, "1.2300"},
		{"0.123", "CLF", 1230, "0.1230"},
	} {
		got, err := billing.ParseAmount(c.text, c.currency)
		if err != nil || got != (billing.Money{Minor: c.minor, Currency: c.currency}) {
			t.Errorf("%q %s is read as %d %s, %v; want %d", c.text, c.currency, got.Minor, got.Currency, err, c.minor)
		}
		if got.Decimal() != c.decimal {
			t.Errorf("%q %s is written %q, want %q", c.text, c.currency, got.Decimal(), c.decimal)
		}
	}
}

func TestAmountsThatCouldMeanSomethingElseAreRefused(t *testing.T) {
	for _, c := range []struct {
		text, currency string
		reason         billing.AmountReason
	}{
		{"1,234", "EUR", billing.Ambiguous},
		{"1.234", "EUR", billing.Ambiguous},
		{"12,340", "EUR", billing.Ambiguous},
		{"1.000", "EUR", billing.Ambiguous},
		{"1,234", "JPY", billing.Ambiguous},
		{"1.234", "JPY", billing.Ambiguous},
		{"1,234", "KWD", billing.Ambiguous},
		{"1,234", "CLF", billing.Ambiguous},
		{"1.234", "CLF", billing.Ambiguous},
		{"0.500", "EUR", billing.TooManyDecimals},
		{"1234.500", "EUR", billing.TooManyDecimals},
		{"1.5000", "EUR", billing.TooManyDecimals},
		{"1200.0", "JPY", billing.TooManyDecimals},
		{"12.3456", "KWD", billing.TooManyDecimals},
		{"1.00000", "CLF", billing.TooManyDecimals},
		{"-5", "EUR", billing.Signed},
		{"+5", "EUR", billing.Signed},
		{"−5", "EUR", billing.Signed},
		{"5-", "EUR", billing.Signed},
		{"(5)", "EUR", billing.Signed},
		{"1,234.50", "EUR", billing.Grouped},
		{"1.234,50", "EUR", billing.Grouped},
		{"1,234,567", "EUR", billing.Grouped},
		{"1 234,50", "EUR", billing.Unreadable},
		{"1\u00a0234,50", "EUR", billing.Unreadable},
		{"1\u202f234,50", "EUR", billing.Unreadable},
		{"1'234.50", "EUR", billing.Unreadable},
		{"1e3", "EUR", billing.Unreadable},
		{"0x10", "EUR", billing.Unreadable},
		{"1_000", "EUR", billing.Unreadable},
		{"€5", "EUR", billing.Unreadable},
		{"５", "EUR", billing.Unreadable},
		{"٥", "EUR", billing.Unreadable},
		{"NaN", "EUR", billing.Unreadable},
		{".50", "EUR", billing.Unreadable},
		{"50.", "EUR", billing.Unreadable},
		{".", "EUR", billing.Unreadable},
		{"", "EUR", billing.NoAmount},
		{" \u00a0", "EUR", billing.NoAmount},
		{"92233720368547758.08", "EUR", billing.TooLarge},
		{"92233720368547758070", "JPY", billing.TooLarge},
		{strings.Repeat("9", 400), "EUR", billing.TooLarge},
	} {
		got, err := billing.ParseAmount(c.text, c.currency)
		wrong, ok := errors.AsType[*billing.AmountError](err)
		if !ok || wrong.Reason != c.reason || got != (billing.Money{}) {
			t.Errorf("%q %s: %v, %v; want an AmountError that it %s", c.text, c.currency, got, err, c.reason)
		}
	}
}

func TestAnAmbiguousAmountIsToldHowToWriteIt(t *testing.T) {
	for _, c := range []struct{ text, currency, want string }{
		{"1,234", "EUR", `"1,234" is no amount in EUR: it could mean thousands or decimals; write 1234 if these are thousands`},
		{"1,234", "KWD", `"1,234" is no amount in KWD: it could mean thousands or decimals; write 1.234 or 1234`},
		{"1.234", "CLF", `"1.234" is no amount in CLF: it could mean thousands or decimals; write 1.2340 or 1234`},
	} {
		_, err := billing.ParseAmount(c.text, c.currency)
		if err == nil || err.Error() != c.want {
			t.Errorf("it says %v\nwant    %s", err, c.want)
		}
	}
}

func TestACurrencyIsItsUpperCaseISOCodeOrNothing(t *testing.T) {
	for code, want := range map[string]int{
		"EUR": 2, "JPY": 0, "ISK": 0, "UGX": 0, "KWD": 3, "TND": 3, "CLF": 4, "UYW": 4, "UYI": 0, "MRU": 2, "MGA": 2,
		"SLE": 2, "VED": 2, "ZWG": 2, "XCG": 2, "AFN": 2, "COP": 2, "IDR": 2, "IQD": 3, "HUF": 2, "TWD": 2, "BGN": 2,
	} {
		if got, err := billing.Decimals(code); got != want || err != nil {
			t.Errorf("%s has %d decimals, %v; want %d", code, got, err, want)
		}
	}
	for _, code := range []string{"", "eur", "jpy", "Eur", "EU", "EURO", "XTS", "XXX", "XAU", "XDR", " EUR", "EUR ", "€", "ABC", "EUR USD"} {
		_, err := billing.Decimals(code)
		if wrong, ok := errors.AsType[*billing.UnknownCurrencyError](err); !ok || wrong.Code != code {
			t.Errorf("%q is taken for a currency (%v)", code, err)
		}
		if _, err := billing.ParseAmount("1", code); err == nil {
			t.Errorf("an amount in %q is read", code)
		}
	}
	_, err := billing.Decimals("jpy")
	if want := `"jpy" is not a currency code; write JPY`; err == nil || err.Error() != want {
		t.Errorf("it says %v, want %s", err, want)
	}
}

func TestDecimalIsExactAtTheEdges(t *testing.T) {
	for _, c := range []struct {
		money billing.Money
		want  string
	}{
		{billing.Money{Minor: math.MinInt64, Currency: "EUR"}, "-92233720368547758.08"},
		{billing.Money{Minor: -5, Currency: "EUR"}, "-0.05"},
		{billing.Money{Minor: -5, Currency: "JPY"}, "-5"},
		{billing.Money{Minor: 1, Currency: "CLF"}, "0.0001"},
		{billing.Money{Minor: 500, Currency: "???"}, "500 minor units"},
	} {
		if got := c.money.Decimal(); got != c.want {
			t.Errorf("%d %s is written %q, want %q", c.money.Minor, c.money.Currency, got, c.want)
		}
	}
}

func TestASumNeverWrapsAround(t *testing.T) {
	eur := func(minor int64) billing.Money { return billing.Money{Minor: minor, Currency: "EUR"} }
	for _, c := range []struct{ a, b, want int64 }{
		{1, 2, 3}, {5, 0, 5}, {5, -7, -2}, {math.MaxInt64 - 1, 1, math.MaxInt64}, {math.MinInt64, math.MaxInt64, -1}, {0, 0, 0},
	} {
		if got, err := eur(c.a).Add(eur(c.b)); err != nil || got != eur(c.want) {
			t.Errorf("%d + %d = %v, %v; want %d", c.a, c.b, got, err, c.want)
		}
	}
	for _, c := range []struct {
		a, b   billing.Money
		reason billing.AmountReason
	}{
		{eur(math.MaxInt64), eur(1), billing.TooLarge},
		{eur(math.MinInt64), eur(-1), billing.TooLarge},
		{eur(math.MinInt64), eur(math.MinInt64), billing.TooLarge},
		{eur(1), billing.Money{Minor: 1, Currency: "NOK"}, billing.MixedCurrencies},
	} {
		got, err := c.a.Add(c.b)
		if wrong, ok := errors.AsType[*billing.AmountError](err); !ok || wrong.Reason != c.reason {
			t.Errorf("%v + %v = %v, %v; want an AmountError that it %s", c.a, c.b, got, err, c.reason)
		}
	}
}

func TestMoneyIsMinorUnitsAndACodeInJSON(t *testing.T) {
	money := billing.Money{Minor: 123450, Currency: "EUR"}
	data, err := json.Marshal(money)
	if want := `{"minor":123450,"currency":"EUR"}`; err != nil || string(data) != want {
		t.Errorf("it is %s, %v; want %s", data, err, want)
	}
	var back billing.Money
	if err := json.Unmarshal(data, &back); err != nil || back != money {
		t.Errorf("it comes back as %v, %v", back, err)
	}
	if err := json.Unmarshal([]byte(`{"minor":1234.5,"currency":"EUR"}`), &back); err == nil {
		t.Error("half a minor unit is read")
	}
}

// FuzzParseAmount holds that what is read is written back as the same amount, digit by digit.
func FuzzParseAmount(f *testing.F) {
	for _, s := range []string{"1234.50", "1234,5", "1,234", "0.005", "-1", "1 000", "9223372036854775807", "1.2340", "٥", ""} {
		for _, currency := range []string{"EUR", "JPY", "KWD", "CLF", "eur"} {
			f.Add(s, currency)
		}
	}
	f.Fuzz(func(t *testing.T, s, currency string) {
		money, err := billing.ParseAmount(s, currency)
		if err != nil {
			_, amount := errors.AsType[*billing.AmountError](err)
			_, code := errors.AsType[*billing.UnknownCurrencyError](err)
			if !amount && !code || money != (billing.Money{}) {
				t.Fatalf("%q %q: %v with %v", s, currency, money, err)
			}
			return
		}
		again, err := billing.ParseAmount(money.Decimal(), currency)
		if n, _ := billing.Decimals(currency); n != 4 && (err != nil || again != money) {
			t.Fatalf("%q %s is %v, which is read as %v, %v", s, currency, money, again, err)
		}
		plain := func(s string) string {
			s = strings.TrimLeft(strings.Replace(strings.TrimSpace(s), ",", ".", 1), "0")
			if strings.Contains(s, ".") {
				s = strings.TrimRight(s, "0")
			}
			return strings.TrimSuffix(s, ".")
		}
		if plain(s) != plain(money.Decimal()) {
			t.Fatalf("%q %s became %v", s, currency, money)
		}
	})
}
