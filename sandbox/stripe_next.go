package sandbox

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// StripeNext is how the next payment ends that somebody asks for.
type StripeNext string

// How a payment can end. All but the first are for one payment only.
const (
	StripeGoesThrough StripeNext = "goes through"   // As its method has it.
	StripeIsDeclined  StripeNext = "is declined"    // By the bank, whatever the method.
	StripeAsks        StripeNext = "asks"           // The bank wants the person to authenticate, which nobody can off session.
	StripeLosesLine   StripeNext = "loses the line" // Money moves; then nobody gets an answer, and for stripeDark nobody gets through.
	stripeDark                   = 8 * time.Second  // Longer than a caller's own second look, so that nothing but patience helps.
	stripeDeclined               = "do_not_honor"   // A decline without more of a reason (docs.stripe.com/declines/codes).
	stripeAsksPerson             = "authentication_required"
)

// stripeChoices is in the order in which people are asked.
var stripeChoices = []StripeNext{StripeGoesThrough, StripeIsDeclined, StripeAsks, StripeLosesLine}

// StripePlan is what was chosen for the next payment, and what became of the choice before.
type StripePlan struct {
	Choice  StripeNext
	Used    StripeNext // The last choice that a payment met; empty when none has.
	UsedFor string     // Number of that payment's invoice.
	UsedAt  time.Time
}

// ErrNotOpen says that an invoice is not open (any more), so that there is nothing to change about it.
var ErrNotOpen = errors.New("the invoice is not open any more")

// PlanNext chooses how the next payment ends, in place of what was chosen before.
func (s *Stripe) PlanNext(choice StripeNext) error {
	if !slices.Contains(stripeChoices, choice) {
		return fmt.Errorf("no payment ends with %q", choice)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.plan = StripePlan{Choice: choice}
	return nil
}

// Plan tells what was chosen for the next payment.
func (s *Stripe) Plan() StripePlan {
	s.mu.Lock()
	defer s.mu.Unlock()
	plan := s.plan
	if plan.Choice == "" {
		plan.Choice = StripeGoesThrough
	}
	return plan
}

// planned uses the choice up if it is one of these; the caller holds the lock.
func (s *Stripe) planned(inv *stripeInvoice, choices ...StripeNext) StripeNext {
	choice := s.plan.Choice
	if !slices.Contains(choices, choice) {
		return ""
	}
	s.plan = StripePlan{Choice: StripeGoesThrough, Used: choice, UsedFor: inv.Number, UsedAt: s.config.Now()}
	return choice
}

// plannedDecline is the code with which the payment that is under way was chosen to be declined; empty when it was not.
func (s *Stripe) plannedDecline(inv *stripeInvoice) string {
	switch s.planned(inv, StripeIsDeclined, StripeAsks) {
	case StripeIsDeclined:
		return stripeDeclined
	case StripeAsks:
		return stripeAsksPerson
	}
	return ""
}

// loseLine ends the line for a while, now that money has moved, if that was chosen.
func (s *Stripe) loseLine(inv *stripeInvoice) {
	if s.planned(inv, StripeLosesLine) != "" {
		s.darkUntil = s.config.Now().Add(stripeDark)
	}
}

// dark says whether nobody gets through at the moment, and no answer out.
func (s *Stripe) dark() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.config.Now().Before(s.darkUntil)
}

// Invoices lists every invoice as it is now, oldest first.
func (s *Stripe) Invoices() []StripeInvoice {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ripen()
	var all []StripeInvoice
	for _, id := range s.order {
		inv := s.invoices[id].StripeInvoice
		inv.Lines = slices.Clone(inv.Lines)
		all = append(all, inv)
	}
	return all
}

// ifOpen does something to an invoice as its issuer would, if it is open and no debit on its way; ErrNotOpen otherwise.
func (s *Stripe) ifOpen(id string, do func(*stripeInvoice)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	inv := s.invoices[id]
	switch {
	case inv == nil:
		return fmt.Errorf("%q: the pretend Stripe has no such invoice", id)
	case inv.Status != "open" || inv.intent.status == "processing":
		return fmt.Errorf("%s is %s: %w", inv.Number, inv.Status, ErrNotOpen)
	}
	do(inv)
	return nil
}
