package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The layout in Redis, version 1. Every key begins with one hash tag, so that
// in a Cluster all lie on one node and one script may touch any of them; "|"
// below is a NUL byte, which no part of a key holds. Times are microseconds
// since 1970 by Redis' own clock, written as digits.
//
//	key                      type    value
//	{kvitt}:layout           string  "1"
//	{kvitt}:pulse            string  when the store was last pinged
//	{kvitt}:doc|team|kind|id string  header (JSON), a line feed, body
//	{kvitt}:done|team|kind|id|token  string  a write; lives a minute
//	{kvitt}:ids|team|kind    zset    id, all with score 0, so in byte order
//	{kvitt}:lists|team|kind  zset    list|place|id, all with score 0; place in 16 hexadecimal digits
//	{kvitt}:due|team|lane    zset    kind|id by wake: awake, and nobody holds it
//	{kvitt}:held|team|lane   zset    kind|id by end of its lease
//	{kvitt}:leases|team      hash    kind|id: end of the lease, wake or 0, token
//	{kvitt}:batch|token      list    kind|id: what one Lease gave; lives a minute
//	{kvitt}:trail|team|kind|id list  entries (JSON), oldest first
//	{kvitt}:chains           zset    team|kind|id, all with score 0
//	{kvitt}:seen|team|id     string  end of its life, the token that brought it
//
// Only done, batch and seen ever expire. A document is one string, because a hash
// with one long value takes twice the memory.
//
// A newer layout is refused at open (LayoutError). Whoever changes the layout
// raises the number and turns the old one into the new one there.
const redisLayout = 1

// keyspace makes every key name there is. It is the hash tag with its colon.
type keyspace string

func newKeyspace(name string) (keyspace, error) {
	if name == "" || strings.ContainsAny(name, "{}\x00") {
		return "", fmt.Errorf("%q cannot name a key space in Redis: it must not be empty or hold a brace or a NUL byte", name)
	}
	return keyspace("{" + name + "}:"), nil
}

func (s keyspace) layout() string   { return string(s) + "layout" }
func (s keyspace) pulse() string    { return string(s) + "pulse" }
func (s keyspace) chains() string   { return string(s) + "chains" }
func (s keyspace) doc(k Key) string { return string(s) + "doc" + sep + chainMember(k) }
func (s keyspace) done(k Key, token string) string {
	return string(s) + "done" + sep + chainMember(k) + sep + token
}
func (s keyspace) trail(k Key) string           { return string(s) + "trail" + sep + chainMember(k) }
func (s keyspace) ids(team, kind string) string { return string(s) + "ids" + sep + team + sep + kind }
func (s keyspace) lists(team, kind string) string {
	return string(s) + "lists" + sep + team + sep + kind
}
func (s keyspace) due(team string, l Lane) string {
	return string(s) + "due" + sep + team + sep + string(l)
}
func (s keyspace) held(team string, l Lane) string {
	return string(s) + "held" + sep + team + sep + string(l)
}
func (s keyspace) leases(team string) string   { return string(s) + "leases" + sep + team }
func (s keyspace) batch(token string) string   { return string(s) + "batch" + sep + token }
func (s keyspace) seen(team, id string) string { return string(s) + "seen" + sep + team + sep + id }

// lanes are due and held of both lanes, in the order that the scripts expect.
func (s keyspace) lanes(team string) []string {
	return []string{s.due(team, Urgent), s.held(team, Urgent), s.due(team, Routine), s.held(team, Routine)}
}

// wakeMember names a document within its team.
func wakeMember(k Key) string { return k.Kind + sep + k.ID }

func splitWakeMember(team, member string) (Key, error) {
	kind, id, ok := strings.Cut(member, sep)
	if !ok {
		return Key{}, &DamagedError{What: "a wake of " + team, Err: fmt.Errorf("it names the document %q", member)}
	}
	return Key{team, kind, id}, nil
}

// chainMember names a document. NUL sorts before all else, so the order of the
// names is the order of team, kind and id.
func chainMember(k Key) string { return k.Team + sep + k.Kind + sep + k.ID }

func splitChainMember(member string) (Key, error) {
	parts := strings.Split(member, sep)
	if len(parts) != 3 {
		return Key{}, &DamagedError{What: "the list of audit trails", Err: fmt.Errorf("it names the document %q", member)}
	}
	return Key{parts[0], parts[1], parts[2]}, nil
}

// redisHeader is what Redis keeps of a document beside its body. The numbers
// are strings, because a script would round them.
type redisHeader struct {
	Version int64    `json:"version,string"`
	Seq     int64    `json:"seq,string"`
	Hash    string   `json:"hash"`
	Wake    int64    `json:"wake,string"` // 0: it sleeps.
	Lane    Lane     `json:"lane"`
	Tokens  []string `json:"tokens"` // Of the last writes; only the scripts use them.
}

// decodeRedisDoc reads what the script write.lua wrote.
func decodeRedisDoc(value []byte) (Doc, error) {
	line, body, ok := bytes.Cut(value, []byte("\n"))
	if !ok {
		return Doc{}, errors.New("its header is cut off")
	}
	var h redisHeader
	if err := json.Unmarshal(line, &h); err != nil {
		return Doc{}, err
	}
	if h.Version < 1 || h.Lane != Urgent && h.Lane != Routine {
		return Doc{}, errors.New("its version or its lane is missing")
	}
	d := Doc{Version: h.Version, Body: body, Head: Head{Seq: h.Seq, Hash: h.Hash}, Lane: h.Lane}
	if h.Wake != 0 {
		d.Wake = time.UnixMicro(h.Wake).UTC()
	}
	return d, nil
}

// farthest is the last microsecond that a sorted set's score counts exactly, in
// the year 2255. What would wake later wakes then.
const farthest = 1<<53 - 1

// wakeDigits writes a wake for the scripts, which turn the past into now; "0"
// is asleep.
func wakeDigits(t time.Time) string {
	switch {
	case t.IsZero():
		return "0"
	case t.Year() < 1970:
		return "1"
	case t.Year() > 2255:
		return strconv.Itoa(farthest)
	}
	return strconv.FormatInt(min(max(roundUp(t).UnixMicro(), 1), farthest), 10)
}

// microDigits writes a length of time for the scripts, rounded up.
func microDigits(d time.Duration) string {
	return strconv.FormatInt(int64((d+time.Microsecond-1)/time.Microsecond), 10)
}

func parseMicro(digits string) (time.Time, error) {
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("Redis gave no time: %w", err)
	}
	return time.UnixMicro(n).UTC(), nil
}
