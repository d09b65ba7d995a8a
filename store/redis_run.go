package store

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// copyWait is how long replicas may take to confirm a change; healthy ones take
// a fraction of a millisecond, unless their disk is busy.
const copyWait = 700 * time.Millisecond

// maxLag is after how many seconds of silence a replica does not count any more,
// as Redis itself sees it (min-replicas-max-lag).
const maxLag = 10

// errOnMasterOnly: the change is made, but a failover could undo it.
var errOnMasterOnly = errors.New("the change may be on the master only, because its replicas did not confirm it in time")

// change runs a script on the master and returns its answer, and with
// errOnMasterOnly too.
func (r *Redis) change(ctx context.Context, what string, s script, keys []string, args ...any) ([]string, error) {
	var answer []string
	err := r.ask(ctx, what, func(ctx context.Context) error {
		for {
			master, err := r.master(ctx)
			if err != nil {
				return err
			}
			answer, err = r.send(ctx, master, s, keys, args)
			if code(err) != "MOVED" || r.many == nil {
				return err
			}
			if err := r.rested(ctx, 20*time.Millisecond); err != nil {
				return err
			}
		}
	})
	return answer, err
}

// ask runs do for as long as patience lasts, and puts its error into the
// store's words.
func (r *Redis) ask(ctx context.Context, what string, do func(context.Context) error) error {
	if err := ctx.Err(); err != nil {
		return r.explain(ctx, what, err)
	}
	short, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := do(short)
	if err != nil && r.many != nil {
		r.many.ReloadState(ctx) // Whoever owned the slot may not own it any more.
	}
	return r.explain(ctx, what, err)
}

// master is the server that owns the key space.
func (r *Redis) master(ctx context.Context) (*redis.Client, error) {
	if r.many == nil {
		return r.one, nil
	}
	return r.many.MasterForKey(ctx, r.keys.layout())
}

// rested waits until go-redis has read anew who owns which slot.
func (r *Redis) rested(ctx context.Context, d time.Duration) error {
	r.many.ReloadState(ctx)
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// send runs a script and, in the same pipeline, asks for replicas and waits for
// them: WAIT covers only what its own connection did. When the server turns out
// to have more replicas than were waited for, it runs the script again, which is
// harmless.
//
// All replicas must confirm, not one: Sentinel may promote one that is behind
// another, because it goes by what they told it a second ago.
//
// The script itself is sent each time. That costs nothing that could be
// measured, and a server that never saw it, after a failover, needs no second try.
func (r *Redis) send(ctx context.Context, master *redis.Client, s script, keys []string, args []any) ([]string, error) {
	for {
		pipe, asked := master.Pipeline(), r.replicas.Load()
		did := pipe.Eval(ctx, string(s), keys, args...)
		info := pipe.Info(ctx, "replication")
		confirmed := redis.NewCmdResult(int64(0), nil)
		if asked > 0 {
			confirmed = pipe.Do(ctx, "WAIT", asked, copyWait.Milliseconds())
		}
		_, _ = pipe.Exec(ctx) // Each command has its own error.
		answer, err := did.StringSlice()
		if err != nil {
			return nil, err
		}
		if err := info.Err(); err != nil && code(err) == "" {
			return nil, err
		}
		copies, err := confirmed.Int64()
		if err != nil {
			return nil, err
		}
		needed := followers(info.Val())
		r.replicas.Store(needed)
		switch {
		case copies >= needed:
			return answer, nil
		case asked >= needed:
			return answer, errOnMasterOnly
		}
	}
}

// followers tells from INFO how many replicas must confirm a change: those that
// follow their master and spoke lately, and one at least if any follows. One that
// is still being filled cannot take over.
func followers(info string) int64 {
	var following, lately int64
	for line := range strings.Lines(info) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		number, isReplica := strings.CutPrefix(name, "slave")
		if _, err := strconv.Atoi(number); !isReplica || err != nil || !strings.Contains(value, "state=online") {
			continue
		}
		following++
		_, lag, _ := strings.Cut(value, "lag=")
		if silent, err := strconv.Atoi(lag); err != nil || silent <= maxLag {
			lately++
		}
	}
	return max(lately, min(following, 1))
}
