package billing

import (
	"strings"
	"unicode"
)

// LooksLikeCard reports whether a free text (a reference, a reason) seems to hold the number of a payment card, which Kvitt must never
// store: PCI DSS would then apply to everything that it touches. Spaces, dashes and dots between the digits do not hide it.
//
// The Luhn digit alone is no sign of a card: a Norwegian KID (up to 25 digits) has one as well. So the number must also begin and be
// as long as an issuer's cards are (ISO/IEC 7812; https://en.wikipedia.org/wiki/Payment_card_number lists the ranges).
// IBANs and RF references (ISO 11649) are told by their own check digits and pass. What remains is a trade-off: a KID of 16 digits
// that begins with 4 cannot be told from a Visa card and is refused, and a card of an issuer outside the table gets through.
// MayQuote lets the invoice's own reference pass.
func LooksLikeCard(s string) bool {
	for _, groups := range digitRuns(withoutIBANs(s)) {
		for from := range groups {
			number := ""
			for _, group := range groups[from:] {
				number += group
				if len(number) > 19 {
					break
				}
				if issued(number) && luhn(number) {
					return true
				}
			}
		}
	}
	return false
}

// MayQuote says whether a bank reference may be kept that somebody gave for an invoice: one in which no card number is seen, or the very one that the invoice
// asks to quote, however it is spaced.
func MayQuote(reference, asked string) bool {
	return !LooksLikeCard(reference) || unspaced(reference) == unspaced(asked)
}

func unspaced(s string) string { return strings.Join(strings.Fields(s), "") }

// issuers are the first digits of cards, from and to, and how long those cards are.
var issuers = []struct {
	from, to string
	lengths  string
}{
	{"4", "4", "13 16 19"},                     // Visa.
	{"51", "55", "16"}, {"2221", "2720", "16"}, // Mastercard.
	{"34", "34", "15"}, {"37", "37", "15"}, // American Express.
	{"300", "305", "14 16"}, {"36", "36", "14 16"}, {"38", "39", "14 16"}, // Diners Club.
	{"3528", "3589", "16 17 18 19"},                    // JCB.
	{"6011", "6011", "16 19"}, {"644", "659", "16 19"}, // Discover.
	{"62", "62", "16 17 18 19"}, {"81", "81", "16"}, // UnionPay.
	{"2200", "2204", "16 17 18 19"},                                                                                     // Mir.
	{"5018", "5020", "13 14 15 16 17 18 19"}, {"5038", "5038", "13 14 15 16 17 18 19"}, {"5893", "5893", "16 17 18 19"}, // Maestro, Dankort.
	{"6304", "6304", "16 17 18 19"}, {"6759", "6763", "13 14 15 16 17 18 19"}, // Maestro.
}

func issued(number string) bool {
	if len(number) < 13 {
		return false
	}
	length := [...]string{"13", "14", "15", "16", "17", "18", "19"}[len(number)-13]
	for _, i := range issuers {
		first := number[:len(i.from)]
		if i.from <= first && first <= i.to && strings.Contains(i.lengths, length) {
			return true
		}
	}
	return false
}

// luhn reports whether the last digit is the check digit of ISO/IEC 7812-1.
func luhn(number string) bool {
	sum := 0
	for i := range len(number) {
		digit := int(number[len(number)-1-i] - '0')
		if i%2 == 1 {
			digit *= 2
		}
		sum += digit/10 + digit%10
	}
	return sum%10 == 0
}

// digitRuns splits a text into runs of digit groups with nothing but spaces, dashes and dots between them.
func digitRuns(s string) [][]string {
	var runs [][]string
	for _, run := range strings.FieldsFunc(s, func(r rune) bool { return !isDigit(r) && !isGap(r) }) {
		if groups := strings.FieldsFunc(run, isGap); len(groups) > 0 {
			runs = append(runs, groups)
		}
	}
	return runs
}

func isDigit(r rune) bool { return '0' <= r && r <= '9' }

func isGap(r rune) bool {
	return unicode.IsSpace(r) || unicode.Is(unicode.Dash, r) || unicode.Is(unicode.Cf, r) || r == '.'
}

// withoutIBANs leaves out what is an IBAN (ISO 13616) or an RF reference (ISO 11649), written in one or in groups.
func withoutIBANs(s string) string {
	words := strings.Fields(strings.ToUpper(s))
	var kept []string
	for i := 0; i < len(words); {
		if n := ibanWords(words[i:]); n > 0 {
			kept = append(kept, "|")
			i += n
			continue
		}
		kept = append(kept, words[i])
		i++
	}
	return strings.Join(kept, " ")
}

// ibanWords returns how many words at the beginning are together one such number, the longest one; 0 where they are none.
func ibanWords(words []string) int {
	joined, found := "", 0
	for i, word := range words {
		joined += strings.Trim(word, ",;:.()")
		if len(joined) > 34 || i == 34 {
			break
		}
		if mod97(joined) {
			found = i + 1
		}
	}
	return found
}

// mod97 reports whether s is two letters, two check digits that fit (ISO/IEC 7064), and something after them.
func mod97(s string) bool {
	if len(s) < 5 || isDigit(rune(s[0])) || isDigit(rune(s[1])) || !isDigit(rune(s[2])) || !isDigit(rune(s[3])) {
		return false
	}
	rest := 0
	for _, r := range s[4:] + s[:4] {
		switch {
		case isDigit(r):
			rest = (rest*10 + int(r-'0')) % 97
		case 'A' <= r && r <= 'Z':
			rest = (rest*100 + int(r-'A') + 10) % 97
		default:
			return false
		}
	}
	return rest == 1
}
