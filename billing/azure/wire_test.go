package azure_test

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"kvitt/billing"
	"kvitt/billing/azure"
)

// TestAHundredAndTwentyInvoicesComeOverTLSFromAPrivateCloud is the way of a real connection: an authority, an Azure and a Graph of one's own, with a
// certificate that only the given transport trusts, and azidentity's default chain reading the environment.
func TestAHundredAndTwentyInvoicesComeOverTLSFromAPrivateCloud(t *testing.T) {
	w := newWorld()
	for i := range 120 {
		w.put(fmt.Sprintf("G%09d", i), fmt.Sprintf("%d.%02d", 1234567+i, i%100), march8)
	}
	server := httptest.NewTLSServer(w)
	defer server.Close()
	authority := newAuthority(t)
	t.Setenv("AZURE_AUTHORITY_HOST", authority.URL)
	t.Setenv("AZURE_TENANT_ID", tenant)
	t.Setenv("AZURE_CLIENT_ID", botApp)
	t.Setenv("AZURE_CLIENT_SECRET", "very-secret")
	pool := x509.NewCertPool()
	pool.AddCert(server.Certificate())
	transport := server.Client().Transport.(*http.Transport).Clone()
	transport.TLSClientConfig.RootCAs = pool // httptest's servers share one certificate.
	p := w.provider(t, func(c *azure.Config) {
		c.Credential, c.Transport, c.Endpoint, c.GraphEndpoint = nil, transport, server.URL+"/", server.URL
	})

	n := 0
	for in, err := range p.Invoices(t.Context(), time.Time{}) {
		if err != nil {
			t.Fatal(err)
		}
		if want := int64((1234567+n)*100 + n%100); in.AmountDue.Minor != want {
			t.Errorf("%s is of %v, want %d", in.Number, in.AmountDue, want)
		}
		n++
	}
	if n != 120 || w.count("/invoices") != 3 {
		t.Errorf("%d invoices came in %d pages, want 120 in 3", n, w.count("/invoices"))
	}
	if strings.Contains(w.log.String(), "eyJ") || strings.Contains(w.log.String(), "very-secret") {
		t.Errorf("the log holds a secret:\n%s", w.log)
	}
}

func TestACertificateThatIsNotTrustedIsNamedAsTheReason(t *testing.T) {
	w := newWorld()
	server := httptest.NewUnstartedServer(w)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	p := w.provider(t, func(c *azure.Config) { c.Transport, c.Endpoint = nil, server.URL })
	_, err := p.Invoice(t.Context(), id("G000000001"))
	wantError(t, err, billing.ErrUnavailable)
	if !strings.Contains(err.Error(), "SSL_CERT_FILE") || len(w.asked) != 0 {
		t.Errorf("the error is %v, and %d requests came", err, len(w.asked))
	}
}

// newAuthority is a pretend Entra over TLS.
func newAuthority(t *testing.T) *httptest.Server {
	server := httptest.NewTLSServer(entra("https"))
	t.Cleanup(server.Close)
	return server
}

// entra is what a pretend Entra answers: its metadata, with addresses of a scheme, and tokens.
func entra(scheme string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{tenant}/v2.0/.well-known/openid-configuration", func(rw http.ResponseWriter, r *http.Request) {
		at := scheme + "://" + r.Host + "/" + r.PathValue("tenant")
		reply(rw, object{"issuer": at + "/v2.0", "authorization_endpoint": at + "/oauth2/v2.0/authorize", "token_endpoint": at + "/oauth2/v2.0/token"})
	})
	mux.HandleFunc("POST /{tenant}/oauth2/v2.0/token", func(rw http.ResponseWriter, r *http.Request) {
		if r.FormValue("client_secret") != "very-secret" {
			rw.WriteHeader(http.StatusUnauthorized)
			_ = json.NewEncoder(rw).Encode(object{"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret provided: " + r.FormValue("client_secret")})
			return
		}
		made, _ := token{}.GetToken(r.Context(), policy.TokenRequestOptions{})
		reply(rw, object{"access_token": made.Token, "expires_in": 3600, "token_type": "Bearer"})
	})
	return mux
}

// TestSSLCertFileIsEnoughToTrustAPrivateCA runs the test binary once more, because Go reads the variable when it first needs roots.
func TestSSLCertFileIsEnoughToTrustAPrivateCA(t *testing.T) {
	authority := newAuthority(t)
	if os.Getenv("KVITT_TEST_AGAIN") == "" {
		file := filepath.Join(t.TempDir(), "ca.pem")
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authority.Certificate().Raw}), 0o600); err != nil {
			t.Fatal(err)
		}
		again(t, "KVITT_TEST_AGAIN=1", "SSL_CERT_FILE="+file)
		return
	}
	credential := environment(t, authority.URL, "very-secret", nil)
	if _, err := credential.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{"https://graph.microsoft.com/.default"}}); err != nil {
		t.Error(err)
	}
}

// environment makes a credential as an operator would.
func environment(t *testing.T, authority, secret string, transport http.RoundTripper) azcore.TokenCredential {
	t.Helper()
	for name, value := range map[string]string{"AZURE_AUTHORITY_HOST": authority, "AZURE_TENANT_ID": tenant, "AZURE_CLIENT_ID": botApp,
		"AZURE_CLIENT_SECRET": secret, "AZURE_TOKEN_CREDENTIALS": "EnvironmentCredential"} {
		t.Setenv(name, value)
	}
	credential, err := azure.DefaultCredential(transport)
	if err != nil {
		t.Fatal(err)
	}
	return credential
}

func TestAWrongSecretIsAnErrorOfSetupThatDoesNotRepeatIt(t *testing.T) {
	authority := newAuthority(t)
	w := newWorld()
	p := w.provider(t, func(c *azure.Config) {
		c.Credential = environment(t, authority.URL, "wrong-secret", authority.Client().Transport)
	})
	_, err := p.Invoice(t.Context(), id("G000000001"))
	wantError(t, err, billing.ErrSetup)
	if !strings.Contains(err.Error(), "AADSTS7000215") {
		t.Errorf("the error does not name Entra's code: %v", err)
	}
	authority.Close()
	p = w.provider(t, func(c *azure.Config) {
		c.Credential = environment(t, authority.URL, "wrong-secret", authority.Client().Transport)
	})
	_, err = p.Invoice(t.Context(), id("G000000001"))
	wantError(t, err, billing.ErrUnavailable)
}

func TestWithoutAnyCredentialItIsSaidWhatToSet(t *testing.T) {
	for _, name := range []string{"AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"} {
		t.Setenv(name, "")
	}
	t.Setenv("AZURE_TOKEN_CREDENTIALS", "EnvironmentCredential")
	w := newWorld()
	p, err := azure.New(azure.Config{Accounts: []azure.Account{{Account: account}}, Transport: w})
	if err == nil {
		_, err = p.Invoice(t.Context(), id("G000000001"))
	}
	wantError(t, err, billing.ErrSetup)
	if !strings.Contains(fmt.Sprint(err), "AZURE_") {
		t.Errorf("the error does not say what to set: %v", err)
	}
}

func TestAnAuthorityIsHTTPSOrOnLoopback(t *testing.T) {
	for _, authority := range []string{"http://10.0.0.1:8080", "http://login.example.org", "login.example.org", "https://login.example.org/tenant"} {
		t.Setenv("AZURE_AUTHORITY_HOST", authority)
		_, err := azure.New(azure.Config{Accounts: []azure.Account{{Account: account}}})
		wantError(t, err, azure.ErrAuthority)
	}
}

func TestAnAuthorityOnLoopbackMayDoWithoutTLS(t *testing.T) {
	w := newWorld()
	w.put("G000000001", "1.00", march8)
	server := httptest.NewServer(w)
	defer server.Close()
	t.Setenv("AZURE_TENANT_ID", tenant)
	t.Setenv("AZURE_CLIENT_ID", botApp)
	t.Setenv("AZURE_CLIENT_SECRET", "very-secret")
	for _, says := range []string{"http", "https"} {
		authority := httptest.NewServer(entra(says))
		defer authority.Close()
		t.Setenv("AZURE_AUTHORITY_HOST", authority.URL)
		p := w.provider(t, func(c *azure.Config) {
			c.Credential, c.Transport, c.Endpoint, c.GraphEndpoint = nil, nil, server.URL, server.URL
		})
		if in, err := p.Invoice(t.Context(), id("G000000001")); err != nil || in.AmountDue.Minor != 100 {
			t.Errorf("an authority whose metadata says %s: %+v and %v", says, in, err)
		}
	}
}

func TestPlainHTTPIsForLoopbackOnly(t *testing.T) {
	w := newWorld()
	w.put("G000000001", "1.00", march8)
	server := httptest.NewServer(w)
	defer server.Close()
	p := w.provider(t, func(c *azure.Config) { c.Transport, c.Endpoint, c.GraphEndpoint = nil, server.URL, server.URL })
	if in, err := p.Invoice(t.Context(), id("G000000001")); err != nil || in.AmountDue.Minor != 100 {
		t.Errorf("%+v and %v", in, err)
	}
	w.member(asha, "asha@example.com")
	w.give(profilePath, invoiceManager, asha)
	if grant, err := p.MayPay(t.Context(), account+"/"+profile, byMail("asha@example.com"), 0); err != nil || grant.Role == "" {
		t.Errorf("%+v and %v", grant, err)
	}
	for _, address := range []string{"http://management.azure.com", "http://10.0.0.1", "ftp://127.0.0.1", "https://", "https://a/b", "https://u:p@a", "https://a?b", "management.azure.com"} {
		for _, set := range []func(*azure.Config){
			func(c *azure.Config) { c.Endpoint = address }, func(c *azure.Config) { c.GraphEndpoint = address }, func(c *azure.Config) { c.Portal = address },
		} {
			c := w.config()
			set(&c)
			_, err := azure.New(c)
			wantError(t, err, azure.ErrEndpoint)
		}
	}
}

func TestSettingsThatNameNoAccountAreRefused(t *testing.T) {
	_, err := azure.New(azure.Config{Credential: token{}})
	wantError(t, err, azure.ErrNoAccounts)
	for _, a := range []azure.Account{{}, {Account: ".."}, {Account: "a/b"}, {Account: "a", Profile: "../x"}, {Account: "a b"}, {Account: "a?b"}, {Profile: "b"}} {
		_, err := azure.New(azure.Config{Accounts: []azure.Account{a}, Credential: token{}})
		wantError(t, err, azure.ErrAccount)
	}
}
