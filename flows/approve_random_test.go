package flows

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"kvitt/billing"
)

// Whatever people press, in whatever order: nobody approves their own payment, no two payments are under way, and a request has one end.
func TestNobodyEverApprovesTheirOwnPayment(t *testing.T) {
	approved, own := 0, 0
	seeded(t, 40, func(t *testing.T, rng *rand.Rand) {
		r, now := seen(anInvoice()), monday
		for range 80 {
			now = now.Add(oneOf(rng, time.Minute, time.Hour, 20*time.Hour))
			before := copyOf(r)
			a := oneOf(rng, requestAct(rng, r, now), requestAct(rng, r, now), requestAct(rng, r, now), someAct(rng, r, now))
			if !r.payable() && !r.awaits() && !r.busy() {
				a = act{"see", seeing(anInvoice(), now)}
			}
			r = copyOf(r)
			err := a.do(&r)
			for _, broken := range append(brokenPromises(before, r, a.name, err), brokenRequests(before, r, a.name)...) {
				t.Errorf("%s: %s", broken, asJSON(r))
			}
			switch {
			case t.Failed():
				return
			case a.name == "approve" && err == nil:
				approved++
			case a.name == "approve" && errors.Is(err, ErrOwn):
				own++
			}
		}
	})
	if approved < 50 || own < 50 {
		t.Errorf("these stories hardly ever come to an approval (%d), or to one's own (%d)", approved, own)
	}
}

// requestAct is what somebody presses about a request, be it their own or an old one; or what comes of a payment.
func requestAct(rng *rand.Rand, r Record, now time.Time) act {
	who, id := oneOf(rng, asha, bo), "0"
	if n := len(r.Requests) - rng.IntN(5)/4; n > 0 {
		id = r.Requests[n-1].ID
	}
	if r.busy() {
		return act{"refuse", func(r *Record) error { return r.refuse(r.Attempt.Key, billing.Generic, now) }}
	}
	request := act{"request", func(r *Record) error {
		err := r.request(Request{By: who, Method: visa, At: now}, r.Invoice.AmountDue)
		if err == nil && now.Minute()%4 > 0 {
			must(r.consulted(r.asking().ID, visa, now))
		}
		return err
	}}
	approve := act{"approve", func(r *Record) error {
		err := r.approve(team, id, who, "", now)
		if err == nil {
			must(r.answer(r.Attempt.Key, now))
		}
		return err
	}}
	return oneOf(rng, request, request, approve, approve, approve,
		act{"decline", func(r *Record) error { return r.decline(id, who, "No", now) }},
		act{"withdraw request", func(r *Record) error { return r.withdrawRequest(id, who, now) }},
		act{"expire", func(r *Record) error { return r.expire(id, now) }},
		act{"refuse request", func(r *Record) error { return r.refuseRequest(id, now) }},
	)
}

func brokenRequests(before, r Record, what string) (broken []string) {
	promise := func(kept bool, text string) {
		if !kept {
			broken = append(broken, what+": "+text)
		}
	}
	ids := map[string]bool{}
	for i, q := range r.Requests {
		promise(!ids[q.ID], "two requests with one id")
		ids[q.ID] = true
		promise((q.Ended == "") == (r.awaits() && i == len(r.Requests)-1), "an open request that nobody waits for, or none where somebody waits")
		promise(q.Ended != Approved || q.Decided != "" && q.Decided != q.By && q.Over.Sub(q.At) < approvalTime, "approved by nobody, by the requester, or too late")
		promise(i >= len(before.Requests) || before.Requests[i].Ended == "" || before.Requests[i] == q, "a request ended twice")
	}
	promise(!r.busy() || r.Attempt.Approved == "" || r.Attempt.Approved != r.Attempt.By, "the payer approved")
	promise(!r.busy() || before.busy() || !before.awaits() || what == "approve", "a request became a payment without an approval")
	if q := r.asking(); q != nil {
		promise(q.Amount == r.Invoice.AmountDue && r.Invoice.Status == billing.Open, "it waits for what is not so any more")
	}
	return broken
}
