package settings

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// trial is values of one setting.
type trial struct {
	field func(Settings) any
	good  map[string]any
	bad   []string
}

// values holds, for every setting, values that can be read and what becomes of them, and values that cannot.
var values = map[string]trial{
	"SLACK_BOT_TOKEN": {func(s Settings) any { return s.Slack.BotToken.Reveal() },
		map[string]any{"xoxb-12-ab": "xoxb-12-ab"},
		[]string{"xoxb-", "xoxp-1", "xapp-1", "xoxe.xoxb-1-x", "xoxe-1-x", "token", " xoxb-1", "xoxb-1 ", "xoxb-1\n", "xoxb-ø", `"xoxb-1"`}},
	"SLACK_APP_TOKEN": {func(s Settings) any { return s.Slack.AppToken.Reveal() },
		map[string]any{"xapp-1-A1-2-3f": "xapp-1-A1-2-3f"},
		[]string{"xapp-", "xoxb-1", "1-A1", "xapp-1\tb"}},
	"SLACK_SIGNING_SECRET": {func(s Settings) any { return s.Slack.SigningSecret.Reveal() },
		map[string]any{"8f742231b10e8888abcd99yyyzzz85a5": "8f742231b10e8888abcd99yyyzzz85a5"},
		[]string{"xoxb-1", "xapp-1", "sk_test_1", "whsec_1", "two words"}},
	"AZURE_TENANT_ID":                   lentValue("AZURE_TENANT_ID", "7e000000-0000-4000-8000-000000000001", "two\nlines"),
	"AZURE_CLIENT_ID":                   lentValue("AZURE_CLIENT_ID", "c1000000-0000-4000-8000-000000000001", "two\nlines"),
	"AZURE_CLIENT_SECRET":               lentValue("AZURE_CLIENT_SECRET", "a b~c", "two\nlines"),
	"AZURE_CLIENT_CERTIFICATE_PATH":     lentValue("AZURE_CLIENT_CERTIFICATE_PATH", "/etc/kvitt/app.pem", "two\nlines"),
	"AZURE_CLIENT_CERTIFICATE_PASSWORD": lentValue("AZURE_CLIENT_CERTIFICATE_PASSWORD", "p", "two\nlines"),
	"AZURE_AUTHORITY_HOST":              lentValue("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.us", "http://login.example", "login.example", "https://login.example/tenant"),
	"SLACK_API_URL": {func(s Settings) any { return s.Slack.APIURL },
		map[string]any{"https://slack.example/api/": "https://slack.example/api/", "http://127.0.0.1:80/": "http://127.0.0.1:80/",
			"http://[::1]:8/api/": "http://[::1]:8/api/", "http://LocalHost:8/": "http://localhost:8/", "http://127.9.9.9/": "http://127.9.9.9/"},
		[]string{"https://slack.com/api", "https://slack.com", "http://slack.com/api/", "http://127.0.0.1.example.com/", "http://127.1/",
			"slack.com/api/", "https:///api/", "ftp://slack.com/", "https://u:p@slack.com/api/", "https://slack.com/?x=/", "https://slack.com/#/",
			"https://slack.com:99999/", "https://slack.com/\x7f/", "http://0.0.0.0/", "//slack.com/"}},
	"KVITT_LISTEN": {func(s Settings) any { return s.Listen },
		map[string]any{"0.0.0.0:80": "0.0.0.0:80", ":8080": ":8080", "[::1]:0": "[::1]:0", "localhost:1": "localhost:1", " :9 ": ":9"},
		[]string{"8080", "localhost", "localhost:", ":http", ":65536", ":-1", ":+1", "::1:80", "http://h:80", "a b:80", "h/x:80"}},
	"KVITT_OPS_LISTEN": {func(s Settings) any { return s.OpsListen },
		map[string]any{"127.0.0.1:9090": "127.0.0.1:9090"}, []string{"9090", "h:port"}},
	"REDIS_URL": {func(s Settings) any { return s.RedisURL.Reveal() },
		map[string]any{"redis://u:p@h:1/0": "redis://u:p@h:1/0", "rediss://h": "rediss://h", "unix:///run/redis.sock": "unix:///run/redis.sock",
			"redis://h:1?addr=h:2&addr=h:3": "redis://h:1?addr=h:2&addr=h:3"},
		[]string{"redis://h:1,h:2/0", "h:6379", "http://h", "redis://", "unix://", "redis://h:port/0"}},
	"KVITT_DATA": {func(s Settings) any { return s.Data },
		map[string]any{"/srv/kvitt data": "/srv/kvitt data"}, []string{"/srv\n/x"}},
	"KVITT_BILLING": {func(s Settings) any { return s.Billing },
		map[string]any{"ledger": []string{"ledger"}, "ledger,": []string{"ledger"}},
		[]string{"paypal", "ledger,ledger", ",", "ledger stripe", "ledger;stripe"}},
	"KVITT_ADMINS": {func(s Settings) any { return s.Admins },
		map[string]any{"W0B, U0A ,,asha@example.com": []string{"W0B", "U0A", "asha@example.com"}},
		[]string{"asha", "@asha", "u0a", "U", "U0A,U0A", "Asha <asha@example.com>", "<asha@example.com>", "B0A", ",", "U0A;U0B"}},
	"KVITT_IDENTITIES": {func(s Settings) any { return s.Identities },
		map[string]any{"U1=a-1, U2 = b-2": map[string]string{"U1": "a-1", "U2": "b-2"}},
		[]string{"U1", "U1=", "=a", "asha@example.com=a", "U1=a b", "U1=a,U1=b", "U1=a,U2=A", "U1=asha@example.com"}},
	"KVITT_CHANNELS": {func(s Settings) any { return s.Channels },
		map[string]any{"C0A,G0B": []string{"C0A", "G0B"}}, []string{"#finance", "finance", "D0A", "c0a", "C0A,C0A", "C0A C0B"}},
	"KVITT_REMINDERS": {func(s Settings) any { return s.Reminders },
		map[string]any{"0": Reminders{Offsets: []int{0}}, "+3,-7, 1,Every 14": Reminders{Offsets: []int{-7, 1, 3}, Every: 14}},
		[]string{"every 7", "0,every 0", "0,every -1", "0,every 366", "0,every 7,every 8", "1,+1", "0,-0", "366", "-366", "1.5", "x", "0,every",
			"0,every week", ",", "99999999999999999999"}},
	"KVITT_HOURS": {func(s Settings) any { return s.Hours },
		map[string]any{"00:00-24:00": Hours{0, 1440}, "8:30 - 16:05": Hours{510, 965}, "23:59-24:00": Hours{1439, 1440}},
		[]string{"17:00-09:00", "09:00-09:00", "9-17", "09:00", "09:60-17:00", "09:00-24:01", "09:00-25:00", "-", "09:00–17:00", "24:00-24:00"}},
	"KVITT_DAYS": {func(s Settings) any { return s.Days },
		map[string]any{"mon-sun": [7]bool{true, true, true, true, true, true, true}, "sat": [7]bool{6: true},
			"Fri-Mon": [7]bool{0: true, 1: true, 5: true, 6: true}, "mon,wed-thu": [7]bool{1: true, 3: true, 4: true}},
		[]string{"monday", "mon-", "-", "mon-wed-fri", ",", "1-5"}},
	"KVITT_ZONE": {func(s Settings) any { return s.Zone.String() },
		map[string]any{"Europe/Oslo": "Europe/Oslo", "UTC": "UTC"},
		[]string{"Local", "+02:00", "Oslo", "../../etc/passwd", "/etc/localtime"}},
	"KVITT_LOCALE": {func(s Settings) any { return s.Locale },
		map[string]any{"nb": "nb", "EN": "en"}, []string{"no", "nb-NO", "english"}},
	"KVITT_SYNC": {func(s Settings) any { return s.Sync.Spec },
		map[string]any{"*/5 8-17 * * mon-fri": "*/5 8-17 * * mon-fri", "@hourly": "@hourly", "@every 1h30m": "@every 1h30m",
			"0 0 29 2 *": "0 0 29 2 *", "TZ=UTC @every 1m": "TZ=UTC @every 1m"},
		[]string{"* * * *", "* * * * * *", "0 0 30 2 *", "0 0 31 4,6 *", "@every 500ms", "@every 1.5s", "@every 0s", "@every -5m", "@every 5",
			"@every", "@reboot", "5m", "TZ=", "CRON_TZ=UTC", "CRON_TZ=Nowhere * * * * *", "61 * * * *"}},
	"KVITT_SWEEP": {func(s Settings) any { return s.Sweep.Spec },
		map[string]any{"@every 1s": "@every 1s"}, []string{"@every 999ms", "every 1s"}},
	"KVITT_APPROVAL_FROM": {func(s Settings) any { return s.ApprovalFrom },
		map[string]any{"10000 EUR, 0.5nok": Approval{"EUR": "10000", "NOK": "0.5"}, "0 EUR": Approval{"EUR": "0"}},
		[]string{"10000", "EUR", "EUR 10000", "1 EUR,2 EUR", "1 EUR,2 eur", "-1 EUR", "1. EUR", "1,5 EUR", "1e3 EUR", "1 EURO", "1 XXX"}},
	"KVITT_DIGEST_FROM": {func(s Settings) any { return s.DigestFrom },
		map[string]any{"1": 1, "1000": 1000}, []string{"0", "-1", "1001", "four", "4.0"}},
	"STRIPE_API_KEY": {func(s Settings) any { return s.Stripe.APIKey.Reveal() },
		map[string]any{"sk_test_1": "sk_test_1", "rk_live_1": "rk_live_1", "sk_1": "sk_1"},
		[]string{"pk_test_1", "whsec_1", "sk_", "xoxb-1", "sk_test_1 ", "key"}},
	"STRIPE_WEBHOOK_SECRET": {func(s Settings) any { return len(s.Stripe.WebhookSecrets) },
		map[string]any{"whsec_1": 1, "whsec_1, whsec_2": 2}, []string{"sk_test_1", "whsec_", "whsec_1,whsec_1", "whsec_1 whsec_2"}},
	"STRIPE_API_URL": {func(s Settings) any { return s.Stripe.APIURL },
		map[string]any{"http://127.0.0.1:4242/": "http://127.0.0.1:4242", "https://stripe.example": "https://stripe.example"},
		[]string{"http://stripe.example", "https://stripe.example/v1", "https://stripe.example?", "https://stripe.example/#x", "https://k@h", "h:1"}},
	"KVITT_STRIPE_CUSTOMERS": {func(s Settings) any { return s.Stripe.Customers },
		map[string]any{"cus_B,cus_A": []string{"cus_B", "cus_A"}}, []string{"B", "cus_", "sub_1", "cus_A,cus_A", "cus_A/../x"}},
	"KVITT_AZURE_ACCOUNTS": {func(s Settings) any { return s.Azure.Accounts },
		map[string]any{"1234, a-b:c-d_2019-05-31/EF12-ABC": []AzureAccount{{Account: "1234"}, {Account: "a-b:c-d_2019-05-31", Profile: "EF12-ABC"}}},
		[]string{"a/", "/b", "a/b/c", "a b", "1,1", "_x", "1/-x", ".."}},
	"KVITT_AZURE_ENDPOINT": {func(s Settings) any { return s.Azure.Endpoint },
		map[string]any{"https://management.example/": "https://management.example"}, []string{"http://management.example", "https://h/subscriptions"}},
	"KVITT_GRAPH_ENDPOINT": {func(s Settings) any { return s.Azure.GraphEndpoint },
		map[string]any{"http://[::1]:8": "http://[::1]:8"}, []string{"https://graph.example/v1.0", "http://[::2]:8"}},
	"KVITT_LEDGER_METHODS": {func(s Settings) any { return s.LedgerMethods },
		map[string]any{"Vipps , Bankgiro": []string{"Vipps", "Bankgiro"}, strings.Repeat("ø", 75): []string{strings.Repeat("ø", 75)}},
		[]string{",", "Bank,Bank", strings.Repeat("ø", 76), "Ba\x00nk", "B\xff", numbered(101)}},
}

func numbered(n int) string {
	var names []string
	for i := range n {
		names = append(names, strings.Repeat("i", i%10+1)+strings.Repeat("j", i/10))
	}
	return strings.Join(names, ",")
}

// lentValue is one that azidentity is to find as it is.
func lentValue(variable, good string, bad ...string) trial {
	return trial{func(s Settings) any { return s.Azure.Environ[variable].Reveal() }, map[string]any{good: good}, bad}
}

func TestEverySettingReadsWhatItShouldAndNothingElse(t *testing.T) {
	noSuchCurrency := func(code, _ string) error {
		if code == "XXX" {
			return errors.New("no such currency")
		}
		return nil
	}
	for _, d := range table(new(Settings), Options{}) {
		t.Run(d.variable, func(t *testing.T) {
			v, ok := values[d.variable]
			if !ok || len(v.good) == 0 || len(v.bad) == 0 {
				t.Fatal("no good and bad values of this setting are tested")
			}
			for value, want := range v.good {
				s, err := Load(Options{Command: Serve, Environ: with(ledgerOnly, d.variable+"="+value), Amount: noSuchCurrency})
				if err != nil {
					t.Error(err)
				} else if diff := cmp.Diff(want, v.field(s)); diff != "" {
					t.Errorf("%q: %s", value, diff)
				}
			}
			for _, value := range v.bad {
				_, err := Load(Options{Command: Serve, Environ: with(ledgerOnly, d.variable+"="+value), Amount: noSuchCurrency})
				e, ok := errors.AsType[*Error](err)
				if !ok || e.Setting != d.variable || e.Want == "" {
					t.Errorf("%q: %v", value, err)
				}
			}
		})
	}
}

func TestTheAddressOfRedisIsJudgedByWhoKnowsRedis(t *testing.T) {
	for _, command := range []Command{Serve, Check, Import, Export, Verify, Erase} {
		o := Options{Command: command, Environ: with(ledgerOnly, "REDIS_URL=redis://:hunter2@h:1/abc"), Redis: func(string) error { return errors.New("an address\nof Redis") }}
		wantError(t, o, `REDIS_URL is "redis://…@h:1/abc"; expected an address of Redis`)
	}
}

func TestTheAmountOfAnApprovalIsJudgedByWhoKnowsMoney(t *testing.T) {
	amount := func(code, amount string) error { return errors.New(code + " has no\n" + amount) }
	wantError(t, Options{Command: Serve, Environ: with(ledgerOnly, "KVITT_APPROVAL_FROM=1 EUR"), Amount: amount},
		`KVITT_APPROVAL_FROM is "1 EUR"; expected amounts and currencies such as 10000 EUR (item 1: EUR has no 1)`)
}

func TestTheHostOfAnAddressIsLowerCaseWhereItIsComparedLater(t *testing.T) {
	environ := with(withStripe, "STRIPE_API_URL=http://LOCALHOST:1", "KVITT_BILLING=stripe,azure", "KVITT_AZURE_ACCOUNTS=1", "KVITT_AZURE_ENDPOINT=HTTP://LocalHost:2/",
		"KVITT_GRAPH_ENDPOINT=https://Graph.Example", "AZURE_AUTHORITY_HOST=http://LOCALHOST:3", "SLACK_API_URL=http://LOCALHOST:4/Api/")
	s := mustLoad(t, Options{Command: Serve, Environ: environ})
	got := []string{s.Stripe.APIURL, s.Azure.Endpoint, s.Azure.GraphEndpoint, s.Azure.Environ["AZURE_AUTHORITY_HOST"].Reveal(), s.Slack.APIURL}
	want := []string{"http://localhost:1", "http://localhost:2", "https://graph.example", "http://localhost:3", "http://localhost:4/Api/"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
