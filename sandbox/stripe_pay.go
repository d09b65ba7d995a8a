package sandbox

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// stripeCause is the request that made something happen; zero for what Stripe does by itself.
type stripeCause struct{ request, key string }

// payInvoice is POST /v1/invoices/{id}/pay (docs.stripe.com/api/invoices/pay).
func (s *Stripe) payInvoice(req *stripeRequest) (object, *stripeError) {
	for _, name := range []string{"off_session", "forgive", "paid_out_of_band"} {
		if _, err := req.truth(name, false); err != nil {
			return nil, err
		}
	}
	body, charge, err := s.payNow(req)
	if charge != nil && s.config.OnCharge != nil {
		s.config.OnCharge(*charge)
	}
	return body, err
}

func (s *Stripe) payNow(req *stripeRequest) (object, *StripeCharge, *stripeError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	inv := s.invoices[req.id]
	if inv == nil {
		return nil, nil, stripeMissing("invoice", req.id)
	}
	if err := s.payable(inv); err != nil {
		return nil, nil, err
	}
	cause := stripeCause{request: req.reqID, key: req.key}
	if req.form.Get("paid_out_of_band") == "true" {
		s.settle(inv, cause)
		return s.renderInvoice(inv, req.expand), nil, nil
	}
	method, err := s.usableMethod(inv, req.form.Get("payment_method"))
	if err != nil {
		return nil, nil, err
	}
	charge, err := s.collect(inv, method, cause)
	if err != nil {
		return nil, charge, err
	}
	return s.renderInvoice(inv, req.expand), charge, nil
}

// payable says why an invoice cannot be paid. There is no code for "already paid", only the sentence.
func (s *Stripe) payable(inv *stripeInvoice) *stripeError {
	switch {
	case inv.Status == "paid" && !s.config.NoGuardButTheKey:
		return stripeRejected("", "", "Invoice is already paid")
	case inv.Status == "draft" || inv.Status == "void":
		return stripeRejected("invoice_not_editable", "", "This invoice can not be paid: it is "+inv.Status+".")
	case inv.intent.status == "processing" && !s.config.NoGuardButTheKey:
		return stripeRejected("payment_intent_unexpected_state", "", "This invoice has a payment that is still processing.")
	}
	return nil
}

func (s *Stripe) usableMethod(inv *stripeInvoice, id string) (*stripeMethod, *stripeError) {
	id = cmp.Or(id, inv.DefaultMethod, s.defaultMethod(inv.Customer))
	m := s.methods[id]
	switch {
	case id == "":
		return nil, stripeRejected("resource_missing", "payment_method", "There is no default_payment_method set on this Customer or Invoice. "+
			"Please set a default_payment_method prior to attempting payment.")
	case m == nil:
		return nil, stripeRejected("resource_missing", "payment_method", "No such PaymentMethod: '"+id+"'")
	case m.Customer != inv.Customer:
		return nil, stripeRejected("resource_missing", "payment_method", fmt.Sprintf("The customer does not have a payment method with the ID %s. "+
			"The payment method must be attached to the customer.", id))
	}
	return m, nil
}

// collect tries one payment of what is left; the caller holds the lock.
func (s *Stripe) collect(inv *stripeInvoice, m *stripeMethod, cause stripeCause) (*StripeCharge, *stripeError) {
	if inv.intent.status == "succeeded" {
		inv.intent = s.newIntent(inv) // Only where nothing but the key guards.
	}
	inv.attempts++
	inv.Attempted = true
	inv.intent.method = m.ID
	if decline := s.declineOf(inv, m); decline != "" {
		return nil, s.fail(inv, m, decline, cause)
	}
	status := "succeeded"
	if m.slow() {
		status = "pending"
	}
	charge := StripeCharge{ID: s.newID("ch"), Invoice: inv.ID, Intent: inv.intent.id, Key: cause.key, Method: m.ID,
		Amount: inv.remaining(), Currency: inv.Currency, Status: status, At: s.config.Now()}
	if inv.Status == "paid" {
		charge.Amount = inv.Total
	}
	s.charges = append(s.charges, charge)
	s.loseLine(inv)
	inv.intent.last = &stripeCharge{StripeCharge: charge}
	inv.intent.lastError = nil
	if m.slow() {
		inv.intent.status = "processing"
		s.emit("payment_intent.processing", s.renderIntent(inv.intent, nil), cause)
		return &charge, nil
	}
	s.succeed(inv, cause)
	return &charge, nil
}

func (s *Stripe) declineOf(inv *stripeInvoice, m *stripeMethod) string {
	if planned := s.plannedDecline(inv); planned != "" {
		return planned
	}
	if len(s.declines) > 0 {
		next := s.declines[0]
		s.declines = s.declines[1:]
		return next
	}
	if m.expired(s.config.Now()) {
		return "expired_card"
	}
	return m.Decline
}

// fail notes a declined payment on invoice and intent.
func (s *Stripe) fail(inv *stripeInvoice, m *stripeMethod, decline string, cause stripeCause) *stripeError {
	err, event := stripeDecline(decline), "invoice.payment_failed"
	inv.intent.status = "requires_payment_method"
	inv.intent.lastError = err
	if decline == "requires_action" {
		inv.intent.status, inv.intent.lastError = "requires_action", nil
		event = "invoice.payment_action_required"
	} else {
		inv.intent.last = &stripeCharge{failure: err, StripeCharge: StripeCharge{ID: s.newID("ch"), Invoice: inv.ID, Intent: inv.intent.id,
			Method: m.ID, Amount: inv.remaining(), Currency: inv.Currency, Status: "failed", At: s.config.Now()}}
	}
	err.intent = s.renderIntent(inv.intent, nil)
	s.emit(event, s.renderInvoice(inv, nil), cause)
	return err
}

// succeed ends a payment with its money; the caller holds the lock.
func (s *Stripe) succeed(inv *stripeInvoice, cause stripeCause) {
	inv.intent.status, inv.intent.paid = "succeeded", inv.intent.last.Amount
	s.settle(inv, cause)
}

// settle makes an invoice paid and says so; the caller holds the lock.
func (s *Stripe) settle(inv *stripeInvoice, cause stripeCause) {
	inv.Status, inv.AmountPaid = "paid", inv.Total
	if inv.paid.IsZero() {
		inv.paid = s.config.Now()
	}
	if inv.intent.status == "succeeded" {
		s.emit("payment_intent.succeeded", s.renderIntent(inv.intent, nil), cause)
		s.emit("invoice_payment.paid", s.renderInvoicePayment(inv.intent, nil), cause)
		s.emit("invoice.payment_succeeded", s.renderInvoice(inv, nil), cause)
	}
	s.emit("invoice.paid", s.renderInvoice(inv, nil), cause)
}

// Clear lets the bank debit of an invoice come through.
func (s *Stripe) Clear(invoice string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clear(s.mustInvoice(invoice))
}

func (s *Stripe) clear(inv *stripeInvoice) {
	s.endDebit(inv, "succeeded")
	s.succeed(inv, stripeCause{})
}

// ripen lets through what has been on its way long enough; the caller holds the lock.
func (s *Stripe) ripen() {
	for _, id := range s.order {
		in := s.invoices[id].intent
		if s.config.ClearAfter > 0 && in != nil && in.status == "processing" && s.config.Now().Sub(in.last.At) >= s.config.ClearAfter {
			s.clear(in.invoice)
		}
	}
}

// Bounce lets the bank debit of an invoice fail, days after it was accepted.
func (s *Stripe) Bounce(invoice, decline string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	inv, err := s.mustInvoice(invoice), stripeDecline(decline)
	s.endDebit(inv, "failed")
	inv.intent.status, inv.intent.lastError, inv.intent.last.failure = "requires_payment_method", err, err
	s.emit("invoice.payment_failed", s.renderInvoice(inv, nil), stripeCause{})
}

func (s *Stripe) endDebit(inv *stripeInvoice, status string) {
	if inv.intent.status != "processing" {
		panic("the pretend Stripe has no debit on its way for " + inv.ID)
	}
	at := slices.IndexFunc(s.charges, func(c StripeCharge) bool { return c.ID == inv.intent.last.ID })
	s.charges[at].Status = status
	inv.intent.last.Status = status
}

// Authenticate is the person who authenticates the waiting payment on the hosted page.
func (s *Stripe) Authenticate(invoice string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	inv := s.invoices[invoice]
	if inv == nil || inv.intent == nil || !inv.intent.waits() {
		return fmt.Errorf("nothing waits to be authenticated for %s", invoice)
	}
	m := s.methods[inv.intent.method]
	if m == nil {
		return fmt.Errorf("nothing waits to be authenticated for %s", invoice)
	}
	able := *m
	able.Decline = ""
	_, err := s.collect(inv, &able, stripeCause{})
	return err.orNil()
}

// PayHosted is somebody who pays on the hosted page, with a method of the customer's. It returns the decline, if any.
func (s *Stripe) PayHosted(invoice, method string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	inv := s.mustInvoice(invoice)
	err := s.payable(inv)
	if err != nil {
		return err.orNil()
	}
	m, err := s.usableMethod(inv, method)
	if err == nil {
		_, err = s.collect(inv, m, stripeCause{})
	}
	return err.orNil()
}

// Collect is Stripe's own automatic collection with the default method. It returns the decline, if any.
func (s *Stripe) Collect(invoice string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	inv := s.mustInvoice(invoice)
	m, err := s.usableMethod(inv, "")
	if err == nil {
		_, err = s.collect(inv, m, stripeCause{})
	}
	return err.orNil()
}

// expired says whether a card's month is over.
func (m *stripeMethod) expired(now time.Time) bool {
	return m.Type == "card" && !now.Before(time.Date(m.ExpYear, time.Month(m.ExpMonth)+1, 1, 0, 0, 0, 0, time.UTC))
}

func (m *stripeMethod) slow() bool {
	return slices.Contains([]string{"sepa_debit", "us_bank_account", "bacs_debit"}, m.Type)
}
