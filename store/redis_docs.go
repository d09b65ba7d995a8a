package store

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strconv"

	"github.com/redis/go-redis/v9"
)

// Load implements Backend. A document longer than 512 MB cannot be stored.
func (r *Redis) Load(ctx context.Context, key Key) (Doc, error) {
	if err := key.Check(); err != nil {
		return Doc{}, err
	}
	var value []byte
	found := true
	err := r.ask(ctx, key.String(), func(ctx context.Context) (err error) {
		value, err = r.client.Get(ctx, r.keys.doc(key)).Bytes()
		if err == redis.Nil { // Not what wraps it: Sentinel's own "no such master" does.
			found, err = false, nil
		}
		return err
	})
	if err != nil {
		return Doc{}, err
	}
	if !found {
		return Doc{}, fmt.Errorf("%s: %w", key, ErrNotFound)
	}
	doc, err := decodeRedisDoc(value)
	if err != nil {
		return Doc{}, &DamagedError{What: key.String(), Err: err}
	}
	return doc, nil
}

// Write implements Backend.
func (r *Redis) Write(ctx context.Context, w Write) error {
	if err := w.Check(); err != nil {
		return err
	}
	// A write without a token gets one that nobody else knows: go-redis may repeat it.
	w.Token = cmp.Or(w.Token, rand.Text())
	args, err := writeArgs(w)
	if err != nil {
		return err
	}
	answer, err := r.change(ctx, w.Key.String(), writeScript, r.writeKeys(w), args...)
	if err != nil {
		return err
	}
	return written(w, answer)
}

func (r *Redis) writeKeys(w Write) []string {
	keys := append([]string{r.keys.doc(w.Key), r.keys.leases(w.Key.Team)}, r.keys.lanes(w.Key.Team)...)
	keys = append(keys, r.keys.ids(w.Key.Team, w.Key.Kind), r.keys.trail(w.Key), r.keys.chains(), r.keys.pulse(), r.keys.done(w.Key, w.Token), r.keys.lists(w.Key.Team, w.Key.Kind))
	if w.Seen != "" {
		keys = append(keys, r.keys.seen(w.Key.Team, w.Seen))
	}
	return keys
}

func writeArgs(w Write) ([]any, error) {
	from := w.follows()
	args := []any{
		w.Token, w.Lease, microDigits(w.SeenFor), strconv.FormatInt(w.If, 10), string(cmp.Or(w.Lane, Routine)),
		wakeDigits(w.Wake), strconv.FormatInt(w.Head.Seq, 10), w.Head.Hash, strconv.FormatInt(from.Seq, 10), from.Hash,
		w.Key.ID, wakeMember(w.Key), chainMember(w.Key), strconv.Itoa(Remembered), w.Body, w.listing(),
	}
	for _, e := range w.Entries {
		text, err := json.Marshal(link{e.At, e.Who, e.What, e.Facts, e.Prev, e.Hash})
		if err != nil {
			return nil, fmt.Errorf("%w: %s: audit entry %d: %w", ErrInvalid, w.Key, e.Seq, err)
		}
		args = append(args, text)
	}
	return args, nil
}

// written puts the script's answer into the store's words.
func written(w Write, answer []string) error {
	switch answer[0] {
	case "ok":
		return nil
	case "lost":
		return fmt.Errorf("%s: %w", w.Key, ErrLost)
	case "seen":
		return fmt.Errorf("%s: %w", w.Key, ErrSeen)
	case "conflict":
		return fmt.Errorf("%s: %w", w.Key, ErrConflict)
	case "chain":
		seq, err := strconv.ParseInt(answer[1], 10, 64)
		if err != nil {
			return &DamagedError{What: w.Key.String(), Err: err}
		}
		return w.Continues(Head{Seq: seq, Hash: answer[2]})
	}
	return &DamagedError{What: w.Key.String(), Err: errors.New("its header makes no sense")}
}

// IDs implements Backend.
func (r *Redis) IDs(ctx context.Context, team, kind string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		if err := (Key{team, kind, "any"}).Check(); err != nil {
			yield("", err)
			return
		}
		for id, err := range r.names(ctx, team+"/"+kind, r.keys.ids(team, kind), everything) {
			if !yield(id, err) {
				return
			}
		}
	}
}

// follows is the end of the chain that a write must find.
func (w Write) follows() Head {
	if len(w.Entries) == 0 {
		return w.Head
	}
	return Head{Seq: w.Entries[0].Seq - 1, Hash: w.Entries[0].Prev}
}
