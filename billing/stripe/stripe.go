// Package stripe pays invoices that a supplier issues with Stripe. It is the Provider "stripe".
//
// It promises that nothing is paid but what a person was shown, that nothing is called refused while a charge may be under way,
// and that no card number, link or answer of Stripe enters a log or an error. Money goes through Invoices.Pay and nothing else,
// one request for each Pay: repeating is the caller's decision, and always with the same key.
//
// What the rest of Kvitt calls things must not enter here: no Slack, no store, no words for people beyond the labels of methods.
//
// The files: invoice.go and amount.go read invoices, method.go the methods, pay.go sends, look.go collects what Stripe knows
// of a payment, judge.go decides what that means, decline.go knows Stripe's errors, webhook.go reads events, trial.go tries what a key may do.
package stripe

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	api "github.com/stripe/stripe-go/v85"

	"kvitt/billing"
)

// Config is how to reach Stripe, and for whom.
type Config struct {
	Key       string           // Secret or restricted key of whoever issues the invoices.
	APIURL    string           // Another Stripe, scheme and host only; default Stripe's own.
	Customers []string         // The customers (cus_…) whose invoices are ours to see and pay; every other invoice does not exist.
	Zone      *time.Location   // Zone in which a due instant is a calendar day; default UTC.
	Now       func() time.Time // Default time.Now.
	HTTP      *http.Client     // Copied, and given a time limit; default a plain one.
	Log       *slog.Logger     // Default none.
}

var (
	// ErrLiveKey is returned by New for a live key together with an APIURL that is not Stripe's: a live key is sent nowhere else.
	ErrLiveKey = errors.New("a live Stripe key is sent to Stripe only; remove the other address, or use a test key")
	// ErrAPIURL is returned by New for an APIURL that is not https, or http on loopback, with a host and nothing behind it.
	ErrAPIURL = errors.New("the address of Stripe has to be https, or http on loopback, with a host and nothing behind it")
	// ErrIncomplete is returned by New when the key or the customers are missing.
	ErrIncomplete = errors.New("a Stripe key is needed, and the customers whose invoices are to be paid")
)

const (
	callLimit = 18 * time.Second // Of a method that promises 20 s.
	httpLimit = 15 * time.Second // Of one request, for lists, which are many requests.

	// keyLife is three hours less than Stripe's: it prunes keys "after they're at least 24 hours old", and then the same key is a
	// new request (docs.stripe.com/api/idempotent_requests). A clock may be an hour ahead as a payment is sent, and an hour behind later.
	keyLife = 21 * time.Hour
)

// Provider is a billing.Provider. It keeps no state.
type Provider struct {
	client    *api.Client
	customers []string
	live      bool // The key moves real money.
	zone      *time.Location
	now       func() time.Time
	log       *slog.Logger
}

var _ billing.Provider = (*Provider)(nil)

// New checks the settings and connects nowhere. It returns ErrIncomplete, ErrLiveKey or ErrAPIURL.
func New(c Config) (*Provider, error) {
	if c.Key == "" || len(c.Customers) == 0 {
		return nil, ErrIncomplete
	}
	if err := checkURL(c.Key, c.APIURL); err != nil {
		return nil, err
	}
	p := &Provider{customers: c.Customers, live: strings.Contains(c.Key, "_live"), zone: cmp.Or(c.Zone, time.UTC), now: c.Now, log: c.Log}
	if p.now == nil {
		p.now = time.Now
	}
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	backend := &api.BackendConfig{
		HTTPClient:        limited(c.HTTP),
		MaxNetworkRetries: new(int64(0)),
		EnableTelemetry:   new(false),
		LeveledLogger:     quiet{p.log},
	}
	if c.APIURL != "" {
		backend.URL = new(strings.TrimSuffix(c.APIURL, "/"))
	}
	p.client = api.NewClient(c.Key, api.WithBackends(api.NewBackendsWithConfig(backend)))
	return p, nil
}

// limited is a copy of the client that gives up in time and follows no redirect, which would repeat a payment elsewhere.
func limited(client *http.Client) *http.Client {
	own := http.Client{}
	if client != nil {
		own = *client
	}
	if own.Timeout == 0 || own.Timeout > httpLimit {
		own.Timeout = httpLimit
	}
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &own
}

func checkURL(key, address string) error {
	if address == "" {
		return nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("%q: %w", address, ErrAPIURL)
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		return fmt.Errorf("%q: %w", address, ErrAPIURL)
	}
	if strings.Contains(key, "_live") && (u.Scheme != "https" || u.Host != "api.stripe.com") {
		return fmt.Errorf("%q: %w", address, ErrLiveKey)
	}
	return nil
}

func loopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}

// Name is "stripe".
func (p *Provider) Name() string { return "stripe" }

// Way is billing.Pays.
func (p *Provider) Way() billing.Way { return billing.Pays }

// KeyLife is 21 hours.
func (p *Provider) KeyLife() time.Duration { return keyLife }

// Version is the version of Stripe's API that every request asks for.
const Version = api.APIVersion

// Customer answers the API version in which a customer of the account was told (empty where Stripe does not say), billing.ErrNotFound for one that
// is unknown or deleted, billing.ErrSetup for a key that may not ask, and billing.ErrUnavailable.
func (p *Provider) Customer(ctx context.Context, id string) (version string, err error) {
	ctx, cancel := limit(ctx)
	defer cancel()
	customer, err := p.client.V1Customers.Retrieve(ctx, id, nil)
	if e := stripeError(err); e != nil && e.Code != api.ErrorCodeResourceMissing && e.HTTPStatusCode == http.StatusNotFound {
		return "", fmt.Errorf("%s: %w: what answered is not Stripe", id, billing.ErrUnavailable)
	}
	if err != nil {
		return "", readError(id, err)
	}
	if customer.Deleted {
		return "", fmt.Errorf("%s was deleted: %w", id, billing.ErrNotFound)
	}
	if customer.LastResponse != nil {
		version = customer.LastResponse.Header.Get("Stripe-Version")
	}
	return version, nil
}

func limit(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, callLimit)
}

// quiet passes on what stripe-go logs without its arguments: they hold bodies, messages and links.
type quiet struct{ log *slog.Logger }

func (q quiet) Debugf(format string, _ ...any) { q.log.Debug("stripe-go", "line", format) }
func (q quiet) Infof(format string, _ ...any)  { q.log.Debug("stripe-go", "line", format) }
func (q quiet) Warnf(format string, _ ...any)  { q.log.Debug("stripe-go", "line", format) }
func (q quiet) Errorf(format string, _ ...any) { q.log.Debug("stripe-go", "line", format) }
