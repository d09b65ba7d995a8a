package stripe

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	api "github.com/stripe/stripe-go/v85"

	"kvitt/billing"
)

// Stripe counts minor units by rules of its own: these have none and these three, everything else has two, also ISK and UGX,
// which have none in ISO 4217 (docs.stripe.com/currencies, "Zero-decimal", "Three-decimal" and "Special cases").
var (
	noDecimals    = strings.Fields("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF")
	threeDecimals = strings.Fields("BHD JOD KWD OMR TND")
)

// errAmount is wrapped by the error for an amount that has no exact value in ISO 4217's minor units.
var errAmount = errors.New("the amount has no exact value in the currency's minor units")

// money converts Stripe's minor units to those of ISO 4217, exactly or not at all.
func money(amount int64, currency api.Currency) (billing.Money, error) {
	code := strings.ToUpper(string(currency))
	iso, err := billing.Decimals(code)
	if err != nil {
		return billing.Money{}, err
	}
	theirs := 2
	switch {
	case slices.Contains(noDecimals, code):
		theirs = 0
	case slices.Contains(threeDecimals, code):
		theirs = 3
	}
	for ; theirs < iso; theirs++ {
		if amount > math.MaxInt64/10 || amount < math.MinInt64/10 {
			return billing.Money{}, fmt.Errorf("%d of %s: %w", amount, code, errAmount)
		}
		amount *= 10
	}
	for ; theirs > iso; theirs-- {
		if amount%10 != 0 {
			return billing.Money{}, fmt.Errorf("%d of %s: %w", amount, code, errAmount)
		}
		amount /= 10
	}
	return billing.Money{Minor: amount, Currency: code}, nil
}
