package store_test

import (
	"bytes"
	"errors"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"kvitt/store"
	"kvitt/store/redistest"
)

// refused opens what must be refused with these words.
func refused(t *testing.T, url string, words ...string) error {
	t.Helper()
	r, err := store.OpenRedis(t.Context(), url, store.RedisOptions{Wait: 200 * time.Millisecond})
	if err == nil {
		r.Close()
		t.Fatalf("%s was opened", url)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("the answer does not say %q: %v", word, err)
		}
	}
	if strings.Contains(err.Error(), "hunter") {
		t.Errorf("the answer shows a password: %v", err)
	}
	return err
}

func TestAnAddressThatCannotBeReadIsRefusedWithoutShowingIt(t *testing.T) {
	for _, url := range []string{
		"redis://:hunter2@h:port/0", "redis://:hun/hunter2@h:1/0", "redis://:hunter2@h:1?no_such_option=1", "http://:hunter2@h:1",
		"redis://:hunter2@h:1/hunter2", "redis://h:1?addr=hunter2", "redis://h:1?master_name=m&password=hunter2&db=hunter2", "://hunter2",
	} {
		refused(t, url, "cannot be read")
	}
	refused(t, "redis://:hunter2@h:1,i:2", "comma", "?addr=host:port")
}

func TestAWrongPasswordIsToldAtOnceWithoutShowingIt(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t, "--requirepass", "right")
	for url, word := range map[string]string{
		"redis://:hunter2@" + s.Addr: "does not accept the user or the password", "redis://user:hunter2@" + s.Addr: "does not accept", s.URL(): "wants a password",
	} {
		if err := refused(t, url, word, s.Addr); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("the answer is %v", err)
		}
	}
	openRedis(t, "redis://:right@"+s.Addr, store.RedisOptions{})
}

// Redis takes two passwords at once, so that replicas can be restarted one after the other.
func TestAPasswordIsExchangedWhileBothAreGood(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	s.Must("ACL", "SETUSER", "kvitt", "on", ">old", "~*", "+@all")
	first := openRedis(t, "redis://kvitt:old@"+s.Addr, store.RedisOptions{})
	must(t, first.Write(t.Context(), store.Write{Key: job(1), Body: []byte("kept")}))
	s.Must("ACL", "SETUSER", "kvitt", ">new")
	second := openRedis(t, "redis://kvitt:new@"+s.Addr, store.RedisOptions{})
	must(t, first.Write(t.Context(), store.Write{Key: job(2), Body: []byte("kept")}))
	s.Must("ACL", "SETUSER", "kvitt", "<old")
	refused(t, "redis://kvitt:old@"+s.Addr, "does not accept the user or the password")
	for i := range 2 {
		if doc, err := second.Load(t.Context(), job(i+1)); err != nil || string(doc.Body) != "kept" {
			t.Errorf("document %d is %q, %v", i+1, doc.Body, err)
		}
	}
	must(t, second.Write(t.Context(), store.Write{Key: job(3), Body: []byte("new")}))
}

func TestARedisThatWouldLosePaymentsIsRefused(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	s.Must("CONFIG", "SET", "maxmemory", "100mb")
	s.Must("CONFIG", "SET", "maxmemory-policy", "volatile-lru")
	err := refused(t, s.URL(), "throws away", "volatile-lru", "set maxmemory-policy noeviction", s.Addr)
	if e, ok := errors.AsType[*store.UnsafeError](err); !ok || len(e.Findings) != 1 {
		t.Errorf("the answer is %v", err)
	}
	s.Must("CONFIG", "SET", "maxmemory-policy", "noeviction")
	openRedis(t, s.URL(), store.RedisOptions{})

	host, port, _ := net.SplitHostPort(s.Addr)
	replica := redistest.Start(t, "--replicaof", host+" "+port, "--repl-diskless-sync-delay", "0")
	refused(t, replica.URL(), "is a replica", "name its master")
}

func TestANodeOfAClusterAloneIsRefused(t *testing.T) {
	t.Parallel()
	c := redistest.StartCluster(t, 1, 0)
	refused(t, c.Masters[0].URL(), "is a node of a Cluster", "?addr=host:port")
	s := redistest.Start(t)
	refused(t, s.URL()+"?addr="+s.Addr, "cluster support disabled")
}

func TestAMasterThatSentinelDoesNotKnowIsTold(t *testing.T) {
	t.Parallel()
	url, _, _ := strings.Cut(redistest.StartSentinel(t).URL(), "master_name=")
	refused(t, url+"master_name=nobody", "correct master_name")
}

func TestANewerRedisLayoutIsRefused(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	openRedis(t, s.URL(), store.RedisOptions{})
	s.Must("SET", "{kvitt}:layout", "2")
	err := refused(t, s.URL(), s.Addr)
	if e, ok := errors.AsType[*store.LayoutError](err); !ok || e.Found != 2 || e.Known != 1 {
		t.Errorf("the answer is %v", err)
	}
	for _, layout := range []string{"two", "0", "-1", ""} {
		s.Must("SET", "{kvitt}:layout", layout)
		if _, ok := errors.AsType[*store.DamagedError](refused(t, s.URL())); !ok {
			t.Errorf("the layout %q is not called damaged", layout)
		}
	}
}

func TestAServerThatIsNotUpYetIsWaitedFor(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	s.Kill()
	err := refused(t, s.URL(), s.Addr)
	if !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("the answer is %v", err)
	}
	var started sync.WaitGroup
	started.Go(func() { time.Sleep(300 * time.Millisecond); s.Restart() })
	openRedis(t, s.URL(), store.RedisOptions{})
	started.Wait()
}

func TestALoadingRedisIsWaitedFor(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t, "--appendonly", "yes", "--key-load-delay", "300") // Microseconds for each command in the file.
	s.Must("EVAL", "for i = 1, 6000 do redis.call('SET', 'key ' .. i, 'x') end", "0")
	s.Kill()
	var started sync.WaitGroup
	t.Cleanup(started.Wait)
	started.Go(s.Restart)
	for answer := ""; !strings.HasPrefix(answer, "LOADING"); time.Sleep(5 * time.Millisecond) {
		if answer, _ = s.Do("PING"); answer == "PONG" {
			t.Fatal("it has loaded already; the test proves nothing")
		}
	}
	openRedis(t, s.URL(), store.RedisOptions{})
	started.Wait()
}

func TestAUnixSocketWorks(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "redis.sock")
	redistest.Start(t, "--unixsocket", path)
	must(t, openRedis(t, "unix://"+path+"?db=1", store.RedisOptions{}).Ping(t.Context()))
}

// lines is a log that is read while it is written.
type lines struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(p)
}

func (l *lines) said() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}

func (l *lines) count(word string) int { return strings.Count(l.said(), word) }

func TestWhatIsUnwiseIsLoggedOnceAndAgainWhenItIsGone(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t, redistest.AppendOnly...)
	var log lines
	openRedis(t, s.URL(), store.RedisOptions{Log: slog.New(slog.NewTextHandler(&log, nil)), Every: 10 * time.Millisecond})
	appears := func(word string) {
		t.Helper()
		for end := time.Now().Add(5 * time.Second); log.count(word) == 0; time.Sleep(5 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("the log never said %q: %s", word, log.said())
			}
		}
	}
	s.Must("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
	appears("would throw away")
	s.Must("CONFIG", "SET", "maxmemory", "100mb")
	appears("level=ERROR msg=\"Redis throws away")
	s.Must("CONFIG", "SET", "appendonly", "no")
	appears("no append-only file")
	time.Sleep(100 * time.Millisecond)
	s.Must("CONFIG", "SET", "maxmemory-policy", "noeviction")
	appears("no longer so: Redis throws away")
	if n := log.count("no append-only file"); n != 1 {
		t.Errorf("one finding was logged %d times", n)
	}
	s.Stop()
	appears("cannot be asked")
	s.Continue()
	appears("no longer so: Redis cannot be asked")
}

func TestAUserWithFewRightsIsEnough(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	s.Must("ACL", "SETUSER", "kvitt", "on", ">pw", "~{kvitt}:*", "+@read", "+@write", "+@scripting", "+@connection", "-@dangerous", "+time", "+info", "+wait")
	var log lines
	r := openRedis(t, "redis://kvitt:pw@"+s.Addr, store.RedisOptions{Log: slog.New(slog.NewTextHandler(&log, nil))})
	k := store.Key{Team: "T1", Kind: "k", ID: "1"}
	must(t, r.Write(t.Context(), store.Write{Key: k, Wake: time.Now(), Seen: "click", SeenFor: time.Hour}))
	leases, _, err := r.Lease(t.Context(), "T1", store.Routine, 1, time.Minute)
	if err != nil || len(leases) != 1 {
		t.Fatal(leases, err)
	}
	must(t, r.Release(t.Context(), leases[0]))
	must(t, r.Ping(t.Context()))
	if log.count("does not tell its settings (CONFIG GET)") != 1 {
		t.Errorf("the log is %s", log.said())
	}
	s.Must("ACL", "SETUSER", "kvitt", "-info")
	if r := openRedis(t, "redis://kvitt:pw@"+s.Addr, store.RedisOptions{}); r.Ping(t.Context()) != nil {
		t.Error("a server that does not allow INFO cannot be used")
	}
	s.Must("ACL", "SETUSER", "kvitt", "-set")
	refused(t, "redis://kvitt:pw@"+s.Addr, "can't run this command")
}
