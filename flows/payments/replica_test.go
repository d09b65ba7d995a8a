package payments

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"kvitt/billing"
	"kvitt/billing/stripe"
	"kvitt/bot"
	"kvitt/flows"
	"kvitt/sandbox"
	"kvitt/store"
)

// replica is one process of the bot, which may be killed and is started again.
type replica struct {
	w   *world
	nth int

	mu   sync.Mutex
	life *life
	gone bool // For good.
}

// life is one run of a replica. Once it is dead nothing it does reaches anything: that is a kill -9, as far as the world can tell.
type life struct {
	*replica
	bot      *bot.Bot
	flows    *flows.Flows
	provider *stripe.Provider
	dead     atomic.Bool
	stop     context.CancelFunc
	over     chan struct{}
}

// ghost lets nothing through from a life that is over, and no answer to it either.
type ghost struct {
	life *life
	next func(*http.Request) (*http.Response, error)
}

func (g ghost) RoundTrip(r *http.Request) (*http.Response, error) {
	if g.life.dead.Load() {
		return nil, errDead
	}
	resp, err := g.next(r)
	if g.life.dead.Load() {
		return nil, errDead
	}
	return resp, err
}

func (r *replica) start() {
	w, l := r.w, &life{replica: r, over: make(chan struct{})}
	quiet, backend, now := slog.New(slog.DiscardHandler), reach{w, l}, w.clocks.shared(machines[r.nth])
	var err error
	l.provider, err = stripe.New(stripe.Config{Key: "sk_test_kvitt", Customers: []string{customer}, Now: w.clocks.of(machines[r.nth]), Log: quiet, HTTP: &http.Client{
		Transport: ghost{l, func(r *http.Request) (*http.Response, error) { return w.gate.pass(l, r) }}}})
	must(err)
	l.bot = bot.New(bot.Config{Token: "xoxb-sim", SigningSecret: secret, APIURL: "https://slack.test/api/", Log: quiet,
		HTTP: &http.Client{Transport: ghost{l, w.slack.answer}},
		Seen: func(ctx context.Context, id string) (bool, error) {
			return backend.FirstSight(ctx, team, id, rand.Text(), time.Hour)
		},
		Sorry: func(c bot.Click) bot.Reply { return l.flows.Sorry(c) }})
	l.flows = flows.New(&flows.Flows{Bot: l.bot, Backend: backend, Providers: []billing.Provider{l.provider}, Now: now, Log: quiet,
		Sync: every(12*time.Hour + time.Duration(r.nth)*time.Hour), Sweep: every(5 * time.Minute),
		Records:   store.Of[flows.Record](backend, team, flows.KindInvoice),
		Mailboxes: store.Of[flows.Mailbox](backend, team, flows.KindMailbox),
		Admins:    &flows.Admins{Entries: []string{asha, bo}, Bot: l.bot, Pins: store.Of[flows.Pin](backend, team, "pin"), Team: team, Now: now, Log: quiet},
		People:    &flows.People{Bot: l.bot, Prefs: store.Of[flows.Preference](backend, team, "person"), Locale: flows.English, Zone: time.UTC, Log: quiet},
		Policy:    flows.Policy{Team: team, Zone: time.UTC, Locale: flows.English, Channels: []string{finance}}})
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
		go func() { defer close(done); l.flows.Run(ctx) }()
		_ = l.bot.Run(ctx)
		<-done
	}()
}

// kill is a kill -9. Something starts the process again after a while.
func (l *life) kill(when string) {
	if l.dead.Swap(true) {
		return
	}
	l.w.note("", "replica %d is killed %s", l.nth, when)
	l.mu.Lock()
	if l.life == l {
		l.life = nil
	}
	l.mu.Unlock()
	l.stop()
	go func() {
		<-l.over
		time.Sleep(time.Duration(5+l.w.dice("restart", l.nth, time.Now().Unix())%55) * time.Second)
		l.mu.Lock()
		gone := l.gone
		l.mu.Unlock()
		if !gone {
			l.start()
		}
	}()
}

// leave ends a replica for good.
func (r *replica) leave() {
	r.mu.Lock()
	l := r.life
	r.gone, r.life = true, nil
	r.mu.Unlock()
	if l != nil {
		l.stop()
		<-l.over
	}
}

func (r *replica) alive() *life {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.life
}

// send is what Slack sends, signed; ok is false where nobody answers.
func (r *replica) send(payload string) (answer string, ok bool) {
	l := r.alive()
	if l == nil {
		return "", false
	}
	body, stamp := "payload="+url.QueryEscape(payload), strconv.FormatInt(time.Now().Unix(), 10)
	req := httptest.NewRequest(http.MethodPost, "/slack/events", strings.NewReader(body))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("X-Slack-Request-Timestamp", stamp)
	req.Header.Set("X-Slack-Signature", sandbox.Sign(secret, stamp, []byte(body)))
	rec := httptest.NewRecorder()
	l.bot.Handler().ServeHTTP(rec, req)
	return rec.Body.String(), rec.Code == http.StatusOK && !l.dead.Load()
}

// hook carries Stripe's events to one of the replicas; some to nobody.
type hook struct{ w *world }

func (h hook) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	must(err)
	n := h.w.dice(string(body), time.Now().UnixNano())
	l := h.w.replicas[n%2].alive()
	if n < 20 || l == nil {
		h.w.met(eventLost)
		return nil, errLine
	}
	rec := httptest.NewRecorder()
	event, err := l.provider.ReadEvent(r.Context(), bytes.Clone(body), r.Header.Get("Stripe-Signature"), []string{whsec})
	if errors.Is(err, stripe.ErrStale) {
		h.w.met(eventStale)
		return refusal(http.StatusUnauthorized, ""), nil
	}
	must(err)
	if event.Invoice != "" {
		l.flows.Look(event.Invoice)
	}
	return rec.Result(), nil
}

// pace delivers one event in five late, and one in five twice.
func (w *world) pace(n int) []time.Duration {
	switch roll := w.dice("event", n); {
	case roll < 20:
		w.met(eventLate)
		return []time.Duration{time.Duration(10+roll) * time.Second}
	case roll < 40:
		w.met(eventTwice)
		return []time.Duration{time.Second, 20 * time.Second}
	}
	return []time.Duration{time.Second}
}

// every is a schedule.
type every time.Duration

// Next implements cron.Schedule.
func (e every) Next(t time.Time) time.Time { return t.Add(time.Duration(e)) }

func must(err error) {
	if err != nil {
		panic(err)
	}
}
