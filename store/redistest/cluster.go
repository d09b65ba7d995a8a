package redistest

import (
	"cmp"
	"strings"
	"testing"
)

// Cluster is a Redis Cluster whose masters share the slots evenly.
type Cluster struct {
	Masters, Replicas []*Server // Replica i follows master i, in turn.

	bus string // The port at which the nodes talk to the first one.
}

// StartCluster starts a Cluster that replaces a dead master within two seconds,
// where it has replicas, and waits until every node agrees.
func StartCluster(t testing.TB, masters, replicas int) *Cluster {
	t.Helper()
	c := &Cluster{}
	for i := range masters + replicas {
		bus := freePort(t)
		s := Start(t, "--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf", "--cluster-port", bus,
			"--cluster-node-timeout", "1000", "--cluster-allow-replica-migration", "no", "--cluster-require-full-coverage", "no", "--repl-diskless-sync-delay", "0")
		c.bus = cmp.Or(c.bus, bus)
		if i < masters {
			c.Masters = append(c.Masters, s)
		} else {
			c.Replicas = append(c.Replicas, s)
		}
	}
	c.meet()
	for i, s := range c.Replicas {
		id := c.Masters[i%masters].Must("CLUSTER", "MYID")
		s.until("it knows its master", func() bool { _, err := s.Do("CLUSTER", "REPLICATE", id); return err == nil })
	}
	for _, s := range c.Replicas {
		s.until("it follows its master", func() bool { return strings.Contains(s.Must("INFO", "replication"), "master_link_status:up") })
	}
	for _, s := range c.all() {
		s.until("the Cluster is well", func() bool {
			return strings.Contains(s.Must("CLUSTER", "INFO"), "cluster_state:ok") &&
				strings.Count(s.Must("CLUSTER", "NODES"), "slave ") == replicas
		})
	}
	return c
}

func (c *Cluster) all() []*Server { return append(append([]*Server(nil), c.Masters...), c.Replicas...) }

const slots = 16384

// meet gives out the slots and introduces the nodes to each other.
func (c *Cluster) meet() {
	n := len(c.Masters)
	for i, s := range c.Masters {
		s.Must("CLUSTER", "SET-CONFIG-EPOCH", number(i+1))
		s.Must("CLUSTER", "ADDSLOTSRANGE", number(i*slots/n), number((i+1)*slots/n-1))
	}
	for _, s := range c.all()[1:] {
		host, port, _ := strings.Cut(c.Masters[0].Addr, ":")
		s.Must("CLUSTER", "MEET", host, port, c.bus)
	}
	for _, s := range c.all() {
		s.until("it knows all nodes", func() bool {
			return strings.Contains(s.Must("CLUSTER", "INFO"), "cluster_known_nodes:"+number(len(c.all())))
		})
	}
}

// URL is the Cluster's address for OpenRedis.
func (c *Cluster) URL() string { return withAddrs(c.all(), "") }

// Owner is the master that owns a key.
func (c *Cluster) Owner(key string) *Server {
	slot := c.Masters[0].Must("CLUSTER", "KEYSLOT", key)
	for i, s := range c.Masters {
		if n := atoi(slot); n >= i*slots/len(c.Masters) && n < (i+1)*slots/len(c.Masters) {
			return s
		}
	}
	return nil
}

// Move gives the hash slot of a key to another master while everybody goes on, a few keys at a time, as redis-cli --cluster reshard does. Halfway it
// calls halfway: some keys are at the one, some at the other. It promises that the old owner then holds none of them. Owner does not know of it.
// See https://redis.io/docs/latest/commands/cluster-setslot/.
func (c *Cluster) Move(key string, to *Server, halfway func()) {
	from, slot := c.Owner(key), c.Masters[0].Must("CLUSTER", "KEYSLOT", key)
	to.Must("CLUSTER", "SETSLOT", slot, "IMPORTING", from.Must("CLUSTER", "MYID"))
	from.Must("CLUSTER", "SETSLOT", slot, "MIGRATING", to.Must("CLUSTER", "MYID"))
	for left := atoi(from.Must("CLUSTER", "COUNTKEYSINSLOT", slot)) / 2; from.carry(slot, to); left -= few {
		if left > 0 && left <= few {
			halfway()
		}
	}
	for _, s := range append([]*Server{to, from}, c.Masters...) {
		s.Must("CLUSTER", "SETSLOT", slot, "NODE", to.Must("CLUSTER", "MYID"))
	}
}

// few is how many keys are carried at once.
const few = 4

// carry takes a few keys of a slot to another server; false when none was left.
func (s *Server) carry(slot string, to *Server) bool {
	keys := s.Must("CLUSTER", "GETKEYSINSLOT", slot, number(few))
	if keys == "" {
		return false
	}
	host, port, _ := strings.Cut(to.Addr, ":")
	s.Must(append([]string{"MIGRATE", host, port, "", "0", "5000", "KEYS"}, strings.Split(keys, "\n")...)...)
	return true
}
