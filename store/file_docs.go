package store

import (
	"bytes"
	"context"
	"iter"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"
)

// Load implements Backend.
func (f *File) Load(ctx context.Context, key Key) (doc Doc, err error) {
	if err := key.Check(); err != nil {
		return Doc{}, err
	}
	err = f.view(ctx, key.String(), func(tx *bolt.Tx) error {
		s, err := load(tx, key)
		if err == nil && s.Version == 0 {
			err = ErrNotFound
		}
		doc = s.Doc
		return err
	})
	return doc, err
}

// Write implements Backend.
func (f *File) Write(ctx context.Context, w Write) error {
	if err := w.Check(); err != nil {
		return err
	}
	return f.update(ctx, w.Key.String(), func(tx *bolt.Tx) error {
		now := f.now()
		old, err := load(tx, w.Key)
		if err != nil {
			return err
		}
		if old.wrote(w.Token) {
			return nil
		}
		if err := f.admit(tx, old, w, now); err != nil {
			return err
		}
		if err := putEntries(tx, w.Entries); err != nil {
			return err
		}
		return replace(tx, w.Key, old, apply(old, w, now))
	})
}

// admit says why a write may not happen, and remembers its seen id if it may.
func (f *File) admit(tx *bolt.Tx, old stored, w Write, now time.Time) error {
	if w.Lease != "" && !f.leases[w.Key].by(w.Lease, now) {
		return ErrLost
	}
	if w.Seen != "" {
		first, err := see(tx, w.Key.Team, w.Seen, w.Token, now, w.SeenFor)
		if err != nil {
			return err
		}
		if !first {
			return ErrSeen
		}
	}
	if old.Version != w.If {
		return ErrConflict
	}
	return w.Continues(old.Head)
}

// apply is the document after a write.
func apply(old stored, w Write, now time.Time) stored {
	s := stored{tokens: old.tokens, listing: w.listing(), Doc: Doc{Version: old.Version + 1, Body: w.Body, Head: w.Head, Lane: w.Lane}}
	if s.Lane == "" {
		s.Lane = Routine
	}
	if !w.Wake.IsZero() {
		s.Wake = roundUp(w.Wake)
		if !w.Wake.After(now) {
			s.Wake = now.UTC().Truncate(time.Microsecond) // Not rounded up: it is due at this very moment.
		}
	}
	if w.Token != "" {
		s.tokens = append(s.tokens, w.Token)
		s.tokens = s.tokens[max(0, len(s.tokens)-Remembered):]
	}
	return s
}

// load reads a document; the zero value when there is none.
func load(tx *bolt.Tx, key Key) (stored, error) {
	value := tx.Bucket(docsBucket).Get(docKey(key))
	if value == nil {
		return stored{}, nil
	}
	s, err := decodeStored(value)
	if err != nil {
		return stored{}, &DamagedError{What: key.String(), Err: err}
	}
	return s, nil
}

// replace puts a document, its wake and its listing in the place of the old ones.
func replace(tx *bolt.Tx, key Key, old, s stored) error {
	if err := relist(tx, key, old.listing, s.listing); err != nil {
		return err
	}
	wakes := tx.Bucket(wakesBucket)
	if !old.Wake.IsZero() {
		if err := wakes.Delete(wakeKey(key, old.Lane, old.Wake)); err != nil {
			return err
		}
	}
	if !s.Wake.IsZero() {
		if err := wakes.Put(wakeKey(key, s.Lane, s.Wake), nil); err != nil {
			return err
		}
	}
	value, err := s.encode()
	if err != nil {
		return err
	}
	return tx.Bucket(docsBucket).Put(docKey(key), value)
}

func relist(tx *bolt.Tx, key Key, old, listing string) error {
	lists := tx.Bucket(listsBucket)
	if old == listing {
		return nil
	}
	if old != "" {
		if err := lists.Delete(listKey(key, old)); err != nil {
			return err
		}
	}
	if listing == "" {
		return nil
	}
	return lists.Put(listKey(key, listing), nil)
}

// IDs implements Backend.
func (f *File) IDs(ctx context.Context, team, kind string) iter.Seq2[string, error] {
	prefix := kindPrefix(team, kind)
	return func(yield func(string, error) bool) {
		if err := (Key{team, kind, "any"}).Check(); err != nil {
			yield("", err)
			return
		}
		for key, err := range f.scan(ctx, docsBucket, prefix) {
			if err != nil {
				yield("", err)
				return
			}
			if !yield(string(key.name[len(prefix):]), nil) {
				return
			}
		}
	}
}

// pair is a key of a bucket and its value.
type pair struct{ name, value []byte }

// page is how many pairs are read in one transaction.
const page = 256

// scan yields what a bucket holds under a prefix, in order. It reads page by
// page, because whoever takes part in a walk may write meanwhile, and a write
// may have to wait for transactions that read.
func (f *File) scan(ctx context.Context, bucket, prefix []byte) iter.Seq2[pair, error] {
	return func(yield func(pair, error) bool) {
		for from := prefix; from != nil; {
			pairs, err := f.read(ctx, bucket, prefix, from)
			if err != nil {
				yield(pair{}, err)
				return
			}
			for _, p := range pairs {
				if !yield(p, nil) {
					return
				}
			}
			if from = nil; len(pairs) == page {
				from = append(pairs[page-1].name, 0)
			}
		}
	}
}

// read copies one page of a bucket, beginning at from.
func (f *File) read(ctx context.Context, bucket, prefix, from []byte) (pairs []pair, err error) {
	err = f.view(ctx, string(bucket), func(tx *bolt.Tx) error {
		part := tx.Bucket(bucket)
		if part == nil { // An older layout that is only looked at has no lists.
			return nil
		}
		c := part.Cursor()
		for k, v := c.Seek(from); bytes.HasPrefix(k, prefix) && len(pairs) < page; k, v = c.Next() {
			pairs = append(pairs, pair{slices.Clone(k), slices.Clone(v)})
		}
		return nil
	})
	return pairs, err
}
