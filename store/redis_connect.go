package store

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"slices"
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

// connect makes the client that a URL describes. It does not dial yet.
func connect(address string) (*Redis, error) {
	if strings.Contains(address, ",") {
		return nil, errors.New("the address of Redis holds a comma: write further addresses as ?addr=host:port")
	}
	r := &Redis{}
	u, err := url.Parse(address)
	if err == nil {
		r.hide = secrets(u)
		switch q := u.Query(); {
		case q.Has("master_name"):
			err = r.sentinel(address)
		case q.Has("addr"):
			err = r.cluster(address)
		default:
			err = r.single(address)
		}
	}
	if err != nil {
		// What exactly is wrong may be a part of a password, so it is not shown.
		return nil, errors.New("the address of Redis cannot be read: it is redis://, rediss:// or unix://, with options that go-redis knows, and a password in it is percent-encoded")
	}
	return r, nil
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

func (r *Redis) single(address string) error {
	o, err := redis.ParseURL(address)
	if err != nil {
		return err
	}
	o.ContextTimeoutEnabled, o.DisableIdentity, o.MaintNotificationsConfig = true, true, noNotices()
	pace{&o.MaxRetries, &o.DialerRetries, &o.PipelinePoolSize, &o.MinRetryBackoff, &o.MaxRetryBackoff, &o.DialTimeout, &o.ReadTimeout, &o.WriteTimeout}.set()
	r.one, r.at = redis.NewClient(o), o.Addr
	r.client = r.one
	return nil
}

func (r *Redis) sentinel(address string) error {
	o, err := redis.ParseFailoverURL(address)
	if err != nil {
		return err
	}
	o.ContextTimeoutEnabled, o.DisableIdentity = true, true
	pace{&o.MaxRetries, &o.DialerRetries, &o.PipelinePoolSize, &o.MinRetryBackoff, &o.MaxRetryBackoff, &o.DialTimeout, &o.ReadTimeout, &o.WriteTimeout}.set()
	o.ReplicaOnly, o.RouteByLatency, o.RouteRandomly = false, false, false // A replica may not know yet.
	r.one, r.at = redis.NewFailoverClient(o), fmt.Sprintf("%s (master %q, by Sentinel)", strings.Join(o.SentinelAddrs, ", "), o.MasterName)
	r.client = r.one
	return nil
}

func (r *Redis) cluster(address string) error {
	o, err := redis.ParseClusterURL(address)
	if err != nil {
		return err
	}
	o.ContextTimeoutEnabled, o.DisableIdentity, o.MaintNotificationsConfig = true, true, noNotices()
	pace{&o.MaxRetries, &o.DialerRetries, &o.PipelinePoolSize, &o.MinRetryBackoff, &o.MaxRetryBackoff, &o.DialTimeout, &o.ReadTimeout, &o.WriteTimeout}.set()
	o.ClusterStateReloadInterval = reload
	o.ReadOnly, o.RouteByLatency, o.RouteRandomly = false, false, false // A replica may not know yet.
	r.many, r.at = redis.NewClusterClient(o), strings.Join(o.Addrs, ", ")
	r.client = r.many
	return nil
}

// noNotices keeps go-redis from asking for what only Redis' own cloud sends.
func noNotices() *maintnotifications.Config {
	return &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
}
