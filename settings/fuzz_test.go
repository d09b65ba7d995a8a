package settings

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// FuzzLoad reads any environment, one variable a line.
func FuzzLoad(f *testing.F) {
	f.Add(strings.Join(ledgerOnly, "\n"), "listen", ":1")
	f.Add(strings.Join(withStripe, "\n"), "sync", "TZ=")
	f.Add("KVITT_FOO=1\nKVITT_=\n=\nKVITT_\x00=\xff", "", "")
	for variable, v := range values {
		for _, bad := range v.bad {
			f.Add(strings.Join(with(ledgerOnly, variable+"="+bad), "\n"), flagName(variable), bad)
		}
		for good := range v.good {
			f.Add(strings.Join(with(ledgerOnly, variable+"="+good), "\n"), flagName(variable), good)
		}
	}
	f.Fuzz(func(t *testing.T, environ, flag, value string) {
		o := Options{Environ: strings.Split(environ, "\n"), Flags: map[string]string{flag: value},
			ReadFile: func(path string) ([]byte, error) { return []byte(path), nil }}
		for _, o.Command = range []Command{Serve, Check, Demo, Import, "no such command"} {
			s, err := Load(o)
			if err != nil {
				wantOneLine(t, err)
				continue
			}
			if o.Command == Serve {
				wantComplete(t, s)
			}
		}
	})
}

func wantOneLine(t *testing.T, err error) {
	t.Helper()
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Setting == "" && e.Flag == "" || e.Want == "" {
		t.Errorf("%#v", err)
	}
	if line := err.Error(); strings.ContainsAny(line, "\n\r\u2028") || len(line) > 1000 {
		t.Errorf("not one line: %q", line)
	}
}

// wantComplete holds Settings against what its fields promise.
func wantComplete(t *testing.T, s Settings) {
	t.Helper()
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	for name, holds := range map[string]bool{
		"a bot token":         strings.HasPrefix(s.Slack.BotToken.Reveal(), "xoxb-"),
		"a door to Slack":     s.Slack.AppToken != "" || s.Slack.SigningSecret != "",
		"the Web API":         strings.HasSuffix(s.Slack.APIURL, "/"),
		"an address":          s.Listen != "" && (s.Listen != s.OpsListen || strings.HasSuffix(s.Listen, "0")),
		"a billing service":   len(s.Billing) > 0,
		"reminders":           len(s.Reminders.Offsets) > 0 && s.Reminders.Every >= 0,
		"hours":               0 <= s.Hours.From && s.Hours.From < s.Hours.To && s.Hours.To <= 1440,
		"a day":               s.Days != [7]bool{},
		"a zone":              s.Zone != nil,
		"a language":          s.Locale == "en" || s.Locale == "nb",
		"a next sync":         s.Sync.Next(now).After(now),
		"a next sweep":        s.Sweep.Next(now).After(now),
		"a size of digests":   s.DigestFrom > 0,
		"Stripe's needs":      !s.Bills(Stripe) || s.Stripe.APIKey != "" && len(s.Stripe.Customers) > 0,
		"Azure's needs":       !s.Bills(Azure) || len(s.Azure.Accounts) > 0,
		"somebody who may":    len(s.Admins) > 0 || len(s.Billing) == 1 && s.Bills(Azure),
		"methods":             len(s.LedgerMethods) > 0 && len(s.LedgerMethods) <= 100,
		"no live key astray":  s.Stripe.APIURL == "" || !isLive(s.Stripe.APIKey),
		"Redis without comma": !strings.Contains(s.RedisURL.Reveal(), ","),
	} {
		if !holds {
			t.Errorf("%s is missing in %+v", name, s)
		}
	}
}
