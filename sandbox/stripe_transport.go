package sandbox

import "net/http"

// stripeTransport hands requests to the handler in memory.
type stripeTransport struct{ stripe *Stripe }

// RoundTrip implements http.RoundTripper.
func (t *stripeTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	return carry(r, &t.stripe.flying, t.stripe.mux)
}
