package main

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"time"

	"kvitt/billing/stripe"
)

const (
	webhookBody = 1 << 20
	webhookTime = 3 * time.Second // To tell whether an event was seen before. Stripe delivers again what is not acknowledged.

	// eventSeenFor is longer than Stripe repeats an event: "up to three days" (docs.stripe.com/webhooks, "Retry behavior").
	eventSeenFor = 4 * 24 * time.Hour
)

// turned says how a request is turned away that ReadEvent refuses: its status, and the word for the metric.
func turned(err error) (status int, word string) {
	switch {
	case errors.Is(err, stripe.ErrUnsigned):
		return http.StatusUnauthorized, "unsigned"
	case errors.Is(err, stripe.ErrStale):
		return http.StatusUnauthorized, "stale"
	case errors.Is(err, stripe.ErrSignature):
		return http.StatusUnauthorized, "wrong_signature"
	}
	return http.StatusBadRequest, "unreadable"
}

// stripeWebhook is POST /stripe/webhook. An event is acknowledged once it is known to be Stripe's and that somebody will look; the look itself
// comes after the answer.
func (d *doors) stripeWebhook(w http.ResponseWriter, r *http.Request) {
	if !d.open.Load() || d.stopping.Load() {
		http.Error(w, "starting or stopping", http.StatusServiceUnavailable)
		return
	}
	status, word := d.app.heed(w, r)
	d.app.metrics.webhooks.WithLabelValues(word).Inc()
	if status != http.StatusOK {
		d.app.log.Warn("turned an event of Stripe away", "fault", word, "status", status)
		http.Error(w, http.StatusText(status), status)
	}
}

// heed takes an event in. It answers with the status, and what became of it in a word.
func (a *app) heed(w http.ResponseWriter, r *http.Request) (status int, word string) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, webhookBody))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return http.StatusRequestEntityTooLarge, "too_large"
	}
	if err != nil {
		return http.StatusBadRequest, "unreadable"
	}
	event, err := a.stripe.ReadEvent(r.Context(), body, r.Header.Get("Stripe-Signature"), a.webhookSecrets())
	if err != nil {
		return turned(err)
	}
	if event.Invoice == "" {
		a.log.Info("an event of Stripe is about nothing of ours", "event", event.ID, "why", event.Why)
		return http.StatusOK, event.Why
	}
	first, err := a.firstEvent(r.Context(), event.ID)
	switch {
	case err != nil:
		a.log.Error("cannot tell whether an event of Stripe was seen before", "event", event.ID, "err", err)
		return http.StatusServiceUnavailable, "not remembered"
	case !first:
		return http.StatusOK, "duplicate"
	}
	a.log.Info("Stripe says that something happened to an invoice", "event", event.ID, "invoice", event.Invoice)
	a.flows.Look(event.Invoice)
	return http.StatusOK, "taken"
}

// firstEvent remembers an event of Stripe, and tells whether it is new.
func (a *app) firstEvent(ctx context.Context, id string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, webhookTime)
	defer cancel()
	return a.backend.FirstSight(ctx, *a.team.Load(), "stripe:"+id, rand.Text(), eventSeenFor)
}

func (a *app) webhookSecrets() []string {
	var secrets []string
	for _, secret := range a.settings.Stripe.WebhookSecrets {
		secrets = append(secrets, secret.Reveal())
	}
	return secrets
}
