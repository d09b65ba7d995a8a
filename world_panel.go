package main

import (
	"context"

	"kvitt/sandbox"
)

// panel is what the demo shows beside its Slack. It skips time while hush keeps everybody from working.
func (w *world) panel(hush func(context.Context) (done func())) *sandbox.Panel {
	return &sandbox.Panel{Clock: w.clock, Zone: w.zone, Stripe: w.stripe, Hush: hush, Due: w.nextDue, Tour: w.tour()}
}

// tour is what to try, in the order of wonder.
func (w *world) tour() []sandbox.TourStep {
	return []sandbox.TourStep{
		{Words: "Pay as Asha: every copy turns to Paid.", As: w.asha, In: "dm", Find: "INV-1042"},
		{Words: "Read it as Bo, in Norwegian.", As: w.bo, In: "dm"},
		{Words: "Pay the Azure invoice: Kvitt leads to the portal, and watches.", As: w.asha, In: "dm", Find: "G094172385"},
		{Words: "Press Pay now as Kim, who may not pay.", As: w.kim, In: w.finance, Find: "8841"},
		{Words: "Skip a day: new reminders come.", As: w.asha, In: "dm", Skip: "day"},
		{Words: "Cut the line after a charge, then pay: nobody knows yet, and nobody pays twice.", As: w.asha, In: "dm", Find: "Pay now", Next: sandbox.StripeLosesLine},
		{Words: "Pay with the Mastercard, which is declined, then with another card.", As: w.asha, In: "dm", Find: "Pay now"},
		{Words: "Pay with Visa •••• 3155: the bank wants you to confirm, on a page of Stripe's.", As: w.asha, In: "dm", Find: "Pay now"},
		{Words: "Pay with SEPA •••• 3000, then skip a day: a debit clears tomorrow.", As: w.asha, In: "dm", Find: "Pay now"},
		{Words: "Pay elsewhere, or change an amount.", As: w.asha, In: w.finance, Show: "gateway"},
		{Words: "Read each click and call, as JSON.", Show: "log"},
	}
}
