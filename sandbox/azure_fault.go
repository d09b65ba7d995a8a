package sandbox

import (
	"cmp"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// AzureFaultKind is one way in which a request goes wrong. Nothing is ever changed by a request, so there is no before and after.
type AzureFaultKind string

const (
	AzureThrottled   AzureFaultKind = "429"          // Too many requests, with Retry-After: Delay, in whole seconds; without for no Delay.
	AzureBroken      AzureFaultKind = "500"          // An internal error.
	AzureUnavailable AzureFaultKind = "503"          // The service is down.
	AzureForbidden   AzureFaultKind = "403"          // The caller lost its role or permission.
	AzureNoToken     AzureFaultKind = "no token"     // The token endpoint says that the client secret has expired; 401 elsewhere.
	AzureSlow        AzureFaultKind = "slow"         // Waits for Delay, then does it.
	AzureHang        AzureFaultKind = "hang"         // Blocks until the caller leaves.
	AzureCut         AzureFaultKind = "cut"          // The connection ends without an answer.
	AzureNotAzure    AzureFaultKind = "not azure"    // 502 with a page instead of JSON, as a proxy answers.
	AzureForeignLink AzureFaultKind = "foreign link" // The list goes on at Link, which is no host of Azure's.
)

// AzureFault makes requests go wrong.
type AzureFault struct {
	Far   AzureFar       // Empty: any far end.
	Op    string         // End of the operation's pattern or of the path: "/billingRoleAssignments"; empty: any request.
	Kind  AzureFaultKind //
	Times int            // How many requests; negative: every one until Mend.
	Delay time.Duration  // With the slow and the throttled ones.
	Link  string         // With the foreign link; default "https://management.azure.example/more".
}

// Break plans a fault; several for the same operation happen one after the other.
func (a *Azure) Break(fault AzureFault) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.faults = append(a.faults, &fault)
}

// Mend forgets every planned fault.
func (a *Azure) Mend() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.faults = nil
}

func (a *Azure) nextFault(req *azureRequest) *AzureFault {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, f := range a.faults {
		if f.Times == 0 || f.Far != "" && f.Far != req.op.far ||
			!strings.HasSuffix(req.op.pattern, f.Op) && !strings.HasSuffix(req.r.URL.Path, f.Op) {
			continue
		}
		f.Times = max(f.Times-1, -1)
		planned := *f
		return &planned
	}
	return nil
}

// before does what goes wrong ahead of the operation; an error means that the operation is not reached.
func (f *AzureFault) before(r *http.Request) *azureError {
	if f == nil {
		return nil
	}
	switch f.Kind {
	case AzureSlow:
		select {
		case <-time.After(f.Delay):
		case <-r.Context().Done():
			panic(http.ErrAbortHandler)
		}
	case AzureHang:
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case AzureCut:
		panic(http.ErrAbortHandler)
	case AzureThrottled:
		err := &azureError{status: http.StatusTooManyRequests, code: "TooManyRequests", message: "Too many requests. Please retry.", header: http.Header{}}
		if f.Delay > 0 {
			err.header.Set("Retry-After", strconv.Itoa(int(f.Delay/time.Second)))
		}
		return err
	case AzureBroken:
		return &azureError{status: http.StatusInternalServerError, code: "InternalServerError", message: "An internal error occurred."}
	case AzureUnavailable:
		return &azureError{status: http.StatusServiceUnavailable, code: "ServiceUnavailable", message: "The service is unavailable."}
	case AzureForbidden:
		return azureForbidden(r.URL.Path)
	case AzureNoToken:
		return azureAAD(http.StatusUnauthorized, "invalid_client", 7000222, "AADSTS7000222: The provided client secret keys are expired.")
	case AzureNotAzure:
		return &azureError{status: http.StatusBadGateway, code: azurePlainPage, header: http.Header{"Content-Type": {"text/html"}}}
	}
	return nil
}

// after changes an answer that went well.
func (f *AzureFault) after(body object) {
	if f == nil || f.Kind != AzureForeignLink {
		return
	}
	name := "nextLink"
	if _, odata := body["@odata.context"]; odata {
		name = "@odata.nextLink"
	}
	body[name] = cmp.Or(f.Link, "https://management.azure.example/more")
}
