package store

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"iter"
	"time"
)

// Records is a typed view of one team's documents of one kind, kept as JSON.
type Records[T any] struct {
	backend    Backend
	team, kind string
}

// Of returns the records of a team and kind. It does no work.
func Of[T any](b Backend, team, kind string) *Records[T] {
	return &Records[T]{backend: b, team: team, kind: kind}
}

// Next is what Update writes beside the record. The zero Next lets it sleep.
type Next struct {
	Wake    time.Time     // See Write.Wake.
	Lane    Lane          // "" is Routine.
	List    string        // See Write.List.
	Place   time.Time     // See Write.Place.
	Audit   []Note        // What to put on the record's audit trail.
	Seen    string        // An id that must be new to the team, or ErrSeen.
	SeenFor time.Duration // How long to remember it.
}

// Option changes one Update.
type Option func(*Write)

// Under makes an Update fail with ErrLost when the lease is gone.
func Under(l Lease) Option {
	return func(w *Write) { w.Lease = l.Token }
}

// Load returns a record, ErrNotFound, or *DamagedError when it cannot be read.
func (r *Records[T]) Load(ctx context.Context, id string) (T, error) {
	doc, err := r.backend.Load(ctx, r.key(id))
	if err != nil {
		var none T
		return none, err
	}
	return r.decode(id, doc)
}

// tries is how often Update begins anew: with the pauses, about three seconds.
const tries = 20

// Update changes a record by compare-and-set and returns it as written.
//
// fn gets the record, or the zero value when there is none, changes it and says
// what comes next. It runs again whenever somebody else wrote first, so it must
// be pure: it decides, and does nothing. When it returns Unchanged nothing is
// written, and Update returns the record as stored; every other error of fn is
// returned as it is, and nothing is written.
//
// Update answers ErrConflict when others were faster about twenty times in a
// row, and otherwise what Backend.Write answers.
func (r *Records[T]) Update(ctx context.Context, id string, fn func(rec *T) (Next, error), opts ...Option) (T, error) {
	var none T
	token := rand.Text() // Only ever compared: no result depends on it.
	for try := 1; ; try++ {
		doc, err := r.backend.Load(ctx, r.key(id))
		if err != nil && !errors.Is(err, ErrNotFound) {
			return none, err
		}
		rec, err := r.decode(id, doc)
		if err != nil {
			return none, err
		}
		next, err := fn(&rec)
		if errors.Is(err, Unchanged) {
			return r.decode(id, doc)
		}
		if err != nil {
			return none, err
		}
		err = r.write(ctx, id, doc, rec, next, token, opts)
		if err == nil {
			return rec, nil
		}
		if !errors.Is(err, ErrConflict) || try == tries {
			return none, err
		}
		if err := pause(ctx, token, try); err != nil {
			return none, fmt.Errorf("%s was not changed: %w", r.key(id), err)
		}
	}
}

// write stores rec in the place of doc, and what comes next with it.
func (r *Records[T]) write(ctx context.Context, id string, doc Doc, rec T, next Next, token string, opts []Option) error {
	key := r.key(id)
	body, err := json.Marshal(rec)
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrInvalid, key, err)
	}
	w := Write{
		Key: key, If: doc.Version, Body: body, Wake: next.Wake, Lane: next.Lane, List: next.List, Place: next.Place,
		Seen: next.Seen, SeenFor: next.SeenFor, Token: token,
	}
	w.Entries, w.Head = Chain(key, doc.Head, next.Audit)
	for _, opt := range opts {
		opt(&w)
	}
	return r.backend.Write(ctx, w)
}

// Item is a record with its id.
type Item[T any] struct {
	ID  string
	Rec T
}

// All yields every record in byte order of the ids. A record that cannot be
// read comes as its id and an error, and does not hide those after it; an error
// without an id ends the walk. It holds no lock while it yields.
func (r *Records[T]) All(ctx context.Context) iter.Seq2[Item[T], error] {
	return r.each(ctx, r.backend.IDs(ctx, r.team, r.kind))
}

// Listed yields the records on a list by their places, the earliest or the
// newest first, as All does.
func (r *Records[T]) Listed(ctx context.Context, list string, newest bool) iter.Seq2[Item[T], error] {
	return r.each(ctx, r.backend.Listed(ctx, r.team, r.kind, list, newest))
}

// IDs yields the ids of the records on a list by their places, the earliest first.
func (r *Records[T]) IDs(ctx context.Context, list string) iter.Seq2[string, error] {
	return r.backend.Listed(ctx, r.team, r.kind, list, false)
}

func (r *Records[T]) each(ctx context.Context, ids iter.Seq2[string, error]) iter.Seq2[Item[T], error] {
	return func(yield func(Item[T], error) bool) {
		for id, err := range ids {
			if err != nil {
				yield(Item[T]{}, err)
				return
			}
			rec, err := r.Load(ctx, id)
			if !yield(Item[T]{ID: id, Rec: rec}, err) {
				return
			}
		}
	}
}

// Trail yields the audit entries of a record, oldest first.
func (r *Records[T]) Trail(ctx context.Context, id string) iter.Seq2[Entry, error] {
	return r.backend.Trail(ctx, r.key(id))
}

func (r *Records[T]) key(id string) Key { return Key{Team: r.team, Kind: r.kind, ID: id} }

// decode reads a stored body; no document is the zero value.
func (r *Records[T]) decode(id string, doc Doc) (rec T, err error) {
	if doc.Version == 0 {
		return rec, nil
	}
	if err := json.Unmarshal(doc.Body, &rec); err != nil {
		var none T
		return none, &DamagedError{What: r.key(id).String(), Err: err}
	}
	return rec, nil
}

// pause waits before the next try: up to 2 ms after the first, up to 256 ms in
// the end. The token is random already, so two writers wait differently.
func pause(ctx context.Context, token string, try int) error {
	h := fnv.New32a()
	fmt.Fprint(h, token, try)
	limit := 2 * time.Millisecond << min(try-1, 7)
	t := time.NewTimer(time.Duration(h.Sum32()) * limit >> 32)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
