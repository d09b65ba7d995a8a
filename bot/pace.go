package bot

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// method is one method of the Web API and the pace we keep with it. Slack's tiers are minimums per minute, and short bursts are
// allowed (docs.slack.dev/apis/web-api/rate-limits).
type method struct {
	name      string
	perMinute float64
	burst     int
	write     bool // It changes something, so an unanswered call may have been done.
}

// "Several hundred messages per minute" and workspace; chat.postMessage has no tier.
var postMessage = method{"chat.postMessage", 300, 20, true}

var (
	postEphemeral = tier4("chat.postEphemeral", true)
	update        = tier3("chat.update", true)
	openView      = tier4("views.open", true)
	pushView      = tier4("views.push", true)
	updateView    = tier4("views.update", true)
	publishView   = tier4("views.publish", true)
	openDM        = tier3("conversations.open", false) // Opening twice is opening once.
	history       = tier3("conversations.history", false)
	replies       = tier3("conversations.replies", false)
	placeInfo     = tier3("conversations.info", false)
	userInfo      = tier4("users.info", false)
	lookUp        = method{"users.lookupByEmail", 50, 25, false} // A press waits for it, as for what is of tier 4.
	authTest      = tier3("auth.test", false)
	// A server that hangs up after every hello must see ten of us in ten seconds at most. A wait for it counts as dialling, so
	// it has to be much shorter than dialTime.
	openSocket = method{"apps.connections.open", 20, 3, false}
)

func tier3(name string, write bool) method { return method{name, 50, 10, write} }

// What opens a modal is of tier 4. Half a minute's worth may go at once: a press that waits for its turn is lost after three seconds.
func tier4(name string, write bool) method { return method{name, 100, 50, write} }

// One message a second and channel; "short bursts" are allowed.
const (
	channelPerSecond = 1
	channelBurst     = 4 // One less than what Slack is known to take, so that jitter earns no 429.
	manyChannels     = 1000
)

// pacer keeps Slack's pace: a bucket for each method, and one for each channel that is posted to.
type pacer struct {
	mu       sync.Mutex
	methods  map[string]*bucket
	channels map[string]*bucket
}

func newPacer() *pacer {
	return &pacer{methods: map[string]*bucket{}, channels: map[string]*bucket{}}
}

func (p *pacer) method(m method) *bucket {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.methods[m.name] == nil {
		p.methods[m.name] = newBucket(rate.Limit(m.perMinute/60), m.burst)
	}
	return p.methods[m.name]
}

func (p *pacer) channel(id string) *bucket {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.channels[id] == nil {
		if len(p.channels) >= manyChannels {
			// A new bucket is just like a full one.
			maps.DeleteFunc(p.channels, func(_ string, b *bucket) bool { return b.idle() })
		}
		p.channels[id] = newBucket(channelPerSecond, channelBurst)
	}
	return p.channels[id]
}

// asker is who waits for the answer to a call: nobody, somebody, or a person by their id.
type asker string

const (
	nobody   asker = ""
	somebody asker = "somebody"
)

// anAnswer is who asks, of whom only that is known.
func anAnswer(answer bool) asker {
	if answer {
		return somebody
	}
	return nobody
}

// waiter is one place in a queue.
type waiter struct {
	asker asker
	turn  chan struct{} // Closed when it comes.
}

// A bucket lets callers through at a pace. Answers, which somebody waits for, go before everything else, and among these each asker has
// one turn before anybody has a second: who asks without end keeps nobody else waiting. Else first come is first served. Its clock is the
// real one (or a bubble's): a wait is a wait, whatever day the demo pretends it is.
type bucket struct {
	mu     sync.Mutex
	limit  *rate.Limiter
	until  time.Time // Nobody goes before: Slack's Retry-After.
	answer []waiter
	other  []waiter
	timer  *time.Timer // Runs while somebody waits.
}

func newBucket(limit rate.Limit, burst int) *bucket {
	return &bucket{limit: rate.NewLimiter(limit, burst)}
}

// take waits for its turn. It returns *BusyError at once if the turn would come after ctx's deadline.
func (b *bucket) take(ctx context.Context, by asker) error {
	turn, err := b.join(ctx, by)
	if err != nil || turn == nil {
		return err
	}
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
		b.leave(turn)
		return notSent(ctx)
	}
}

// join takes a token now (nil turn), or queues.
func (b *bucket) join(ctx context.Context, by asker) (chan struct{}, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if ctx.Err() != nil {
		return nil, notSent(ctx)
	}
	ahead := inTurn(b.answer, by)
	if by == nobody {
		ahead = len(b.answer) + len(b.other)
	}
	wait := b.wait(ahead)
	if wait == 0 && b.limit.Allow() {
		return nil, nil
	}
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < wait {
		return nil, &BusyError{After: wait}
	}
	w := waiter{by, make(chan struct{})}
	if by == nobody {
		b.other = append(b.other, w)
	} else {
		b.answer = slices.Insert(b.answer, ahead, w)
	}
	b.arm()
	return w.turn, nil
}

// inTurn is how many go before an asker who joins now: all whose asker has no more turns before theirs than this one has in all.
func inTurn(queue []waiter, by asker) (ahead int) {
	turns := map[asker]int{}
	for _, w := range queue {
		turns[w.asker]++
	}
	mine, before := turns[by], map[asker]int{}
	for i, w := range queue {
		if before[w.asker] <= mine {
			ahead = i + 1
		}
		before[w.asker]++
	}
	return ahead
}

// wait is how long somebody with that many ahead waits from now.
func (b *bucket) wait(ahead int) time.Duration {
	missing := float64(ahead) + 1 - b.limit.Tokens()
	// A hair of a token is what rounding leaves.
	paced := max(0, time.Duration((missing-1e-6)/float64(b.limit.Limit())*float64(time.Second)))
	return max(paced, time.Until(b.until))
}

// arm sets the timer for the next in line.
func (b *bucket) arm() {
	if b.timer == nil && len(b.answer)+len(b.other) > 0 {
		b.timer = time.AfterFunc(max(b.wait(0), time.Microsecond), b.next)
	}
}

// next lets everybody go whose turn it is.
func (b *bucket) next() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.timer = nil
	for len(b.answer)+len(b.other) > 0 && b.wait(0) == 0 && b.limit.Allow() {
		lane := &b.other
		if len(b.answer) > 0 {
			lane = &b.answer
		}
		close((*lane)[0].turn)
		*lane = (*lane)[1:]
	}
	b.arm()
}

// leave gives up a place in the queue.
func (b *bucket) leave(turn chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.answer, b.other = without(b.answer, turn), without(b.other, turn)
}

// pause obeys a Retry-After.
func (b *bucket) pause(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if until := time.Now().Add(d); until.After(b.until) {
		b.until = until
	}
}

func (b *bucket) idle() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.answer)+len(b.other) == 0 && b.limit.Tokens() >= float64(b.limit.Burst())
}

func without(lane []waiter, turn chan struct{}) []waiter {
	return slices.DeleteFunc(lane, func(w waiter) bool { return w.turn == turn })
}
