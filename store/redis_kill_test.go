package store_test

import (
	"testing"
	"time"

	"kvitt/store"
	"kvitt/store/redistest"
)

func TestAKilledRedisMasterLosesNothingUnderSentinel(t *testing.T) {
	t.Parallel()
	s := redistest.StartSentinel(t)
	// Heavy records soon fill the sockets to replicas that do not read, and what
	// is not even in a socket would be lost with the master.
	during(t, openRedis(t, s.URL(), store.RedisOptions{}), 120_000, func(tr *traffic) {
		tr.settled()
		for _, r := range s.Replicas { // They fall behind, so nothing may be acknowledged.
			r.Stop()
		}
		time.Sleep(500 * time.Millisecond)
		s.Master.Kill()
		for _, r := range s.Replicas {
			r.Continue()
		}
		tr.settled()
	})
}

func TestAKilledRedisClusterNodeLosesNothing(t *testing.T) {
	t.Parallel()
	c := redistest.StartCluster(t, 3, 3)
	during(t, openRedis(t, c.URL(), store.RedisOptions{}), 100, func(tr *traffic) {
		tr.settled()
		c.Owner("{kvitt}:layout").Kill()
		tr.settled()
	})
}

func TestAKilledRedisWithAnAppendOnlyFileLosesNothing(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t, redistest.AppendOnly...)
	during(t, openRedis(t, s.URL(), store.RedisOptions{}), 100, func(tr *traffic) {
		for range 3 {
			tr.settled()
			s.Kill()
			time.Sleep(100 * time.Millisecond)
			s.Restart()
		}
		tr.settled()
	})
}
