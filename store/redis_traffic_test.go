package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kvitt/store"
)

// traffic is writers and sweepers at work on a store while something happens to
// it, and their own memory of what they were told.
type traffic struct {
	t      *testing.T
	r      *store.Redis
	weight string // Of each record.

	acknowledged, unclear [4]atomic.Int64 // Of each writer's record: how often it was counted, or may have been.
	gap                   [4]time.Duration
	leased, refused       atomic.Int64

	mu      sync.Mutex
	holders map[store.Key]store.Lease // Who works on what, as the sweepers themselves know.
}

const jobs = 12

// counted is a writer's record.
type counted struct {
	N      int
	Weight string
}

// during runs traffic with records of so many bytes until fn returns, and then
// looks whether the store still knows everything that was acknowledged.
func during(t *testing.T, r *store.Redis, weight int, fn func(tr *traffic)) {
	t.Helper()
	tr := &traffic{t: t, r: r, weight: strings.Repeat("k", weight), holders: make(map[store.Key]store.Lease)}
	for i := range jobs {
		must(t, r.Write(t.Context(), store.Write{Key: job(i), Body: []byte("0"), Wake: time.Now()}))
	}
	ctx, stop := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for i := range tr.acknowledged {
		all.Go(func() { tr.write(ctx, i) })
	}
	for range 3 {
		all.Go(func() { tr.sweep(ctx) })
	}
	fn(tr)
	stop()
	all.Wait()
	tr.compare()
}

func job(i int) store.Key { return store.Key{Team: "T1", Kind: "job", ID: fmt.Sprint(i)} }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// write counts in one record, with an audit entry each time.
func (tr *traffic) write(ctx context.Context, i int) {
	counts := store.Of[counted](tr.r, "T1", "count")
	last := time.Now()
	for ctx.Err() == nil {
		call, cancel := context.WithTimeout(ctx, 2*time.Second)
		_, err := counts.Update(call, fmt.Sprint(i), func(c *counted) (store.Next, error) {
			c.N++
			c.Weight = tr.weight
			return store.Next{Lane: store.Urgent, Audit: []store.Note{{At: time.Now(), Who: "U1", What: "counted"}}}, nil
		})
		cancel()
		if err != nil {
			tr.unclear[i].Add(1)
			tr.unavailable(ctx, err)
			continue
		}
		tr.acknowledged[i].Add(1)
		tr.gap[i] = max(tr.gap[i], time.Since(last))
		last = time.Now()
	}
}

// unavailable wants an error that may come while the store is away.
func (tr *traffic) unavailable(ctx context.Context, err error) {
	if !errors.Is(err, store.ErrUnavailable) && !errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		tr.t.Errorf("the answer is %v", err)
	}
	tr.refused.Add(1)
	time.Sleep(20 * time.Millisecond)
}

// sweep works on what is due, and is due again at once.
func (tr *traffic) sweep(ctx context.Context) {
	for ctx.Err() == nil {
		leases, _, err := tr.r.Lease(ctx, "T1", store.Routine, 2, 5*time.Second)
		if err != nil {
			tr.unavailable(ctx, err)
			continue
		}
		for _, l := range leases {
			tr.work(ctx, l)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// work holds a lease for a while. Nobody else may be given it meanwhile.
func (tr *traffic) work(ctx context.Context, l store.Lease) {
	tr.mu.Lock()
	if other, ok := tr.holders[l.Key]; ok && time.Now().Before(other.Until) {
		tr.t.Errorf("%s was leased twice: until %v and until %v", l.Key, other.Until, l.Until)
	}
	tr.holders[l.Key] = l
	tr.mu.Unlock()
	tr.leased.Add(1)
	time.Sleep(5 * time.Millisecond)
	jobs := store.Of[int](tr.r, "T1", "job")
	_, err := jobs.Update(ctx, l.Key.ID, func(n *int) (store.Next, error) { *n++; return store.Next{Wake: time.Now()}, nil }, store.Under(l))
	if err != nil {
		tr.unavailable(ctx, err)
	}
	tr.mu.Lock()
	delete(tr.holders, l.Key)
	tr.mu.Unlock()
	if err := tr.r.Release(ctx, l); err != nil {
		tr.unavailable(ctx, err)
	}
}

// settled waits until every writer was acknowledged again, and some more.
func (tr *traffic) settled() {
	tr.t.Helper()
	for i := range tr.acknowledged {
		before := tr.acknowledged[i].Load()
		for end := time.Now().Add(time.Minute); tr.acknowledged[i].Load() < before+20; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(end) {
				tr.t.Fatalf("writer %d never got through again", i)
			}
		}
	}
}

// compare holds the store against what the writers were told.
func (tr *traffic) compare() {
	tr.t.Helper()
	counts := store.Of[counted](tr.r, "T1", "count")
	var acknowledged, unclear int64
	for i := range tr.acknowledged {
		told, perhaps := tr.acknowledged[i].Load(), tr.unclear[i].Load()
		rec, err := counts.Load(tr.t.Context(), fmt.Sprint(i))
		n := rec.N
		if err != nil || int64(n) < told || int64(n) > told+perhaps {
			tr.t.Errorf("writer %d counted to %d (%v); %d were acknowledged, %d unclear", i, n, err, told, perhaps)
		}
		head, err := store.Verify(counts.Trail(tr.t.Context(), fmt.Sprint(i)))
		if err != nil || head.Seq != int64(n) {
			tr.t.Errorf("writer %d's trail ends at %d (%v), the record at %d", i, head.Seq, err, n)
		}
		acknowledged, unclear = acknowledged+told, unclear+perhaps
	}
	tr.t.Logf("%d writes acknowledged and none lost, %d unclear; %d leases; %d refusals in all; longest silence %v",
		acknowledged, unclear, tr.leased.Load(), tr.refused.Load(), longest(tr.gap[:]))
}

func longest(gaps []time.Duration) (d time.Duration) {
	for _, gap := range gaps {
		d = max(d, gap)
	}
	return d.Round(time.Millisecond)
}
