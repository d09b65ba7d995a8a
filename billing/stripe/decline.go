package stripe

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	api "github.com/stripe/stripe-go/v85"

	"kvitt/billing"
)

// families sorts Stripe's decline and error codes (docs.stripe.com/declines/codes, docs.stripe.com/error-codes). What is missing
// here is Generic, among it lost_card, stolen_card, fraudulent and merchant_blacklist: Stripe asks not to tell those.
var families = map[string]billing.Decline{
	"insufficient_funds": billing.InsufficientFunds, "charge_exceeds_source_limit": billing.InsufficientFunds,

	"expired_card": billing.CardExpired,

	"incorrect_address": billing.WrongDetails, "incorrect_cvc": billing.WrongDetails, "incorrect_number": billing.WrongDetails,
	"incorrect_pin": billing.WrongDetails, "invalid_pin": billing.WrongDetails, "incorrect_zip": billing.WrongDetails, "invalid_account": billing.WrongDetails,
	"invalid_cvc": billing.WrongDetails, "invalid_expiry_month": billing.WrongDetails, "invalid_expiry_year": billing.WrongDetails,
	"invalid_number": billing.WrongDetails, "no_account": billing.WrongDetails, "bank_account_bad_routing_numbers": billing.WrongDetails,

	"amount_too_large": billing.LimitReached, "charge_exceeds_transaction_limit": billing.LimitReached, "invalid_amount": billing.LimitReached, "card_velocity_exceeded": billing.LimitReached,
	"withdrawal_count_limit_exceeded": billing.LimitReached,

	"account_closed": billing.MethodUnusable, "bank_account_restricted": billing.MethodUnusable, "bank_account_unusable": billing.MethodUnusable,
	"payment_intent_mandate_invalid": billing.MethodUnusable, "pin_try_exceeded": billing.MethodUnusable, "service_not_allowed": billing.MethodUnusable,
	"revocation_of_authorization": billing.MethodUnusable, "revocation_of_all_authorizations": billing.MethodUnusable,
	"card_not_supported": billing.MethodUnusable, "currency_not_supported": billing.MethodUnusable,
	"debit_not_authorized": billing.MethodUnusable, "invoice_no_payment_method_types": billing.MethodUnusable,
	"new_account_information_available": billing.MethodUnusable, "payment_intent_incompatible_payment_method": billing.MethodUnusable,
	"payment_method_bank_account_blocked": billing.MethodUnusable, "payment_method_currency_mismatch": billing.MethodUnusable,
	"payment_method_not_available": billing.MethodUnusable, "payment_method_unactivated": billing.MethodUnusable,
	"payment_method_unexpected_state": billing.MethodUnusable, "payment_method_unsupported_type": billing.MethodUnusable,
	"resource_missing": billing.MethodUnusable,

	"authentication_not_handled": billing.AuthenticationOff, "payment_intent_authentication_failure": billing.AuthenticationOff,

	"approve_with_id": billing.TryLater, "card_decline_rate_limit_exceeded": billing.TryLater, "issuer_not_available": billing.TryLater,
	"payment_method_provider_timeout": billing.TryLater, "processing_error": billing.TryLater, "reenter_transaction": billing.TryLater,
	"try_again_later": billing.TryLater,
}

func family(e *api.Error) billing.Decline {
	if e == nil {
		return billing.Generic
	}
	return cmp.Or(families[string(e.DeclineCode)], families[string(e.Code)], billing.Generic)
}

// asksPerson says whether the bank wants the person to authenticate: not a refusal, but not something that Kvitt can finish.
func asksPerson(e *api.Error) bool {
	return e != nil && (e.Code == api.ErrorCodeAuthenticationRequired || e.DeclineCode == api.DeclineCodeAuthenticationRequired ||
		e.Code == api.ErrorCodeInvoicePaymentIntentRequiresAction)
}

// readError turns an error of reading into one of the contract's. Stripe's own text stays out: it can hold names and secrets.
func readError(what string, err error) error {
	e := stripeError(err)
	if e == nil {
		if lost, ok := errors.AsType[*url.Error](err); ok {
			return fmt.Errorf("%s: %w: %w", what, billing.ErrUnavailable, lost)
		}
		return fmt.Errorf("%s: %w: what answered is not Stripe", what, billing.ErrUnavailable)
	}
	kind := billing.ErrUnavailable
	switch e.HTTPStatusCode {
	case http.StatusNotFound:
		kind = billing.ErrNotFound
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusForbidden:
		kind = billing.ErrSetup
	}
	return fmt.Errorf("%s: %w: status %d, request %s", what, kind, e.HTTPStatusCode, cmp.Or(e.RequestID, "unknown")+codeOf(e)+missing(e))
}

func codeOf(e *api.Error) string {
	if e.Code == "" {
		return ""
	}
	return ", " + string(e.Code)
}

// stripeError is Stripe's own error, or nil where something else answered or nobody did.
func stripeError(err error) *api.Error {
	e, _ := errors.AsType[*api.Error](err)
	return e
}
