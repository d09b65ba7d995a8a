package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"
)

// UnsafeError says why a Redis must not be used: it would lose or double
// payments.
type UnsafeError struct {
	Server   string
	Findings []Finding
}

func (e *UnsafeError) Error() string {
	var all []string
	for _, f := range e.Findings {
		all = append(all, f.String())
	}
	return fmt.Sprintf("Redis at %s must not keep payments: %s", e.Server, strings.Join(all, "; and "))
}

// errTransient marks what may be over in a moment.
var errTransient = errors.New("this may be over in a moment")

// refusals are the words with which Redis begins an error, and what they mean.
// See https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors
// and the list of shared errors in Redis' server.c.
var refusals = map[string]struct {
	meaning   string
	transient bool
}{
	"OOM":         {"has no memory left and stores nothing more: raise maxmemory", false},
	"MISCONF":     {"cannot write to its own disk and stores nothing more: look at its log and at the disk", false},
	"READONLY":    {"is a replica and stores nothing: a failover is under way, or its master must be named", true},
	"LOADING":     {"is still loading its data: wait", true},
	"MASTERDOWN":  {"has lost its master: wait for the failover, or start the master", true},
	"CLUSTERDOWN": {"is a Cluster that is down: wait for the failover, or start its nodes", true},
	"TRYAGAIN":    {"is moving the data to another node: wait", true},
	"ASK":         {"is moving the data to another node: wait", true},
	"NOREPLICAS":  {"has too few replicas and stores nothing: start them, or lower min-replicas-to-write", true},
	"BUSY":        {"is busy with another program's script: wait, or SCRIPT KILL", true},
	"NOAUTH":      {"wants a password: put it into the address", false},
	"WRONGPASS":   {"does not accept the user or the password: correct them in the address", false},
	"NOPERM":      {"does not allow this to the user in the address: widen its ACL", false},
	"MOVED":       {"is a node of a Cluster: name its other nodes as ?addr=host:port", false},
}

// code is the word with which Redis begins an error; "" for any other error.
func code(err error) string {
	refused, ok := errors.AsType[redis.Error](err)
	if !ok {
		return ""
	}
	word, _, _ := strings.Cut(refused.Error(), " ")
	return word
}

// explain puts what go-redis answered into the store's words. ctx is the
// caller's; when it ended, that is the answer, and what a change did is unknown.
func (r *Redis) explain(ctx context.Context, what string, err error) error {
	word := code(err)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %w", what, ctx.Err())
	case errors.Is(err, redis.ErrClosed):
		return fmt.Errorf("%s: %w: it was closed", what, ErrUnavailable)
	case errors.Is(err, errOnMasterOnly):
		return fmt.Errorf("%s: %w: %w; look at the replicas of Redis at %s, and repeat it: that is safe", what, transientError{}, errOnMasterOnly, r.at)
	case errors.Is(err, redis.Nil):
		return r.unavailable(what, true, "is not known to any Sentinel: correct master_name in the address")
	case word == "WRONGTYPE":
		return &DamagedError{What: what, Err: errors.New("another program wrote its key in Redis")}
	}
	if known, ok := refusals[word]; ok {
		return r.unavailable(what, known.transient, known.meaning)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return r.unavailable(what, true, fmt.Sprintf("did not answer within %v: start it, or look at the network", patience))
	}
	// Not wrapped: an error of go-redis may repeat what was sent, a password too.
	return r.unavailable(what, word == "", "cannot be used: "+r.scrub(err.Error()))
}

func (r *Redis) unavailable(what string, transient bool, why string) error {
	err := ErrUnavailable
	if transient {
		err = transientError{}
	}
	return fmt.Errorf("%s: %w: Redis at %s %s", what, err, r.at, why)
}

// transientError is ErrUnavailable and errTransient, in the words of the former.
type transientError struct{}

func (transientError) Error() string { return ErrUnavailable.Error() }

func (transientError) Is(target error) bool {
	return slices.Contains([]error{ErrUnavailable, errTransient}, target)
}

// scrub hides passwords in a text.
func (r *Redis) scrub(text string) string {
	for _, secret := range r.hide {
		text = strings.ReplaceAll(text, secret, "…")
	}
	return text
}
