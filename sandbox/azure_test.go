package sandbox_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"kvitt/sandbox"
)

const armScope, graphScope = "https://management.core.windows.net//.default", "https://graph.microsoft.com/.default"

// cloud asks a pretend Azure as curl would. Its world: one account bought online with two profiles, read by the bot.
type cloud struct {
	t                  *testing.T
	azure              *sandbox.Azure
	account            string
	engineering, sales string
	arm, graph         string // Tokens.
}

func newCloud(t *testing.T, config sandbox.AzureConfig) *cloud {
	t.Helper()
	c := &cloud{t: t, azure: sandbox.NewAzure(config)}
	t.Cleanup(c.azure.Wait)
	c.account = c.azure.AddAccount(sandbox.AzureAccount{})
	c.engineering = c.azure.AddProfile(sandbox.AzureProfile{Account: c.account})
	c.sales = c.azure.AddProfile(sandbox.AzureProfile{Account: c.account, Display: "Sales", Currency: "EUR"})
	c.azure.Assign(sandbox.AzureAssignment{Account: c.account, Role: sandbox.AzureAccountReader, Principal: c.azure.Config().Object})
	c.arm, c.graph = c.token(armScope), c.token(graphScope)
	return c
}

// reply is what came back.
type reply struct {
	status int
	header http.Header
	body   string
	tree   map[string]any
}

func (c *cloud) do(r *http.Request) (reply, error) {
	c.t.Helper()
	res, err := c.azure.Transport().RoundTrip(r)
	if err != nil {
		return reply{}, err
	}
	body, _ := io.ReadAll(res.Body)
	got := reply{status: res.StatusCode, header: res.Header, body: string(body)}
	if strings.HasPrefix(res.Header.Get("Content-Type"), "application/json") {
		if err := json.Unmarshal(body, &got.tree); err != nil {
			c.t.Errorf("not JSON: %s", body)
		}
	}
	return got, nil
}

func (c *cloud) send(method, address, token, body string, header ...string) (reply, error) {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for at := 0; at+1 < len(header); at += 2 {
		r.Header.Set(header[at], header[at+1])
	}
	return c.do(r)
}

func (c *cloud) ask(method, address, token, body string, header ...string) reply {
	c.t.Helper()
	got, err := c.send(method, address, token, body, header...)
	if err != nil {
		c.t.Fatal(err)
	}
	return got
}

// grant asks for a token.
func (c *cloud) grant(form url.Values) reply {
	c.t.Helper()
	config := c.azure.Config()
	full := url.Values{"grant_type": {"client_credentials"}, "client_id": {config.ClientID}, "client_secret": {config.Secret}}
	for name, values := range form {
		full[name] = values
	}
	return c.ask(http.MethodPost, "https://login.microsoftonline.com/"+config.Tenant+"/oauth2/v2.0/token", "", full.Encode(),
		"Content-Type", "application/x-www-form-urlencoded")
}

func (c *cloud) token(scope string) string {
	c.t.Helper()
	token, _ := c.grant(url.Values{"scope": {scope}}).tree["access_token"].(string)
	return token
}

// billing asks the billing API for something below the account, with the version and the given query.
func (c *cloud) billing(path string, query ...string) reply {
	c.t.Helper()
	return c.ask(http.MethodGet, c.address(path, query...), c.arm, "")
}

func (c *cloud) address(path string, query ...string) string {
	form := url.Values{"api-version": {sandbox.AzureVersion}}
	for at := 0; at+1 < len(query); at += 2 {
		form.Set(query[at], query[at+1])
	}
	return "https://management.azure.com/providers/Microsoft.Billing/billingAccounts/" + url.PathEscape(c.account) + path + "?" + form.Encode()
}

// directory asks Graph, which takes an advanced query every time here.
func (c *cloud) directory(path string, query ...string) reply {
	c.t.Helper()
	form := url.Values{"$count": {"true"}}
	for at := 0; at+1 < len(query); at += 2 {
		form.Set(query[at], query[at+1])
	}
	return c.ask(http.MethodGet, "https://graph.microsoft.com/v1.0"+path+"?"+form.Encode(), c.graph, "", "ConsistencyLevel", "eventual")
}

// wants demands a status and words in the body.
func (r reply) wants(t *testing.T, status int, words ...string) {
	t.Helper()
	if r.status != status {
		t.Errorf("status %d, want %d: %s", r.status, status, r.body)
	}
	for _, word := range words {
		if !strings.Contains(r.body, word) {
			t.Errorf("the answer lacks %q: %s", word, r.body)
		}
	}
}

func (r reply) lacks(t *testing.T, words ...string) {
	t.Helper()
	for _, word := range words {
		if strings.Contains(r.body, word) {
			t.Errorf("the answer holds %q: %s", word, r.body)
		}
	}
}

// names are the names or ids of a list, in its order.
func (r reply) names() []string {
	var names []string
	rows, _ := r.tree["value"].([]any)
	for _, row := range rows {
		switch row := row.(type) {
		case string:
			names = append(names, row)
		case map[string]any:
			name, has := row["name"].(string)
			if !has {
				name, _ = row["id"].(string)
			}
			names = append(names, name)
		}
	}
	return names
}

func (c *cloud) invoice(total string, due time.Time) string {
	return c.azure.AddInvoice(sandbox.AzureInvoice{Account: c.account, Profile: c.engineering, Total: total, Due: due})
}

// period is a query for every billing period there can be.
var period = []string{"periodStartDate", "2000-01-01", "periodEndDate", "2100-01-01"}
