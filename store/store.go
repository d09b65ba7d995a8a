// Package store is what the bot remembers: documents that wake at a time,
// the audit trail of each, and ids that were seen before.
//
// It promises that one Write carries a document, its next wake time, its audit
// entries and a seen id, or none of them; so there is no moment at which a
// state exists without its next step. It promises that two writers never both
// win, and that two sweepers never hold the same document.
//
// Records is the door for everybody else: a typed view whose Update is a
// compare-and-set. Backend is the line behind which a store lives; File is one
// file on disk, for one replica. Every operation of Backend is small enough to
// be one Redis script, and safe to repeat after a lost answer.
//
// What must never enter: invoices, Slack, people's names, secrets, and anything
// that decides what happens next. It imports nothing of this module.
package store

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"time"
)

// Key names one document. Every key belongs to a team (a Slack workspace), so
// that two workspaces never touch each other's documents.
//
// No part may be empty or hold a NUL byte, and together they are at most
// MaxKey bytes long.
type Key struct{ Team, Kind, ID string }

// MaxKey is the greatest length of a Key, all parts together, in bytes. It is
// also the greatest length of a seen id.
const MaxKey = 4096

// String is for people: team/kind/id.
func (k Key) String() string { return k.Team + "/" + k.Kind + "/" + k.ID }

// Check says what is wrong with a key.
func (k Key) Check() error {
	for _, part := range []string{k.Team, k.Kind, k.ID} {
		if part == "" || strings.ContainsRune(part, 0) {
			return fmt.Errorf("%w: key %q: team, kind and id must not be empty or hold a NUL byte", ErrInvalid, k)
		}
	}
	if n := len(k.Team) + len(k.Kind) + len(k.ID); n > MaxKey {
		return fmt.Errorf("%w: key %.64q… is %d bytes long, at most %d are allowed", ErrInvalid, k, n, MaxKey)
	}
	return nil
}

// Lane keeps what must not wait apart from what may: each lane is leased on its
// own, so a thousand reminders never stand in front of a payment.
type Lane string

const (
	Urgent  Lane = "urgent"  // Payments, and answers to people who wait.
	Routine Lane = "routine" // Reminders and housekeeping. The default.
)

// Head is the end of a document's audit chain: the number of its last entry,
// counted from 1, and that entry's hash. The zero Head is the empty chain.
type Head struct {
	Seq  int64
	Hash string
}

// Doc is a document as stored.
type Doc struct {
	Version int64     // Counts writes from 1; the value for Write.If.
	Body    []byte    // Opaque here; Records keeps JSON in it.
	Head    Head      // The end of its audit chain.
	Wake    time.Time // When it must be looked at again, UTC; zero: it sleeps.
	Lane    Lane
}

// Write is one atomic change of one document. All of it happens or nothing.
type Write struct {
	Key Key
	// If is the version that the document must have now; 0: it must not exist.
	If   int64
	Body []byte
	// Wake is when the document must be looked at again; the zero time lets it
	// sleep, the past means now. It is kept to the microsecond, rounded up, so
	// that nothing wakes early.
	Wake time.Time
	Lane Lane // "" is Routine.
	// List, unless "", names the list of its team and kind that the document is
	// on after this write, at Place; a document is on one list at most. Places
	// are kept to the microsecond. See Backend.Listed.
	List  string
	Place time.Time
	// Head is the end of the audit chain after this write; Entries are what it
	// adds. Chain makes both from the stored Head, which they must continue.
	Head    Head
	Entries []Entry
	// Seen, unless "", must be an id that is new to the team. It is remembered
	// with this write for SeenFor. See Backend.FirstSight.
	Seen    string
	SeenFor time.Duration
	// Lease, unless "", is the token of a lease that must still be held.
	Lease string
	// Token, unless "", names this very write. Repeating a write that was
	// applied answers success and changes nothing, as long as fewer than
	// Remembered other writes of the document came in between.
	Token string
}

// Remembered is how many write tokens a document keeps.
const Remembered = 8

// Check says what is wrong with a write, whatever the stored state. Every
// backend calls it first.
func (w Write) Check() error {
	if err := w.Key.Check(); err != nil {
		return err
	}
	if w.Lane != "" && w.Lane != Urgent && w.Lane != Routine {
		return fmt.Errorf("%w: %s: there is no lane %q", ErrInvalid, w.Key, w.Lane)
	}
	if len(w.List) > MaxKey || strings.ContainsRune(w.List, 0) {
		return fmt.Errorf("%w: %s: list %.64q is too long or holds a NUL byte", ErrInvalid, w.Key, w.List)
	}
	if w.Seen != "" {
		if err := CheckSeen(w.Key.Team, w.Seen, w.SeenFor); err != nil {
			return err
		}
	}
	seq := w.Head.Seq - int64(len(w.Entries))
	for _, e := range w.Entries {
		if seq++; e.Key != w.Key || e.Seq != seq {
			return fmt.Errorf("%w: %s: audit entry %d of %s does not belong at %d", ErrInvalid, w.Key, e.Seq, e.Key, seq)
		}
	}
	return nil
}

// listing is where a document stands on the lists of its team and kind: list,
// place and id, so that the order of these is the order of the list. "" is on
// none.
func (w Write) listing() string {
	if w.List == "" {
		return ""
	}
	return w.List + sep + fmt.Sprintf("%016x", uint64(w.Place.UnixMicro())^1<<63) + sep + w.Key.ID
}

// unlisted is the id in a listing of a list.
func unlisted(list, listing string) (id string, ok bool) {
	rest, ok := strings.CutPrefix(listing, list+sep)
	if !ok || len(rest) < 18 {
		return "", false
	}
	return rest[17:], true
}

// Continues says what is wrong with a write to a document whose chain ends at
// end. Every backend calls it once the version is known to be right, because a
// trail is never written over.
func (w Write) Continues(end Head) error {
	first := w.Head
	if len(w.Entries) > 0 {
		first = Head{Seq: w.Entries[0].Seq - 1, Hash: w.Entries[0].Prev}
	}
	if first != end {
		return fmt.Errorf("%w: %s: the audit entries follow entry %d, but the trail ends at %d or with another hash", ErrInvalid, w.Key, first.Seq, end.Seq)
	}
	return nil
}

// CheckSeen says what is wrong with an id to be remembered for a time. Every
// backend calls it first.
func CheckSeen(team, id string, ttl time.Duration) error {
	if err := (Key{team, "seen", id}).Check(); err != nil {
		return err
	}
	if ttl <= 0 {
		return fmt.Errorf("%w: seen id %s/%s must be remembered for a positive time, not %s", ErrInvalid, team, id, ttl)
	}
	return nil
}

// Lease is the right to work on a document's wake, for a while. It keeps two
// sweepers apart; it does not stop others from writing the document.
type Lease struct {
	Key   Key
	Token string        // Fences writes: see Write.Lease.
	Until time.Time     // It is lost at this moment, UTC, whoever is next or not.
	Late  time.Duration // How long the document was overdue when it was leased.
}

// Backend is a store. All methods are safe for many goroutines and for many
// processes where the backend allows several. Each answers with the context's
// error when that ended before the work began, and with an error that wraps
// ErrUnavailable when the store cannot do its work now; what a write did then
// is unknown, and repeating it with the same Token is safe.
//
// The clock is the backend's own, the same for all who share it.
type Backend interface {
	// Load returns a document, or ErrNotFound.
	Load(context.Context, Key) (Doc, error)

	// Write applies one change. In this order it answers nil for a repeated
	// Token, ErrLost when the lease is gone, ErrSeen when the id was seen
	// before, and ErrConflict when If is not the document's version.
	Write(context.Context, Write) error

	// Lease takes up to n documents of one team and lane whose wake has come
	// and that nobody holds, the longest due first, and holds them for ttl.
	// They stay leased until Release or Until, whatever is written meanwhile.
	//
	// next is when Lease may have more to give: the earliest wake, or end of a
	// lease of a document that is awake, those just given included. It lies in
	// the past when n was too small for all that is due, and is zero when
	// everything sleeps.
	Lease(ctx context.Context, team string, lane Lane, n int, ttl time.Duration) (leases []Lease, next time.Time, err error)

	// Extend holds a lease for ttl from now, or answers ErrLost.
	Extend(ctx context.Context, l Lease, ttl time.Duration) (Lease, error)

	// Release gives a lease back. The wake time stays what the last Write set,
	// so without a Write the document is due again at once. Releasing a lost
	// lease is no error and does not touch whoever holds it now.
	Release(context.Context, Lease) error

	// IDs yields the ids of a team's documents of one kind in byte order, each
	// once. What is written meanwhile may or may not be among them. It holds no
	// lock while it yields. An error ends it.
	IDs(ctx context.Context, team, kind string) iter.Seq2[string, error]

	// Listed yields the ids of the documents on a list by their places, the
	// earliest or the newest first and ids of one place in byte order or its
	// reverse, as IDs does. A document that is not written meanwhile is not missed.
	Listed(ctx context.Context, team, kind, list string, newest bool) iter.Seq2[string, error]

	// Trail yields the audit entries of a document, oldest first, as IDs does.
	Trail(context.Context, Key) iter.Seq2[Entry, error]

	// Chains yields every key that has audit entries, in byte order of team,
	// kind and id, as IDs does.
	Chains(context.Context) iter.Seq2[Key, error]

	// FirstSight is true for the first token that brings an id of a team, and
	// true again whenever that same token brings it; false for every other
	// token until ttl has passed since the first. Write.Seen shares the same
	// memory, with Write.Token as the token. The empty token never matches.
	FirstSight(ctx context.Context, team, id, token string, ttl time.Duration) (bool, error)

	// Ping answers nil when the store can be read and written.
	Ping(context.Context) error

	// Close ends the store; every later call wraps ErrUnavailable. The second
	// Close does nothing.
	Close() error
}
