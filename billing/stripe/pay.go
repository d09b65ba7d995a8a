package stripe

import (
	"context"
	"net/http"
	"slices"
	"time"

	api "github.com/stripe/stripe-go/v85"

	"kvitt/billing"
)

// How the time of one Pay is shared out, so that a look at what happened is left after the slowest answer.
const (
	readLimit = 5 * time.Second // Reading before money moves.
	sendLimit = 8 * time.Second // The one request that moves it.

	// workLimit is how long a request may be at work at Stripe after we gave up on it.
	workLimit = 2 * time.Minute
)

// Pay implements billing.Provider. It reads the invoice, sends one request with the payment's key if nothing speaks against it,
// and then reads the invoice again before it says anything: answers are lost, and only the service's state is the truth.
//
// Stripe takes no amount with the request (docs.stripe.com/api/invoices/pay): it charges what is left at that moment. An issuer who
// changes the invoice between our reading and our sending, well under a second, is not noticed before; Outcome.Amount tells afterwards.
func (p *Provider) Pay(ctx context.Context, payment billing.Payment) (billing.Outcome, error) {
	ctx, cancel := limit(ctx)
	defer cancel()
	out, ready, err := p.prepare(ctx, payment)
	if err != nil || !ready {
		return out, err
	}
	return p.conclude(ctx, payment, p.send(ctx, payment))
}

// prepare says whether the payment may be sent, and the outcome where it may not. Listing the methods can take seconds, so the
// invoice is read once more after it, last of all.
func (p *Provider) prepare(ctx context.Context, payment billing.Payment) (out billing.Outcome, ready bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, readLimit)
	defer cancel()
	raw, err := p.read(ctx, payment.Invoice)
	if err != nil {
		return out, false, err
	}
	if out, ready, err = p.payable(ctx, payment, raw); err != nil || !ready {
		return out, false, err
	}
	usable, err := p.usable(ctx, raw)
	if err != nil {
		return out, false, err
	}
	if !slices.ContainsFunc(usable, func(m *api.PaymentMethod) bool { return m.ID == payment.Method }) {
		invoice, err := p.invoice(raw)
		return p.holdBack(payment, billing.Outcome{Progress: billing.Refused, Decline: billing.MethodUnusable, Invoice: invoice}), false, err
	}
	if raw, err = p.read(ctx, payment.Invoice); err != nil {
		return out, false, err
	}
	return p.payable(ctx, payment, raw)
}

// payable says whether an invoice as just read is open, free and of the amount that the person was shown; the outcome where it is not.
func (p *Provider) payable(ctx context.Context, payment billing.Payment, raw *api.Invoice) (out billing.Outcome, ready bool, err error) {
	invoice, err := p.invoice(raw)
	if err != nil {
		return out, false, err
	}
	if invoice.Status != billing.Open || processing(intentOf(raw)) || dead(payment, p.now()) {
		out, err = p.Status(ctx, payment)
		return out, false, err
	}
	if invoice.AmountDue != payment.Amount {
		return p.holdBack(payment, billing.Outcome{Progress: billing.Changed, Invoice: invoice}), false, nil
	}
	return out, true, nil
}

// holdBack keeps a definite answer back while an earlier request with this key may still be at work.
func (p *Provider) holdBack(payment billing.Payment, out billing.Outcome) billing.Outcome {
	if age := age(payment, p.now()); age > callLimit && age < workLimit {
		return billing.Outcome{Progress: billing.Unclear, Invoice: out.Invoice}
	}
	return out
}

// dead says whether the service may have forgotten the key.
func dead(payment billing.Payment, now time.Time) bool { return age(payment, now) >= keyLife }

func age(payment billing.Payment, now time.Time) time.Duration {
	if payment.Started.IsZero() {
		return 0
	}
	return now.Sub(payment.Started)
}

// reply is what came back from the one request that moves money.
type reply int

const (
	notSent     reply = iota // No request: only looking.
	accepted                 // 200.
	declined                 // 402: the bank refused. Stripe keeps that answer for this key.
	asks                     // 402: the person has to authenticate.
	rejected                 // 400: this request moved nothing.
	busy                     // 429: never reached the key.
	misused                  // The key was used with other parameters: a defect of the caller.
	unsure                   // Time-out, cut, 5xx, 409, or no answer of Stripe's at all.
	notEntitled              // 401 or 403.
)

type answer struct {
	reply reply
	paid  bool // The answer itself says that the invoice is paid.
	err   error
	why   *api.Error // Nil where nothing readable came.
}

// send is the only place from which money moves.
func (p *Provider) send(ctx context.Context, payment billing.Payment) answer {
	ctx, cancel := context.WithTimeout(ctx, sendLimit)
	defer cancel()
	params := &api.InvoicePayParams{PaymentMethod: &payment.Method, OffSession: new(true)}
	params.SetIdempotencyKey(payment.Key)
	id := payment.Invoice[len(idPrefix):]
	p.log.InfoContext(ctx, "asking Stripe to pay", "invoice", payment.Invoice, "key", payment.Key)
	raw, err := p.client.V1Invoices.Pay(ctx, id, params)
	a := classify(err)
	if a.reply == accepted && raw.ID != id {
		a.reply = unsure // Something answered, but not with this invoice.
	}
	a.paid = a.reply == accepted && raw.Status == api.InvoiceStatusPaid
	p.logAnswer(ctx, payment, a)
	return a
}

// classify sorts what came back (docs.stripe.com/api/errors, docs.stripe.com/error-low-level).
func classify(err error) answer {
	a := answer{err: err}
	if err == nil {
		a.reply = accepted
		return a
	}
	a.why = stripeError(err)
	switch e := a.why; {
	case e == nil:
		a.reply = unsure
	case e.Type == api.ErrorTypeIdempotency:
		a.reply = misused
	case asksPerson(e):
		a.reply = asks
	case e.HTTPStatusCode == http.StatusPaymentRequired || e.Type == api.ErrorTypeCard:
		a.reply = declined
	case e.HTTPStatusCode == http.StatusUnauthorized || e.HTTPStatusCode == http.StatusForbidden:
		a.reply = notEntitled
	case e.HTTPStatusCode == http.StatusTooManyRequests:
		a.reply = busy
	case e.HTTPStatusCode == http.StatusBadRequest || e.HTTPStatusCode == http.StatusNotFound:
		a.reply = rejected
	default:
		a.reply = unsure
	}
	return a
}

func (p *Provider) logAnswer(ctx context.Context, payment billing.Payment, a answer) {
	log := p.log.With("invoice", payment.Invoice, "key", payment.Key)
	if a.why != nil {
		log = log.With("status", a.why.HTTPStatusCode, "code", a.why.Code, "decline_code", a.why.DeclineCode, "request", a.why.RequestID)
	}
	switch a.reply {
	case accepted:
		log.InfoContext(ctx, "Stripe accepted the payment", "paid", a.paid)
	case misused:
		log.ErrorContext(ctx, "this idempotency key was used with other parameters before; that is a defect of Kvitt")
	case unsure:
		log.WarnContext(ctx, "no clear answer from Stripe to a payment")
	default:
		log.InfoContext(ctx, "Stripe did not take the payment")
	}
}

// conclude looks at the invoice and says what the payment came to.
func (p *Provider) conclude(ctx context.Context, payment billing.Payment, a answer) (billing.Outcome, error) {
	if a.reply == notEntitled {
		return billing.Outcome{}, readError("paying "+payment.Invoice, a.err)
	}
	f, err := p.look(ctx, payment)
	switch {
	case err == nil:
		return judge(payment, f, a, p.now()), nil
	case a.reply == declined:
		return billing.Outcome{Progress: billing.Refused, Decline: family(a.why)}, nil
	default:
		p.log.WarnContext(ctx, "what became of a payment could not be read", "invoice", payment.Invoice, "error", err)
		return billing.Outcome{Progress: billing.Unclear}, nil
	}
}

// Status implements billing.Provider. It only reads.
func (p *Provider) Status(ctx context.Context, payment billing.Payment) (billing.Outcome, error) {
	ctx, cancel := limit(ctx)
	defer cancel()
	f, err := p.look(ctx, payment)
	if err != nil {
		return billing.Outcome{}, err
	}
	return judge(payment, f, answer{}, p.now()), nil
}
