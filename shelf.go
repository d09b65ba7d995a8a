package main

import (
	"context"
	"errors"
	"iter"
	"time"

	"kvitt/billing"
	"kvitt/billing/ledger"
	"kvitt/store"
)

// deployment stands for the team in keys of what belongs to whoever runs this Kvitt: the ledger can be filled before any workspace is known.
const deployment = "-"

func newLedger(backend store.Backend, methods []string, now func() time.Time) *ledger.Ledger {
	return ledger.New(shelf{store.Of[ledger.Row](backend, deployment, "ledger")}, methods, now)
}

// shelf keeps the ledger's rows in the store.
type shelf struct{ rows *store.Records[ledger.Row] }

func (s shelf) Load(ctx context.Context, id string) (ledger.Row, error) {
	row, err := s.rows.Load(ctx, id)
	return row, asBilling(err)
}

func (s shelf) Update(ctx context.Context, id string, fn func(*ledger.Row) error) (ledger.Row, error) {
	row, err := s.rows.Update(ctx, id, func(row *ledger.Row) (store.Next, error) { return store.Next{}, fn(row) })
	return row, asBilling(err)
}

func (s shelf) All(ctx context.Context) iter.Seq2[ledger.Row, error] {
	return func(yield func(ledger.Row, error) bool) {
		for item, err := range s.rows.All(ctx) {
			if !yield(item.Rec, asBilling(err)) {
				return
			}
		}
	}
}

// asBilling puts the store's errors into the words of billing.
func asBilling(err error) error {
	switch {
	case errors.Is(err, store.ErrNotFound):
		return errors.Join(billing.ErrNotFound, err)
	case errors.Is(err, store.ErrUnavailable), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return errors.Join(billing.ErrUnavailable, err)
	}
	return err
}
