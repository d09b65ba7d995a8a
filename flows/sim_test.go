package flows

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"kvitt/billing"
	"kvitt/bot"
)

// sim does the steps of a plan on the record alone, as if Slack and the billing service had answered; and it watches what is said.
type sim struct {
	t    testing.TB
	rng  *rand.Rand // Nil: everything goes well.
	now  time.Time
	a    Audience
	p    Policy
	ts   int
	said map[string]int // Messages that are in Slack, by key.
}

// do takes the steps as reconcile does: claim what is to be said, then everything.
func (s *sim) do(r *Record, steps []Step) {
	var posts []Post
	for _, step := range steps {
		if step.Do == Say {
			posts = append(posts, step.Post)
		}
	}
	r.claim(posts, "", s.now)
	for _, step := range steps {
		s.done(r, step)
	}
}

func (s *sim) done(r *Record, step Step) {
	switch p := r.post(step.Post.Key); step.Do {
	case Say:
		s.post(r, p)
	case Seek:
		if s.rng != nil && s.said[p.Key] == 0 {
			p.Unsure = false
			return
		}
		s.ts++
		p.posted(bot.Ref{Channel: "D" + p.Place, TS: fmt.Sprintf("2.%06d", s.ts)}, "")
	case Mend:
		p.posted(p.Ref, digest(render(s.now, *r, *p, s.a, s.p)))
	case Charge:
		must(r.send(r.Attempt.Key, visa, billing.Grant{}, s.now, s.now.Add(day)))
		s.conclude(r)
	case Look:
		s.conclude(r)
	case Alarm:
		if err := r.alarm(step.Key, s.now); !errors.Is(err, ErrStale) {
			must(err)
		}
	case Consult:
		must(r.consulted(step.Key, visa, s.now))
	case Expire:
		must(r.expire(step.Key, s.now))
	case Drop:
		must(r.withdraw(step.Key, Notice{Kind: NoticeUnchecked}, s.now))
	case TakeBack:
		must(undo(r, s.now, unique(append(slices.Clone(s.p.Channels), r.Undo.By))...))
	case Settle:
		r.settled()
	}
}

// post says something; now and then the process dies before or after, and nobody knows.
func (s *sim) post(r *Record, p *Post) {
	dies := s.rng != nil && s.rng.IntN(8) == 0
	if dies && s.rng.IntN(2) == 0 {
		return
	}
	if s.said == nil {
		s.said = map[string]int{}
	}
	if s.said[p.Key]++; s.said[p.Key] > 1 {
		s.t.Errorf("at %v %s is said a second time", s.now, p.Key)
	}
	if dies {
		return
	}
	s.ts++
	p.posted(bot.Ref{Channel: "D" + p.Place, TS: fmt.Sprintf("1.%06d", s.ts)}, digest(render(s.now, *r, *p, s.a, s.p)))
}

// conclude is the billing service's word about the payment under way.
func (s *sim) conclude(r *Record) {
	key := r.Attempt.Key
	word := 0
	if s.rng != nil {
		word = s.rng.IntN(6)
	}
	switch word {
	case 0:
		must(r.settle(key, billing.Outcome{At: s.now}, s.now))
	case 1:
		must(r.refuse(key, billing.Generic, s.now))
	case 2:
		must(r.withdraw(key, Notice{Kind: NoticeChanged}, s.now))
	case 4:
		must(r.act(key, s.now))
	case 3:
		must(r.submit(key, s.now, s.now.Add(submitEvery)))
	default:
		if r.State == Submitted {
			must(r.submit(key, s.now, s.now.Add(submitEvery)))
			return
		}
		must(r.doubt(key, s.now, s.now.Add(lookEvery)))
	}
}

// Months in the life of an invoice, with people, services and crashes doing as they please: Plan comes to rest every time, sleeps through nothing, says
// nothing twice, and reminds nobody of what is not to be paid.
func TestPlanComesToRestAndSleepsThroughNothing(t *testing.T) {
	seeded(t, 5, func(t *testing.T, rng *rand.Rand) {
		p := aPolicy()
		p.Zone, p.Schedule, p.Hours = zone(t, oneOf(rng, places...)), someSchedule(rng), someHours(rng)
		a := anAudience()
		for i := range a.Readers {
			a.Readers[i].Zone = zone(t, oneOf(rng, places...))
		}
		s := &sim{t: t, rng: rng, now: at(time.UTC, 2026, 2, 1, 12, 0), a: a, p: p}
		r := seen(anInvoice())
		for range 35 {
			if act := oneOf(rng, someAct(rng, r, s.now), someAct(rng, r, s.now), requestAct(rng, r, s.now)); act.name != "settled" && (act.name != "see" || r.Undo == nil) {
				_ = act.do(&r)
			}
			wake := s.rest(&r)
			if t.Failed() {
				t.Fatalf("%s", asJSON(r))
			}
			s.now = s.sleep(r, wake)
		}
	})
}

// rest plans and does until there is nothing to do, and returns when to plan again.
func (s *sim) rest(r *Record) time.Time {
	for range 3 * rounds { // Dying in between takes rounds, too.
		*r = copyOf(*r)
		steps, wake, lane := Plan(s.now, *r, s.a, s.p)
		again, wake2, lane2 := Plan(s.now, copyOf(*r), s.a, s.p)
		if asJSON(steps) != asJSON(again) || !wake.Equal(wake2) || lane != lane2 {
			s.t.Errorf("planned twice: %q and %q", told(steps), told(again))
		}
		s.check(*r, steps)
		if len(steps) == 0 {
			if !wake.IsZero() && !wake.After(s.now) {
				s.t.Errorf("nothing to do at %v, and yet it wakes at %v", s.now, wake)
			}
			return wake
		}
		s.do(r, steps)
	}
	steps, _, _ := Plan(s.now, *r, s.a, s.p)
	s.t.Errorf("it does not come to rest: %q", told(steps))
	return time.Time{}
}

func (s *sim) check(r Record, steps []Step) {
	for _, step := range steps {
		p := r.post(step.Post.Key)
		reminds := step.Do == Say && step.Post.isReminder()
		reader, _ := s.a.reader(step.Post.Place)
		switch {
		case step.Reason == "":
			s.t.Errorf("no reason for %v", step)
		case step.Do == Say && p != nil && (p.Unsure || p.Ref.TS != "" || p.Over != ""):
			s.t.Errorf("%s is said, and may be there already", p.Key)
		case reminds && (!r.payable() && !r.awaits() || r.busy() || r.Invoice.Due.IsZero() || r.Invoice.AutoCollect && !r.Invoice.PayFailed):
			s.t.Errorf("a reminder of %s", asJSON(r))
		case reminds && !s.p.Hours.allowed(s.now, reader.Zone):
			s.t.Errorf("%s is told to reach %s outside the hours", step.Post.Key, s.now.In(reader.Zone))
		case step.Do == Say && step.Post.Kind == PostConfirm && p == nil && r.State != Paid:
			s.t.Errorf("%s, and it is %s", step.Post.Key, r.State)
		case step.Do == Say && step.Post.Kind == PostConfirm && !isChannel(step.Post.Place) && r.Payments[step.Post.Number].By != step.Post.Place:
			s.t.Errorf("%s for somebody who did not pay", step.Post.Key)
		}
	}
}

// sleep moves the clock to the wake or to a moment before it, at which there must still be nothing to do.
func (s *sim) sleep(r Record, wake time.Time) time.Time {
	span := 400 * day
	if !wake.IsZero() {
		span = wake.Sub(s.now)
	}
	for range 2 {
		early := s.now.Add(time.Duration(s.rng.Int64N(int64(span))))
		if steps, _, _ := Plan(early, r, s.a, s.p); len(steps) > 0 {
			s.t.Errorf("at %v it sleeps until %v, and at %v there is something to do: %q", s.now, wake, early, told(steps))
		}
	}
	if !wake.IsZero() && s.rng.IntN(4) > 0 {
		return wake
	}
	return s.now.Add(min(span, time.Duration(s.rng.Int64N(int64(4*day)))))
}
