package sandbox_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kvitt/sandbox"
)

func TestAzureIsAsStrictAsTheRealOne(t *testing.T) {
	c := newCloud(t, sandbox.AzureConfig{})
	c.billing("", "api-version", "2020-05-01").wants(t, 400, `"error"`, "InvalidApiVersionParameter")
	c.billing("", "api-version", "").wants(t, 400, "MissingApiVersionParameter")
	c.billing("/invoices", "periodStartDate", "2025-01-01").wants(t, 400, "periodEndDate")
	c.billing("/invoices", "periodStartDate", "spring", "periodEndDate", "2025-01-01").wants(t, 400, "no date")
	c.billing("/invoices", "periodStartDate", "2025-02-01", "periodEndDate", "2025-01-01").wants(t, 400, "before")
	c.billing("/invoices", append(period, "top", "51")...).wants(t, 400, "between 1 and 50")
	c.billing("/invoices", append(period, "top", "0")...).wants(t, 400)
	c.billing("/invoices", append(period, "skip", "-1")...).wants(t, 400)
	c.billing("/invoices", append(period, "$top", "10")...).wants(t, 400, "$top")
	c.billing("/invoices", append(period, "colour", "red")...).wants(t, 400, "colour")
	c.billing("/invoices", append(period, "$skiptoken", "bm9uZQ==")...).wants(t, 400, "$skiptoken")
	c.billing("/invoices/G999999999").wants(t, 404, `"NotFound"`)
	c.billing("/billingProfiles/none").wants(t, 404)
	c.billing("/payNow").wants(t, 404)
	c.account = "none"
	c.billing("").wants(t, 404, "was not found")
	if c.azure.Writes() != 0 {
		t.Errorf("reading was counted as %d writes", c.azure.Writes())
	}
}

func TestAzureTakesTokensOfItsOwnAudienceOnly(t *testing.T) {
	c := newCloud(t, sandbox.AzureConfig{})
	account, users := c.address(""), "https://graph.microsoft.com/v1.0/users"
	missing := c.ask(http.MethodGet, account, "", "")
	missing.wants(t, 401, "AuthenticationFailed")
	if missing.header.Get("WWW-Authenticate") == "" {
		t.Error("a 401 without WWW-Authenticate")
	}
	c.ask(http.MethodGet, account, "made-up", "").wants(t, 401, "InvalidAuthenticationToken")
	c.ask(http.MethodGet, account, c.graph, "").wants(t, 401, "wrong audience")
	c.ask(http.MethodGet, account, c.arm, "").wants(t, 200)
	c.ask(http.MethodGet, users, "", "").wants(t, 401, "Access token is empty.")
	c.ask(http.MethodGet, users, c.arm, "").wants(t, 401, "Invalid audience.", "innerError")
	c.ask(http.MethodGet, users, c.graph, "").wants(t, 200)
}

func TestAzureGivesTokensForTheRightSecretAndScopeOnly(t *testing.T) {
	c := newCloud(t, sandbox.AzureConfig{})
	c.grant(url.Values{"scope": {armScope + " openid offline_access profile"}}).wants(t, 200, `"Bearer"`, `"expires_in":3599`)
	c.grant(url.Values{"scope": {armScope}, "client_secret": {"wrong"}}).wants(t, 401, "invalid_client", "AADSTS7000215", "error_codes")
	c.grant(url.Values{"scope": {armScope}, "client_id": {"wrong"}}).wants(t, 400, "unauthorized_client")
	c.grant(url.Values{"scope": {armScope}, "grant_type": {"password"}}).wants(t, 400, "unsupported_grant_type")
	c.grant(url.Values{"scope": {"https://vault.azure.net/.default"}}).wants(t, 400, "AADSTS500011")
	c.grant(url.Values{"scope": {"User.Read.All"}}).wants(t, 400, "invalid_scope")
	c.grant(nil).wants(t, 400, "invalid_scope")
	entra := "https://login.microsoftonline.com/"
	c.ask(http.MethodGet, entra+"elsewhere/v2.0/.well-known/openid-configuration", "", "").wants(t, 400, "AADSTS90002")
	c.ask(http.MethodGet, entra+c.azure.Config().Tenant+"/v2.0/.well-known/openid-configuration", "", "").wants(t, 200, "/oauth2/v2.0/token")
	c.ask(http.MethodGet, entra+"common/discovery/instance?api-version=1.1&authorization_endpoint=x", "", "").wants(t, 400, "invalid_instance")
}

func TestAzureTokensExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, sandbox.AzureConfig{TokenLife: time.Minute})
		time.Sleep(time.Minute - time.Second)
		c.billing("").wants(t, 200)
		c.directory("/users").wants(t, 200)
		time.Sleep(time.Second)
		c.billing("").wants(t, 401, "ExpiredAuthenticationToken")
		c.directory("/users").wants(t, 401, "expired")
	})
}

func TestAzureRefusesAndCountsEveryWrite(t *testing.T) {
	c := newCloud(t, sandbox.AzureConfig{})
	invoice := c.invoice("10.00", time.Now())
	for at, write := range []struct{ method, address string }{
		{http.MethodPost, c.address("/invoices/" + invoice + "/download")},
		{http.MethodPost, c.address("/resolveBillingRoleAssignments")},
		{http.MethodPut, c.address("/billingRoleAssignments/x")},
		{http.MethodPatch, c.address("")},
		{http.MethodDelete, "https://graph.microsoft.com/v1.0/users/x"},
		{http.MethodPost, "https://management.azure.com/" + c.azure.Config().Tenant + "/oauth2/v2.0/token"},
	} {
		c.ask(write.method, write.address, c.arm, "{}").wants(t, 405, "read-only")
		if got := c.azure.Writes(); got != at+1 {
			t.Errorf("after %s %s %d writes are counted, want %d", write.method, write.address, got, at+1)
		}
	}
}

func TestAzureLetsInWhoHoldsARoleAndNobodyElse(t *testing.T) {
	c := newCloud(t, sandbox.AzureConfig{})
	closed := c.azure.AddAccount(sandbox.AzureAccount{})
	half := c.azure.AddAccount(sandbox.AzureAccount{})
	mine := c.azure.AddProfile(sandbox.AzureProfile{Account: half})
	other := c.azure.AddProfile(sandbox.AzureProfile{Account: half})
	bot := c.azure.Config().Object
	role := c.azure.Assign(sandbox.AzureAssignment{Account: half, Profile: mine, Role: sandbox.AzureProfileReader, Principal: bot})
	seen := c.azure.AddInvoice(sandbox.AzureInvoice{Account: half, Profile: mine})
	hidden := c.azure.AddInvoice(sandbox.AzureInvoice{Account: half, Profile: other})

	list := c.ask(http.MethodGet, "https://management.azure.com/providers/Microsoft.Billing/billingAccounts?api-version=2024-04-01", c.arm, "")
	if got := strings.Join(list.names(), " "); got != c.account+" "+half {
		t.Errorf("the accounts listed are %s", got)
	}
	c.account = closed
	c.billing("").wants(t, 403, "AuthorizationFailed")
	c.billing("/invoices", period...).wants(t, 403)
	c.billing("/billingRoleAssignments").wants(t, 403)
	c.billing("/billingPermissions").wants(t, 200, `"actions":[]`)
	c.account = half
	c.billing("").wants(t, 200, `"hasReadAccess":false`)
	c.billing("/billingProfiles").wants(t, 200, mine)
	c.billing("/billingProfiles").lacks(t, other)
	c.billing("/invoices", period...).wants(t, 403)
	c.billing("/billingProfiles/"+mine+"/invoices", period...).wants(t, 200, seen)
	c.billing("/billingProfiles/"+other+"/invoices", period...).wants(t, 403)
	c.billing("/invoices/"+seen).wants(t, 200)
	c.billing("/invoices/"+hidden).wants(t, 403)
	c.billing("/billingProfiles/"+mine+"/billingRoleAssignments").wants(t, 200, bot)
	c.billing("/billingRoleAssignments").wants(t, 403)
	c.account = closed
	c.billing("/invoices/"+seen).wants(t, 403)
	c.azure.Assign(sandbox.AzureAssignment{Account: closed, Role: sandbox.AzureBasicPurchaser, Principal: bot})
	c.billing("").wants(t, 403)
	c.azure.Assign(sandbox.AzureAssignment{Account: closed, Role: sandbox.AzureAccountReader, Principal: bot})
	c.billing("/invoices/"+seen).wants(t, 404)
	c.account = half
	c.azure.Unassign(role)
	c.billing("").wants(t, 403)
}

func TestAzureEachFarEndHasAHostOfItsOwn(t *testing.T) {
	c := newCloud(t, sandbox.AzureConfig{})
	c.ask(http.MethodGet, "https://management.azure.com/v1.0/users", c.graph, "").wants(t, 404)
	c.ask(http.MethodGet, strings.Replace(c.address(""), "management.azure.com", "127.0.0.1:9", 1), c.arm, "").wants(t, 200)
	if _, err := c.send(http.MethodGet, "https://evil.example/more", c.arm, ""); err == nil {
		t.Error("a host that is not Azure's answered")
	}
	calls := c.azure.Calls()
	if last := calls[len(calls)-1]; last.Host != "evil.example" || !last.Bearer || last.Op != "" {
		t.Errorf("the request to a foreign host is listed as %+v", last)
	}
}

func TestAzureRefusesASecretThatLooksReal(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a secret that looks like Entra's was taken")
		}
	}()
	sandbox.NewAzure(sandbox.AzureConfig{Secret: "abc8Q~made-up-but-shaped-like-a-real-one"})
}
