package bot

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"
)

// How long things may take.
const (
	answerTime  = 2 * time.Second // To find the answer that an acknowledgement carries. Slack gives 3.
	handlerTime = 20 * time.Second
	memoryTime  = time.Second // To ask whether a click was seen before.
	askTime     = time.Minute // For which a submission's answer is kept for its duplicates.
	drainTime   = 8 * time.Second
)

// waits tells the kinds whose acknowledgement carries an answer.
func (k Kind) waits() bool { return k == Submit || k == Suggest || k == Command }

// dispatch is where both doors end. It does not block. It calls ack once, with the answer or with nothing; or returns false and never
// calls it, because we are stopping or full: what is not acknowledged was not taken, and Slack tells the person so.
func (b *Bot) dispatch(c Click, ack func(json.RawMessage)) bool {
	c.Trace = rand.Text()[:8]
	if !b.ours(&c) {
		b.log.Warn("dropped what is for another workspace", c.attrs(), "team", c.Team)
		b.observe("door", "", "foreign", 0)
		ack(nil)
		return true
	}
	if c.removed {
		b.log.Warn("Slack says that the app or its token was removed", "event", c.Action)
		select {
		case b.doubt <- struct{}{}:
		default:
		}
	}
	h := b.handlers.find(c)
	if h == nil {
		b.log.Debug("nobody listens to this", c.attrs())
		b.acknowledge(c, nil, "unknown", ack)
		return true
	}
	if c.Kind.waits() {
		return b.dispatchAnswer(c, h, ack)
	}
	acknowledged := make(chan struct{})
	if !b.work.accept(false, func(ctx context.Context) {
		<-acknowledged
		b.handle(ctx, c, h)
	}) {
		return b.refuse(c)
	}
	b.acknowledge(c, nil, "ok", ack)
	close(acknowledged)
	return true
}

// handle runs the handler of a click that was acknowledged already.
func (b *Bot) handle(ctx context.Context, c Click, h handler) {
	ctx, cancel := context.WithTimeout(WithTrace(ctx, c.Trace), handlerTime)
	defer cancel()
	if first := b.remember(ctx, &c); first {
		b.guard(ctx, c, h)
	}
}

// dispatchAnswer starts the two seconds now: time spent in the queue counts.
func (b *Bot) dispatchAnswer(c Click, h handler, ack func(json.RawMessage)) bool {
	var once sync.Once
	answer := func(raw json.RawMessage, outcome string) (mine bool) {
		once.Do(func() { b.acknowledge(c, raw, outcome, ack); mine = true })
		return mine
	}
	pending, first := b.pending(c)
	late := time.AfterFunc(answerTime, func() {
		raw := b.sorry(c)
		pending.settle(raw)
		answer(raw, AckLate)
	})
	accepted := b.work.accept(true, func(ctx context.Context) {
		defer late.Stop()
		ctx = WithTrace(ctx, c.Trace)
		if !first {
			<-pending.settled
			answer(pending.raw, "duplicate")
			return
		}
		b.reply(ctx, c, h, pending, answer)
	})
	if !accepted {
		late.Stop()
		pending.settle(nil)
		return b.refuse(c)
	}
	return true
}

// reply runs a handler whose outcome is the acknowledgement.
func (b *Bot) reply(ctx context.Context, c Click, h handler, pending *ask, answer func(json.RawMessage, string) bool) {
	within := answerTime
	if c.Kind == Command {
		within = handlerTime
	}
	ctx, cancel := context.WithDeadline(ctx, time.Now().Add(within))
	defer cancel()
	if c.Kind != Suggest && !b.remember(ctx, &c) {
		pending.settle(nil)
		answer(nil, "duplicate")
		return
	}
	out, err := b.guard(ctx, c, h)
	word := "ok"
	if err != nil {
		out, word = outcome{ack: b.sorry(c)}, "error"
	}
	pending.settle(out.ack)
	after := out.then
	if !answer(out.ack, word) {
		after = out.late
	}
	if after == nil {
		return
	}
	ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), handlerTime)
	defer cancel()
	if err := after(ctx); err != nil {
		b.log.Error("the answer did not reach the person", c.attrs(), "error", err)
	}
}

// guard runs a handler, survives its panic, and counts and logs how it ended.
func (b *Bot) guard(ctx context.Context, c Click, h handler) (out outcome, err error) {
	start := time.Now()
	defer func() {
		word := "ok"
		if p := recover(); p != nil {
			err, word = fmt.Errorf("the handler panicked: %v", p), "panic"
			b.log.Error("a handler panicked", c.attrs(), "panic", p, "stack", string(debug.Stack()))
		} else if err != nil {
			word = "error"
			if errors.Is(err, context.DeadlineExceeded) {
				word = "late"
			}
			b.log.Error("a handler ended in an error", c.attrs(), "error", err)
		}
		b.observe("handler", string(c.Kind), word, time.Since(start))
	}()
	return h(ctx, c)
}

// remember tells whether the click is new. Where that cannot be found out, it is let through and says so.
func (b *Bot) remember(ctx context.Context, c *Click) (first bool) {
	ctx, cancel := context.WithTimeout(ctx, memoryTime)
	defer cancel()
	first, err := b.cfg.Seen(ctx, c.ID)
	if err != nil {
		b.log.Error("cannot tell whether this was done before", c.attrs(), "error", err)
		c.MemoryErr = err
		return true
	}
	if !first {
		b.log.Info("dropped a duplicate", c.attrs())
		b.observe("handler", string(c.Kind), "duplicate", 0)
	}
	return first
}

// sorry is the acknowledgement of what failed or is late.
func (b *Bot) sorry(c Click) (raw json.RawMessage) {
	switch {
	case c.Kind == Suggest:
		return noOptions
	case c.Kind != Submit || b.cfg.Sorry == nil:
		return nil
	}
	defer func() {
		if p := recover(); p != nil {
			b.log.Error("saying sorry panicked", c.attrs(), "panic", p)
		}
	}()
	out, err := b.answer(c, b.cfg.Sorry(c))
	if err != nil {
		b.log.Error("cannot say sorry", c.attrs(), "error", err)
	}
	return out.ack
}

func (b *Bot) acknowledge(c Click, raw json.RawMessage, word string, ack func(json.RawMessage)) {
	ack(raw)
	b.observe("ack", string(c.Kind), word, b.cfg.Now().Sub(c.At))
	b.log.Info("acknowledged", c.attrs(), "outcome", word)
}

func (b *Bot) refuse(c Click) bool {
	b.log.Warn("not taken in: stopping, or too much to do", c.attrs())
	b.observe("ack", string(c.Kind), AckRefused, 0)
	return false
}

// ours tells whether a click is for our workspace, or for our whole organisation, and names the workspace. In a shared channel Slack
// may name the stranger's workspace first, so it is enough that ours is among those named.
func (b *Bot) ours(c *Click) bool {
	me := b.me()
	switch {
	case slices.Contains(c.teams, me.Team):
		c.Team = me.Team
	case c.org && c.Enterprise != me.Enterprise: // An installation in another organisation need name no workspace.
		return false
	case me.Team == "" || len(c.teams) == 0: // We, or they, were not told; the door has verified the sender.
	case c.org && me.Enterprise != "":
	default:
		return false
	}
	c.Team = firstOf(c.Team, me.Team)
	return true
}

// ask is a submission (or the like) and, once settled, its answer.
type ask struct {
	once    sync.Once
	settled chan struct{}
	raw     json.RawMessage
}

func (a *ask) settle(raw json.RawMessage) {
	a.once.Do(func() {
		a.raw = raw
		close(a.settled)
	})
}

// pending finds the ask that c duplicates, or starts one.
func (b *Bot) pending(c Click) (a *ask, first bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if a := b.asks[c.ID]; a != nil && c.Kind != Suggest {
		return a, false
	}
	a = &ask{settled: make(chan struct{})}
	if c.Kind == Suggest {
		return a, true
	}
	b.asks[c.ID] = a
	time.AfterFunc(askTime, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.asks, c.ID)
	})
	return a, true
}
