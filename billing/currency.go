package billing

import (
	"fmt"
	"strings"
)

// The codes of ISO 4217 list one (https://www.six-group.com/en/products-services/financial-information/market-reference-data/data-standards.html)
// by their number of decimals, with those withdrawn since 2020, because an old invoice keeps its currency: ANG, BGN, CUC, HRK, SLL, ZWL.
// What has no decimals defined there (gold, SDR, test codes) is no currency that an invoice can be in.
// Display tables such as CLDR's say otherwise for AFN, COP, IDR, IQD and others; they are about rounding, not about money.
const (
	withNone = `BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF`
	withTwo  = `AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF
CHW CNY COP COU CRC CUC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HRK HTG HUF IDR
ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD
NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL
THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG ZWL`
	withThree = `BHD IQD JOD KWD LYD OMR TND`
	withFour  = `CLF UYW`
)

// decimals is filled once and only read afterwards.
var decimals = table()

func table() map[string]int {
	t := make(map[string]int, 180)
	for n, codes := range map[int]string{0: withNone, 2: withTwo, 3: withThree, 4: withFour} {
		for _, code := range strings.Fields(codes) {
			t[code] = n
		}
	}
	return t
}

// Decimals returns how many decimals ISO 4217 gives a currency: 0, 2, 3 or 4. Codes are upper case. A billing service may
// count otherwise on its own wire (Stripe does for some); that is its package's business.
// The error is an *UnknownCurrencyError; two decimals are never assumed.
func Decimals(code string) (int, error) {
	n, ok := decimals[code]
	if !ok {
		return 0, &UnknownCurrencyError{Code: code}
	}
	return n, nil
}

// UnknownCurrencyError is returned for anything that is not an upper-case ISO 4217 code of money.
type UnknownCurrencyError struct {
	Code string
}

func (e *UnknownCurrencyError) Error() string {
	upper := strings.ToUpper(e.Code)
	if _, known := decimals[upper]; known {
		return fmt.Sprintf("%q is not a currency code; write %s", e.Code, upper)
	}
	return fmt.Sprintf("%q is not a currency code of ISO 4217, such as EUR", clip(e.Code))
}
