package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"unicode/utf8"

	"kvitt/store"
)

// trail yields the whole audit trail: the entries of each chain and then its head, chain after chain in the store's order, and the end.
//
// The head is the one that the chain's document named when its walk began, and entries written later are left to the next export: so each
// chain is whole and ends at its head while serve goes on writing. Where entries and document disagree, something was altered: then all
// that is there is yielded as it is, for checked to find.
func trail(ctx context.Context, backend store.Backend) iter.Seq2[auditLine, error] {
	return func(yield func(auditLine, error) bool) {
		w := &trailWalk{ctx: ctx, backend: backend, yield: yield}
		if w.chains() && w.lost() {
			yield(auditLine{Record: endRecord, Chains: w.heads, Entries: w.entries}, nil)
		}
	}
}

// trailWalk is one trail under way. Its methods answer false when it has ended.
type trailWalk struct {
	ctx     context.Context
	backend store.Backend
	yield   func(auditLine, error) bool

	shelves        []shelfOf // Those that have a chain.
	heads, entries int64
}

// shelfOf is where documents of one kind are.
type shelfOf struct{ team, kind string }

func (w *trailWalk) chains() bool {
	for key, err := range w.backend.Chains(w.ctx) {
		if err != nil {
			return w.fail(err)
		}
		if shelf := (shelfOf{key.Team, key.Kind}); len(w.shelves) == 0 || w.shelves[len(w.shelves)-1] != shelf {
			w.shelves = append(w.shelves, shelf)
		}
		if !w.chain(key) {
			return false
		}
	}
	return true
}

func (w *trailWalk) chain(key store.Key) bool {
	if !utf8.ValidString(key.Team + key.Kind + key.ID) {
		return w.fail(fmt.Errorf("the trail of %q has a key that is no UTF-8: it is damaged or was altered; restore it from a copy", key))
	}
	head, err := w.headOf(key)
	if err != nil {
		return w.fail(err)
	}
	for e, err := range w.backend.Trail(w.ctx, key) {
		if err != nil {
			return w.fail(err)
		}
		if e.Seq > head.Seq {
			now, err := w.headOf(key)
			if err != nil {
				return w.fail(err)
			}
			if now.Seq >= e.Seq {
				break // Written since the walk of this chain began.
			}
		}
		w.entries++
		if !w.yield(auditLine{Record: entryRecord, Entry: e}, nil) {
			return false
		}
	}
	return w.head(key, head)
}

// lost finds the chains that are gone while their documents still name them. A document whose whole shelf has no chain is not found:
// nothing in the store tells that it ever had one.
func (w *trailWalk) lost() bool {
	for _, shelf := range w.shelves {
		for id, err := range w.backend.IDs(w.ctx, shelf.team, shelf.kind) {
			if err != nil {
				return w.fail(err)
			}
			key := store.Key{Team: shelf.team, Kind: shelf.kind, ID: id}
			head, err := w.headOf(key)
			if err != nil {
				return w.fail(err)
			}
			if head.Seq == 0 {
				continue
			}
			has, err := w.hasTrail(key)
			if err != nil {
				return w.fail(err)
			}
			if !has && !w.head(key, head) {
				return false
			}
		}
	}
	return true
}

func (w *trailWalk) hasTrail(key store.Key) (bool, error) {
	for _, err := range w.backend.Trail(w.ctx, key) {
		return err == nil, err
	}
	return false, nil
}

// headOf is the end of a chain as its document names it; the empty chain without a document.
func (w *trailWalk) headOf(key store.Key) (store.Head, error) {
	doc, err := w.backend.Load(w.ctx, key)
	if errors.Is(err, store.ErrNotFound) {
		err = nil
	}
	return doc.Head, err
}

func (w *trailWalk) head(key store.Key, head store.Head) bool {
	w.heads++
	return w.yield(auditLine{Record: headRecord, Entry: store.Entry{Key: key, Seq: head.Seq, Hash: head.Hash}}, nil)
}

func (w *trailWalk) fail(err error) bool {
	w.yield(auditLine{}, err)
	return false
}
