package main

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"kvitt/store"
)

// always is a store in which one thing is due at any time.
type always struct{ store.Backend }

func (always) Lease(context.Context, string, store.Lane, int, time.Duration) ([]store.Lease, time.Time, error) {
	return make([]store.Lease, 1), time.Time{}, nil
}

func (always) Release(context.Context, store.Lease) error { return nil }

func TestDemoSkipsNoTimeUnderWorkThatIsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &calm{Backend: always{}}
		lease := func() int {
			leases, _, _ := c.Lease(t.Context(), "T", store.Routine, 1, time.Second)
			return len(leases)
		}
		if lease() != 1 {
			t.Fatal("nothing is given out before anybody skips")
		}
		go func() {
			time.Sleep(2 * time.Second)
			_ = c.Release(t.Context(), store.Lease{})
		}()
		began := time.Now()
		done := c.hush(t.Context())
		if took := time.Since(began); took < 2*time.Second || took > 3*time.Second {
			t.Errorf("it waited %s for work of 2 s", took)
		}
		if lease() != 0 {
			t.Error("something is given out while time is skipped")
		}
		done()
		if lease() != 1 {
			t.Error("nothing is given out after the skip")
		}
		began = time.Now()
		c.hush(t.Context())()
		if took := time.Since(began); took < mostPatience || took > mostPatience+time.Second {
			t.Errorf("it waited %s for work that never ends", took)
		}
	})
}
