// Package bot is Slack, and nothing but Slack: what people do there comes in as a Click, what is said there goes out through
// Post, Update, Whisper, Open and their kin.
//
// It promises that a press is acknowledged before its handler runs, that a submission is answered within two seconds whatever
// its handler does, that a duplicate is done once, that what was acknowledged is finished before Run returns, that Slack's
// pace is kept, and that a write is never repeated unless Slack said that it did not happen. Every error is one of those in
// errors.go. Nothing it logs holds a token, a trigger, a response_url, the text of a message or the contents of a view.
//
// Invoices, money, rights and the words of messages must never enter here. slack-go is imported here and nowhere else.
package bot

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/slack-go/slack"
)

// Config says which Slack to talk to, as whom, and who watches. Only Token is always required.
type Config struct {
	Token         string // Bot token, xoxb-….
	AppToken      string // App-level token, xapp-…. Set: Socket Mode. Empty: HTTP mode, which needs SigningSecret.
	SigningSecret string // Verifies what comes in through Handler.
	APIURL        string // Base of the Web API, ends in "/". Empty: https://slack.com/api/.

	// HTTP carries every call; the dialer, proxy and TLS settings of an *http.Transport in it carry the socket, too. Nil: time-outs
	// of 10 s and 100 idle connections. Redirects are never followed and no call takes longer than 15 s, whatever it says.
	HTTP *http.Client

	// Seen remembers ids of clicks and events for at least 15 minutes, across restarts and replicas, and tells whether
	// this is the first time. Nil: in memory, which is only good for tests and for one process.
	Seen func(ctx context.Context, id string) (first bool, err error)

	// Sorry answers a submission whose handler failed, or was not done in time: what it did is then unknown.
	// Nil: the modal closes.
	Sorry func(Click) Reply

	Need    []Scope           // Scopes without which Connect refuses.
	Now     func() time.Time  // Dates clicks, judges signatures, ages caches. Nil: time.Now. Pacing always follows the real clock.
	Log     *slog.Logger      // Nil: silence.
	Observe func(Observation) // For metrics; called from many goroutines, must not block. May be nil.
}

// Scope is an OAuth scope that the bot needs, and what for, in words for an operator.
type Scope struct{ Name, Why string }

// How an acknowledgement went of which people see Slack's own error. Operators have an alert on both.
const (
	AckLate    = "late"    // After Slack's 3 s, or nearly.
	AckRefused = "refused" // Not taken in: stopping, or too much to do.
)

// Observation is one thing that happened, for metrics. It names no person, channel or id, and its texts are from small fixed sets.
type Observation struct {
	What    string        // "ack", "handler", "call", "door" or "socket".
	Name    string        // Kind of click, or method of the Web API; empty for "door" and "socket".
	Outcome string        // "ok", or one word for what happened: "late", "duplicate", "busy", "unclear", "unsigned", "lost"….
	Took    time.Duration // Zero where nothing was timed.
}

// Bot is one installation of the app in one workspace (or one Grid organisation). Make it with New.
// Its methods may be called from many goroutines; the On… ones before Run and Handler only.
type Bot struct {
	cfg   Config
	api   *slack.Client
	http  *http.Client
	log   *slog.Logger
	pace  *pacer
	crowd *crowd

	identity atomic.Pointer[Identity]
	handlers handlers
	work     *work
	socket   *socket
	doubt    chan struct{} // Somebody was told that the installation is dead; Run asks Slack whether that is so.
	dead     atomic.Bool   // It is so: Slack is not called any more.

	mu   sync.Mutex
	dms  map[string]string // Person to direct message channel.
	asks map[string]*ask   // Submissions of the last minute, so that a duplicate gets the same answer.
}

// New makes a Bot. It talks to nobody; Connect does.
func New(cfg Config) *Bot {
	cfg = withDefaults(cfg)
	b := &Bot{
		cfg:      cfg,
		log:      cfg.Log,
		http:     withoutRedirects(cfg.HTTP),
		pace:     newPacer(),
		crowd:    newCrowd(),
		handlers: newHandlers(),
		work:     newWork(),
		doubt:    make(chan struct{}, 1),
		dms:      map[string]string{},
		asks:     map[string]*ask{},
	}
	b.api = slack.New(cfg.Token,
		slack.OptionAPIURL(cfg.APIURL),
		slack.OptionAppLevelToken(cfg.AppToken),
		slack.OptionHTTPClient(b.http),
		slack.OptionLog(slog.NewLogLogger(cfg.Log.Handler(), slog.LevelDebug)))
	b.socket = newSocket(b)
	return b
}

// Run takes clicks in until ctx ends, then stops taking in, finishes what was acknowledged (10 s at most) and returns nil.
// In Socket Mode it holds the connection, and makes a new one whenever it is lost; in HTTP mode Handler takes clicks in and
// Run only waits. An installation that died (token revoked, app removed) is returned as *SetupError, after the same finish.
func (b *Bot) Run(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	// Answers that are due go out after ctx has ended.
	line, hangUp := context.WithCancel(context.WithoutCancel(ctx))
	var loops sync.WaitGroup
	if b.cfg.AppToken != "" {
		loops.Go(func() {
			if err := b.socket.keep(line); err != nil {
				stop(err)
			}
		})
	}
	loops.Go(func() {
		if err := b.watch(ctx); err != nil {
			stop(err)
		}
	})
	<-ctx.Done()
	b.finish(hangUp)
	loops.Wait()
	if setup, ok := asSetup(context.Cause(ctx)); ok {
		return setup
	}
	return nil
}

// finish refuses new clicks, waits for the answers that Slack waits for, hangs up, and waits for the rest of the work.
func (b *Bot) finish(hangUp func()) {
	deadline := time.Now().Add(drainTime)
	b.work.close()
	b.work.waitAnswers(answerTime + time.Second)
	time.Sleep(lastWords)
	hangUp()
	if !b.work.wait(time.Until(deadline)) {
		b.log.Warn("stopped before every acknowledged click was finished")
	}
}

// Ready tells whether a click would reach us now. In Socket Mode: Slack said hello on the current connection, which
// ends when nothing is heard for 9 s; for 30 s of a peer that answers no pings, or through a proxy. False while draining.
func (b *Bot) Ready() bool {
	if b.work.closed() {
		return false
	}
	return b.cfg.AppToken == "" || b.socket.greeted.Load()
}

// Busy tells whether a click that was taken in is being worked on.
func (b *Bot) Busy() bool { return b.work.busy() }

// observe tells whoever counts.
func (b *Bot) observe(what, name, outcome string, took time.Duration) {
	if b.cfg.Observe != nil {
		b.cfg.Observe(Observation{What: what, Name: name, Outcome: outcome, Took: took})
	}
}

func withDefaults(cfg Config) Config {
	if cfg.APIURL == "" {
		cfg.APIURL = slack.APIURL
	}
	if !strings.HasSuffix(cfg.APIURL, "/") {
		cfg.APIURL += "/"
	}
	if cfg.HTTP == nil {
		cfg.HTTP = &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true,
			MaxIdleConns: 100, MaxIdleConnsPerHost: 100, IdleConnTimeout: 90 * time.Second, TLSHandshakeTimeout: 10 * time.Second,
		}}
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Seen == nil {
		cfg.Seen = newMemory().seen
	}
	return cfg
}

// withoutRedirects keeps a token from following a redirect to somewhere else, and every call from hanging.
func withoutRedirects(client *http.Client) *http.Client {
	same := *client
	same.Timeout = min(cmp.Or(same.Timeout, callTime), callTime)
	same.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &same
}

// fitForAnswers tells whether a URL that Slack sent may be posted to: https, or the host that the Web API is on.
func (b *Bot) fitForAnswers(raw string) bool {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return false
	}
	api, err := url.Parse(b.cfg.APIURL)
	return u.Scheme == "https" || err == nil && u.Scheme == api.Scheme && u.Host == api.Host
}
