package sandbox_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	azcloud "github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/billing/armbilling"

	"kvitt/sandbox"
)

// official is Microsoft's own client, over real TLS, with Microsoft's own credential.
type official struct {
	*cloud
	base      string
	transport *http.Transport
	client    *armbilling.ClientFactory
}

// absolute is the one thing that a caller of the real service has to add as well: nextLink is relative.
type absolute struct {
	next http.RoundTripper
	base string
}

func (a absolute) Do(r *http.Request) (*http.Response, error) {
	res, err := a.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(res.Body)
	res.Body.Close()
	res.Body = io.NopCloser(bytes.NewReader(bytes.Replace(body, []byte(`"nextLink":"/`), []byte(`"nextLink":"`+a.base+`/`), 1)))
	return res, err
}

func newOfficial(t *testing.T, config sandbox.AzureConfig) *official {
	t.Helper()
	o := &official{cloud: newCloud(t, config)}
	serverTLS, authority, err := sandbox.LoopbackTLS(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(o.azure.Handler())
	server.TLS = serverTLS
	server.StartTLS()
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority)
	o.base, o.transport = server.URL, &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	t.Cleanup(o.transport.CloseIdleConnections)
	o.client = o.connect(absolute{o.transport, o.base})
	return o
}

// connect makes a client that never tries again.
func (o *official) connect(transport policy.Transporter) *armbilling.ClientFactory {
	o.t.Helper()
	options := policy.ClientOptions{Transport: transport, Retry: policy.RetryOptions{MaxRetries: -1},
		Cloud: azcloud.Configuration{ActiveDirectoryAuthorityHost: o.base, Services: map[azcloud.ServiceName]azcloud.ServiceConfiguration{
			azcloud.ResourceManager: {Endpoint: o.base, Audience: "https://management.core.windows.net/"}}}}
	made := o.azure.Config()
	credential, err := azidentity.NewClientSecretCredential(made.Tenant, made.ClientID, made.Secret,
		&azidentity.ClientSecretCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: true})
	if err != nil {
		o.t.Fatal(err)
	}
	client, err := armbilling.NewClientFactory("", credential, &arm.ClientOptions{ClientOptions: options})
	if err != nil {
		o.t.Fatal(err)
	}
	return client
}

// all follows a pager to its end.
func all[P, T any](t *testing.T, ctx context.Context, pager *runtime.Pager[P], value func(P) []*T) []*T {
	t.Helper()
	var rows []*T
	for pager.More() {
		page, err := pager.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, value(page)...)
	}
	return rows
}
