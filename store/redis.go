package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

// RedisOptions are the knobs of OpenRedis; the zero value is right for
// production.
type RedisOptions struct {
	Log *slog.Logger // For findings, and at debug level for go-redis; nil drops them.
	// Space names the hash tag of every key: stores of different spaces share a
	// server and never meet. "" is kvitt.
	Space string
	// Wait is how long OpenRedis waits for a server that is not up yet, or still
	// loads; 0 is ten seconds.
	Wait time.Duration
	// Look only looks: nothing is written, and a store that is not there yet is not
	// made. Only what reads may be called.
	Look bool
	// Every is how often the server's settings are looked at again; 0 is a minute.
	Every time.Duration
}

// Redis is a Backend in Redis 6.2 or newer, for any number of processes: one
// server, Sentinel, or Cluster. In a Cluster everything lies on the node that
// owns the hash slot of the key space.
//
// Every change is one script, run by Redis alone and by Redis' own clock. Where
// the master has replicas, a change is answered only once they have it too, or
// else with ErrUnavailable: a failover, to whichever of them, loses nothing that
// was acknowledged, no write, no lease, no seen id. (All changes wait, not only
// urgent ones: a reminder whose record is lost is sent twice, a lease that is
// lost is given twice, and it costs 0.1 ms, see BenchmarkBackend.)
//
// Two gaps remain, and both are closed in Redis, not here. A master without any
// replica is taken at its word: the new one right after a failover, whose
// replicas come a moment later, or one that is cut off from them; with two
// replicas or more, min-replicas-to-write 1 makes it refuse. And a server
// without replicas loses up to two seconds when the power fails, or when it is
// killed while its disk is busy, unless appendfsync is always.
//
// One call ends within 1.3 seconds, whatever the server does, because people
// wait for an answer. go-redis repeats a call twice at most; to try again later,
// with growing pauses, is the caller's work. A change whose context ends before
// it is answered may have been made: repeating it with the same token is safe.
//
// An ACL user needs: ~{kvitt}:* +@read +@write +@scripting +@connection
// -@dangerous +time +info +wait, in this order, in a Cluster also
// +cluster|slots, and +config|get to have appendfsync checked.
type Redis struct {
	client redis.UniversalClient
	one    *redis.Client        // The same client, unless it is a Cluster.
	many   *redis.ClusterClient // The same client, if it is a Cluster.
	keys   keyspace
	at     string   // Names the server to people; holds no secret.
	hide   []string // What must not appear in an error.
	log    *slog.Logger

	replicas atomic.Int64 // How many had to confirm the last change.

	close   sync.Once
	stop    context.CancelFunc // Ends the watch.
	watched sync.WaitGroup
}

var _ Backend = (*Redis)(nil)

// patience is how long one call may take: the caller has two seconds, at worst,
// to answer a person, and may need a second call.
const patience = 1200 * time.Millisecond

// OpenRedis opens the store in Redis, or makes it. The URL is as go-redis reads
// it: redis://, rediss:// or unix:// for one server, further ?addr=host:port for
// the nodes of a Cluster, ?master_name= for Sentinel, whose further addresses
// are also ?addr=. A comma is refused. No error shows a password.
//
// It waits for a server that is not up, and then answers ErrUnavailable. It
// answers *UnsafeError for a server that would lose or double payments, and
// *LayoutError when a newer version wrote the store. What is merely unwise is
// logged, and looked at again every minute.
//
// go-redis has one log for the whole process; it is set to opts.Log here.
func OpenRedis(ctx context.Context, url string, opts RedisOptions) (*Redis, error) {
	r, err := connect(url)
	if err != nil {
		return nil, err
	}
	r.log = cmp.Or(opts.Log, slog.New(slog.DiscardHandler))
	redis.SetLogger(chatter{r.log})
	if r.keys, err = newKeyspace(cmp.Or(opts.Space, "kvitt")); err != nil {
		return nil, errors.Join(err, r.client.Close())
	}
	findings, err := r.reach(ctx, cmp.Or(opts.Wait, 10*time.Second), opts.Look)
	if err != nil {
		return nil, errors.Join(err, r.client.Close())
	}
	watching, stop := context.WithCancel(context.Background())
	r.stop = stop
	r.watched.Go(func() { r.watch(watching, findings, cmp.Or(opts.Every, time.Minute)) })
	return r, nil
}

// reach tries until the server can be used, or until trying on is useless.
func (r *Redis) reach(ctx context.Context, wait time.Duration, look bool) ([]Finding, error) {
	end := time.Now().Add(wait)
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		findings, err := r.ready(ctx, look)
		if err == nil || !errors.Is(err, errTransient) || time.Now().Add(pause).After(end) {
			return findings, err
		}
		r.log.WarnContext(ctx, "Redis is not ready; waiting for it", "server", r.at, "err", err)
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("Redis at %s was not opened: %w: the last answer was: %w", r.at, ctx.Err(), err)
		case <-time.After(pause):
		}
	}
}

// ready looks at the server once, and unless it may only look, settles the layout.
func (r *Redis) ready(ctx context.Context, look bool) ([]Finding, error) {
	findings, err := r.Findings(ctx)
	if err != nil {
		return nil, err
	}
	if bad := onlyBad(findings); len(bad) > 0 {
		return nil, &UnsafeError{Server: r.at, Findings: bad}
	}
	if look {
		return findings, r.unchanged(ctx)
	}
	answer, err := r.change(ctx, "open", settleScript, []string{r.keys.layout()}, redisLayout)
	if err != nil {
		return nil, err
	}
	if err := r.knows(answer[0]); err != nil {
		return nil, err
	}
	return findings, r.Ping(ctx)
}

// unchanged compares the layout, if there is one, and writes none.
func (r *Redis) unchanged(ctx context.Context) error {
	var layout string
	err := r.ask(ctx, "open", func(ctx context.Context) (err error) {
		if layout, err = r.client.Get(ctx, r.keys.layout()).Result(); err == redis.Nil {
			err = nil
		}
		return err
	})
	if err != nil || layout == "" {
		return err
	}
	return r.knows(layout)
}

// knows refuses a layout that this program does not know.
func (r *Redis) knows(layout string) error {
	_, err := known("Redis at "+r.at, layout, redisLayout)
	return err
}

// Ping implements Backend: it writes and reads. It also notices when the
// database was emptied while in use.
func (r *Redis) Ping(ctx context.Context) error {
	answer, err := r.change(ctx, "ping", pingScript, []string{r.keys.layout(), r.keys.pulse()})
	if err != nil {
		return err
	}
	if answer[0] == "" {
		return fmt.Errorf("%w: Redis at %s was emptied or replaced while in use: stop, restore it, and start again", ErrUnavailable, r.at)
	}
	return r.knows(answer[0])
}

// Close implements Backend. It waits until nothing runs in the background.
func (r *Redis) Close() (err error) {
	r.close.Do(func() {
		r.stop()
		r.watched.Wait()
		err = r.client.Close()
	})
	return err
}

// chatter is what go-redis says by itself; every error also comes as one.
type chatter struct{ log *slog.Logger }

func (c chatter) Printf(ctx context.Context, format string, v ...any) {
	if c.log.Enabled(ctx, slog.LevelDebug) {
		c.log.DebugContext(ctx, "go-redis: "+fmt.Sprintf(format, v...))
	}
}
