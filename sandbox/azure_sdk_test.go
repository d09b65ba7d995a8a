package sandbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/billing/armbilling"

	"kvitt/sandbox"
)

func TestTheOfficialClientReadsAHundredAndTwentyInvoicesExactly(t *testing.T) {
	o := newOfficial(t, sandbox.AzureConfig{})
	due := time.Date(2025, 3, 31, 0, 6, 48, 352368600, time.UTC)
	var numbers, totals []string
	for n := range 120 {
		totals = append(totals, fmt.Sprintf("%d.01", 131072+n))
		numbers = append(numbers, o.invoice(totals[n], due))
	}
	from, to := time.Date(2022, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var raw *http.Response
	ctx := policy.WithCaptureResponse(t.Context(), &raw)
	check := func(where string, list []*armbilling.Invoice, exact []string) {
		t.Helper()
		var got []string
		for _, inv := range list {
			got = append(got, *inv.Name)
			if !inv.Properties.DueDate.Equal(due) {
				t.Errorf("%s is due %s, want %s", *inv.Name, inv.Properties.DueDate, due)
			}
		}
		if !slices.Equal(got, numbers) || !slices.Equal(exact, totals) {
			t.Errorf("by %s the pager found %v of %v, want all 120 in order", where, got, exact)
		}
	}
	client, exact := o.client.NewInvoicesClient(), []string(nil)
	list := all(t, ctx, client.NewListByBillingAccountPager(o.account,
		&armbilling.InvoicesClientListByBillingAccountOptions{PeriodStartDate: &from, PeriodEndDate: &to}),
		func(p armbilling.InvoicesClientListByBillingAccountResponse) []*armbilling.Invoice {
			exact = append(exact, amounts(t, raw)...)
			return p.Value
		})
	check("account", list, exact)
	exact = nil
	list = all(t, ctx, client.NewListByBillingProfilePager(o.account, o.engineering,
		&armbilling.InvoicesClientListByBillingProfileOptions{PeriodStartDate: &from, PeriodEndDate: &to}),
		func(p armbilling.InvoicesClientListByBillingProfileResponse) []*armbilling.Invoice {
			exact = append(exact, amounts(t, raw)...)
			return p.Value
		})
	check("profile", list, exact)
}

// amounts reads amountDue of each invoice from the captured body, which azcore makes readable again.
func amounts(t *testing.T, raw *http.Response) []string {
	t.Helper()
	var page struct {
		Value []struct {
			Properties struct {
				AmountDue struct {
					Value json.Number `json:"value"`
				} `json:"amountDue"`
			} `json:"properties"`
		} `json:"value"`
	}
	body, _ := runtime.Payload(raw)
	if err := json.Unmarshal(body, &page); err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, row := range page.Value {
		list = append(list, row.Properties.AmountDue.Value.String())
	}
	return list
}

func TestTheOfficialClientFailsOnTheRelativeLinkByItself(t *testing.T) {
	o := newOfficial(t, sandbox.AzureConfig{})
	for range 51 {
		o.invoice("1.00", time.Now())
	}
	from, to := time.Now().AddDate(-1, 0, 0), time.Now().AddDate(1, 0, 0)
	pager := o.connect(&http.Client{Transport: o.transport}).NewInvoicesClient().NewListByBillingAccountPager(o.account,
		&armbilling.InvoicesClientListByBillingAccountOptions{PeriodStartDate: &from, PeriodEndDate: &to})
	if page, err := pager.NextPage(t.Context()); err != nil || len(page.Value) != 50 {
		t.Fatalf("the first page has %d invoices, %v", len(page.Value), err)
	}
	if _, err := pager.NextPage(t.Context()); err == nil {
		t.Error("the second page came; the nextLink of the real service would have had no host")
	}
}

func TestTheOfficialClientReadsAccountsProfilesAndMethods(t *testing.T) {
	o := newOfficial(t, sandbox.AzureConfig{})
	o.azure.AddMethod(sandbox.AzureMethod{Account: o.account, Profile: o.engineering, Type: "mc", Display: "Master Card", Last4: "1270"})
	ctx := t.Context()
	account, err := o.client.NewAccountsClient().Get(ctx, o.account, nil)
	if err != nil || *account.Properties.AgreementType != armbilling.AgreementTypeMicrosoftCustomerAgreement || !*account.Properties.HasReadAccess {
		t.Errorf("the account is %+v, %v", account.Properties, err)
	}
	accounts := all(t, ctx, o.client.NewAccountsClient().NewListPager(nil), func(p armbilling.AccountsClientListResponse) []*armbilling.Account { return p.Value })
	profiles := all(t, ctx, o.client.NewProfilesClient().NewListByBillingAccountPager(o.account, nil),
		func(p armbilling.ProfilesClientListByBillingAccountResponse) []*armbilling.Profile { return p.Value })
	if len(accounts) != 1 || len(profiles) != 2 || *profiles[1].Properties.Currency != "EUR" {
		t.Errorf("there are %d accounts and %d profiles", len(accounts), len(profiles))
	}
	if profile, err := o.client.NewProfilesClient().Get(ctx, o.account, o.sales, nil); err != nil || *profile.Properties.DisplayName != "Sales" {
		t.Errorf("the profile is %+v, %v", profile.Properties, err)
	}
	links := all(t, ctx, o.client.NewPaymentMethodsClient().NewListByBillingProfilePager(o.account, o.engineering, nil),
		func(p armbilling.PaymentMethodsClientListByBillingProfileResponse) []*armbilling.PaymentMethodLink {
			return p.Value
		})
	if len(links) != 1 || *links[0].Properties.LastFourDigits != "1270" || *links[0].Properties.Expiration != "1/2035" ||
		*links[0].Properties.Status != armbilling.PaymentMethodStatusActive || links[0].Properties.PaymentMethod != nil {
		t.Errorf("the payment methods are %+v", links)
	}
}

func TestTheOfficialClientReadsRolesAndPermissions(t *testing.T) {
	o := newOfficial(t, sandbox.AzureConfig{})
	asha := o.azure.AddUser(sandbox.AzureUser{Mail: "asha@fjord.example"})
	o.azure.Assign(sandbox.AzureAssignment{Account: o.account, Profile: o.engineering, Role: sandbox.AzureInvoiceManager, Principal: asha})
	ctx := t.Context()
	roles := all(t, ctx, o.client.NewRoleAssignmentsClient().NewListByBillingProfilePager(o.account, o.engineering, nil),
		func(p armbilling.RoleAssignmentsClientListByBillingProfileResponse) []*armbilling.RoleAssignment {
			return p.Value
		})
	if len(roles) != 1 || *roles[0].Name != sandbox.AzureInvoiceManager+"_"+asha || *roles[0].Properties.PrincipalID != asha ||
		!roles[0].Properties.ModifiedOn.IsZero() || roles[0].Properties.UserEmailAddress != nil {
		t.Errorf("the role assignments are %+v", roles)
	}
	onAccount := all(t, ctx, o.client.NewRoleAssignmentsClient().NewListByBillingAccountPager(o.account, nil),
		func(p armbilling.RoleAssignmentsClientListByBillingAccountResponse) []*armbilling.RoleAssignment {
			return p.Value
		})
	if len(onAccount) != 1 || *onAccount[0].Properties.PrincipalType != armbilling.PrincipalTypeServicePrincipal {
		t.Errorf("the account's role assignments are %+v", onAccount)
	}
	definitions := all(t, ctx, o.client.NewRoleDefinitionClient().NewListByBillingAccountPager(o.account, nil),
		func(p armbilling.RoleDefinitionClientListByBillingAccountResponse) []*armbilling.RoleDefinition {
			return p.Value
		})
	if len(definitions) != 4 || *definitions[0].Properties.RoleName != "Billing account owner" {
		t.Errorf("the role definitions are %+v", definitions)
	}
	permissions := all(t, ctx, o.client.NewPermissionsClient().NewListByBillingAccountPager(o.account, nil),
		func(p armbilling.PermissionsClientListByBillingAccountResponse) []*armbilling.Permission {
			return p.Value
		})
	if len(permissions) != 1 || len(permissions[0].Actions) == 0 {
		t.Errorf("the permissions are %+v", permissions)
	}
}

func TestTheOfficialClientUnderstandsRefusals(t *testing.T) {
	o := newOfficial(t, sandbox.AzureConfig{})
	_, err := o.client.NewInvoicesClient().GetByBillingAccount(t.Context(), o.account, "G999999999", nil)
	if refused, ok := errors.AsType[*azcore.ResponseError](err); !ok || refused.StatusCode != 404 || refused.ErrorCode != "NotFound" {
		t.Errorf("a missing invoice is %v", err)
	}
	_, err = o.client.NewInvoicesClient().BeginDownloadByBillingAccount(t.Context(), o.account, "G999999999", nil)
	if refused, ok := errors.AsType[*azcore.ResponseError](err); !ok || refused.StatusCode != 405 || o.azure.Writes() != 1 {
		t.Errorf("a download is %v, with %d writes", err, o.azure.Writes())
	}
	fresh := newOfficial(t, sandbox.AzureConfig{})
	fresh.azure.Break(sandbox.AzureFault{Far: sandbox.AzureEntra, Kind: sandbox.AzureNoToken, Times: -1})
	_, err = fresh.client.NewAccountsClient().Get(t.Context(), fresh.account, nil)
	if _, ok := errors.AsType[*azidentity.AuthenticationFailedError](err); !ok {
		t.Errorf("a secret that expired is %v", err)
	}
}

func TestTheOfficialClientLivesInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &official{cloud: newCloud(t, sandbox.AzureConfig{}), base: "https://127.0.0.1"}
		client := o.connect(absolute{o.azure.Transport(), o.base}).NewAccountsClient()
		for range 3 {
			if _, err := client.Get(t.Context(), o.account, nil); err != nil {
				t.Fatal(err)
			}
			time.Sleep(2 * time.Hour) // The token expires, and the credential asks for another.
		}
		asked := 0
		for _, call := range o.azure.Calls() {
			if call.Op == "POST /{tenant}/oauth2/v2.0/token" {
				asked++
			}
		}
		if asked != 2+3 { // Two by the test itself.
			t.Errorf("a token was asked for %d times, want 5", asked)
		}
		o.azure.Break(sandbox.AzureFault{Kind: sandbox.AzureHang, Times: 1})
		ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
		defer stop()
		if _, err := client.Get(ctx, o.account, nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a call that hangs ends with %v", err)
		}
	})
}
