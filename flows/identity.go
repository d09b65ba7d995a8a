package flows

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"kvitt/billing"
	"kvitt/bot"
	"kvitt/store"
)

// A billing service with roles knows people by identities of its own. Which one a Slack person is, the operator says (KVITT_IDENTITIES); where the
// operator does not, their e-mail address does. Addresses are given to somebody else now and then, in Slack by any of its admins; so an identity is
// pinned to the first Slack person who was found to be it.

// identity is somebody as the billing services may know them. Whom the operator linked is who they were linked to, whatever their e-mail address says.
func (a *Admins) identity(who bot.Person) billing.Person {
	return billing.Person{Email: who.Email, Object: a.Identities[who.ID]}
}

// is says whether a Slack person may be taken for an identity that a billing service found for them.
func (a *Admins) is(ctx context.Context, who bot.Person, service, identity string) (bool, error) {
	if identity == "" || a.Identities[who.ID] != "" {
		return true, nil
	}
	if a.linked(identity) != "" {
		return false, nil // The operator says that this identity is somebody else, whatever the e-mail address says.
	}
	pin, err := a.pinIdentity(ctx, service, identity, who.ID)
	return pin.User == who.ID, err
}

// linked is the Slack person whom the operator linked to an identity.
func (a *Admins) linked(identity string) string {
	for user, object := range a.Identities {
		if strings.EqualFold(object, identity) {
			return user
		}
	}
	return ""
}

// pinIdentity compares an identity with the person it is pinned to; the first full member found to be it is the one.
func (a *Admins) pinIdentity(ctx context.Context, service, identity, user string) (Pin, error) {
	pin, err := a.Pins.Update(ctx, PinID(service+":"+identity), func(p *Pin) (store.Next, error) {
		before := *p
		p.Service, p.Identity = service, strings.ToLower(identity)
		switch {
		case p.User == "":
			p.User, p.At = user, a.Now()
		case p.User == user:
			p.Broken = ""
		default:
			p.Broken = user
		}
		if *p == before {
			return store.Next{}, store.Unchanged
		}
		return store.Next{Audit: []store.Note{pinNote(*p, a.Now())}}, nil
	})
	if err != nil {
		return Pin{}, fmt.Errorf("who an identity at %s is: %w", service, err)
	}
	if pin.User != user {
		a.Log.ErrorContext(ctx, "the e-mail address of somebody leads to an identity that is somebody else's; they may not pay through it. If they are the same person, set KVITT_IDENTITIES",
			"service", service, "identity", pin.Identity, "pinned", pin.User, "now", user)
	}
	return pin, nil
}

// userOf finds a holder of a role in this workspace: by the operator's link, else by e-mail address; empty when they are not here.
func (a *Admins) userOf(ctx context.Context, service string, holder billing.Person) (string, error) {
	if holder.Object != "" {
		if user := a.linked(holder.Object); user != "" {
			return user, nil
		}
	}
	if holder.Email == "" {
		return "", nil
	}
	person, err := a.Bot.PersonByEmail(ctx, holder.Email, 0)
	switch {
	case errors.Is(err, bot.ErrNotFound):
		return "", nil
	case err != nil:
		return "", fmt.Errorf("a holder of a paying role: %w", err)
	}
	link := a.Identities[person.ID]
	if !person.FullMember(a.Team) || link != "" && !strings.EqualFold(link, holder.Object) {
		return "", nil
	}
	if is, err := a.is(ctx, person, service, holder.Object); err != nil || !is {
		return "", err
	}
	return person.ID, nil
}
