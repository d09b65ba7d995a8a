package store_test

import (
	"errors"
	"slices"
	"strings"
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

// A script may touch keys of which some have gone already and some are new, so Redis refuses it until the whole slot has moved.
func TestASlotThatMovesToAnotherNodeLosesNothing(t *testing.T) {
	t.Parallel()
	c := redistest.StartCluster(t, 2, 0)
	r := openRedis(t, c.URL(), store.RedisOptions{})
	during(t, r, 100, func(tr *traffic) {
		tr.settled()
		from := c.Owner("{kvitt}:layout")
		to := c.Masters[(slices.Index(c.Masters, from)+1)%2]
		halfway := false
		c.Move("{kvitt}:layout", to, func() {
			halfway = true
			for i := range jobs {
				if _, err := r.Load(t.Context(), job(i)); err != nil {
					t.Errorf("halfway a record cannot be read, wherever it is: %v", err)
				}
			}
			err := r.Write(t.Context(), store.Write{Key: trouble})
			if !errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), "is moving the data to another node") {
				t.Errorf("halfway a change is answered %v", err)
			}
		})
		tr.settled()
		if n := from.Must("DBSIZE"); n != "0" || !halfway {
			t.Errorf("%s keys stayed where they were (halfway: %v)", n, halfway)
		}
	})
}

// Whoever is cut off from every replica must not take a change that a failover would undo.
func TestAMasterThatMustHaveAReplicaRefusesWithoutOne(t *testing.T) {
	t.Parallel()
	master, replicas := withReplicas(t, 1)
	master.Must("CONFIG", "SET", "min-replicas-to-write", "1")
	r := openRedis(t, master.URL(), store.RedisOptions{})
	must(t, r.Write(t.Context(), store.Write{Key: trouble, Body: []byte("1")}))
	replicas[0].Kill()
	err := r.Write(t.Context(), store.Write{Key: trouble, If: 1, Body: []byte("2")})
	if !errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), "has too few replicas") {
		t.Errorf("the answer is %v", err)
	}
	if doc, err := r.Load(t.Context(), trouble); err != nil || doc.Version != 1 {
		t.Errorf("it was written all the same: %v (%v)", doc, err)
	}
	replicas[0].Restart()
	for end := time.Now().Add(10 * time.Second); r.Write(t.Context(), store.Write{Key: trouble, If: 1, Body: []byte("2"), Token: "again"}) != nil; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the replica is back, and the master still refuses")
		}
	}
}
