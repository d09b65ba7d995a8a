package billing_test

import (
	"strings"
	"testing"

	"kvitt/billing"
)

// The numbers are those that card schemes and Stripe publish for tests.
func TestCardNumbersAreSeenHoweverTheyAreWritten(t *testing.T) {
	for _, s := range []string{
		"4242424242424242", "4242 4242 4242 4242", "4242-4242-4242-4242", "4242.4242.4242.4242", "4242\u00a04242\u20114242\u200b4242",
		"paid with 4242424242424242, thanks", "Visa4242424242424242x", "on 12 4242 4242 4242 4242 03/27", "4242  4242 - 4242 4242",
		"4222222222222", "4000000000000000006", "5555555555554444", "2223003122003222", "3782 822463 10005", "371449635398431",
		"6011111111111117", "6011000990139424", "30569309025904", "36227206271667", "3566002020360505", "6200000000000005", "6205500000000000004",
		"6759649826438453", "DE89 3704 0044 0532 0130 00 4242424242424242",
	} {
		if !billing.LooksLikeCard(s) {
			t.Errorf("%q passes", s)
		}
	}
}

func TestWhatBanksUseForReferencesPasses(t *testing.T) {
	for _, s := range []string{
		"", "INV-2026-17", "paid on 2026-03-08 at 09:12", "+47 22 12 34 56", "org 987 654 325 MVA",
		"4242424242424241",                      // The check digit is wrong.
		"4242 4242 4242",                        // Too short.
		"42424242424242424242424242",            // Too long.
		"NO93 8601 1117 947", "NO9386011117947", // IBANs,
		"DE89 3704 0044 0532 0130 00",             // one of which has the digits of a card in it,
		"FR14 2004 1010 0505 0004 1 4242 2424 26", // even invented, as long as nothing in it is one.
		"GB29NWBK60161331926819", "RF18 5390 0754 7034", "rf18539007547034", "IBAN: NO93 8601 1117 947, BIC DNBANOKK",
		"0012345678901234569",               // KIDs with a good mod10 digit: no card begins so,
		"1234567890128", "7000000000000005", // or so,
		"41234567890120",           // or is so long and begins so.
		"8601 11 17947",            // A Norwegian account.
		"000000000000000000000000", // Zeros pass Luhn.
		"550e8400-e29b-41d4-a716-446655440000",
	} {
		if billing.LooksLikeCard(s) {
			t.Errorf("%q is taken for a card", s)
		}
	}
}

func FuzzLooksLikeCard(f *testing.F) {
	for _, s := range []string{"", "NO93 8601 1117 947", "4242 4242 4242 4242", strings.Repeat("4 ", 50), "RF18 5390 0754 7034", "\xff42"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		billing.LooksLikeCard(s)
		if !billing.LooksLikeCard(s + "| 4242 4242 4242 4242") {
			t.Fatalf("a card goes unseen behind %q", s)
		}
	})
}
