package store

import (
	"context"
	"log/slog"
	"time"
)

// watch looks at the server again and again until ctx ends. Each
// finding is logged when it appears and when it is gone.
func (r *Redis) watch(ctx context.Context, found []Finding, every time.Duration) {
	known := make(map[Finding]bool)
	r.tell(ctx, known, found)
	ticks := time.NewTicker(every)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
		found, err := r.Findings(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			found = []Finding{{What: "cannot be asked about its settings", Mend: "start it, or look at the network"}}
		}
		r.tell(ctx, known, found)
	}
}

// tell logs what is new and what is gone, and keeps known up to date.
func (r *Redis) tell(ctx context.Context, known map[Finding]bool, found []Finding) {
	still := make(map[Finding]bool, len(found))
	for _, f := range found {
		still[f] = true
		if known[f] {
			continue
		}
		known[f] = true
		level := slog.LevelWarn
		if f.Bad {
			level = slog.LevelError
		}
		r.log.Log(ctx, level, "Redis "+f.What, "server", r.at, "node", f.Node, "todo", f.Mend)
	}
	for f := range known {
		if !still[f] {
			delete(known, f)
			r.log.Info("no longer so: Redis "+f.What, "server", r.at, "node", f.Node)
		}
	}
}
