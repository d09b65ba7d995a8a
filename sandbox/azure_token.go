package sandbox

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// azureAudiences lists which scopes get a token for which far end. The double slash is what the SDK for Go really asks for.
var azureAudiences = map[string]AzureFar{
	"https://management.core.windows.net/":  AzureARM,
	"https://management.core.windows.net//": AzureARM,
	"https://management.azure.com/":         AzureARM,
	"https://management.azure.com//":        AzureARM,
	"https://graph.microsoft.com/":          AzureGraph,
}

// azureToken is an access token that was given out.
type azureToken struct {
	far     AzureFar
	object  string // Whose it is.
	expires time.Time
}

// issueToken answers the client credentials flow
// (learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow).
func (a *Azure) issueToken(req *azureRequest) (object, *azureError) {
	if err := a.checkTenant(req); err != nil {
		return nil, err
	}
	form, failed := url.ParseQuery(string(req.body))
	if failed != nil || !strings.HasPrefix(req.r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		return nil, azureAAD(http.StatusBadRequest, "invalid_request", 900144, "AADSTS900144: The request body must be form-encoded.")
	}
	id, secret := form.Get("client_id"), form.Get("client_secret")
	if user, password, basic := req.r.BasicAuth(); basic {
		id, secret = user, password
	}
	switch {
	case form.Get("grant_type") != "client_credentials":
		return nil, azureAAD(http.StatusBadRequest, "unsupported_grant_type", 70003, "AADSTS70003: The app requested an unsupported grant type.")
	case id != a.config.ClientID:
		return nil, azureAAD(http.StatusBadRequest, "unauthorized_client", 700016,
			"AADSTS700016: Application with identifier '"+id+"' was not found in the directory.")
	case secret != a.config.Secret:
		return nil, azureAAD(http.StatusUnauthorized, "invalid_client", 7000215, "AADSTS7000215: Invalid client secret provided. "+
			"Ensure the secret being sent in the request is the client secret value, not the client secret ID.")
	}
	audience, err := azureAudience(form.Get("scope"))
	if err != nil {
		return nil, err
	}
	seconds := int(a.config.TokenLife / time.Second)
	return object{"token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds, "access_token": a.mint(audience)}, nil
}

// azureAudience reads the one resource of a scope. The scopes of OpenID that every client library adds mean nothing here.
func azureAudience(scope string) (string, *azureError) {
	asked := slices.DeleteFunc(strings.Fields(scope), func(s string) bool {
		return s == "openid" || s == "offline_access" || s == "profile"
	})
	if len(asked) != 1 || !strings.HasSuffix(asked[0], ".default") {
		return "", azureAAD(http.StatusBadRequest, "invalid_scope", 70011,
			"AADSTS70011: The provided value for the input parameter 'scope' is not valid: it must be one resource and /.default.")
	}
	audience := strings.TrimSuffix(asked[0], ".default")
	if _, known := azureAudiences[audience]; !known {
		return "", azureAAD(http.StatusBadRequest, "invalid_resource", 500011,
			"AADSTS500011: The resource principal named "+audience+" was not found in the tenant.")
	}
	return audience, nil
}

// mint makes a token as Entra does: a JWT with the claims that clients like to read. Its signature proves nothing; the token is
// remembered instead.
func (a *Azure) mint(audience string) string {
	now := a.config.Now()
	granted := azureToken{far: azureAudiences[audience], object: a.config.Object, expires: now.Add(a.config.TokenLife)}
	claims := object{"aud": strings.TrimSuffix(audience, "/"), "iss": "https://sts.windows.net/" + a.config.Tenant + "/",
		"iat": now.Unix(), "nbf": now.Unix(), "exp": granted.expires.Unix(), "appid": a.config.ClientID, "oid": a.config.Object,
		"tid": a.config.Tenant, "idtyp": "app", "ver": "1.0"}
	if granted.far == AzureGraph {
		claims["roles"] = a.config.Permissions
	}
	part := base64.RawURLEncoding.EncodeToString
	token := part(encode(object{"typ": "JWT", "alg": "RS256", "kid": "pretend"})) + "." + part(encode(claims)) + "." + part([]byte(a.newGUID()))
	a.tokens[token] = granted
	return token
}

// authenticate checks the bearer token, in the words of the far end that was asked.
func (a *Azure) authenticate(req *azureRequest) *azureError {
	kind, token, _ := strings.Cut(req.r.Header.Get("Authorization"), " ")
	a.mu.Lock()
	granted, known := a.tokens[token]
	a.mu.Unlock()
	req.token = granted
	graph := req.op.far == AzureGraph
	switch {
	case token == "" && graph:
		return azureUnauthorized("InvalidAuthenticationToken", "Access token is empty.")
	case token == "":
		err := azureUnauthorized("AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.")
		err.header = http.Header{"Www-Authenticate": {fmt.Sprintf("Bearer authorization_uri=%q, error=%q",
			"https://"+req.r.Host+"/"+a.config.Tenant, "invalid_token")}}
		return err
	case !known || !strings.EqualFold(kind, "Bearer"):
		return azureUnauthorized("InvalidAuthenticationToken", "The access token is invalid.")
	case granted.far != req.op.far && graph:
		return azureUnauthorized("InvalidAuthenticationToken", "Access token validation failure. Invalid audience.")
	case granted.far != req.op.far:
		return azureUnauthorized("InvalidAuthenticationTokenAudience", "The access token has been obtained for wrong audience or resource.")
	case !a.config.Now().Before(granted.expires) && graph:
		return azureUnauthorized("InvalidAuthenticationToken", "Lifetime validation failed, the token is expired.")
	case !a.config.Now().Before(granted.expires):
		return azureUnauthorized("ExpiredAuthenticationToken", "The access token expiry UTC time is earlier than current UTC time.")
	}
	return nil
}

func (a *Azure) checkTenant(req *azureRequest) *azureError {
	if tenant := req.r.PathValue("tenant"); tenant != a.config.Tenant {
		return azureAAD(http.StatusBadRequest, "invalid_tenant", 90002, "AADSTS90002: Tenant '"+tenant+"' not found.")
	}
	return nil
}

// describeTenant answers the discovery of a tenant's own addresses, all at the host that was asked.
func (a *Azure) describeTenant(req *azureRequest) (object, *azureError) {
	if err := a.checkTenant(req); err != nil {
		return nil, err
	}
	base := "https://" + req.r.Host + "/" + a.config.Tenant
	return object{"issuer": base + "/v2.0", "token_endpoint": base + "/oauth2/v2.0/token", "authorization_endpoint": base + "/oauth2/v2.0/authorize",
		"jwks_uri": base + "/discovery/v2.0/keys", "token_endpoint_auth_methods_supported": []string{"client_secret_post", "client_secret_basic"}}, nil
}

// unknownInstance answers instance discovery as Microsoft's hosts do for an authority that is not theirs.
func (a *Azure) unknownInstance(*azureRequest) (object, *azureError) {
	return nil, azureAAD(http.StatusBadRequest, "invalid_instance", 50049, "AADSTS50049: Unknown or invalid instance.")
}
