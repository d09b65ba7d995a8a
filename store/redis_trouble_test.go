package store_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kvitt/store"
	"kvitt/store/redistest"
)

var trouble = store.Key{Team: "T1", Kind: "k", ID: "1"}

func TestARedisWithoutMemoryWritesNothingByHalves(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t, "--enable-debug-command", "local")
	r := openRedis(t, s.URL(), store.RedisOptions{})
	ctx := t.Context()
	must(t, r.Write(ctx, store.Write{Key: trouble, Body: []byte("old"), Wake: time.Now()}))
	leases, _, err := r.Lease(ctx, "T1", store.Routine, 1, time.Minute)
	if err != nil || len(leases) != 1 {
		t.Fatal(leases, err)
	}
	must(t, r.Write(ctx, store.Write{Key: store.Key{Team: "T1", Kind: "k", ID: "due"}, Wake: time.Now()}))
	keys := func() string { return s.Must("DBSIZE") + s.Must("DEBUG", "DIGEST") }
	s.Must("CONFIG", "SET", "maxmemory", "1mb")
	s.Must("CONFIG", "SET", "maxmemory-policy", "noeviction")
	before := keys()
	entries, head := store.Chain(trouble, store.Head{}, []store.Note{{Who: "U1", What: "paid"}})
	w := store.Write{Key: trouble, If: 1, Body: []byte("new"), Entries: entries, Head: head, Seen: "click", SeenFor: time.Hour, Token: "w", Lease: leases[0].Token}
	_, extendErr := r.Extend(ctx, leases[0], time.Minute)
	_, sightErr := r.FirstSight(ctx, "T1", "press", "", time.Hour)
	_, _, leaseErr := r.Lease(ctx, "T1", store.Routine, 1, time.Minute)
	for what, err := range map[string]error{"write": r.Write(ctx, w), "extend": extendErr, "sight": sightErr, "lease": leaseErr, "ping": r.Ping(ctx)} {
		if !errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), "raise maxmemory") {
			t.Errorf("%s answers %v", what, err)
		}
	}
	if after := keys(); after != before {
		t.Error("something changed although everything was refused")
	}
	must(t, r.Release(ctx, leases[0])) // Giving back takes no memory.
	if doc, err := r.Load(ctx, trouble); err != nil || string(doc.Body) != "old" {
		t.Errorf("reading answers %q (%v)", doc.Body, err)
	}
	s.Must("CONFIG", "SET", "maxmemory", "0")
	w.Lease = ""
	must(t, r.Write(ctx, w))
}

func TestACallToADeadRedisEndsInTime(t *testing.T) {
	t.Parallel()
	t.Run("single", func(t *testing.T) {
		t.Parallel()
		s := redistest.Start(t)
		endsInTime(t, s.URL(), s, false)
	})
	t.Run("cluster", func(t *testing.T) {
		t.Parallel()
		c := redistest.StartCluster(t, 3, 0)
		endsInTime(t, c.URL(), c.Owner("{kvitt}:layout"), false)
	})
	t.Run("sentinel", func(t *testing.T) {
		t.Parallel()
		s := redistest.StartSentinel(t)
		endsInTime(t, s.URL(), s.Master, true)
	})
}

// endsInTime calls a server that takes connections and does not answer, and then
// one that is gone. With Sentinel another may answer in its place.
func endsInTime(t *testing.T, url string, s *redistest.Server, comesBack bool) {
	r := openRedis(t, url, store.RedisOptions{})
	must(t, r.Write(t.Context(), store.Write{Key: trouble}))
	s.Stop()
	for range 2 {
		for what, call := range map[string]func() error{
			"load":  func() error { _, err := r.Load(t.Context(), trouble); return err },
			"write": func() error { return r.Write(t.Context(), store.Write{Key: trouble, If: 1}) },
		} {
			took := time.Hour
			for range 3 { // The machine may be busy once.
				start := time.Now()
				if err := call(); !comesBack && !errors.Is(err, store.ErrUnavailable) {
					t.Errorf("%s answers %v", what, err)
				}
				if took = min(took, time.Since(start)); took < 1500*time.Millisecond {
					break
				}
			}
			if took > 1500*time.Millisecond {
				t.Errorf("%s took %v", what, took)
			}
		}
		s.Kill()
	}
}

func TestAContextThatEndsEndsACallToAFrozenRedis(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	r := openRedis(t, s.URL(), store.RedisOptions{})
	s.Stop()
	defer s.Continue()
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	start := time.Now()
	if _, err := r.Load(ctx, trouble); !errors.Is(err, context.Canceled) {
		t.Errorf("the answer is %v", err)
	}
	if took := time.Since(start); took > 1500*time.Millisecond {
		t.Errorf("it took %v", took)
	}
}

// withReplicas is a master with replicas that follow it.
func withReplicas(t testing.TB, n int) (master *redistest.Server, replicas []*redistest.Server) {
	t.Helper()
	master = redistest.Start(t, "--repl-diskless-sync-delay", "0")
	for range n {
		replicas = append(replicas, redistest.Start(t, "--replicaof", strings.Replace(master.Addr, ":", " ", 1)))
	}
	for end := time.Now().Add(10 * time.Second); strings.Count(master.Must("INFO", "replication"), "state=online") < n; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the replicas do not follow")
		}
	}
	return master, replicas
}

func TestAChangeThatAReplicaLacksIsNotAcknowledged(t *testing.T) {
	t.Parallel()
	master, replicas := withReplicas(t, 2)
	r := openRedis(t, master.URL(), store.RedisOptions{})
	ctx := t.Context()
	must(t, r.Write(ctx, store.Write{Key: trouble, Body: []byte("1"), Wake: time.Now()}))
	replicas[0].Stop() // It may be the one that takes over.
	w := store.Write{Key: trouble, If: 1, Body: []byte("2"), Wake: time.Now(), Token: "w"}
	_, _, leaseErr := r.Lease(ctx, "T1", store.Routine, 1, time.Second)
	_, sightErr := r.FirstSight(ctx, "T1", "click", "mine", time.Hour)
	for what, err := range map[string]error{"write": r.Write(ctx, w), "lease": leaseErr, "sight": sightErr} {
		if !errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), "did not confirm") {
			t.Errorf("%s answers %v", what, err)
		}
	}
	if err := r.Write(ctx, w); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("repeated it is acknowledged, although nothing has changed: %v", err)
	}
	replicas[0].Continue()
	for end := time.Now().Add(10 * time.Second); ; {
		err := r.Write(ctx, w)
		if err == nil {
			break
		}
		if time.Now().After(end) {
			t.Fatal(err)
		}
	}
	if doc, err := r.Load(ctx, trouble); err != nil || doc.Version != 2 {
		t.Errorf("it was written %d times (%v), want twice", doc.Version, err)
	}
}

func TestAReplicaThatHangsIsNotWaitedForForEver(t *testing.T) {
	t.Parallel()
	master, replicas := withReplicas(t, 2)
	r := openRedis(t, master.URL(), store.RedisOptions{})
	replicas[0].Stop()
	w := store.Write{Key: trouble, Token: "w"}
	if err := r.Write(t.Context(), w); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("the answer is %v", err)
	}
	time.Sleep(11 * time.Second)
	for end := time.Now().Add(10 * time.Second); r.Write(t.Context(), w) != nil; {
		if time.Now().After(end) {
			t.Fatal("it is waited for still")
		}
	}
	must(t, r.Write(t.Context(), w))
}

func TestAMasterThatLostItsReplicasGoesOnAlone(t *testing.T) {
	t.Parallel()
	master, replicas := withReplicas(t, 1)
	r := openRedis(t, master.URL(), store.RedisOptions{})
	must(t, r.Write(t.Context(), store.Write{Key: trouble}))
	replicas[0].Kill()
	for i := range int64(3) {
		must(t, r.Write(t.Context(), store.Write{Key: trouble, If: i + 1}))
	}
}

func TestAnEmptiedRedisIsNoticed(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	r := openRedis(t, s.URL(), store.RedisOptions{})
	must(t, r.Ping(t.Context()))
	s.Must("FLUSHALL")
	if err := r.Ping(t.Context()); !errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), "emptied") {
		t.Errorf("the answer is %v", err)
	}
}

func TestADamagedDocumentInRedisIsNamed(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	r := openRedis(t, s.URL(), store.RedisOptions{})
	key := "{kvitt}:doc\x00T1\x00k\x001"
	for _, damage := range [][]string{
		{"SET", key, "nonsense"}, {"SET", key, "{}\nbody"}, {"SET", key, ""}, {"SET", key, `{"version":"1","tokens":7,"lane":"urgent"}` + "\n"},
		{"SET", key, `[1]` + "\n"}, {"SET", key, `{"version":"1","tokens":[],"lane":"fast","seq":"0","hash":"","wake":"0"}` + "\n"}, {"RPUSH", key, "a list"},
	} {
		s.Must("DEL", key)
		s.Must(damage...)
		_, loadErr := r.Load(t.Context(), trouble)
		for what, err := range map[string]error{"load": loadErr, "write": r.Write(t.Context(), store.Write{Key: trouble})} {
			if e, ok := errors.AsType[*store.DamagedError](err); !ok || e.What != trouble.String() {
				t.Errorf("%s of %q answers %v", what, damage, err)
			}
		}
	}
}

func TestAKeyThatAnotherProgramWroteChangesNothing(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	entries, head := store.Chain(trouble, store.Head{}, []store.Note{{Who: "U1", What: "paid"}})
	for _, name := range []string{"trail|T1|k|1", "chains", "ids|T1|k", "lists|T1|k", "due|T1|urgent", "due|T1|routine", "held|T1|urgent", "leases|T1"} {
		space := newSpace()
		r := openRedis(t, s.URL(), store.RedisOptions{Space: space})
		must(t, r.Write(t.Context(), store.Write{Key: trouble}))
		key := "{" + space + "}:" + strings.ReplaceAll(name, "|", "\x00")
		s.Must("DEL", key)
		s.Must("SET", key, "no such thing")
		err := r.Write(t.Context(), store.Write{Key: trouble, If: 1, Wake: time.Now(), Entries: entries, Head: head, Seen: "click", SeenFor: time.Hour})
		if _, ok := errors.AsType[*store.DamagedError](err); !ok {
			t.Errorf("with another %s the answer is %v", name, err)
		}
		if doc, err := r.Load(t.Context(), trouble); err != nil || doc.Version != 1 {
			t.Errorf("with another %s half of it was written: %v (%v)", name, doc, err)
		}
		if first, err := r.FirstSight(t.Context(), "T1", "click", "", time.Hour); err != nil || !first {
			t.Errorf("with another %s the id was remembered (%v)", name, err)
		}
	}
	r := openRedis(t, s.URL(), store.RedisOptions{})
	s.Must("SET", "{kvitt}:seen\x00T1\x00click", "unreadable")
	if first, err := r.FirstSight(t.Context(), "T1", "click", "", time.Hour); err != nil || first {
		t.Errorf("an unreadable id counts as new (%v)", err)
	}
}

// A key outside the hash tag could not be touched by a script in a Cluster.
func TestEveryKeyHasTheHashTagAndTheLayoutIsComplete(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	r := openRedis(t, s.URL(), store.RedisOptions{})
	entries, head := store.Chain(trouble, store.Head{}, []store.Note{{Who: "U1", What: "paid"}})
	must(t, r.Write(t.Context(), store.Write{Key: trouble, Wake: time.Now(), Entries: entries, Head: head, Seen: "click", SeenFor: time.Hour, Token: "w", List: "due", Place: time.Unix(1, 0)}))
	other := store.Key{Team: "T1", Kind: "k", ID: "2"}
	must(t, r.Write(t.Context(), store.Write{Key: other, Wake: time.Now(), Lane: store.Urgent, Token: "w"}))
	leases, _, err := r.Lease(t.Context(), "T1", store.Routine, 1, time.Hour)
	must(t, err)
	got := strings.Split(s.Must("EVAL", "local k = redis.call('KEYS', '*') table.sort(k) return k", "0"), "\n")
	want := []string{
		"batch|" + leases[0].Token, "chains", "doc|T1|k|1", "doc|T1|k|2", "done|T1|k|1|w", "done|T1|k|2|w", "due|T1|urgent", "held|T1|routine",
		"ids|T1|k", "layout", "leases|T1", "lists|T1|k", "pulse", "seen|T1|click", "trail|T1|k|1",
	}
	for i := range want {
		want[i] = "{kvitt}:" + strings.ReplaceAll(want[i], "|", "\x00")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, k := range got {
		expires := s.Must("PTTL", k) != "-1"
		if lives := strings.HasPrefix(k, "{kvitt}:done") || strings.HasPrefix(k, "{kvitt}:batch") || strings.HasPrefix(k, "{kvitt}:seen"); expires != lives {
			t.Errorf("%q expires: %v", k, expires)
		}
	}
}
