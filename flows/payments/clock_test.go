package payments

import (
	"slices"
	"sync"
	"time"
)

// clocks are the store's and those of the replicas' machines. Each may be set an hour ahead or back for a while.
type clocks struct {
	mu    sync.Mutex
	steps map[string][]step // By whose.
}

type step struct {
	at time.Time
	by time.Duration
}

const (
	storeClock   = "store"
	compareEvery = 30 * time.Second // How often the program compares its clock with the store's.
	jumpedLate   = 15 * time.Second // How much later it goes by one that is ahead.
)

// machines are whose clocks the replicas' machines have, and when in each half minute they are compared with the store's.
var (
	machines = [...]string{"machine 0", "machine 1"}
	phases   = map[string]time.Duration{"machine 1": 11 * time.Second}
)

// set sets a clock wrong for a while, and then right again; false where it would be wrong by more than an hour, with what it is wrong by already.
func (c *clocks) set(whose string, by, lasts time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	steps := append(slices.Clone(c.steps[whose]), step{now, by}, step{now.Add(lasts), -by})
	if slices.ContainsFunc(steps, func(s step) bool { return !s.at.Before(now) && sum(steps, s.at).Abs() > time.Hour }) {
		return false
	}
	c.steps[whose] = steps
	return true
}

// wrong is by how much a clock was wrong at a moment.
func (c *clocks) wrong(whose string, at time.Time) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return sum(c.steps[whose], at)
}

func sum(steps []step, at time.Time) (by time.Duration) {
	for _, s := range steps {
		if !s.at.After(at) {
			by += s.by
		}
	}
	return by
}

// of is a clock by itself.
func (c *clocks) of(whose string) func() time.Time {
	return func() time.Time {
		now := time.Now()
		return now.Add(c.wrong(whose, now))
	}
}

// shared is the clock that a replica goes by: its machine's, put right by how far the store's was ahead when they were last compared.
func (c *clocks) shared(machine string) func() time.Time {
	ahead := func(at time.Time) time.Duration { return c.wrong(storeClock, at) - c.wrong(machine, at) }
	return func() time.Time {
		now := time.Now()
		compared := now.Add(-phases[machine]).Truncate(compareEvery).Add(phases[machine])
		by := ahead(compared)
		if before := ahead(compared.Add(-compareEvery)); by > before && now.Sub(compared) < jumpedLate {
			by = before
		}
		return now.Add(c.wrong(machine, now) + by)
	}
}

// clockwise is what the troubles with clocks set, and by how much.
var clockwise = map[string]time.Duration{storeAhead: time.Hour, storeBehind: -time.Hour, machineAhead: time.Hour, machineBehind: -time.Hour}

// astray sets a clock wrong, if that is what this invoice meets: as somebody submits, or as the gateway is asked, and for as long as the dice say.
func (w *world) astray(b *bill, nth int, asked bool) {
	by, is := clockwise[b.memory]
	if !is || b.astray || asked != (w.dice("astray", b.id) < 50) {
		return
	}
	b.astray = true
	whose := storeClock
	if b.memory == machineAhead || b.memory == machineBehind {
		whose = machines[nth]
	}
	lasts := []time.Duration{20 * time.Second, 5 * time.Minute, time.Hour, 5 * time.Hour}[w.dice("lasts", b.id)%4]
	if w.clocks.set(whose, by, lasts) {
		w.met(b.memory)
		w.note("", "the clock of %s is set by %s for %s", whose, by, lasts)
	}
}
