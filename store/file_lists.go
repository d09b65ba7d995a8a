package store

import (
	"bytes"
	"context"
	"iter"
	"slices"

	bolt "go.etcd.io/bbolt"
)

// Listed implements Backend.
func (f *File) Listed(ctx context.Context, team, kind, list string, newest bool) iter.Seq2[string, error] {
	prefix := listKey(Key{Team: team, Kind: kind}, list+sep)
	return func(yield func(string, error) bool) {
		if err := (Key{team, kind, list}).Check(); err != nil {
			yield("", err)
			return
		}
		pairs := f.scan(ctx, listsBucket, prefix)
		if newest {
			pairs = f.scanBack(ctx, listsBucket, prefix)
		}
		for p, err := range pairs {
			if err != nil {
				yield("", err)
				return
			}
			id, ok := unlisted(list, string(p.name[len(prefix)-len(list)-len(sep):]))
			if ok && !yield(id, nil) {
				return
			}
		}
	}
}

// scanBack is scan from the end.
func (f *File) scanBack(ctx context.Context, bucket, prefix []byte) iter.Seq2[pair, error] {
	return func(yield func(pair, error) bool) {
		before := append(slices.Clone(prefix[:len(prefix)-1]), prefix[len(prefix)-1]+1) // Right behind everything with the prefix.
		for {
			var pairs []pair
			err := f.view(ctx, string(bucket), func(tx *bolt.Tx) error {
				if part := tx.Bucket(bucket); part != nil {
					pairs = readBack(part.Cursor(), prefix, before)
				}
				return nil
			})
			if err != nil {
				yield(pair{}, err)
				return
			}
			for _, p := range pairs {
				if !yield(p, nil) {
					return
				}
			}
			if len(pairs) < page {
				return
			}
			before = pairs[page-1].name
		}
	}
}

// readBack copies one page, beginning right before a name.
func readBack(c *bolt.Cursor, prefix, before []byte) (pairs []pair) {
	k, v := c.Seek(before)
	if k == nil {
		k, v = c.Last()
	}
	for ; k != nil && len(pairs) < page; k, v = c.Prev() {
		switch {
		case bytes.Compare(k, before) >= 0:
		case !bytes.HasPrefix(k, prefix):
			return pairs
		default:
			pairs = append(pairs, pair{slices.Clone(k), slices.Clone(v)})
		}
	}
	return pairs
}
