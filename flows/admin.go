package flows

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"kvitt/billing"
	"kvitt/bot"
	"kvitt/store"
)

// Right is whether somebody may pay, and what they may be told if not.
type Right string

const (
	MayPay   Right = "may pay"
	NotAdmin Right = "not a billing admin" // A full member of this workspace: may be told who is, and may ask them.
	Outsider Right = "outsider"            // A guest, a bot, somebody deleted or of another workspace: gets one sentence.
)

// Admins knows who is a billing admin: the operator says so, by user id or e-mail address, and a billing service that has roles of its own (roles.go).
// Nothing in Slack changes it.
type Admins struct {
	Entries    []string // As set by the operator, in order.
	Bot        *bot.Bot
	Pins       *store.Records[Pin]
	Roles      map[string]billing.Roles // By billing service; those that have roles.
	Identities map[string]string        // Who a Slack person is at such a service, where the operator says so, by user id.
	Payers     *store.Records[Payers]   // Required with Roles.
	Team       string
	Now        func() time.Time
	Log        *slog.Logger

	listed sync.Map     // The accounts of each billing service with roles, as it last said.
	turns  atomic.Int64 // How often who holds a paying role was found to have changed.
}

// Right checks whether somebody may pay the invoices of an account, by what is at most so old: fresh right before money moves. An error means that
// it could not be checked, and what cannot be checked is not allowed.
func (a *Admins) Right(ctx context.Context, user string, at account, old ages) (Right, error) {
	right, _, err := a.check(ctx, user, at, old)
	return right, err
}

// check also tells what the right rests on, for the audit trail.
func (a *Admins) check(ctx context.Context, user string, at account, old ages) (Right, billing.Grant, error) {
	person, err := a.Bot.Person(ctx, user, old.person)
	switch {
	case errors.Is(err, bot.ErrGone):
		return Outsider, billing.Grant{}, nil
	case err != nil:
		return "", billing.Grant{}, fmt.Errorf("who %s is: %w", user, err)
	case !person.FullMember(a.Team):
		return Outsider, billing.Grant{}, nil
	}
	grant, decides, err := a.granted(ctx, person, at, old.roles)
	switch {
	case err != nil:
		return "", billing.Grant{}, err
	case decides && grant.Role == "":
		return NotAdmin, billing.Grant{}, nil
	case decides:
		return MayPay, grant, nil
	}
	for _, entry := range a.Entries {
		is, err := a.names(ctx, entry, user, old)
		if err != nil {
			return "", billing.Grant{}, err
		}
		if is {
			return MayPay, billing.Grant{Role: "KVITT_ADMINS"}, nil
		}
	}
	return NotAdmin, billing.Grant{}, nil
}

// Resolve looks every e-mail address up, pins the new ones and marks those that name somebody else now; then it looks up who holds paying roles.
// What cannot be looked up stays as it is; the errors are joined.
func (a *Admins) Resolve(ctx context.Context) error {
	var errs []error
	for _, entry := range a.Entries {
		if isEmail(entry) {
			_, err := a.pin(ctx, entry, 0)
			errs = append(errs, err)
		}
	}
	return errors.Join(append(errs, a.resolveRoles(ctx))...)
}

// List returns the user ids of those who are said to be billing admins of an account, the operator's in their order. Whether each still is, and is a
// full member, is Right's business.
func (a *Admins) List(ctx context.Context, at account) ([]string, error) {
	if _, ok := a.Roles[at.service]; ok {
		payers, err := a.Payers.Load(ctx, at.id())
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, fmt.Errorf("who may pay the invoices of an account: %w", err)
		}
		if !payers.NoRoles { // Until it is known who may, nobody hears of these invoices.
			return payers.Users, nil
		}
	}
	return a.named(ctx)
}

// All returns everybody who is said to be a billing admin of anything.
func (a *Admins) All(ctx context.Context) ([]string, error) {
	all, err := a.named(ctx)
	if err != nil {
		return nil, err
	}
	accounts, err := a.accounts(ctx)
	if err != nil {
		a.Log.WarnContext(ctx, "not every account could be listed; reminders go on from what is known", "err", err)
	}
	for _, at := range accounts {
		more, err := a.List(ctx, at)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	return unique(all), nil
}

// named are those whom KVITT_ADMINS names.
func (a *Admins) named(ctx context.Context) ([]string, error) {
	var ids []string
	for _, entry := range a.Entries {
		if !isEmail(entry) {
			ids = append(ids, entry)
			continue
		}
		pin, err := a.Pins.Load(ctx, PinID(entry))
		switch {
		case errors.Is(err, store.ErrNotFound):
		case err != nil:
			return nil, fmt.Errorf("the pinned e-mail addresses of KVITT_ADMINS: %w", err)
		case pin.Broken == "" && pin.User != "":
			ids = append(ids, pin.User)
		}
	}
	return unique(ids), nil
}

func unique(ids []string) []string {
	seen := map[string]bool{}
	var out []string
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}
