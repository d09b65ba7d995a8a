package main

import (
	"flag"
	"fmt"
	"hash/fnv"
	"testing"
	"time"
)

var (
	kills = flag.Int("kills", 14, "how many kills TestChaos deals, half of them to each kind of store; make chaos deals 1,000")
	seed  = flag.Int("seed", 1, "the seed of the first world of TestChaos; the next one has the next")
)

// A world sees so many kills at most, while so many invoices come and are paid, or more if people are fast.
const (
	perWorld = 100
	fifty    = 50
)

// TestChaos kills the real kvitt again and again, at named steps and at random moments, while people are reminded and pay; its far ends live here and
// record every truth. Whatever was killed when, money moves once and everything is said once.
func TestChaos(t *testing.T) {
	t.Parallel()
	all := toll{began: time.Now()}
	t.Run("worlds", func(t *testing.T) {
		for _, plan := range plans(*kills, uint64(*seed)) {
			t.Run(plan.String(), func(t *testing.T) {
				t.Parallel()
				w := newChaos(t, plan)
				w.live()
				if story := w.story(); story != "" {
					t.Error(story)
				}
				all.add(w)
			})
		}
	})
	if missing := all.missing(); *kills >= enough && len(missing) > 0 {
		t.Errorf("never hit: %q", missing)
	}
	t.Logf("%d worlds:\n%s", len(all.worlds), all.tables())
	if err := all.write(*report); err != nil {
		t.Error(err)
	}
}

// The kinds of stores. With replicas there are two kvitts on one Redis.
const (
	onFile     = "file"
	onRedis    = "redis"
	onReplicas = "redis, two replicas"
)

// plan is what one world is like.
type plan struct {
	store    string
	seed     uint64
	kills    int
	invoices int
	people   int
	open     int           // How many invoices there are to be paid at any time.
	courses  []string      // How people pay them.
	hasty    int           // How many in a hundred do not wait until everybody is reminded.
	lurk     time.Duration // How long a step is waited for, at most.
	breath   time.Duration // Between two kills, at most. On Redis each kill leaves leases behind that take 15 s to end.
}

func (p plan) String() string { return fmt.Sprintf("%s seed=%d", p.store, p.seed) }

// plans deals kills to worlds: half to files and half to Redis, of which every second world has two replicas.
func plans(kills int, seed uint64) (all []plan) {
	n := max(1, (kills/2+perWorld-1)/perWorld)
	for i := range 2 * n {
		p := plan{store: []string{onFile, onRedis, onFile, onReplicas}[i%4], seed: seed + uint64(i)}
		p.kills = (kills/2 + i/2) / n
		p.hasty = 30
		p.invoices, p.people, p.open, p.courses, p.lurk, p.breath = min(p.kills, fifty), 5, 6, courses, 4*time.Second, 900*time.Millisecond
		switch {
		case p.kills < 20: // Few people, and nobody waits for what takes ten seconds.
			p.hasty = 80
			p.invoices, p.people, p.open, p.courses, p.lurk, p.breath = 5, 2, 4, quick, time.Second, 300*time.Millisecond
		case p.store != onFile:
			p.breath = 3 * time.Second
		}
		all = append(all, p)
	}
	return all
}

// dice is a number from 0 to 99, the same for the same seed and facts.
func (p plan) dice(facts ...any) int {
	h := fnv.New64a()
	fmt.Fprintln(h, p.seed, facts)
	return int(h.Sum64()>>20) % 100
}
