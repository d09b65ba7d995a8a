package main

import (
	"slices"
	"strings"
	"time"

	"kvitt/sandbox"
)

// step is a moment at which somebody is killed.
type step struct {
	name   string
	stores []string // Nil: all of them.
	sees   func(deed) bool
	late   bool                    // Up to 30 ms after what was seen.
	first  string                  // The step that brings this one about.
	strike func(*chaos, step) bool // Instead of waiting for what is seen; false where there was nothing to strike at.
}

// snare waits for a step.
type snare struct {
	step
	fired chan struct{} // Closed once whoever is to be killed at that very moment is dead.
}

func arrives(what, words string) func(deed) bool {
	return func(a deed) bool { return !a.done && a.what == what && strings.Contains(a.text, words) }
}

func isDone(what, words string) func(deed) bool {
	return func(a deed) bool { return a.done && a.what == what && strings.Contains(a.text, words) }
}

func answered(what string, status int) func(deed) bool {
	return func(a deed) bool { return a.done && a.what == what && a.status == status }
}

// noted sees the record of a message that was just posted, before it is written or after.
func noted(done bool) func(deed) bool {
	return func(a deed) bool { return a.what == actWrite && a.done == done && a.by.freshly(a.text) }
}

const (
	reminder   = "Invoice INV-"
	wroteBegin = `"what":"pay requested"`
	wroteSend  = `"what":"pay sent"`
	wrotePaid  = `"what":"paid"`
)

// Steps that come by the clock.
const (
	random      = "at a random moment"
	askedToStop = "asked to stop"
	killOfRedis = "redis-server, kill -9" // Kills the store, and nobody else.
)

var onAnyRedis = []string{onRedis, onReplicas}

// steps are the named moments, each of which must come.
var steps = []step{
	{name: "as its socket opens", first: random, sees: arrives(actLink, "")},
	{name: "during a sync", sees: arrives(actList, "")},
	{name: "after a click", sees: isDone(actClick, "")},
	{name: "after the modal opened", sees: isDone("views.open", "")},
	{name: "after the modal was filled", sees: isDone("views.update", "Payment method")},
	{name: "after the submission's answer", sees: isDone(actSubmit, "")},
	{name: "before charge", sees: arrives(actPay, "")},
	{name: "after charge", sees: answered(actPay, 200)},
	{name: "after refusal", sees: answered(actPay, 402)},
	{name: "before post", sees: arrives("chat.postMessage", reminder)},
	{name: "after post", sees: isDone("chat.postMessage", reminder)},
	{name: "after update: in progress", sees: isDone("chat.update", "Payment in progress")},
	{name: "after update: paid", sees: isDone("chat.update", "Paid by")},
	{name: "before confirmation", sees: arrives("chat.postMessage", "Paid: ")},
	{name: "after confirmation", sees: isDone("chat.postMessage", "Paid: ")},
	{name: "while it looks for a message", first: "after post", sees: arrives("conversations.history", "")},
	{name: "while it looks what became of a payment", sees: arrives(actEvents, "")},

	{name: "a moment after begin", stores: []string{onFile}, sees: isDone(actSubmit, ""), late: true},
	{name: "a moment after charge", stores: []string{onFile}, sees: answered(actPay, 200), late: true},
	{name: "a moment after post", stores: []string{onFile}, sees: isDone("chat.postMessage", ""), late: true},

	{name: "before begin", stores: onAnyRedis, sees: arrives(actWrite, wroteBegin)},
	{name: "after begin", stores: onAnyRedis, sees: isDone(actWrite, wroteBegin)},
	{name: "before note that it may be sent", stores: onAnyRedis, sees: arrives(actWrite, wroteSend)},
	{name: "after note that it may be sent", stores: onAnyRedis, sees: isDone(actWrite, wroteSend)},
	{name: "before note of the charge", stores: onAnyRedis, sees: arrives(actWrite, wrotePaid)},
	{name: "after note of the charge", stores: onAnyRedis, sees: isDone(actWrite, wrotePaid)},
	{name: "before note of a post", stores: onAnyRedis, sees: noted(false)},
	{name: "after note of a post", stores: onAnyRedis, sees: noted(true)},
	{name: "after lease", stores: onAnyRedis, sees: isDone(actLease, "")},

	{name: random, strike: (*chaos).atRandom},
	{name: "both replicas at once", stores: []string{onReplicas}, strike: (*chaos).allAtOnce},
	{name: askedToStop, strike: (*chaos).askOne},
	{name: killOfRedis, stores: onAnyRedis, strike: (*chaos).killRedis},
}

// hunt kills until as many are dead as planned. There are always some bills to be paid, so that every step has something to do until the end.
func (w *chaos) hunt() {
	var deck, missed []step
	for w.killed() < w.plan.kills && w.ctx.Err() == nil {
		w.issue()
		if w.early == "" && w.killed()*2 >= w.plan.kills {
			w.export()
		}
		if len(deck) == 0 {
			deck, missed = append(missed, w.deck()...), nil
		}
		if !w.strikeAt(deck[0]) {
			missed = append(missed, deck[0]) // It had nothing to see just now.
		}
		deck = deck[1:]
		if w.chance.IntN(8) == 0 {
			w.slack.Fail(sandbox.Fault{Method: "chat.postMessage", Kind: sandbox.CutAfter})
		}
		w.pause(w.upTo(w.breath))
	}
}

// deck is every step of this world's store, shuffled.
func (w *chaos) deck() []step {
	deck := slices.DeleteFunc(slices.Clone(steps), func(s step) bool { return s.stores != nil && !slices.Contains(s.stores, w.store) })
	w.chance.Shuffle(len(deck), func(i, j int) { deck[i], deck[j] = deck[j], deck[i] })
	return deck
}

// lie waits for a step; whoever takes it is killed at that very moment, or a moment later.
func (w *chaos) lie(s step) bool {
	if i := slices.IndexFunc(steps, func(other step) bool { return other.name == s.first }); i >= 0 {
		w.strikeAt(steps[i])
	}
	t := &snare{step: s, fired: make(chan struct{})}
	w.snare.Store(t)
	select {
	case <-t.fired:
	case <-w.ctx.Done():
	case <-time.After(w.lurk):
	}
	if w.snare.CompareAndSwap(t, nil) {
		return false
	}
	<-t.fired
	if s.late {
		w.pause(w.upTo(30 * time.Millisecond))
		return w.allAtOnce(s)
	}
	return true
}

// strikeAt does what a step says.
func (w *chaos) strikeAt(s step) bool {
	if s.strike != nil {
		return s.strike(w, s)
	}
	return w.lie(s)
}

// sees springs the snare if this is what it waits for, and says whether somebody was killed before they were told.
func (w *chaos) sees(a deed) bool {
	t := w.snare.Load()
	if t == nil || !t.step.sees(a) || !w.snare.CompareAndSwap(t, nil) {
		return false
	}
	defer close(t.fired)
	switch {
	case t.late:
		return false
	case a.by == nil:
		return w.allAtOnce(t.step)
	}
	return a.by.kill(t.name)
}

// longest is how long somebody or something is left alone at most, where the seed says how long.
const longest = 1500 * time.Millisecond

// atRandom kills one at some moment after whatever came before.
func (w *chaos) atRandom(s step) bool {
	w.pause(w.upTo(longest))
	return w.anyone().kill(s.name)
}

func (w *chaos) anyone() *replica { return w.replicas[w.chance.IntN(len(w.replicas))] }

func (w *chaos) allAtOnce(s step) (any bool) {
	for _, r := range w.replicas {
		any = r.kill(s.name) || any
	}
	return any
}

// askOne ends one as an operator does.
func (w *chaos) askOne(step) bool { return w.anyone().ask() }

// killRedis kills nobody but the server; what it answered it has kept.
func (w *chaos) killRedis(s step) bool {
	w.outages.Add(1)
	w.note("", "redis-server is killed")
	w.redis.Kill()
	w.pause(w.upTo(longest))
	w.redis.Restart()
	w.outages.Add(1)
	w.note("", "redis-server is there again")
	w.hit(s.name)
	return true
}

// upTo is a time that the seed chooses.
func (w *chaos) upTo(most time.Duration) time.Duration {
	return time.Duration(w.chance.Int64N(int64(most)))
}

func (w *chaos) pause(d time.Duration) {
	select {
	case <-time.After(d):
	case <-w.ctx.Done():
	}
}
