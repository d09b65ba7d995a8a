// Package settings turns what an operator set — environment variables, files of secrets, flags — into one typed Settings,
// or into one line that says what is wrong.
//
// It promises that every setting is described in one place (the table in table.go), that a Settings that Load returned is
// complete and free of contradictions, and that no error or formatted Settings ever shows a secret.
//
// It connects to nothing, starts nothing and imports nothing of this module: whether a token works is for `kvitt check`.
// What AZURE_* variables say is for azidentity: they are passed on as they are.
package settings

import (
	"slices"
	"time"
)

// The billing services that KVITT_BILLING may name.
const (
	Azure  = "azure"
	Stripe = "stripe"
	Ledger = "ledger"
)

// Settings is everything an operator decides, for one run of one command. Fields that do not belong to the command are zero.
// It may be logged: its secrets are of type Secret.
type Settings struct {
	Slack        SlackSettings
	Listen       string            // Address of the HTTP doors, host:port; the host may be empty (all interfaces), the port 0 (any).
	OpsListen    string            // Address of healthz, readyz and metrics; empty: they are on Listen. It is Listen only with port 0: two free ports.
	RedisURL     Secret            // As go-redis reads it, without a comma; empty: the embedded store in Data.
	Data         string            // Folder of the embedded store.
	Billing      []string          // Azure, Stripe, Ledger: at least one, each once, in the operator's order.
	Admins       []string          // Slack user ids and e-mail addresses, as written, in the operator's order.
	Identities   map[string]string // Slack user id to Entra object id, one to one.
	Channels     []string          // Ids of the finance channels.
	Reminders    Reminders
	Hours        Hours
	Days         [7]bool        // By time.Weekday: whether people may be reminded on it.
	Zone         *time.Location // Where due dates are calendar days.
	Locale       string         // "en" or "nb".
	Sync         Schedule       // When to ask the billing services.
	Sweep        Schedule       // When to look for what is due to be done.
	ApprovalFrom Approval
	DigestFrom   int // From how many reminders to one person in one sweep they become one message; at least 1.
	Stripe       StripeSettings
	Azure        AzureSettings

	LedgerMethods []string // Names of the ways in which a company pays ledger invoices, each at most 75 characters.

	// Idle names the variables that were set and have no effect beside the others, such as STRIPE_API_KEY without stripe in
	// KVITT_BILLING. They are no error, so that a service can be switched off in one place, but they may surprise.
	Idle []string
}

// Bills says whether KVITT_BILLING names the service.
func (s Settings) Bills(service string) bool { return slices.Contains(s.Billing, service) }

// SlackSettings is how to reach Slack.
type SlackSettings struct {
	BotToken      Secret // xoxb-…
	AppToken      Secret // xapp-…; set: Socket Mode, whatever SigningSecret says.
	SigningSecret Secret // HTTP mode when AppToken is empty.
	APIURL        string // Base of the Web API; ends in "/".
}

// SocketMode says which of the two doors Slack uses: Socket Mode, else HTTP.
func (s SlackSettings) SocketMode() bool { return s.AppToken != "" }

// Reminders is when an invoice is reminded of, in calendar days.
type Reminders struct {
	Offsets []int // Days relative to the due date, ascending, each once, at least one; negative: before it.
	Every   int   // Days between repeats after the last offset; 0: no repeat.
}

// Hours is the part of a day in which people may be reminded, in minutes since midnight: From inclusive, To exclusive.
// 0 ≤ From < To ≤ 1440.
type Hours struct{ From, To int }

// Approval is the amount from which (inclusive) a second billing admin must approve, by ISO 4217 code: "EUR" to "10000". Amounts
// are decimals with a point, as written and as Options.Amount accepted them. Nil: no approval is ever needed; otherwise an
// invoice in a currency that is not in it needs one too.
type Approval map[string]string

// StripeSettings is how to reach Stripe, and for whom.
type StripeSettings struct {
	APIKey         Secret
	WebhookSecrets []Secret // Each signs for itself; more than one while they are rolled.
	APIURL         string   // Scheme and host without a trailing slash; empty: Stripe's own. Never set with a live key.
	Customers      []string // cus_…
}

// AzureSettings is which invoices of Azure to look at, and where.
type AzureSettings struct {
	Environ       map[string]Secret // What azidentity is to find in the environment, by AZURE_ variable: each may come from a file, which it does not read.
	Accounts      []AzureAccount
	Endpoint      string // Scheme and host of Azure Resource Manager without a trailing slash; empty: the public cloud's.
	GraphEndpoint string // Likewise, of Microsoft Graph.
}

// AzureAccount is a billing account by its name, or one of its billing profiles.
type AzureAccount struct {
	Account string
	Profile string // Empty: the whole account.
}
