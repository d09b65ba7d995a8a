package settings

import (
	"net"
	"slices"
	"strings"
)

// derive fills what depends on several settings.
func (l *loader) derive() {
	if !l.serves() {
		return
	}
	if _, port, _ := net.SplitHostPort(l.settings.Listen); l.settings.OpsListen == l.settings.Listen && strings.Trim(port, "0") != "" {
		l.settings.OpsListen = ""
	}
	l.schedules()
	l.idle()
}

// schedules sets how often to ask where nobody said, and the zone. Azure limits how often it may be asked.
func (l *loader) schedules() {
	s := l.settings
	if !l.has("KVITT_SYNC") {
		spec := "@every 15m"
		if s.Bills(Azure) {
			spec = "@every 1h"
		}
		s.Sync, _ = schedule(spec)
	}
	s.Sync.zone, s.Sweep.zone = s.Zone, s.Zone
}

// idle notes what was set in vain.
func (l *loader) idle() {
	s := l.settings
	for _, d := range l.table {
		vain := d.service != "" && !s.Bills(d.service) ||
			d.variable == "SLACK_SIGNING_SECRET" && s.Slack.SocketMode() ||
			d.variable == "KVITT_DATA" && s.RedisURL != ""
		if vain && l.has(d.variable) {
			s.Idle = append(s.Idle, d.variable)
		}
	}
}

// refuseContradictions refuses settings of which each is fine and that cannot all be meant.
func (l *loader) refuseContradictions() *Error {
	if !l.serves() {
		return nil
	}
	s := l.settings
	rules := []struct {
		broken         bool
		variable, want string
	}{
		{s.Slack.BotToken == "", "SLACK_BOT_TOKEN", "the bot token (xoxb-…), or SLACK_BOT_TOKEN_FILE with a file's path"},
		{s.Slack.AppToken == "" && s.Slack.SigningSecret == "", "SLACK_APP_TOKEN",
			"the app-level token (xapp-…) for Socket Mode, or SLACK_SIGNING_SECRET for HTTP"},
		{len(s.Billing) == 0, "KVITT_BILLING", "azure, stripe, ledger, or several of them, comma-separated"},
		{(s.Bills(Stripe) || s.Bills(Ledger)) && len(s.Admins) == 0, "KVITT_ADMINS",
			"the billing admins, since KVITT_BILLING has stripe or ledger: Slack user ids or e-mail addresses, comma-separated"},
		{s.Bills(Stripe) && s.Stripe.APIKey == "", "STRIPE_API_KEY",
			"a secret or restricted key (sk_… or rk_…), since KVITT_BILLING has stripe"},
		{s.Stripe.APIURL != "" && isLive(s.Stripe.APIKey), "STRIPE_API_URL", "it unset: STRIPE_API_KEY is a live key"},
		{s.Bills(Stripe) && len(s.Stripe.Customers) == 0, "KVITT_STRIPE_CUSTOMERS",
			"customer ids (cus_…), since KVITT_BILLING has stripe"},
		{s.Bills(Azure) && len(s.Azure.Accounts) == 0, "KVITT_AZURE_ACCOUNTS",
			"names of billing accounts, since KVITT_BILLING has azure"},
	}
	for _, r := range rules {
		if r.broken {
			i := slices.IndexFunc(l.table, func(d definition) bool { return d.variable == r.variable })
			return l.table[i].wrong(l.given[r.variable], r.want)
		}
	}
	return nil
}

func (l *loader) serves() bool { return slices.Contains(serving, l.options.Command) }

func (l *loader) has(variable string) bool { return l.given[variable].value != "" }
