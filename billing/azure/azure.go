// Package azure watches the invoices of Azure billing accounts, and says who may pay them. It is the Provider "azure", and hands over: there is no public
// way to pay an invoice of Azure, so a person finishes in the portal and this package sees that it is paid.
//
// It promises to read only. Requests are made by Microsoft's own armbilling and azidentity, but every one passes a door (door.go) that lets through nothing
// but GET, the request for a token, and Graph's question after group memberships, and nothing to any host but those that were configured. Amounts
// are read from the bytes that the service sent, never through the SDK, whose amounts are 32-bit floats and which drops a whole page over one odd value.
//
// What must not enter: Slack, the store, judgement about when to remind whom, and anything that changes something at Microsoft. No token, no answer of the
// service and no download link (they work without signing in) enters a log, an error or an Invoice.
//
// The files: raw.go, amount.go and moment.go read what is sent, invoice.go says it in billing's words; account.go knows the agreements, method.go the ways
// to pay, pay.go what became of a hand-over, link.go the portal; roles.go who may pay, grant.go and payers.go ask for it, graph.go asks who somebody is;
// look.go is for kvitt check; ask.go, door.go, credential.go, cloud.go and memory.go are how anything is asked at all.
package azure

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/billing/armbilling"

	"kvitt/billing"
)

// Config is how to reach Azure, and which invoices to look at.
type Config struct {
	Accounts      []Account
	Credential    azcore.TokenCredential // Default: azidentity's default chain, see DefaultCredential.
	Endpoint      string                 // Azure Resource Manager, scheme and host only; default the public cloud's.
	GraphEndpoint string                 // Microsoft Graph, likewise; default that of Endpoint's cloud.
	Portal        string                 // Where people sign in, likewise; default that of Endpoint's cloud.
	Zone          *time.Location         // Zone in which a due instant is a calendar day; default UTC.
	Transport     http.RoundTripper      // Default a plain one, which trusts what the machine trusts (SSL_CERT_FILE).
	Now           func() time.Time       // Default time.Now.
	Log           *slog.Logger           // Default none.
}

// Account is a billing account by its name, or one of its billing profiles. An account without a profile stands for all of them.
type Account struct {
	Account string
	Profile string
}

// String is "account" or "account/profile", as in Invoice.Account.
func (a Account) String() string {
	if a.Profile == "" {
		return a.Account
	}
	return a.Account + "/" + a.Profile
}

var (
	// ErrNoAccounts is returned by New without an account.
	ErrNoAccounts = errors.New("at least one billing account is needed")
	// ErrAccount is returned by New for what cannot be the name of a billing account or profile.
	ErrAccount = errors.New("this is not the name of a billing account, or of an account and a profile with a / between")
	// ErrEndpoint is returned by New for an address that is not https, or http on loopback, with a host and nothing behind it.
	ErrEndpoint = errors.New("an address at Azure has to be https, or http on loopback, with a host and nothing behind it")
)

const (
	callLimit = 18 * time.Second // Of a method that promises 20 s.

	// keyLife is for ever, as far as a payment goes: nothing is charged here, so no repetition can charge twice.
	keyLife = 10 * 365 * 24 * time.Hour

	// knownFor is how long an account, its profiles and their payment methods are taken for granted where nobody is about to pay.
	knownFor = time.Hour
)

// Provider is a billing.Provider and billing.Roles. What it remembers is only to ask less; a restart loses nothing.
type Provider struct {
	accounts []Account
	zone     *time.Location
	portal   string
	now      func() time.Time
	log      *slog.Logger

	billing    *armbilling.ClientFactory
	graph      runtime.Pipeline
	graphURL   string
	credential azcore.TokenCredential
	scopes     scopes

	rest     rest
	once     sync.Map // What was logged once.
	kinds    memory[string, kind]
	profiles memory[string, []string]
	links    memory[Account, []link]
	given    memory[Account, given]
	people   memory[string, []user]   // By e-mail address or object id, and by a list of ids.
	members  memory[string, []user]   // By group.
	groups   memory[string, []string] // Of a list of groups, those in which somebody is.
}

var (
	_ billing.Provider = (*Provider)(nil)
	_ billing.Roles    = (*Provider)(nil)
)

// New checks the settings and connects nowhere. It returns ErrNoAccounts, ErrAccount, ErrEndpoint, or an error of DefaultCredential.
func New(c Config) (*Provider, error) {
	accounts, err := tidy(c.Accounts)
	if err != nil {
		return nil, err
	}
	at, err := whereabouts(c)
	if err != nil {
		return nil, err
	}
	if c.Credential == nil {
		if c.Credential, err = DefaultCredential(c.Transport); err != nil {
			return nil, err
		}
	}
	p := &Provider{accounts: accounts, zone: cmp.Or(c.Zone, time.UTC), portal: at.portal, now: c.Now, log: c.Log,
		credential: signer{c.Credential, make(chan struct{}, 1)}, scopes: at.scopes()}
	if p.now == nil {
		p.now = time.Now
	}
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	return p, p.connect(at, c.Transport)
}

// validName is what names of billing accounts and profiles are made of: digits, a GUID, "GUID:GUID_2019-05-31", "pcn.ABC", "2WZB-ABCD-BG7-TGB".
// It begins with a letter or digit, so it is no step in a path.
var validName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9:._-]{0,127}$`)

// tidy checks the accounts and leaves out what another one already stands for, so that no invoice is listed twice.
func tidy(accounts []Account) ([]Account, error) {
	if len(accounts) == 0 {
		return nil, ErrNoAccounts
	}
	var kept []Account
	for _, a := range accounts {
		if i := slices.IndexFunc(kept, func(b Account) bool { return strings.EqualFold(a.Account, b.Account) }); i >= 0 {
			a.Account = kept[i].Account // One spelling, for it stands in the ids of invoices.
		}
		if !validName.MatchString(a.Account) || a.Profile != "" && !validName.MatchString(a.Profile) {
			return nil, fmt.Errorf("%q: %w", a, ErrAccount)
		}
		if a.Profile != "" && slices.ContainsFunc(accounts, func(b Account) bool { return b.Profile == "" && strings.EqualFold(a.Account, b.Account) }) {
			continue
		}
		if !slices.ContainsFunc(kept, a.same) {
			kept = append(kept, a)
		}
	}
	return kept, nil
}

func (a Account) same(b Account) bool { return strings.EqualFold(a.String(), b.String()) }

// spelled is an account with its profile as the settings spell it, where they name it.
func (p *Provider) spelled(at Account) Account {
	if i := slices.IndexFunc(p.accounts, at.same); i >= 0 {
		return p.accounts[i]
	}
	return at
}

// configured is what the settings say about an account, in their spelling, and which profiles of it they name; none means all.
func (p *Provider) configured(account string) (name string, profiles []string, ok bool) {
	for _, a := range p.accounts {
		if !strings.EqualFold(a.Account, account) {
			continue
		}
		name, ok = a.Account, true
		if a.Profile != "" {
			profiles = append(profiles, a.Profile)
		}
	}
	return name, profiles, ok
}

// Name is "azure".
func (p *Provider) Name() string { return "azure" }

// Way is billing.HandsOver.
func (p *Provider) Way() billing.Way { return billing.HandsOver }

// KeyLife is ten years.
func (p *Provider) KeyLife() time.Duration { return keyLife }

func limit(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, callLimit)
}

// logOnce warns of what holds until an operator acts, without repeating it every hour.
func (p *Provider) logOnce(ctx context.Context, message, about string, err error) {
	if _, said := p.once.LoadOrStore(message+about, true); !said {
		p.log.WarnContext(ctx, message, "about", about, "error", err)
	}
}
