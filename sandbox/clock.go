package sandbox

import (
	"sync/atomic"
	"time"
)

// Clock is the time of a pretend world: this machine's, and whatever was skipped. One clock goes to everybody who has to agree on the time, so
// that a skip is the same for all of them: to the bot it is as if the machine had slept. The zero value has skipped nothing.
type Clock struct{ skipped atomic.Int64 }

// Now is the pretend time.
func (c *Clock) Now() time.Time { return time.Now().Add(time.Duration(c.skipped.Load())) }

// Skip moves the clock on, and returns the time then. It only goes forward: zero and less are no skip.
func (c *Clock) Skip(d time.Duration) time.Time {
	c.skipped.Add(int64(max(d, 0)))
	return c.Now()
}
