package sandbox

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// StripeCustomer is a customer to put into the pretend Stripe.
type StripeCustomer struct {
	ID            string // Default: the next free id.
	Name, Email   string
	DefaultMethod string // invoice_settings.default_payment_method; may name a method that is added later.
}

// StripeMethod is a payment method to put into the pretend Stripe.
type StripeMethod struct {
	ID             string // Default: the next free id.
	Customer       string
	Type           string // Default "card". "sepa_debit", "us_bank_account" and "bacs_debit" clear later.
	Brand          string // Of a card; default "visa".
	Last4          string // Default "4242".
	ExpMonth       int    // Of a card; default 12.
	ExpYear        int    // Of a card; default: two years ahead.
	Funding        string // Of a card; default "credit".
	BankName       string // Of a us_bank_account.
	AllowRedisplay string // Default "unspecified", as at Stripe.

	// Decline is the code with which every payment by it is declined: "generic", "insufficient_funds", "expired_card",
	// "incorrect_cvc", "lost_card", "fraudulent", "authentication_required" or any other that Stripe documents;
	// "requires_action" leaves the payment waiting for the person.
	Decline string
}

// StripeInvoice is an invoice to put into the pretend Stripe. Amounts are in Stripe's own minor units.
type StripeInvoice struct {
	ID            string // Default: the next free id.
	Number        string // Default: from the id. A draft has none.
	Customer      string
	Biller        string // account_name; default: the account's name.
	Description   string
	Lines         []string  // Descriptions of the lines; the first carries the amount. Default: one line.
	Currency      string    // Lower case; default "eur".
	Total         int64     //
	AmountPaid    int64     // Paid in part already.
	Due           time.Time // Zero: due_date null.
	Collection    string    // Default "send_invoice".
	DefaultMethod string
	Status        string    // Default "open".
	Attempted     bool      // An automatic collection was tried and failed.
	Created       time.Time // Default: now.
}

// StripeCharge is one time that money moved, or is on its way.
type StripeCharge struct {
	ID       string
	Invoice  string
	Intent   string
	Key      string // Idempotency key of the request; empty for what Stripe or the customer did by themselves.
	Method   string
	Amount   int64
	Currency string
	Status   string // "succeeded", "pending" (a bank debit that clears later) or "failed" (one that bounced).
	At       time.Time
}

// AddCustomer adds a customer and returns its id.
func (s *Stripe) AddCustomer(c StripeCustomer) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.ID = cmp.Or(c.ID, s.newID("cus"))
	s.customers[c.ID] = &stripeCustomer{StripeCustomer: c, created: s.config.Now()}
	return c.ID
}

// AddMethod adds a payment method and returns its id.
func (s *Stripe) AddMethod(m StripeMethod) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	m.ID = cmp.Or(m.ID, s.newID("pm"))
	m.Type = cmp.Or(m.Type, "card")
	m.Last4 = cmp.Or(m.Last4, "4242")
	m.AllowRedisplay = cmp.Or(m.AllowRedisplay, "unspecified")
	if m.Type == "card" {
		m.Brand = cmp.Or(m.Brand, "visa")
		m.Funding = cmp.Or(m.Funding, "credit")
		m.ExpMonth = cmp.Or(m.ExpMonth, 12)
		m.ExpYear = cmp.Or(m.ExpYear, s.config.Now().Year()+2)
	}
	s.serial++
	s.methods[m.ID] = &stripeMethod{StripeMethod: m, created: s.config.Now(), serial: s.serial}
	return m.ID
}

// DetachMethod takes a payment method off its customer.
func (s *Stripe) DetachMethod(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.methods[id].Customer = ""
}

// AddInvoice adds an invoice and returns its id.
func (s *Stripe) AddInvoice(in StripeInvoice) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.config.Now()
	in.ID = cmp.Or(in.ID, s.newID("in"))
	in.Status = cmp.Or(in.Status, "open")
	in.Biller = cmp.Or(in.Biller, s.config.Name)
	in.Currency = cmp.Or(in.Currency, "eur")
	in.Collection = cmp.Or(in.Collection, "send_invoice")
	if in.Created.IsZero() {
		in.Created = now
	}
	if in.Number == "" && in.Status != "draft" {
		in.Number = fmt.Sprintf("KV-%04d", len(s.order)+1)
	}
	if len(in.Lines) == 0 {
		in.Lines = []string{cmp.Or(in.Description, "Services")}
	}
	inv := &stripeInvoice{StripeInvoice: in}
	if in.Attempted {
		inv.attempts = 1
	}
	if in.Status != "draft" {
		inv.finalized = in.Created
		inv.intent = s.newIntent(inv)
	}
	if in.Status == "open" && in.AmountPaid > 0 {
		inv.part = s.newIntent(inv)
		inv.part.status, inv.part.paid = "succeeded", in.AmountPaid
	}
	s.invoices[in.ID] = inv
	s.order = append(s.order, in.ID)
	switch in.Status {
	case "paid":
		inv.AmountPaid, inv.paid = in.Total, now
	case "void":
		inv.voided = now
	case "uncollectible":
		inv.uncollectible = now
	}
	return in.ID
}

// ChangeAmount makes an open invoice be another amount in total, as a credit note does.
func (s *Stripe) ChangeAmount(invoice string, total int64) {
	s.change(invoice, func(inv *stripeInvoice) { s.changeAmount(inv, total) })
}

// Void cancels an invoice.
func (s *Stripe) Void(invoice string) {
	s.change(invoice, s.void)
}

// MarkUncollectible writes an invoice off. It can still be paid.
func (s *Stripe) MarkUncollectible(invoice string) {
	s.change(invoice, func(inv *stripeInvoice) {
		inv.Status, inv.uncollectible = "uncollectible", s.config.Now()
		s.emit("invoice.marked_uncollectible", s.renderInvoice(inv, nil), stripeCause{})
	})
}

// SettleElsewhere pays an invoice out of band, as its issuer does in the dashboard when a bank transfer came. It is no charge.
func (s *Stripe) SettleElsewhere(invoice string) { s.change(invoice, s.settleElsewhere) }

// change alters an invoice as its issuer would; a name that does not exist is a defect of the test and panics.
func (s *Stripe) change(invoice string, how func(*stripeInvoice)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	how(s.mustInvoice(invoice))
}

func (s *Stripe) changeAmount(inv *stripeInvoice, total int64) {
	inv.Total = total
	s.emit("invoice.updated", s.renderInvoice(inv, nil), stripeCause{})
}

func (s *Stripe) void(inv *stripeInvoice) {
	inv.Status, inv.voided = "void", s.config.Now()
	s.emit("invoice.voided", s.renderInvoice(inv, nil), stripeCause{})
}

func (s *Stripe) settleElsewhere(inv *stripeInvoice) {
	inv.intent.status = "canceled"
	s.settle(inv, stripeCause{})
}

func (s *Stripe) mustInvoice(id string) *stripeInvoice {
	inv := s.invoices[id]
	if inv == nil {
		panic("the pretend Stripe has no invoice " + id)
	}
	return inv
}

// DeclineNext declines the next payment with a code, whatever its method.
func (s *Stripe) DeclineNext(code string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.declines = append(s.declines, code)
}

// OnCall has fn called with every further request and the body of its answer once it is answered or cut off; nil ends it.
func (s *Stripe) OnCall(fn func(StripeCall, []byte)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onCall = fn
}

// Charges lists every time that money moved for an invoice, or is on its way; of all invoices for an empty id.
func (s *Stripe) Charges(invoice string) []StripeCharge {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.charges), func(c StripeCharge) bool { return invoice != "" && c.Invoice != invoice })
}

// Calls lists every request that arrived, oldest first.
func (s *Stripe) Calls() []StripeCall {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// Status tells an invoice's status and what is left to pay on it; empty for an id that does not exist.
func (s *Stripe) Status(invoice string) (status string, remaining int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	inv := s.invoices[invoice]
	if inv == nil {
		return "", 0
	}
	return inv.Status, inv.remaining()
}
