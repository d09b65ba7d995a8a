package store

import (
	"context"
	"iter"

	"github.com/redis/go-redis/v9"
)

// Listed implements Backend.
func (r *Redis) Listed(ctx context.Context, team, kind, list string, newest bool) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		if err := (Key{team, kind, list}).Check(); err != nil {
			yield("", err)
			return
		}
		// "\x01" is right behind everything that begins with the list and a NUL byte.
		names := span{from: "[" + list + sep, to: "(" + list + "\x01", back: newest}
		for name, err := range r.names(ctx, team+"/"+kind, r.keys.lists(team, kind), names) {
			if err != nil {
				yield("", err)
				return
			}
			if id, ok := unlisted(list, name); ok && !yield(id, nil) {
				return
			}
		}
	}
}

// span is a part of a sorted set whose scores are all 0, as ZRANGEBYLEX has it.
type span struct {
	from, to string
	back     bool // From the end.
}

var everything = span{from: "-", to: "+"}

// names yields members of a sorted set whose scores are all 0, in byte order or
// its reverse, page by page. An error ends it.
func (r *Redis) names(ctx context.Context, what, key string, s span) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for {
			var names []string
			args := redis.ZRangeArgs{Key: key, Start: s.from, Stop: s.to, ByLex: true, Rev: s.back, Count: page}
			if s.back { // Redis wants to begin at the greater end then.
				args.Start, args.Stop = s.to, s.from
			}
			err := r.ask(ctx, what, func(ctx context.Context) (err error) {
				names, err = r.client.ZRangeArgs(ctx, args).Result()
				return err
			})
			if err != nil {
				yield("", err)
				return
			}
			for _, name := range names {
				if !yield(name, nil) {
					return
				}
			}
			if len(names) < page {
				return
			}
			if last := "(" + names[page-1]; s.back {
				s.to = last
			} else {
				s.from = last
			}
		}
	}
}
