package payments

import (
	"maps"
	"slices"
)

// What goes wrong on the way of a payment, as the report has it.
const (
	cutBefore     = "to pay: cut before"
	cutAfter      = "to pay: cut after"
	brokenBefore  = "to pay: 500 before"
	brokenAfter   = "to pay: 500 after"
	rateLimit     = "to pay: 429 rate_limit"
	lockTimeout   = "to pay: 429 lock_timeout"
	slowBefore    = "to pay: no answer in time, then charged"
	slowAfter     = "to pay: charged, no answer in time"
	notStripe     = "to pay: 502 of a proxy"
	killedAsking  = "killed as the charge was asked for"
	killedCharged = "killed as the charge was made"
	killedWriting = "killed after a write to the store"
	smooth        = "nothing"

	readCut    = "to read: cut"
	readBroken = "to read: 500"
	readLimit  = "to read: 429"
	slowStore  = "store: answered only seconds later"
	eventLost  = "event: lost at first"
	eventLate  = "event: late"
	eventTwice = "event: twice"
	eventStale = "event: turned away, by a machine whose clock was wrong"
)

// deck is how many of a batch meet what at their first request to pay, or at the second where the first is declined. In one batch of rare, one that would meet nothing meets a 500 before anything
// happened: it leaves a payment unknown until its key is dead, which is thousands of looks.
var deck = map[string]int{
	smooth: 32, cutBefore: 7, cutAfter: 7, brokenAfter: 7, rateLimit: 6, lockTimeout: 6, slowBefore: 5, slowAfter: 5, notStripe: 5,
	killedAsking: 7, killedCharged: 7, killedWriting: 6,
}

// What the store and the clocks do meanwhile, whatever else goes wrong.
const (
	lostWrite     = "store: wrote, and lost the answer"
	wroteTwice    = "store: applied an update twice"
	wroteLate     = "store: wrote when nobody waited for it any more"
	forgetCharged = "store: forgot as the charge was made"
	forgetLater   = "store: forgot within half a minute"
	rewound       = "store: forgot the last writes of one invoice"
	storeAhead    = "clock: the store's an hour ahead"
	storeBehind   = "clock: the store's an hour behind"
	machineAhead  = "clock: a replica's an hour ahead"
	machineBehind = "clock: a replica's an hour behind"
	sound         = "no trouble with the store"
)

// memory is how many of a batch meet what of these. What is rewound and would go smoothly on its way is slow on it instead: then somebody can pay it again
// while the gateway is still at work.
var memory = map[string]int{
	sound: 42, lostWrite: 6, wroteTwice: 8, wroteLate: 8, forgetCharged: 4, forgetLater: 4, rewound: 12, storeAhead: 4, storeBehind: 4, machineAhead: 4, machineBehind: 4,
}

const rare = 4

// How the bank and the people behave.
const (
	pays          = "pays"
	twoAtOnce     = "two pay at once, at two replicas"
	sentTwice     = "Slack sends the submission to both replicas"
	declined      = "declined, then another card"
	authenticates = "authenticates"
	waitsForThem  = "authenticates what waits for it"
	ignores       = "does not authenticate"
	otherway      = "wants to pay in another way"
	clears        = "a debit that clears a day later"
	bounces       = "a debit that bounces a day later"

	paidAgain  = "paid again at once, for the store had forgotten"
	toldUnpaid = "told that nothing was paid, by a store that did not answer"
	declared   = "declared not paid, once the key was dead"
)

var courses = map[string]int{pays: 41, twoAtOnce: 12, sentTwice: 8, declined: 12, authenticates: 8, waitsForThem: 4, ignores: 1, otherway: 4, clears: 6, bounces: 4}

// troubles are all that must have been met.
func troubles() []string {
	all := []string{brokenBefore, readCut, readBroken, readLimit, slowStore, eventLost, eventLate, eventTwice, eventStale, paidAgain, declared, twoAtOnce, sentTwice, declined, authenticates, waitsForThem, ignores, otherway, clears, bounces}
	for _, dealt := range []map[string]int{deck, memory} {
		for name := range maps.Keys(dealt) {
			if name != smooth && name != sound {
				all = append(all, name)
			}
		}
	}
	slices.Sort(all)
	return all
}
