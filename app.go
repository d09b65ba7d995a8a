package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"kvitt/billing"
	"kvitt/billing/stripe"
	"kvitt/bot"
	"kvitt/flows"
	"kvitt/settings"
	"kvitt/store"
)

// wires are what an app hangs on besides its settings. The zero value is the real world; tests put pretend far ends and a pretend clock in.
type wires struct {
	Slack  *http.Client // Nil: bot's own.
	Stripe *http.Client // Nil: stripe's own.
	Azure  azureWires
	Now    func() time.Time // Nil: time.Now.
	Log    *slog.Logger
}

// pinKind is the kind of documents that say whom an e-mail address of KVITT_ADMINS is pinned to.
const pinKind = "pin"

// app is the whole bot, wired.
type app struct {
	settings settings.Settings
	backend  store.Backend // Once opened says so.
	opened   atomic.Bool
	bot      *bot.Bot
	flows    *flows.Flows
	stripe   *stripe.Provider // Nil without it.
	log      *slog.Logger
	now      func() time.Time
	team     atomic.Pointer[string] // Known once Slack has said hello.
	wires    wires
	metrics  *metrics
	clock    *sharedClock
	asked    map[string]*asked // The neighbours whom readiness asks, by name; the store has none.
}

// newApp wires what needs no answer from Slack; connect does the rest. A backend that is nil is given later.
func newApp(s settings.Settings, backend store.Backend, w wires) *app {
	a := &app{settings: s, log: w.Log, now: time.Now, wires: w, metrics: newMetrics(), asked: newAsked(s.Billing)}
	if w.Now != nil {
		a.now = w.Now
	}
	a.clock = &sharedClock{own: a.now, log: a.log}
	if backend != nil {
		a.keepIn(backend)
	}
	a.bot = bot.New(bot.Config{
		Token: s.Slack.BotToken.Reveal(), AppToken: s.Slack.AppToken.Reveal(), SigningSecret: s.Slack.SigningSecret.Reveal(), APIURL: s.Slack.APIURL,
		HTTP: w.Slack, Seen: a.seen, Sorry: func(c bot.Click) bot.Reply { return a.flows.Sorry(c) }, Need: scopes(s), Now: a.now, Log: a.log, Observe: a.metrics.seeBot,
	})
	a.metrics.live(a.bot.Ready)
	a.metrics.begin(s.Billing, a.now())
	return a
}

// keepIn gives the app the store that it keeps in what it knows.
func (a *app) keepIn(backend store.Backend) {
	a.backend = store.Observe(backend, a.metrics.seeStore)
	a.clock.teller, _ = backend.(teller)
	a.opened.Store(true)
}

// scopes are those without which somebody would not be reminded, or not be recognised.
func scopes(s settings.Settings) []bot.Scope {
	need := []bot.Scope{
		{Name: "chat:write", Why: "to post reminders and confirmations"},
		{Name: "im:write", Why: "to write to billing admins"},
		{Name: "users:read", Why: "to see who presses a button"},
	}
	if slices.ContainsFunc(s.Admins, func(entry string) bool { return slices.Contains([]byte(entry), '@') }) {
		need = append(need, bot.Scope{Name: "users:read.email", Why: "to find the e-mail addresses of KVITT_ADMINS"})
	} else if s.Bills(settings.Azure) {
		need = append(need, bot.Scope{Name: "users:read.email", Why: "to find who holds a billing role in Azure"})
	}
	return need
}

// seenFor is how long a click or an event is remembered. Slack's last repetition of an event comes after about six minutes.
const seenFor = time.Hour

// seen remembers clicks and events for the bot. Each asking has a token of its own, so that only the first, of whichever replica, finds it new.
func (a *app) seen(ctx context.Context, id string) (bool, error) {
	team := a.team.Load()
	if team == nil {
		return false, errors.New("which workspace this is has not been said yet by Slack")
	}
	return a.backend.FirstSight(ctx, *team, id, rand.Text(), seenFor)
}

// connect asks Slack who we are and wires what depends on it. It returns *bot.SetupError for what an operator has to mend.
func (a *app) connect(ctx context.Context) error {
	id, err := a.bot.Connect(ctx)
	if err != nil {
		return err
	}
	if err := seesChannels(id, a.settings.Channels); err != nil {
		return err
	}
	providers, err := a.providers()
	if err != nil {
		return err
	}
	a.clock.measure(ctx)
	s := a.settings
	limits, err := approvalLimits(s.ApprovalFrom)
	if err != nil {
		return err
	}
	a.flows = flows.New(&flows.Flows{
		Bot: a.bot, Backend: a.backend, Providers: providers, Now: a.clock.now, Log: a.log, Sync: s.Sync, Sweep: s.Sweep, Observe: a.metrics.seeFlows(a.now),
		Records:   store.Of[flows.Record](a.backend, id.Team, flows.KindInvoice),
		Mailboxes: store.Of[flows.Mailbox](a.backend, id.Team, flows.KindMailbox),
		Admins: &flows.Admins{Entries: s.Admins, Bot: a.bot, Pins: store.Of[flows.Pin](a.backend, id.Team, pinKind), Team: id.Team, Now: a.clock.now, Log: a.log,
			Roles: withRoles(providers), Identities: s.Identities, Payers: store.Of[flows.Payers](a.backend, id.Team, "payers")},
		People: &flows.People{Bot: a.bot, Prefs: store.Of[flows.Preference](a.backend, id.Team, personKind), Locale: flows.Lang(s.Locale), Zone: s.Zone, Log: a.log},
		Policy: flows.Policy{
			Team: id.Team, Zone: s.Zone, Locale: flows.Lang(s.Locale), Channels: s.Channels,
			Schedule: flows.Schedule{Offsets: s.Reminders.Offsets, Every: s.Reminders.Every},
			Approval: limits, DigestFrom: s.DigestFrom,
			Hours: flows.Hours{From: s.Hours.From, To: s.Hours.To, Days: s.Days},
		},
	})
	a.team.Store(&id.Team)
	a.log.Info("connected to Slack", "team", id.Team, "bot", id.User)
	return nil
}

// approvalLimits reads the amounts from which on a second billing admin must approve.
func approvalLimits(from settings.Approval) (map[string]billing.Money, error) {
	limits := map[string]billing.Money{}
	for currency, amount := range from {
		limit, err := billing.ParseAmount(amount, currency)
		if err != nil {
			return nil, fmt.Errorf("KVITT_APPROVAL_FROM: %w", err)
		}
		limits[currency] = limit
	}
	return limits, nil
}

// seesChannels refuses finance channels of which Kvitt could not see whether they are shared with another organisation: those get nothing.
func seesChannels(id bot.Identity, channels []string) error {
	sees := slices.Contains(id.Scopes, "channels:read") || slices.Contains(id.Scopes, "groups:read")
	if len(channels) == 0 || !id.ScopesKnown || sees {
		return nil
	}
	return &bot.SetupError{Setting: "OAuth scopes", Found: "neither channels:read nor groups:read",
		Want: "channels:read (and groups:read for private channels), to see whether a channel of KVITT_CHANNELS is shared with another organisation"}
}

// providers are the billing services of KVITT_BILLING, in the operator's order.
func (a *app) providers() ([]billing.Provider, error) {
	var all []billing.Provider
	for _, name := range a.settings.Billing {
		p, err := a.provider(name)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

// provider wires one billing service.
func (a *app) provider(name string) (billing.Provider, error) {
	switch name {
	case settings.Azure:
		return a.azure()
	case settings.Ledger:
		return newLedger(a.backend, a.settings.LedgerMethods, a.clock.now), nil
	case settings.Stripe:
		s := a.settings.Stripe
		p, err := stripe.New(stripe.Config{Key: s.APIKey.Reveal(), APIURL: s.APIURL, Customers: s.Customers, Zone: a.settings.Zone,
			Now: a.now, HTTP: a.wires.Stripe, Log: a.log})
		if err != nil {
			return nil, err
		}
		a.stripe = p
		return p, nil
	}
	return nil, fmt.Errorf("nobody knows the billing service %q", name)
}

// run works until ctx ends, then drains. connect must have succeeded. When Slack ends the installation, it goes on looking after payments that are
// under way: readyz says 503, and the log what to do.
func (a *app) run(ctx context.Context) {
	var beside sync.WaitGroup
	beside.Go(func() { a.clock.follow(ctx) })
	beside.Go(func() { a.flows.Run(ctx) })
	if err := a.bot.Run(ctx); err != nil {
		a.log.Error("Slack does not let Kvitt in any more: no button works, and nobody is told anything; mend the setting and start Kvitt again", "err", err)
	}
	beside.Wait()
}
