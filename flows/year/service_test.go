package year

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"kvitt/billing"
)

// service is a billing service in memory. It charges, declines, dawdles and cuts the line, as the dice say for each payment's key.
type service struct {
	y *year

	mu      sync.Mutex
	bills   map[string]*bill
	order   []string
	charges []charge
	keys    map[string]*payment
	pending []*payment // Debits.
	drafts  []billing.Invoice
}

// bill is an invoice, when it came to be as it is, and since when Kvitt was told so.
type bill struct {
	inv     billing.Invoice
	changed time.Time
	told    time.Time // When Kvitt took in what is now so; zero: it has not.
	first   time.Time // When Kvitt took it in for the first time.
	paid    time.Time
	payer   string // Who charged it; empty: paid elsewhere.
}

type charge struct {
	invoice, key, by string
	at               time.Time
}

// payment is what the service remembers of a key.
type payment struct {
	asked  billing.Payment
	word   string
	out    billing.Outcome
	clears time.Time // When a debit clears, or bounces.
}

func newService(y *year) *service {
	return &service{y: y, bills: map[string]*bill{}, keys: map[string]*payment{}}
}

// change changes an invoice, or makes it.
func (s *service) change(id string, fn func(*bill)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.bills[id]
	if b == nil {
		b = &bill{}
		s.bills[id], s.order = b, append(s.order, id)
	}
	fn(b)
	b.changed, b.told = time.Now(), time.Time{}
}

// bill is a copy of one as it is now.
func (s *service) bill(id string) bill {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clear()
	return *s.bills[id]
}

func (s *service) ids() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.order)
}

// Name implements billing.Provider; so do the others.
func (s *service) Name() string                                        { return "year" }
func (s *service) Way() billing.Way                                    { return billing.Pays }
func (s *service) KeyLife() time.Duration                              { return day }
func (s *service) private() (string, error)                            { return "https://pay.test/secret", nil }
func (s *service) PrivateLink(context.Context, string) (string, error) { return s.private() }
func (s *service) MethodsLink(context.Context, billing.Invoice, string) (string, error) {
	return s.private()
}

func (s *service) down() bool {
	if s.y.how(s.y.window("service")) != "down" {
		return false
	}
	s.y.met("service", "down")
	return true
}

// Invoices lists what is open or changed, as it was when the listing began; in bad hours slowly, and in any order.
func (s *service) Invoices(ctx context.Context, since time.Time) iter.Seq2[billing.Invoice, error] {
	return func(yield func(billing.Invoice, error) bool) {
		if s.down() {
			yield(billing.Invoice{}, billing.ErrUnavailable)
			return
		}
		list, versions := s.snapshot(since)
		for i, inv := range list {
			s.dawdle(ctx)
			if s.down() {
				yield(billing.Invoice{}, billing.ErrUnavailable)
				return
			}
			if !yield(inv, nil) {
				return
			}
			s.told(inv.ID, versions[i])
		}
	}
}

func (s *service) snapshot(since time.Time) (list []billing.Invoice, versions []time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clear()
	ids := slices.Clone(s.order)
	if w := s.y.window("service"); w != nil && w.how == "disorder" {
		s.y.met("service", "disorder")
		slices.SortFunc(ids, func(a, b string) int { return s.y.dice(a) - s.y.dice(b) })
	}
	for _, id := range ids {
		if b := s.bills[id]; b.inv.Status == billing.Open && b.inv.AmountDue.Minor > 0 || !since.IsZero() && !b.changed.Before(since) {
			list, versions = append(list, b.inv), append(versions, b.changed)
		}
	}
	return list, versions
}

// told notes that Kvitt took an invoice in: it asked for the next one.
func (s *service) told(id string, version time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b := s.bills[id]; b.changed.Equal(version) && b.told.IsZero() {
		b.told = time.Now()
	}
	if b := s.bills[id]; b.first.IsZero() {
		b.first = time.Now()
	}
}

// dawdle takes its time, in slow hours.
func (s *service) dawdle(ctx context.Context) {
	if s.y.how(s.y.window("service")) != "slow" {
		return
	}
	s.y.met("service", "slow")
	select {
	case <-ctx.Done():
	case <-time.After(time.Second):
	}
}

// Ping implements billing.Provider.
func (s *service) Ping(ctx context.Context) error {
	s.dawdle(ctx)
	if s.down() {
		return billing.ErrUnavailable
	}
	return nil
}

func (s *service) Invoice(ctx context.Context, id string) (billing.Invoice, error) {
	s.dawdle(ctx)
	if s.down() {
		return billing.Invoice{}, billing.ErrUnavailable
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clear()
	b := s.bills[id]
	if b == nil {
		return billing.Invoice{}, fmt.Errorf("%s: %w", id, billing.ErrNotFound)
	}
	return b.inv, nil
}

func (s *service) Methods(context.Context, billing.Invoice) ([]billing.Method, error) {
	if s.down() {
		return nil, billing.ErrUnavailable
	}
	return []billing.Method{{ID: "visa", Short: "Visa •••• 4242", Expires: "04/27", Default: true}, {ID: "debit", Short: "Bank debit"}}, nil
}
