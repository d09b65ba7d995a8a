package store

import (
	"context"
	"strconv"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"
)

// Finding is something about a Redis server that its operator should know.
type Finding struct {
	Bad  bool   // It may lose or double payments: OpenRedis refuses it.
	Node string // host:port; "" for the only one.
	What string // What is so.
	Mend string // What to do about it.
}

func (f Finding) String() string {
	if f.Node == "" {
		return f.What + ": " + f.Mend
	}
	return f.Node + " " + f.What + ": " + f.Mend
}

func onlyBad(findings []Finding) (bad []Finding) {
	for _, f := range findings {
		if f.Bad {
			bad = append(bad, f)
		}
	}
	return bad
}

// Findings looks at the server, in a Cluster at every master. What the server
// does not tell is a finding too. It answers ErrUnavailable when nothing can be
// asked at all.
func (r *Redis) Findings(ctx context.Context) (all []Finding, err error) {
	err = r.ask(ctx, "looking at its settings", func(ctx context.Context) error {
		if r.many == nil {
			all, err = look(ctx, r.one, false)
			return err
		}
		var mu sync.Mutex
		all = nil
		return r.many.ForEachMaster(ctx, func(ctx context.Context, node *redis.Client) error {
			found, err := look(ctx, node, true)
			if err != nil {
				found = []Finding{{What: "is a master that does not answer", Mend: "start it, or wait for the failover"}}
			}
			mu.Lock()
			defer mu.Unlock()
			for _, f := range found {
				f.Node = node.Options().Addr
				all = append(all, f)
			}
			return nil
		})
	})
	return all, err
}

// look asks one server about itself.
func look(ctx context.Context, node *redis.Client, asCluster bool) ([]Finding, error) {
	text, err := node.Info(ctx).Result()
	if code(err) == "NOPERM" || code(err) == "ERR" {
		return []Finding{{What: "does not tell about itself (INFO)", Mend: "allow +info, or see to it that it is a master, never evicts, and keeps an append-only file; its replicas are not waited for"}}, nil
	}
	if err != nil {
		return nil, err
	}
	info := parseInfo(text)
	found := judge(info, asCluster)
	settings, err := node.ConfigGet(ctx, "appendfsync").Result()
	switch {
	case err != nil && code(err) == "":
		return nil, err
	case err != nil:
		found = append(found, Finding{What: "does not tell its settings (CONFIG GET)", Mend: "allow +config|get, or see to it that appendfsync is everysec or always"})
	case settings["appendfsync"] == "everysec" && info["connected_slaves"] == "0" && info["aof_enabled"] == "1":
		found = append(found, Finding{What: "has no replica and writes to its disk once a second, so a crash may lose the last two seconds (appendfsync everysec)", Mend: "set appendfsync always, which costs a fraction of a millisecond a write, or give it a replica"})
	case settings["appendfsync"] == "no":
		found = append(found, Finding{What: "leaves it to the system when to write to the disk (appendfsync no)", Mend: "set appendfsync everysec, or a power failure loses what the system had not written"})
	}
	return found, nil
}

// parseInfo reads the lines of INFO; comments and blank lines are none.
func parseInfo(text string) map[string]string {
	info := make(map[string]string)
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			info[name] = value
		}
	}
	return info
}

// judge says what is wrong with a server. What it does not tell is not judged;
// the names are those of https://redis.io/docs/latest/commands/info/.
func judge(info map[string]string, asCluster bool) (found []Finding) {
	add := func(so, bad bool, what, mend string) {
		if so {
			found = append(found, Finding{Bad: bad, What: what, Mend: mend})
		}
	}
	replicas, _ := strconv.Atoi(info["connected_slaves"])
	_, wantsReplicas := info["min_slaves_good_slaves"]
	policy, limit := info["maxmemory_policy"], info["maxmemory"]
	evicts := policy != "" && policy != "noeviction"
	failed := func(name string) bool { return info[name] != "" && info[name] != "ok" }

	add(!asCluster && info["cluster_enabled"] == "1", true,
		"is a node of a Cluster, and the address names no other", "name the other nodes as ?addr=host:port")
	add(!asCluster && info["role"] == "slave", true,
		"is a replica", "name its master, or Sentinel with ?master_name=")
	add(evicts && limit != "0", true,
		"throws away what it keeps when its memory is full (maxmemory-policy "+policy+")", "set maxmemory-policy noeviction")
	add(evicts && limit == "0", false,
		"would throw away what it keeps if it had a limit (maxmemory-policy "+policy+")", "set maxmemory-policy noeviction")
	add(info["aof_enabled"] == "0", false,
		"keeps no append-only file, so a crash loses everything since its last snapshot, payments under way included", "set appendonly yes")
	add(replicas > 1 && !wantsReplicas, false,
		"goes on without any replica, so a second failover right after a first one loses what came in between (min-replicas-to-write 0)", "set min-replicas-to-write 1")
	add(failed("aof_last_write_status"), false,
		"could not write its append-only file and refuses to store", "look at its log and at the disk")
	add(failed("rdb_last_bgsave_status"), false,
		"could not write its last snapshot, and may refuse to store because of it", "look at its log, its disk and its memory")
	add(info["loading"] == "1", false,
		"is still loading its data", "wait")
	add(older(info["redis_version"], 6, 2), false,
		"is version "+info["redis_version"], "use 6.2 or newer")
	return found
}

// older tells whether a version is before major.minor; an unreadable one is not.
func older(version string, major, minor int) bool {
	first, rest, _ := strings.Cut(version, ".")
	second, _, _ := strings.Cut(rest, ".")
	a, errA := strconv.Atoi(first)
	b, errB := strconv.Atoi(second)
	return errA == nil && errB == nil && (a < major || a == major && b < minor)
}
