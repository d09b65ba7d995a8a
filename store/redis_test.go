package store_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"kvitt/store"
	"kvitt/store/redistest"
	"kvitt/store/storetest"
)

// openRedis opens a store until the end of the test.
func openRedis(t testing.TB, url string, opts store.RedisOptions) *store.Redis {
	t.Helper()
	r, err := store.OpenRedis(t.Context(), url, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// spaces counts key spaces, so that tests may share a server.
var spaces atomic.Int64

func newSpace() string { return fmt.Sprint("space ", spaces.Add(1)) }

// unit is long enough for a busy machine to make a few calls in it.
const unit = 200 * time.Millisecond

// conform runs the suite on a server that all its tests share, in real time.
func conform(t *testing.T, url string, unit time.Duration) {
	storetest.Run(t, func(t *testing.T) storetest.Harness {
		t.Parallel()
		opts := store.RedisOptions{Space: newSpace()}
		r := openRedis(t, url, opts)
		reopen := func() store.Backend {
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
			return openRedis(t, url, opts)
		}
		return storetest.Harness{Backend: r, Now: time.Now, Advance: time.Sleep, Unit: unit, Reopen: reopen}
	})
}

func TestRedisKeepsEveryPromise(t *testing.T) {
	t.Parallel()
	conform(t, redistest.Start(t).URL(), unit)
}

func TestRedisClusterKeepsEveryPromise(t *testing.T) {
	t.Parallel()
	conform(t, redistest.StartCluster(t, 3, 0).URL(), unit)
}

func TestRedisSentinelKeepsEveryPromise(t *testing.T) {
	t.Parallel()
	conform(t, redistest.StartSentinel(t).URL(), unit)
}
