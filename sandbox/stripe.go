package sandbox

import (
	"cmp"
	"net/http"
	"strings"
	"sync"
	"time"
)

// StripeVersion is the API version whose shapes the pretend Stripe speaks; any version of the same train is accepted.
const StripeVersion = "2026-03-25.dahlia"

// StripeConfig is what a pretend Stripe is made of.
type StripeConfig struct {
	Key  string           // The only secret key it accepts; default "sk_test_kvitt".
	Now  func() time.Time // Its clock; default time.Now.
	Name string           // The account's name, the biller on every invoice that names no other; default "Acme Cloud".
	Site string           // Base of hosted invoice and portal links; default "https://invoice.stripe.com".

	// NoGuardButTheKey makes it a gateway that charges once for every new idempotency key, also on a paid invoice.
	// Whoever keeps people from paying twice must not lean on Stripe's own refusal.
	NoGuardButTheKey bool

	// ClearAfter is how long a bank debit takes to come through by itself; 0: only Clear and Bounce end it.
	ClearAfter time.Duration

	// OnCharge is called after money moved and before the answer is sent, without any lock held: the moment at
	// which a crash of the caller hurts most.
	OnCharge func(StripeCharge)
}

// Stripe is a pretend Stripe: stateful, as strict as the real one about parameters, keys, ids and idempotency, and able to
// fail on demand. It speaks the invoice model of 2026-03-25.dahlia, as far as a payer of invoices needs it.
//
// All methods may be called at any time from any goroutine.
type Stripe struct {
	config StripeConfig
	mux    *http.ServeMux
	flying sync.WaitGroup // Requests of the in-memory transport whose caller may have left, and events on their way.

	mu        sync.Mutex
	serial    int
	customers map[string]*stripeCustomer
	methods   map[string]*stripeMethod
	invoices  map[string]*stripeInvoice
	sessions  map[string]string // Of the portal, to the customer.
	intents   map[string]*stripeIntent
	order     []string // Invoice ids, oldest first.
	events    []*stripeEvent
	charges   []StripeCharge
	calls     []StripeCall
	faults    []*StripeFault
	declines  []string
	plan      StripePlan
	darkUntil time.Time // Nobody gets through before.
	onCall    func(StripeCall, []byte)
	keys      map[string]*stripeKeyEntry
	hook      *StripeHook
}

// NewStripe makes an empty pretend Stripe. It panics when the key looks like a live one: no credential that opens anything
// belongs here.
func NewStripe(config StripeConfig) *Stripe {
	if strings.Contains(config.Key, "_live_") {
		panic("sandbox: the key looks real; the pretend Stripe takes made-up ones only")
	}
	config.Key = cmp.Or(config.Key, "sk_test_kvitt")
	config.Name = cmp.Or(config.Name, "Acme Cloud")
	config.Site = cmp.Or(config.Site, "https://invoice.stripe.com")
	if config.Now == nil {
		config.Now = time.Now
	}
	s := &Stripe{
		config:    config,
		customers: map[string]*stripeCustomer{},
		methods:   map[string]*stripeMethod{},
		invoices:  map[string]*stripeInvoice{},
		sessions:  map[string]string{},
		intents:   map[string]*stripeIntent{},
		keys:      map[string]*stripeKeyEntry{},
	}
	s.mux = s.routes()
	return s
}

// Handler serves the pretend Stripe over HTTP, on loopback only; its root is the API's root ("/v1/…" below it).
func (s *Stripe) Handler() http.Handler { return loopbackOnly(s.mux) }

// Transport serves it in memory, without sockets, so that it may live in a testing/synctest bubble. A caller that
// leaves early gets its context's error, and the request goes on, as at the real Stripe.
func (s *Stripe) Transport() http.RoundTripper { return &stripeTransport{stripe: s} }

// Wait returns when no request of a Transport is at work any more, and no event on its way to a webhook.
func (s *Stripe) Wait() { s.flying.Wait() }

// routes names every operation with the parameters that it knows; any other parameter is an error, as at Stripe.
func (s *Stripe) routes() *http.ServeMux {
	list := []string{"limit", "starting_after", "ending_before"}
	with := func(more ...string) []string { return append(more, list...) }
	mux := http.NewServeMux()
	for pattern, op := range map[string]stripeOp{
		"GET /v1/account": {run: s.getAccount},
		"GET /v1/invoices": {run: s.listInvoices, params: with("status", "customer", "created", "due_date",
			"collection_method", "subscription", "customer_account")},
		"GET /v1/invoices/{id}": {run: s.getInvoice},
		"POST /v1/invoices/{id}/pay": {run: s.payInvoice, params: []string{"payment_method", "off_session", "mandate",
			"forgive", "paid_out_of_band", "source"}},
		"GET /v1/customers/{id}":                 {run: s.getCustomer},
		"GET /v1/customers/{id}/payment_methods": {run: s.listMethods, params: with("type", "allow_redisplay")},
		"GET /v1/payment_methods/{id}":           {run: s.getMethod},
		"GET /v1/payment_intents/{id}":           {run: s.getIntent, params: []string{"client_secret"}},
		"GET /v1/invoice_payments":               {run: s.listInvoicePayments, params: with("invoice", "status", "payment", "created")},
		"GET /v1/events":                         {run: s.listEvents, params: with("type", "types", "created", "delivery_success")},
		"GET /v1/events/{id}":                    {run: s.getEvent},
		"POST /v1/billing_portal/sessions": {run: s.createPortalSession, params: []string{"customer", "customer_account",
			"return_url", "configuration", "flow_data", "locale", "on_behalf_of"}},
	} {
		mux.HandleFunc(pattern, s.serve(pattern, op))
	}
	s.pages(mux)
	mux.HandleFunc("/", s.serve("", stripeOp{run: s.unrecognized}))
	return mux
}
