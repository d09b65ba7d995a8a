package stripe

import (
	"context"
	"encoding/json"
	"time"

	api "github.com/stripe/stripe-go/v85"

	"kvitt/billing"
)

// facts is all that Stripe tells of a payment.
type facts struct {
	raw     *api.Invoice
	invoice billing.Invoice
	intent  *api.PaymentIntent // Of the payment that settled it, or the one that is open; nil or bare where not told.
	method  string             // How a paid invoice was charged; may be empty.
	trace   trace
}

// trace is what Stripe's events tell of a key. Each event names the idempotency key of the request that caused it
// (docs.stripe.com/api/events/object, request.idempotency_key), so they are the one record that says which payment was ours. They
// may be late, and a key may lack the permission to read them: what is not in the trace is not known.
type trace struct {
	read      bool   // The events could be read.
	paid      bool   // There is an event that says the invoice was paid,
	paidBy    string // and this is its key; empty for what Stripe or the customer did without a key.
	executed  bool   // Some event is this payment's doing.
	submitted bool   // Our key's payment went to the bank to be cleared later.
	waits     bool   // Our key's payment waits for the person.
	failed    bool   // Our key's payment failed.
	stranger  bool   // A debit on this invoice was begun by another key.
}

const (
	eventPages = 3               // Of 100 each; more is not known.
	clockSlack = 5 * time.Minute // How far Stripe's clock and ours may differ when looking for events.
)

// look reads everything. An error is that the invoice could not be read; what else is missing is left out.
func (p *Provider) look(ctx context.Context, payment billing.Payment) (facts, error) {
	raw, err := p.read(ctx, payment.Invoice)
	if err != nil {
		return facts{}, err
	}
	f := facts{raw: raw, intent: intentOf(raw)}
	if f.invoice, err = p.invoice(raw); err != nil {
		return facts{}, err
	}
	f.trace = p.trace(ctx, payment, f)
	if f.invoice.Status == billing.Paid {
		f.method = p.chargedMethod(ctx, f.intent)
		f.invoice.Settlement.Method = f.method
	}
	return f, nil
}

// intentOf is the PaymentIntent that paid an invoice, or else the one of its default payment. It is bare, an id only, where the
// service did not expand it, and nil where there is none.
func intentOf(raw *api.Invoice) *api.PaymentIntent {
	if raw.Payments == nil {
		return nil
	}
	var found *api.PaymentIntent
	for _, payment := range raw.Payments.Data {
		if payment == nil || payment.Payment == nil || payment.Payment.PaymentIntent == nil {
			continue
		}
		if payment.Status == "paid" {
			return payment.Payment.PaymentIntent
		}
		if found == nil || payment.IsDefault || processing(payment.Payment.PaymentIntent) {
			found = payment.Payment.PaymentIntent
		}
	}
	return found
}

func processing(in *api.PaymentIntent) bool {
	return in != nil && in.Status == api.PaymentIntentStatusProcessing
}

// chargedMethod asks how an intent was paid. Not knowing is no error.
func (p *Provider) chargedMethod(ctx context.Context, in *api.PaymentIntent) string {
	if in == nil || in.ID == "" {
		return ""
	}
	params := &api.PaymentIntentRetrieveParams{}
	params.AddExpand("latest_charge")
	whole, err := p.client.V1PaymentIntents.Retrieve(ctx, in.ID, params)
	if err != nil {
		p.log.Info("how the invoice was paid is not known", "error", readError("payment "+in.ID, err))
		return ""
	}
	return charged(whole.LatestCharge)
}

// trace reads the events since the payment began.
func (p *Provider) trace(ctx context.Context, payment billing.Payment, f facts) trace {
	started := payment.Started
	if started.IsZero() {
		started = p.now()
	}
	params := &api.EventListParams{CreatedRange: &api.RangeQueryParams{GreaterThanOrEqual: started.Add(-clockSlack).Unix()}}
	params.Limit = new(int64(pageSize))
	for _, kind := range []api.EventType{api.EventTypeInvoicePaid, api.EventTypeInvoicePaymentFailed,
		api.EventTypeInvoicePaymentActionRequired, api.EventTypePaymentIntentProcessing} {
		params.Types = append(params.Types, new(string(kind)))
	}
	t, seen := trace{read: true}, 0
	for event, err := range p.client.V1Events.List(ctx, params).All(ctx) {
		if err != nil {
			t.read = false
			p.log.Info("Stripe's events cannot be read; allow the key to, so that payments are told apart for certain", "error", readError("events", err))
			break
		}
		if seen++; seen > eventPages*pageSize {
			break
		}
		t.add(event, payment.Key, f)
	}
	return t
}

// add takes one event in, if it is about this invoice or its payment.
func (t *trace) add(event *api.Event, key string, f facts) {
	if event == nil || event.Data == nil || !about(event.Data.Raw, f) {
		return
	}
	by := ""
	if event.Request != nil {
		by = event.Request.IdempotencyKey
	}
	own := by == key
	t.executed = t.executed || own
	switch event.Type {
	case api.EventTypeInvoicePaid:
		t.paid, t.paidBy = true, by
	case api.EventTypePaymentIntentProcessing:
		t.submitted = t.submitted || own
		t.stranger = t.stranger || !own
	case api.EventTypeInvoicePaymentActionRequired:
		t.waits = t.waits || own
	case api.EventTypeInvoicePaymentFailed:
		t.failed = t.failed || own
	}
}

func about(object json.RawMessage, f facts) bool {
	var of struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(object, &of) != nil || of.ID == "" {
		return false
	}
	return of.ID == f.raw.ID || f.intent != nil && of.ID == f.intent.ID
}
