package azure

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"kvitt/billing"
)

// kind is what is known of a billing account.
type kind struct {
	Agreement string // As the service writes it, or as its name shows; may be empty.
	Type      string // "Enterprise", "Individual", "Business"; may be empty.
	Country   string // Of who is billed, ISO 3166-1; may be empty.
	Name      string // For people.
}

// The agreements (armbilling.AgreementType).
const (
	customer   = "MicrosoftCustomerAgreement"
	online     = "MicrosoftOnlineServicesProgram"
	enterprise = "EnterpriseAgreement"
	partner    = "MicrosoftPartnerAgreement"
)

// payNowCountries are where an account of the online program has Pay now; elsewhere it has Settle balance
// (learn.microsoft.com/azure/cost-management-billing/manage/resolve-past-due-balance, regional considerations).
var payNowCountries = strings.Fields("AT AU BE BG CA CH CZ DE DK EE ES FI FR GB GR HR HU IE IT JP KR LT LV NL NO NZ PL PT RO SE SK TW")

// terms is what somebody can do in the portal, from pay-bill's table. A customer agreement is one made through Microsoft's representative where the type is
// Enterprise (payment terms can be asked for with "agreement type Microsoft Customer Agreement and account type Enterprise" only, says armbilling of
// AccountsClient.BeginAddPaymentTerms), and one bought online where it is Individual or Business. Where nothing is known, nothing is said.
func (k kind) terms() billing.Terms {
	switch {
	case k.Agreement == enterprise:
		return billing.TermsTransfer
	case k.representative():
		return billing.TermsLimited
	case k.boughtOnline():
		return billing.TermsCard
	case k.Agreement == online && slices.Contains(payNowCountries, strings.ToUpper(k.Country)):
		return billing.TermsCard
	case k.Agreement == online && k.Country != "":
		return billing.TermsBalance
	}
	return ""
}

func (k kind) representative() bool { return k.Agreement == customer && k.Type == "Enterprise" }

func (k kind) boughtOnline() bool {
	return k.Agreement == customer && (k.Type == "Individual" || k.Type == "Business")
}

// tellsRoles says whether the service's roles say who may pay. The online program has none: whoever signed up pays. An enterprise or partner agreement has
// roles, but none that pays: such invoices are paid by wire, outside the portal. What is not known is treated as a customer agreement, the strictest.
func (k kind) tellsRoles() bool {
	return k.Agreement != online && k.Agreement != enterprise && k.Agreement != partner
}

// kind reads an account, at most once an hour. Where that is not allowed the name tells the agreement. When the service cannot be
// asked, what it said earlier stands: agreements do not change.
func (p *Provider) kind(ctx context.Context, account string) (kind, error) {
	k, err := p.kinds.get(account, p.now(), knownFor, func() (kind, error) { return p.askKind(ctx, account) })
	if errors.Is(err, billing.ErrUnavailable) {
		if old, ok := p.kinds.last(account); ok {
			return old.value, nil
		}
	}
	return k, err
}

func (p *Provider) askKind(ctx context.Context, account string) (kind, error) {
	body, err := p.ask(ctx, account, "billing account "+account, func(ctx context.Context) error {
		_, err := p.billing.NewAccountsClient().Get(ctx, account, nil)
		return err
	})
	if s := status(err); s == http.StatusForbidden || s == http.StatusNotFound {
		p.logOnce(ctx, "a billing account cannot be read, only its invoices; what its agreement is, is told from its name", account, err)
		return kind{Agreement: agreementOf(account)}, nil
	}
	if err != nil {
		return kind{}, err
	}
	var raw struct {
		Properties struct {
			AgreementType string `json:"agreementType"`
			AccountType   string `json:"accountType"`
			DisplayName   string `json:"displayName"`
			SoldTo        struct {
				Country string `json:"country"`
			} `json:"soldTo"`
		} `json:"properties"`
	}
	if json.Unmarshal(body, &raw) != nil {
		return kind{}, fmt.Errorf("billing account %s: %w: what answers is not Azure", account, billing.ErrUnavailable)
	}
	r := raw.Properties
	k := kind{Agreement: r.AgreementType, Type: r.AccountType, Country: r.SoldTo.Country, Name: r.DisplayName}
	if k.Agreement == "" {
		k.Agreement = agreementOf(account)
	}
	return k, nil
}

var guid = regexp.MustCompile(`^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`)

// agreementOf tells the agreement by the shape of an account's name (Microsoft.Billing's specification of billingAccountName).
func agreementOf(account string) string {
	switch {
	case guid.MatchString(account):
		return online
	case strings.HasSuffix(account, "_2019-05-31"):
		return customer
	case strings.HasSuffix(account, "_2018-09-30"):
		return partner
	case strings.Trim(account, "0123456789") == "":
		return enterprise
	}
	return ""
}
