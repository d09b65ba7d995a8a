package settings

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

func service(value string) (string, error) {
	switch value {
	case Azure, Stripe, Ledger:
		return value, nil
	}
	return "", errors.New("azure, stripe, ledger, or several of them, comma-separated")
}

var amountShape = regexp.MustCompile(`^(\d+(?:\.\d+)?)\s*([A-Za-z]{3})$`)

// approvalFrom reads "10000 EUR, 100000 NOK". Whether there is such a currency, with so many decimals, is amount's to say;
// nil asks nobody.
func approvalFrom(amount func(code, amount string) error) func(string) (Approval, error) {
	return func(value string) (Approval, error) {
		items, err := split(value)
		if err != nil {
			return nil, err
		}
		from := Approval{}
		for i, item := range items {
			parts := amountShape.FindStringSubmatch(item)
			if parts == nil {
				return nil, fmt.Errorf("amounts and currencies such as 10000 EUR, 100000 NOK (item %d is not)", i+1)
			}
			code := strings.ToUpper(parts[2])
			if _, again := from[code]; again {
				return nil, fmt.Errorf("each currency once (%s is repeated)", code)
			}
			if amount != nil {
				if err := amount(code, parts[1]); err != nil {
					return nil, fmt.Errorf("amounts and currencies such as 10000 EUR (item %d: %w)", i+1, err)
				}
			}
			from[code] = parts[1]
		}
		return from, nil
	}
}

func digestFrom(value string) (int, error) {
	n, ok := whole(value, 1, 1000)
	if !ok {
		return 0, errors.New("a number of reminders from 1 to 1000")
	}
	return n, nil
}

func stripeKey(value string) (Secret, error) {
	const want = "a secret or restricted key (sk_… or rk_…)"
	switch {
	case strings.HasPrefix(value, "pk_"):
		return "", errors.New(want + "; this is a publishable key")
	case strings.HasPrefix(value, "whsec_"):
		return "", errors.New(want + "; this is a webhook secret")
	case len(value) > len("sk_") && (strings.HasPrefix(value, "sk_") || strings.HasPrefix(value, "rk_")):
		return oneWord(value, want)
	}
	return "", errors.New(want)
}

// isLive says whether a key moves real money: sk_live_…, rk_live_… and an organisation's sk_org_live_….
func isLive(key Secret) bool { return strings.Contains(key.Reveal(), "_live") }

// lend passes a value on to azidentity. Only what could never be right is refused: no form of it is ours to judge but that of an address.
func (a *AzureSettings) lend(variable string) func(string) error {
	return func(value string) error {
		if strings.ContainsFunc(value, unicode.IsControl) {
			return errors.New("a value on one line")
		}
		if variable == "AZURE_AUTHORITY_HOST" {
			at, err := origin(strings.TrimSuffix(value, "/"))
			if err != nil {
				return err
			}
			value = at
		}
		if a.Environ == nil {
			a.Environ = map[string]Secret{}
		}
		a.Environ[variable] = Secret(value)
		return nil
	}
}

func webhookSecret(value string) (Secret, error) {
	const want = "webhook secrets (whsec_…), comma-separated"
	if !strings.HasPrefix(value, "whsec_") || value == "whsec_" {
		return "", errors.New(want)
	}
	return oneWord(value, want)
}

var (
	customerID = regexp.MustCompile(`^cus_[0-9A-Za-z_-]{1,250}$`)
	// A billing account is digits (EA), a GUID (MOSP) or GUID:GUID_date (MCA, MPA).
	// It begins with a letter or digit, so it is no step in a path.
	accountName = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z:._-]{0,127}$`)
)

func customer(value string) (string, error) {
	if !customerID.MatchString(value) {
		return "", errors.New("customer ids (cus_…), comma-separated")
	}
	return value, nil
}

func azureAccount(value string) (AzureAccount, error) {
	account, profile, isProfile := strings.Cut(value, "/")
	if !accountName.MatchString(account) || isProfile && !accountName.MatchString(profile) {
		return AzureAccount{}, errors.New("names of billing accounts, each optionally /billing-profile, comma-separated")
	}
	return AzureAccount{Account: account, Profile: profile}, nil
}

// ledgerMethods keeps to the limits of a Slack menu.
func ledgerMethods(value string) ([]string, error) {
	methods, err := list(ledgerMethod)(value)
	if len(methods) > 100 {
		return nil, errors.New("at most 100 payment methods")
	}
	return methods, err
}

func ledgerMethod(value string) (string, error) {
	if utf8.RuneCountInString(value) > 75 || !utf8.ValidString(value) || strings.ContainsFunc(value, unicode.IsControl) {
		return "", errors.New("names of payment methods, comma-separated, each at most 75 characters")
	}
	return value, nil
}
