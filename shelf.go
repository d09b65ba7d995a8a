package main

import (
	"context"
	"errors"
	"iter"
	"maps"
	"slices"
	"time"

	"kvitt/billing"
	"kvitt/billing/ledger"
	"kvitt/store"
)

const (
	// deployment stands for the team in keys of what belongs to whoever runs this Kvitt: the ledger can be filled before any workspace is known.
	deployment = "-"
	// rowKind is the kind of documents that hold the ledger's rows.
	rowKind = "ledger"
)

// The lists that the ledger's rows are on, so that a sync reads what it is about, however much was imported before.
const (
	listOpen = "open" // All at one place: a row that stays open never moves while somebody walks the list.
	listDone = "done" // By the moment of the last change.
)

func newLedger(backend store.Backend, methods []string, now func() time.Time) *ledger.Ledger {
	return ledger.New(newShelf(backend), methods, now)
}

// shelf keeps the ledger's rows in the store.
type shelf struct {
	backend store.Backend
	rows    *store.Records[ledger.Row]
	look    bool // Only look: change nothing.
}

func newShelf(backend store.Backend) shelf {
	return shelf{backend: backend, rows: store.Of[ledger.Row](backend, deployment, rowKind)}
}

func (s shelf) Load(ctx context.Context, id string) (ledger.Row, error) {
	row, err := s.rows.Load(ctx, id)
	return row, asBilling(err)
}

func (s shelf) Update(ctx context.Context, id string, fn func(*ledger.Row) error) (ledger.Row, error) {
	row, err := s.rows.Update(ctx, id, func(row *ledger.Row) (store.Next, error) {
		err := fn(row)
		if row.Open() {
			return store.Next{List: listOpen}, err
		}
		return store.Next{List: listDone, Place: row.Changed}, err
	})
	return row, asBilling(err)
}

// Since reads what is open after what is done, so that a row that is opened again meanwhile is found.
func (s shelf) Since(ctx context.Context, since time.Time) iter.Seq2[ledger.Row, error] {
	return func(yield func(ledger.Row, error) bool) {
		for _, rows := range []iter.Seq2[ledger.Row, error]{s.changed(ctx, since), s.open(ctx), s.relisted(ctx)} {
			for row, err := range rows {
				if !yield(row, asBilling(err)) || err != nil && !unreadable(err) {
					return
				}
			}
		}
	}
}

// changed yields what is done and changed since, the newest first.
func (s shelf) changed(ctx context.Context, since time.Time) iter.Seq2[ledger.Row, error] {
	return func(yield func(ledger.Row, error) bool) {
		if since.IsZero() {
			return
		}
		// Rows of one microsecond have one place, in no order.
		since = since.Truncate(time.Microsecond)
		for item, err := range s.rows.Listed(ctx, listDone, true) {
			if err == nil && item.Rec.Changed.Before(since) || !yield(item.Rec, err) {
				return
			}
		}
	}
}

func (s shelf) open(ctx context.Context) iter.Seq2[ledger.Row, error] {
	return func(yield func(ledger.Row, error) bool) {
		for item, err := range s.rows.Listed(ctx, listOpen, false) {
			if !yield(item.Rec, err) {
				return
			}
		}
	}
}

// relisted yields the rows that were on no list, and puts them on theirs unless it only looks. An older Kvitt wrote them; one may still run beside
// this one.
func (s shelf) relisted(ctx context.Context) iter.Seq2[ledger.Row, error] {
	return func(yield func(ledger.Row, error) bool) {
		ids, err := s.unlisted(ctx)
		if err != nil {
			yield(ledger.Row{}, err)
			return
		}
		read := func(id string) (ledger.Row, error) { return s.Update(ctx, id, func(*ledger.Row) error { return nil }) }
		if s.look {
			read = func(id string) (ledger.Row, error) { return s.Load(ctx, id) }
		}
		for _, id := range ids {
			row, err := read(id)
			if !yield(row, err) {
				return
			}
		}
	}
}

// unlisted returns the ids of the rows that are on no list. It reads no row.
func (s shelf) unlisted(ctx context.Context) ([]string, error) {
	unlisted := map[string]bool{}
	for id, err := range s.backend.IDs(ctx, deployment, rowKind) {
		if err != nil {
			return nil, err
		}
		unlisted[id] = true
	}
	for _, list := range []string{listOpen, listDone} {
		for id, err := range s.rows.IDs(ctx, list) {
			if err != nil {
				return nil, err
			}
			delete(unlisted, id)
		}
	}
	return slices.Sorted(maps.Keys(unlisted)), nil
}

// unreadable reports whether an error is about one row only.
func unreadable(err error) bool {
	_, damaged := errors.AsType[*store.DamagedError](err)
	return damaged
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
