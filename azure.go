package main

import (
	"net/http"
	"os"

	"kvitt/billing"
	"kvitt/billing/azure"
)

// azureWires are the far ends of Azure in tests; the zero value is the real one.
type azureWires struct {
	Transport  http.RoundTripper
	Credential azure.Credential
	Portal     string // Where people sign in.
}

// azure wires the invoices of Azure billing accounts.
func (a *app) azure() (billing.Provider, error) {
	s, w := a.settings.Azure, a.wires.Azure
	if w.Credential == nil {
		a.lend()
	}
	var accounts []azure.Account
	for _, account := range s.Accounts {
		accounts = append(accounts, azure.Account{Account: account.Account, Profile: account.Profile})
	}
	return azure.New(azure.Config{Accounts: accounts, Endpoint: s.Endpoint, GraphEndpoint: s.GraphEndpoint, Zone: a.settings.Zone,
		Transport: w.Transport, Credential: w.Credential, Portal: w.Portal, Now: a.now, Log: a.log})
}

// lend puts what was set for azidentity into the environment, the only place where it looks: some of it may have come from a file.
func (a *app) lend() {
	for name, value := range a.settings.Azure.Environ {
		_ = os.Setenv(name, value.Reveal()) // It fails for names and values that the settings refuse.
	}
}

// withRoles are the billing services that say themselves who may pay.
func withRoles(providers []billing.Provider) map[string]billing.Roles {
	all := map[string]billing.Roles{}
	for _, p := range providers {
		if roles, ok := p.(billing.Roles); ok {
			all[p.Name()] = roles
		}
	}
	return all
}
