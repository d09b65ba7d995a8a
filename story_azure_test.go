package main

import (
	"errors"
	"fmt"
	"time"

	"kvitt/billing/azure"
	"kvitt/sandbox"
)

// azureStage is a billing account of Azure in a story. In it Asha is an invoice manager, Bo the owner of the billing profile, and Kim may only read.
type azureStage struct {
	*sandbox.Azure
	account, profile string
}

// azure AGREEMENT: from here on there are invoices of Azure, and the billing roles say who may pay them.
// azure invoice NUMBER AMOUNT due DATE · azure pay|fail|wire|reopen NUMBER · azure break FAR KIND · azure mend · azure unassign WHO.
func (s *stage) azureDoes(words []string) error {
	switch words[0] {
	case "online", "enterprise":
		return s.openAzure(words[0])
	case "invoice":
		day, err := time.Parse(time.DateOnly, words[4])
		s.invoices[words[1]] = s.azure.AddInvoice(sandbox.AzureInvoice{Number: words[1], Account: s.azure.account, Profile: s.azure.profile, Total: words[2], Due: day.Add(12 * time.Hour)})
		return err
	case "pay":
		return s.azure.Pay(words[1], "KVVISA")
	case "fail":
		s.azure.Fail(words[1], words[2])
		return nil
	case "reopen":
		s.azure.ChangeInvoice(words[1], func(i *sandbox.AzureInvoice) { i.Status, i.AmountDue, i.Payments = "Due", i.Total, nil })
		return nil
	case "wire":
		return s.azure.Wire(words[1])
	case "break":
		s.azure.Break(sandbox.AzureFault{Far: sandbox.AzureFar(words[1]), Kind: sandbox.AzureFaultKind(words[2]), Times: -1})
		return nil
	case "mend":
		s.azure.Mend()
		return nil
	case "unassign":
		s.azure.Unassign(s.roles[words[1]])
		return nil
	}
	return fmt.Errorf("nobody knows how azure should %q", words[0])
}

func (s *stage) openAzure(agreement string) error {
	if s.life != nil {
		return errors.New("the bot runs already")
	}
	a := &azureStage{Azure: sandbox.NewAzure(sandbox.AzureConfig{})}
	a.account = a.AddAccount(sandbox.AzureAccount{Agreement: map[string]sandbox.AzureAgreement{"online": sandbox.AzureOnline, "enterprise": sandbox.AzureEnterprise}[agreement]})
	a.profile = a.AddProfile(sandbox.AzureProfile{Account: a.account})
	a.AddMethod(sandbox.AzureMethod{ID: "KVVISA", Account: a.account, Profile: a.profile})
	a.Assign(sandbox.AzureAssignment{Account: a.account, Role: sandbox.AzureAccountReader, Principal: a.Config().Object})
	s.roles = map[string]string{}
	for name, role := range map[string]string{"asha": sandbox.AzureInvoiceManager, "bo": sandbox.AzureProfileOwner, "kim": sandbox.AzureProfileReader} {
		user := a.AddUser(sandbox.AzureUser{Name: name, Mail: name + "@fjord.example"})
		s.roles[name] = a.Assign(sandbox.AzureAssignment{Account: a.account, Profile: a.profile, Role: role, Principal: user})
	}
	s.azure = a
	s.env["KVITT_BILLING"], s.env["KVITT_AZURE_ACCOUNTS"], s.env["KVITT_SYNC"] = "azure", a.account, "@every 1h"
	for _, name := range []string{"KVITT_ADMINS", "STRIPE_API_KEY", "STRIPE_API_URL", "KVITT_STRIPE_CUSTOMERS"} {
		delete(s.env, name)
	}
	return nil
}

// wires are Azure's far ends for one run of the bot.
func (a *azureStage) wires(l *life) (azureWires, error) {
	if a == nil {
		return azureWires{}, nil
	}
	made, transport := a.Config(), l.client(a.Transport()).Transport
	credential, err := azure.Application{Tenant: made.Tenant, ClientID: made.ClientID, Secret: made.Secret}.Credential(transport)
	return azureWires{Transport: transport, Credential: credential}, err
}
