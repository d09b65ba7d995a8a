package azure

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"kvitt/billing"
)

// Finding is one thing that Look found, for kvitt check.
type Finding struct {
	Level Level
	About string // A setting, or an account.
	Found string
	Mend  string // What to do; empty with OK.
}

// Level is how bad a Finding is.
type Level string

const (
	OK   Level = "ok"
	Warn Level = "warn" // It works but will surprise.
	Name Level = "name" // Azure tells of nobody who may pay: it works where somebody is named, and else is a Fail.
	Fail Level = "FAIL" // It keeps somebody from being reminded, or the right to pay from being found out.
)

const permissionHelp = "In Entra, app registrations > API permissions, grant the application permission "

// Look tries what the Provider needs against the real services, within 20 s, and changes nothing: whose token it has, which agreement each account has and what that
// allows, how many invoices are open, which roles Kvitt itself has, and whether people and groups can be looked up.
func (p *Provider) Look(ctx context.Context) []Finding {
	ctx, cancel := limit(ctx)
	defer cancel()
	me, err := p.self(ctx, p.scopes.endpoint)
	if err != nil {
		return []Finding{found("AZURE_CLIENT_ID", err, "Look at the AZURE_ variables")}
	}
	findings := []Finding{me.finding()}
	roles := false
	for _, account := range p.accounts {
		k, err := p.kind(ctx, account.Account)
		if err != nil {
			findings = append(findings, found(account.String(), err, accessHelp))
			continue
		}
		findings = append(findings, k.finding(account), p.lookInvoices(ctx, account))
		if k.tellsRoles() {
			roles = true
			findings = append(findings, p.lookRoles(ctx, account, me)...)
		}
	}
	if roles {
		findings = append(findings, p.lookGraph(ctx)...)
	}
	return findings
}

const accessHelp = "Look at KVITT_AZURE_ACCOUNTS, and give Kvitt's application the role billing account reader (or billing profile reader) in the portal: " +
	"Cost Management + Billing > Access control (IAM)"

// found is an error as a Finding.
func found(about string, err error, mend string) Finding {
	if !errors.Is(err, billing.ErrSetup) {
		mend = "Try again; see that Azure can be reached from this machine"
	}
	return Finding{Fail, about, err.Error(), mend}
}

// finding says whose token it is.
func (s self) finding() Finding {
	proof := map[string]string{"1": "a client secret", "2": "a certificate or a federated token"}[s.Proof]
	switch {
	case s.Kind == "user":
		return Finding{Warn, "AZURE_CLIENT_ID", "signed in as a person, whose rights Kvitt then has",
			"Give Kvitt an identity of its own: an app registration or a managed identity"}
	case s.App == "":
		return Finding{OK, "AZURE_CLIENT_ID", "signed in; whose token it is cannot be told", ""}
	case proof == "":
		return Finding{OK, "AZURE_CLIENT_ID", fmt.Sprintf("signed in as application %s of tenant %s", s.App, s.Tenant), ""}
	}
	return Finding{OK, "AZURE_CLIENT_ID", fmt.Sprintf("signed in as application %s of tenant %s with %s", s.App, s.Tenant, proof), ""}
}

// allows says in words what a person can do in the portal.
var allows = map[billing.Terms]string{
	billing.TermsCard: "Pay now with a card", billing.TermsLimited: "bank transfer, or Pay now with a card up to a limit",
	billing.TermsBalance: "Settle balance, the whole balance of the card", billing.TermsTransfer: "bank transfer only",
}

func (k kind) finding(account Account) Finding {
	about := account.String()
	if k.Agreement == "" {
		return Finding{Warn, about, "its agreement is not known, so people are not told how it can be paid", accessHelp}
	}
	what := strings.TrimSpace(k.Agreement + " " + k.Type)
	if k.Name != "" {
		what = fmt.Sprintf("%q, %s", k.Name, what)
	}
	what += "; in the portal: " + cmp.Or(allows[k.terms()], "not known")
	if !k.tellsRoles() {
		return Finding{Name, about, what + "; Azure does not tell who may pay", "Name in KVITT_ADMINS who may; nobody else can pay or is reminded"}
	}
	return Finding{OK, about, what, ""}
}

// lookInvoices counts, and says how many could not be read.
func (p *Provider) lookInvoices(ctx context.Context, account Account) Finding {
	open, odd := 0, 0
	for row, err := range p.pages(ctx, account) {
		if err != nil {
			return found(account.String(), err, accessHelp)
		}
		raw, err := readInvoice(row)
		if err == nil && (!raw.isInvoice() || !p.wanted(account, raw)) {
			continue
		}
		in := billing.Invoice{Status: statusOf(raw.Properties.Status)}
		switch {
		case err != nil || amounts(&in, raw.Properties) != nil:
			odd++
		case leftToPay(in):
			open++
		}
	}
	if odd > 0 {
		return Finding{Fail, account.String(), fmt.Sprintf("invoices to pay: %d; %d more cannot be read and nobody is reminded of them", open, odd),
			"Look at them in the portal; the log names them"}
	}
	return Finding{OK, account.String(), fmt.Sprintf("invoices to pay: %d", open), ""}
}

// lookRoles reads the roles at an account, or at each of its profiles: how many may pay, and which are Kvitt's own.
func (p *Provider) lookRoles(ctx context.Context, account Account, me self) []Finding {
	scopes := []Account{account}
	if account.Profile == "" {
		names, err := p.profilesOf(ctx, account.Account)
		if err != nil {
			return []Finding{found(account.String(), err, accessHelp)}
		}
		for _, name := range names {
			scopes = append(scopes, Account{account.Account, name})
		}
	}
	var findings []Finding
	var own []assignment
	for _, at := range scopes {
		all, missing, err := p.assignments(ctx, at, time.Minute)
		if err = errors.Join(err, missing); err != nil {
			findings = append(findings, found(at.String(), err, accessHelp))
			continue
		}
		own = append(own, slices.DeleteFunc(slices.Clone(all), func(a assignment) bool { return me.Object == "" || a.principal != strings.ToLower(me.Object) })...)
		if at.Profile != "" && !slices.ContainsFunc(all, assignment.pays) {
			findings = append(findings, Finding{Fail, at.String(), "nobody there has a role that may pay", "Give somebody the role invoice manager at this billing profile"})
		}
	}
	if g, ok := p.given.last(Account{Account: account.Account}); ok && g.value.forbidden != nil {
		findings = append(findings, Finding{Warn, account.String(), "roles at the billing account cannot be read, so its owners are not known as people who may pay",
			"Give Kvitt's application the role billing account reader, or give those people a role at the profile"})
	}
	return append(findings, ownRoles(account, own)...)
}

// ownRoles warns where Kvitt may do more than it ever does.
func ownRoles(account Account, own []assignment) []Finding {
	var said []string
	var findings []Finding
	for _, a := range own {
		name := cmp.Or(roleTable[a.role].name, "an unknown role "+a.role) + " at " + cmp.Or(a.scope, "another scope")
		if slices.Contains(said, name) {
			continue
		}
		said = append(said, name)
		if roleTable[a.role].reads {
			findings = append(findings, Finding{OK, account.String(), "Kvitt itself is " + name, ""})
			continue
		}
		findings = append(findings, Finding{Warn, account.String(), "Kvitt itself is " + name + ", more than it needs",
			"Make it a reader: whoever steals its credential has this role"})
	}
	return findings
}

// lookGraph tries the two permissions.
func (p *Provider) lookGraph(ctx context.Context) []Finding {
	_, err := p.askUsers(ctx, "people", "/v1.0/users?$select=id", 1)
	if err != nil {
		return []Finding{found(graphName, err, permissionHelp+"User.Read.All of Microsoft Graph: without it nobody is known to have a role")}
	}
	findings := []Finding{{OK, graphName, "people can be looked up", ""}}
	var groups []struct{}
	_, err = askGraphList(ctx, p, "groups", "/v1.0/groups?$select=id&$top=1", nil, &groups)
	switch {
	case status(err) == http.StatusForbidden:
		return append(findings, Finding{Warn, graphName, "groups cannot be looked into, so nobody may pay through a group",
			permissionHelp + "GroupMember.Read.All, if roles are given to groups"})
	case err != nil:
		return append(findings, found(graphName, err, ""))
	}
	return append(findings, Finding{OK, graphName, "groups can be looked into", ""})
}
