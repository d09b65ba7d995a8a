package main

import (
	"context"
	"sync"
	"time"

	"kvitt/store"
)

// mostPatience is how long a skip of time waits for the work that is under way. After that it is as if the machine had slept in the middle of it.
const mostPatience = 6 * time.Second

// calm is the demo's store. While time is skipped it gives nothing out to be worked on, and time is skipped once everything is given back: leases
// are told by the clock that jumps, and two would work on one invoice at the same time.
type calm struct {
	store.Backend

	skipping sync.Mutex // One skip after the other.

	mu    sync.Mutex
	out   int  // Leases given and not given back.
	still bool // Nothing is given out.
}

// Lease implements store.Backend.
func (c *calm) Lease(ctx context.Context, team string, lane store.Lane, n int, ttl time.Duration) ([]store.Lease, time.Time, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.still {
		return nil, time.Time{}, nil
	}
	leases, next, err := c.Backend.Lease(ctx, team, lane, n, ttl)
	c.out += len(leases)
	return leases, next, err
}

// Release implements store.Backend.
func (c *calm) Release(ctx context.Context, l store.Lease) error {
	err := c.Backend.Release(ctx, l)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.out--
	return err
}

// hush returns when nothing is worked on any more, or patience or ctx is at an end; nothing is begun until done is called.
func (c *calm) hush(ctx context.Context) (done func()) {
	c.skipping.Lock()
	c.set(true)
	ctx, cancel := context.WithTimeout(ctx, mostPatience)
	defer cancel()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for c.busy() && ctx.Err() == nil {
		<-look.C
	}
	return func() {
		c.set(false)
		c.skipping.Unlock()
	}
}

func (c *calm) set(still bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.still = still
}

func (c *calm) busy() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.out > 0
}
