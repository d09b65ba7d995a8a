package flows

import (
	"context"
	"errors"
	"log/slog"
	"math/bits"
	"sync"
	"time"

	"kvitt/bot"
	"kvitt/store"
)

// allOfSlack is what a trouble is with that is with no channel in particular.
const allOfSlack = "Slack"

// troubleOver is after how long without a failure the next one is new trouble.
const troubleOver = time.Hour

// troubles counts failures in a row, by what they are with: an outage of days, or a channel that nobody unarchives, fails ten thousand times.
type troubles struct {
	mu   sync.Mutex
	with map[string]trouble
}

type trouble struct {
	failures int
	last     time.Time
}

// again counts one more failure.
func (t *troubles) again(with string, now time.Time) (failures int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.with == nil {
		t.with = map[string]trouble{}
	}
	have := t.with[with]
	if now.Sub(have.last) > troubleOver {
		have.failures = 0
	}
	have.failures, have.last = have.failures+1, now
	t.with[with] = have
	return have.failures
}

// complain tells the operator what could not be done at a place, or with Slack where place is empty. Of the same trouble only the first, the
// second, the fourth, the eighth failure and so on are told; the rest is there at debug level, and Observe counts every one.
func (f *Flows) complain(ctx context.Context, place string, err error, about ...any) {
	if errors.Is(err, context.Canceled) {
		return
	}
	with, says := inTheWay(place, err)
	level := slog.LevelWarn
	switch {
	case with != "":
		failures := f.troubles.again(with, f.Now())
		if bits.OnesCount(uint(failures)) != 1 {
			level = slog.LevelDebug
		}
		about = append(about, "with", with, "failures", failures)
	case errors.Is(err, bot.ErrGone):
		level, says = slog.LevelInfo, "a message, or who it is for, is gone; nothing more is done about it"
	default:
		says = "not everything could be done; it is tried again"
	}
	f.Log.Log(ctx, level, says, append(about, "err", err)...)
}

// inTheWay tells what keeps messages from a place, where it may last and is not about one message only.
func inTheWay(place string, err error) (with, says string) {
	_, busy := errors.AsType[*bot.BusyError](err)
	refused, held := errors.AsType[*bot.RefusedError](err)
	switch {
	case errors.Is(err, store.ErrUnavailable):
		return "", ""
	case isChannel(place) && (errors.Is(err, bot.ErrNotInvited) || errors.Is(err, bot.ErrClosed)):
		return place, "a finance channel gets nothing; it will hear what it missed as soon as it can be written to"
	case busy || held && !refused.Lasting() || mustAct(err) || errors.Is(err, bot.ErrUnavailable) || errors.Is(err, bot.ErrUnclear):
		return allOfSlack, "Slack does not do what it is asked to; it is asked again"
	}
	return "", ""
}

// mustAct says whether somebody has to do something before Slack takes anything.
func mustAct(err error) bool {
	_, setup := errors.AsType[*bot.SetupError](err)
	return setup || errors.Is(err, bot.ErrDead)
}
