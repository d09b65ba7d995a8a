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
	var want []string
	for n := range 120 {
		want = append(want, o.invoice(fmt.Sprintf("%d.01", 131072+n), due))
	}
	var got, exact []string
	for _, byProfile := range []bool{false, true} {
		got, exact = nil, nil
		var raw *http.Response
		ctx := policy.WithCaptureResponse(t.Context(), &raw)
		from, to := time.Date(2022, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		collect := func(list []*armbilling.Invoice) {
			for _, inv := range list {
				got = append(got, *inv.Name)
				if !inv.Properties.DueDate.Equal(due) {
					t.Errorf("%s is due %s, want %s", *inv.Name, inv.Properties.DueDate, due)
				}
			}
			exact = append(exact, amounts(t, raw)...)
		}
		if byProfile {
			pager := o.client.NewInvoicesClient().NewListByBillingProfilePager(o.account, o.engineering,
				&armbilling.InvoicesClientListByBillingProfileOptions{PeriodStartDate: &from, PeriodEndDate: &to})
			all(t, ctx, pager, func(p armbilling.InvoicesClientListByBillingProfileResponse) []*armbilling.Invoice {
				collect(p.Value)
				return nil
			})
		} else {
			pager := o.client.NewInvoicesClient().NewListByBillingAccountPager(o.account,
				&armbilling.InvoicesClientListByBillingAccountOptions{PeriodStartDate: &from, PeriodEndDate: &to})
			all(t, ctx, pager, func(p armbilling.InvoicesClientListByBillingAccountResponse) []*armbilling.Invoice {
				collect(p.Value)
				return nil
			})
		}
		if !slices.Equal(got, want) {
			t.Errorf("the pager found %d invoices, want the %d that were added, in order: %v", len(got), len(want), got)
		}
		for n, amount := range exact {
			if wanted := fmt.Sprintf("%d.01", 131072+n); amount != wanted {
				t.Errorf("the amount is written as %s, want %s", amount, wanted)
			}
		}
	}
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

func TestTheOfficialClientReadsAccountsProfilesMethodsAndRoles(t *testing.T) {
	o := newOfficial(t, sandbox.AzureConfig{})
	o.azure.AddMethod(sandbox.AzureMethod{Account: o.account, Profile: o.engineering, Type: "mc", Display: "Master Card", Last4: "1270"})
	asha := o.azure.AddUser(sandbox.AzureUser{Mail: "asha@fjord.example"})
	o.azure.Assign(sandbox.AzureAssignment{Account: o.account, Profile: o.engineering, Role: sandbox.AzureInvoiceManager, Principal: asha})
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
