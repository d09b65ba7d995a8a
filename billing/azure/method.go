package azure

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"kvitt/billing"
)

const (
	transferID  = "transfer"
	portalID    = "portal"
	maxMethodID = 75 // What billing.Method promises.

	// cardLimit is up to where an agreement through a representative lets an invoice be paid by card: 50,000 USD (pay-bill). For other currencies
	// the limit is shown in the portal only.
	cardLimit = 5_000_000
)

// transfer is a wire from the person's own bank.
var transfer = billing.Method{ID: transferID, Short: billing.BankTransfer, Transfer: true}

// inPortal stands for what the portal offers to choose from, where the methods cannot be read: an account of the online program lists none to anybody but
// its owner. Its name is a name in every language, and no card is invented.
var inPortal = billing.Method{ID: portalID, Short: "Azure portal", Default: true}

// link is a payment method that is attached to a billing profile.
type link struct {
	ID      string
	Short   string
	Card    bool
	Wire    bool
	Collect bool // A card or a debit, with which the service collects by itself.
	Month   int  // In which a card ends; 0 where it does not say.
	Year    int
}

func (l link) ended(today billing.Date) bool {
	return l.Year > 0 && (today.Year > l.Year || today.Year == l.Year && int(today.Month) > l.Month)
}

// Methods implements billing.Provider. It asks anew for the methods of the invoice's profile.
func (p *Provider) Methods(ctx context.Context, invoice billing.Invoice) ([]billing.Method, error) {
	ctx, cancel := limit(ctx)
	defer cancel()
	account, raw, err := p.read(ctx, invoice.ID)
	if err != nil {
		return nil, err
	}
	fresh, err := p.invoice(ctx, account, raw)
	if err != nil {
		return nil, err
	}
	return p.methods(ctx, account, raw.profile(), fresh)
}

func (p *Provider) methods(ctx context.Context, account, profile string, in billing.Invoice) ([]billing.Method, error) {
	if in.Terms == billing.TermsTransfer {
		return first(transfer), nil
	}
	links, err := p.linksOf(ctx, Account{account, profile}, 0)
	if err != nil {
		return nil, err
	}
	var methods []billing.Method
	wire := in.Terms == billing.TermsLimited || slices.ContainsFunc(links, func(l link) bool { return l.Wire })
	if wire {
		methods = append(methods, transfer)
	}
	for _, l := range links {
		if l.Card && !l.ended(p.today()) && !beyondCards(in) {
			methods = append(methods, billing.Method{ID: l.ID, Short: l.Short, Expires: l.expires()})
		}
	}
	switch {
	case len(methods) == 0 && in.Terms == billing.TermsCard && p.allEnded(links):
		return nil, nil // One has to be added first.
	case len(methods) == 0:
		return []billing.Method{inPortal}, nil
	case len(methods) == 1 || in.Terms == billing.TermsLimited: // There the default is always the wire.
		return first(methods...), nil
	}
	return methods, nil // The service does not say which of several is the default.
}

// allEnded says of methods that could be read that there is none that has not ended.
func (p *Provider) allEnded(links []link) bool {
	return links != nil && !slices.ContainsFunc(links, func(l link) bool { return !l.ended(p.today()) })
}

func first(methods ...billing.Method) []billing.Method {
	methods[0].Default = true
	return methods
}

func beyondCards(in billing.Invoice) bool {
	return in.Terms == billing.TermsLimited && in.AmountDue.Currency == "USD" && in.AmountDue.Minor > cardLimit
}

func (p *Provider) today() billing.Date { return billing.DateOf(p.now(), p.zone) }

// collects says whether the service collects an invoice by itself. It rests on two things, since nothing in the API says "autopay" or which method is the
// default: that a default card is charged each billing period under these agreements and no other (pay-bill, "Credit or debit card"), and
// that the invoice's profile has a card or debit attached that still works, and no wire. An account of the online program shows no methods; its default is
// a card unless Microsoft approved it to pay by invoice, and what then is taken for collected is reminded of once it is past due.
// Whenever this cannot be told, the answer is no: a reminder too many is better than one too few.
func (p *Provider) collects(ctx context.Context, k kind, profile Account) (bool, error) {
	if k.Agreement == online {
		return true, nil
	}
	if !k.boughtOnline() {
		return false, nil
	}
	links, err := p.linksOf(ctx, profile, knownFor)
	if err != nil {
		return false, err
	}
	works := func(l link) bool { return l.Collect && !l.ended(p.today()) }
	return slices.ContainsFunc(links, works) && !slices.ContainsFunc(links, func(l link) bool { return l.Wire }), nil
}

// linksOf lists the active methods of a profile: nil where they may not be read, and for an account without profiles.
func (p *Provider) linksOf(ctx context.Context, profile Account, maxAge time.Duration) ([]link, error) {
	if profile.Profile == "" {
		return nil, nil
	}
	return p.links.get(profile, p.now(), maxAge, func() ([]link, error) {
		pager := p.billing.NewPaymentMethodsClient().NewListByBillingProfilePager(profile.Account, profile.Profile, nil)
		links := []link{}
		for row, err := range rows(ctx, p, profile.Account, "the payment methods of "+profile.String(), pager) {
			if s := status(err); s == http.StatusForbidden || s == http.StatusNotFound {
				p.logOnce(ctx, "the payment methods of a billing profile cannot be read, so people choose in the portal", profile.String(), err)
				return nil, nil
			}
			if err != nil {
				return nil, err
			}
			if l, ok := readLink(row); ok {
				links = append(links, l)
			}
		}
		return links, nil
	})
}

// readLink reads one payment method link; ok is false for one that is not active. One that is neither card nor wire can be chosen in the portal only.
func readLink(row json.RawMessage) (link, bool) {
	var raw struct {
		Name       string `json:"name"`
		Properties struct {
			DisplayName string `json:"displayName"`
			Family      string `json:"family"`
			Last4       string `json:"lastFourDigits"`
			Expiration  string `json:"expiration"`
			Type        string `json:"paymentMethodType"`
			Status      string `json:"status"`
		} `json:"properties"`
	}
	if json.Unmarshal(row, &raw) != nil || !strings.EqualFold(raw.Properties.Status, "active") {
		return link{}, false
	}
	r := raw.Properties
	l := link{ID: raw.Name, Card: strings.EqualFold(r.Family, "CreditCard"), Wire: strings.EqualFold(r.Family, "CheckWire")}
	l.Collect = l.Card || strings.EqualFold(r.Family, "DirectDebit")
	l.Short = masked(cmp.Or(brands[strings.ToLower(r.Type)], printable(r.DisplayName), "Card"), r.Last4)
	l.Month, l.Year = expiration(r.Expiration)
	if l.Card && (l.ID == "" || len(l.ID) > maxMethodID || l.ID == transferID || l.ID == portalID) {
		return link{}, true
	}
	return l, true
}

// printable refuses a name in which somebody wrote a card's number.
func printable(name string) string {
	if billing.LooksLikeCard(name) {
		return ""
	}
	return name
}

// masked takes the last four digits only, whatever the service sends in that field.
func masked(name, last4 string) string {
	if last4 == "" {
		return name
	}
	runes := []rune(last4)
	return name + " •••• " + string(runes[max(len(runes)-4, 0):])
}

// expiration reads "1/2035"; 0, 0 for anything else.
func expiration(text string) (month, year int) {
	m, y, _ := strings.Cut(text, "/")
	month, errMonth := strconv.Atoi(m)
	year, errYear := strconv.Atoi(y)
	if errMonth != nil || errYear != nil || month < 1 || month > 12 || year < 2000 || year > 9999 {
		return 0, 0
	}
	return month, year
}

func (l link) expires() string {
	if l.Year == 0 {
		return ""
	}
	return fmt.Sprintf("%02d/%02d", l.Month, l.Year%100)
}
