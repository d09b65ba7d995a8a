package store

import (
	"context"
	"time"
)

// Clock is Redis' own clock, by which leases end and documents wake; in a
// Cluster that of the node which holds them.
func (r *Redis) Clock(ctx context.Context) (now time.Time, err error) {
	err = r.ask(ctx, "its clock", func(ctx context.Context) error {
		master, err := r.master(ctx)
		if err == nil {
			now, err = master.Time(ctx).Result()
		}
		return err
	})
	return now.UTC(), err
}
