package settings

import "testing"

func TestEveryContradictionIsNamed(t *testing.T) {
	stripe := func(changes ...string) []string { return with(withStripe, changes...) }
	tests := map[string]struct {
		environ []string
		want    string
	}{
		"no way to Slack": {with(ledgerOnly, "SLACK_APP_TOKEN="),
			"SLACK_APP_TOKEN is not set; expected the app-level token (xapp-…) for Socket Mode, or SLACK_SIGNING_SECRET for HTTP"},
		"nobody bills": {with(ledgerOnly, "KVITT_BILLING="),
			"KVITT_BILLING is not set; expected azure, stripe, ledger, or several of them, comma-separated"},
		"nobody may pay": {with(ledgerOnly, "KVITT_ADMINS="),
			"KVITT_ADMINS is not set; expected the billing admins, since KVITT_BILLING has stripe or ledger: " +
				"Slack user ids or e-mail addresses, comma-separated"},
		"Stripe without a key": {stripe("STRIPE_API_KEY="),
			"STRIPE_API_KEY is not set; expected a secret or restricted key (sk_… or rk_…), since KVITT_BILLING has stripe"},
		"Stripe for nobody": {stripe("KVITT_STRIPE_CUSTOMERS="),
			"KVITT_STRIPE_CUSTOMERS is not set; expected customer ids (cus_…), since KVITT_BILLING has stripe"},
		"a live key elsewhere": {stripe("STRIPE_API_KEY=rk_live_1", "STRIPE_API_URL=https://stripe.example"),
			`STRIPE_API_URL is "https://stripe.example"; expected it unset: STRIPE_API_KEY is a live key`},
		"an organisation's live key elsewhere": {stripe("STRIPE_API_KEY=sk_org_live_1", "STRIPE_API_URL=http://127.0.0.1:1"),
			`STRIPE_API_URL is "http://127.0.0.1:1"; expected it unset: STRIPE_API_KEY is a live key`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for _, command := range []Command{Serve, Check} {
				wantError(t, Options{Command: command, Environ: test.environ}, test.want)
			}
		})
	}
}

func TestAzureWithoutAccountsIsAContradiction(t *testing.T) {
	_, err := Load(Options{Command: Serve, Environ: with(ledgerOnly, "KVITT_BILLING=azure", "KVITT_ADMINS=")})
	if want := "KVITT_AZURE_ACCOUNTS is not set; expected names of billing accounts, since KVITT_BILLING has azure"; err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

func TestALiveKeyIsFineAtStripeItself(t *testing.T) {
	mustLoad(t, Options{Command: Serve, Environ: with(withStripe, "STRIPE_API_KEY=sk_live_1")})
}

func TestAnUnknownNameStopsTheProgramAndASlipIsGuessed(t *testing.T) {
	for setting, want := range map[string]string{
		"KVITT_CHANNEL=C1":                   `KVITT_CHANNEL is "C1"; expected no such variable; did you mean KVITT_CHANNELS?`,
		"KVITT_REMINDRES=":                   `KVITT_REMINDRES is ""; expected no such variable; did you mean KVITT_REMINDERS?`,
		"KVITT_REDIS_URL=redis://:pw@h":      `KVITT_REDIS_URL is "redis://…@h"; expected no such variable; did you mean REDIS_URL?`,
		"KVITT_SLACK_SIGNING_SECRET=hunter2": `KVITT_SLACK_SIGNING_SECRET is "…"; expected no such variable; did you mean SLACK_SIGNING_SECRET?`,
		"KVITT_DATA_FILE=/run/x":             `KVITT_DATA_FILE is "/run/x"; expected no such variable`,
		"KVITT_NONSENSE=xoxb-1-body":         `KVITT_NONSENSE is "xoxb-…"; expected no such variable`,
		"KVITT_xoxb-1-body=1":                `"KVITT_xoxb-…" is "1"; expected no such variable`,
		"KVITT_SERVICE_HOST=10.0.0.1":        `KVITT_SERVICE_HOST is "10.0.0.1"; expected no such variable; Kubernetes sets it for a Service called kvitt unless the pod has enableServiceLinks: false`,
	} {
		wantError(t, Options{Command: Serve, Environ: with(ledgerOnly, setting)}, want)
	}
	for flag, want := range map[string]string{
		"chanels":         `--chanels is "v"; expected no such flag of kvitt serve; did you mean --channels?`,
		"slack-bot-token": `--slack-bot-token is "…"; expected SLACK_BOT_TOKEN or SLACK_BOT_TOKEN_FILE in the environment: a secret has no flag`,
		"nonsense":        `--nonsense is "v"; expected no such flag of kvitt serve`,
	} {
		wantError(t, Options{Command: Serve, Environ: ledgerOnly, Flags: map[string]string{flag: "v"}}, want)
	}
}

func TestWhatBelongsToOthersIsLeftAlone(t *testing.T) {
	mustLoad(t, Options{Command: Serve, Environ: with(ledgerOnly, "AZURE_CLIENT_SECRET=x", "AZURE_FEDERATED_TOKEN_FILE=/none",
		"KVITTERING=1", "PATH=/bin", "SLACK_TEAM=T1", "=C:=odd", "odd")})
}

func TestTheErrorSaysWhereTheValueCameFrom(t *testing.T) {
	wantError(t, Options{Command: Serve, Environ: ledgerOnly, Flags: map[string]string{"locale": "de"}},
		`KVITT_LOCALE (--locale) is "de"; expected en or nb`)
	wantError(t, Options{Command: Serve, Environ: with(ledgerOnly, "SLACK_BOT_TOKEN=xoxp-1-user")},
		`SLACK_BOT_TOKEN is "xoxp-…"; expected the bot token (xoxb-…); this is a user token`)
	wantError(t, Options{Command: Serve, Environ: with(ledgerOnly, "KVITT_ADMINS=U1,\nasha")},
		`KVITT_ADMINS is "U1,\nasha"; expected user ids of Slack (U… or W…) or e-mail addresses, comma-separated (item 2 is not)`)
}
