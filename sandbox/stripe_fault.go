package sandbox

import (
	"net/http"
	"strings"
	"time"
)

// StripeFaultKind is one way in which a request goes wrong.
type StripeFaultKind string

const (
	StripeBroken500Before StripeFaultKind = "500 before"    // Nothing happened; 500, remembered under the key.
	StripeBroken500After  StripeFaultKind = "500 after"     // Everything happened; 500, remembered under the key.
	StripeCutBefore       StripeFaultKind = "cut before"    // The connection ends; the request was never seen.
	StripeCutAfter        StripeFaultKind = "cut after"     // Everything happened; the connection ends without an answer.
	StripeSlowBefore      StripeFaultKind = "slow before"   // Waits, then does it.
	StripeSlowAfter       StripeFaultKind = "slow after"    // Does it, then waits before answering.
	StripeRateLimit       StripeFaultKind = "rate limit"    // 429 rate_limit; nothing happened.
	StripeLockTimeout     StripeFaultKind = "lock timeout"  // 429 lock_timeout; nothing happened.
	StripeForbidden       StripeFaultKind = "not permitted" // 403: a restricted key without this permission.
	StripeHang            StripeFaultKind = "hang"          // Blocks until the caller leaves; nothing happened.
	StripeNotStripe       StripeFaultKind = "not stripe"    // 502 with a page instead of JSON, as a proxy answers; nothing happened.
)

// StripeFault makes requests go wrong.
type StripeFault struct {
	Op    string          // End of the operation's pattern or of the path: "/pay", "GET /v1/events"; empty: any request.
	Kind  StripeFaultKind //
	Times int             // How many requests; negative: every one until Mend.
	Delay time.Duration   // With the slow ones.
}

func (f *StripeFault) is(kind StripeFaultKind) bool { return f != nil && f.Kind == kind }

// Fail plans a fault; several for the same operation happen one after the other.
func (s *Stripe) Fail(fault StripeFault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &fault)
}

// Mend forgets every planned fault.
func (s *Stripe) Mend() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

func (s *Stripe) nextFault(req *stripeRequest) *StripeFault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults {
		if f.Times == 0 || !strings.HasSuffix(req.op, f.Op) && !strings.HasSuffix(req.r.URL.Path, f.Op) {
			continue
		}
		f.Times = max(f.Times-1, -1)
		return f
	}
	return nil
}

// before does what goes wrong ahead of the operation; an error means that the operation is not reached.
func (f *StripeFault) before(r *http.Request) *stripeError {
	switch {
	case f.is(StripeHang):
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case f.is(StripeCutBefore):
		panic(http.ErrAbortHandler)
	case f.is(StripeRateLimit):
		return &stripeError{status: 429, kind: "invalid_request_error", code: "rate_limit",
			message: "Testmode request rate limit exceeded, the rate limits in testmode are lower than livemode."}
	case f.is(StripeLockTimeout):
		return &stripeError{status: 429, kind: "invalid_request_error", code: "lock_timeout",
			message: "This object cannot be accessed right now because another API request or Stripe process is currently accessing it."}
	case f.is(StripeForbidden):
		return &stripeError{status: 403, kind: "invalid_request_error",
			message: "The provided key 'rk_test_*' does not have the required permissions for this endpoint on account 'acct_1Kvitt'. " +
				"Having the '" + permissionFor(r) + "' permission would allow this request to continue."}
	case f.is(StripeNotStripe):
		return &stripeError{status: 502, kind: stripePlainPage}
	}
	return nil
}

// permissionFor names the permission of a restricted key that a request needs, in Stripe's way.
func permissionFor(r *http.Request) string {
	path := strings.Split(strings.TrimPrefix(r.URL.Path, "/v1/"), "/")
	what := strings.TrimSuffix(path[0], "s")
	if len(path) > 2 && path[0] == "customers" {
		what = strings.TrimSuffix(path[2], "s")
	}
	if r.Method == http.MethodGet {
		return "rak_" + what + "_read"
	}
	return "rak_" + what + "_write"
}

// around does what goes wrong while the operation is at work and its idempotency key is in use.
func (f *StripeFault) around(run func() (object, *stripeError)) (object, *stripeError) {
	switch {
	case f.is(StripeBroken500Before):
		return nil, stripeServerError()
	case f.is(StripeSlowBefore):
		time.Sleep(f.Delay)
	}
	body, err := run()
	switch {
	case f.is(StripeBroken500After):
		return nil, stripeServerError()
	case f.is(StripeSlowAfter):
		time.Sleep(f.Delay)
	}
	return body, err
}
