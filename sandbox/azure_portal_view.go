package sandbox

import (
	"cmp"
	"fmt"
	"time"
)

// portalInvoice is an invoice as a person reads it in the portal.
type portalInvoice struct {
	Number, Status, Due, AmountDue, Total string
	Account, Profile, PurchaseOrder       string
	Unpayable                             string // Why there is no "Pay now".
	Coming                                string // What is on its way.
	Failed                                string // Why the last payment failed, while there is something to pay.
	Wire                                  bool
	Methods                               []portalMethod
	History                               []string
}

type portalMethod struct{ ID, Label string }

// portalInvoice is an invoice as it stands; the caller holds the lock.
func (a *Azure) portalInvoice(inv *azureInvoice) portalInvoice {
	account := a.mustAccount(inv.Account)
	view := portalInvoice{Number: inv.Number, Status: inv.Status, AmountDue: inv.AmountDue + " " + inv.Currency, Total: inv.Total + " " + inv.Currency,
		Account: account.Display, PurchaseOrder: inv.PurchaseOrder, Unpayable: a.unpayable(inv), Due: "none", Profile: "none"}
	if !inv.Due.IsZero() {
		view.Due = inv.Due.UTC().Format("2 January 2006")
	}
	if profile := a.findProfile(inv.Account, inv.Profile); profile != nil {
		view.Profile = profile.Display
	}
	view.Wire = (account.Agreement == AzureEA || account.Agreement == AzureEnterprise) && a.owing(inv) == ""
	if inv.coming != nil {
		view.Coming = "It is being processed. The invoice will show as Paid by " + portalTime(inv.settles) + "."
	}
	if failed := len(inv.Failures); failed > 0 && a.owing(inv) == "" {
		view.Failed = inv.Failures[failed-1].Reason
	}
	for _, m := range a.methods {
		if m.Account == inv.Account && m.Profile == inv.Profile && m.usable(a.config.Now()) {
			label := fmt.Sprintf("%s ending in %s (expires %s)", m.Display, m.Last4, m.Expiration)
			view.Methods = append(view.Methods, portalMethod{ID: m.ID, Label: label})
		}
	}
	for _, failed := range inv.Failures {
		view.History = append(view.History, fmt.Sprintf("%s: payment failed, %s", portalTime(failed.At), failed.Reason))
	}
	for _, paid := range inv.Payments {
		view.History = append(view.History, fmt.Sprintf("%s: %s %s paid by %s", portalTime(paid.At), paid.Amount, inv.Currency, cmp.Or(paid.Type, paid.Family)))
	}
	return view
}

func portalTime(t time.Time) string { return t.UTC().Format("2 January 2006 15:04 UTC") }
