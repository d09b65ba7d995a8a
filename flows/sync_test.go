package flows

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kvitt/billing"
	"kvitt/store"
	"kvitt/store/storetest"
)

// register is a billing service that has these open invoices, in this order.
type register struct {
	billing.Provider
	has []billing.Invoice
}

func (s *register) Name() string { return "stripe" }

func (s *register) Invoices(context.Context, time.Time) iter.Seq2[billing.Invoice, error] {
	return func(yield func(billing.Invoice, error) bool) {
		for _, inv := range s.has {
			if !yield(inv, nil) {
				return
			}
		}
	}
}

func (s *register) Invoice(_ context.Context, id string) (billing.Invoice, error) {
	return billing.Invoice{}, fmt.Errorf("invoice %q: %w", id, billing.ErrNotFound)
}

func numbered(n int) billing.Invoice {
	inv := anInvoice()
	inv.ID, inv.Number = fmt.Sprintf("stripe:in_%d", n), fmt.Sprintf("INV-%d", n)
	return inv
}

func TestASyncThatLearnsNothingReadsEachRecordOnceAndWritesNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mem := &counting{Backend: storetest.Memory(time.Now)}
		service := &register{has: []billing.Invoice{numbered(1), numbered(2), numbered(3)}}
		f := replicaOf(mem, service)
		must(f.syncProvider(t.Context(), service))
		time.Sleep(time.Hour)
		mem.loads.Store(0)
		mem.writes.Store(0)
		must(f.syncUnnamed(t.Context()))
		must(f.syncProvider(t.Context(), service))
		if loads, writes := mem.loads.Load(), mem.writes.Load(); loads != 3 || writes != 0 {
			t.Errorf("of three invoices %d records were read and %d written", loads, writes)
		}
	})
}

func TestARecordThatCannotBeReadKeepsASyncFromNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mem := storetest.Memory(time.Now)
		service := &register{has: []billing.Invoice{numbered(1), numbered(2), numbered(3)}}
		f := replicaOf(mem, service)
		var log bytes.Buffer
		f.Log = slog.New(slog.NewTextHandler(&log, nil))
		must(f.syncProvider(t.Context(), service))
		for _, n := range []int{1, 2} { // One is listed the next time, the other one is asked about.
			key := store.Key{Team: team, Kind: KindInvoice, ID: numbered(n).ID}
			doc, err := mem.Load(t.Context(), key)
			must(err)
			must(mem.Write(t.Context(), store.Write{Key: key, If: doc.Version, Body: []byte("{"), List: listOpen, Head: doc.Head}))
		}
		service.has = []billing.Invoice{numbered(1), numbered(4)}
		time.Sleep(time.Hour)
		if err := f.syncProvider(t.Context(), service); err != nil {
			t.Errorf("the service is called unwell: %v", err)
		}
		if rec, err := f.Records.Load(t.Context(), numbered(3).ID); err != nil || rec.Missing.IsZero() {
			t.Errorf("who was not listed was not asked about: %+v, %v", rec.State, err)
		}
		if rec, err := f.Records.Load(t.Context(), numbered(4).ID); err != nil || rec.State != Open {
			t.Errorf("who was listed after the damaged one is %q: %v", rec.State, err)
		}
		for _, n := range []int{1, 2} {
			if !strings.Contains(log.String(), "restore it from a backup\" invoice="+numbered(n).ID) {
				t.Errorf("the operator is not told of %s:\n%s", numbered(n).ID, log.String())
			}
		}
	})
}
