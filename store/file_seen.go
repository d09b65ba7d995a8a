package store

import (
	"context"
	"errors"
	"time"

	bolt "go.etcd.io/bbolt"
)

// FirstSight implements Backend. An id that was seen already costs no disk.
func (f *File) FirstSight(ctx context.Context, team, id, token string, ttl time.Duration) (first bool, err error) {
	if err := CheckSeen(team, id, ttl); err != nil {
		return false, err
	}
	what := "seen id " + team + "/" + id
	known := false
	err = f.view(ctx, what, func(tx *bolt.Tx) error {
		first, known, err = sight(tx, seenKey(team, id), token, f.now())
		return err
	})
	if err != nil || known {
		return first, err
	}
	err = f.update(ctx, what, func(tx *bolt.Tx) error {
		first, err = see(tx, team, id, token, f.now(), ttl)
		return err
	})
	return first && err == nil, err
}

// see remembers an id and tells whether token brought it first.
func see(tx *bolt.Tx, team, id, token string, now time.Time, ttl time.Duration) (bool, error) {
	if err := forget(tx, now); err != nil {
		return false, err
	}
	key := seenKey(team, id)
	first, known, err := sight(tx, key, token, now)
	if err != nil || known {
		return first, err
	}
	seen, expiry := tx.Bucket(seenBucket), tx.Bucket(expiryBucket)
	if old := seen.Get(key); old != nil {
		if err := expiry.Delete(expiryKey(readTime(old), key)); err != nil {
			return false, err
		}
	}
	end := roundUp(now.Add(ttl))
	if err := expiry.Put(expiryKey(end, key), nil); err != nil {
		return false, err
	}
	return true, seen.Put(key, append(appendTime(nil, end), token...))
}

// sight tells whether an id is known, and if so whether token brought it first.
func sight(tx *bolt.Tx, key []byte, token string, now time.Time) (first, known bool, err error) {
	value := tx.Bucket(seenBucket).Get(key)
	if value == nil {
		return false, false, nil
	}
	if len(value) < 8 {
		return false, false, &DamagedError{What: "a seen id", Err: errors.New("its time is cut off")}
	}
	if !now.Before(readTime(value)) {
		return false, false, nil
	}
	return token != "" && string(value[8:]) == token, true, nil
}

// forgetting is how many ended ids each new one takes away: more than one, so
// that the store cannot grow for ever.
const forgetting = 4

func forget(tx *bolt.Tx, now time.Time) error {
	seen, expiry := tx.Bucket(seenBucket), tx.Bucket(expiryBucket)
	for range forgetting {
		// A cursor is begun anew each time: deleting moves it.
		key, _ := expiry.Cursor().First()
		if len(key) < 8 || now.Before(readTime(key)) {
			return nil
		}
		if err := seen.Delete(key[8:]); err != nil {
			return err
		}
		if err := expiry.Delete(key); err != nil {
			return err
		}
	}
	return nil
}
