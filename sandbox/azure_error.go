package sandbox

import (
	"net/http"
	"time"
)

// azureError is an error answer. Its shape depends on the far end that gives it; codes other than those that are documented are this
// sandbox's own, and nobody should match them.
type azureError struct {
	status  int
	code    string
	message string
	number  int // The number of an AADSTS error.
	header  http.Header
}

// azurePlainPage marks an answer that did not come from Azure at all, but from something in between.
const azurePlainPage = "page"

// encode writes the envelope: {"error":{"code","message"}} at the Resource Manager, the same with innerError at Graph
// (learn.microsoft.com/graph/errors), and OAuth's with error_codes at Entra.
func (e *azureError) encode(far AzureFar, request string, now time.Time) []byte {
	if e.code == azurePlainPage {
		return []byte("<html><body>Bad gateway</body></html>")
	}
	inner := object{"code": e.code, "message": e.message}
	switch far {
	case AzureGraph:
		inner["innerError"] = object{"date": now.UTC().Format("2006-01-02T15:04:05"), "request-id": request, "client-request-id": request}
	case AzureEntra:
		return encode(object{"error": e.code, "error_description": e.message + " Trace ID: " + request, "error_codes": []int{e.number},
			"timestamp": now.UTC().Format("2006-01-02 15:04:05Z"), "trace_id": request, "correlation_id": request})
	}
	return encode(object{"error": inner})
}

func azureInvalid(code, message string) *azureError {
	return &azureError{status: http.StatusBadRequest, code: code, message: message}
}

func azureMissing(message string) *azureError {
	return &azureError{status: http.StatusNotFound, code: "NotFound", message: message}
}

func azureUnauthorized(code, message string) *azureError {
	return &azureError{status: http.StatusUnauthorized, code: code, message: message}
}

// azureForbidden is the answer to a caller whose role does not reach so far.
func azureForbidden(scope string) *azureError {
	return &azureError{status: http.StatusForbidden, code: "AuthorizationFailed",
		message: "The caller does not have permission to perform the action over scope '" + scope + "'."}
}

// azureDenied is Graph's answer to an application that lacks a permission.
func azureDenied() *azureError {
	return &azureError{status: http.StatusForbidden, code: "Authorization_RequestDenied",
		message: "Insufficient privileges to complete the operation."}
}

// azureAAD is an error of Entra ID (learn.microsoft.com/entra/identity-platform/reference-error-codes).
func azureAAD(status int, code string, number int, message string) *azureError {
	return &azureError{status: status, code: code, number: number, message: message}
}
