package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"time"

	"kvitt/billing/azure"
	"kvitt/sandbox"
)

// azureOfDemo is a billing account through a representative, whose invoices are paid by people. In it Asha manages invoices, Bo owns the billing
// profile, and Kim may only read.
type azureOfDemo struct {
	*sandbox.Azure
	account string
}

// tokenLife outlives every skip of the time machine: Microsoft's client renews tokens by the machine's clock.
const tokenLife = 10 * 365 * 24 * time.Hour

func (w *world) openAzure() {
	a := azureOfDemo{Azure: sandbox.NewAzure(sandbox.AzureConfig{Now: w.clock.Now, TokenLife: tokenLife})}
	a.account = a.AddAccount(sandbox.AzureAccount{Agreement: sandbox.AzureEnterprise})
	profile := a.AddProfile(sandbox.AzureProfile{Account: a.account, Display: "Fjord Engineering"})
	a.AddMethod(sandbox.AzureMethod{Account: a.account, Profile: profile})
	a.Assign(sandbox.AzureAssignment{Account: a.account, Role: sandbox.AzureAccountReader, Principal: a.Config().Object})
	for name, role := range map[string]string{"asha": sandbox.AzureInvoiceManager, "bo": sandbox.AzureProfileOwner, "kim": sandbox.AzureProfileReader} {
		user := a.AddUser(sandbox.AzureUser{Name: name, Mail: name + "@fjord.example"})
		a.Assign(sandbox.AzureAssignment{Account: a.account, Profile: profile, Role: role, Principal: user})
	}
	a.AddInvoice(sandbox.AzureInvoice{Number: "G094172385", Account: a.account, Profile: profile, Total: "2417.85", Due: w.day(2)})
	w.azure = a
}

// wires lead the bot to the pretend Azure over TLS, as Microsoft's client insists; only here is its throw-away authority trusted.
func (a azureOfDemo) wires(url, portal string, authority []byte) (azureWires, error) {
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(authority) {
		return azureWires{}, errors.New("the demo's own certificate cannot be read")
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	made := a.Config()
	credential, err := azure.Application{Authority: url, Tenant: made.Tenant, ClientID: made.ClientID, Secret: made.Secret}.Credential(transport)
	return azureWires{Transport: transport, Credential: credential, Portal: portal}, err
}
