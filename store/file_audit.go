package store

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"time"

	bolt "go.etcd.io/bbolt"
)

// link is an audit entry as stored; its key and number are in the bucket's key.
type link struct {
	At    time.Time         `json:"at"`
	Who   string            `json:"who"`
	What  string            `json:"what"`
	Facts map[string]string `json:"facts,omitempty"`
	Prev  string            `json:"prev,omitempty"`
	Hash  string            `json:"hash"`
}

func putEntries(tx *bolt.Tx, entries []Entry) error {
	b := tx.Bucket(auditBucket)
	for _, e := range entries {
		value, err := json.Marshal(link{e.At, e.Who, e.What, e.Facts, e.Prev, e.Hash})
		if err != nil {
			return err
		}
		if err := b.Put(auditKey(e.Key, e.Seq), value); err != nil {
			return err
		}
	}
	return nil
}

// Trail implements Backend.
func (f *File) Trail(ctx context.Context, key Key) iter.Seq2[Entry, error] {
	prefix := chainPrefix(key)
	return func(yield func(Entry, error) bool) {
		if err := key.Check(); err != nil {
			yield(Entry{}, err)
			return
		}
		for p, err := range f.scan(ctx, auditBucket, prefix) {
			if err != nil {
				yield(Entry{}, err)
				return
			}
			e, err := decodeEntry(key, p)
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

func decodeEntry(key Key, p pair) (Entry, error) {
	seq, err := seqOf(p.name, chainPrefix(key))
	if err != nil {
		return Entry{}, &DamagedError{What: "the audit trail of " + key.String(), Err: err}
	}
	var l link
	if err := json.Unmarshal(p.value, &l); err != nil {
		return Entry{}, &DamagedError{What: fmt.Sprintf("audit entry %d of %s", seq, key), Err: err}
	}
	return Entry{Key: key, Seq: seq, At: l.At, Who: l.Who, What: l.What, Facts: l.Facts, Prev: l.Prev, Hash: l.Hash}, nil
}

// Chains implements Backend. It leaps from the first entry of a chain to that
// of the next, so it costs what there are chains, not entries.
func (f *File) Chains(ctx context.Context) iter.Seq2[Key, error] {
	return func(yield func(Key, error) bool) {
		for from := []byte{}; ; {
			name, err := f.firstAt(ctx, auditBucket, from)
			if err != nil {
				yield(Key{}, err)
				return
			}
			if name == nil {
				return
			}
			key, err := chainOf(name)
			if err != nil {
				yield(Key{}, &DamagedError{What: "the audit trail", Err: err})
				return
			}
			if !yield(key, nil) {
				return
			}
			from = append(docKey(key), 1) // Behind every number of this chain.
		}
	}
}

// firstAt is the first name in a bucket that is not before from; nil for none.
func (f *File) firstAt(ctx context.Context, bucket, from []byte) (name []byte, err error) {
	err = f.view(ctx, string(bucket), func(tx *bolt.Tx) error {
		k, _ := tx.Bucket(bucket).Cursor().Seek(from)
		name = append(name, k...)
		return nil
	})
	return name, err
}
