package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"kvitt/billing"
	"kvitt/billing/stripe"
)

// stripe looks every customer up, tries what the key may do, and says what kind of money it moves. invoice is the id of an open one, if there is any.
func (c *checker) stripe(ctx context.Context, p *stripe.Provider, invoice string) {
	version, known := "", ""
	for _, id := range c.set.Stripe.Customers {
		told, err := p.Customer(ctx, id)
		switch {
		case errors.Is(err, billing.ErrNotFound):
			c.fail("KVITT_STRIPE_CUSTOMERS", "the account of the key has no customer "+id, "Correct it: the customer's page in Stripe's dashboard shows its id")
		case err != nil:
			c.warn("KVITT_STRIPE_CUSTOMERS", err.Error(), "Give the restricted key Customers: read, or no payment method is preselected")
		default:
			c.ok("KVITT_STRIPE_CUSTOMERS", "%s is a customer of the account", id)
			version, known = told, id
		}
	}
	if known != "" {
		c.stripeVersion(version)
		c.stripePermissions(ctx, p, known, invoice)
	}
	c.stripeKey()
	c.stripeWebhook()
}

// stripeVersion compares the version of the API that is asked for with the one that answers.
func (c *checker) stripeVersion(answers string) {
	if answers != "" && answers != stripe.Version {
		c.warn("stripe", "asked in API version "+stripe.Version+", it answers in "+answers, "If something in between changes the Stripe-Version header, let it pass unchanged")
		return
	}
	c.ok("stripe", "API version %s, whatever the account's own default is", stripe.Version)
}

// stripePermissions tries what a key must be allowed to do.
func (c *checker) stripePermissions(ctx context.Context, p *stripe.Provider, customer, invoice string) {
	for _, trial := range p.Try(ctx, customer, invoice) {
		switch {
		case trial.Err == nil:
		case errors.Is(trial.Err, billing.ErrSetup) && trial.Needed:
			c.fail("STRIPE_API_KEY", trial.Err.Error(), "Give the restricted key "+trial.Permission+", "+trial.For)
		case errors.Is(trial.Err, billing.ErrSetup):
			c.warn("STRIPE_API_KEY", trial.Err.Error(), "Give the restricted key "+trial.Permission+", "+trial.For)
		default:
			c.warn("stripe", trial.Err.Error(), "Try again; see that it can be reached from this machine")
		}
	}
}

// stripeKey says what kind of money the key moves.
func (c *checker) stripeKey() {
	key := c.set.Stripe.APIKey.Reveal()
	kind, besides := "secret", ""
	if strings.HasPrefix(key, "rk_") {
		kind, besides = "restricted", "; nothing but a payment can show whether it has "+stripe.Untried
	}
	if strings.Contains(key, "_live") {
		c.ok("STRIPE_API_KEY", "a %s key in live mode: payments move real money%s", kind, besides)
		return
	}
	c.warn("STRIPE_API_KEY", "a "+kind+" key in test mode: no payment moves real money"+besides, "For real invoices set a live key")
}

// stripeWebhook says how soon Kvitt learns what happens at Stripe.
func (c *checker) stripeWebhook() {
	if n := len(c.set.Stripe.WebhookSecrets); n > 0 {
		c.ok("STRIPE_WEBHOOK_SECRET", "%s: events come in at POST /stripe/webhook", counted(n, "secret"))
		return
	}
	c.ok("STRIPE_WEBHOOK_SECRET", "none: what happens at Stripe is learnt at the next sync, every %s", gap(c.set.Sync, c.app.now()))
}

func counted(n int, what string) string {
	if n == 1 {
		return fmt.Sprintf("%d %s", n, what)
	}
	return fmt.Sprintf("%d %ss", n, what)
}
