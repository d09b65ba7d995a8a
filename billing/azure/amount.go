package azure

import (
	"encoding/json"
	"errors"
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

// amounts fills in what is to pay and the total. Under agreements other than the customer agreement there is no total, and before 2024 none either:
// then it is the charges of the period, and failing that what is due.
func amounts(in *billing.Invoice, r rawProperties) (err error) {
	closed := in.Status == billing.Paid || in.Status == billing.Void
	due, total := r.AmountDue, r.TotalAmount
	if !total.given() {
		total = r.BilledAmount
	}
	if !total.given() {
		total = due
	}
	if !total.given() || !due.given() && !closed {
		return errors.New("it does not say what is due")
	}
	if in.Total, err = total.money(); err != nil {
		return err
	}
	in.AmountDue.Currency = in.Total.Currency
	if due.given() {
		if in.AmountDue, err = due.money(); err != nil {
			return err
		}
	}
	if closed || in.AmountDue.Minor < 0 { // Less than nothing is a credit.
		in.AmountDue.Minor = 0
	}
	return nil
}
