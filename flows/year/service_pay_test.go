package year

import (
	"context"
	"slices"
	"time"

	"kvitt/billing"
)

// Pay charges an invoice once, or does what the dice say for the key: declines, takes a debit that clears in days, or cuts the line before or after.
func (s *service) Pay(ctx context.Context, p billing.Payment) (billing.Outcome, error) {
	s.dawdle(ctx)
	if s.down() {
		return billing.Outcome{}, billing.ErrUnavailable
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clear()
	if known := s.keys[p.Key]; known != nil && known.word != "cut before" {
		return known.out, nil
	}
	b := s.bills[p.Invoice]
	switch {
	case b.inv.Status == billing.Paid:
		return billing.Outcome{Progress: billing.Elsewhere, Invoice: b.inv}, nil
	case b.inv.Status != billing.Open || b.inv.AmountDue != p.Amount:
		return billing.Outcome{Progress: billing.Changed, Invoice: b.inv}, nil
	}
	word := s.word(p)
	if s.keys[p.Key] != nil {
		word = "charged" // The line is cut before once only.
	}
	known := &payment{asked: p, word: word}
	s.keys[p.Key] = known
	s.y.counts.add("payments", word)
	if word != "charged" {
		s.y.met("payment", word)
	}
	s.y.tell(p.Invoice, "the billing service is asked to pay by %s: %s", p.By, word)
	switch word {
	case "declined":
		known.out = billing.Outcome{Progress: billing.Refused, Decline: billing.InsufficientFunds}
	case "debit", "bouncing debit":
		known.out, known.clears = billing.Outcome{Progress: billing.Submitted}, time.Now().Add(50*time.Hour)
		s.pending = append(s.pending, known)
	case "cut before":
		return billing.Outcome{Progress: billing.Unclear}, nil
	default:
		known.out = s.settle(p.Invoice, p.Key, p.By)
		if word == "cut after" {
			return billing.Outcome{Progress: billing.Unclear}, nil
		}
	}
	return known.out, nil
}

func (s *service) word(p billing.Payment) string {
	switch n := s.y.dice("pay", p.Invoice, p.Key); {
	case n < 20:
		return "declined"
	case n < 28:
		return "cut after"
	case n < 36:
		return "cut before"
	case n < 44:
		return "debit"
	case n < 48:
		return "bouncing debit"
	}
	return "charged"
}

// settle moves the money.
func (s *service) settle(id, key, by string) billing.Outcome {
	b, now := s.bills[id], time.Now()
	s.charges = append(s.charges, charge{id, key, by, now})
	b.inv.Status, b.inv.AmountDue.Minor, b.inv.Settlement = billing.Paid, 0, billing.Settlement{At: now, Method: "Visa •••• 4242", Key: key}
	b.changed, b.told, b.paid, b.payer = now, now, now, by
	return billing.Outcome{Progress: billing.Settled, Method: "Visa •••• 4242", At: now, Invoice: b.inv}
}

// clear ends the debits whose days are over.
func (s *service) clear() {
	s.pending = slices.DeleteFunc(s.pending, func(p *payment) bool {
		if time.Now().Before(p.clears) {
			return false
		}
		switch b := s.bills[p.asked.Invoice]; {
		case p.word == "bouncing debit", b.inv.Status != billing.Open, b.inv.AmountDue != p.asked.Amount:
			p.out = billing.Outcome{Progress: billing.Refused, Decline: billing.InsufficientFunds}
		default:
			p.out = s.settle(p.asked.Invoice, p.asked.Key, p.asked.By)
		}
		return true
	})
}

// Status tells what became of a key.
func (s *service) Status(ctx context.Context, p billing.Payment) (billing.Outcome, error) {
	s.dawdle(ctx)
	if s.down() {
		return billing.Outcome{}, billing.ErrUnavailable
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clear()
	known := s.keys[p.Key]
	if known == nil || known.word == "cut before" {
		return billing.Outcome{Progress: billing.NotStarted}, nil
	}
	return known.out, nil
}

// paidBy lists the numbers of the invoices that somebody paid, or tried to.
func (s *service) paidBy(user string) (numbers []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.keys {
		if p.asked.By == user {
			numbers = append(numbers, s.bills[p.asked.Invoice].inv.Number)
		}
	}
	return numbers
}

// mortal is the service as one replica reaches it: a dead one moves no money.
type mortal struct {
	*service
	life *life
}

func (m mortal) Pay(ctx context.Context, p billing.Payment) (billing.Outcome, error) {
	if m.life.dead.Load() {
		return billing.Outcome{}, billing.ErrUnavailable
	}
	out, err := m.service.Pay(ctx, p)
	if m.life.dead.Load() {
		return billing.Outcome{}, errDead
	}
	return out, err
}
