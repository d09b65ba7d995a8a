package azure

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

// doors are those of a Provider in the public cloud, and of its credential.
func doors(t *testing.T) (arm, graph, credential *door) {
	t.Helper()
	inner := answers(func(*http.Request) *http.Response {
		return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader("{}"))}
	})
	at, err := whereabouts(Config{})
	if err != nil {
		t.Fatal(err)
	}
	return at.door(inner), at.graphDoor(inner), credentialDoor(publicAuthority, true, inner)
}

type answers func(*http.Request) *http.Response

func (f answers) RoundTrip(r *http.Request) (*http.Response, error) { return f(r), nil }

func TestNothingButReadingPassesADoor(t *testing.T) {
	arm, graph, credential := doors(t)
	const (
		azureHost, graphHost, loginHost = "https://management.azure.com", "https://graph.microsoft.com", "https://login.microsoftonline.com"
		me                              = "/v1.0/users/a0000000-0000-4000-8000-00000000000a"
	)
	for _, test := range []struct {
		door           *door
		method, target string
		want           bool
	}{
		{arm, "GET", azureHost + "/providers/x", true}, {arm, "GET", "https://MANAGEMENT.azure.com:443/providers/x", true},
		{arm, "POST", azureHost + "/providers/x", false}, {arm, "PUT", azureHost + "/x", false}, {arm, "PATCH", azureHost + "/x", false},
		{arm, "DELETE", azureHost + "/x", false}, {arm, "HEAD", azureHost + "/x", false}, {arm, "get", azureHost + "/x", false},
		{arm, "GET", "http://management.azure.com/x", false}, {arm, "GET", "https://management.azure.com:8443/x", false},
		{arm, "GET", "https://management.azure.com.example.org/x", false}, {arm, "GET", "https://management.azure.com@example.org/x", false},
		{arm, "GET", graphHost + "/v1.0/users", false}, {arm, "POST", azureHost + "/billingAccounts/a/payNow", false},

		{graph, "GET", graphHost + "/v1.0/users", true}, {graph, "POST", graphHost + me + "/checkMemberGroups", true},
		{graph, "POST", graphHost + "/v1.0/users", false}, {graph, "POST", graphHost + me + "/checkMemberGroups/x", false},
		{graph, "POST", graphHost + me + "%2FcheckMemberGroups", false}, {graph, "POST", graphHost + "/v1.0/users/../groups/checkMemberGroups", false},
		{graph, "POST", graphHost + me + "/sendMail", false}, {graph, "PATCH", graphHost + me, false}, {graph, "POST", azureHost + me + "/checkMemberGroups", false},

		{credential, "POST", loginHost + "/contoso.com/oauth2/v2.0/token", true}, {credential, "GET", loginHost + "/t/v2.0/.well-known/openid-configuration", true},
		{credential, "GET", "http://169.254.169.254/metadata/identity/oauth2/token", true},
		{credential, "POST", loginHost + "/contoso.com/oauth2/v2.0/devicecode", false}, {credential, "POST", loginHost + "/a/b/oauth2/v2.0/token", false},
		{credential, "POST", "https://login.example.org/contoso.com/oauth2/v2.0/token", false}, {credential, "GET", azureHost + "/x", false},
	} {
		r, err := http.NewRequest(test.method, test.target, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = test.door.Do(r)
		var refused *refusal
		if (err == nil) != test.want || err != nil && !errors.As(err, &refused) {
			t.Errorf("%s %s: %v, want it let through: %v", test.method, test.target, err, test.want)
		}
	}
}

func TestAnAuthorityOfOnesOwnIsTheOnlyOneAsked(t *testing.T) {
	d := credentialDoor("https://login.example.org", false, nil)
	for target, want := range map[string]bool{"https://login.example.org/t/oauth2/v2.0/token": true, "https://login.microsoftonline.com/t/oauth2/v2.0/token": false} {
		r, _ := http.NewRequest(http.MethodPost, target, nil)
		if got := d.open[0].admits(r); got != want {
			t.Errorf("%s: %v, want %v", target, got, want)
		}
	}
	r, _ := http.NewRequest(http.MethodGet, "https://login.microsoftonline.com/common/discovery/instance", nil)
	if _, err := d.Do(r); err == nil {
		t.Error("Microsoft is asked about a host that is not Microsoft's")
	}
}
