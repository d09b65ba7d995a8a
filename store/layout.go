package store

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
)

// The layout of the file, version 2. A part of a key never holds a NUL byte, so
// "|" below, which is one, keeps parts apart and keeps their byte order.
// Times are microseconds since 1970, numbers are big-endian in eight bytes: the
// order of the bytes is the order of the values.
//
//	bucket  key                       value
//	meta    "layout"                  "2"
//	docs    team|kind|id              length of header, header (JSON), body
//	wakes   team|lane|wake,kind|id    nothing: the documents that are awake
//	lists   team|kind|list|place|id   nothing: the documents on lists, place in 16 hexadecimal digits
//	audit   team|kind|id|seq          the entry (JSON)
//	seen    team|id                   end of its life, the token that brought it
//	expiry  end of life,team|id       nothing: what may be forgotten, in order
//
// Leases are not in the file. The lock on the file proves that whoever held one
// before is dead, so they live and die with the process, and cost no disk.
//
// A newer layout is refused at open (LayoutError). Whoever changes the layout
// raises the number and turns the old one into the new one there (upgrade).
// Version 1 had no lists; what it holds is on none until it is written again.
const layoutVersion = 2

var (
	metaBucket   = []byte("meta")
	docsBucket   = []byte("docs")
	wakesBucket  = []byte("wakes")
	listsBucket  = []byte("lists")
	auditBucket  = []byte("audit")
	seenBucket   = []byte("seen")
	expiryBucket = []byte("expiry")
	layoutKey    = []byte("layout")
	pingKey      = []byte("ping")
	buckets      = [][]byte{metaBucket, docsBucket, wakesBucket, listsBucket, auditBucket, seenBucket, expiryBucket}
)

const sep = "\x00"

func docKey(k Key) []byte                 { return []byte(k.Team + sep + k.Kind + sep + k.ID) }
func kindPrefix(team, kind string) []byte { return []byte(team + sep + kind + sep) }
func seenKey(team, id string) []byte      { return []byte(team + sep + id) }
func chainPrefix(k Key) []byte            { return append(docKey(k), 0) }

func auditKey(k Key, seq int64) []byte {
	return binary.BigEndian.AppendUint64(chainPrefix(k), uint64(seq))
}

// chainOf is the key whose chain an audit key belongs to.
func chainOf(auditKey []byte) (Key, error) {
	parts := strings.SplitN(string(auditKey), sep, 4)
	if len(parts) != 4 || len(parts[3]) != 8 {
		return Key{}, errors.New("an entry has an unreadable key")
	}
	return Key{parts[0], parts[1], parts[2]}, nil
}

// seqOf is the number in an audit key.
func seqOf(auditKey, chain []byte) (int64, error) {
	if len(auditKey) != len(chain)+8 {
		return 0, errors.New("an entry has an unreadable key")
	}
	return int64(binary.BigEndian.Uint64(auditKey[len(chain):])), nil
}

func lanePrefix(team string, lane Lane) []byte { return []byte(team + sep + string(lane) + sep) }

func wakeKey(k Key, lane Lane, wake time.Time) []byte {
	b := appendTime(lanePrefix(k.Team, lane), wake)
	return append(b, k.Kind+sep+k.ID...)
}

// splitWake reads what follows the lane's prefix in a wake key.
func splitWake(team string, rest []byte) (Key, time.Time, error) {
	if len(rest) < 8 {
		return Key{}, time.Time{}, errors.New("a wake has an unreadable key")
	}
	kind, id, ok := strings.Cut(string(rest[8:]), sep)
	if !ok {
		return Key{}, time.Time{}, errors.New("a wake has an unreadable key")
	}
	return Key{team, kind, id}, readTime(rest), nil
}

func listKey(k Key, listing string) []byte { return append(kindPrefix(k.Team, k.Kind), listing...) }

func expiryKey(end time.Time, seen []byte) []byte { return append(appendTime(nil, end), seen...) }

func appendTime(b []byte, t time.Time) []byte {
	return binary.BigEndian.AppendUint64(b, uint64(t.UnixMicro()))
}

// readTime reads the first eight bytes, which must be there.
func readTime(b []byte) time.Time {
	return time.UnixMicro(int64(binary.BigEndian.Uint64(b))).UTC()
}

// roundUp keeps a time to the microsecond, never earlier.
func roundUp(t time.Time) time.Time {
	return t.Add(time.Microsecond - 1).Truncate(time.Microsecond).UTC()
}

// header is what is stored of a document beside its body.
type header struct {
	Version int64    `json:"version"`
	Seq     int64    `json:"seq,omitempty"`
	Hash    string   `json:"hash,omitempty"`
	Wake    int64    `json:"wake,omitempty"` // Microseconds; 0: it sleeps.
	Lane    Lane     `json:"lane"`
	Listing string   `json:"listing,omitempty"` // See Write.listing.
	Tokens  []string `json:"tokens,omitempty"`  // Of the last writes, oldest first.
}

// stored is a document and the tokens of its last writes.
type stored struct {
	Doc
	listing string
	tokens  []string
}

// wrote tells whether the write of this token was applied.
func (s stored) wrote(token string) bool {
	return token != "" && slices.Contains(s.tokens, token)
}

func (s stored) encode() ([]byte, error) {
	h := header{Version: s.Version, Seq: s.Head.Seq, Hash: s.Head.Hash, Lane: s.Lane, Listing: s.listing, Tokens: s.tokens}
	if !s.Wake.IsZero() {
		h.Wake = s.Wake.UnixMicro()
	}
	text, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	b := binary.AppendUvarint(nil, uint64(len(text)))
	return slices.Concat(b, text, s.Body), nil
}

// decodeStored reads what encode wrote. It copies, because the bytes of a
// transaction are gone after it.
func decodeStored(b []byte) (stored, error) {
	n, used := binary.Uvarint(b)
	if used <= 0 || n > uint64(len(b)-used) {
		return stored{}, errors.New("its header is cut off")
	}
	var h header
	if err := json.Unmarshal(b[used:used+int(n)], &h); err != nil {
		return stored{}, err
	}
	if h.Version < 1 {
		return stored{}, errors.New("its version is missing")
	}
	s := stored{tokens: h.Tokens, listing: h.Listing, Doc: Doc{
		Version: h.Version, Body: slices.Clone(b[used+int(n):]),
		Head: Head{Seq: h.Seq, Hash: h.Hash}, Lane: h.Lane,
	}}
	if h.Wake != 0 {
		s.Wake = time.UnixMicro(h.Wake).UTC()
	}
	return s, nil
}
