package year

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"kvitt/billing"
	"kvitt/bot"
	"kvitt/flows"
	"kvitt/sandbox"
	"kvitt/store"
)

const secret = "8f742231b10e8888abcd99yyyzzz85a5"

// replica is one process of the bot, which may crash and be started again.
type replica struct {
	y   *year
	nth int

	mu   sync.Mutex
	life *life
}

// life is one run of a replica. Once it is dead nothing it does reaches anything: that is a kill -9, as far as the world can tell.
type life struct {
	bot  *bot.Bot
	dead atomic.Bool
	stop context.CancelFunc
	over chan struct{}
}

func newReplica(y *year, nth int) *replica { return &replica{y: y, nth: nth} }

// start brings a replica to life; it connects when Slack lets it.
func (r *replica) start() {
	y, l := r.y, &life{over: make(chan struct{})}
	backend := reach{y.store, y, &l.dead}
	var f *flows.Flows
	l.bot = bot.New(bot.Config{Token: "xoxb-year", SigningSecret: secret, APIURL: "https://slack.test/api/", HTTP: &http.Client{Transport: ghost{l, y.slack}}, Log: y.log,
		Seen: func(ctx context.Context, id string) (bool, error) {
			return backend.FirstSight(ctx, team, id, rand.Text(), time.Hour)
		},
		Sorry: func(c bot.Click) bot.Reply { return f.Sorry(c) }})
	f = flows.New(&flows.Flows{Bot: l.bot, Backend: backend, Providers: []billing.Provider{mortal{y.service, l}}, Now: time.Now, Log: y.log,
		Sync: inTurn{time.Duration(24*r.nth+6)*time.Hour + 20*time.Minute, time.Duration(*replicas) * day}, Sweep: each(time.Hour),
		Records:   store.Of[flows.Record](backend, team, flows.KindInvoice),
		Mailboxes: store.Of[flows.Mailbox](backend, team, flows.KindMailbox),
		Admins:    &flows.Admins{Entries: y.entries(), Bot: l.bot, Pins: store.Of[flows.Pin](backend, team, "pin"), Team: team, Now: time.Now, Log: y.log},
		People:    &flows.People{Bot: l.bot, Prefs: store.Of[flows.Preference](backend, team, "person"), Locale: flows.English, Zone: y.rules.zone, Log: y.log},
		Policy: flows.Policy{Team: team, Zone: y.rules.zone, Schedule: y.rules.sched, Hours: y.rules.hours, Locale: flows.English, Channels: y.channelIDs(),
			DigestFrom: y.rules.digest}})
	ctx, stop := context.WithCancel(context.Background())
	l.stop = stop
	r.mu.Lock()
	defer r.mu.Unlock()
	r.life = l
	go func() {
		defer close(l.over)
		if _, err := l.bot.Connect(ctx); err != nil {
			return
		}
		done := make(chan struct{})
		go func() { defer close(done); f.Run(ctx) }()
		_ = l.bot.Run(ctx)
		<-done
	}()
}

// crash is a kill -9.
func (r *replica) crash() {
	if l := r.end(); l != nil {
		l.dead.Store(true)
		l.stop()
		<-l.over
	}
}

// leave is a SIGTERM: what was acknowledged is finished.
func (r *replica) leave() {
	if l := r.end(); l != nil {
		l.stop()
		<-l.over
	}
}

func (r *replica) end() *life {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := r.life
	r.life = nil
	return l
}

// send is what Slack sends, signed, to this replica; ok is false where it got no answer.
func (r *replica) send(payload string) (answer string, ok bool) {
	r.mu.Lock()
	l := r.life
	r.mu.Unlock()
	if l == nil {
		return "", false
	}
	body := "payload=" + url.QueryEscape(payload)
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	req := httptest.NewRequest(http.MethodPost, "/slack/events", strings.NewReader(body))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("X-Slack-Request-Timestamp", stamp)
	req.Header.Set("X-Slack-Signature", sandbox.Sign(secret, stamp, []byte(body)))
	rec := httptest.NewRecorder()
	l.bot.Handler().ServeHTTP(rec, req)
	return rec.Body.String(), rec.Code == http.StatusOK && !l.dead.Load()
}

// ghost lets nothing through from a bot that is dead, and no answer to it either.
type ghost struct {
	life *life
	next http.RoundTripper
}

func (g ghost) RoundTrip(r *http.Request) (*http.Response, error) {
	if g.life.dead.Load() {
		return nil, errDead
	}
	resp, err := g.next.RoundTrip(r)
	if g.life.dead.Load() {
		return nil, errDead
	}
	return resp, err
}

// inTurn is once in as many days as there are replicas, so that one of them asks every day; first at a time after the year began.
type inTurn struct{ at, every time.Duration }

// Next implements cron.Schedule.
func (e inTurn) Next(t time.Time) time.Time {
	first := dawn.Add(e.at)
	if t.Before(first) {
		return first
	}
	return first.Add((t.Sub(first)/e.every + 1) * e.every)
}

// each is once in a while.
type each time.Duration

// Next implements cron.Schedule.
func (e each) Next(t time.Time) time.Time { return t.Add(time.Duration(e)) }
