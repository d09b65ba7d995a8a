package azure

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"kvitt/billing"
)

// refused is an answer that is an error, without the service's own text, which can hold names. It wraps billing.ErrUnavailable or billing.ErrSetup; that a
// 404 means "no such invoice" only who asked can say.
type refused struct {
	what   string
	status int
	code   string
	id     string // Of the request, for Microsoft's support.
	kind   error
}

func (e *refused) Error() string {
	return fmt.Sprintf("%s: %v: status %d, %s, request %s", e.what, e.kind, e.status, cmp.Or(e.code, "no code"), cmp.Or(e.id, "unknown"))
}

func (e *refused) Unwrap() error { return e.kind }

// status is that of a refused error, else 0.
func status(err error) int {
	if e, ok := errors.AsType[*refused](err); ok {
		return e.status
	}
	return 0
}

var (
	plainCode = regexp.MustCompile(`^[A-Za-z0-9_.]{1,60}$`)
	entraCode = regexp.MustCompile(`AADSTS\d+`)
)

// explain turns an error of the SDK into one of the contract's.
func explain(what string, err error) error {
	if e, ok := errors.AsType[*tokenError](err); ok {
		return unauthenticated(what, e)
	}
	if e, ok := errors.AsType[*azcore.ResponseError](err); ok {
		return answered(what, e)
	}
	if e, ok := errors.AsType[*refusal](err); ok {
		return fmt.Errorf("%s: %w: %w", what, billing.ErrUnavailable, e)
	}
	for _, ended := range []error{context.DeadlineExceeded, context.Canceled} {
		if errors.Is(err, ended) {
			return fmt.Errorf("%s: %w: %w", what, billing.ErrUnavailable, ended)
		}
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err // Without the address.
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return fmt.Errorf("%s: %w: its certificate is not trusted here; of a private CA, name the file in SSL_CERT_FILE", what, billing.ErrUnavailable)
	}
	if e, ok := errors.AsType[net.Error](err); ok {
		return fmt.Errorf("%s: %w: %w", what, billing.ErrUnavailable, e)
	}
	return fmt.Errorf("%s: %w", what, billing.ErrUnavailable)
}

func answered(what string, e *azcore.ResponseError) error {
	out := &refused{what: what, status: e.StatusCode, kind: billing.ErrUnavailable}
	if plainCode.MatchString(e.ErrorCode) {
		out.code = e.ErrorCode
	}
	if e.RawResponse != nil {
		if id := cmp.Or(e.RawResponse.Header.Get("x-ms-request-id"), e.RawResponse.Header.Get("request-id")); len(id) <= 60 {
			out.id = id
		}
	}
	switch e.StatusCode {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound:
		out.kind = billing.ErrSetup
	}
	return out
}

// unauthenticated keeps of Entra's text only its code (learn.microsoft.com/entra/identity-platform/reference-error-codes). What is no failed sign-in and
// no time-out is that no credential of the chain is there.
func unauthenticated(what string, e *tokenError) error {
	failed, tried := errors.AsType[*azidentity.AuthenticationFailedError](e.err)
	switch {
	case errors.Is(e.err, context.DeadlineExceeded), errors.Is(e.err, context.Canceled),
		tried && (failed.RawResponse == nil || failed.RawResponse.StatusCode >= 500 || failed.RawResponse.StatusCode == http.StatusTooManyRequests):
		return fmt.Errorf("%s: %w: Entra could not be asked for a token; see that it can be reached and that its certificate is trusted", what, billing.ErrUnavailable)
	case tried:
		code := cmp.Or(entraCode.FindString(failed.Error()), "no code")
		return fmt.Errorf("%s: %w: Entra gives no token (%s); look at the AZURE_ variables", what, billing.ErrSetup, code)
	}
	return fmt.Errorf("%s: %w: no Azure credential was found; set AZURE_TENANT_ID, AZURE_CLIENT_ID and what proves them", what, billing.ErrSetup)
}
