// Package ledgertest holds a ledger.Shelf in memory, with faults on demand, and the proof that a Shelf keeps its word.
package ledgertest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"
	"time"

	"kvitt/billing"
	"kvitt/billing/ledger"
)

// ErrCut is what a Memory returns in place of an answer that was lost.
var ErrCut = errors.New("the connection to the store broke")

// Fault is what goes wrong with a Memory.
type Fault int

const (
	None      Fault = iota
	CutBefore       // The next Update is not applied, and returns ErrCut. Then None.
	CutAfter        // The next Update is applied, and returns ErrCut. Then None.
	Hang            // Every call blocks until its context ends, and changes nothing.
)

// Memory is a ledger.Shelf for tests. Its zero value is empty and ready. Rows go through JSON, as in a store.
type Memory struct {
	mu    sync.Mutex
	rows  map[string][]byte
	fault Fault
}

// Set makes the given fault happen from now on.
func (m *Memory) Set(fault Fault) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fault = fault
}

// Load implements ledger.Shelf.
func (m *Memory) Load(ctx context.Context, id string) (ledger.Row, error) {
	if err := m.wait(ctx); err != nil {
		return ledger.Row{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	row, err := m.row(id)
	if err == nil && m.rows[id] == nil {
		err = fmt.Errorf("row %s: %w", id, billing.ErrNotFound)
	}
	return row, err
}

// Update implements ledger.Shelf. It runs fn twice, the first time for nothing, so that nobody relies on its running once.
func (m *Memory) Update(ctx context.Context, id string, fn func(*ledger.Row) error) (ledger.Row, error) {
	if err := m.wait(ctx); err != nil {
		return ledger.Row{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var row ledger.Row
	for range 2 {
		var err error
		if row, err = m.row(id); err != nil {
			return ledger.Row{}, err
		}
		if err := fn(&row); err != nil {
			return ledger.Row{}, err
		}
	}
	data, err := json.Marshal(row)
	if err != nil {
		return ledger.Row{}, err
	}
	fault := m.fault
	if fault != None {
		m.fault = None
	}
	if fault != CutBefore {
		if m.rows == nil {
			m.rows = map[string][]byte{}
		}
		m.rows[id] = data
	}
	if fault != None {
		return ledger.Row{}, ErrCut
	}
	return row, nil
}

// Since implements ledger.Shelf. It yields every row, ordered by id, so that nobody relies on its choice.
func (m *Memory) Since(ctx context.Context, _ time.Time) iter.Seq2[ledger.Row, error] {
	return func(yield func(ledger.Row, error) bool) {
		if err := m.wait(ctx); err != nil {
			yield(ledger.Row{}, err)
			return
		}
		m.mu.Lock()
		ids := slices.Sorted(maps.Keys(m.rows))
		m.mu.Unlock()
		for _, id := range ids {
			row, err := m.Load(ctx, id)
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}

func (m *Memory) row(id string) (ledger.Row, error) {
	var row ledger.Row
	if m.rows[id] == nil {
		return row, nil
	}
	err := json.Unmarshal(m.rows[id], &row)
	return row, err
}

// wait blocks while the store hangs. Otherwise it ignores the context, as a store on disk may.
func (m *Memory) wait(ctx context.Context) error {
	m.mu.Lock()
	hang := m.fault == Hang
	m.mu.Unlock()
	if !hang {
		return nil
	}
	<-ctx.Done()
	return ctx.Err()
}
