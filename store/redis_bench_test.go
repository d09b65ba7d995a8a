package store_test

import (
	"fmt"
	"testing"
	"time"

	"kvitt/store"
	"kvitt/store/redistest"
)

// BenchmarkBackend is one call after the other, a document of 700 bytes and one
// audit entry. On a virtual disk (ext4) and two processors that others shared,
// redis-server 7.0.15 on the same machine, in µs, while the disk was not busy:
//
//	                     file  Redis  fsync always  two replicas
//	load                    4     53            56            69
//	write                 259    197           351           318
//	lease nothing           3    114           115           158
//	lease and release       3    332           669           444
//
// A lease costs the same among 1,000,000 documents as among none.
func BenchmarkBackend(b *testing.B) {
	for name, open := range map[string]func(testing.TB) store.Backend{
		"file": func(b testing.TB) store.Backend { return open(b, b.TempDir(), store.FileOptions{}) },
		"redis": func(b testing.TB) store.Backend {
			return openRedis(b, redistest.Start(b, "--appendonly", "yes").URL(), store.RedisOptions{})
		},
		"redis, fsync always": func(b testing.TB) store.Backend {
			return openRedis(b, redistest.Start(b, redistest.AppendOnly...).URL(), store.RedisOptions{})
		},
		"redis with two replicas": func(b testing.TB) store.Backend {
			m, _ := withReplicas(b, 2)
			return openRedis(b, m.URL(), store.RedisOptions{})
		},
	} {
		b.Run(name, func(b *testing.B) {
			s := open(b)
			b.Run("load", func(b *testing.B) { benchLoad(b, s) })
			b.Run("write", func(b *testing.B) { benchWrite(b, s) })
			b.Run("lease nothing", func(b *testing.B) {
				for b.Loop() {
					if _, _, err := s.Lease(b.Context(), "T2", store.Routine, 10, time.Minute); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run("lease and release", func(b *testing.B) { benchLease(b, s) })
		})
	}
}

// fresh is a document that no earlier round wrote.
func fresh(team string) store.Key {
	return store.Key{Team: team, Kind: "k", ID: fmt.Sprint(time.Now().UnixNano())}
}

func benchLoad(b *testing.B, s store.Backend) {
	k := fresh("T1")
	if err := s.Write(b.Context(), store.Write{Key: k, Body: make([]byte, 700)}); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := s.Load(b.Context(), k); err != nil {
			b.Fatal(err)
		}
	}
}

func benchWrite(b *testing.B, s store.Backend) {
	k, body, head := fresh("T1"), make([]byte, 700), store.Head{}
	for i := int64(0); b.Loop(); i++ {
		entries, end := store.Chain(k, head, []store.Note{{At: time.Now(), Who: "U1", What: "counted"}})
		if err := s.Write(b.Context(), store.Write{Key: k, If: i, Body: body, Entries: entries, Head: end, Token: fmt.Sprint(i)}); err != nil {
			b.Fatal(err)
		}
		head = end
	}
}

func benchLease(b *testing.B, s store.Backend) {
	if err := s.Write(b.Context(), store.Write{Key: fresh("T3"), Wake: time.Now()}); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		leases, _, err := s.Lease(b.Context(), "T3", store.Routine, 1, time.Minute)
		if err != nil || len(leases) != 1 {
			b.Fatal(leases, err)
		}
		if err := s.Release(b.Context(), leases[0]); err != nil {
			b.Fatal(err)
		}
	}
}
