package azure_test

import (
	"fmt"
	"net/http"
	"testing"

	"kvitt/billing"
	"kvitt/billing/azure"
)

// verdicts is Microsoft's table, written down a second time: which role may pay, and at which scope it can be given.
var verdicts = []struct {
	role, name string
	scope      string // Where it may pay; empty: nowhere.
}{
	{"50000000-aaaa-bbbb-cccc-100000000000", "Billing account owner", "account"},
	{"50000000-aaaa-bbbb-cccc-100000000001", "Billing account contributor", ""}, // Documented both ways; denied.
	{"50000000-aaaa-bbbb-cccc-100000000002", "Billing account reader", ""},
	{"50000000-aaaa-bbbb-cccc-100000000003", "Basic Purchaser", ""},
	{"40000000-aaaa-bbbb-cccc-100000000000", "Billing profile owner", "profile"},
	{"40000000-aaaa-bbbb-cccc-100000000001", "Billing profile contributor", "profile"},
	{"40000000-aaaa-bbbb-cccc-100000000002", "Billing profile reader", ""},
	{"40000000-aaaa-bbbb-cccc-100000000004", "Invoice manager", "profile"},
	{"30000000-aaaa-bbbb-cccc-100000000000", "Invoice section owner", ""},
	{"30000000-aaaa-bbbb-cccc-100000000001", "Invoice section contributor", ""},
	{"30000000-aaaa-bbbb-cccc-100000000002", "Invoice section reader", ""},
	{"30000000-aaaa-bbbb-cccc-100000000006", "Azure subscription creator", ""},
	{"24f8edb6-1668-4659-b5e2-40bb5f3a7d7e", "EnrollmentReader", ""},
	{"da6647fb-7651-49ee-be91-c43c4877f0c4", "EA purchaser", ""},
	{"db609904-a47f-4794-9be8-9bd86fbffd8a", "DepartmentReader", ""},
	{"a0bcee42-bf30-4d1b-926a-48d21664ef71", "SubscriptionCreator", ""},
	{"99999999-aaaa-bbbb-cccc-100000000000", "a role that nobody knows", ""},
}

// kinds is every principal type, and whether Asha can be it; the empty one is what real answers have.
var kinds = map[string]bool{"": true, "User": true, "Group": false, "ServicePrincipal": false, "DirectoryRole": false, "Everyone": false, "None": false, "Unknown": false, "New": false}

func TestOnlyTheRolesOfMicrosoftsTableMayPayAndOnlyAtTheirScope(t *testing.T) {
	scopes := map[string]string{
		"account": accountPath, "profile": profilePath,
		"section": profilePath + "/invoiceSections/ABCD", "other profile": accountPath + "/billingProfiles/OTHER", "other account": accountPath + "9",
	}
	for _, v := range verdicts {
		for scopeName, scope := range scopes {
			for kind, canBe := range kinds {
				t.Run(fmt.Sprintf("%s at %s as %q", v.name, scopeName, kind), func(t *testing.T) {
					w := newWorld()
					w.member(asha, "asha@example.com")
					given := w.give(accountPath, v.role, asha)
					if scopeName != "account" && scopeName != "other account" {
						w.roles[profilePath], w.roles[accountPath] = w.roles[accountPath], nil
					}
					given["scope"] = scope
					if kind != "" {
						given["principalType"] = kind
					}
					grant, err := w.provider(t).MayPay(t.Context(), account+"/"+profile, byMail("asha@example.com"), 0)
					if err != nil {
						t.Fatal(err)
					}
					want := billing.Grant{}
					if v.scope == scopeName && canBe {
						want = billing.Grant{Role: v.name, Scope: map[string]string{"account": "billing account " + account, "profile": "billing profile " + profile}[scopeName], Identity: asha}
					}
					if grant != want {
						t.Errorf("the grant is %+v, want %+v", grant, want)
					}
				})
			}
		}
	}
}

func TestARoleAtTheAccountCountsForEveryProfileAndARoleAtAProfileForThatOne(t *testing.T) {
	w := newWorld()
	w.member(asha, "asha@example.com")
	w.member(bo, "bo@example.com")
	w.give(accountPath, accountOwner, asha)
	w.give(profilePath, invoiceManager, bo)
	p := w.provider(t)
	for who, accounts := range map[string]map[string]bool{
		"asha@example.com": {account + "/" + profile: true, account + "/OTHER": true, account: true},
		"bo@example.com":   {account + "/" + profile: true, account + "/OTHER": false, account: false},
	} {
		for name, want := range accounts {
			grant, err := p.MayPay(t.Context(), name, byMail(who), 0)
			if err != nil || (grant != billing.Grant{}) != want {
				t.Errorf("%s at %s has %+v and %v, want a grant: %v", who, name, grant, err, want)
			}
		}
	}
}

func TestAPrincipalOfAnotherTenantIsNobodyHere(t *testing.T) {
	w := newWorld()
	w.member(asha, "asha@example.com")
	w.give(profilePath, invoiceManager, asha)["principalTenantId"] = "7d1ad2a5-0000-4d5e-9b5a-1d3c9b0a2f11"
	if grant, err := w.provider(t).MayPay(t.Context(), account+"/"+profile, byMail("asha@example.com"), 0); err != nil || grant != (billing.Grant{}) {
		t.Errorf("the grant is %+v and %v, want none", grant, err)
	}
	opaque := w.provider(t, func(c *azure.Config) { c.Credential = token{opaque: true} })
	if grant, err := opaque.MayPay(t.Context(), account+"/"+profile, byMail("asha@example.com"), 0); err != nil || grant == (billing.Grant{}) {
		t.Errorf("with a token that tells no tenant the grant is %+v and %v, want one: ids are unique", grant, err)
	}
}

func TestWhatCannotBeFoundOutIsAnErrorAndNoYesAndNoPlainNo(t *testing.T) {
	for name, test := range map[string]struct {
		fault  string
		status int
		want   error
	}{
		"roles are unavailable": {"billingRoleAssignments", 503, billing.ErrUnavailable},
		"roles are forbidden":   {"billingRoleAssignments", 403, billing.ErrSetup},
		"people are forbidden":  {"users", 403, billing.ErrSetup},
		"Graph is down":         {"users", 500, billing.ErrUnavailable},
		"groups are forbidden":  {"checkMemberGroups", 403, billing.ErrSetup},
		"Graph knows nothing":   {"checkMemberGroups", 404, billing.ErrSetup},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := newWorld()
				w.member(asha, "asha@example.com")
				w.give(profilePath, invoiceManager, treasury)
				w.fault(test.fault, refuse(test.status, "Some_Code"))
				grant, err := w.provider(t).MayPay(t.Context(), account+"/"+profile, byMail("asha@example.com"), 0)
				wantError(t, err, test.want)
				if grant != (billing.Grant{}) {
					t.Errorf("an error comes with the grant %+v", grant)
				}
			})
		})
	}
}

func TestAnAnswerWithoutAListIsNoEmptyList(t *testing.T) {
	for _, last := range []string{"billingRoleAssignments", "users", "checkMemberGroups"} {
		w := newWorld()
		w.member(asha, "asha@example.com")
		w.give(profilePath, invoiceManager, treasury)
		w.fault(last, func(rw http.ResponseWriter, _ *http.Request) { reply(rw, object{"welcome": "sign in"}) })
		_, err := w.provider(t).MayPay(t.Context(), account+"/"+profile, byMail("asha@example.com"), 0)
		wantError(t, err, billing.ErrUnavailable)
	}
}

func TestABotThatReadsOnlyTheProfileUsesTheProfilesRoles(t *testing.T) {
	w := newWorld()
	w.member(asha, "asha@example.com")
	w.give(profilePath, invoiceManager, asha)
	w.mux.HandleFunc("GET "+accountPath+"/billingRoleAssignments", refuse(403, "Unauthorized"))
	p := w.provider(t)
	for range 3 {
		if grant, err := p.MayPay(t.Context(), account+"/"+profile, byMail("asha@example.com"), 0); err != nil || grant.Role != "Invoice manager" {
			t.Fatalf("the grant is %+v and %v", grant, err)
		}
	}
	if n := count(w.log.String(), "who has a role at the billing account cannot be read"); n != 1 {
		t.Errorf("that is logged %d times, want once", n)
	}
}

func TestAnAccountWhoseServiceTellsNoRolesSaysSo(t *testing.T) {
	for _, agreement := range []string{"MicrosoftOnlineServicesProgram", "EnterpriseAgreement", "MicrosoftPartnerAgreement"} {
		w := newWorld()
		w.account["agreementType"] = agreement
		p := w.provider(t)
		_, err := p.MayPay(t.Context(), account, byMail("asha@example.com"), 0)
		wantError(t, err, billing.ErrNoRoles)
		_, err = p.Payers(t.Context(), account)
		wantError(t, err, billing.ErrNoRoles)
		if w.count("billingRoleAssignments") != 0 {
			t.Errorf("with %s roles are asked for all the same", agreement)
		}
	}
}

func TestAnAccountThatIsNotConfiguredHasNoPayers(t *testing.T) {
	w := newWorld()
	w.member(asha, "asha@example.com")
	w.give(accountPath, accountOwner, asha)
	p := w.provider(t, func(c *azure.Config) { c.Accounts[0].Profile = profile })
	for _, name := range []string{"123456", "", account + "/OTHER", account, account + "/../x"} {
		grant, err := p.MayPay(t.Context(), name, byMail("asha@example.com"), 0)
		wantError(t, err, billing.ErrNotFound)
		if grant != (billing.Grant{}) {
			t.Errorf("%q gives %+v", name, grant)
		}
	}
}
