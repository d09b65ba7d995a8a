package flows

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"kvitt/billing"
	"kvitt/bot"
	"kvitt/store"
)

// account is where an invoice belongs, as far as the right to pay it goes: an account of a billing service that knows roles of its own. The zero
// account is what the operator decides about, with KVITT_ADMINS.
type account struct{ service, name string }

func (r *Record) account() account {
	if r.Invoice.Account == "" {
		return account{}
	}
	return account{serviceOf(r.Invoice.ID), r.Invoice.Account}
}

// ages is how old may be what a right rests on: what Slack says of the person, and what the billing service says of their roles.
type ages struct{ person, roles time.Duration }

var (
	fresh    = ages{}                                            // Right before money moves.
	onClick  = ages{person: time.Nanosecond, roles: time.Minute} // Slack is asked now, once for all who ask meanwhile.
	meantime = ages{person: time.Minute, roles: time.Minute}     // Of another account, where the person was just asked for.
	recently = ages{person: time.Minute, roles: 5 * time.Minute} // While somebody types or submits: it was asked before.
)

// Payers is who held a paying role of an account when that was last asked, as Slack knows them. It is for reminders only: nobody may pay because they
// are in it.
type Payers struct {
	Users   []string `json:"users"`
	NoRoles bool     `json:"no_roles,omitzero"` // The service does not tell; KVITT_ADMINS decides.
}

// granted asks the billing service by which role somebody may pay the invoices of an account; decides is false where KVITT_ADMINS decides.
func (a *Admins) granted(ctx context.Context, who bot.Person, at account, maxAge time.Duration) (grant billing.Grant, decides bool, err error) {
	roles, ok := a.Roles[at.service]
	if !ok {
		return billing.Grant{}, false, nil
	}
	grant, err = roles.MayPay(ctx, at.name, a.identity(who), maxAge)
	if errors.Is(err, billing.ErrNoRoles) {
		return billing.Grant{}, false, nil
	}
	if err != nil {
		return billing.Grant{}, true, fmt.Errorf("the role of %s at %s: %w", who.ID, at.service, err)
	}
	if grant.Role == "" {
		return grant, true, nil // Nobody is pinned who has no role.
	}
	if is, err := a.is(ctx, who, at.service, grant.Identity); err != nil || !is {
		return billing.Grant{}, true, err
	}
	return grant, true, nil
}

// accounts lists every account with roles of its own. Those of a service that cannot be asked are as it said last; the errors are joined.
func (a *Admins) accounts(ctx context.Context) (all []account, err error) {
	for service, roles := range a.Roles {
		names, failed := roles.Accounts(ctx)
		err = errors.Join(err, failed)
		if failed == nil {
			a.listed.Store(service, names)
		} else if known, ok := a.listed.Load(service); ok {
			names = known.([]string)
		}
		for _, name := range names {
			all = append(all, account{service, name})
		}
	}
	return all, err
}

// resolveRoles looks up who holds a paying role, and who of them is in this workspace. Where that cannot be looked up, what was found before stands:
// reminding fails open.
func (a *Admins) resolveRoles(ctx context.Context) error {
	all, err := a.accounts(ctx)
	for _, at := range all {
		err = errors.Join(err, a.resolveAccount(ctx, at))
	}
	return err
}

func (a *Admins) resolveAccount(ctx context.Context, at account) error {
	holders, err := a.Roles[at.service].Payers(ctx, at.name)
	found := Payers{NoRoles: errors.Is(err, billing.ErrNoRoles)}
	if err != nil && !found.NoRoles {
		return fmt.Errorf("who may pay the invoices of an account of %s: %w", at.service, err)
	}
	for _, holder := range holders {
		user, err := a.userOf(ctx, at.service, holder)
		if err != nil {
			return err
		}
		if user != "" {
			found.Users = append(found.Users, user)
		}
	}
	slices.Sort(found.Users)
	found.Users = slices.Compact(found.Users)
	changed := false
	_, err = a.Payers.Update(ctx, at.id(), func(p *Payers) (store.Next, error) {
		if changed = !slices.Equal(p.Users, found.Users) || p.NoRoles != found.NoRoles; !changed {
			return store.Next{}, store.Unchanged
		}
		*p = found
		return store.Next{}, nil
	})
	if err == nil && changed {
		a.turns.Add(1)
	}
	return err
}

// id is where the Payers of an account are kept.
func (at account) id() string { return PinID(at.service + ":" + at.name) }

// sight is what one person may see of many invoices. Each account is asked about once.
type sight struct {
	right  Right // To anything at all.
	admins *Admins
	user   string
	rights map[account]Right
	blind  bool // Of some account it could not be found out; its invoices are not seen.
}

// sight finds out whether somebody is a billing admin of anything.
func (f *Flows) sight(ctx context.Context, user string) (*sight, error) {
	s := &sight{admins: f.Admins, user: user, rights: map[account]Right{}}
	right, err := f.Admins.Right(ctx, user, account{}, onClick)
	if err != nil || right == Outsider {
		s.right = right
		return s, err
	}
	s.right, s.rights[account{}] = right, right
	all, err := f.Admins.accounts(ctx)
	s.blind = err != nil
	for _, at := range all {
		if s.at(ctx, at) == MayPay {
			s.right = MayPay
		}
	}
	if s.blind && s.right != MayPay {
		return s, errors.Join(errBlind, err)
	}
	return s, nil
}

// errBlind says that somebody's rights could not be found out.
var errBlind = errors.New("whether somebody is a billing admin could not be found out")

// everything is the sight of Kvitt itself, which shows nobody what it sees.
var everything = &sight{right: MayPay}

func (s *sight) at(ctx context.Context, at account) Right {
	right, known := s.rights[at]
	if s == everything {
		return MayPay
	}
	if !known {
		var err error
		if right, err = s.admins.Right(ctx, s.user, at, meantime); err != nil {
			s.admins.Log.WarnContext(ctx, "somebody does not see the invoices of an account: whether they may could not be found out", "user", s.user, "service", at.service, "err", err)
			s.blind = true
		}
		s.rights[at] = right
	}
	return right
}

// sees says whether the person may see an invoice.
func (s *sight) sees(ctx context.Context, r Record) bool { return s.at(ctx, r.account()) == MayPay }

// note says that something is missing in a list; empty when nothing is.
func (s *sight) note(w words) string {
	if !s.blind {
		return ""
	}
	return w.say("roles.blind")
}
