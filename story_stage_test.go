package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"kvitt/sandbox"
	"kvitt/settings"
	"kvitt/store"
)

// stage is the world of one story: the far ends outlive the bot, which may crash and be started again.
type stage struct {
	t         *testing.T
	folder    string
	files     map[string]string
	env       map[string]string
	slack     *sandbox.Slack
	stripe    *sandbox.Stripe
	azure     *azureStage       // Nil in a story without it.
	roles     map[string]string // Who has which role assignment in Azure.
	people    map[string]string // Name to user id.
	finance   string
	customer  string
	methods   map[string]string
	invoices  map[string]string // Number to Stripe id.
	begun     bool              // A line beginning with at has set the day.
	life      *life
	log       bytes.Buffer
	logMu     sync.Mutex
	armed     atomic.Pointer[trap]
	onCharge  func()
	mendSlack []func()               // End what is wrong with all of Slack.
	stale     func(who string) error // Presses what a story has kept.
}

// life is one run of the bot. Once it is dead nothing it does reaches anything: that is a kill -9, as far as the world can tell.
type life struct {
	app   *app
	dead  atomic.Bool
	cut   atomic.Bool // The store cannot be reached.
	store *store.File
	stop  context.CancelFunc
	over  chan struct{}
}

// trap kills the bot at a moment.
type trap struct{ what, text string }

func newStage(t *testing.T, folder string, archive *txtar.Archive) *stage {
	s := &stage{t: t, folder: folder, files: map[string]string{}, people: map[string]string{}, invoices: map[string]string{}}
	for _, f := range archive.Files {
		s.files[f.Name] = string(f.Data)
	}
	s.slack = sandbox.NewSlack(sandbox.SlackConfig{RequestURL: "http://kvitt/slack/events", RequestClient: &http.Client{Transport: toBot{s}}})
	s.stripe = sandbox.NewStripe(sandbox.StripeConfig{Name: "Acme Cloud", OnCharge: s.charged})
	s.slack.OnApply(func(method string, args sandbox.Args) { s.spring(method, args["text"]) })
	s.cast()
	s.env = map[string]string{
		"SLACK_BOT_TOKEN": s.slack.Config().BotToken, "SLACK_SIGNING_SECRET": s.slack.Config().SigningSecret, "SLACK_API_URL": "http://localhost/api/",
		"KVITT_DATA": filepath.Join(folder, "data"), "KVITT_BILLING": "stripe,ledger", "KVITT_ADMINS": s.people["asha"] + ",bo@fjord.example",
		"KVITT_CHANNELS": s.finance, "STRIPE_API_KEY": "sk_test_kvitt", "STRIPE_API_URL": "http://localhost", "KVITT_STRIPE_CUSTOMERS": s.customer,
		"KVITT_LISTEN": "127.0.0.1:0", "KVITT_SWEEP": "@every 5m",
	}
	return s
}

// cast is who is there: two billing admins, one of whom reads Norwegian, somebody who is none, and a guest.
func (s *stage) cast() {
	for _, p := range []sandbox.Person{
		{Name: "Asha", Email: "asha@fjord.example"}, {Name: "Bo", Email: "bo@fjord.example", Locale: "nb-NO"},
		{Name: "Kim", Email: "kim@fjord.example"}, {Name: "Gus", Email: "gus@elsewhere.example", Guest: true},
	} {
		s.people[strings.ToLower(p.Name)] = s.slack.AddPerson(p)
	}
	members := []string{s.slack.Config().BotUserID}
	for _, id := range s.people {
		members = append(members, id)
	}
	s.finance = s.slack.AddChannel(sandbox.Channel{Name: "finance", Members: members})
	s.customer = s.stripe.AddCustomer(sandbox.StripeCustomer{ID: "cus_fjord", Name: "Fjord Finance AS", DefaultMethod: "pm_visa"})
	s.stripe.AddCustomer(sandbox.StripeCustomer{ID: "cus_harbour", Name: "Harbour Office AS"})
	s.methods = map[string]string{"visa": "pm_visa", "mastercard": "pm_mastercard", "sepa": "pm_sepa", "card": "Card", "transfer": "Bank transfer"}
	s.stripe.AddMethod(sandbox.StripeMethod{ID: "pm_visa", Customer: s.customer, AllowRedisplay: "always", ExpYear: 2030})
	s.stripe.AddMethod(sandbox.StripeMethod{ID: "pm_mastercard", Customer: s.customer, Brand: "mastercard", Last4: "4444", AllowRedisplay: "always", ExpYear: 2030})
	s.stripe.AddMethod(sandbox.StripeMethod{ID: "pm_sepa", Customer: s.customer, Type: "sepa_debit", Last4: "3000", AllowRedisplay: "always"})
}

// alive makes sure that the bot runs.
func (s *stage) alive() error {
	if s.life != nil {
		return nil
	}
	if !s.begun {
		return errors.New("the story has not said yet what day it is")
	}
	var environ []string
	for name, value := range s.env {
		environ = append(environ, name+"="+value)
	}
	set, err := settings.Load(settings.Options{Command: settings.Serve, Environ: environ})
	if err != nil {
		return err
	}
	l := &life{over: make(chan struct{})}
	log := slog.New(slog.NewTextHandler(lockedWriter{s}, nil))
	if l.store, err = store.OpenFile(s.t.Context(), set.Data, store.FileOptions{NoSync: true, Log: log}); err != nil {
		return err
	}
	azure, err := s.azure.wires(l)
	if err != nil {
		return err
	}
	l.app = newApp(set, mortal{l.store, &l.dead, &l.cut}, wires{Log: log, Slack: l.client(s.slack.Transport()), Stripe: l.client(s.stripe.Transport()), Azure: azure})
	var ctx context.Context
	ctx, l.stop = context.WithCancel(context.Background())
	if err := l.app.connect(ctx); err != nil {
		l.stop()
		return errors.Join(err, l.store.Close())
	}
	s.life = l
	go func() {
		defer close(l.over)
		l.app.run(ctx)
	}()
	time.Sleep(breath)
	return nil
}

// end stops the bot; a dead one could not say anything more.
func (s *stage) end() {
	if s.life == nil {
		return
	}
	s.life.stop()
	<-s.life.over
	_ = s.life.store.Close()
	s.life = nil
}

func (s *stage) close() {
	s.end()
	s.slack.Shutdown()
	s.stripe.Wait()
}

// charged is called when money moved, before Stripe answers.
func (s *stage) charged(sandbox.StripeCharge) {
	s.spring("charge", "")
	if s.onCharge != nil {
		s.onCharge()
		s.onCharge = nil
	}
}

// spring kills the bot if a trap waits for this.
func (s *stage) spring(what, text string) {
	trap := s.armed.Load()
	if trap == nil || s.life == nil || trap.what != what || !strings.Contains(text, trap.text) {
		return
	}
	s.armed.Store(nil)
	s.life.dead.Store(true)
}

var errDead = errors.New("the process was killed")

func (l *life) client(next http.RoundTripper) *http.Client {
	return &http.Client{Transport: ghost{l, next}}
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
	if g.life.dead.Load() && err == nil {
		resp.Body.Close()
		return nil, errDead
	}
	return resp, err
}

// mortal is a store that a dead bot cannot reach, nor one whose line to it is cut.
type mortal struct {
	store.Backend
	dead, cut *atomic.Bool
}

func (m mortal) reach() error {
	switch {
	case m.dead.Load():
		return errDead
	case m.cut.Load():
		return store.ErrUnavailable
	}
	return nil
}

func (m mortal) Write(ctx context.Context, w store.Write) error {
	if err := m.reach(); err != nil {
		return err
	}
	return m.Backend.Write(ctx, w)
}

func (m mortal) Load(ctx context.Context, key store.Key) (store.Doc, error) {
	if err := m.reach(); err != nil {
		return store.Doc{}, err
	}
	return m.Backend.Load(ctx, key)
}

func (m mortal) FirstSight(ctx context.Context, team, id, token string, ttl time.Duration) (bool, error) {
	if err := m.reach(); err != nil {
		return false, err
	}
	return m.Backend.FirstSight(ctx, team, id, token, ttl)
}

// toBot carries Slack's signed requests to the bot that runs now.
type toBot struct{ s *stage }

func (b toBot) RoundTrip(r *http.Request) (*http.Response, error) {
	if b.s.life == nil || b.s.life.dead.Load() {
		return nil, errDead
	}
	rec := httptest.NewRecorder()
	in := r.Clone(r.Context())
	in.RequestURI = r.URL.RequestURI()
	b.s.life.app.bot.Handler().ServeHTTP(rec, in)
	return rec.Result(), nil
}

type lockedWriter struct{ s *stage }

func (w lockedWriter) Write(p []byte) (int, error) {
	w.s.logMu.Lock()
	defer w.s.logMu.Unlock()
	return w.s.log.Write(p)
}

// scene is what a reader of a failing story wants to see.
func (s *stage) scene() string {
	var b strings.Builder
	places := map[string]string{"#finance": s.finance}
	for name, id := range s.people {
		places[name] = s.slack.DM(id)
		for _, v := range s.slack.Modals(id) {
			fmt.Fprintf(&b, "== modal of %s\n%s\n", name, v.Words())
		}
	}
	for name, channel := range places {
		fmt.Fprintf(&b, "== %s\n", name)
		for _, m := range s.slack.Messages(channel) {
			fmt.Fprintf(&b, "- %s\n", m.Text)
			for _, e := range m.Elements() {
				fmt.Fprintf(&b, "    [%s]\n", e.Label)
			}
		}
	}
	s.logMu.Lock()
	defer s.logMu.Unlock()
	_, _ = io.Copy(&b, &s.log)
	return b.String()
}
