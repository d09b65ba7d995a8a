package stripe

import (
	"errors"
	"math"
	"testing"

	api "github.com/stripe/stripe-go/v85"

	"kvitt/billing"
)

func TestStripesMinorUnitsBecomeISOsExactly(t *testing.T) {
	for _, c := range []struct {
		amount   int64
		currency api.Currency
		want     string
	}{
		{123450, "eur", "1234.50 EUR"},
		{500, "jpy", "500 JPY"},
		{150000, "isk", "1500 ISK"},
		{150000, "ugx", "1500 UGX"},
		{1500, "mga", "1500.00 MGA"},
		{12340, "kwd", "12.340 KWD"},
		{100, "huf", "1.00 HUF"},
		{-250, "usd", "-2.50 USD"},
	} {
		got, err := money(c.amount, c.currency)
		if err != nil || got.String() != c.want {
			t.Errorf("%d %s is %v (%v), want %s", c.amount, c.currency, got, err, c.want)
		}
	}
}

func TestAnAmountWithoutAnExactValueIsAnError(t *testing.T) {
	for _, amount := range []int64{150050, 1, -1} {
		if got, err := money(amount, "isk"); !errors.Is(err, errAmount) {
			t.Errorf("%d isk is %v (%v), want an error", amount, got, err)
		}
	}
	if got, err := money(math.MaxInt64, "mga"); !errors.Is(err, errAmount) {
		t.Errorf("too much is %v (%v), want an error", got, err)
	}
	if _, ok := errors.AsType[*billing.UnknownCurrencyError](func() error { _, err := money(1, "zzz"); return err }()); !ok {
		t.Error("an unknown currency has a value")
	}
}

func FuzzMoneyIsExactOrAnError(f *testing.F) {
	f.Add(int64(123450), "eur")
	f.Add(int64(150050), "isk")
	f.Add(int64(math.MinInt64), "mga")
	f.Fuzz(func(t *testing.T, amount int64, currency string) {
		got, err := money(amount, api.Currency(currency))
		if err == nil && (got.Minor < 0) != (amount < 0) && got.Minor != 0 {
			t.Errorf("%d %s changed its sign: %v", amount, currency, got)
		}
	})
}
