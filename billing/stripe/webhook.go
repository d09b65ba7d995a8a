package stripe

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	api "github.com/stripe/stripe-go/v85"
	"github.com/stripe/stripe-go/v85/webhook"
)

// signatureAge is how far the clock of a signature may be from ours, either way. Stripe's own library looks backwards only
// (docs.stripe.com/webhooks, "Preventing replay attacks").
const signatureAge = 5 * time.Minute

var (
	// ErrUnsigned is returned by ReadEvent for a signature header that is missing or cannot be read.
	ErrUnsigned = errors.New("the event is not signed")
	// ErrStale is returned by ReadEvent for a signature that is more than 5 minutes old, or of more than 5 minutes ahead.
	ErrStale = errors.New("the signature of the event is not of now")
	// ErrSignature is returned by ReadEvent for a signature that none of the secrets made.
	ErrSignature = errors.New("the signature of the event is wrong")
	// ErrUnreadable is returned by ReadEvent for a signed body that is no event.
	ErrUnreadable = errors.New("the event cannot be read")
)

// Event is what Stripe sends to a webhook: a reason to look at an invoice, and never a fact. Events come late, twice and in any order
// (docs.stripe.com/webhooks, "Event delivery behaviors").
type Event struct {
	ID      string // "evt_1…".
	Invoice string // Invoice.ID of the invoice to look at; empty where the event is about nothing of ours.
	Why     string // Why it is about nothing of ours: "other type", "other mode", "other account", "other customer".
}

// told are the events that are a reason to look at their invoice.
var told = []api.EventType{
	api.EventTypeInvoicePaid, api.EventTypeInvoicePaymentFailed, api.EventTypeInvoicePaymentActionRequired, api.EventTypeInvoiceFinalized,
	api.EventTypeInvoiceUpdated, api.EventTypeInvoiceVoided, api.EventTypeInvoiceMarkedUncollectible, api.EventTypeInvoiceOverdue,
}

// signed is what is read of an event: of any API version, whatever else it holds.
type signed struct {
	ID       string
	Object   string
	Type     api.EventType
	Account  string
	Livemode bool
	Data     struct {
		Object struct {
			ID       string
			Object   string
			Customer json.RawMessage // An id or, expanded, an object.
		}
	}
}

// ReadEvent reads what was sent to the webhook: the body as it came, byte for byte, and its Stripe-Signature header. While a secret is rolled
// there are several, and one of them is enough. It returns ErrUnsigned, ErrStale, ErrSignature or ErrUnreadable for what is not to be taken in.
// It connects to nothing, unless the event names an account.
func (p *Provider) ReadEvent(ctx context.Context, body []byte, signature string, secrets []string) (Event, error) {
	if err := verify(body, signature, secrets, p.now()); err != nil {
		return Event{}, err
	}
	var e signed
	if err := json.Unmarshal(body, &e); err != nil || e.ID == "" || e.Object == "" {
		return Event{}, ErrUnreadable
	}
	if why := p.notOurs(ctx, e); why != "" {
		return Event{ID: e.ID, Why: why}, nil
	}
	return Event{ID: e.ID, Invoice: idPrefix + e.Data.Object.ID}, nil
}

// verify checks a signature and its time. That the library's own look at the time is switched off gives one clock to both sides of it: ours.
func verify(body []byte, header string, secrets []string, now time.Time) error {
	at, ok := signedAt(header)
	if !ok {
		return ErrUnsigned
	}
	if age := now.Sub(at); age > signatureAge || age < -signatureAge {
		return ErrStale
	}
	for _, secret := range secrets {
		switch err := webhook.ValidatePayloadIgnoringTolerance(body, header, secret); {
		case err == nil:
			return nil
		case !errors.Is(err, webhook.ErrNoValidSignature):
			return ErrUnsigned
		}
	}
	return ErrSignature
}

// signedAt is the time in a signature header, "t=1495999758,v1=…". Of several the last one is signed, as the library has it.
func signedAt(header string) (at time.Time, ok bool) {
	for pair := range strings.SplitSeq(header, ",") {
		stamp, found := strings.CutPrefix(pair, "t=")
		if !found {
			continue
		}
		seconds, err := strconv.ParseInt(stamp, 10, 64)
		if err != nil {
			return time.Time{}, false
		}
		at, ok = time.Unix(seconds, 0), true
	}
	return at, ok
}

// notOurs says why an event is no reason to look; empty when it is one.
func (p *Provider) notOurs(ctx context.Context, e signed) string {
	about := e.Data.Object
	switch {
	case e.Object != "event" || !slices.Contains(told, e.Type) || about.Object != "invoice" || !rawID.MatchString(about.ID):
		return "other type"
	case e.Livemode != p.live:
		return "other mode"
	case e.Account != "" && !p.isAccount(ctx, e.Account):
		return "other account"
	case len(about.Customer) > 0 && !slices.Contains(p.customers, idIn(about.Customer)):
		return "other customer"
	}
	return ""
}

// isAccount asks whether an account is the key's own. Stripe names one in events of connected accounts only, which Kvitt does not pay for
// (docs.stripe.com/api/events/object, "account").
func (p *Provider) isAccount(ctx context.Context, id string) bool {
	ctx, cancel := context.WithTimeout(ctx, readLimit)
	defer cancel()
	own, err := p.client.V1Accounts.Retrieve(ctx, nil)
	if err != nil {
		p.log.InfoContext(ctx, "whose account an event is of cannot be found out, so it is left out", "error", readError("the account of the key", err))
		return false
	}
	return own.ID == id
}

// idIn is the id in a reference to an object, expanded or not.
func idIn(reference json.RawMessage) string {
	var id string
	var of struct{ ID string }
	if json.Unmarshal(reference, &id) == nil || json.Unmarshal(reference, &of) != nil {
		return id
	}
	return of.ID
}
