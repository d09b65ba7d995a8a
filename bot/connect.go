package bot

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Identity is who the bot is, as Slack says.
type Identity struct {
	Team, TeamName string
	Enterprise     string // Grid organisation; empty elsewhere.
	User           string // The bot's own user id.
	BotID          string
	Scopes         []string  // What the token may do.
	ScopesKnown    bool      // Slack told the scopes; if not, they show when they are missing.
	Clock          time.Time // Slack's own, to the second, when it answered; zero where it did not tell.
}

// Names of what an operator mends.
const (
	botToken = "SLACK_BOT_TOKEN"
	appToken = "SLACK_APP_TOKEN"
	secret   = "SLACK_SIGNING_SECRET"
	apiURL   = "SLACK_API_URL"
	scopes   = "OAuth scopes"
)

// Connect checks the settings, asks Slack who the bot is and what it may do, and in Socket Mode tries to open a connection once.
// It changes and posts nothing. *SetupError is what an operator must mend. Trouble that may pass is tried again until ctx ends,
// then it is ErrUnavailable.
func (b *Bot) Connect(ctx context.Context) (Identity, error) {
	id, err := b.Who(ctx)
	if err != nil {
		return Identity{}, err
	}
	if missing := id.Lacks(b.cfg.Need); len(missing) > 0 {
		return Identity{}, &SetupError{Setting: scopes, Found: orNone(strings.Join(id.Scopes, ", ")), Want: "also " + listed(missing) + "; add them and install the app again"}
	}
	if err := b.TrySocket(ctx); err != nil {
		return Identity{}, err
	}
	b.identity.Store(&id)
	b.log.Info("Slack knows us", "team", id.Team, "bot", id.User, "scopes_known", id.ScopesKnown)
	return id, nil
}

// Who is the first part of Connect: it asks Slack who the bot is and what it may do, and compares that with nothing.
func (b *Bot) Who(ctx context.Context) (Identity, error) {
	if err := b.checkTokens(); err != nil {
		return Identity{}, err
	}
	var id Identity
	err := untilMended(ctx, func() (err error) {
		id, err = b.askWho(ctx)
		return err
	})
	if err != nil {
		return Identity{}, b.explain(err, botToken, b.cfg.Token, "the Bot User OAuth Token of the app as it is installed now")
	}
	return id, nil
}

// TrySocket is the last part of Connect: in Socket Mode it asks Slack for a connection once, and lets that expire.
func (b *Bot) TrySocket(ctx context.Context) error {
	if b.cfg.AppToken == "" {
		return nil
	}
	if err := untilMended(ctx, func() error { return b.tryOpen(ctx) }); err != nil {
		return b.explain(err, appToken, b.cfg.AppToken, wantAppToken)
	}
	return nil
}

// me is who Connect found us to be; zero before it.
func (b *Bot) me() Identity {
	if id := b.identity.Load(); id != nil {
		return *id
	}
	return Identity{}
}

func (b *Bot) checkTokens() error {
	switch {
	case !strings.HasPrefix(b.cfg.Token, "xoxb-"):
		return &SetupError{Setting: botToken, Found: mask(b.cfg.Token), Want: "a bot token that does not expire, xoxb-…"}
	case b.cfg.AppToken != "" && !strings.HasPrefix(b.cfg.AppToken, "xapp-"):
		return &SetupError{Setting: appToken, Found: mask(b.cfg.AppToken), Want: "an app-level token, xapp-…"}
	case b.cfg.AppToken == "" && b.cfg.SigningSecret == "":
		return &SetupError{Setting: appToken + " or " + secret, Found: "neither", Want: "an app-level token (Socket Mode) or the signing secret (HTTP)"}
	}
	return nil
}

// askWho asks auth.test. What the token may do stands in a header, which not every Slack sends.
func (b *Bot) askWho(ctx context.Context) (Identity, error) {
	var id Identity
	err := b.call(ctx, authTest, somebody, func(ctx context.Context) error {
		who, err := b.api.AuthTestContext(ctx)
		if err != nil {
			return err
		}
		if who.UserID == "" {
			return errNoAnswer
		}
		id = Identity{Team: who.TeamID, TeamName: Clean(who.Team), Enterprise: who.EnterpriseID, User: who.UserID, BotID: who.BotID}
		id.Scopes, id.ScopesKnown = grantedScopes(who.Header)
		id.Clock, _ = http.ParseTime(who.Header.Get("Date"))
		return nil
	})
	return id, err
}

// tryOpen asks Slack for the address of a connection, which is a secret, and lets it expire.
func (b *Bot) tryOpen(ctx context.Context) error {
	return b.call(ctx, openSocket, somebody, func(ctx context.Context) error {
		_, address, err := b.api.StartSocketModeContext(ctx)
		if err == nil && address == "" {
			return errNoAnswer
		}
		return err
	})
}

func grantedScopes(h http.Header) ([]string, bool) {
	values := h.Values("X-Oauth-Scopes")
	if len(values) == 0 {
		return nil, false
	}
	fields := strings.FieldsFunc(strings.Join(values, ","), func(r rune) bool { return r == ',' || r == ' ' })
	slices.Sort(fields)
	return slices.Compact(fields), true
}

// Lacks lists which of the scopes the token does not have; none where Slack did not tell what it has.
func (id Identity) Lacks(need []Scope) []Scope {
	if !id.ScopesKnown {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(need), func(s Scope) bool { return slices.Contains(id.Scopes, s.Name) })
}

func listed(all []Scope) string {
	var texts []string
	for _, s := range all {
		texts = append(texts, fmt.Sprintf("%s (%s)", s.Name, s.Why))
	}
	return strings.Join(texts, ", ")
}

// explain says of a refusal which setting it is about.
func (b *Bot) explain(err error, setting, value, want string) error {
	if refused, ok := errors.AsType[*RefusedError](err); ok {
		if strings.HasPrefix(refused.Code, "http_") {
			return &SetupError{Setting: apiURL, Found: b.cfg.APIURL + " which answers " + strings.TrimPrefix(refused.Code, "http_"), Want: "the base of Slack's Web API"}
		}
		return &SetupError{Setting: setting, Found: mask(value) + ", of which Slack says " + refused.Code, Want: want}
	}
	if setup, ok := asSetup(err); ok && setup.Setting == scopes {
		return &SetupError{Setting: setting, Found: mask(value) + " with the scopes " + setup.Found, Want: setup.Want}
	}
	if errors.Is(err, ErrDead) {
		return &SetupError{Setting: setting, Found: mask(value) + ", which Slack does not accept any more", Want: want, Err: ErrDead}
	}
	return err
}

// watch asks Slack, whenever a call was told that the installation is over, whether that is so. One odd answer must not stop a
// bot that works.
func (b *Bot) watch(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-b.doubt:
		}
		_, err := b.askWho(ctx)
		if errors.Is(err, ErrDead) {
			b.dead.Store(true)
			return b.explain(err, botToken, b.cfg.Token, "a token of the app as it is installed now; install it again")
		}
	}
}

// untilMended tries again, ever more slowly, what may pass by waiting.
func untilMended(ctx context.Context, try func() error) error {
	for failed := 1; ; failed++ {
		err := try()
		_, busy := errors.AsType[*BusyError](err)
		if !busy && !errors.Is(err, ErrUnavailable) {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", ErrUnavailable, err)
		case <-time.After(backoff(failed)):
		}
	}
}

// backoff is 0.25 s, doubling, at most 8 s: within ten, readyz is to say that Slack is back. Up to half of it is left to chance, so that
// replicas do not march in step.
func backoff(failed int) time.Duration {
	full := min(8*time.Second, 250*time.Millisecond<<min(failed-1, 10))
	return full/2 + rand.N(full/2)
}

// mask shows of a secret only what kind it is.
func mask(s string) string {
	if s == "" {
		return "nothing"
	}
	for _, kind := range []string{"xoxe.xoxb-", "xoxe.xoxp-", "xoxe-", "xoxb-", "xoxp-", "xapp-", "xoxa-", "xoxr-"} {
		if strings.HasPrefix(s, kind) {
			return kind + "…"
		}
	}
	return fmt.Sprintf("something of %d characters", len([]rune(s)))
}
