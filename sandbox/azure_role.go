package sandbox

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Billing roles of a Microsoft Customer Agreement and, at the end, of an Enterprise Agreement, by the name of their definition
// (learn.microsoft.com/azure/cost-management-billing/manage/understand-mca-roles and …/assign-roles-azure-service-principals).
const (
	AzureAccountOwner       = "50000000-aaaa-bbbb-cccc-100000000000"
	AzureAccountContributor = "50000000-aaaa-bbbb-cccc-100000000001"
	AzureAccountReader      = "50000000-aaaa-bbbb-cccc-100000000002"
	AzureBasicPurchaser     = "50000000-aaaa-bbbb-cccc-100000000003"
	AzureProfileOwner       = "40000000-aaaa-bbbb-cccc-100000000000"
	AzureProfileContributor = "40000000-aaaa-bbbb-cccc-100000000001"
	AzureProfileReader      = "40000000-aaaa-bbbb-cccc-100000000002"
	AzureInvoiceManager     = "40000000-aaaa-bbbb-cccc-100000000004"
	AzureEnrollmentAdmin    = "9f1983cb-2574-400c-87e9-34cf8e2280db"
	AzureEnrollmentReader   = "24f8edb6-1668-4659-b5e2-40bb5f3a7d7e"
	AzureEAPurchaser        = "da6647fb-7651-49ee-be91-c43c4877f0c4"
)

// azureRole is one role: where it can be given, whether it may read invoices and role assignments, and some of its actions.
type azureRole struct {
	name    string
	profile bool
	ea      bool
	reads   bool
	actions []string
}

var azureRoles = map[string]azureRole{
	AzureAccountOwner: {name: "Billing account owner", reads: true, actions: []string{"50000000-aaaa-bbbb-cccc-200000000000",
		"50000000-aaaa-bbbb-cccc-200000000001", "40000000-aaaa-bbbb-cccc-200000000006"}},
	AzureAccountContributor: {name: "Billing account contributor", reads: true, actions: []string{"50000000-aaaa-bbbb-cccc-200000000001",
		"50000000-aaaa-bbbb-cccc-200000000002", "40000000-aaaa-bbbb-cccc-200000000006"}},
	AzureAccountReader: {name: "Billing account reader", reads: true, actions: []string{"50000000-aaaa-bbbb-cccc-200000000001",
		"40000000-aaaa-bbbb-cccc-200000000006"}},
	AzureBasicPurchaser: {name: "Basic Purchaser", actions: []string{"50000000-aaaa-bbbb-cccc-200000000001"}},
	AzureProfileOwner: {name: "Billing profile owner", profile: true, reads: true, actions: []string{"40000000-aaaa-bbbb-cccc-200000000000",
		"40000000-aaaa-bbbb-cccc-200000000006"}},
	AzureProfileContributor: {name: "Billing profile contributor", profile: true, reads: true, actions: []string{
		"40000000-aaaa-bbbb-cccc-200000000001", "40000000-aaaa-bbbb-cccc-200000000006"}},
	AzureProfileReader: {name: "Billing profile reader", profile: true, reads: true, actions: []string{"40000000-aaaa-bbbb-cccc-200000000006"}},
	AzureInvoiceManager: {name: "Invoice manager", profile: true, reads: true, actions: []string{"40000000-aaaa-bbbb-cccc-200000000006",
		"40000000-aaaa-bbbb-cccc-200000000007"}},
	AzureEnrollmentAdmin:  {name: "Enterprise Administrator", ea: true, reads: true},
	AzureEnrollmentReader: {name: "EnrollmentReader", ea: true, reads: true},
	AzureEAPurchaser:      {name: "EA purchaser", ea: true, reads: true},
}

// AzureAssignment is a billing role that somebody holds.
type AzureAssignment struct {
	Account   string
	Profile   string // Empty: on the account, and with it on every profile.
	Role      string // One of the roles above, or any other that a test makes up.
	Principal string // Object id of a user, a group or a service principal.
	Tenant    string // The principal's; default: the tenant.

	// Type is principalType. By default it is what the principal is in the directory; "-" leaves it out, as versions before 2024-04-01 did.
	Type  string
	Email string // Told under EA only, as in life.
}

type azureAssignment struct {
	AzureAssignment
	name    string
	created time.Time
}

// reaches tells whether the role is held at the account or at the given profile of it; one on the account reaches every profile.
func (held *azureAssignment) reaches(account *AzureAccount, profile *AzureProfile) bool {
	return held.Account == account.Name && (held.Profile == "" || profile != nil && held.Profile == profile.Name)
}

// Assign gives a role, and returns the assignment's name.
func (a *Azure) Assign(given AzureAssignment) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	account := a.mustAccount(given.Account)
	if given.Profile != "" {
		a.mustProfile(given.Account, given.Profile)
	}
	if account.Agreement == AzureMOSP {
		panic("sandbox: an account under MOSP has no billing roles")
	}
	name := given.Role + "_" + given.Principal
	if account.Agreement == AzureEA {
		name = a.newGUID()
	}
	a.assignments = append(a.assignments, azureAssignment{AzureAssignment: given, name: name, created: a.config.Now()})
	return name
}

// Unassign takes a role away again, by the assignment's name, wherever it was given.
func (a *Azure) Unassign(name string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.assignments = slices.DeleteFunc(a.assignments, func(held azureAssignment) bool { return held.name == name })
}

// listAssignments lists everybody's roles at exactly the scope of the path, although its documentation says "for the caller". Whether the
// real one lists at a profile what is inherited from the account is not documented; this one does not.
func (a *Azure) listAssignments(req *azureRequest) (object, *azureError) {
	account, profile, err := a.findScope(req)
	if err != nil {
		return nil, err
	}
	if account.Agreement == AzureMOSP {
		return nil, azureInvalid("BadRequest", "Billing role assignments are not supported for the agreement type of this account.")
	}
	rows := []object{}
	for _, held := range a.assignments {
		if held.Account == account.Name && (profile == nil && held.Profile == "" || profile != nil && held.Profile == profile.Name) {
			rows = append(rows, a.renderAssignment(account, profile, held))
		}
	}
	return req.page(rows, false)
}

func (a *Azure) renderAssignment(account *AzureAccount, profile *AzureProfile, held azureAssignment) object {
	scope, kind := account.id(), "Microsoft.Billing/billingAccounts/billingRoleAssignments"
	if profile != nil {
		scope, kind = profile.id(), "Microsoft.Billing/billingAccounts/billingProfiles/billingRoleAssignments"
	}
	p := object{
		"createdOn": azureTime(held.created), "createdByPrincipalId": a.config.Object, "createdByPrincipalTenantId": a.config.Tenant,
		"modifiedOn": azureTime(time.Time{}), "principalId": held.Principal, "principalTenantId": cmp.Or(held.Tenant, a.config.Tenant),
		"roleDefinitionId": scope + "/billingRoleDefinitions/" + held.Role, "scope": scope,
	}
	if account.Agreement == AzureEA {
		p["modifiedOn"], p["userAuthenticationType"] = azureTime(held.created), "Organization"
		if held.Email != "" {
			p["userEmailAddress"] = held.Email
		}
	} else if principal := a.principalType(held); principal != "" {
		p["principalType"] = principal
	}
	return azureResource(scope+"/billingRoleAssignments/"+held.name, held.name, kind, p)
}

func (a *Azure) principalType(held azureAssignment) string {
	switch {
	case held.Type == "-":
		return ""
	case held.Type != "":
		return held.Type
	case a.findUser(held.Principal) != nil:
		return "User"
	case a.findGroup(held.Principal) != nil:
		return "Group"
	case held.Principal == a.config.Object:
		return "ServicePrincipal"
	}
	return "Unknown"
}

func (a *Azure) listDefinitions(req *azureRequest) (object, *azureError) {
	account, profile, err := a.findScope(req)
	if err != nil {
		return nil, err
	}
	scope, rows := account.id(), []object{}
	if profile != nil {
		scope = profile.id()
	}
	for id, role := range azureRoles {
		if role.profile != (profile != nil) || role.ea != (account.Agreement == AzureEA) {
			continue
		}
		rows = append(rows, azureResource(scope+"/billingRoleDefinitions/"+id, id, "Microsoft.Billing/billingAccounts/billingRoleDefinitions",
			object{"roleName": role.name, "permissions": []object{{"actions": role.actions}}}))
	}
	slices.SortFunc(rows, func(x, y object) int { return strings.Compare(x["name"].(string), y["name"].(string)) })
	return req.page(rows, false)
}

// listPermissions tells what the CALLER may do, never anybody else. A caller without a role gets an empty list, as recorded.
func (a *Azure) listPermissions(req *azureRequest) (object, *azureError) {
	account, profile, err := a.lookScope(req)
	if err != nil {
		return nil, err
	}
	actions, holders := []string{}, a.holders(req.token.object)
	for _, held := range a.assignments {
		if held.reaches(account, profile) && slices.Contains(holders, held.Principal) {
			actions = append(actions, azureRoles[held.Role].actions...)
		}
	}
	slices.Sort(actions)
	return object{"value": []object{{"actions": slices.Compact(actions)}}}, nil
}
