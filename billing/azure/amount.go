package azure

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strings"

	"kvitt/billing"
)

// amount is what the service writes as {"currency": "USD", "value": 1234.5}. The value keeps its digits; the SDK has a float32 there, in which
// 131072.01 is already 131072.02. A value that is text with a number in it is a number to json.Number too.
type amount struct {
	Currency string      `json:"currency"`
	Value    json.Number `json:"value"`
}

// given says whether there is an amount at all.
func (a *amount) given() bool { return a != nil && a.Value != "" && a.Currency != "" }

// money is the exact amount. The error names no amount: it ends in a log.
func (a *amount) money() (billing.Money, error) {
	currency := strings.ToUpper(a.Currency)
	decimals, err := billing.Decimals(currency)
	if err != nil {
		return billing.Money{}, err
	}
	minor, ok := shifted(string(a.Value), decimals)
	if !ok {
		return billing.Money{}, fmt.Errorf("an amount is no whole number of the smallest unit of %s", currency)
	}
	return billing.Money{Minor: minor, Currency: currency}, nil
}

// shifted reads a JSON number and moves its decimal point, where nothing is lost by it. Its length and exponent are bounded before big.Rat
// unfolds them.
func shifted(number string, decimals int) (int64, bool) {
	digits, exponent, _ := strings.Cut(strings.ToLower(number), "e")
	if len(digits) > 40 || len(strings.TrimLeft(exponent, "+-0")) > 2 {
		return 0, false
	}
	value, ok := new(big.Rat).SetString(number)
	if !ok {
		return 0, false
	}
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(decimals)), nil)
	value.Mul(value, new(big.Rat).SetInt(scale))
	if !value.IsInt() || !value.Num().IsInt64() {
		return 0, false
	}
	return value.Num().Int64(), true
}
