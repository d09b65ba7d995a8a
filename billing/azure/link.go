package azure

import (
	"context"
	"net/url"
	"strings"

	"kvitt/billing"
)

// The portal's addresses are not documented. These forms were copied from a browser's address bar by people who published them (2023 to 2025), and
// whoever opens one signs in first. Should Microsoft change them, the portal opens at its start page.
const (
	invoiceBlade = "/#view/Microsoft_Azure_GTM/InvoiceDetailsBlade"
	menuView     = "/#view/Microsoft_Azure_GTM/Billing.MenuView/~/overview"
)

// invoiceLink is the page of one invoice, with Pay now on it.
func (p *Provider) invoiceLink(account string, raw rawInvoice) string {
	link := p.portal + invoiceBlade + "/invoiceId/" + escaped(raw.Name) + "/scopeId/" + escaped(accountPath(account)+"/invoices/"+raw.Name)
	if r := raw.Properties; r.PeriodStart.known() && r.PeriodEnd.known() {
		link += "/invoicePeriodStartDate/" + stamp(r.PeriodStart) + "/invoicePeriodEndDate/" + stamp(r.PeriodEnd)
	}
	return link
}

func stamp(m moment) string { return escaped(m.at.Format("2006-01-02T15:04:05.0000000Z")) }

func accountPath(account string) string {
	return "/providers/Microsoft.Billing/billingAccounts/" + account
}

// escaped is encodeURIComponent, as the portal does it.
func escaped(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// PrivateLink implements billing.Provider: there is none. Azure's download links work without signing in, and stay where they are.
func (p *Provider) PrivateLink(context.Context, string) (string, error) { return "", nil }

// MethodsLink implements billing.Provider: the page of the invoice's billing profile, from where its payment methods are one click away. It asks for
// sign-in. An enterprise agreement has no cards to add, and no page.
func (p *Provider) MethodsLink(_ context.Context, invoice billing.Invoice, _ string) (string, error) {
	rest, _ := strings.CutPrefix(invoice.ID, idPrefix)
	account, _, _ := strings.Cut(rest, "/")
	account, _, ok := p.configured(account)
	if !ok || invoice.Terms == billing.TermsTransfer {
		return "", nil
	}
	scope := accountPath(account)
	if _, profile, ok := strings.Cut(invoice.Account, "/"); ok {
		scope += "/billingProfiles/" + profile
	}
	return p.portal + menuView + "/scopeId/" + escaped(scope), nil
}
