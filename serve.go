package main

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"kvitt/bot"
	"kvitt/settings"
	"kvitt/store"
)

// serve runs the bot until ctx ends. It returns what keeps it from starting, in words that say what to do.
func serve(ctx context.Context, set settings.Settings, std streams) error {
	for _, name := range set.Idle {
		std.log.Warn("a setting has no effect beside the others", "setting", name)
	}
	return serveWith(ctx, newApp(set, nil, wires{Log: std.log}))
}

// serveWith opens the doors, the store unless the app has one, and the control socket, connects, and works until ctx ends. It closes them all.
func serveWith(ctx context.Context, a *app) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer a.close()
	var closing sync.WaitGroup // Side by side, because there are 10 s for all that has to end.
	defer closing.Wait()
	if a.settings.RedisURL == "" { // It is there at once or not at all, and who else works on the folder is told before who holds an address.
		if err := a.open(ctx); err != nil {
			return unstarted(ctx, err)
		}
	}
	doors, err := openDoors(a, cancel)
	if err != nil {
		return err
	}
	defer closing.Go(doors.close)
	if err := a.open(ctx); err != nil {
		return unstarted(ctx, err)
	}
	if a.settings.RedisURL == "" { // Whoever can reach Redis needs nobody to ask for the store.
		control, err := openControl(a)
		if err != nil {
			return err
		}
		defer closing.Go(control.close)
	}
	if err := a.connect(ctx); err != nil {
		return unstarted(ctx, err)
	}
	doors.connected(ctx)
	a.run(ctx)
	a.log.Info("stopped", "why", context.Cause(ctx))
	return stopped(ctx)
}

// open opens the store, unless the app has one.
func (a *app) open(ctx context.Context) error {
	if a.opened.Load() {
		return nil
	}
	backend, err := openStore(ctx, a.settings, streams{log: a.log})
	if errors.Is(err, store.ErrInUse) {
		return fmt.Errorf("another kvitt serve already works on %s; stop it first, or give this one a KVITT_DATA of its own: %w", a.settings.Data, err)
	}
	if err != nil {
		return err
	}
	a.keepIn(backend)
	return nil
}

// openStore opens what the bot remembers: in Redis for any number of replicas, or in one file for one.
func openStore(ctx context.Context, set settings.Settings, std streams) (store.Backend, error) {
	if set.RedisURL != "" {
		return store.OpenRedis(ctx, set.RedisURL.Reveal(), store.RedisOptions{Log: std.log})
	}
	return store.OpenFile(ctx, set.Data, store.FileOptions{Log: std.log})
}

func (a *app) close() {
	if a.opened.Load() {
		_ = a.backend.Close()
	}
}

// unstarted is why it did not start, with what Slack refuses in one line. Being asked to stop meanwhile is no fault.
func unstarted(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return stopped(ctx)
	}
	if setup, ok := errors.AsType[*bot.SetupError](err); ok {
		return setup
	}
	return err
}

// stopped tells being asked to stop, which is well, from a door that broke.
func stopped(ctx context.Context) error {
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) && errors.Is(cause, errDoor) {
		return cause
	}
	return nil
}
