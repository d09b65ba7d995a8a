package settings

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"
)

const body = "Q7vT2mZr9KpLwX4c"

func TestASecretIsNeverPrinted(t *testing.T) {
	s := Settings{Slack: SlackSettings{BotToken: "xoxb-" + body}, RedisURL: "redis://:" + body + "@h/0",
		Stripe: StripeSettings{APIKey: "sk_live_" + body, WebhookSecrets: []Secret{"whsec_" + body}}}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%10.40s", "%T"} {
		fmt.Fprintf(&out, verb+"\n", s)
		fmt.Fprintf(&out, verb+"\n", s.Slack.BotToken)
		fmt.Fprintf(&out, verb+"\n", &s)
	}
	encoded, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(encoded)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("start", "settings", s, "token", s.Slack.BotToken)
	slog.New(slog.NewTextHandler(&out, nil)).Info("start", "settings", s, "token", s.Slack.BotToken)

	for _, leak := range []string{body, fmt.Sprintf("%x", body), fmt.Sprintf("%X", body)} {
		if strings.Contains(out.String(), leak) {
			t.Errorf("printed %s in\n%s", leak, out.String())
		}
	}
	if !strings.Contains(out.String(), "xoxb-…") || !strings.Contains(out.String(), "sk_live_…") {
		t.Errorf("the kind of a secret is missing in\n%s", out.String())
	}
}

func TestAMaskedSecretTellsItsKindOnly(t *testing.T) {
	for secret, want := range map[Secret]string{
		"": "", "x": "…", "xoxb-1": "xoxb-…", "xoxe.xoxp-1": "xoxe.xoxp-…", "rk_test_1": "rk_test_…", "whsec_1": "whsec_…", "0123": "…",
	} {
		if got := secret.String(); got != want {
			t.Errorf("%q becomes %q, want %q", secret.Reveal(), got, want)
		}
	}
}

func TestASecretInTheWrongPlaceIsHidden(t *testing.T) {
	for value, want := range map[string]string{
		"C1,xoxb-1-" + body:                        `"C1,xoxb-…"`,
		"SK_LIVE_" + body:                          `"SK_LIVE_…"`,
		"xoxb-1\n" + body:                          `"xoxb-…"`,
		"redis://u:p/" + body + "@h/0":             `"redis://…@h/0"`,
		"redis:" + body + "@h":                     `"redis:…@h"`,
		"redis://h?db=1&password=" + body + "&x":   `"redis://h?db=1&password=…"`, // That & may belong to the password.
		"0123456789abcdef0123456789ABCDEF":         `"…"`,
		"asha@example.com,bo":                      `"asha@example.com,bo"`,
		strings.Repeat("ø", 90):                    `"` + strings.Repeat("ø", 79) + `…"`,
		"two\nlines\u2028and\u202e more, \"quoted": `"two\nlines\u2028and\u202e more, \"quoted"`,
	} {
		if got := Shown(value); got != want {
			t.Errorf("%q is shown as %s, want %s", value, got, want)
		}
	}
}

// Whatever an operator mixes up, the error does not hold the secret.
func TestNoErrorHoldsASecret(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var variables, secrets []string
	for _, d := range table(new(Settings), Options{}) {
		variables = append(variables, d.variable)
		if d.secret {
			secrets = append(secrets, d.variable)
		}
	}
	variables = append(variables, "KVITT_UNKNOWN", "KVITT_TOKEN", "SLACK_BOT_TOKEN_FILE", "STRIPE_API_KEY_FILE")
	forms := []string{"xoxb-%s", "xoxp-%s", "xapp-%s", "sk_live_%s", "rk_test_%s", "whsec_%s", "xoxe.xoxb-1-%s", "redis://:%s@h,i",
		"https://k:%s@h/", "redis://h,?password=%s", "redis://s:1?password=p@%s&no_such=1", "redis://u:pass=@%s", "C1, xoxb-1-%s", "xoxb-1\n%s", "whsec_1,whsec_%s", "whsec_1,whsec_1,whsec_%s"}
	pick := func(from []string) string { return from[random.IntN(len(from))] }
	failures := 0
	for range 5_000 {
		environ := with(withStripe, pick(variables)+"="+fmt.Sprintf(pick(forms), body), pick(variables)+"="+fmt.Sprintf(pick(forms), body))
		// A variable that is there for a secret may hold any word at all.
		environ = with(environ, pick(secrets)+"="+pick([]string{body, body + " ", body + "," + body, "pk_" + body}))
		o := Options{Command: Serve, Environ: environ, ReadFile: func(path string) ([]byte, error) {
			return nil, fmt.Errorf("open %s: %w", path, fs.ErrNotExist)
		}}
		if random.IntN(4) == 0 {
			o.Flags = map[string]string{flagName(pick(variables)): fmt.Sprintf(pick(forms), body)}
		}
		_, err := Load(o)
		if err == nil {
			continue
		}
		failures++
		if strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), body) {
			t.Fatalf("%q of %q", err, environ)
		}
	}
	if failures < 2_500 {
		t.Errorf("only %d of 5000 were refused: this test proves little", failures)
	}
}
