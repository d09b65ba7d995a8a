package main

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"kvitt/sandbox"
)

// branch is an office whose invoices are those of a billing account of Azure, on loopback without TLS. Asha manages its invoices; Bo has no role.
type branch struct {
	*office
	azure   *sandbox.Azure
	account string
	profile string
	url     string
}

func newBranch(t *testing.T) *branch {
	t.Helper()
	b := &branch{office: newOffice(t), azure: sandbox.NewAzure(sandbox.AzureConfig{})}
	server := httptest.NewServer(b.azure.Handler())
	t.Cleanup(server.Close)
	b.url = server.URL
	b.account = b.azure.AddAccount(sandbox.AzureAccount{Agreement: sandbox.AzureEnterprise})
	b.profile = b.azure.AddProfile(sandbox.AzureProfile{Account: b.account})
	b.azure.AddMethod(sandbox.AzureMethod{Account: b.account, Profile: b.profile})
	b.azure.Assign(sandbox.AzureAssignment{Account: b.account, Role: sandbox.AzureAccountReader, Principal: b.azure.Config().Object})
	asha := b.azure.AddUser(sandbox.AzureUser{Name: "Asha", Mail: "asha@fjord.example"})
	b.azure.Assign(sandbox.AzureAssignment{Account: b.account, Profile: b.profile, Role: sandbox.AzureInvoiceManager, Principal: asha})
	b.azure.AddInvoice(sandbox.AzureInvoice{Number: "G000123456", Account: b.account, Profile: b.profile, Total: "1200.00", Due: time.Now().AddDate(0, 0, 3)})
	return b
}

// lines are the operator's. What check lends to Microsoft's client goes back when the test is over.
func (b *branch) lines(more ...string) []string {
	made := b.azure.Config()
	for _, name := range []string{"AZURE_AUTHORITY_HOST", "AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"} {
		b.t.Setenv(name, "")
	}
	return append([]string{"KVITT_BILLING=azure", "KVITT_ADMINS=", "KVITT_ZONE=Europe/Oslo", "STRIPE_API_KEY=", "STRIPE_API_URL=", "KVITT_STRIPE_CUSTOMERS=", "KVITT_AZURE_ACCOUNTS=" + b.account,
		"KVITT_AZURE_ENDPOINT=" + b.url, "KVITT_GRAPH_ENDPOINT=" + b.url, "AZURE_AUTHORITY_HOST=" + b.url,
		"AZURE_TENANT_ID=" + made.Tenant, "AZURE_CLIENT_ID=" + made.ClientID, "AZURE_CLIENT_SECRET=" + made.Secret}, more...)
}

func says(lines []string, words ...string) bool {
	return slices.ContainsFunc(lines, func(line string) bool {
		return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(line, w) })
	})
}

func TestCheckLooksAtAzure(t *testing.T) {
	b := newBranch(t)
	lines := b.checked(well, b.lines()...)
	for _, want := range [][]string{{"ok  ", "AZURE_CLIENT_ID", "signed in as application"}, {"ok  ", "open invoices: 1"}, {"ok  ", "MicrosoftCustomerAgreement"}, {"ok  ", "Kvitt itself is Billing account reader"},
		{"ok  ", "people can be looked up"}} {
		if !says(lines, want...) {
			t.Errorf("no line says %q", want)
		}
	}
	b.azure.Assign(sandbox.AzureAssignment{Account: b.account, Role: sandbox.AzureAccountOwner, Principal: b.azure.Config().Object})
	if lines = b.checked(well, b.lines()...); !says(lines, "warn", "more than it needs") {
		t.Error("no line warns that Kvitt may do more than it ever does")
	}
	if lines = b.checked(failed, b.lines("AZURE_CLIENT_SECRET=guessed")...); !says(lines, "FAIL", "AZURE_") {
		t.Error("no line is FAIL about a wrong secret")
	}
}

func TestCheckFailsWhereNobodyIsReminded(t *testing.T) {
	b := newBranch(t)
	online := b.azure.AddAccount(sandbox.AzureAccount{Agreement: sandbox.AzureMOSP, Readers: []string{b.azure.Config().Object}})
	if lines := b.checked(failed, b.lines("KVITT_AZURE_ACCOUNTS="+online)...); !says(lines, "FAIL", "does not tell who may pay", "KVITT_ADMINS") {
		t.Error("no line is FAIL about an account of which nobody is named")
	}
	if lines := b.checked(well, b.lines("KVITT_AZURE_ACCOUNTS="+online, "KVITT_ADMINS="+b.asha)...); !says(lines, "warn", "does not tell who may pay") {
		t.Error("no line warns that only who is named may pay")
	}
}

func TestCheckFindsAnAddressThatLeadsToSomebodyElsesIdentity(t *testing.T) {
	b := newBranch(t)
	p := start(t, b.settings(b.lines()...), "serve")
	b.ready(p, http.StatusOK, "")
	b.soon("a reminder", 30*time.Second, func() bool { _, ok := b.card(b.slack.DM(b.asha), "G000123456"); return ok })
	b.slack.SetPerson(b.asha, func(p *sandbox.Person) { p.Email = "former@fjord.example" })
	mallory := b.slack.AddPerson(sandbox.Person{Name: "Mallory", Email: "asha@fjord.example"})
	b.soon("the next look at who may pay", 30*time.Second, func() bool { return strings.Contains(p.said(), "somebody else's") })
	lines := b.checked(failed, b.lines()...)
	if !says(lines, "FAIL", "KVITT_IDENTITIES", "was pinned to "+b.asha, "the e-mail address of "+mallory, "set KVITT_IDENTITIES="+mallory+"=") {
		t.Errorf("no line is FAIL about the address")
	}
	if card, ok := b.card(b.slack.DM(mallory), "G000123456"); ok {
		t.Errorf("Mallory was reminded: %v", card)
	}
	if code, _ := p.stop(); code != well {
		t.Errorf("it exited with %d", code)
	}
}
