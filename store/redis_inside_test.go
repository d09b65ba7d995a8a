package store

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestEverySettingThatLosesPaymentsIsJudged(t *testing.T) {
	const sound = "# Server\r\nredis_version:7.0.15\r\nrole:master\r\nconnected_slaves:0\r\ncluster_enabled:0\r\nmaxmemory:100\r\nmaxmemory_policy:noeviction\r\n" +
		"aof_enabled:1\r\naof_last_write_status:ok\r\nrdb_last_bgsave_status:ok\r\nloading:0\r\n"
	if found := judge(parseInfo(sound), false); len(found) != 0 {
		t.Errorf("nothing is wrong, and it finds %v", found)
	}
	if found := judge(parseInfo(""), false); len(found) != 0 {
		t.Errorf("nothing is told, and it finds %v", found)
	}
	for _, c := range []struct {
		from, to, what string
		bad, asCluster bool
	}{
		{"policy:noeviction", "policy:allkeys-lru", "allkeys-lru", true, false},
		{"policy:noeviction", "policy:volatile-ttl", "volatile-ttl", true, true},
		{"maxmemory:100\r\nmaxmemory_policy:noeviction", "maxmemory:0\r\nmaxmemory_policy:allkeys-lru", "would throw away", false, false},
		{"role:master", "role:slave", "replica", true, false},
		{"cluster_enabled:0", "cluster_enabled:1", "node of a Cluster", true, false},
		{"aof_enabled:1", "aof_enabled:0", "append-only", false, false},
		{"write_status:ok", "write_status:err", "append-only", false, false},
		{"bgsave_status:ok", "bgsave_status:err", "snapshot", false, false},
		{"loading:0", "loading:1", "loading", false, false},
		{"connected_slaves:0", "connected_slaves:2", "min-replicas-to-write", false, false},
		{"version:7.0.15", "version:6.0.16", "6.0.16", false, false},
		{"version:7.0.15", "version:5.9", "5.9", false, false},
	} {
		found := judge(parseInfo(strings.Replace(sound, c.from, c.to, 1)), c.asCluster)
		if len(found) != 1 || found[0].Bad != c.bad || !strings.Contains(found[0].What, c.what) || found[0].Mend == "" {
			t.Errorf("%s: it finds %v", c.to, found)
		}
	}
	if found := judge(parseInfo("role:slave\r\ncluster_enabled:1"), true); len(found) != 0 {
		t.Errorf("a Cluster's own client follows it, and it finds %v", found)
	}
}

func TestOnlyReplicasThatFollowAreWaitedFor(t *testing.T) {
	for info, want := range map[string]int64{
		"role:master\r\nconnected_slaves:1\r\nslave0:ip=h,port=1,state=online,offset=5,lag=0\r\n":                                       1,
		"slave0:ip=h,port=1,state=wait_bgsave,offset=0,lag=0\r\nslave1:ip=h,port=2,state=online,offset=5,lag=1":                         1,
		"slave0:ip=h,port=1,state=online,offset=5,lag=10\r\nslave1:ip=h,port=2,state=online,offset=5,lag=1\r\n":                         2,
		"slave0:ip=h,port=1,state=online,offset=5,lag=1\r\nslave1:ip=h,port=2,state=online,offset=5,lag=11\r\n":                         1,
		"slave0:ip=h,port=1,state=online,offset=5,lag=60\r\nslave1:ip=h,port=2,state=online,offset=5,lag=11\r\n":                        1,
		"slave0:ip=h,port=1,state=online,offset=5,lag=60\r\nslave1:ip=h,port=2,state=online,offset=5,lag=0\r\nslave2:state=wait_bgsave": 1,
		"connected_slaves:1\r\nslave0:ip=h,port=1,state=send_bulk,offset=5,lag=0\r\n":                                                   0,
		"connected_slaves:0\r\n": 0, "": 0, "slave_read_only:state=online": 0,
	} {
		if got := followers(info); got != want {
			t.Errorf("%q: %v, want %v", info, got, want)
		}
	}
}

func TestWakesAreWrittenForScripts(t *testing.T) {
	for at, want := range map[time.Time]string{
		{}: "0", time.Unix(0, 0): "1", time.Unix(-5, 0): "1", time.UnixMicro(7): "7", time.Unix(0, 7001): "8",
		time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC): "9007199254740991",
	} {
		if got := wakeDigits(at); got != want {
			t.Errorf("%v is written %s, want %s", at, got, want)
		}
	}
}

func FuzzRedisDocument(f *testing.F) {
	f.Add([]byte(`{"version":"3","seq":"1","hash":"h","wake":"5","lane":"urgent","tokens":["a"]}` + "\nbody"))
	f.Add([]byte(`{"version":"0","lane":"urgent"}` + "\n"))
	f.Add([]byte("\n"))
	f.Fuzz(func(t *testing.T, value []byte) {
		doc, err := decodeRedisDoc(value)
		if err == nil && (doc.Version < 1 || doc.Lane != Urgent && doc.Lane != Routine || !strings.HasSuffix(string(value), string(doc.Body))) {
			t.Errorf("%q became %v", value, doc)
		}
	})
}

func FuzzNamesInRedis(f *testing.F) {
	f.Add("T1", "invoice", "1")
	f.Add("\xff", "{", "}")
	f.Fuzz(func(t *testing.T, team, kind, id string) {
		k := Key{team, kind, id}
		if _, err := splitChainMember(id); err != nil {
			if _, ok := errors.AsType[*DamagedError](err); !ok {
				t.Errorf("the answer does not say what is damaged: %v", err)
			}
		}
		if k.Check() != nil {
			return
		}
		if got, err := splitChainMember(chainMember(k)); err != nil || got != k {
			t.Errorf("%q became %q (%v)", k, got, err)
		}
		if got, err := splitWakeMember(team, wakeMember(k)); err != nil || got != k {
			t.Errorf("%q became %q (%v)", k, got, err)
		}
	})
}

func FuzzInfo(f *testing.F) {
	f.Add("role:master\r\nslave0:ip=h,port=1,state=online\r\n")
	f.Add("redis_version:..:\n:::\nslave:state=online")
	f.Fuzz(func(t *testing.T, text string) {
		_ = followers(text)
		for _, found := range judge(parseInfo(text), false) {
			if found.What == "" || found.Mend == "" {
				t.Errorf("%q finds nothing to do: %v", text, found)
			}
		}
	})
}

// The seeds are what people write by mistake.
func FuzzAddress(f *testing.F) {
	f.Add("redis://:hunter2@h:port/0")
	f.Add("redis://u:hunter2@h:1/x?addr=i&master_name=m")
	f.Add("rediss://h:1?password=hunter2")
	f.Add("unix://:hunter2@/path?db=hunter2")
	f.Fuzz(func(t *testing.T, address string) {
		r, err := connect(address)
		if err == nil {
			if err := r.client.Close(); err != nil {
				t.Error(err)
			}
			return
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("it shows the password: %v", err)
		}
	})
}
