package flows

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"kvitt/billing"
	"kvitt/bot"
	"kvitt/store"
)

// State is where an invoice stands in Kvitt. What the billing service says of it is Record.Invoice.Status.
type State string

const (
	Open       State = "open"              // Nothing is under way.
	Awaiting   State = "awaiting approval" // Somebody's payment waits for a second billing admin.
	Paying     State = "paying"            // Somebody's payment is under way.
	Unknown    State = "unknown"           // A payment was sent and nobody can say yet what became of it.
	Submitted  State = "submitted"         // A payment was accepted and clears later, or waits for the payer to authenticate.
	HandedOver State = "handed over"       // Somebody opened it in the billing service's portal, to pay it there.
	Paid       State = "paid"              // The billing service says that it is paid.
	Gone       State = "gone"              // Void, credited, deleted, or missing for long: nothing is to pay here.
)

// layout is the version of Record's stored form; a higher one in the store was written by a newer Kvitt.
const layout = 1

// Record is everything that Kvitt knows of one invoice. It is changed by its own methods, the transitions; each is pure, so that it may
// run again when two writers met. It names people by their Slack user ids only.
type Record struct {
	Layout   int             `json:"layout"`
	Invoice  billing.Invoice `json:"invoice"`
	State    State           `json:"state"`
	Read     time.Time       `json:"read,omitzero"`    // When the billing service was asked for Invoice: what was read earlier is old news.
	Turned   time.Time       `json:"turned,omitzero"`  // When a payment or an undo of ours last ended: what was read of the invoice before is old.
	Missing  time.Time       `json:"missing,omitzero"` // Since when nobody can be asked about it, though it was not paid; see missing.go.
	Attempt  *Attempt        `json:"attempt,omitzero"` // The one payment under way; nil in every other state.
	Waived   *Attempt        `json:"waived,omitzero"`  // The last payment that ended because its payer had not authenticated: they still may.
	Failed   int             `json:"failed,omitzero"`  // Payments that definitely failed. The next key derives from it.
	Payments []Payment       `json:"payments,omitzero"`
	Undo     *Undo           `json:"undo,omitzero"` // Asked for and not yet done.
	Notices  []Notice        `json:"notices,omitzero"`
	Posts    []Post          `json:"posts,omitzero"`
	Asks     []Ask           `json:"asks,omitzero"`
	Snoozes  []Snooze        `json:"snoozes,omitzero"`
	Denials  []Denial        `json:"denials,omitzero"`
	Requests []Request       `json:"requests,omitzero"` // For approval; only the last one can be open, and it is in the state Awaiting.
	Trace    string          `json:"trace,omitzero"`    // The click that what is being done goes back to; every log line about it carries it.

	notes []store.Note // Audit entries of the change at hand; written with it.
}

// Attempt is the one payment of an invoice that is under way. It is stored before money moves.
type Attempt struct {
	Key        string         `json:"key"` // Idempotency key.
	By         string         `json:"by"`
	Approved   string         `json:"approved,omitzero"` // The second billing admin, where one was asked.
	Grant      billing.Grant  `json:"grant,omitzero"`    // What the payer's right rested on, right before money moved.
	Method     billing.Method `json:"method"`            // Only ID is known at first; the rest is looked up before money moves.
	Reference  string         `json:"reference,omitzero"`
	Recorded   bool           `json:"recorded,omitzero"` // Kvitt moves no money; it notes what was paid.
	Amount     billing.Money  `json:"amount"`
	Payee      string         `json:"payee,omitzero"` // See billing.Invoice.Payee.
	Began      time.Time      `json:"began"`
	Answered   bool           `json:"answered,omitzero"` // Whoever began it, the payer or who approved, is told that it is in progress; before, nothing is paid.
	Sent       time.Time      `json:"sent,omitzero"`     // From here on the billing service may have been asked to pay.
	KeyDies    time.Time      `json:"key_dies,omitzero"` // From here on the billing service may have forgotten the key.
	NextLook   time.Time      `json:"next_look,omitzero"`
	HandedOver time.Time      `json:"handed_over,omitzero"` // When the payer was shown the way to the portal.
	Looked     time.Time      `json:"looked,omitzero"`      // When the billing service last said how a hand-over stands.
	Asked      time.Time      `json:"asked,omitzero"`       // Since when the payer is asked to authenticate; in the state Submitted.
	GivenUp    bool           `json:"given_up,omitzero"`    // Somebody wants to pay in another way instead.
	Late       bool           `json:"late,omitzero"`        // It had ended, and the invoice turned out to be paid: the question is whether by it.
	Doubted    time.Time      `json:"doubted,omitzero"`     // Since when the outcome is unknown.
	Alarmed    bool           `json:"alarmed,omitzero"`     // Payer and operator were told that it stays unknown.
	View       string         `json:"view,omitzero"`        // The modal of whoever began it, should it still be open.
}

// Payment is how an invoice came to be paid, as the billing service confirmed it.
type Payment struct {
	By        string        `json:"by,omitzero"` // Empty: paid outside Kvitt.
	Approved  string        `json:"approved,omitzero"`
	Key       string        `json:"key,omitzero"`
	Method    string        `json:"method,omitzero"` // "Visa •••• 4242".
	Reference string        `json:"reference,omitzero"`
	Recorded  bool          `json:"recorded,omitzero"` // Noted by a person, who can take it back.
	Amount    billing.Money `json:"amount"`
	At        time.Time     `json:"at"`
	Undone    *Undo         `json:"undone,omitzero"`
	Settled   bool          `json:"settled,omitzero"` // Confirmed in every place; nothing more is said of it.
}

// Undo takes back a record of the ledger.
type Undo struct {
	By     string    `json:"by"`
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
	Retry  time.Time `json:"retry,omitzero"` // Not before.
}

// Ask is one person's request that somebody look at this invoice.
type Ask struct {
	By  string       `json:"by"`
	Day billing.Date `json:"day"`
}

// Notice is a message to one place that is said once and not edited afterwards.
type Notice struct {
	ID      string          `json:"id"` // Unique in the record; a notice with a known id is not said again.
	Kind    NoticeKind      `json:"kind"`
	To      string          `json:"to"` // User or channel id.
	By      string          `json:"by,omitzero"`
	Method  string          `json:"method,omitzero"`
	Decline billing.Decline `json:"decline,omitzero"`
	Amount  billing.Money   `json:"amount,omitzero"`
	Reason  string          `json:"reason,omitzero"`
	Record  bool            `json:"record,omitzero"` // It is about a record: Kvitt does not know what happened in the bank.
}

// NoticeKind is what a Notice is about.
type NoticeKind string

const (
	NoticeRefused   NoticeKind = "refused"   // The payment was declined.
	NoticeEnded     NoticeKind = "ended"     // The payer's right had ended.
	NoticeUnchecked NoticeKind = "unchecked" // Right or facts could not be checked.
	NoticeChanged   NoticeKind = "changed"   // The invoice changed before money moved.
	NoticeElsewhere NoticeKind = "elsewhere" // It was already paid elsewhere.
	NoticeUnderway  NoticeKind = "underway"  // Another payment of it is on its way already.
	NoticeAct       NoticeKind = "act"       // The payer's bank wants them to authenticate.
	NoticeDoubt     NoticeKind = "doubt"     // Nobody knows yet whether it went through.
	NoticeStill     NoticeKind = "still"     // Still nobody knows, after a quarter of an hour.
	NoticeAsk       NoticeKind = "ask"       // Somebody asks a billing admin to look at it.
	NoticeUndone    NoticeKind = "undone"    // A record was taken back.
	NoticeKept      NoticeKind = "kept"      // A record could not be taken back.

	NoticeDeclined   NoticeKind = "declined"   // Somebody declined to approve.
	NoticeExpired    NoticeKind = "expired"    // Nobody approved in time.
	NoticeOvertaken  NoticeKind = "overtaken"  // The invoice changed while the request waited.
	NoticeApprover   NoticeKind = "approver"   // The right of whoever approved had ended.
	NoticeUnapproved NoticeKind = "unapproved" // The amount needs an approval by now, and has none.

	NoticeHanded NoticeKind = "handed" // Approved: it can be paid in the portal now.
	NoticeTaken  NoticeKind = "taken"  // Somebody else opened it in the portal.
	NoticeLapsed NoticeKind = "lapsed" // It was opened in the portal and is still not paid.
	NoticeMoved  NoticeKind = "moved"  // It changed while it was open in the portal.
)

// Post is one message of ours about this invoice. It enters the record before it is sent.
type Post struct {
	Key      string       `json:"key"` // What it is for; unique in the record.
	Kind     PostKind     `json:"kind"`
	Place    string       `json:"place"` // User or channel id.
	Lang     Lang         `json:"lang"`
	Day      billing.Date `json:"day,omitzero"`    // Of its milestone.
	Due      billing.Date `json:"due,omitzero"`    // The due date that the milestone counts from.
	Number   int          `json:"number,omitzero"` // Index in Payments, Notices or Requests.
	Claimed  time.Time    `json:"claimed"`
	Ref      bot.Ref      `json:"ref,omitzero"` // Zero until it is known to be posted.
	Thread   string       `json:"thread,omitzero"`
	Shows    string       `json:"shows,omitzero"`    // Digest of what it says.
	Waiting  bool         `json:"waiting,omitzero"`  // It lies in its reader's mailbox, which decides whether it becomes part of a digest.
	Unsure   bool         `json:"unsure,omitzero"`   // It may have been posted; look for it before posting again.
	Under    string       `json:"under,omitzero"`    // The lease under which it is being posted.
	Again    bool         `json:"again,omitzero"`    // It was posted a second time because nobody could look.
	Over     string       `json:"over,omitzero"`     // Why nothing more is done about it: gone, given up.
	Retry    time.Time    `json:"retry,omitzero"`    // Not before.
	Attempts int          `json:"attempts,omitzero"` // Posts or edits in a row that did not work.
	Refusals int          `json:"refusals,omitzero"` // Of these, those last in a row that Slack refused for what they say.
}

// PostKind is how a Post is rendered.
type PostKind string

const (
	PostReminder PostKind = "reminder" // A card with controls.
	PostThread   PostKind = "thread"   // A later milestone, in the thread of a channel's card.
	PostConfirm  PostKind = "confirm"  // "Paid", once per place and payment.
	PostReturned PostKind = "returned" // That a paid invoice is unpaid again; an edit of the confirmation alone would reach nobody.
	PostNotice   PostKind = "notice"
	PostDigest   PostKind = "digest"   // Many reminders as one; it lies in a Mailbox, not in a record.
	PostApproval PostKind = "approval" // Asks a billing admin to approve; shows how that ended.
)

// Token marks a message in Slack's metadata, so that it can be found again after a crash. It tells nothing to whoever reads it.
func (p Post) token(id string) string {
	sum := sha256.Sum256([]byte(id + "\x00" + p.Key))
	return hex.EncodeToString(sum[:12])
}

func (r *Record) post(key string) *Post {
	for i := range r.Posts {
		if r.Posts[i].Key == key {
			return &r.Posts[i]
		}
	}
	return nil
}

// Key derives an attempt's idempotency key. Nothing in it is random, so that even a store that forgot cannot charge twice: the
// same invoice, amount and numbers of payments that failed and that were made give the same key.
func (r *Record) key(team string) string {
	facts := fmt.Sprintf("%s\x00%s\x00%d\x00%s\x00%d\x00%d", team, r.Invoice.ID, r.Invoice.AmountDue.Minor, r.Invoice.AmountDue.Currency,
		r.Failed, len(r.Payments))
	sum := sha256.Sum256([]byte(facts))
	return "kvitt-" + hex.EncodeToString(sum[:16])
}

// busy says whether a payment is under way.
func (r *Record) busy() bool { return r.Attempt != nil }

// keyDead says whether repeating the payment under way could pay twice.
func (r *Record) keyDead(now time.Time) bool {
	return r.Attempt != nil && !r.Attempt.Sent.IsZero() && !now.Before(r.Attempt.KeyDies)
}

// payable says whether somebody could begin to pay now.
func (r *Record) payable() bool {
	return r.State == Open && r.Missing.IsZero() && r.Invoice.Status == billing.Open && r.Invoice.AmountDue.Minor > 0
}

// lastPayment is the payment by which the invoice is paid now; nil when it is not, or was paid before Kvitt knew it.
func (r *Record) lastPayment() *Payment {
	if r.State != Paid || len(r.Payments) == 0 {
		return nil
	}
	return &r.Payments[len(r.Payments)-1]
}
