package settings

import "slices"

// Command is a command of kvitt that reads settings.
type Command string

// The commands, as they are typed.
const (
	Serve  Command = "serve"
	Check  Command = "check"
	Demo   Command = "demo"
	Import Command = "invoices import"
	Export Command = "audit export"
	Verify Command = "audit verify"
	Erase  Command = "people erase"
)

// definition describes one setting. Everything that is said or done about a setting follows from it.
type definition struct {
	variable string // Its flag, unless it is secret or lent, is called flagName(variable).
	meaning  string // For people, in Markdown.
	fallback string // What is read where nothing is set; may be empty.
	inDemo   string // The fallback of kvitt demo where it is another one.
	unset    string // What people are told instead of the fallback, in Markdown.
	secret   bool   // Has no flag, may come from variable_FILE, is never shown.
	lent     bool   // For azidentity, which reads the environment: has no flag, and may come from variable_FILE.
	password bool   // May hold one beside what is no secret: has a flag, and may come from variable_FILE.
	commands []Command
	service  string             // The billing service without which it has no effect; empty: it always has.
	parse    func(string) error // Puts the value into the Settings of the table; the error's text is what was expected.
}

// filed says whether a setting may come from variable_FILE.
func (d definition) filed() bool { return d.secret || d.lent || d.password }

// table is the only list of settings, in the order in which people read it. Its parse functions fill s.
func table(s *Settings, o Options) []definition {
	return slices.Concat(slackTable(s), doorTable(s, o.Redis), peopleTable(s), timeTable(s), billingTable(s, o.Amount), azureTable(s), ledgerTable(s))
}

var (
	serving = []Command{Serve, Check}
	storing = []Command{Serve, Check, Import, Export, Verify, Erase}
)

// into makes a definition's parse function out of a parser and the place its result belongs in.
func into[T any](place *T, parse func(string) (T, error)) func(string) error {
	return func(value string) error {
		parsed, err := parse(value)
		if err == nil {
			*place = parsed
		}
		return err
	}
}

func slackTable(s *Settings) []definition {
	return []definition{
		{variable: "SLACK_BOT_TOKEN", secret: true, commands: serving, parse: into(&s.Slack.BotToken, botToken),
			meaning: "bot token (`xoxb-…`)", unset: "required"},
		{variable: "SLACK_APP_TOKEN", secret: true, commands: serving, parse: into(&s.Slack.AppToken, appToken),
			meaning: "app-level token (`xapp-…`): Socket Mode", unset: "this or the next; with both, Socket Mode"},
		{variable: "SLACK_SIGNING_SECRET", secret: true, commands: serving, parse: into(&s.Slack.SigningSecret, signingSecret),
			meaning: "signing secret: HTTP mode", unset: "none"},
		{variable: "SLACK_API_URL", commands: serving, parse: into(&s.Slack.APIURL, baseURL),
			meaning: "base of the Slack Web API; ends in `/`", fallback: "https://slack.com/api/"},
	}
}

func doorTable(s *Settings, redis func(address string) error) []definition {
	return []definition{
		{variable: "KVITT_LISTEN", commands: []Command{Serve, Check, Demo}, parse: into(&s.Listen, address),
			meaning: "address of the HTTP doors", fallback: "127.0.0.1:8080", inDemo: "127.0.0.1:0"},
		{variable: "KVITT_OPS_LISTEN", commands: serving, parse: into(&s.OpsListen, address),
			meaning: "moves healthz, readyz and metrics to an address of their own", unset: "`KVITT_LISTEN`"},
		{variable: "REDIS_URL", password: true, commands: storing, parse: into(&s.RedisURL, redisURL(redis)),
			meaning: "Redis: `redis://`, `rediss://` or `unix://`; several `?addr=` make a Cluster, `?master_name=` Sentinel; with a password better in a file that `REDIS_URL_FILE` names",
			unset:   "the embedded store"},
		{variable: "KVITT_DATA", commands: storing, parse: into(&s.Data, folder),
			meaning: "folder of the embedded store", fallback: "./kvitt-data"},
	}
}

func peopleTable(s *Settings) []definition {
	return []definition{
		{variable: "KVITT_BILLING", commands: serving, parse: into(&s.Billing, list(service)), unset: "required",
			meaning: "`azure`, `stripe`, `ledger`; several, comma-separated, are one inbox"},
		{variable: "KVITT_ADMINS", commands: serving, parse: into(&s.Admins, list(admin)),
			meaning: "billing admins, comma-separated: Slack user ids (better) or e-mail addresses. With `azure` the billing roles " +
				"decide, and this only names account administrators where roles cannot be read",
			unset: "required with `stripe` and `ledger`"},
		{variable: "KVITT_IDENTITIES", service: Azure, commands: serving, parse: into(&s.Identities, identities),
			meaning: "`U123=object-id`, comma-separated: which Entra identity a Slack person is; says who somebody is, grants nothing",
			unset:   "none"},
		{variable: "KVITT_CHANNELS", commands: serving, parse: into(&s.Channels, list(channel)),
			meaning: "finance channels (ids), comma-separated, that get reminders and confirmations", unset: "none"},
	}
}

func timeTable(s *Settings) []definition {
	return []definition{
		{variable: "KVITT_REMINDERS", commands: serving, parse: into(&s.Reminders, reminders),
			meaning: "days relative to the due date, and an optional repeat", fallback: "-7,-1,0,+1,+3,every 7"},
		{variable: "KVITT_HOURS", commands: serving, parse: into(&s.Hours, hours),
			meaning:  "when people may be reminded, in each person's own zone; channels in `KVITT_ZONE`",
			fallback: "09:00-17:00"},
		{variable: "KVITT_DAYS", commands: serving, parse: into(&s.Days, days),
			meaning: "on which days, likewise: ranges and single days, comma-separated", fallback: "mon-fri"},
		{variable: "KVITT_ZONE", commands: serving, parse: into(&s.Zone, zone),
			meaning: "the zone in which due dates are calendar days and days are counted", fallback: "UTC"},
		{variable: "KVITT_LOCALE", commands: serving, parse: into(&s.Locale, locale),
			meaning: "language of channels, and of everybody who has neither chosen one in Kvitt's App Home nor set Slack to Norwegian (an English Slack counts as no choice): `en`, `nb`", fallback: "en"},
		{variable: "KVITT_SYNC", commands: serving, parse: into(&s.Sync, schedule),
			meaning: "when to ask the billing services: a cron expression of five fields in `KVITT_ZONE`, or `@every 5m`",
			unset:   "`@every 15m` (with azure: `@every 1h`)"},
		{variable: "KVITT_SWEEP", commands: serving, parse: into(&s.Sweep, schedule),
			meaning: "likewise: when to look for what is due to be done", fallback: "@every 30s"},
	}
}

func billingTable(s *Settings, amount func(code, amount string) error) []definition {
	return []definition{
		{variable: "KVITT_APPROVAL_FROM", commands: serving, parse: into(&s.ApprovalFrom, approvalFrom(amount)),
			meaning: "amounts from which (inclusive) a second billing admin must approve: `10000 EUR, 100000 NOK`; once set, an " +
				"invoice in a currency not listed needs one too",
			unset: "none"},
		{variable: "KVITT_DIGEST_FROM", commands: serving, parse: into(&s.DigestFrom, digestFrom),
			meaning: "from how many reminders due to one person in one sweep they become one message", fallback: "4"},
		{variable: "STRIPE_API_KEY", service: Stripe, secret: true, commands: serving, parse: into(&s.Stripe.APIKey, stripeKey),
			meaning: "Stripe: the key of whoever issues the invoices", unset: "required with `stripe`"},
		{variable: "STRIPE_WEBHOOK_SECRET", service: Stripe, secret: true, commands: serving,
			parse:   into(&s.Stripe.WebhookSecrets, list(webhookSecret)),
			meaning: "one or more webhook secrets (`whsec_…`), comma-separated: opens `POST /stripe/webhook`", unset: "none"},
		{variable: "STRIPE_API_URL", service: Stripe, commands: serving, parse: into(&s.Stripe.APIURL, origin),
			meaning: "another Stripe, scheme and host only; refused with a live key", unset: "Stripe's"},
		{variable: "KVITT_STRIPE_CUSTOMERS", service: Stripe, commands: serving, parse: into(&s.Stripe.Customers, list(customer)),
			meaning: "customers (`cus_…`), comma-separated, whose invoices this workspace pays", unset: "required with `stripe`"},
	}
}

// azureTable begins with what azidentity's default chain reads: https://learn.microsoft.com/azure/developer/go/sdk/authentication/credential-chains.
func azureTable(s *Settings) []definition {
	lent := func(variable, meaning string) definition {
		return definition{variable: variable, service: Azure, lent: true, commands: serving, meaning: meaning, unset: "none", parse: s.Azure.lend(variable)}
	}
	secret := lent("AZURE_CLIENT_SECRET", "its secret")
	password := lent("AZURE_CLIENT_CERTIFICATE_PASSWORD", "its password")
	secret.secret, password.secret = true, true
	return []definition{
		lent("AZURE_TENANT_ID", "Azure: the directory in which Kvitt's application is registered"),
		lent("AZURE_CLIENT_ID", "the application, or the managed identity; whatever else azidentity's default chain reads works too"),
		secret,
		lent("AZURE_CLIENT_CERTIFICATE_PATH", "its certificate, instead of a secret"), password,
		lent("AZURE_AUTHORITY_HOST", "Entra of another cloud, scheme and host only"),
		{variable: "KVITT_AZURE_ACCOUNTS", service: Azure, commands: serving, parse: into(&s.Azure.Accounts, list(azureAccount)),
			meaning: "billing accounts (names), comma-separated, each optionally `/billing-profile`", unset: "required with `azure`"},
		{variable: "KVITT_AZURE_ENDPOINT", service: Azure, commands: serving, parse: into(&s.Azure.Endpoint, origin),
			meaning: "Azure Resource Manager of another cloud, scheme and host only", unset: "the public cloud"},
		{variable: "KVITT_GRAPH_ENDPOINT", service: Azure, commands: serving, parse: into(&s.Azure.GraphEndpoint, origin),
			meaning: "Microsoft Graph of another cloud, scheme and host only", unset: "the public cloud"},
	}
}

func ledgerTable(s *Settings) []definition {
	return []definition{
		{variable: "KVITT_LEDGER_METHODS", service: Ledger, commands: serving, parse: into(&s.LedgerMethods, ledgerMethods),
			meaning: "how a company pays ledger invoices, comma-separated", fallback: "Bank transfer, Card"},
	}
}
