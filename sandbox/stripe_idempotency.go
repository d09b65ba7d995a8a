package sandbox

import (
	"net/http"
	"time"
)

// stripeKeyLife is how long a key is remembered: Stripe prunes keys "after they're at least 24 hours old"
// (docs.stripe.com/api/idempotent_requests). This one does so at once, which is the harder case.
const stripeKeyLife = 24 * time.Hour

// stripeKeyEntry is what is remembered of one idempotency key.
type stripeKeyEntry struct {
	params string
	since  time.Time
	done   bool
	answer stripeAnswer
}

// once runs an operation under the request's idempotency key: the first answer is kept and repeated, whatever it was, unless the
// operation never began.
func (s *Stripe) once(req *stripeRequest, run func() (object, *stripeError)) stripeAnswer {
	if req.key == "" || req.r.Method != http.MethodPost {
		answer, _ := stripeRun(run)
		return answer
	}
	entry, known := s.claimKey(req)
	if known != nil {
		return *known
	}
	answer, keep := stripeRun(run)
	s.mu.Lock()
	defer s.mu.Unlock()
	if keep {
		entry.answer, entry.done = answer, true
	} else {
		delete(s.keys, req.key)
	}
	return answer
}

// claimKey takes a key for a new run, or gives the answer that the key already has.
func (s *Stripe) claimKey(req *stripeRequest) (*stripeKeyEntry, *stripeAnswer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, params := s.config.Now(), req.r.URL.Path+"?"+req.form.Encode()
	old := s.keys[req.key]
	if old != nil && old.done && now.Sub(old.since) >= stripeKeyLife {
		old = nil
	}
	var known stripeAnswer
	switch {
	case old == nil:
		entry := &stripeKeyEntry{params: params, since: now}
		s.keys[req.key] = entry
		return entry, nil
	case old.params != params:
		known = (&stripeError{status: 400, kind: "idempotency_error", message: "Keys for idempotent requests can only be used with " +
			"the same parameters they were first used with. Try using a key other than '" + req.key +
			"' if you meant to execute a different request."}).answer()
	case !old.done:
		known = (&stripeError{status: 409, kind: "idempotency_error", code: "idempotency_key_in_use",
			message: "There is currently another in-progress request using this Idempotent Key (that probably means you submitted " +
				"twice, and the other request is still going through). Please try again later."}).answer()
	default:
		known = old.answer
		known.replayed = true
	}
	return nil, &known
}

func stripeRun(run func() (object, *stripeError)) (answer stripeAnswer, keep bool) {
	body, err := run()
	if err != nil {
		return err.answer(), !err.unsaved
	}
	return stripeAnswer{status: http.StatusOK, body: stripeEncode(body)}, true
}
