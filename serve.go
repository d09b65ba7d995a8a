package main

import (
	"context"
	"errors"
	"fmt"

	"kvitt/bot"
	"kvitt/settings"
	"kvitt/store"
)

// serve runs the bot until ctx ends. It returns what keeps it from starting, in words that say what to do.
func serve(ctx context.Context, set settings.Settings, std streams) error {
	backend, err := openStore(ctx, set, std)
	if errors.Is(err, store.ErrInUse) {
		return fmt.Errorf("another kvitt serve already works on %s; stop it first, or give this one a KVITT_DATA of its own: %w", set.Data, err)
	}
	if err != nil && ctx.Err() != nil {
		return stopped(ctx) // It was still waiting for Redis.
	}
	if err != nil {
		return err
	}
	defer backend.Close()
	for _, name := range set.Idle {
		std.log.Warn("a setting has no effect beside the others", "setting", name)
	}
	return serveWith(ctx, newApp(set, backend, wires{Log: std.log}))
}

// openStore opens what the bot remembers: in Redis for any number of replicas, or in one file for one.
func openStore(ctx context.Context, set settings.Settings, std streams) (store.Backend, error) {
	if set.RedisURL != "" {
		return store.OpenRedis(ctx, set.RedisURL.Reveal(), store.RedisOptions{Log: std.log})
	}
	return store.OpenFile(ctx, set.Data, store.FileOptions{Log: std.log})
}

// serveWith opens the control socket and the doors, connects, and works until ctx ends.
func serveWith(ctx context.Context, a *app) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if a.settings.RedisURL == "" { // Whoever can reach Redis needs nobody to ask for the store.
		control, err := openControl(a)
		if err != nil {
			return err
		}
		defer control.close()
	}
	doors, err := openDoors(a, cancel)
	if err != nil {
		return err
	}
	defer doors.close()
	if err := a.connect(ctx); err != nil {
		if ctx.Err() != nil {
			return stopped(ctx)
		}
		return explained(err)
	}
	doors.connected(ctx)
	a.run(ctx)
	a.log.Info("stopped", "why", context.Cause(ctx))
	return stopped(ctx)
}

// stopped tells being asked to stop, which is well, from a door that broke.
func stopped(ctx context.Context) error {
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) && errors.Is(cause, errDoor) {
		return cause
	}
	return nil
}

// explained puts what Slack refuses into one line.
func explained(err error) error {
	if setup, ok := errors.AsType[*bot.SetupError](err); ok {
		return setup
	}
	return err
}
