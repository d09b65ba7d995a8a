package redistest

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Sentinel is a master with two replicas, under three Sentinels.
type Sentinel struct {
	Master    *Server // The first one; a failover does not change it here.
	Replicas  []*Server
	Sentinels []*Server
}

// MasterName is how the Sentinels call the master.
const MasterName = "kvitt"

// StartSentinel starts them all, and waits until the Sentinels know each other
// and both replicas. They replace a master that has been silent for a second; on a
// busy machine they may do so again at once, so a master without replicas refuses.
func StartSentinel(t testing.TB) *Sentinel {
	t.Helper()
	s := &Sentinel{Master: Start(t, "--repl-diskless-sync-delay", "0", "--min-replicas-to-write", "1")}
	host, port, _ := net.SplitHostPort(s.Master.Addr)
	for range 2 {
		s.Replicas = append(s.Replicas, Start(t, "--replicaof", host+" "+port, "--repl-diskless-sync-delay", "0", "--min-replicas-to-write", "1"))
	}
	for _, r := range s.Replicas {
		r.until("it follows the master", func() bool { return strings.Contains(r.Must("INFO", "replication"), "master_link_status:up") })
	}
	for range 3 {
		s.Sentinels = append(s.Sentinels, startSentinel(t, host, port))
	}
	for _, w := range s.Sentinels {
		w.until("it knows everybody", func() bool {
			return strings.Contains(w.Must("INFO", "sentinel"), "status=ok,address="+s.Master.Addr+",slaves=2,sentinels=3")
		})
	}
	return s
}

func startSentinel(t testing.TB, host, port string) *Server {
	t.Helper()
	w := prepare(t)
	_, own, _ := net.SplitHostPort(w.Addr)
	conf := filepath.Join(w.Dir, "sentinel.conf")
	text := fmt.Sprintf("bind 127.0.0.1\nport %s\ndir %q\nsentinel monitor %[3]s %s %s 2\nsentinel down-after-milliseconds %[3]s 1000\nsentinel failover-timeout %[3]s 3000\n",
		own, w.Dir, MasterName, host, port)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	w.args = []string{conf, "--sentinel"}
	w.Restart()
	return w
}

// URL is the address of the Sentinels for OpenRedis.
func (s *Sentinel) URL() string { return withAddrs(s.Sentinels, "master_name="+MasterName) }

// withAddrs names the first server in the URL and the others as options.
func withAddrs(servers []*Server, option string) string {
	var options []string
	for _, s := range servers[1:] {
		options = append(options, "addr="+s.Addr)
	}
	if option != "" {
		options = append(options, option)
	}
	return servers[0].URL() + "?" + strings.Join(options, "&")
}

func number(n int) string { return strconv.Itoa(n) }

func atoi(s string) int { n, _ := strconv.Atoi(s); return n }
