package sandbox

import (
	"strings"
	"time"
)

// azureLinkDay is how a nextLink writes the days that were asked for.
const azureLinkDay = "2006-01-02 15:04:05Z"

// day reads a day of the query. The documentation says MM-DD-YYYY, the SDKs send YYYY-MM-DD and are understood, and a nextLink has a time.
func (r *azureRequest) day(name string) (time.Time, *azureError) {
	text := r.query.Get(name)
	for _, layout := range []string{time.DateOnly, "01-02-2006", azureLinkDay} {
		if day, err := time.Parse(layout, text); err == nil {
			return day, nil
		}
	}
	if text == "" {
		return time.Time{}, azureInvalid("BadRequest", "The query parameter '"+name+"' is required.")
	}
	return time.Time{}, azureInvalid("BadRequest", "The value of '"+name+"' is no date: '"+text+"'.")
}

// listInvoices lists the invoices whose billing period overlaps the days that were asked for, whatever their due date.
func (a *Azure) listInvoices(req *azureRequest) (object, *azureError) {
	account, profile, err := a.findScope(req)
	if err != nil {
		return nil, err
	}
	first, err := req.day("periodStartDate")
	if err != nil {
		return nil, err
	}
	last, err := req.day("periodEndDate")
	if err != nil {
		return nil, err
	}
	if last.Before(first) {
		return nil, azureInvalid("BadRequest", "periodEndDate must not be before periodStartDate.")
	}
	rows, search := []object{}, strings.ToLower(req.query.Get("search"))
	for _, inv := range a.invoices {
		if inv.Account != account.Name || profile != nil && inv.Profile != profile.Name ||
			inv.PeriodEnd.Before(first) || !inv.PeriodStart.Before(last.AddDate(0, 0, 1)) ||
			!strings.Contains(strings.ToLower(inv.Number), search) {
			continue
		}
		rows = append(rows, a.renderInvoice(account, inv))
	}
	return req.page(rows, account.Agreement != AzureEA)
}

// getInvoice finds an invoice of the account for whoever may read the account or the invoice's own profile.
func (a *Azure) getInvoice(req *azureRequest) (object, *azureError) {
	account, _, err := a.lookScope(req)
	if err != nil {
		return nil, err
	}
	number := req.r.PathValue("invoice")
	inv := a.findInvoice(number)
	if inv == nil || inv.Account != account.Name {
		if !a.mayEnter(req, account) {
			return nil, azureForbidden(account.id())
		}
		return nil, azureMissing("The invoice '" + number + "' was not found.")
	}
	if !a.mayRead(req, account, a.findProfile(account.Name, inv.Profile)) {
		return nil, azureForbidden(account.id() + "/invoices/" + number)
	}
	return a.renderInvoice(account, inv), nil
}

// renderInvoice has the shape of the Azure CLI's recordings, for each agreement its own.
func (a *Azure) renderInvoice(account *AzureAccount, inv *azureInvoice) object {
	money := func(value string) object { return object{"currency": inv.Currency, "value": azureAmount(value)} }
	id := account.id() + "/invoices/" + inv.Number
	p := object{
		"amountDue": money(inv.AmountDue), "billedAmount": money(inv.SubTotal), "totalAmount": money(inv.Total), "status": inv.Status,
		"invoiceDate": azureTime(inv.Issued), "invoicePeriodStartDate": azureTime(inv.PeriodStart), "invoicePeriodEndDate": azureTime(inv.PeriodEnd),
		"purchaseOrderNumber": inv.PurchaseOrder, "payments": renderPayments(inv),
	}
	if !inv.Due.IsZero() {
		p["dueDate"] = azureTime(inv.Due)
	}
	if inv.Failures != nil {
		p["failedPayments"] = renderFailures(inv)
	}
	link := "https://management.azure.com" + strings.ReplaceAll(id, ":", "%3A") + "/download?"
	if account.Agreement == AzureEA {
		p["documents"] = []object{{"documentNumbers": []string{strings.TrimPrefix(inv.token, "Drs_")}, "kind": "Invoice", "source": "Other",
			"url": link + "api-version=" + AzureVersion}}
	} else {
		p["documentType"], p["isMonthlyInvoice"] = inv.DocumentType, !inv.AdHoc
		p["documents"] = []object{{"kind": inv.DocumentType, "source": "DRS", "url": link + "downloadToken=" + inv.token + "&api-version=" + AzureVersion}}
		p["subTotal"], p["taxAmount"] = money(inv.SubTotal), money(inv.Tax)
		for _, name := range []string{"azurePrepaymentApplied", "creditAmount", "freeAzureCreditApplied"} {
			p[name] = money("0.00")
		}
	}
	if profile := a.findProfile(account.Name, inv.Profile); profile != nil {
		p["billingProfileId"], p["billingProfileDisplayName"] = profile.id(), profile.Display
	}
	for name, value := range inv.With {
		p[name] = value
		if value == nil {
			delete(p, name)
		}
	}
	return azureResource(id, inv.Number, "Microsoft.Billing/billingAccounts/invoices", p)
}

func renderPayments(inv *azureInvoice) []object {
	rows := []object{}
	for _, paid := range inv.Payments {
		row := object{"amount": object{"currency": inv.Currency, "value": azureAmount(paid.Amount)}, "paymentMethodFamily": paid.Family,
			"date": paid.At.UTC().Format("2006-01-02T15:04:05.0000000+00:00"), "paymentType": "Charged"}
		if paid.Type != "" {
			row["paymentMethodType"] = paid.Type
		}
		rows = append(rows, row)
	}
	return rows
}

func renderFailures(inv *azureInvoice) []object {
	rows := []object{}
	for _, failed := range inv.Failures {
		rows = append(rows, object{"date": failed.At.UTC().Format("2006-01-02T15:04:05.0000000+00:00"), "failedPaymentReason": failed.Reason})
	}
	return rows
}
