package azure

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"kvitt/billing"
)

const (
	// maxPayers is to how many people one invoice may be told.
	maxPayers = 200

	// payersAge is how old what is known of roles may be for a reminder.
	payersAge = 10 * time.Minute
)

// Payers implements billing.Roles. It lists at most 200 people; that there are more is logged. Disabled accounts and guests are left out, as is
// everything that is no person.
func (p *Provider) Payers(ctx context.Context, account string) ([]billing.Person, error) {
	ctx, cancel := limit(ctx)
	defer cancel()
	paying, missing, err := p.paying(ctx, account, payersAge)
	if err != nil {
		return nil, err
	}
	if missing != nil {
		p.logOnce(ctx, "who has a role at a billing profile cannot be read; only those with a role at the account are reminded", account, missing)
	}
	users, err := p.holders(ctx, paying)
	if err != nil {
		return nil, err
	}
	if len(users) > maxPayers {
		p.log.WarnContext(ctx, "more people than Kvitt reminds may pay; give the role to a smaller group", "account", account, "reminded", maxPayers)
		users = users[:maxPayers]
	}
	people := make([]billing.Person, 0, len(users))
	for _, u := range users {
		people = append(people, billing.Person{Email: cmp.Or(u.Mail, u.Principal), Object: u.ID})
	}
	return people, nil
}

// holders are the full members behind the assignments, in the order of their ids, at least one more than the limit where there are more.
func (p *Provider) holders(ctx context.Context, paying []assignment) ([]user, error) {
	var ids []string
	for _, a := range paying {
		if a.mayBe(aUser) {
			ids = append(ids, a.principal)
		}
	}
	all, err := p.usersOf(ctx, ids, payersAge)
	if err != nil {
		return nil, err
	}
	all = slices.Clone(all) // What is kept stays as it is.
	groups, err := p.groupsAmong(ctx, paying)
	if err != nil {
		return nil, err
	}
	for _, group := range groups {
		members, err := p.membersOf(ctx, group, maxPayers, payersAge)
		if err != nil {
			return nil, err
		}
		if len(members) > maxPayers {
			p.logOnce(ctx, "a group has more than 200 members, and Kvitt looks at no more; give the role to a smaller one", group, nil)
		}
		all = append(all, members...)
	}
	all = slices.DeleteFunc(all, func(u user) bool { return !u.full() })
	slices.SortFunc(all, func(a, b user) int { return strings.Compare(a.ID, b.ID) })
	return slices.CompactFunc(all, func(a, b user) bool { return a.ID == b.ID }), nil
}
