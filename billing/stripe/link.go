package stripe

import (
	"context"
	"errors"
	"net/url"

	api "github.com/stripe/stripe-go/v85"

	"kvitt/billing"
)

// PrivateLink implements billing.Provider: Stripe's hosted invoice page. Whoever has the link can see and pay the invoice.
func (p *Provider) PrivateLink(ctx context.Context, id string) (string, error) {
	ctx, cancel := limit(ctx)
	defer cancel()
	raw, err := p.read(ctx, id)
	if err != nil {
		return "", err
	}
	return safeLink(raw.HostedInvoiceURL), nil
}

// MethodsLink implements billing.Provider: a session of the billing portal that adds a payment method
// (docs.stripe.com/customer-management/portal-deep-links). Where the account has no portal, or the key may not make sessions, there
// is no such page.
func (p *Provider) MethodsLink(ctx context.Context, invoice billing.Invoice, locale string) (string, error) {
	ctx, cancel := limit(ctx)
	defer cancel()
	raw, err := p.read(ctx, invoice.ID)
	if err != nil {
		return "", err
	}
	params := &api.BillingPortalSessionCreateParams{
		Customer: &raw.Customer.ID,
		FlowData: &api.BillingPortalSessionCreateFlowDataParams{Type: new("payment_method_update")},
	}
	switch locale {
	case "en", "nb":
		params.Locale = &locale
	}
	session, err := p.client.V1BillingPortalSessions.Create(ctx, params)
	if err != nil {
		if err = readError("the billing portal", err); errors.Is(err, billing.ErrUnavailable) {
			return "", err
		}
		p.log.WarnContext(ctx, "no page to add a payment method; set up the customer portal in Stripe's dashboard", "error", err)
		return "", nil
	}
	return safeLink(session.URL), nil
}

// safeLink lets only web pages through: what a service sends becomes a button.
func safeLink(link string) string {
	u, err := url.Parse(link)
	if err != nil || u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		return ""
	}
	return link
}
