package azure_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	azfake "github.com/Azure/azure-sdk-for-go/sdk/azcore/fake"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/billing/armbilling"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/billing/armbilling/fake"

	"kvitt/billing"
	"kvitt/billing/azure"
)

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestMicrosoftsOwnFakeServerIsUnderstood is the SDK's word on what is asked: a fake for a method that is not set fails the request.
func TestMicrosoftsOwnFakeServerIsUnderstood(t *testing.T) {
	server := fake.ServerFactory{}
	server.AccountsServer.Get = func(_ context.Context, name string, _ *armbilling.AccountsClientGetOptions) (resp azfake.Responder[armbilling.AccountsClientGetResponse], e azfake.ErrorResponder) {
		resp.SetResponse(http.StatusOK, armbilling.AccountsClientGetResponse{Account: armbilling.Account{Name: &name, Properties: &armbilling.AccountProperties{
			AgreementType: new(armbilling.AgreementTypeMicrosoftCustomerAgreement), AccountType: new(armbilling.AccountTypeIndividual)}}}, nil)
		return
	}
	server.InvoicesServer.NewListByBillingProfilePager = func(name, of string, o *armbilling.InvoicesClientListByBillingProfileOptions) (resp azfake.PagerResponder[armbilling.InvoicesClientListByBillingProfileResponse]) {
		if name != account || of != profile || o.Top != nil || o.PeriodEndDate.Sub(*o.PeriodStartDate) < 37*30*24*time.Hour {
			t.Errorf("what is asked for is %s/%s from %v to %v", name, of, o.PeriodStartDate, o.PeriodEndDate)
		}
		for _, number := range []string{"G000000001", "G000000002", "G000000003"} {
			resp.AddPage(http.StatusOK, armbilling.InvoicesClientListByBillingProfileResponse{InvoiceListResult: armbilling.InvoiceListResult{Value: []*armbilling.Invoice{faked(number)}}}, nil)
		}
		return
	}
	server.InvoicesServer.GetByBillingAccount = func(_ context.Context, _, number string, _ *armbilling.InvoicesClientGetByBillingAccountOptions) (resp azfake.Responder[armbilling.InvoicesClientGetByBillingAccountResponse], e azfake.ErrorResponder) {
		resp.SetResponse(http.StatusOK, armbilling.InvoicesClientGetByBillingAccountResponse{Invoice: *faked(number)}, nil)
		return
	}
	server.PaymentMethodsServer.NewListByBillingProfilePager = func(string, string, *armbilling.PaymentMethodsClientListByBillingProfileOptions) (resp azfake.PagerResponder[armbilling.PaymentMethodsClientListByBillingProfileResponse]) {
		resp.AddPage(http.StatusOK, armbilling.PaymentMethodsClientListByBillingProfileResponse{PaymentMethodLinksListResult: armbilling.PaymentMethodLinksListResult{Value: []*armbilling.PaymentMethodLink{
			{Name: new("ABCDABCDABC0"), Properties: &armbilling.PaymentMethodLinkProperties{DisplayName: new("Master Card"), LastFourDigits: new("1270"), Expiration: new("1/2099"),
				Family: new(armbilling.PaymentMethodFamilyCreditCard), PaymentMethodType: new("mc"), Status: new(armbilling.PaymentMethodStatusActive)}}}}}, nil)
		return
	}
	transport := fake.NewServerFactoryTransport(&server)
	p, err := azure.New(azure.Config{Accounts: []azure.Account{{Account: account, Profile: profile}}, Credential: token{}, Transport: roundTrip(transport.Do)})
	if err != nil {
		t.Fatal(err)
	}

	var numbers []string
	for in, err := range p.Invoices(t.Context(), time.Time{}) {
		if err != nil {
			t.Fatal(err)
		}
		if in.AmountDue != (billing.Money{Minor: 123450, Currency: "EUR"}) || !in.AutoCollect || in.Terms != billing.TermsCard {
			t.Errorf("an invoice is %+v", in)
		}
		numbers = append(numbers, in.Number)
	}
	if len(numbers) != 3 {
		t.Errorf("the invoices are %v, want three over three pages", numbers)
	}
	methods, err := p.Methods(t.Context(), billing.Invoice{ID: id("G000000001")})
	want := billing.Method{ID: "ABCDABCDABC0", Short: "Mastercard •••• 1270", Expires: "01/99", Default: true}
	if err != nil || len(methods) != 1 || methods[0] != want {
		t.Errorf("the methods are %+v and %v, want %+v", methods, err, want)
	}
}

func faked(number string) *armbilling.Invoice {
	return &armbilling.Invoice{Name: &number, Properties: &armbilling.InvoiceProperties{
		Status: new(armbilling.InvoiceStatusDue), DocumentType: new(armbilling.InvoiceDocumentTypeInvoice), BillingProfileID: new(profilePath),
		DueDate:   new(time.Date(2099, 3, 8, 12, 0, 0, 0, time.UTC)),
		AmountDue: &armbilling.InvoicePropertiesAmountDue{Currency: new("EUR"), Value: new(float32(1234.5))},
	}}
}
