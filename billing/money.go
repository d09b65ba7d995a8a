package billing

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
)

// Money is an exact amount: whole minor units of an ISO 4217 currency, 123450 and "EUR" for 1234.50 EUR. Values compare with ==.
// The zero value is no money in no currency.
type Money struct {
	Minor    int64  `json:"minor"`
	Currency string `json:"currency"`
}

// Decimal writes the amount exactly, with as many decimals as the currency has and "." before them: "1234.50", "-0.05", "1200".
// Of a currency that Decimals does not know it says so, lest somebody read cents as whole units.
func (m Money) Decimal() string {
	n, err := Decimals(m.Currency)
	if err != nil {
		return strconv.FormatInt(m.Minor, 10) + " minor units"
	}
	digits, negative := strings.CutPrefix(strconv.FormatInt(m.Minor, 10), "-")
	if missing := n + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	if n > 0 {
		digits = digits[:len(digits)-n] + "." + digits[len(digits)-n:]
	}
	if negative {
		digits = "-" + digits
	}
	return digits
}

// String is Decimal and the currency code, "1234.50 EUR": the same in every language, for logs and the audit trail.
func (m Money) String() string {
	return m.Decimal() + " " + m.Currency
}

// Add returns the sum, or an *AmountError with MixedCurrencies or TooLarge: a total never wraps around and never mixes currencies.
func (m Money) Add(other Money) (Money, error) {
	if m.Currency != other.Currency {
		return Money{}, &AmountError{Text: other.String(), Currency: m.Currency, Reason: MixedCurrencies}
	}
	sum := m.Minor + other.Minor
	if (sum > m.Minor) != (other.Minor > 0) && other.Minor != 0 {
		return Money{}, &AmountError{Text: m.Decimal() + " + " + other.Decimal(), Currency: m.Currency, Reason: TooLarge}
	}
	return Money{Minor: sum, Currency: m.Currency}, nil
}

// AmountReason says what is wrong with an amount.
type AmountReason string

const (
	NoAmount        AmountReason = "is empty"
	Ambiguous       AmountReason = "could mean thousands or decimals"
	TooManyDecimals AmountReason = "has more decimals than the currency"
	Signed          AmountReason = "has a sign"
	Grouped         AmountReason = "has more than one separator"
	Unreadable      AmountReason = "is not a plain number"
	TooLarge        AmountReason = "is too large"
	MixedCurrencies AmountReason = "is in another currency"
)

// AmountError is returned by ParseAmount and Money.Add. Its text is for the person who wrote the amount.
type AmountError struct {
	Text     string
	Currency string
	Reason   AmountReason
	hint     string
}

func (e *AmountError) Error() string {
	text := fmt.Sprintf("%q is no amount in %s: it %s", clip(e.Text), e.Currency, e.Reason)
	if e.hint == "" {
		return text
	}
	return text + "; " + e.hint
}

// clip keeps an error readable when somebody pasted a novel into an amount.
func clip(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

// ParseAmount reads an amount as people write it in a table: digits, and "." or "," once, before the decimals. Space around it is ignored.
// Fewer decimals than the currency has are fine ("12.5"), more are an error even when they are zeros.
//
// One separator between one to three digits and exactly three may as well group thousands, so "1,234" and "1.234" are refused
// as ambiguous. "1234.500" and "0,500" are not: no group of thousands looks like that. In a currency with three decimals a "."
// before three digits is the decimal point, as exports write it, for otherwise 12.345 KWD could not be written at all;
// a "," there stays ambiguous. Signs are refused: what is to be paid is positive.
//
// The error is an *UnknownCurrencyError or an *AmountError.
func ParseAmount(s, currency string) (Money, error) {
	n, err := Decimals(currency)
	if err != nil {
		return Money{}, err
	}
	text := strings.TrimSpace(s)
	refuse := func(reason AmountReason, hint string) (Money, error) {
		return Money{}, &AmountError{Text: text, Currency: currency, Reason: reason, hint: hint}
	}
	if reason, hint := misshapen(text); reason != "" {
		return refuse(reason, hint)
	}
	whole, fraction := text, ""
	if at := strings.IndexAny(text, ".,"); at >= 0 {
		whole, fraction = text[:at], text[at+1:]
		if readsAsThousands(whole, fraction) && (n != 3 || text[at] == ',') {
			return refuse(Ambiguous, "write "+unambiguous(whole, fraction, n))
		}
	}
	if len(fraction) > n {
		return refuse(TooManyDecimals, fmt.Sprintf("%s has %d", currency, n))
	}
	minor, err := strconv.ParseUint(whole+fraction+strings.Repeat("0", n-len(fraction)), 10, 64)
	if err != nil || minor > math.MaxInt64 {
		return refuse(TooLarge, "")
	}
	return Money{Minor: int64(minor), Currency: currency}, nil
}

// misshapen says what keeps a text from being digits with at most one separator inside.
func misshapen(text string) (AmountReason, string) {
	separators := strings.Count(text, ".") + strings.Count(text, ",")
	switch {
	case text == "":
		return NoAmount, ""
	case strings.ContainsAny(text, "+-−–()"):
		return Signed, "write what is to be paid, without a sign, and leave credit notes out"
	case strings.ContainsFunc(text, unicode.IsSpace):
		return Unreadable, "write it without spaces"
	case strings.ContainsFunc(text, func(r rune) bool { return !strings.ContainsRune("0123456789.,", r) }):
		return Unreadable, "write digits only, with one separator before the decimals"
	case separators > 1:
		return Grouped, "write it without separators between thousands"
	case separators == 1 && (strings.IndexAny(text, ".,") == 0 || strings.IndexAny(text, ".,") == len(text)-1):
		return Unreadable, "write digits before and after the separator"
	}
	return "", ""
}

func readsAsThousands(whole, fraction string) bool {
	return len(fraction) == 3 && len(whole) <= 3 && whole[0] != '0'
}

// unambiguous shows how to write what was meant, in a currency with n decimals.
func unambiguous(whole, fraction string, n int) string {
	switch n {
	case 0, 2:
		return whole + fraction + " if these are thousands"
	default:
		return whole + "." + fraction + strings.Repeat("0", n-3) + " or " + whole + fraction
	}
}
