package azure

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"kvitt/billing"
)

// ErrAuthority is returned by New and DefaultCredential for an AZURE_AUTHORITY_HOST that is neither https nor on loopback: azidentity's default chain
// would go on silently with another credential. For a private CA set SSL_CERT_FILE.
var ErrAuthority = errors.New("AZURE_AUTHORITY_HOST has to be https, or http on loopback, with a host and nothing behind it (a private CA is trusted through SSL_CERT_FILE)")

const publicAuthority = "https://login.microsoftonline.com"

// authorities are Microsoft's own (azcore/cloud). Only these can vouch for each other by instance discovery.
var authorities = []string{publicAuthority, "https://login.microsoftonline.us", "https://login.chinacloudapi.cn"}

// identityServers are where a machine of Azure asks for its own token: the metadata service, and what the variables name on App Service,
// Container Apps and Arc (azidentity's ManagedIdentityCredential).
var identityServers = []string{"IDENTITY_ENDPOINT", "MSI_ENDPOINT", "IMDS_ENDPOINT"}

// DefaultCredential is azidentity's default chain, which reads AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET and others from the environment,
// sent through a door that lets nothing out but its own requests. For an AZURE_AUTHORITY_HOST that is not Microsoft's, instance discovery is off: it
// would ask Microsoft whether to trust that host. It connects nowhere. It returns ErrAuthority.
func DefaultCredential(transport http.RoundTripper) (azcore.TokenCredential, error) {
	authority, err := origin(cmp.Or(os.Getenv("AZURE_AUTHORITY_HOST"), publicAuthority))
	if err != nil {
		return nil, ErrAuthority
	}
	own := slices.Contains(authorities, authority)
	options := &azidentity.DefaultAzureCredentialOptions{DisableInstanceDiscovery: !own}
	options.Retry = patience
	options.Transport = credentialDoor(authority, own, plain(transport))
	options.Cloud.ActiveDirectoryAuthorityHost = secure(authority)
	credential, err := azidentity.NewDefaultAzureCredential(options)
	if err != nil {
		return nil, fmt.Errorf("%w: the environment holds no usable Azure credential; look at the AZURE_ variables", billing.ErrSetup)
	}
	return credential, nil
}

func credentialDoor(authority string, own bool, inner http.RoundTripper) *door {
	if meant := secure(authority); meant != authority {
		inner, authority = onLoopback{inner, authority}, meant
	}
	d := &door{inner: inner, open: []opening{
		{method: http.MethodPost, origin: authority, path: tokenPath},
		{method: http.MethodGet, origin: authority},
		{method: http.MethodGet, origin: "http://169.254.169.254"},
	}}
	if own {
		d.open = append(d.open, opening{method: http.MethodGet, origin: publicAuthority})
	}
	for _, name := range identityServers {
		if u, err := url.Parse(os.Getenv(name)); err == nil && u.Host != "" {
			d.open = append(d.open, opening{method: http.MethodGet, origin: originOf(u)})
		}
	}
	return d
}

// signer marks what goes wrong with a credential, which the SDK's pipeline would hide among other errors. Only one asks at a time, and whoever waits for that
// waits no longer than their context: azidentity holds a lock while it asks, and would keep everybody for as long as Entra hangs.
type signer struct {
	azcore.TokenCredential
	turn chan struct{} // Holds one.
}

// tokenError is an error of the credential itself. Its text is never shown: it holds what Entra answered.
type tokenError struct{ err error }

func (e *tokenError) Error() string { return "no token could be had" }

func (s signer) GetToken(ctx context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return azcore.AccessToken{}, &tokenError{ctx.Err()}
	}
	token, err := s.TokenCredential.GetToken(ctx, options)
	if err != nil {
		return token, &tokenError{err}
	}
	return token, nil
}

// self is whom a token is for, as far as it can be read. Microsoft gives no promise about what is in a token for another service
// (learn.microsoft.com/entra/identity-platform/access-tokens), so each may be empty, and nothing is allowed because of it.
type self struct {
	Tenant string `json:"tid"`
	Object string `json:"oid"`
	App    string `json:"appid"`
	Kind   string `json:"idtyp"`    // "app" or "user".
	Proof  string `json:"appidacr"` // "1" a secret, "2" a certificate or a federated token.
}

// self reads the token that is in use for a scope; azidentity keeps it, so this seldom asks.
func (p *Provider) self(ctx context.Context, scope string) (self, error) {
	token, err := p.credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{scope}, EnableCAE: true})
	if err != nil {
		return self{}, explain("a token for "+strings.TrimSuffix(scope, "/.default"), err)
	}
	var s self
	if parts := strings.Split(token.Token, "."); len(parts) == 3 {
		if payload, err := base64.RawURLEncoding.DecodeString(parts[1]); err == nil {
			_ = json.Unmarshal(payload, &s) // What cannot be read is not known.
		}
	}
	return s, nil
}
