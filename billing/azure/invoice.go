package azure

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/billing/armbilling"

	"kvitt/billing"
)

const (
	idPrefix = "azure:"
	supplier = "Microsoft Azure" // Marketplace purchases too are billed by Microsoft.

	// The list is by billing period, not by due date, so the window has to reach back as far as something may be unpaid.
	monthsBack, monthsAhead = 36, 2

	// late is how long after a payment's date the service may come to say "paid": a wire takes up to 10 business days
	// (learn.microsoft.com/azure/cost-management-billing/understand/pay-bill).
	late = 14 * 24 * time.Hour
)

// Invoices implements billing.Provider. The service does not say when an invoice changed: with a moment, those that are not open any more are yielded where
// something about them happened in the two weeks before it, or later.
//
// What cannot be read is left out and logged, and hides no other. An account that fails keeps no other account back, unless the service cannot be reached at all;
// its error comes at the end.
func (p *Provider) Invoices(ctx context.Context, since time.Time) iter.Seq2[billing.Invoice, error] {
	return func(yield func(billing.Invoice, error) bool) {
		var failed []error
		for _, account := range p.accounts {
			var failure error
			for invoice, err := range p.listed(ctx, account, since) {
				if failure = err; err == nil && !yield(invoice, nil) {
					return
				}
			}
			failed = append(failed, failure)
			if errors.Is(failure, billing.ErrUnavailable) && !errors.Is(failure, errResting) {
				break
			}
		}
		if err := errors.Join(failed...); err != nil {
			yield(billing.Invoice{}, err)
		}
	}
}

// Ping implements billing.Provider: it asks each account for a page of one invoice, and says which of them fail.
func (p *Provider) Ping(ctx context.Context) error {
	ctx, cancel := limit(ctx)
	defer cancel()
	failed := make([]error, len(p.accounts))
	var asked sync.WaitGroup
	for i, account := range p.accounts {
		asked.Go(func() {
			for _, err := range p.list(ctx, account, new(int64(1))) {
				failed[i] = err
				break
			}
		})
	}
	asked.Wait()
	return errors.Join(failed...)
}

// listed is Invoices for one account. Pages may overlap where something is added meanwhile.
func (p *Provider) listed(ctx context.Context, account Account, since time.Time) iter.Seq2[billing.Invoice, error] {
	return func(yield func(billing.Invoice, error) bool) {
		seen := map[string]bool{}
		for row, err := range p.pages(ctx, account) {
			if err != nil {
				yield(billing.Invoice{}, err)
				return
			}
			raw, err := readInvoice(row)
			if err == nil && (!raw.isInvoice() || seen[raw.Name] || !p.wanted(account, raw)) {
				continue
			}
			var invoice billing.Invoice
			if err == nil {
				invoice, err = p.invoice(ctx, account.Account, raw)
			}
			if errors.Is(err, billing.ErrUnavailable) || errors.Is(err, billing.ErrSetup) {
				yield(billing.Invoice{}, err)
				return
			}
			if err != nil {
				p.logOnce(ctx, "an invoice cannot be read and is left out; look at it in the Azure portal", account.Account+"/"+raw.Name, err)
				continue
			}
			seen[raw.Name] = true
			if (leftToPay(invoice) || happened(raw, since)) && !yield(invoice, nil) {
				return
			}
		}
	}
}

// pages asks for the list that the settings name: of an account, or of one profile. The service pages by 50, its maximum, where nobody says "top"; so it was
// recorded, and that a list asked for with "top" goes on after the first page was not.
func (p *Provider) pages(ctx context.Context, account Account) iter.Seq2[json.RawMessage, error] {
	return p.list(ctx, account, nil)
}

// list is pages with the size of a page; nil leaves it to the service.
func (p *Provider) list(ctx context.Context, account Account, top *int64) iter.Seq2[json.RawMessage, error] {
	from, to := p.now().UTC().AddDate(0, -monthsBack, 0), p.now().UTC().AddDate(0, monthsAhead, 0)
	what, client := "the invoices of "+account.String(), p.billing.NewInvoicesClient()
	if account.Profile == "" {
		return rows(ctx, p, account.Account, what, client.NewListByBillingAccountPager(account.Account,
			&armbilling.InvoicesClientListByBillingAccountOptions{PeriodStartDate: &from, PeriodEndDate: &to, Top: top}))
	}
	return rows(ctx, p, account.Account, what, client.NewListByBillingProfilePager(account.Account, account.Profile,
		&armbilling.InvoicesClientListByBillingProfileOptions{PeriodStartDate: &from, PeriodEndDate: &to, Top: top}))
}

// wanted says whether the settings name an invoice's profile. An invoice that does not name its own is not shown where only some profiles are ours.
func (p *Provider) wanted(account Account, raw rawInvoice) bool {
	if account.Profile != "" {
		return strings.EqualFold(account.Profile, raw.profile())
	}
	_, profiles, ok := p.configured(account.Account)
	return ok && (len(profiles) == 0 || slices.ContainsFunc(profiles, func(name string) bool { return strings.EqualFold(name, raw.profile()) }))
}

func leftToPay(in billing.Invoice) bool {
	return (in.Status == billing.Open || in.Status == billing.Held) && in.AmountDue.Minor > 0
}

func happened(raw rawInvoice, since time.Time) bool {
	if since.IsZero() {
		return false
	}
	last := later(raw.Properties.InvoiceDate, later(raw.paid().Date, raw.failed().Date))
	return !last.known() || last.at.After(since.Add(-late))
}

// Invoice implements billing.Provider.
func (p *Provider) Invoice(ctx context.Context, id string) (billing.Invoice, error) {
	ctx, cancel := limit(ctx)
	defer cancel()
	account, raw, err := p.read(ctx, id)
	if err != nil {
		return billing.Invoice{}, err
	}
	return p.invoice(ctx, account, raw)
}

// read fetches an invoice, if the settings name its account and profile.
func (p *Provider) read(ctx context.Context, id string) (account string, raw rawInvoice, err error) {
	none := fmt.Errorf("invoice %q: %w", id, billing.ErrNotFound)
	rest, ok := strings.CutPrefix(id, idPrefix)
	account, name, cut := strings.Cut(rest, "/")
	if !ok || !cut || !validName.MatchString(account) || !validNumber.MatchString(name) {
		return "", raw, none
	}
	if account, _, ok = p.configured(account); !ok {
		return "", raw, none
	}
	body, err := p.fetch(ctx, account, name)
	switch {
	case status(err) == http.StatusNotFound:
		return "", raw, none
	case err != nil:
		return "", raw, err
	}
	raw, err = readInvoice(body)
	if err == nil && (!strings.EqualFold(raw.Name, name) || !raw.isInvoice() || !p.wanted(Account{Account: account}, raw)) {
		return "", raw, none
	}
	if err != nil {
		err = unreadable(id, err)
	}
	return account, raw, err
}

// fetch reads one invoice by its name. The service has no such question within a profile, and whether somebody with a role at a profile alone may ask it at the
// account is not documented: where they may not, the invoice is looked for in the profile's list.
func (p *Provider) fetch(ctx context.Context, account, name string) ([]byte, error) {
	body, err := p.ask(ctx, account, "invoice "+account+"/"+name, func(ctx context.Context) error {
		_, err := p.billing.NewInvoicesClient().GetByBillingAccount(ctx, account, name, nil)
		return err
	})
	_, profiles, _ := p.configured(account)
	if status(err) != http.StatusForbidden || len(profiles) == 0 {
		return body, err
	}
	for _, profile := range profiles {
		for row, err := range p.pages(ctx, Account{account, profile}) {
			if err != nil {
				return nil, err
			}
			if raw, _ := readInvoice(row); strings.EqualFold(raw.Name, name) {
				return row, nil
			}
		}
	}
	return nil, fmt.Errorf("invoice %s/%s: %w", account, name, billing.ErrNotFound)
}

func unreadable(id string, err error) error {
	return fmt.Errorf("invoice %s cannot be read, look at it in the Azure portal: %w", id, err)
}

// invoice says in billing's words what Azure says. An error that is neither ErrUnavailable nor ErrSetup is about this invoice alone.
func (p *Provider) invoice(ctx context.Context, account string, raw rawInvoice) (billing.Invoice, error) {
	r, profile := raw.Properties, p.spelled(Account{account, raw.profile()})
	in := billing.Invoice{
		ID: idPrefix + account + "/" + raw.Name, Number: raw.Name, Reference: raw.Name, Supplier: supplier, Description: description(r),
		Due: r.DueDate.in(p.zone), Status: statusOf(r.Status), Account: profile.String(), Link: p.invoiceLink(account, raw),
	}
	if err := amounts(&in, r); err != nil {
		return billing.Invoice{}, unreadable(in.ID, err)
	}
	k, err := p.kind(ctx, account)
	if err != nil {
		return billing.Invoice{}, err
	}
	in.Terms = k.terms()
	switch in.Status {
	case billing.Paid:
		in.Settlement = settlement(raw)
	case billing.Open:
		in.Failure = failure(raw)
		if in.AutoCollect, err = p.collects(ctx, k, profile); err != nil {
			return billing.Invoice{}, err
		}
		in.PayFailed = in.AutoCollect && (in.Failure != billing.Failure{} || p.pastDue(in, r))
	}
	return in, nil
}

// statusOf reads a status. Locked is a word without a meaning in the documentation, Other has none: what is not known is not payable now.
func statusOf(word string) billing.Status {
	switch {
	case strings.EqualFold(word, "Due"), strings.EqualFold(word, "OverDue"):
		return billing.Open // Which of the two says little: the service leaves invoices at Due for years.
	case strings.EqualFold(word, "Paid"):
		return billing.Paid
	case strings.EqualFold(word, "Void"):
		return billing.Void
	}
	return billing.Held
}

// description has no words, so it fits every language. The period's days are those of UTC, in which Azure bills.
func description(r rawProperties) string {
	var parts []string
	if from, to := r.PeriodStart.in(time.UTC), r.PeriodEnd.in(time.UTC); !from.IsZero() && !to.IsZero() {
		parts = append(parts, from.String()+" – "+to.String())
	}
	for _, name := range []string{r.ProfileName, r.Subscription} {
		if name != "" {
			parts = append(parts, name)
			break
		}
	}
	return strings.Join(parts, ", ")
}
