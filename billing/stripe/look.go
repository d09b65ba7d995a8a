package stripe

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
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
	amount  billing.Money      // What was charged for a paid invoice; zero where not told.
	trace   trace
}

// trace is what Stripe's events tell of a key. Each event names the idempotency key of the request that caused it
// (docs.stripe.com/api/events/object, request.idempotency_key), so they are the one record that says which payment was ours. They
// may be late, and a key may lack the permission to read them: what is not in the trace is not known.
type trace struct {
	whole     bool   // All events since the payment began were read.
	broken    bool   // They could not be read just now; later they may.
	paid      bool   // There is an event that says the invoice was paid,
	paidBy    string // and this is its key; empty for what Stripe or the customer did without a key.
	executed  bool   // Some event is this payment's doing.
	submitted bool   // Our key's payment went to the bank to be cleared later.
	waits     bool   // Our key's payment waits for the person.
	failed    bool   // Our key's payment failed.
	bounced   bool   // After all that our key did, a payment failed without its doing, as a debit does that bounces.
	stranger  bool   // A debit on this invoice was begun by another key.
}

const (
	eventPages = 3               // Of 100 each, the newest; they are of all customers of the issuer.
	clockSlack = 5 * time.Minute // How far Stripe's clock and ours may differ when looking for events.
)

// look reads everything. An error is that the invoice could not be read; what else is missing is left out.
func (p *Provider) look(ctx context.Context, payment billing.Payment) (facts, error) {
	f, err := p.facts(ctx, payment.Invoice)
	if err != nil {
		return facts{}, err
	}
	t := p.trace(ctx, payment, f)
	if t.executed && f.invoice.Status == billing.Open {
		// An event may be younger than the invoice that was read, and that shows an older failure instead.
		if f, err = p.facts(ctx, payment.Invoice); err != nil {
			return facts{}, err
		}
	}
	f.trace = t
	if f.invoice.Status == billing.Paid {
		charge := p.charge(ctx, f.intent)
		f.method, f.amount = charged(charge), amountPaid(f.raw, charge)
		f.invoice.Settlement.Method = f.method
	}
	return f, nil
}

// facts is what the invoice itself tells.
func (p *Provider) facts(ctx context.Context, id string) (facts, error) {
	raw, err := p.read(ctx, id)
	if err != nil {
		return facts{}, err
	}
	invoice, err := p.invoice(raw)
	return facts{raw: raw, invoice: invoice, intent: intentOf(raw)}, err
}

// intentOf is the PaymentIntent of paymentOf. It is bare, an id only, where the service did not expand it, and nil where there is none.
func intentOf(raw *api.Invoice) *api.PaymentIntent {
	if found := paymentOf(raw); found != nil {
		return found.Payment.PaymentIntent
	}
	return nil
}

// paymentOf is the payment that paid an invoice, or else the one that may still do so by itself, or else the default one.
func paymentOf(raw *api.Invoice) *api.InvoicePayment {
	if raw.Payments == nil {
		return nil
	}
	var found *api.InvoicePayment
	for _, payment := range raw.Payments.Data {
		if payment == nil || payment.Payment == nil || payment.Payment.PaymentIntent == nil {
			continue
		}
		if found == nil || weight(payment) > weight(found) {
			found = payment
		}
	}
	return found
}

func weight(payment *api.InvoicePayment) int {
	switch in := payment.Payment.PaymentIntent; {
	case payment.Status == "paid" && payment.IsDefault: // The one that Invoices.Pay pays; another is a part, paid before.
		return 5
	case payment.Status == "paid":
		return 4
	case processing(in):
		return 3
	case payment.Status == "canceled" || in.Status == api.PaymentIntentStatusCanceled:
		return 0
	case payment.IsDefault:
		return 2
	}
	return 1
}

func processing(in *api.PaymentIntent) bool {
	return in != nil && in.Status == api.PaymentIntentStatusProcessing
}

// charge asks how an intent was paid. Not knowing, which is nil, is no error.
func (p *Provider) charge(ctx context.Context, in *api.PaymentIntent) *api.Charge {
	if in == nil || in.ID == "" {
		return nil
	}
	params := &api.PaymentIntentRetrieveParams{}
	params.AddExpand("latest_charge")
	whole, err := p.client.V1PaymentIntents.Retrieve(ctx, in.ID, params)
	if err != nil {
		p.log.InfoContext(ctx, "how the invoice was paid is not known", "error", readError("payment "+in.ID, err))
		return nil
	}
	return whole.LatestCharge
}

// amountPaid is what was charged for a paid invoice, or else what its payment or itself says was paid; zero where nothing does.
func amountPaid(raw *api.Invoice, charge *api.Charge) billing.Money {
	paid := raw.AmountPaid
	if payment := paymentOf(raw); payment != nil {
		paid = cmp.Or(payment.AmountPaid, paid)
	}
	if charge != nil && charge.Status == api.ChargeStatusSucceeded {
		paid = cmp.Or(charge.Amount, paid)
	}
	amount, err := money(paid, raw.Currency)
	if err != nil || paid <= 0 {
		return billing.Money{}
	}
	return amount
}

// trace reads the events since the payment began, by our clock, and since the invoice was paid, by Stripe's: ours may be ahead.
func (p *Provider) trace(ctx context.Context, payment billing.Payment, f facts) trace {
	started := payment.Started
	if started.IsZero() {
		started = p.now()
	}
	if paid := f.invoice.Settlement.At; !paid.IsZero() && paid.Before(started) {
		started = paid
	}
	params := &api.EventListParams{CreatedRange: &api.RangeQueryParams{GreaterThanOrEqual: started.Add(-clockSlack).Unix()}}
	params.Limit = new(int64(pageSize))
	for _, kind := range []api.EventType{api.EventTypeInvoicePaid, api.EventTypeInvoicePaymentFailed,
		api.EventTypeInvoicePaymentActionRequired, api.EventTypePaymentIntentProcessing} {
		params.Types = append(params.Types, new(string(kind)))
	}
	t, seen := trace{whole: true}, 0
	for event, err := range p.client.V1Events.List(ctx, params).All(ctx) {
		if err != nil {
			err = readError("events", err)
			t.whole, t.broken = false, errors.Is(err, billing.ErrUnavailable)
			p.log.InfoContext(ctx, "Stripe's events cannot be read; allow the key to, so that payments are told apart for certain", "error", err)
			break
		}
		if seen++; seen > eventPages*pageSize {
			t.whole = false
			break
		}
		t.add(event, payment.Key, f)
	}
	return t
}

// add takes one event in, if it is about this invoice or its payment. Events come newest first.
func (t *trace) add(event *api.Event, key string, f facts) {
	if event == nil || event.Data == nil || !about(event.Data.Raw, f) {
		return
	}
	by := ""
	if event.Request != nil {
		by = event.Request.IdempotencyKey
	}
	own := by == key
	if event.Type == api.EventTypeInvoicePaymentFailed && !own && !t.executed {
		t.bounced = true
	}
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
