package store

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// pace is what bounds a call to a server that does not answer. The three kinds
// of client keep it in options of their own.
type pace struct {
	repeats, dials, pipelineConns           *int
	shortest, longest, dial, answer, accept *time.Duration
}

// set fills in what the URL leaves open. One dial and two repetitions, each
// bounded, fit into patience, which holds whatever the URL says.
func (p pace) set() {
	*p.repeats = cmp.Or(*p.repeats, 2)
	*p.dials = cmp.Or(*p.dials, 1)
	*p.pipelineConns = cmp.Or(*p.pipelineConns, -1) // None apart: every change is a pipeline.
	*p.shortest = cmp.Or(*p.shortest, 10*time.Millisecond)
	*p.longest = cmp.Or(*p.longest, 150*time.Millisecond)
	*p.dial = cmp.Or(*p.dial, 500*time.Millisecond)
	*p.answer = cmp.Or(*p.answer, time.Second) // Longer than copyWait.
	*p.accept = cmp.Or(*p.accept, 800*time.Millisecond)
}

// reload is how often a Cluster is asked who owns which slot. By default
// go-redis dials a dead master for a minute (redis/go-redis#3979).
const reload = 2 * time.Second

// errAddress does not say what exactly is wrong: that may be a part of a password.
var errAddress = errors.New("redis://host:port/0, rediss://host:port/0 or unix:///path, with options that go-redis knows, and a password in it percent-encoded")

// CheckAddress says what OpenRedis expects instead of an address that it cannot read, in words to be read after "expected", which hold no part of the
// address. It connects to nothing.
func CheckAddress(address string) error {
	_, err := readAddress(address)
	return err
}

// connect makes the client that a URL describes. It does not dial yet.
func connect(address string) (*Redis, error) {
	open, err := readAddress(address)
	if err != nil {
		return nil, fmt.Errorf("the address of Redis cannot be read; expected %w", err)
	}
	r := &Redis{}
	open(r)
	return r, nil
}

// readAddress finds which of the three kinds of client an address asks for, and returns what makes it.
func readAddress(address string) (func(*Redis), error) {
	if strings.Contains(address, ",") {
		return nil, errors.New("no comma: write further addresses as ?addr=host:port")
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, errAddress
	}
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil || !bounded(q) || strings.Contains(address, "#") { // A "#" in a password has to be percent-encoded, or the rest is lost.
		return nil, errAddress
	}
	var open func(*Redis)
	switch {
	case q.Has("master_name"):
		open, err = sentinel(address)
	case q.Has("addr"):
		open, err = cluster(address, u.Path)
	default:
		open, err = single(address)
	}
	if err != nil {
		return nil, err
	}
	return func(r *Redis) { r.hide = secrets(u); open(r) }, nil
}

// bounded refuses sizes of pools with which go-redis panics or takes all memory. Where it is not the pool itself, a negative one means none.
func bounded(q url.Values) bool {
	const most = 1 << 16
	for _, name := range []string{"pool_size", "pipeline_pool_size", "min_idle_conns", "max_idle_conns", "max_active_conns", "max_concurrent_dials"} {
		for _, value := range q[name] {
			if n, err := strconv.Atoi(value); err == nil && (n < 0 && name == "pool_size" || n > most) {
				return false
			}
		}
	}
	return true
}

// secrets are what must not be shown of a URL, the longest first.
func secrets(u *url.URL) []string {
	var all []string
	if password, ok := u.User.Password(); ok {
		all = append(all, password)
	}
	all = append(all, u.Query()["password"]...)
	all = slices.DeleteFunc(all, func(s string) bool { return s == "" })
	slices.SortFunc(all, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	return all
}

func single(address string) (func(*Redis), error) {
	o, err := redis.ParseURL(address)
	if err != nil {
		return nil, errAddress
	}
	o.ContextTimeoutEnabled, o.DisableIdentity, o.MaintNotificationsConfig = true, true, noNotices()
	pace{&o.MaxRetries, &o.DialerRetries, &o.PipelinePoolSize, &o.MinRetryBackoff, &o.MaxRetryBackoff, &o.DialTimeout, &o.ReadTimeout, &o.WriteTimeout}.set()
	return func(r *Redis) {
		r.one, r.at = redis.NewClient(o), o.Addr
		r.client = r.one
	}, nil
}

func sentinel(address string) (func(*Redis), error) {
	o, err := redis.ParseFailoverURL(address)
	if err != nil || o.MasterName == "" {
		return nil, errAddress
	}
	o.ContextTimeoutEnabled, o.DisableIdentity = true, true
	pace{&o.MaxRetries, &o.DialerRetries, &o.PipelinePoolSize, &o.MinRetryBackoff, &o.MaxRetryBackoff, &o.DialTimeout, &o.ReadTimeout, &o.WriteTimeout}.set()
	o.ReplicaOnly, o.RouteByLatency, o.RouteRandomly = false, false, false // A replica may not know yet.
	return func(r *Redis) {
		r.one, r.at = redis.NewFailoverClient(o), fmt.Sprintf("%s (master %q, by Sentinel)", strings.Join(o.SentinelAddrs, ", "), o.MasterName)
		r.client = r.one
	}, nil
}

func cluster(address, path string) (func(*Redis), error) {
	o, err := redis.ParseClusterURL(address)
	if err != nil || strings.Trim(path, "/0") != "" {
		return nil, errAddress
	}
	o.ContextTimeoutEnabled, o.DisableIdentity, o.MaintNotificationsConfig = true, true, noNotices()
	pace{&o.MaxRetries, &o.DialerRetries, &o.PipelinePoolSize, &o.MinRetryBackoff, &o.MaxRetryBackoff, &o.DialTimeout, &o.ReadTimeout, &o.WriteTimeout}.set()
	o.ClusterStateReloadInterval = reload
	o.ReadOnly, o.RouteByLatency, o.RouteRandomly = false, false, false // A replica may not know yet.
	return func(r *Redis) {
		r.many, r.at = redis.NewClusterClient(o), strings.Join(o.Addrs, ", ")
		r.client = r.many
	}, nil
}

// noNotices keeps go-redis from asking for what only Redis' own cloud sends.
func noNotices() *maintnotifications.Config {
	return &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
}
