package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"kvitt/bot"
)

// wanted are scopes without which Kvitt works, but not as people expect.
var wanted = []bot.Scope{
	{Name: "commands", Why: "without it there is no /invoices"},
	{Name: "im:history", Why: "without it a crash can lose a reminder or repeat a confirmation in direct messages, because nobody can look whether it was posted"},
}

// slack asks who the bot is, what it may do, and whether the door works by which clicks come in.
func (c *checker) slack(ctx context.Context) {
	ctx, cancel := within(ctx)
	defer cancel()
	asked := time.Now()
	id, err := c.app.bot.Who(ctx)
	if err != nil {
		c.failedBySlack("SLACK_BOT_TOKEN", err)
		return
	}
	c.team, c.scopes = id.Team, id.Scopes
	c.ok("SLACK_BOT_TOKEN", "%s (%s) in the workspace %s (%s)", "Kvitt", id.User, id.TeamName, id.Team)
	c.granted(id)
	c.door(ctx)
	c.clock(id, asked)
}

// failedBySlack says what Slack, or the way to it, refused.
func (c *checker) failedBySlack(about string, err error) {
	if setup, ok := errors.AsType[*bot.SetupError](err); ok {
		c.fail(setup.Setting, "found "+setup.Found, "Set "+setup.Want)
		return
	}
	c.fail(about, err.Error(), "See that "+c.set.Slack.APIURL+" can be reached from here")
}

// granted compares the scopes of the token with what Kvitt needs, what it had better have, and what it has no use for.
func (c *checker) granted(id bot.Identity) {
	if !id.ScopesKnown {
		c.warn("OAuth scopes", "Slack does not tell which scopes the token has", "If reminders or buttons do not work, compare them with kvitt manifest")
		return
	}
	for _, s := range id.Lacks(scopes(c.set)) {
		c.fail("OAuth scopes", s.Name+" is missing: Kvitt needs it "+s.Why, "Add it under OAuth & Permissions and install the app again")
	}
	for _, s := range id.Lacks(wanted) {
		c.warn("OAuth scopes", s.Name+" is missing: "+s.Why, "Add it under OAuth & Permissions and install the app again")
	}
	known := manifestScopes()
	idle := slices.DeleteFunc(slices.Clone(id.Scopes), func(granted string) bool { return slices.Contains(known, granted) })
	if len(idle) > 0 {
		c.warn("OAuth scopes", "the token may do what Kvitt has no use for: "+strings.Join(idle, ", "), "Remove them, so that a stolen token can do less")
	}
	if len(id.Lacks(scopes(c.set))) == 0 {
		c.ok("OAuth scopes", "%d granted, all that are needed among them", len(id.Scopes))
	}
}

// manifestScopes are all that the app asks for in manifest.yml.
func manifestScopes() []string {
	var manifest struct {
		OAuth struct {
			Scopes struct {
				Bot      []string `yaml:"bot"`
				Optional []string `yaml:"bot_optional"`
			} `yaml:"scopes"`
		} `yaml:"oauth_config"`
	}
	if err := yaml.Unmarshal([]byte(socketManifest), &manifest); err != nil {
		panic(err) // It is embedded, and a test reads it.
	}
	return slices.Concat(manifest.OAuth.Scopes.Bot, manifest.OAuth.Scopes.Optional)
}

// door tries the connection that clicks come in by. An HTTP door can only be tried by Slack.
func (c *checker) door(ctx context.Context) {
	if !c.set.Slack.SocketMode() {
		c.ok("SLACK_SIGNING_SECRET", "HTTP mode; only Slack can try it: save the app's Request URL, which must end in /slack/events, while kvitt serve runs")
		return
	}
	if err := c.app.bot.TrySocket(ctx); err != nil {
		c.failedBySlack("SLACK_APP_TOKEN", err)
		return
	}
	c.ok("SLACK_APP_TOKEN", "Socket Mode; Slack offers a connection")
}

// clockLimit is how wrong a clock may be before it is told. Slack's signatures, and ours, allow five minutes.
const clockLimit = 30 * time.Second

func (c *checker) clock(id bot.Identity, asked time.Time) {
	if id.Clock.IsZero() {
		return
	}
	off := asked.Sub(id.Clock)
	if off.Abs() < clockLimit {
		return
	}
	found := fmt.Sprintf("this machine's clock is %s off from Slack's", off.Abs().Round(time.Second))
	if off.Abs() > 5*time.Minute && !c.set.Slack.SocketMode() {
		c.fail("clock", found+", so every signature of Slack's looks stale", "Set it by NTP")
		return
	}
	c.warn("clock", found, "Set it by NTP: reminders go out by it")
}
