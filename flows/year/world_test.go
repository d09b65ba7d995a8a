package year

import (
	"fmt"
	"hash/fnv"
	"io"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	_ "time/tzdata"

	"kvitt/billing"
	"kvitt/flows"
	"kvitt/store/storetest"
)

const (
	team    = "T0FJORD"
	days    = 365
	day     = 24 * time.Hour
	dayEnds = 23*time.Hour + 50*time.Minute // When the promises are looked at; nothing is planned for the ten minutes after it.
)

// dawn is when the year begins.
var dawn = time.Date(2026, time.January, 5, 0, 0, 0, 0, time.UTC)

// year is one world for one year: the far ends, which outlive every crash, the replicas of the bot, and what a seed lets happen to them.
type year struct {
	seed     uint64
	log      *slog.Logger
	rules    rules
	walls    map[string]wall // By zone.
	people   []*person
	channels []*channel
	slack    *slack
	service  *service
	store    *storetest.Mem
	spied    *mailboxes
	replicas []*replica
	windows  []window
	revival  time.Time // When all replicas had been down for days.
	events   []event
	counts   counts
	witness  *witness

	mu       sync.Mutex
	lines    []line
	broken   []string
	unrest   time.Time // When something was last disturbed that is over at once: a crash, a restart.
	putOffs  map[visit]putOff
	everyone sync.WaitGroup // People who are doing something.
}

// rules are the operator's settings.
type rules struct {
	zone   *time.Location
	sched  flows.Schedule
	hours  flows.Hours
	digest int
}

func newYear(seed int, out io.Writer) *year {
	y := &year{seed: uint64(seed), log: slog.New(slog.DiscardHandler), putOffs: map[visit]putOff{}, counts: newCounts()}
	if out != nil {
		y.log = slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: slog.LevelWarn}))
	}
	rng := rand.New(rand.NewPCG(y.seed, 2))
	y.rules = someRules(rng)
	y.cast(rng)
	y.walls = map[string]wall{y.rules.zone.String(): newWall(y.rules.zone, y.rules.hours)}
	for _, name := range zones {
		y.walls[name] = newWall(location(name), y.rules.hours)
	}
	y.slack, y.spied = newSlack(y), newMailboxes()
	y.service = newService(y)
	y.plan(rng)
	y.witness = newWitness(y)
	return y
}

var zones = []string{"Europe/Oslo", "America/New_York", "Australia/Sydney", "Asia/Kolkata"}

func someRules(rng *rand.Rand) rules {
	workdays := [7]bool{false, true, true, true, true, true, false}
	return rules{
		zone: location(oneOf(rng, "UTC", "Europe/Oslo", "America/New_York", "Australia/Sydney")),
		sched: oneOf(rng, flows.Schedule{Offsets: []int{-7, -1, 0, 1, 3}, Every: 7}, flows.Schedule{Offsets: []int{-7, -1, 0, 1, 3}, Every: 7},
			flows.Schedule{Offsets: []int{-14, -3, 0, 7}, Every: 14}, flows.Schedule{Offsets: []int{-3, 0, 2, 10}}),
		hours: oneOf(rng, flows.Hours{From: 9 * 60, To: 17 * 60, Days: workdays}, flows.Hours{From: 9 * 60, To: 17 * 60, Days: workdays},
			flows.Hours{From: 8 * 60, To: 16 * 60, Days: [7]bool{true, true, true, true, true}},
			flows.Hours{From: 0, To: 24 * 60, Days: [7]bool{true, true, true, true, true, true, true}}),
		digest: oneOf(rng, 4, 4, 4, 3, 3, 2, 2, 6, 6, 0),
	}
}

// live lets the year pass, or as much of it as keeps its promises.
func (y *year) live(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(dawn))
		y.store = storetest.Memory(time.Now)
		for i := range *replicas {
			y.replicas = append(y.replicas, newReplica(y, i))
			y.replicas[i].start()
		}
		events := y.events
		for d := range days {
			for end := dawn.Add(time.Duration(d)*day + dayEnds); ; {
				if len(events) == 0 || events[0].at.After(end) {
					time.Sleep(time.Until(end))
					break
				}
				time.Sleep(time.Until(events[0].at))
				y.happen(events[0])
				events = events[1:]
			}
			y.everyone.Wait()
			synctest.Wait()
			if y.judge(d == days-1); len(y.broken) > 0 {
				break
			}
		}
		for _, r := range y.replicas {
			r.crash()
		}
	})
}

func (y *year) happen(e event) {
	y.counts.add("what happened", e.what)
	acts[e.what](y, e)
}

// dice is a number from 0 to 99 that depends on the seed and the words, and on nothing else: not on who came first.
func (y *year) dice(words ...any) int {
	h := fnv.New64a()
	fmt.Fprint(h, y.seed)
	for _, w := range words {
		fmt.Fprint(h, "\x00", w)
	}
	x := h.Sum64()
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	return int(x % 100)
}

func location(name string) *time.Location {
	loc, err := time.LoadLocation(name)
	must(err)
	return loc
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func oneOf[T any](rng *rand.Rand, choices ...T) T { return choices[rng.IntN(len(choices))] }

func dateOf(t time.Time, zone *time.Location) billing.Date { return billing.DateOf(t, zone) }
