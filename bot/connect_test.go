package bot

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kvitt/sandbox"
)

func TestConnectTellsWhoTheBotIs(t *testing.T) {
	story(t, nil, func(w *world) {
		id, err := w.bot.Connect(w.t.Context())
		if err != nil {
			w.t.Fatal(err)
		}
		if id.Team != "T0SANDBOX" || id.User != "U0KVITT000" || id.BotID != "B0KVITT000" || !id.ScopesKnown || !slices.Contains(id.Scopes, "chat:write") {
			w.t.Errorf("the identity is %+v", id)
		}
	})
}

func TestConnectWaitsForASlackThatIsAway(t *testing.T) {
	story(t, nil, func(w *world) {
		w.slack.Fail(sandbox.Fault{Kind: sandbox.CutBefore, Times: 5})
		w.slack.Fail(sandbox.Fault{Kind: sandbox.RateLimited, RetryAfter: 3})
		start := time.Now()
		if _, err := w.bot.Connect(w.t.Context()); err != nil {
			w.t.Fatal(err)
		}
		if time.Since(start) < 3*time.Second {
			w.t.Error("it did not wait")
		}
	})
	story(t, nil, func(w *world) {
		w.slack.Fail(sandbox.Fault{Kind: sandbox.FailBefore, Times: -1})
		ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
		defer cancel()
		if _, err := w.bot.Connect(ctx); !errors.Is(err, ErrUnavailable) {
			w.t.Errorf("Connect returned %v", err)
		}
	})
}

func TestASlackThatTellsNoScopesIsTrusted(t *testing.T) {
	b := New(Config{Token: "xoxb-x", SigningSecret: "s", Need: []Scope{{"chat:write", "to post"}}, HTTP: &http.Client{
		Transport: answerWith(200, `{"ok":true,"team_id":"T1","user_id":"U1"}`)}})
	if id, err := b.Connect(t.Context()); err != nil || id.ScopesKnown {
		t.Errorf("Connect returned %+v, %v", id, err)
	}
}

func TestWhatAnOperatorMustMend(t *testing.T) {
	for name, c := range map[string]struct {
		change  func(*sandbox.SlackConfig, *Config)
		before  func(w *world)
		setting string
	}{
		"an app token in the bot token's place": {change: func(_ *sandbox.SlackConfig, c *Config) { c.Token = "xapp-secret-secret" }, setting: botToken},
		"a user token":                          {change: func(_ *sandbox.SlackConfig, c *Config) { c.Token = "xoxp-secret-secret" }, setting: botToken},
		"a rotating token":                      {change: func(_ *sandbox.SlackConfig, c *Config) { c.Token = "xoxe.xoxb-secret-secret" }, setting: botToken},
		"a bot token in the app token's place":  {change: func(_ *sandbox.SlackConfig, c *Config) { c.AppToken = "xoxb-secret-secret" }, setting: appToken},
		"no door":                               {change: func(_ *sandbox.SlackConfig, c *Config) { c.AppToken, c.SigningSecret = "", "" }, setting: secret},
		"another workspace's token":             {change: func(_ *sandbox.SlackConfig, c *Config) { c.Token = "xoxb-secret-secret" }, setting: botToken},
		"another app's app token":               {change: func(_ *sandbox.SlackConfig, c *Config) { c.AppToken = "xapp-secret-secret" }, setting: appToken},
		"a missing scope": {change: func(far *sandbox.SlackConfig, c *Config) {
			far.Scopes, c.Need = []string{"users:read"}, []Scope{{"chat:write", "to post reminders"}}
		}, setting: scopes},
		"Socket Mode is off": {before: func(w *world) {
			w.slack.Fail(sandbox.Fault{Method: "apps.connections.open", Kind: sandbox.Refuse, Code: "forbidden_team"})
		}, setting: appToken},
		"no Slack at that address": {change: func(_ *sandbox.SlackConfig, c *Config) { c.APIURL = "http://127.0.0.1/nothing/here/" }, setting: apiURL},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, c.change, func(w *world) {
				if c.before != nil {
					c.before(w)
				}
				ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
				defer cancel()
				_, err := w.bot.Connect(ctx)
				setup, ok := asSetup(err)
				if !ok || !strings.Contains(setup.Setting, c.setting) || setup.Found == "" || setup.Want == "" {
					w.t.Errorf("Connect returned %v", err)
				}
				if strings.Contains(err.Error(), "secret-secret") {
					w.t.Errorf("the error tells the secret: %v", err)
				}
			})
		})
	}
}

func TestWhoWantsToKnowTheSamePersonAtOnceSharesOneQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		defer w.slack.Shutdown()
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				if p, err := w.bot.Person(t.Context(), w.asha, time.Minute); err != nil || p.ID != w.asha {
					t.Errorf("Asha is %+v, %v", p, err)
				}
			})
		}
		all.Wait()
		asked := 0
		for _, call := range w.slack.Calls() {
			if call.Method == "users.info" {
				asked++
			}
		}
		if asked != 1 {
			t.Errorf("Slack was asked %d times, want once", asked)
		}
	})
}

func TestPeopleAreAsSlackSaysAndRememberedForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		defer w.slack.Shutdown()
		p, err := w.bot.Person(t.Context(), w.asha, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		if p.Name == "" || p.Email != "asha@example.com" || p.Locale != "nb-NO" || p.Zone.String() != "Europe/Oslo" || !p.FullMember("T0SANDBOX") || p.FullMember("T0OTHER") || p.FullMember("") {
			t.Errorf("Asha is %+v", p)
		}
		w.slack.SetPerson(w.asha, func(p *sandbox.Person) { p.Deleted = true })
		if p, _ := w.bot.Person(t.Context(), w.asha, time.Minute); p.Deleted {
			t.Error("a fresh answer was not used")
		}
		if p, _ := w.bot.Person(t.Context(), w.asha, 0); !p.Deleted || p.FullMember("T0SANDBOX") {
			t.Error("asked now, Slack's old answer was used")
		}
		time.Sleep(2 * time.Minute)
		w.slack.SetPerson(w.asha, func(p *sandbox.Person) { p.Deleted = false })
		if p, _ := w.bot.Person(t.Context(), w.asha, time.Minute); p.Deleted {
			t.Error("an old answer was used")
		}
		if _, err := w.bot.Person(t.Context(), "U0NOBODY00", 0); !errors.Is(err, ErrGone) {
			t.Errorf("nobody is %v", err)
		}
		if p, err := w.bot.PersonByEmail(t.Context(), "asha@example.com", 0); err != nil || p.ID != w.asha {
			t.Errorf("by e-mail: %+v, %v", p, err)
		}
		if _, err := w.bot.PersonByEmail(t.Context(), "nobody@example.com", 0); !errors.Is(err, ErrNotFound) {
			t.Errorf("nobody by e-mail: %v", err)
		}
	})
}

func TestGuestsBotsAndStrangersAreNoFullMembers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		defer w.slack.Shutdown()
		for name, p := range map[string]sandbox.Person{
			"guest": {Name: "g", Guest: true}, "single-channel guest": {Name: "s", SingleChannel: true}, "bot": {Name: "b", Bot: true},
			"deleted": {Name: "d", Deleted: true}, "stranger": {Name: "x", Team: "T0OTHER"},
		} {
			id := w.slack.AddPerson(p)
			if got, err := w.bot.Person(t.Context(), id, 0); err != nil || got.FullMember("T0SANDBOX") {
				t.Errorf("%s: %+v, %v", name, got, err)
			}
		}
	})
}

func TestPlacesAreAsSlackSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		defer w.slack.Shutdown()
		p, err := w.bot.Place(t.Context(), w.finance, 0)
		if err != nil || p.Name != "finance" || !p.Member || p.Shared || p.Archived || p.Private {
			t.Errorf("finance is %+v, %v", p, err)
		}
		w.slack.SetChannel(w.finance, func(c *sandbox.Channel) { c.Shared, c.Archived = true, true })
		if p, _ := w.bot.Place(t.Context(), w.finance, time.Hour); p.Shared {
			t.Error("a fresh answer was not used")
		}
		if p, _ := w.bot.Place(t.Context(), w.finance, 0); !p.Shared || !p.Archived {
			t.Errorf("finance is %+v", p)
		}
	})
}
