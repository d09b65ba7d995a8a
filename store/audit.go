package store

import (
	"crypto/sha256"
	"encoding/hex"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Note is something that happened, to be put on the audit trail.
type Note struct {
	At    time.Time
	Who   string // A user id, or the part of the program that acted; never a name.
	What  string
	Facts map[string]string
}

// Entry is one link of a document's audit chain. It names user ids only;
// people's names live where they can be erased.
type Entry struct {
	Key       Key
	Seq       int64     // Counted from 1 without gaps.
	At        time.Time // UTC, to the nanosecond.
	Who, What string
	Facts     map[string]string
	Prev      string // The hash of the entry before; "" for the first.
	Hash      string // Of everything above: see Chain.
}

// Chain puts notes at the end of a document's audit chain and returns the new
// entries and the new end. It is pure. Bytes that are no UTF-8 become U+FFFD,
// because they would not survive an export.
//
// The hash is the lower-case hexadecimal SHA-256 of these fields, each written
// as its length in bytes (decimal), ":", the bytes and ",": the text
// "kvitt audit 1", Prev, team, kind, id, Seq (decimal), At in UTC as
// 2006-01-02T15:04:05.000000000Z, Who, What, the number of facts (decimal), and
// each fact's name and value, ordered by the name's bytes.
func Chain(key Key, head Head, notes []Note) ([]Entry, Head) {
	entries := make([]Entry, 0, len(notes))
	for _, n := range notes {
		e := Entry{Key: key, Seq: head.Seq + 1, At: n.At.UTC().Round(0), Who: valid(n.Who), What: valid(n.What), Prev: head.Hash}
		for name, value := range n.Facts {
			if e.Facts == nil {
				e.Facts = make(map[string]string, len(n.Facts))
			}
			e.Facts[valid(name)] = valid(value)
		}
		e.Hash = e.sum()
		head = Head{Seq: e.Seq, Hash: e.Hash}
		entries = append(entries, e)
	}
	return entries, head
}

// Verify walks one chain from its first entry and returns its end. It answers
// *BrokenChainError for the first entry that was changed, removed, inserted or
// moved, and whatever error the entries came with.
//
// Entries cut off at the end leave a whole chain: only a Head that was kept
// elsewhere (the document's own, an earlier export) can tell, by comparison
// with the one returned.
func Verify(entries iter.Seq2[Entry, error]) (Head, error) {
	var head Head
	var key Key
	for e, err := range entries {
		if err != nil {
			return head, err
		}
		if head.Seq == 0 {
			key = e.Key
		}
		if why := e.wrong(key, head); why != "" {
			return head, &BrokenChainError{Key: key, Seq: head.Seq + 1, Why: why}
		}
		head = Head{Seq: e.Seq, Hash: e.Hash}
	}
	return head, nil
}

// wrong says why e cannot follow head in the chain of key.
func (e Entry) wrong(key Key, head Head) string {
	switch {
	case e.Key != key:
		return "belongs to " + e.Key.String()
	case e.Seq != head.Seq+1:
		return "is missing: the next one is " + strconv.FormatInt(e.Seq, 10)
	case e.Prev != head.Hash:
		return "does not follow from the one before"
	case e.Hash != e.sum():
		return "was changed"
	}
	return ""
}

func (e Entry) sum() string {
	var b []byte
	field := func(s string) {
		b = append(strconv.AppendInt(b, int64(len(s)), 10), ':')
		b = append(append(b, s...), ',')
	}
	field("kvitt audit 1")
	field(e.Prev)
	field(e.Key.Team)
	field(e.Key.Kind)
	field(e.Key.ID)
	field(strconv.FormatInt(e.Seq, 10))
	field(e.At.UTC().Format("2006-01-02T15:04:05.000000000Z"))
	field(e.Who)
	field(e.What)
	field(strconv.Itoa(len(e.Facts)))
	for _, name := range slices.Sorted(maps.Keys(e.Facts)) {
		field(name)
		field(e.Facts[name])
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func valid(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }
