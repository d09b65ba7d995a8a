package sandbox

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// StripeHook is a webhook endpoint: where the pretend Stripe sends its events.
type StripeHook struct {
	URL     string
	Secrets []string     // Each of them signs, as while a secret is rolled.
	Client  *http.Client // Default: http.DefaultClient.

	// Pace says of the n-th event how long after it happened it is sent; each duration is one delivery. Two deliver it twice, and one that is
	// longer than the next event's has them arrive in wrong order, as Stripe reserves the right to. Default: once, at once.
	Pace func(n int) []time.Duration
}

// stripeHookTries are the pauses after which an event is sent anew that was not acknowledged. Stripe goes on for three days.
var stripeHookTries = []time.Duration{10 * time.Second, time.Minute, 10 * time.Minute, time.Hour}

// SendTo has every further event sent to an endpoint.
func (s *Stripe) SendTo(hook StripeHook) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hook = &hook
}

// deliver sends an event on its way; the caller holds the lock.
func (s *Stripe) deliver(e *stripeEvent) {
	if s.hook == nil {
		return
	}
	hook, body, pace := *s.hook, stripeEncode(e.render()), []time.Duration{0}
	if hook.Pace != nil {
		pace = hook.Pace(len(s.events))
	}
	for _, delay := range pace {
		s.flying.Go(func() {
			time.Sleep(delay)
			for _, pause := range append(stripeHookTries, 0) {
				if hook.send(body, s.config.Now()) {
					return
				}
				time.Sleep(pause)
			}
		})
	}
}

// send delivers an event once, and says whether it was acknowledged.
func (h StripeHook) send(body []byte, at time.Time) bool {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.URL, bytes.NewReader(body))
	if err != nil {
		panic("sandbox: the address of a webhook: " + err.Error())
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("Stripe-Signature", StripeSign(body, at, h.Secrets...))
	client := h.Client
	if client == nil {
		client = http.DefaultClient
	}
	resp, err := client.Do(req)
	if err != nil {
		return false
	}
	resp.Body.Close()
	return resp.StatusCode/100 == 2
}

// StripeSign is the Stripe-Signature header of a body (docs.stripe.com/webhooks, "Verify webhook signatures manually").
func StripeSign(body []byte, at time.Time, secrets ...string) string {
	parts := []string{fmt.Sprintf("t=%d", at.Unix())}
	for _, secret := range secrets {
		mac := hmac.New(sha256.New, []byte(secret))
		fmt.Fprintf(mac, "%d.%s", at.Unix(), body)
		parts = append(parts, "v1="+hex.EncodeToString(mac.Sum(nil)))
	}
	return strings.Join(parts, ",")
}
