package sandbox

import (
	"slices"
	"strings"
	"time"
)

type stripeCustomer struct {
	StripeCustomer
	created time.Time
}

type stripeMethod struct {
	StripeMethod
	created time.Time
	serial  int // Order of creation, the newest listed first.
}

type stripeInvoice struct {
	StripeInvoice
	attempts                               int
	finalized, paid, voided, uncollectible time.Time
	intent                                 *stripeIntent // Nil for a draft.
	part                                   *stripeIntent // Paid before, of what was left then; nil where nothing was.
}

// payments are what the list of payments holds, the default one first.
func (inv *stripeInvoice) payments() (all []*stripeIntent) {
	for _, in := range []*stripeIntent{inv.intent, inv.part} {
		if in != nil {
			all = append(all, in)
		}
	}
	return all
}

func (inv *stripeInvoice) remaining() int64 { return inv.Total - inv.AmountPaid }

// stripeIntent is the PaymentIntent of an invoice's default payment.
type stripeIntent struct {
	id        string
	invoice   *stripeInvoice
	payment   string // Id of the InvoicePayment.
	status    string
	method    string
	paid      int64 // What was collected with it.
	created   time.Time
	last      *stripeCharge
	lastError *stripeError
}

type stripeCharge struct {
	StripeCharge
	failure *stripeError
}

func (s *Stripe) newIntent(inv *stripeInvoice) *stripeIntent {
	in := &stripeIntent{id: s.newID("pi"), payment: s.newID("inpay"), invoice: inv, status: "requires_payment_method", created: s.config.Now()}
	if inv.Status == "paid" {
		in.status, in.paid = "succeeded", inv.Total
	}
	s.intents[in.id] = in
	return in
}

// renderInvoice is the Invoice object of 2026-03-25.dahlia, as far as a payer reads it.
func (s *Stripe) renderInvoice(inv *stripeInvoice, expand []string) object {
	o := object{
		"id": inv.ID, "object": "invoice", "livemode": false, "created": inv.Created.Unix(), "metadata": object{},
		"account_name": inv.Biller, "account_country": "IE", "issuer": object{"type": "self"},
		"customer": inv.Customer, "customer_name": nil, "customer_email": nil,
		"number": stripeText(inv.Number), "description": stripeText(inv.Description), "currency": inv.Currency,
		"amount_due": inv.Total, "amount_paid": inv.AmountPaid, "amount_remaining": inv.remaining(), "amount_overpaid": 0,
		"amount_shipping": 0, "subtotal": inv.Total, "total": inv.Total, "starting_balance": 0,
		"status": inv.Status, "collection_method": inv.Collection, "billing_reason": "manual",
		"auto_advance": inv.Status == "open", "attempted": inv.Attempted, "attempt_count": inv.attempts,
		"due_date": stripeTime(inv.Due), "next_payment_attempt": nil,
		"default_payment_method": stripeText(inv.DefaultMethod), "default_source": nil,
		"hosted_invoice_url": nil, "invoice_pdf": nil, "parent": nil, "lines": s.renderLines(inv),
		"status_transitions": object{"finalized_at": stripeTime(inv.finalized), "paid_at": stripeTime(inv.paid),
			"voided_at": stripeTime(inv.voided), "marked_uncollectible_at": stripeTime(inv.uncollectible)},
	}
	if c := s.customers[inv.Customer]; c != nil {
		o["customer_name"], o["customer_email"] = stripeText(c.Name), stripeText(c.Email)
	}
	if inv.Status != "draft" {
		o["hosted_invoice_url"] = s.config.Site + "/i/acct_1Kvitt/test_" + inv.ID + "?s=ap"
		o["invoice_pdf"] = s.config.Site + "/i/acct_1Kvitt/test_" + inv.ID + "/pdf?s=ap"
	}
	if stripeExpands(expand, "payments") {
		payments := []object{}
		for _, in := range inv.payments() {
			payments = append(payments, s.renderInvoicePayment(in, stripeBelow(expand, "payments.data")))
		}
		o["payments"] = stripeList("/v1/invoice_payments", payments, false)
	}
	if m := s.methods[inv.DefaultMethod]; m != nil && stripeExpands(expand, "default_payment_method") {
		o["default_payment_method"] = s.renderMethod(m)
	}
	if c := s.customers[inv.Customer]; c != nil && stripeExpands(expand, "customer") {
		o["customer"] = s.renderCustomer(c)
	}
	return o
}

func (s *Stripe) renderLines(inv *stripeInvoice) object {
	lines := []object{}
	for i, text := range inv.Lines {
		amount := inv.Total
		if i > 0 {
			amount = 0
		}
		lines = append(lines, object{"id": "il_" + strings.TrimPrefix(inv.ID, "in_") + string(rune('a'+i%26)), "object": "line_item",
			"amount": amount, "currency": inv.Currency, "description": text, "livemode": false, "quantity": 1,
			"period": object{"start": inv.Created.Unix(), "end": inv.Created.Unix()}})
	}
	return stripeList("/v1/invoices/"+inv.ID+"/lines", lines, false)
}

func (s *Stripe) renderInvoicePayment(in *stripeIntent, expand []string) object {
	inv, status, paid := in.invoice, "open", any(nil)
	switch in.status {
	case "succeeded":
		status, paid = "paid", in.paid
	case "canceled":
		status = "canceled"
	}
	o := object{"id": in.payment, "object": "invoice_payment", "invoice": inv.ID, "is_default": in != inv.part, "livemode": false,
		"created": in.created.Unix(), "currency": inv.Currency, "amount_paid": paid, "amount_requested": in.asks(), "status": status,
		"payment":            object{"type": "payment_intent", "payment_intent": in.id},
		"status_transitions": object{"paid_at": nil, "canceled_at": nil}}
	if status == "paid" {
		o["status_transitions"] = object{"paid_at": stripeTime(inv.paid), "canceled_at": nil}
	}
	if stripeExpands(expand, "payment.payment_intent") {
		o["payment"] = object{"type": "payment_intent", "payment_intent": s.renderIntent(in, nil)}
	}
	return o
}

// asks is the amount that a payment is about.
func (in *stripeIntent) asks() int64 {
	if in.status == "succeeded" {
		return in.paid
	}
	return in.invoice.remaining()
}

func (s *Stripe) renderIntent(in *stripeIntent, expand []string) object {
	inv := in.invoice
	o := object{"id": in.id, "object": "payment_intent", "amount": in.asks(), "amount_received": 0, "currency": inv.Currency,
		"customer": inv.Customer, "created": in.created.Unix(), "livemode": false, "status": in.status,
		"payment_method": stripeText(in.method), "latest_charge": nil, "last_payment_error": nil, "next_action": nil, "metadata": object{}}
	if in.status == "succeeded" {
		o["amount_received"] = in.paid
	}
	if in.status == "requires_action" {
		o["next_action"] = object{"type": "use_stripe_sdk"}
	}
	if in.last != nil {
		o["latest_charge"] = in.last.ID
		if stripeExpands(expand, "latest_charge") {
			o["latest_charge"] = s.renderCharge(in.last)
		}
	}
	if e := in.lastError; e != nil {
		inner := object{"type": e.kind, "code": e.code, "message": e.message, "decline_code": stripeText(e.decline)}
		if m := s.methods[in.method]; m != nil {
			inner["payment_method"] = s.renderMethod(m)
		}
		o["last_payment_error"] = inner
	}
	return o
}

func (s *Stripe) renderCharge(c *stripeCharge) object {
	o := object{"id": c.ID, "object": "charge", "amount": c.Amount, "currency": c.Currency, "created": c.At.Unix(), "livemode": false,
		"paid": c.Status == "succeeded", "captured": c.Status == "succeeded", "status": c.Status, "payment_intent": c.Intent,
		"payment_method": c.Method, "payment_method_details": nil, "failure_code": nil, "failure_message": nil, "metadata": object{}}
	if m := s.methods[c.Method]; m != nil {
		details := m.details()
		o["payment_method_details"] = object{"type": m.Type, m.Type: details}
	}
	if c.failure != nil {
		o["failure_code"], o["failure_message"] = c.failure.code, c.failure.message
	}
	return o
}

func (s *Stripe) renderMethod(m *stripeMethod) object {
	return object{"id": m.ID, "object": "payment_method", "type": m.Type, m.Type: m.details(), "customer": stripeText(m.Customer),
		"allow_redisplay": m.AllowRedisplay, "created": m.created.Unix(), "livemode": false, "metadata": object{},
		"billing_details": object{"name": nil, "email": nil, "phone": nil, "address": nil}}
}

func (m *stripeMethod) details() object {
	switch m.Type {
	case "card":
		return object{"brand": m.Brand, "display_brand": m.Brand, "last4": m.Last4, "exp_month": m.ExpMonth, "exp_year": m.ExpYear,
			"funding": m.Funding, "country": "IE"}
	case "us_bank_account":
		return object{"bank_name": stripeText(m.BankName), "last4": m.Last4, "account_type": "checking"}
	case "link", "paypal":
		return object{}
	}
	return object{"last4": m.Last4}
}

func (s *Stripe) renderCustomer(c *stripeCustomer) object {
	return object{"id": c.ID, "object": "customer", "name": stripeText(c.Name), "email": stripeText(c.Email), "created": c.created.Unix(),
		"livemode": false, "default_source": nil, "metadata": object{}, "delinquent": false,
		"invoice_settings": object{"default_payment_method": stripeText(c.DefaultMethod), "custom_fields": nil, "footer": nil}}
}

func (s *Stripe) defaultMethod(customer string) string {
	if c := s.customers[customer]; c != nil {
		return c.DefaultMethod
	}
	return ""
}

// stripeText is null for an empty text, as Stripe has it.
func stripeText(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// stripeTime is seconds since 1970, or null.
func stripeTime(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.Unix()
}

// stripeExpands says whether a path, or something below it, is to be expanded.
func stripeExpands(expand []string, path string) bool {
	return slices.ContainsFunc(expand, func(e string) bool { return e == path || strings.HasPrefix(e, path+".") })
}

// stripeBelow is what of the expansions is below a path.
func stripeBelow(expand []string, path string) []string {
	var below []string
	for _, e := range expand {
		if rest, ok := strings.CutPrefix(e, path+"."); ok {
			below = append(below, rest)
		}
	}
	return below
}
