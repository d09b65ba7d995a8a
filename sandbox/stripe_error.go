package sandbox

import (
	"cmp"
	"errors"
	"net/http"
)

// stripeError is an error answer in Stripe's shape (docs.stripe.com/api/errors).
type stripeError struct {
	status  int
	kind    string // "card_error", "invalid_request_error", "idempotency_error", "api_error".
	code    string
	decline string
	message string
	param   string
	intent  object
	unsaved bool // Not remembered under the idempotency key: validation, conflicts, limits.
}

// stripePlainPage marks an answer that did not come from Stripe at all, but from something in between.
const stripePlainPage = "page"

func (e *stripeError) answer() stripeAnswer {
	if e.kind == stripePlainPage {
		return stripeAnswer{status: e.status, body: []byte("<html><body>Bad gateway</body></html>")}
	}
	inner := object{"type": e.kind, "message": e.message}
	for name, v := range map[string]string{"code": e.code, "decline_code": e.decline, "param": e.param} {
		if v != "" {
			inner[name] = v
		}
	}
	if e.intent != nil {
		inner["payment_intent"] = e.intent
	}
	return stripeAnswer{status: e.status, body: stripeEncode(object{"error": inner})}
}

// stripeInvalid is a failed validation: 400, and not remembered under the key.
func stripeInvalid(code, param, message string) *stripeError {
	return &stripeError{status: http.StatusBadRequest, kind: "invalid_request_error", code: code, param: param,
		message: message, unsaved: true}
}

// stripeRejected is a 400 that the operation itself came to, after it began.
func stripeRejected(code, param, message string) *stripeError {
	return &stripeError{status: http.StatusBadRequest, kind: "invalid_request_error", code: code, param: param, message: message}
}

func stripeMissing(kind, id string) *stripeError {
	return &stripeError{status: http.StatusNotFound, kind: "invalid_request_error", code: "resource_missing", param: "id",
		message: "No such " + kind + ": '" + id + "'", unsaved: true}
}

func stripeServerError() *stripeError {
	return &stripeError{status: http.StatusInternalServerError, kind: "api_error",
		message: "An unknown error occurred"}
}

func (s *Stripe) unrecognized(req *stripeRequest) (object, *stripeError) {
	return nil, &stripeError{status: http.StatusNotFound, kind: "invalid_request_error", unsaved: true,
		message: "Unrecognized request URL (" + req.r.Method + ": " + req.r.URL.Path + ")."}
}

// stripeDecline is the card error of a decline code. Some codes are themselves the error's code; the rest are
// "card_declined" with the reason beside it (docs.stripe.com/declines/codes).
func stripeDecline(decline string) *stripeError {
	e := &stripeError{status: http.StatusPaymentRequired, kind: "card_error", code: "card_declined", decline: decline,
		message: "Your card was declined."}
	switch decline {
	case "generic", "generic_decline":
		e.decline = "generic_decline"
	case "insufficient_funds":
		e.message = "Your card has insufficient funds."
	case "expired_card":
		e.code, e.message = decline, "Your card has expired."
	case "incorrect_cvc":
		e.code, e.message = decline, "Your card's security code is incorrect."
	case "processing_error":
		e.code, e.message = decline, "An error occurred while processing your card. Try again in a little bit."
	case "authentication_required":
		e.code, e.message = decline, "Your card was declined. This transaction requires authentication."
	case "requires_action":
		e.code, e.decline = "invoice_payment_intent_requires_action", ""
		e.message = "This payment requires additional user action before it can be completed successfully. " +
			"Payment can be completed using the PaymentIntent associated with the invoice."
	}
	return e
}

// orNil is a plain error that is nil where there is none.
func (e *stripeError) orNil() error {
	if e == nil {
		return nil
	}
	return errors.New(cmp.Or(e.decline, e.code, e.message))
}
