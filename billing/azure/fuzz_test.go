package azure_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"kvitt/billing"
	"kvitt/billing/azure"
)

// FuzzWhateverIsAnsweredNothingPanicsOrLies feeds the same bytes to every question, as a broken or hostile service could; in lists they stand as the only row.
func FuzzWhateverIsAnsweredNothingPanicsOrLies(f *testing.F) {
	const amount = `"amountDue":{"currency":"EUR","value":1.5}`
	for _, body := range []string{
		`{"name":"G1","properties":{"status":"Due","documentType":"Invoice",` + amount + `,"dueDate":"2021-06-04T00:06:48.3523686Z"}}`,
		`{"name":"G1","properties":{"status":"Paid","documentType":"Invoice",` + amount + `,"payments":[null,{"date":"0001-01-01"},{"amount":null}]}}`,
		`{"name":"G1","properties":{"status":"Other","documentType":"Invoice","amountDue":{"currency":"EUR","value":1e99}}}`,
		`{"name":"G1","properties":{"agreementType":"MicrosoftCustomerAgreement","accountType":"Individual","status":"active","family":"CreditCard","expiration":"13/20x5"}}`,
		`{"name":"G1","properties":{"principalId":"` + asha + `","roleDefinitionId":"/","scope":"/"}}`, `{"id":"` + asha + `","accountEnabled":true,"userType":"Member"}`,
		`{"nextLink":"https://evil.example.org"}`, `{"@odata.nextLink":"%zz"}`, `{"name":"G1","properties":null}`, `null`, `[]`, `{`, `"x"`,
	} {
		f.Add(200, body)
	}
	f.Add(403, `{"error":{"code":"AuthorizationFailed"}}`)
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 200 || status > 599 || status == 408 || status == 429 || status >= 500 {
			t.Skip("no final answer of HTTP, or one that is waited for")
		}
		calls := 0
		transport := roundTrip(func(r *http.Request) (*http.Response, error) {
			if calls++; calls > 100 {
				return nil, &stop{}
			}
			return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(bytes.NewBufferString(inList(r, body))), Request: r}, nil
		})
		p, err := azure.New(azure.Config{Accounts: []azure.Account{{Account: account}}, Credential: token{}, Transport: transport})
		if err != nil {
			t.Fatal(err)
		}
		for in := range p.Invoices(t.Context(), time.Unix(1, 0)) {
			lies(t, in)
		}
		in, err := p.Invoice(t.Context(), id("G1"))
		if err == nil {
			lies(t, in)
		}
		p.Methods(t.Context(), in)
		p.Look(t.Context())
		out, err := p.Pay(t.Context(), billing.Payment{Invoice: id("G1"), Method: "transfer", Amount: in.AmountDue, Started: time.Now()})
		if err == nil && out.Progress == "" {
			t.Error("Pay says nothing at all")
		}
		grant, err := p.MayPay(t.Context(), account+"/"+profile, billing.Person{Object: bo}, 0)
		if grant != (billing.Grant{}) && err != nil {
			t.Error("an error comes with a grant")
		}
	})
}

// stop is an error that is not tried again.
type stop struct{ refusal }

type refusal struct{}

func (refusal) Error() string { return "enough" }
func (refusal) NonRetriable() {}

// inList puts a body into the list that was asked for.
func inList(r *http.Request, body string) string {
	switch last := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]; last {
	case "invoices", "billingProfiles", "paymentMethodLinks", "billingRoleAssignments", "users":
		return `{"value":[` + body + `]}`
	}
	return body
}

func lies(t *testing.T, in billing.Invoice) {
	if in == (billing.Invoice{}) {
		return // It came with an error.
	}
	if in.AmountDue.Minor < 0 || in.Status == "" || !strings.HasPrefix(in.ID, "azure:") || !strings.HasPrefix(in.Link, "https://portal.azure.com/#view/") {
		t.Errorf("an invoice is %+v", in)
	}
	if in.Status == billing.Paid && in.AmountDue.Minor != 0 {
		t.Errorf("a paid invoice has %v left", in.AmountDue)
	}
}
