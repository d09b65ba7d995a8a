package azure

import (
	"path"
	"strings"
)

// level is at which scope a role is given for what the table says of it to hold.
type level string

const (
	nowhere   level = "" // A scope that has nothing to do with invoices: an invoice section, a customer, a department.
	atAccount level = "billing account"
	atProfile level = "billing profile"
)

// role is what Microsoft's documentation says of one role.
type role struct {
	name   string
	at     level
	pays   bool
	reads  bool // It only reads: enough for Kvitt itself.
	source string
}

const (
	mcaRoles  = `understand-mca-roles, row "Pay invoices with credit card"`
	eaRoles   = "assign-roles-azure-service-principals"
	noPayRow  = "understand-mca-roles: invoices are at the billing profile, this role has no row about them"
	contested = mcaRoles + ": yes in the billing account's table, no in the billing profile's"
	examples  = "armbilling's examples only; not in understand-mca-roles"
)

// roleTable is who may pay, by the id of the role definition. The names and ids are those of armbilling's examples of role definitions and, for accounts,
// of recorded answers; the verdicts those of learn.microsoft.com/azure/cost-management-billing/manage/understand-mca-roles (02/10/2026).
//
// Of the billing account contributor the documentation says both. It may not pay here: a wrong no costs a question, a wrong yes costs money.
// Ids are only unique within a scope: at a department, 50000000-…00 is another role. A role that is not in the table may not pay.
var roleTable = map[string]role{
	"50000000-aaaa-bbbb-cccc-100000000000": {"Billing account owner", atAccount, true, false, mcaRoles},
	"50000000-aaaa-bbbb-cccc-100000000001": {"Billing account contributor", atAccount, false, false, contested},
	"50000000-aaaa-bbbb-cccc-100000000002": {"Billing account reader", atAccount, false, true, mcaRoles},
	"50000000-aaaa-bbbb-cccc-100000000003": {"Basic Purchaser", atAccount, false, false, examples},

	"40000000-aaaa-bbbb-cccc-100000000000": {"Billing profile owner", atProfile, true, false, mcaRoles},
	"40000000-aaaa-bbbb-cccc-100000000001": {"Billing profile contributor", atProfile, true, false, mcaRoles},
	"40000000-aaaa-bbbb-cccc-100000000002": {"Billing profile reader", atProfile, false, true, mcaRoles},
	"40000000-aaaa-bbbb-cccc-100000000004": {"Invoice manager", atProfile, true, false, mcaRoles},

	"30000000-aaaa-bbbb-cccc-100000000000": {"Invoice section owner", nowhere, false, false, noPayRow},
	"30000000-aaaa-bbbb-cccc-100000000001": {"Invoice section contributor", nowhere, false, false, noPayRow},
	"30000000-aaaa-bbbb-cccc-100000000002": {"Invoice section reader", nowhere, false, true, noPayRow},
	"30000000-aaaa-bbbb-cccc-100000000006": {"Azure subscription creator", nowhere, false, false, noPayRow},

	"24f8edb6-1668-4659-b5e2-40bb5f3a7d7e": {"EnrollmentReader", atAccount, false, true, eaRoles},
	"da6647fb-7651-49ee-be91-c43c4877f0c4": {"EA purchaser", atAccount, false, false, eaRoles},
	"db609904-a47f-4794-9be8-9bd86fbffd8a": {"DepartmentReader", nowhere, false, true, eaRoles},
	"a0bcee42-bf30-4d1b-926a-48d21664ef71": {"SubscriptionCreator", nowhere, false, false, eaRoles},
}

// The principal types that can be somebody who pays (armbilling.PrincipalType). Real answers leave the type out, so what is not said is looked up.
// Everyone, DirectoryRole, ServicePrincipal, None, Unknown and what may come later are nobody.
const (
	aUser  = "User"
	aGroup = "Group"
)

// assignment is one role given to one principal.
type assignment struct {
	role      string // The id of its definition, lower case.
	principal string // Object id, lower case.
	tenant    string // Of the principal; may be empty.
	kind      string // Principal type; may be empty.
	at        level
	scope     string // For people.
}

// pays says whether the table lets this role pay where it was given.
func (a assignment) pays() bool {
	r, ok := roleTable[a.role]
	return ok && r.pays && r.at == a.at
}

func (a assignment) mayBe(kind string) bool { return a.kind == "" || strings.EqualFold(a.kind, kind) }

// placed finds out what an assignment's scope is to an account and profile. Where it says none, it is that of the list in which it came.
func (a *assignment) placed(scope string, list Account) {
	account := accountPath(list.Account)
	own := account
	if list.Profile != "" {
		own += "/billingProfiles/" + list.Profile
	}
	if scope == "" {
		scope = own
	}
	scope = strings.TrimSuffix(scope, "/")
	switch {
	case strings.EqualFold(scope, account):
		a.at = atAccount
	case list.Profile != "" && strings.EqualFold(scope, own):
		a.at = atProfile
	default:
		return
	}
	a.scope = string(a.at) + " " + path.Base(scope)
}
