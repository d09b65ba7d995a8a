package year

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"sync"
	"time"

	"kvitt/billing"
	"kvitt/flows"
	"kvitt/store"
)

// witness looks at the world once a day, after hours, and knows every promise. It reads what people can see; of what Kvitt remembers it takes only
// which message was about what.
type witness struct {
	y *year

	mu        sync.Mutex
	records   map[string]*remembered
	marks     map[string]mark // By a message's token.
	tellings  map[visit][]telling
	reminders map[string][]*said // By place: cards, answers in threads, and digests.
	confirms  map[visit][]*said
	twice     map[string]*said       // By token.
	notices   map[string][]time.Time // By invoice: when its payer was told what became of a payment.
	days      map[string]bool        // Milestones that were told, by place, invoice, due date and day.
	unsure    map[string]bool        // Invoices whose messages have changed since they were last found true.
	unknown   map[string]bool        // Places of which Kvitt need not know yet what they are now.

	messages, whispers, charges, touched int // How far it has read.
}

// remembered is a record as it was last read.
type remembered struct {
	version int64
	rec     flows.Record
	head    store.Head
}

// mark is what a message is about.
type mark struct{ id, key string }

// telling is one reminder that reached somebody, by itself or in a digest.
type telling struct {
	at  time.Time
	due billing.Date
	day billing.Date
	m   *said
	off bool // It is the one that they asked for with Remind me later.
}

func (t telling) String() string {
	return t.at.Format("Jan 2 15:04:05") + " of " + t.day.String() + ", due " + t.due.String()
}

func newWitness(y *year) *witness {
	return &witness{y: y, records: map[string]*remembered{}, marks: map[string]mark{}, tellings: map[visit][]telling{}, reminders: map[string][]*said{}, confirms: map[visit][]*said{},
		twice: map[string]*said{}, notices: map[string][]time.Time{}, days: map[string]bool{}, unsure: map[string]bool{}, unknown: map[string]bool{}}
}

// token is how Kvitt marks a message in Slack.
func token(id, key string) string {
	sum := sha256.Sum256([]byte(id + "\x00" + key))
	return hex.EncodeToString(sum[:12])
}

// judge looks whether every promise was kept today.
func (y *year) judge(last bool) {
	w := y.witness
	w.mu.Lock()
	w.remember()
	w.mu.Unlock()
	w.hear()
	w.privacy()
	w.money()
	since, ok := y.calm()
	if ok {
		w.stale(since)
		w.forgotten(since)
		if time.Since(since) > 3*time.Hour {
			w.copies(since)
		}
	}
	w.storms(ok && time.Since(since) > day)
	if last {
		w.tally()
	}
}

// record is an invoice's record as Kvitt has it now.
func (w *witness) record(id string) (flows.Record, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.read(id)
	if r := w.records[id]; r != nil {
		return r.rec, true
	}
	return flows.Record{}, false
}

// remember reads what is new in the store, and checks the audit chains of it.
func (w *witness) remember() {
	for _, id := range w.y.service.ids() {
		if w.read(id) {
			w.chain(id)
		}
	}
}

func (w *witness) read(id string) (news bool) {
	doc, err := w.y.store.Load(context.Background(), store.Key{Team: team, Kind: flows.KindInvoice, ID: id})
	r := w.records[id]
	if err != nil || r != nil && r.version == doc.Version {
		return false
	}
	r = &remembered{version: doc.Version, head: doc.Head}
	must(json.Unmarshal(doc.Body, &r.rec))
	w.records[id], w.unsure[id] = r, true
	for _, p := range r.rec.Posts {
		w.marks[token(id, p.Key)] = mark{id, p.Key}
	}
	return true
}

// chain checks one audit chain: it is whole, and ends where the record says.
func (w *witness) chain(id string) {
	w.y.kept("the audit trail is whole")
	head, err := store.Verify(w.y.store.Trail(context.Background(), store.Key{Team: team, Kind: flows.KindInvoice, ID: id}))
	if err != nil || head != w.records[id].head {
		w.y.violate("the audit trail is whole", "%s ends at %d, the record says %d: %v", id, head.Seq, w.records[id].head.Seq, err)
	}
}

func (w *witness) post(m mark) (flows.Post, bool) {
	if r := w.records[m.id]; r != nil {
		for _, p := range r.rec.Posts {
			if p.Key == m.key {
				return p, true
			}
		}
	}
	return flows.Post{}, false
}

// hear reads what was said today: every message has a reason, is said once, and comes in hours.
func (w *witness) hear() {
	messages := w.y.slack.since(w.messages)
	w.messages += len(messages)
	for _, m := range messages {
		w.y.kept("nothing is told twice")
		w.y.kept("every message has a reason")
		if before := w.twice[m.token]; before != nil {
			w.y.violate("nothing is told twice", "%s was posted to %s at %s and again at %s: %s", w.marks[m.token].key, m.place, before.first().at, m.first().at, m.first().text)
		}
		w.twice[m.token] = m
		if lines, ok := w.y.spied.lines(m.token); ok {
			w.reminders[m.place] = append(w.reminders[m.place], m)
			w.digest(m, lines)
			continue
		}
		post, ok := w.post(w.marks[m.token])
		switch {
		case !ok:
			w.y.violate("every message has a reason", "nobody knows why %s was told: %s", m.place, m.first().text)
		case post.Kind == flows.PostReminder || post.Kind == flows.PostThread:
			w.reminders[m.place] = append(w.reminders[m.place], m)
			w.reminder(m, w.marks[m.token].id, post)
			w.y.counts.add("reminders", "by themselves")
		case post.Kind == flows.PostConfirm:
			w.confirmation(m, w.marks[m.token].id)
		default:
			id := w.marks[m.token].id
			w.notices[id] = append(w.notices[id], m.first().at)
			w.y.counts.add("notices", string(w.records[id].rec.Notices[post.Number].Kind))
		}
	}
}

// digest is a message that tells of many reminders at once: it counts as each of them.
func (w *witness) digest(m *said, lines []flows.Line) {
	w.y.kept("a digest is what it says")
	w.y.counts.add("digests", "sent")
	w.y.counts.plus("reminders", "in digests", len(lines))
	if len(lines) < w.y.rules.digest || !strings.HasPrefix(m.first().text, itoa(len(lines))+" ") {
		w.y.violate("a digest is what it says", "a digest of %d, from %d on: %s", len(lines), w.y.rules.digest, m.first().text)
	}
	for _, l := range lines {
		post, ok := w.post(mark{l.Invoice, l.Key})
		if !ok {
			w.y.violate("every message has a reason", "a digest to %s holds %s of %s, which is unknown", m.place, l.Key, l.Invoice)
			continue
		}
		w.reminder(m, l.Invoice, post)
	}
}

// reminder is one milestone of one invoice, told to one place.
func (w *witness) reminder(m *said, id string, post flows.Post) {
	at := m.first().at
	key := m.place + " " + id + " " + post.Due.String() + " " + post.Day.String()
	off := strings.Contains(post.Key, "/later ") // It comes again because they asked for it.
	if w.days[key] && !off {
		w.y.violate("nothing is told twice", "%s was told again at %s of %s, due %s, milestone %s", m.place, at, id, post.Due, post.Day)
	}
	w.days[key] = true
	who := visit{m.place, id}
	w.tellings[who] = append(w.tellings[who], telling{at, post.Due, post.Day, m, off})
	w.unsure[id] = true
	w.inHours(m)
	w.countMilestone(post, at, m.place)
	w.y.mu.Lock()
	wish, put := w.y.putOffs[who]
	w.y.mu.Unlock()
	if p := w.y.person(m.place); put && wish.at.Before(at) && dateOf(at, location(p.zone)).Before(wish.until) && p.changed.Before(wish.at) {
		w.y.violate("nothing is told twice or too early", "%s was told of %s at %s, and had put it off until %s", m.place, id, at, wish.until)
	}
}

// inHours: nobody is reminded outside their hours. What was on its way when they ended is forgiven; who has just moved may be told by the old clock.
func (w *witness) inHours(m *said) {
	w.y.kept("nobody is reminded outside their hours")
	at := m.first().at
	wall, _ := w.y.wallOf(m.place)
	if wall.open(at, 10*time.Second) {
		return
	}
	p := w.y.person(m.place)
	if p != nil && p.zoneBefore != "" && at.Sub(p.changed) < 3*time.Minute {
		return
	}
	if p != nil && !p.changed.Before(at.Truncate(day)) && w.y.walls[cmpZone(p)].open(at, 10*time.Second) {
		return
	}
	w.y.violate("nobody is reminded outside their hours", "%s was told at %s (%s): %s", m.place, at, w.zoneOf(m.place), m.first().text)
}
