package sandbox

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// logEntry is one thing that went over the line between the bot and a far end.
type logEntry struct {
	Seq     int    `json:"seq"`
	At      string `json:"at"`      // RFC 3339.
	From    string `json:"from"`    // "bot" or "Slack".
	To      string `json:"to"`      // "bot", "Slack" or "Stripe".
	What    string `json:"what"`    // The Web API method, the kind of event, or method and path.
	Line    string `json:"line"`    // What it is about.
	Outcome string `json:"outcome"` // Such as "ok", "ratelimited", "402 card_declined".
	OK      bool   `json:"ok"`
	Read    bool   `json:"read"` // It only asked.

	sent any
	got  json.RawMessage
}

// Bounds of the log. Questions have a shelf of their own: the bot asks every few seconds, and would push out what happened.
const (
	mostHappened = 300
	mostAsked    = 100
)

// wireLog keeps the newest of what went over the line. It is safe for concurrent use.
type wireLog struct {
	secrets *strings.Replacer

	mu       sync.Mutex
	serial   int
	happened []logEntry
	asked    []logEntry
	seq      uint64
	next     chan struct{}
}

// newWireLog makes an empty log that shows none of the secrets.
func newWireLog(secrets ...string) *wireLog {
	var pairs []string
	for _, secret := range secrets {
		pairs = append(pairs, secret, masked)
	}
	return &wireLog{secrets: strings.NewReplacer(pairs...), next: make(chan struct{})}
}

func (l *wireLog) add(e logEntry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.serial++
	e.Seq = l.serial
	shelf, most := &l.happened, mostHappened
	if e.Read {
		shelf, most = &l.asked, mostAsked
	}
	*shelf = append((*shelf)[max(0, len(*shelf)+1-most):], e)
	l.changedNow()
}

// touch tells whoever waits that the panel has something else to show.
func (l *wireLog) touch() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.changedNow()
}

func (l *wireLog) changedNow() {
	l.seq++
	close(l.next)
	l.next = make(chan struct{})
}

// changed is as Slack.Changed; the nil log never changes.
func (l *wireLog) changed() (seq uint64, next <-chan struct{}) {
	if l == nil {
		return 0, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.seq, l.next
}

// since lists what is newer than an entry, oldest first, and says which entry is the newest.
func (l *wireLog) since(after int) (entries []logEntry, newest int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	entries = []logEntry{}
	for _, shelf := range [][]logEntry{l.happened, l.asked} {
		for _, e := range shelf {
			if e.Seq > after {
				e.Line = l.secrets.Replace(e.Line)
				entries = append(entries, e)
			}
		}
	}
	slices.SortFunc(entries, func(a, b logEntry) int { return a.Seq - b.Seq })
	return entries, l.serial
}

// told is what was said in one entry, both ways; false when it is not remembered.
func (l *wireLog) told(seq int) (object, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, shelf := range [][]logEntry{l.happened, l.asked} {
		for _, e := range shelf {
			if e.Seq == seq {
				return object{"sent": l.shown(encode(e.sent)), "got": l.shown(e.got)}, true
			}
		}
	}
	return nil, false
}

const masked = "•••"

// ticket is what lets somebody open a Socket Mode connection, or answer in somebody's name.
var ticket = regexp.MustCompile(`ticket=[^&"\\]+|(?:https?://[^"\\]*)?/(?:actions|commands)/[^"\\]+`)

// shown makes JSON fit to be looked at: what is JSON inside a text is opened, and secrets are masked. Anything else is a text.
func (l *wireLog) shown(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return json.RawMessage("null")
	}
	var v any
	if json.Unmarshal(raw, &v) != nil {
		v = string(raw)
	}
	text := ticket.ReplaceAllString(string(encode(opened(v))), masked)
	return json.RawMessage(l.secrets.Replace(text))
}

// opened opens every text that holds a JSON object or array, and masks every token.
func opened(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, inner := range v {
			if v[name] = opened(inner); name == "token" {
				v[name] = masked
			}
		}
	case []any:
		for i := range v {
			v[i] = opened(v[i])
		}
	case string:
		var inner any
		if strings.HasPrefix(v, "{") || strings.HasPrefix(v, "[") {
			if json.Unmarshal([]byte(v), &inner) == nil {
				return opened(inner)
			}
		}
	}
	return v
}

// stamp is the time of an entry.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
