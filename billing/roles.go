package billing

import (
	"context"
	"errors"
	"time"
)

// Roles is what a Provider is besides where the billing service itself says who may pay. There its word decides, and KVITT_ADMINS only where the
// service has none (ErrNoRoles).
type Roles interface {
	// Accounts lists the accounts (Invoice.Account) that the Provider looks at.
	Accounts(ctx context.Context) ([]string, error)

	// MayPay says by which role somebody may pay the invoices of an account; the zero Grant is a no. maxAge is how old what is known of roles and
	// identities may be; 0 asks now. An error (ErrUnavailable, ErrSetup, ErrNoRoles) means that it could not be found out, and what cannot be found
	// out is not allowed.
	MayPay(ctx context.Context, account string, who Person, maxAge time.Duration) (Grant, error)

	// Payers lists whom such a role lets pay, for reminders only: nobody may pay because they are listed. Groups are listed as their members.
	Payers(ctx context.Context, account string) ([]Person, error)
}

// Person is somebody as a billing service may know them.
type Person struct {
	Email  string // As the company has it.
	Object string // Their identity at the service. Where it is set, the e-mail address says nothing about who they are.
}

// Grant is the role by which somebody may pay.
type Grant struct {
	Role     string // "Invoice manager"
	Scope    string // "billing profile 2WZB-…": where the role was given.
	Identity string // Whom the service takes the person for: two people who are one there are one.
}

// ErrNoRoles is returned for an account of a kind whose roles the service does not tell.
var ErrNoRoles = errors.New("the billing service does not tell who may pay for this account")
