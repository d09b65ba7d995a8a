package main

import (
	"context"
	"sync"
	"time"
)

// readiness is what GET /readyz says: each neighbour's state in a word, and whether people are served.
func (a *app) readiness(ctx context.Context) (state map[string]any, ready bool) {
	slack, kept, services := "waiting", "ok", map[string]string{}
	if a.team.Load() != nil {
		if a.bot.Ready() {
			slack = "ok"
		}
		for name, err := range a.flows.Health() {
			services[name] = "ok"
			if err != nil {
				services[name] = "failing"
			}
		}
	}
	if a.asked.store(ctx, a.backend.Ping) != nil {
		kept = "failing"
	}
	return map[string]any{"slack": slack, "store": kept, "billing": services}, slack == "ok" && kept == "ok"
}

const (
	askAgain = 2 * time.Second // How often at most a neighbour is asked, however many ask for readiness.
	askLimit = 2 * time.Second
)

// asked is the last answer of the store to "are you well?". It is asked when somebody wants to know, and not otherwise.
type asked struct {
	mu  sync.Mutex
	at  time.Time
	err error
}

func (a *asked) store(ctx context.Context, ping func(context.Context) error) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if time.Since(a.at) < askAgain {
		return a.err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), askLimit)
	defer cancel()
	a.err, a.at = ping(ctx), time.Now()
	return a.err
}
