package storetest

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"
	"time"

	"kvitt/store"
)

// Mem is a store.Backend that keeps nothing: a test double, held to the same
// promises as the real ones by Run.
type Mem struct {
	now func() time.Time

	mu     sync.Mutex
	broken error
	docs   map[store.Key]memDoc
	wakes  map[[2]string][]wake // By team and lane, in order.
	leases map[store.Key]hold
	trails map[store.Key][]store.Entry
	seen   map[[2]string]hold
}

type memDoc struct {
	store.Doc
	tokens []string
	list   string
	place  time.Time
}

type wake struct {
	at  time.Time
	key store.Key
}

// hold is a token that has something until a moment.
type hold struct {
	token string
	until time.Time
}

// Memory is an empty store with the given clock.
func Memory(now func() time.Time) *Mem {
	return &Mem{
		now: now, docs: map[store.Key]memDoc{}, wakes: map[[2]string][]wake{}, leases: map[store.Key]hold{},
		trails: map[store.Key][]store.Entry{}, seen: map[[2]string]hold{},
	}
}

// Clone is a store that stands where this one stands now. Who goes on with it
// after a while plays a failover: all that was written meanwhile is forgotten.
func (m *Mem) Clone() *Mem {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := Memory(m.now)
	c.docs, c.leases, c.seen = maps.Clone(m.docs), maps.Clone(m.leases), maps.Clone(m.seen)
	for lane, wakes := range m.wakes {
		c.wakes[lane] = slices.Clone(wakes)
	}
	for key, trail := range m.trails {
		c.trails[key] = slices.Clone(trail)
	}
	return c
}

// Rewind has one document stand as it stands in another store, with its wake, its
// list and its trail; what that one does not know is gone. Who goes back to an
// earlier Clone plays a store that lost the last writes of one document only.
func (m *Mem) Rewind(key store.Key, to *Mem) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sleep(key)
	delete(m.docs, key)
	m.trails[key] = slices.Clone(to.trails[key])
	if doc, ok := to.docs[key]; ok {
		m.docs[key] = doc
		m.awaken(key, doc)
	}
}

// Break makes every call answer store.ErrUnavailable, as if the store could not
// be reached; Break(false) mends it, and nothing is lost.
func (m *Mem) Break(broken bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken = nil; broken {
		m.broken = fmt.Errorf("memory: %w", store.ErrUnavailable)
	}
}

// do runs fn alone, unless the context has ended or the store is broken.
func (m *Mem) do(ctx context.Context, fn func() error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := cmp.Or(ctx.Err(), m.broken); err != nil {
		return err
	}
	return fn()
}

// Load implements store.Backend.
func (m *Mem) Load(ctx context.Context, key store.Key) (doc store.Doc, err error) {
	err = m.do(ctx, func() error {
		if err := key.Check(); err != nil {
			return err
		}
		if doc = m.docs[key].Doc; doc.Version == 0 {
			return fmt.Errorf("%s: %w", key, store.ErrNotFound)
		}
		doc.Body = slices.Clone(doc.Body)
		return nil
	})
	return doc, err
}

// Write implements store.Backend.
func (m *Mem) Write(ctx context.Context, w store.Write) error {
	return m.do(ctx, func() error {
		if err := w.Check(); err != nil {
			return err
		}
		now, old := m.now(), m.docs[w.Key]
		l, ok := m.leases[w.Key]
		switch {
		case w.Token != "" && slices.Contains(old.tokens, w.Token):
			return nil
		case w.Lease != "" && !(ok && l.token == w.Lease && now.Before(l.until)):
			return fmt.Errorf("%s: %w", w.Key, store.ErrLost)
		case w.Seen != "" && !m.isFirst(w.Key.Team, w.Seen, w.Token):
			return fmt.Errorf("%s: %w", w.Key, store.ErrSeen)
		case w.If != old.Version:
			return fmt.Errorf("%s: %w", w.Key, store.ErrConflict)
		}
		if err := w.Continues(old.Head); err != nil {
			return err
		}
		if w.Seen != "" {
			m.see(w.Key.Team, w.Seen, w.Token, w.SeenFor)
		}
		m.trails[w.Key] = append(m.trails[w.Key], w.Entries...)
		m.put(w, old, now)
		return nil
	})
}

func (m *Mem) put(w store.Write, old memDoc, now time.Time) {
	doc := memDoc{Doc: store.Doc{Version: old.Version + 1, Body: slices.Clone(w.Body), Head: w.Head, Lane: cmp.Or(w.Lane, store.Routine)}}
	doc.tokens = append(slices.Clone(old.tokens), w.Token)
	doc.tokens = doc.tokens[max(0, len(doc.tokens)-store.Remembered):]
	m.sleep(w.Key)
	if !w.Wake.IsZero() {
		doc.Wake = w.Wake.Add(time.Microsecond - 1).Truncate(time.Microsecond).UTC()
		if !w.Wake.After(now) {
			doc.Wake = now.Truncate(time.Microsecond).UTC()
		}
	}
	doc.list, doc.place = w.List, w.Place.Truncate(time.Microsecond)
	m.docs[w.Key] = doc
	m.awaken(w.Key, doc)
}

// sleep takes a document out of its lane, if it is awake.
func (m *Mem) sleep(key store.Key) {
	if doc := m.docs[key]; !doc.Wake.IsZero() {
		lane := [2]string{key.Team, string(doc.Lane)}
		i, _ := slices.BinarySearchFunc(m.wakes[lane], wake{doc.Wake, key}, wake.compare)
		m.wakes[lane] = slices.Delete(m.wakes[lane], i, i+1)
	}
}

// awaken puts a document that is awake into its lane.
func (m *Mem) awaken(key store.Key, doc memDoc) {
	if !doc.Wake.IsZero() {
		lane := [2]string{key.Team, string(doc.Lane)}
		i, _ := slices.BinarySearchFunc(m.wakes[lane], wake{doc.Wake, key}, wake.compare)
		m.wakes[lane] = slices.Insert(m.wakes[lane], i, wake{doc.Wake, key})
	}
}

func (a wake) compare(b wake) int { return cmp.Or(a.at.Compare(b.at), compareKeys(a.key, b.key)) }

func compareKeys(a, b store.Key) int {
	return cmp.Or(cmp.Compare(a.Team, b.Team), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID))
}

// IDs implements store.Backend.
func (m *Mem) IDs(ctx context.Context, team, kind string) iter.Seq2[string, error] {
	return walk(ctx, m, func() (ids []string) {
		for key := range m.docs {
			if key.Team == team && key.Kind == kind {
				ids = append(ids, key.ID)
			}
		}
		slices.Sort(ids)
		return ids
	})
}

// Listed implements store.Backend.
func (m *Mem) Listed(ctx context.Context, team, kind, list string, newest bool) iter.Seq2[string, error] {
	return walk(ctx, m, func() (ids []string) {
		var found []wake
		for key, doc := range m.docs {
			if key.Team == team && key.Kind == kind && list != "" && doc.list == list {
				found = append(found, wake{doc.place, key})
			}
		}
		slices.SortFunc(found, wake.compare)
		if newest {
			slices.Reverse(found)
		}
		for _, f := range found {
			ids = append(ids, f.key.ID)
		}
		return ids
	})
}

// Trail implements store.Backend.
func (m *Mem) Trail(ctx context.Context, key store.Key) iter.Seq2[store.Entry, error] {
	return walk(ctx, m, func() []store.Entry {
		trail := slices.Clone(m.trails[key])
		for i := range trail {
			trail[i].Facts = maps.Clone(trail[i].Facts)
		}
		return trail
	})
}

// Chains implements store.Backend.
func (m *Mem) Chains(ctx context.Context) iter.Seq2[store.Key, error] {
	return walk(ctx, m, func() (keys []store.Key) {
		for key, trail := range m.trails {
			if len(trail) > 0 {
				keys = append(keys, key)
			}
		}
		slices.SortFunc(keys, compareKeys)
		return keys
	})
}

// walk yields a copy, so that nothing is locked meanwhile.
func walk[V any](ctx context.Context, m *Mem, copied func() []V) iter.Seq2[V, error] {
	return func(yield func(V, error) bool) {
		var all []V
		err := m.do(ctx, func() error { all = copied(); return nil })
		if err != nil {
			yield(*new(V), err)
			return
		}
		for _, v := range all {
			if !yield(v, nil) {
				return
			}
		}
	}
}

// Ping implements store.Backend.
func (m *Mem) Ping(ctx context.Context) error { return m.do(ctx, func() error { return nil }) }

// Close implements store.Backend.
func (m *Mem) Close() error { m.Break(true); return nil }
