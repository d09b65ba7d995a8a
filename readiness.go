package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"kvitt/billing"
	"kvitt/flows"
)

// For how long readiness waits for those whom it asks. Whoever only wants to know whether people are served may wait a second, as Kubernetes does by
// default, whatever the billing services do.
const (
	billingPatience = 500 * time.Millisecond
	storePatience   = 3 * time.Second
)

// readiness is what GET /readyz says: each neighbour's state in a word, and whether people are served. A billing service that fails keeps nobody
// from being served.
func (a *app) readiness(ctx context.Context) (state map[string]any, ready bool) {
	if a.opened.Load() {
		a.asked[""].ask(ctx, a.backend.Ping)
	}
	patient, cancel := context.WithTimeout(ctx, storePatience)
	defer cancel()
	slack, services := "waiting", map[string]string{}
	if a.team.Load() != nil {
		if a.bot.Ready() {
			slack = "ok"
		}
		services = a.services(ctx)
	}
	kept := a.asked[""].word(patient, flows.Health{})
	return map[string]any{"slack": slack, "store": kept, "billing": services}, slack == "ok" && kept == "ok"
}

// services asks the billing services, all at once.
func (a *app) services(ctx context.Context) map[string]string {
	last, words := a.flows.Health(), map[string]string{}
	for _, provider := range a.flows.Providers {
		a.asked[provider.Name()].ask(ctx, func(ctx context.Context) error { return answers(ctx, provider, last[provider.Name()].Failed) })
	}
	patient, cancel := context.WithTimeout(ctx, billingPatience)
	defer cancel()
	for _, provider := range a.flows.Providers {
		words[provider.Name()] = a.asked[provider.Name()].word(patient, last[provider.Name()])
	}
	return words
}

// answers asks a billing service whether it answers and lets us in. Whether anything else that the last sync found is mended, such as an invoice that
// cannot be read, only the next one can tell.
func answers(ctx context.Context, provider billing.Provider, last error) error {
	if last != nil && !errors.Is(last, billing.ErrUnavailable) && !errors.Is(last, billing.ErrSetup) {
		return last
	}
	return provider.Ping(ctx)
}

const (
	stale    = 10 * time.Second // How old an answer is that a newer one should be there for.
	believed = 2 * time.Hour    // How old one is that says nothing any more, though nobody asked since: twice the longest default of KVITT_SYNC.
)

// asked is the last answer of a neighbour to "are you well?". It is asked when somebody wants to know, and not otherwise.
type asked struct {
	again time.Duration // How often at most it is asked, however many want to know.
	limit time.Duration // How long it has for an answer.

	mu       sync.Mutex
	began    time.Time
	awaited  chan struct{} // Closed when the answer is there; nil while none is awaited.
	answered time.Time
	err      error
}

// newAsked is for whom readiness asks: the store, and by their names the billing services. A change is known within again and limit, less than stale.
func newAsked(billing []string) map[string]*asked {
	all := map[string]*asked{"": {again: 2 * time.Second, limit: 2 * time.Second}}
	for _, name := range billing {
		all[name] = &asked{again: 5 * time.Second, limit: 4 * time.Second}
	}
	return all
}

// ask asks unless it was asked a moment ago or the answer is still awaited.
func (a *asked) ask(ctx context.Context, ask func(context.Context) error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.awaited != nil || time.Since(a.began) < a.again {
		return
	}
	a.began, a.awaited = time.Now(), make(chan struct{})
	go func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.limit) // Who comes next wants to know, too.
		defer cancel()
		err := ask(ctx)
		a.mu.Lock()
		defer a.mu.Unlock()
		close(a.awaited)
		a.err, a.answered, a.awaited = err, time.Now(), nil
	}()
}

// word is the answer in a word. Where none comes while ctx lasts, it is the one before; and where that is stale, because nobody has wanted to know for a
// while, the newer of it and the last sync. What is stale because whoever is asked does not even give up says nothing.
func (a *asked) word(ctx context.Context, sync flows.Health) string {
	a.mu.Lock()
	awaited := a.awaited
	a.mu.Unlock()
	if awaited != nil {
		select {
		case <-awaited:
		case <-ctx.Done():
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	at, err := a.answered, a.err
	if time.Since(at) > stale && sync.At.After(at) {
		at, err = sync.At, sync.Failed
	}
	switch {
	case time.Since(at) > believed, time.Since(at) > stale && a.awaited != nil && time.Since(a.began) > a.limit:
		return "waiting"
	case err != nil:
		return "failing"
	}
	return "ok"
}
