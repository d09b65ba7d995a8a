// Package flows is what the bot does: it tells the people who may pay when an invoice comes due, lets them pay it from the
// message, and says so once it is paid. Whoever reads the file names has seen the product:
//
//	schedule   when a reminder is due: milestones, hours, zones           (pure)
//	record     what is known of one invoice                               (pure)
//	transition what may happen to it; attempt its payment, undo taking it back  (pure)
//	approve    a payment that a second billing admin must approve: its request, cards and buttons
//	plan       what is to be done now, each step with its reason          (pure)
//	reconcile  does the steps and notes each result: post says and looks for, mend edits; trouble tells the operator what is in the way
//	engine     wakes reconcile: sweeps, clicks, webhooks and restarts; lease keeps two replicas from the same invoice
//	sync       asks the billing services; missing is what none of them can tell of any more; glance for one invoice, when its service says that something happened
//	remind     who is told; people in which language
//	mailbox    joins what comes due to one person at once; deliver sends it, digest is how it looks
//	notice     what one person is told once: why nothing came of their payment, or what they are asked for
//	snooze     "Remind me later"
//	denial     counts who was refused
//	pay        the click on Pay now and the modal; open how any modal opens, suggest its menu where that is long, submit what it sends
//	charge     the payment itself: checks once more, pays, looks after what is unknown
//	authenticate  what the payer sees whose bank wants them to authenticate
//	handover   what somebody finishes in the billing service's portal: the way there, watching, taking over, asking
//	press      every other button: private links, asking the billing admins, undoing, releasing; routes says which click leads where
//	admin      who may pay; roles, where a billing service says so itself; entitled asks it at every click; every denial has its own sentence
//	identity   as whom a billing service knows somebody; pin holds an address to the person it first named
//	home       App Home; command is "/invoices", and lists is where both find what is open
//	card       how an invoice looks to any reader, in any state; wording its sentences
//	words      English and Norwegian
//	observe    what an operator counts; audit what the trail tells
//
// One idea carries it: a click never edits a message. A click changes the record; one repeatable step makes the messages agree
// with it. So a missed tick costs nothing, a duplicate costs nothing, a crash is resumed by the next sweep, and two
// replicas are two sweepers.
//
//	open ──► paying ──► paid                        paid: then confirmed in every place, once
//	  ▲         │ ▲        │
//	  │         ▼ │        │ undone (ledger), debit returned
//	  │      unknown       │
//	  │         │          │         unknown ──► open only when that very key has definitely failed
//	  │◄────────┘ refused  │         submitted: a debit that clears in days
//	  │◄───────────────────┘             or once the payer has authenticated
//	  ├──► paid (elsewhere), gone (void, credited, missing for an hour)
//	  ├──► handed over ──► paid, or open: failed there, taken over, a time limit
//	  └──► awaiting approval ──► paying          from an amount on; or open: declined, withdrawn, three days, changed
//
// Slack's wire format stays in bot, money's in billing, and how things are remembered in store. Nothing in here reads a clock of
// its own: time comes in.
package flows

import (
	"log/slog"
	"sync"
	"time"

	"github.com/robfig/cron/v3"

	"kvitt/billing"
	"kvitt/bot"
	"kvitt/store"
)

// Flows is the product. All fields but Observe are required; Run may be called once.
type Flows struct {
	Bot       *bot.Bot
	Backend   store.Backend
	Providers []billing.Provider
	Records   *store.Records[Record]
	Mailboxes *store.Records[Mailbox]
	Admins    *Admins
	People    *People
	Policy    Policy
	Sync      cron.Schedule // When to ask the billing services.
	Sweep     cron.Schedule // When to look for what is due to be done.
	Now       func() time.Time
	Log       *slog.Logger
	Observe   func(Observation) // For metrics; called from many goroutines, must not block.

	wake    map[store.Lane]chan struct{} // Something became due just now.
	glances glances
	work    sync.WaitGroup
	office  postOffice
	readers []Reader // As the last sync found them.
	turned  int64    // How often the roles had changed when every invoice was last planned anew.
	started bool     // A sync has found them.
	health  health
	sought  sync.Map // By billing service: that it was asked about everything that was missing.

	troubles troubles
}

// New wires what only flows knows; everything else is the caller's.
func New(f *Flows) *Flows {
	f.wake = map[store.Lane]chan struct{}{store.Urgent: make(chan struct{}, 1), store.Routine: make(chan struct{}, 1)}
	f.glances.asked = make(chan struct{}, 1)
	f.health.last, f.health.synced = map[string]Health{}, map[string]time.Time{}
	f.register()
	return f
}
