package azure

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"kvitt/billing"
)

// given is who has which role by one list of assignments.
type given struct {
	assignments []assignment
	forbidden   error // Set where the list may not be read.
}

// Accounts implements billing.Roles: every profile that the settings name or that an account of theirs has, and an account that has none itself.
func (p *Provider) Accounts(ctx context.Context) ([]string, error) {
	ctx, cancel := limit(ctx)
	defer cancel()
	var accounts []string
	for _, a := range p.accounts {
		if a.Profile != "" {
			accounts = append(accounts, a.String())
			continue
		}
		profiles, err := p.profilesOf(ctx, a.Account)
		if err != nil {
			return nil, err
		}
		for _, name := range profiles {
			accounts = append(accounts, Account{a.Account, name}.String())
		}
		if len(profiles) == 0 {
			accounts = append(accounts, a.Account)
		}
	}
	return accounts, nil
}

// profilesOf lists the profiles of an account, where its agreement has any.
func (p *Provider) profilesOf(ctx context.Context, account string) ([]string, error) {
	k, err := p.kind(ctx, account)
	if err != nil || k.Agreement == online || k.Agreement == enterprise {
		return nil, err
	}
	return p.profiles.get(account, p.now(), knownFor, func() ([]string, error) {
		var names []string
		for row, err := range rows(ctx, p, account, "the billing profiles of "+account, p.billing.NewProfilesClient().NewListByBillingAccountPager(account, nil)) {
			if err != nil {
				return nil, err
			}
			var raw struct {
				Name string `json:"name"`
			}
			if json.Unmarshal(row, &raw) == nil && validName.MatchString(raw.Name) {
				names = append(names, raw.Name)
			}
		}
		return names, nil
	})
}

// MayPay implements billing.Roles. Roles at the account count for every profile of it, as the documentation says that they are inherited; roles of a group count for
// its members, those of groups within it included.
func (p *Provider) MayPay(ctx context.Context, account string, who billing.Person, maxAge time.Duration) (billing.Grant, error) {
	ctx, cancel := limit(ctx)
	defer cancel()
	paying, missing, err := p.paying(ctx, account, maxAge)
	if err != nil {
		return billing.Grant{}, err
	}
	if len(paying) > 0 {
		grant, err := p.among(ctx, paying, who, maxAge)
		if err != nil || grant != (billing.Grant{}) {
			return grant, err
		}
	}
	return billing.Grant{}, missing // Of what could be read nothing lets them pay.
}

// among finds the first of the assignments that is somebody's, themselves or through a group.
func (p *Provider) among(ctx context.Context, paying []assignment, who billing.Person, maxAge time.Duration) (billing.Grant, error) {
	person, found, err := p.person(ctx, who, maxAge)
	if err != nil || !found {
		return billing.Grant{}, err
	}
	for _, a := range paying {
		if a.mayBe(aUser) && a.principal == person.ID {
			return a.grant(person), nil
		}
	}
	candidates, err := p.groupsAmong(ctx, paying)
	if err != nil || len(candidates) == 0 {
		return billing.Grant{}, err
	}
	in, err := p.memberOf(ctx, person.ID, candidates, maxAge)
	if err != nil {
		return billing.Grant{}, err
	}
	for _, a := range paying {
		if a.mayBe(aGroup) && slices.Contains(in, a.principal) {
			return a.grant(person), nil
		}
	}
	return billing.Grant{}, nil
}

func (a assignment) grant(to user) billing.Grant {
	return billing.Grant{Role: roleTable[a.role].name, Scope: a.scope, Identity: to.ID}
}

// groupsAmong lists the principals that may be groups. Which of those without a type are people is asked for, because looking into groups takes
// a permission of its own (GroupMember.Read.All), which a company that gives roles to people only need not grant.
func (p *Provider) groupsAmong(ctx context.Context, paying []assignment) ([]string, error) {
	var unsure, groups []string
	for _, a := range paying {
		switch {
		case a.kind == "":
			unsure = append(unsure, a.principal)
		case a.mayBe(aGroup):
			groups = append(groups, a.principal)
		}
	}
	people, err := p.usersOf(ctx, unsure, knownFor)
	if err != nil {
		return nil, err
	}
	for _, id := range unsure {
		if !slices.ContainsFunc(people, func(u user) bool { return u.ID == id }) {
			groups = append(groups, id)
		}
	}
	slices.Sort(groups)
	return slices.Compact(groups), nil
}

// paying lists the assignments that let somebody pay the invoices of an account. missing is the error of the one list that may not be read and could hold
// a further one; it is nil for a bot that reads a profile and not its account, because then owners of the account are not known by design.
func (p *Provider) paying(ctx context.Context, account string, maxAge time.Duration) (found []assignment, missing, err error) {
	at, err := p.accountOf(ctx, account)
	if err != nil {
		return nil, nil, err
	}
	all, missing, err := p.assignments(ctx, at, maxAge)
	if err != nil {
		return nil, nil, err
	}
	tenant, err := p.self(ctx, p.scopes.graph)
	if err != nil {
		return nil, nil, err
	}
	for _, a := range all {
		if a.pays() && a.ofTenant(tenant.Tenant) && (a.mayBe(aUser) || a.mayBe(aGroup)) {
			found = append(found, a)
		}
	}
	return found, missing, nil
}

// ofTenant leaves out principals of another tenant than the one that Graph answers for: their ids mean nothing there. Where either tenant is not
// known, the id alone counts; object ids are unique across tenants.
func (a assignment) ofTenant(tenant string) bool {
	return a.tenant == "" || tenant == "" || strings.EqualFold(a.tenant, tenant)
}

// accountOf reads an Invoice.Account that the settings name, of a kind that has roles.
func (p *Provider) accountOf(ctx context.Context, text string) (Account, error) {
	account, profile, _ := strings.Cut(text, "/")
	name, profiles, ok := p.configured(account)
	named := len(profiles) == 0 || slices.ContainsFunc(profiles, func(s string) bool { return strings.EqualFold(s, profile) })
	if !ok || !named || profile != "" && !validName.MatchString(profile) {
		return Account{}, fmt.Errorf("billing account %q is not among those that are looked at: %w", text, billing.ErrNotFound)
	}
	k, err := p.kind(ctx, name)
	if err == nil && !k.tellsRoles() {
		err = fmt.Errorf("%s (%s): %w", name, k.Agreement, billing.ErrNoRoles)
	}
	return Account{name, profile}, err
}

// assignments is the union of both scopes (billing roles are inherited downwards and are not listed twice for certain). A list that may not be read is no
// failure while the other one can be; which lists a role may read is in understand-mca-roles.
func (p *Provider) assignments(ctx context.Context, at Account, maxAge time.Duration) (all []assignment, missing, err error) {
	account, err := p.givenAt(ctx, Account{Account: at.Account}, maxAge)
	if err != nil || at.Profile == "" {
		return account.assignments, nil, errors.Join(err, account.forbidden)
	}
	profile, err := p.givenAt(ctx, at, maxAge)
	switch {
	case err != nil:
		return nil, nil, err
	case account.forbidden != nil && profile.forbidden != nil:
		return nil, nil, errors.Join(account.forbidden, profile.forbidden)
	case account.forbidden != nil:
		p.logOnce(ctx, "who has a role at the billing account cannot be read, so its owners are not known as such; give Kvitt the role billing account reader",
			at.Account, account.forbidden)
	}
	return slices.Concat(account.assignments, profile.assignments), profile.forbidden, nil
}

// givenAt reads one list. "For the caller", says the documentation of it; the real answer lists everybody's.
func (p *Provider) givenAt(ctx context.Context, at Account, maxAge time.Duration) (given, error) {
	return p.given.get(at, p.now(), maxAge, func() (given, error) {
		client, what := p.billing.NewRoleAssignmentsClient(), "the roles at "+at.String()
		list := rows(ctx, p, at.Account, what, client.NewListByBillingAccountPager(at.Account, nil))
		if at.Profile != "" {
			list = rows(ctx, p, at.Account, what, client.NewListByBillingProfilePager(at.Account, at.Profile, nil))
		}
		var g given
		for row, err := range list {
			if status(err) == http.StatusForbidden {
				return given{forbidden: err}, nil
			}
			if err != nil {
				return given{}, err
			}
			if a, ok := readAssignment(row, at); ok {
				g.assignments = append(g.assignments, a)
			}
		}
		return g, nil
	})
}

// readAssignment reads one row; what has no principal or no role gives nothing to anybody.
func readAssignment(row json.RawMessage, at Account) (assignment, bool) {
	var raw struct {
		Properties struct {
			Principal string `json:"principalId"`
			Tenant    string `json:"principalTenantId"`
			Kind      string `json:"principalType"`
			Role      string `json:"roleDefinitionId"`
			Scope     string `json:"scope"`
		} `json:"properties"`
	}
	if json.Unmarshal(row, &raw) != nil {
		return assignment{}, false
	}
	r := raw.Properties
	a := assignment{role: strings.ToLower(r.Role[strings.LastIndex(r.Role, "/")+1:]), principal: strings.ToLower(r.Principal), tenant: r.Tenant, kind: r.Kind}
	a.placed(r.Scope, at)
	return a, guid.MatchString(a.principal) && a.role != ""
}
