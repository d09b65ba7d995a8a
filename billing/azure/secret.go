package azure

import (
	"cmp"
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	azcloud "github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// Credential is where tokens come from.
type Credential = azcore.TokenCredential

// Application is an application's client secret, as somebody has it who does not set it in the environment: a pretend Azure's.
type Application struct {
	Authority                string // https, scheme and host only; empty: Entra's public one.
	Tenant, ClientID, Secret string
}

// Credential asks the authority for tokens through a transport. It connects nowhere. It returns azidentity's error about what cannot be right.
func (a Application) Credential(transport http.RoundTripper) (Credential, error) {
	options := azidentity.ClientSecretCredentialOptions{DisableInstanceDiscovery: a.Authority != ""}
	options.Transport, options.Retry = &http.Client{Transport: transport}, patience
	// Always given, or azidentity would take the environment's.
	options.Cloud = azcloud.Configuration{ActiveDirectoryAuthorityHost: cmp.Or(a.Authority, publicAuthority)}
	return azidentity.NewClientSecretCredential(a.Tenant, a.ClientID, a.Secret, &options)
}
