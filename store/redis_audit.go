package store

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
)

// Trail implements Backend. The number of an entry is its place in the list.
func (r *Redis) Trail(ctx context.Context, key Key) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		if err := key.Check(); err != nil {
			yield(Entry{}, err)
			return
		}
		for from := int64(0); ; from += page {
			var texts []string
			err := r.ask(ctx, "the audit trail of "+key.String(), func(ctx context.Context) (err error) {
				texts, err = r.client.LRange(ctx, r.keys.trail(key), from, from+page-1).Result()
				return err
			})
			if err != nil {
				yield(Entry{}, err)
				return
			}
			for i, text := range texts {
				e, err := decodeLink(key, from+int64(i)+1, text)
				if !yield(e, err) || err != nil {
					return
				}
			}
			if len(texts) < page {
				return
			}
		}
	}
}

func decodeLink(key Key, seq int64, text string) (Entry, error) {
	var l link
	if err := json.Unmarshal([]byte(text), &l); err != nil {
		return Entry{}, &DamagedError{What: fmt.Sprintf("audit entry %d of %s", seq, key), Err: err}
	}
	return Entry{Key: key, Seq: seq, At: l.At, Who: l.Who, What: l.What, Facts: l.Facts, Prev: l.Prev, Hash: l.Hash}, nil
}

// Chains implements Backend.
func (r *Redis) Chains(ctx context.Context) iter.Seq2[Key, error] {
	return func(yield func(Key, error) bool) {
		for name, err := range r.names(ctx, "the list of audit trails", r.keys.chains(), everything) {
			if err != nil {
				yield(Key{}, err)
				return
			}
			key, err := splitChainMember(name)
			if !yield(key, err) || err != nil {
				return
			}
		}
	}
}
