package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"kvitt/billing"
)

// readiness is what GET /readyz says: each neighbour's state in a word, and whether people are served. A billing service that fails keeps nobody
// from being served.
func (a *app) readiness(ctx context.Context) (state map[string]any, ready bool) {
	slack, services := "waiting", map[string]string{}
	if a.team.Load() != nil {
		if a.bot.Ready() {
			slack = "ok"
		}
		failed := a.flows.Health()
		for _, provider := range a.flows.Providers {
			name := provider.Name()
			services[name] = inAWord(a.asked[name].answer(ctx, func(ctx context.Context) error { return lists(ctx, provider, failed[name] != nil) }))
		}
	}
	kept := inAWord(a.asked[""].answer(ctx, a.backend.Ping))
	return map[string]any{"slack": slack, "store": kept, "billing": services}, slack == "ok" && kept == "ok"
}

func inAWord(err error) string {
	if err != nil {
		return "failing"
	}
	return "ok"
}

// lists asks a billing service for its first invoice; for all of them where the last sync failed, for it may have failed further on.
func lists(ctx context.Context, provider billing.Provider, whole bool) error {
	for _, err := range provider.Invoices(ctx, time.Time{}) {
		if err != nil || !whole {
			return err
		}
	}
	return nil
}

// errUnheard stands until a neighbour has answered for the first time.
var errUnheard = errors.New("it has not answered yet")

// asked is the last answer of a neighbour to "are you well?". It is asked when somebody wants to know, and not otherwise.
type asked struct {
	again    time.Duration // How often at most it is asked, however many want to know.
	limit    time.Duration // How long it has for an answer.
	patience time.Duration // How long who wants to know waits for it; then the answer before stands.

	mu      sync.Mutex
	at      time.Time
	pending chan struct{} // Closed when the answer is there.
	waiting bool          // It is not.
	err     error
}

// newAsked is for whom readiness asks: the store, and by their names the billing services. That one of these hangs holds nobody up who only wants to
// know whether people are served.
func newAsked(billing []string) map[string]*asked {
	all := map[string]*asked{"": {again: 2 * time.Second, limit: 2 * time.Second, patience: 3 * time.Second, err: errUnheard}}
	for _, name := range billing {
		all[name] = &asked{again: 2 * time.Second, limit: 7 * time.Second, patience: 500 * time.Millisecond, err: errUnheard}
	}
	return all
}

func (a *asked) answer(ctx context.Context, ask func(context.Context) error) error {
	pending := a.ask(context.WithoutCancel(ctx), ask)
	select {
	case <-pending:
	case <-time.After(a.patience):
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.err
}

// ask asks unless it was asked a moment ago or the answer is still awaited.
func (a *asked) ask(ctx context.Context, ask func(context.Context) error) (pending chan struct{}) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.pending != nil && (a.waiting || time.Since(a.at) < a.again) {
		return a.pending
	}
	pending = make(chan struct{})
	a.pending, a.at, a.waiting = pending, time.Now(), true
	go func() {
		ctx, cancel := context.WithTimeout(ctx, a.limit)
		defer cancel()
		err := ask(ctx)
		a.mu.Lock()
		defer a.mu.Unlock()
		a.err, a.waiting = err, false
		close(pending)
	}()
	return pending
}
