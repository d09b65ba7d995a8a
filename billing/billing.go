// Package billing holds the nouns of money — invoice, amount, due date, payment method — and the contract that
// every billing service behind Kvitt keeps, the Provider.
//
// Its subpackages are the services: billing/stripe pays, billing/azure hands over to Microsoft's portal, billing/ledger records what
// a company paid itself. What is true for one of them only stays there. Slack, the store and the bot's judgement about when to remind whom must never enter here,
// and no amount is ever a float.
package billing

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"iter"
	"time"
)

// Status is what the billing service says of an invoice. There is no "overdue": that is computed from the due date.
type Status string

const (
	Draft         Status = "draft"         // Not issued yet; never shown as payable.
	Open          Status = "open"          // Something is left to pay.
	Paid          Status = "paid"          // Nothing is left to pay, and the service says so.
	Void          Status = "void"          // Cancelled or credited; nothing is to pay.
	Uncollectible Status = "uncollectible" // Written off by its issuer; shown, not reminded.
	Held          Status = "held"          // Locked by the service, or in a state that Kvitt does not know; shown, not reminded.
)

// Invoice is one invoice as its billing service last told it.
//
// It holds no link that works without signing in; Provider.PrivateLink fetches such a link when somebody asks.
type Invoice struct {
	ID          string // Unique in a workspace: "stripe:in_1…", "ledger:9f2c…". Opaque to everyone but its Provider.
	Number      string // What people call it; may be empty, then the ID's tail is shown.
	Supplier    string // Who bills.
	Description string // What it covers; may be empty.
	Reference   string // What to quote when paying by bank; may be empty.
	PayTo       string // Account to pay to; may be empty.
	AmountDue   Money  // Still to pay, not the total.
	Total       Money  // At issue.
	Due         Date   // Zero: no due date, so never overdue and never reminded.
	Status      Status
	AutoCollect bool // The service collects by itself: remind only when PayFailed.
	PayFailed   bool // An automatic collection failed or waits for somebody.
	Failure     Failure
	Link        string // A page that asks for sign-in; empty where there is none.
	Account     string // Of a Provider with Roles: who may pay one invoice of an account may pay them all. Else empty.
	Terms       Terms  // With HandsOver: what a person can do in the portal.
	Settlement  Settlement
}

// Payee tells accounts, with what to quote there, apart without repeating them; empty where the invoice names none. Whoever can change
// the file that is imported can change the account, so it is among the facts that somebody agrees to.
func (i Invoice) Payee() string {
	if i.PayTo == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(i.PayTo + "\x00" + i.Reference))
	return hex.EncodeToString(sum[:8])
}

// Settlement is what the service knows of how a paid invoice was paid. Zero where it is not paid or not known.
type Settlement struct {
	At     time.Time // UTC.
	Method string    // For people: "Visa •••• 4242"; may be empty.
	Key    string    // Idempotency key of the payment that settled it, where the service keeps it; tells our payments from others'.
}

// Failure is the last payment that the service tried and that failed. Zero where there was none, or the service does not say.
type Failure struct {
	At  time.Time // UTC.
	Why Decline
}

// Terms is what a person can do about an invoice in the portal of a service that hands over.
type Terms string

const (
	TermsCard     Terms = "card"     // Pay now with a card.
	TermsLimited  Terms = "limited"  // Bank transfer; or Pay now with a card, up to a limit.
	TermsBalance  Terms = "balance"  // Settle the whole balance of the card.
	TermsTransfer Terms = "transfer" // Bank transfer only.
)

// Method is one way to pay an invoice, safe to show to a billing admin: no full card number ever.
type Method struct {
	ID       string // At most 75 characters, so that it fits a Slack option.
	Short    string // "Visa •••• 4242", or BankTransfer.
	Expires  string // "04/27"; empty where it does not expire.
	Transfer bool   // The person pays from their own bank, quoting a reference; it arrives days later.
	Default  bool
}

// BankTransfer is the Short of a transfer that has no name of its own. It is English; who shows it translates it.
const BankTransfer = "Bank transfer"

// Way is what pressing Pay now does with a Provider's invoices.
type Way string

const (
	Pays      Way = "pays"       // Pay moves money.
	HandsOver Way = "hands over" // There is no public way to pay; the person finishes in the service's portal.
	Records   Way = "records"    // Kvitt moves no money; Pay notes what was paid elsewhere.
)

// Payment is one attempt to pay one invoice, stored before Pay is called.
type Payment struct {
	Invoice   string // Invoice.ID.
	Key       string // Idempotency key: at most 255 characters, the same for every repetition of this attempt.
	Method    string // Method.ID.
	Amount    Money  // What the person was shown; a Provider refuses to pay anything else.
	By        string // Slack user id, for the service's own trail where it has one.
	Payee     string // Invoice.Payee as the person was shown it; Records only, where nothing is recorded under another one.
	Reference string // Bank reference that the person gave; Records only.
	Started   time.Time
	Submitted bool // The service accepted it before (a debit that clears later).
}

// Progress is how far a payment came.
type Progress string

const (
	Settled     Progress = "settled"      // The service says the invoice is paid.
	Submitted   Progress = "submitted"    // Accepted, clears later (a bank debit); ask Status again.
	NeedsAction Progress = "needs action" // The person must authenticate at PrivateLink; ask Status again.
	Refused     Progress = "refused"      // Definitely not paid by this key, and it never will be.
	Elsewhere   Progress = "elsewhere"    // The invoice is settled, but not by this key; this key moved nothing.
	Changed     Progress = "changed"      // The service's invoice is not what Payment says; this key moved nothing.
	Underway    Progress = "underway"     // Another payment of this invoice is on its way (a bank debit); this key moved nothing.
	NotStarted  Progress = "not started"  // The service has never seen this key; repeating it is safe.
	Unclear     Progress = "unclear"      // Nobody can say yet. Never start another key while it is.
)

// Outcome is what a Provider knows of a payment.
type Outcome struct {
	Progress Progress
	Decline  Decline // Why, with Refused.
	Method   string  // Method.Short as the service names it afterwards; may be empty.
	Amount   Money   // What really was paid, where the service says; zero: not known.
	At       time.Time
	Invoice  Invoice // As read after the payment; zero where it could not be read.
}

// Decline is a family of reasons for which a payment is refused. Fraud-like reasons are Generic, on purpose.
type Decline string

const (
	Generic           Decline = "generic"
	InsufficientFunds Decline = "insufficient funds"
	CardExpired       Decline = "card expired"
	WrongDetails      Decline = "wrong details"
	LimitReached      Decline = "limit reached"
	MethodUnusable    Decline = "method unusable"    // Gone, of another customer, or of another currency.
	AuthenticationOff Decline = "authentication off" // The person did not authenticate.
	TryLater          Decline = "try later"          // The bank or the service asks to try again later.
)

var (
	// ErrNotFound is returned for an invoice that the service does not have, or that is not this workspace's.
	ErrNotFound = errors.New("the billing service has no such invoice")
	// ErrUnavailable is returned when the service could not be asked; nothing is known to have happened.
	// A Pay that may have reached the service never returns it: that is an Outcome with Unclear.
	ErrUnavailable = errors.New("the billing service cannot be reached")
	// ErrSetup is returned when the service refuses our credentials or settings; an operator has to act.
	ErrSetup = errors.New("the billing service refuses Kvitt's credentials")
)

// Provider is one billing service, bound to the accounts that this workspace pays for.
//
// Every method ends within 20 s, whatever the caller's deadline; Invoices does not, it is many requests of which each does. Amounts are exact.
// Errors wrap ErrNotFound, ErrUnavailable or ErrSetup; any other error is a defect. A Provider holds no state that a restart could lose.
type Provider interface {
	// Name is the word before the colon in Invoice.ID, and the word in KVITT_BILLING.
	Name() string

	// Way says what Pay does.
	Way() Way

	// Ping asks whether the service answers and lets us in: one cheap request for each account or customer that we are bound to, whatever there is to
	// list. Its errors wrap ErrUnavailable or ErrSetup. Whether each invoice can be read it does not say.
	Ping(ctx context.Context) error

	// Invoices yields every invoice on which something is left to pay, and those that changed since the given instant
	// (zero: only what is open). An error ends the iteration; what was yielded before it stands.
	Invoices(ctx context.Context, since time.Time) iter.Seq2[Invoice, error]

	// Invoice reads one invoice fresh.
	Invoice(ctx context.Context, id string) (Invoice, error)

	// Methods lists the methods with which this invoice can be paid now: default first, expired and inactive ones left out.
	Methods(ctx context.Context, invoice Invoice) ([]Method, error)

	// Pay tries to pay. Calling it again with the same Payment never moves money twice while the key lives.
	// It reads the invoice first and moves nothing unless status, amount and currency are what Payment says, and the method is
	// one of Methods. An error means that nothing was sent. Everything else is an Outcome.
	// With HandsOver it moves nothing and tells nobody: it checks the same, and its answer is Status'.
	Pay(ctx context.Context, payment Payment) (Outcome, error)

	// Status asks what became of a payment, without moving money. With HandsOver: Settled once the invoice is paid, Refused when a payment failed
	// after Started, Changed when the amount is another, else NotStarted.
	Status(ctx context.Context, payment Payment) (Outcome, error)

	// KeyLife is how long the service remembers an idempotency key. After it, repeating a Payment could pay twice.
	KeyLife() time.Duration

	// PrivateLink makes or fetches a page on which this invoice can be seen (or its payment authenticated) without signing in;
	// empty where there is none. It is shown to one billing admin and neither stored nor logged.
	PrivateLink(ctx context.Context, id string) (string, error)

	// MethodsLink makes a page on which a payment method can be added; empty where there is none. As private as PrivateLink.
	MethodsLink(ctx context.Context, invoice Invoice, locale string) (string, error)
}
