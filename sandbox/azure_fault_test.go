package sandbox_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kvitt/sandbox"
)

func TestAzureFailsOnDemandAndMends(t *testing.T) {
	c := newCloud(t, sandbox.AzureConfig{})
	for kind, status := range map[sandbox.AzureFaultKind]int{
		sandbox.AzureThrottled: 429, sandbox.AzureBroken: 500, sandbox.AzureUnavailable: 503, sandbox.AzureForbidden: 403, sandbox.AzureNotAzure: 502,
	} {
		c.azure.Break(sandbox.AzureFault{Far: sandbox.AzureARM, Kind: kind, Times: 1})
		if got := c.billing(""); got.status != status || kind != sandbox.AzureNotAzure && got.tree["error"] == nil {
			t.Errorf("%s is answered with %d: %s", kind, got.status, got.body)
		}
		c.billing("").wants(t, 200)
	}
	c.azure.Break(sandbox.AzureFault{Kind: sandbox.AzureBroken, Times: -1})
	c.billing("").wants(t, 500)
	c.billing("").wants(t, 500)
	c.azure.Mend()
	c.billing("").wants(t, 200)
}

func TestAzureThrottlesForAsLongAsAsked(t *testing.T) {
	c := newCloud(t, sandbox.AzureConfig{})
	for delay, header := range map[time.Duration]string{0: "", 2 * time.Second: "2", time.Hour: "3600"} {
		c.azure.Break(sandbox.AzureFault{Kind: sandbox.AzureThrottled, Times: 1, Delay: delay})
		got := c.billing("")
		got.wants(t, 429)
		if got.header.Get("Retry-After") != header {
			t.Errorf("Retry-After is %q, want %q", got.header.Get("Retry-After"), header)
		}
	}
}

func TestAzureFaultsHitOnlyWhatTheyName(t *testing.T) {
	c := newCloud(t, sandbox.AzureConfig{})
	c.azure.Break(sandbox.AzureFault{Far: sandbox.AzureGraph, Kind: sandbox.AzureUnavailable, Times: -1})
	c.azure.Break(sandbox.AzureFault{Op: "/billingRoleAssignments", Kind: sandbox.AzureForbidden, Times: -1})
	c.azure.Break(sandbox.AzureFault{Far: sandbox.AzureEntra, Kind: sandbox.AzureNoToken, Times: -1})
	c.billing("").wants(t, 200)
	c.billing("/billingRoleAssignments").wants(t, 403, "AuthorizationFailed")
	c.billing("/billingProfiles/"+c.sales+"/billingRoleAssignments").wants(t, 403)
	c.directory("/users").wants(t, 503)
	c.grant(map[string][]string{"scope": {armScope}}).wants(t, 401, "AADSTS7000222", "invalid_client")
}

func TestAzureListsLeadToAForeignHost(t *testing.T) {
	c := newCloud(t, sandbox.AzureConfig{})
	c.azure.Break(sandbox.AzureFault{Op: "/invoices", Kind: sandbox.AzureForeignLink, Times: 1, Link: "https://evil.example/more"})
	c.azure.Break(sandbox.AzureFault{Far: sandbox.AzureGraph, Kind: sandbox.AzureForeignLink, Times: 1})
	c.billing("/invoices", period...).wants(t, 200, `"nextLink":"https://evil.example/more"`)
	c.directory("/users").wants(t, 200, `"@odata.nextLink":"https://management.azure.example/more"`)
	c.billing("/invoices", period...).lacks(t, "nextLink")
}

func TestAzureIsSlowHangsAndCutsInBubbleTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, sandbox.AzureConfig{})
		began := time.Now()
		c.azure.Break(sandbox.AzureFault{Kind: sandbox.AzureSlow, Delay: 3 * time.Second, Times: 1})
		c.billing("").wants(t, 200)
		if took := time.Since(began); took != 3*time.Second {
			t.Errorf("a slow answer took %s, want 3s", took)
		}
		c.azure.Break(sandbox.AzureFault{Kind: sandbox.AzureCut, Times: 1})
		if _, err := c.send(http.MethodGet, c.address(""), c.arm, ""); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("a cut is %v", err)
		}
		c.azure.Break(sandbox.AzureFault{Kind: sandbox.AzureHang, Times: 1})
		ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
		defer stop()
		r, _ := http.NewRequestWithContext(ctx, http.MethodGet, c.address(""), nil)
		r.Header.Set("Authorization", "Bearer "+c.arm)
		if _, err := c.do(r); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a request that hangs ends with %v", err)
		}
		c.azure.Wait()
		calls := c.azure.Calls()
		if last := calls[len(calls)-1]; last.Status != 0 {
			t.Errorf("the request that hung is listed with status %d", last.Status)
		}
	})
}

func TestAzureTellsOfEveryCallButNeverAToken(t *testing.T) {
	c := newCloud(t, sandbox.AzureConfig{})
	var told []string
	c.azure.OnCall(func(call sandbox.AzureCall, body []byte) { told = append(told, call.Op+" "+string(body)) })
	c.billing("")
	token := c.token(graphScope)
	c.ask(http.MethodGet, c.address("/nothing"), c.arm, "")
	c.azure.OnCall(nil)
	c.billing("")
	all := strings.Join(told, "\n")
	if len(told) != 3 || !strings.Contains(told[0], "MicrosoftCustomerAgreement") || strings.Contains(all, token) || token == "" {
		t.Errorf("told: %s", all)
	}
	last := c.azure.Calls()[len(c.azure.Calls())-1]
	if last.Op != "GET /providers/Microsoft.Billing/billingAccounts/{account}" || last.Far != sandbox.AzureARM || last.Status != 200 || !last.Bearer {
		t.Errorf("the last call is %+v", last)
	}
}

func TestAzureServesManyAtOnce(t *testing.T) {
	c := newCloud(t, sandbox.AzureConfig{})
	number, visa := c.invoice("5.00", time.Now()), c.method(sandbox.AzureMethod{})
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() { c.billing("/invoices", period...) })
		all.Go(func() { c.azure.Pay(number, visa) })
		all.Go(func() { c.token(armScope) })
		all.Go(func() { c.invoice("6.00", time.Now()) })
	}
	all.Wait()
	if got := len(c.azure.Invoices()[0].Payments); got != 1 {
		t.Errorf("eight people paid it %d times, want once", got)
	}
}

func TestAzureAnswersLoopbackOnly(t *testing.T) {
	c := newCloud(t, sandbox.AzureConfig{})
	for name, handler := range map[string]http.Handler{"api": c.azure.Handler(), "portal": c.azure.PortalHandler()} {
		for _, from := range []struct{ host, remote string }{{"rebound.example", "127.0.0.1:5"}, {"127.0.0.1", "192.0.2.7:5"}} {
			r := httptest.NewRequest(http.MethodGet, "http://"+from.host+"/", nil)
			r.RemoteAddr = from.remote
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			if w.Code != http.StatusForbidden {
				t.Errorf("the %s answers %s from %s with %d", name, from.host, from.remote, w.Code)
			}
		}
	}
}
