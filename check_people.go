package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"kvitt/bot"
	"kvitt/flows"
	"kvitt/settings"
)

// admins looks every entry of KVITT_ADMINS up.
func (c *checker) admins(ctx context.Context) {
	const about = "KVITT_ADMINS"
	if c.team == "" {
		if len(c.set.Admins) > 0 {
			c.warn(about, "was not looked up, because Slack does not answer", "Mend that first")
		}
		return
	}
	named := map[string]string{}
	for _, entry := range c.set.Admins {
		ctx, cancel := within(ctx)
		id := c.admin(ctx, entry)
		cancel()
		if again := named[id]; id != "" && again != "" {
			c.warn(about, fmt.Sprintf("%s and %s are the same person", again, entry), "Keep one of them")
		}
		named[id] = entry
	}
	_, missing := named[""]
	delete(named, "")
	byRole := c.set.Bills(settings.Azure)
	switch {
	case len(c.set.ApprovalFrom) > 0:
		c.approval(len(named), byRole)
	case len(named) == 1 && !missing && !byRole:
		c.warn(about, "there is only one billing admin: nobody is asked while that person is away", "Name a second one")
	}
}

// identities looks up whom the operator linked to identities at Entra.
func (c *checker) identities(ctx context.Context) {
	const about = "KVITT_IDENTITIES"
	for _, user := range slices.Sorted(maps.Keys(c.set.Identities)) {
		if c.team == "" {
			return
		}
		ctx, cancel := within(ctx)
		person, err := c.lookUp(ctx, user)
		cancel()
		switch {
		case errors.Is(err, bot.ErrGone), errors.Is(err, bot.ErrNotFound):
			c.fail(about, user+" is nobody in this workspace", "Correct it: a person's id is in their Slack profile under Copy member ID")
		case err != nil:
			c.failedBySlack(about, fmt.Errorf("%s could not be looked up: %w", user, err))
		case !person.FullMember(c.team):
			c.fail(about, fmt.Sprintf("%s (%s) is %s, and so may not pay whatever their role", user, person.Name, whyNoMember(person)), "Link a full member of this workspace")
		default:
			c.ok(about, "%s (%s) is %s at Entra", user, person.Name, c.set.Identities[user])
		}
	}
	c.claimed()
}

// claimed names the identities that the e-mail address of somebody leads to, and that were found to be somebody else's before.
func (c *checker) claimed() {
	linked := map[string]bool{}
	for _, object := range c.set.Identities {
		linked[strings.ToLower(object)] = true
	}
	for _, id := range slices.Sorted(maps.Keys(c.pins)) {
		if pin := c.pins[id]; pin.Identity != "" && pin.Broken != "" && !linked[pin.Identity] {
			c.fail("KVITT_IDENTITIES", fmt.Sprintf("the identity %s was pinned to %s, and the e-mail address of %s leads to it now: that person may not pay through it", pin.Identity, pin.User, pin.Broken),
				fmt.Sprintf("If they are the same person, set KVITT_IDENTITIES=%s=%s", pin.Broken, pin.Identity))
		}
	}
}

// approval says from which amounts on a second billing admin must approve; with fewer than two nobody could pay those. How many Azure's roles make one
// is not counted here.
func (c *checker) approval(admins int, byRole bool) {
	const about = "KVITT_APPROVAL_FROM"
	limits, err := approvalLimits(c.set.ApprovalFrom)
	if err != nil {
		c.fail(about, err.Error(), "Correct the amount")
		return
	}
	var from []string
	for _, limit := range limits {
		from = append(from, limit.String())
	}
	slices.Sort(from)
	c.ok(about, "a second billing admin must approve from %s on, and every amount in another currency", strings.Join(from, ", "))
	if admins < 2 && !byRole {
		c.fail(about, fmt.Sprintf("of billing admins %d could be found: nobody could approve, and what needs an approval could not be paid", admins), "Name a second one in KVITT_ADMINS")
	}
}

// admin tells whom one entry names, and returns the user id if that person may pay.
func (c *checker) admin(ctx context.Context, entry string) string {
	const about = "KVITT_ADMINS"
	person, err := c.lookUp(ctx, entry)
	switch {
	case errors.Is(err, bot.ErrGone), errors.Is(err, bot.ErrNotFound):
		c.fail(about, entry+" is nobody in this workspace", "Correct it: a person's id is in their Slack profile under Copy member ID")
		return ""
	case err != nil:
		c.failedBySlack(about, fmt.Errorf("%s could not be looked up: %w", entry, err))
		return ""
	case !person.FullMember(c.team):
		c.fail(about, fmt.Sprintf("%s (%s) is %s, and so gets no reminder and may not pay", entry, person.Name, whyNoMember(person)), "Name a full member of this workspace")
		return ""
	}
	pin, pinned := c.pins[flows.PinID(entry)]
	if pinned && pin.User != "" && pin.User != person.ID {
		c.fail(about, fmt.Sprintf("%s was pinned to %s and now names %s (%s): nobody has the right through it", entry, pin.User, person.ID, person.Name),
			"If that is as it should be, name "+person.ID+" instead of the address")
		return ""
	}
	who := person.Name
	if entry != person.ID {
		who += " (" + person.ID + ")"
	}
	c.ok(about, "%s is %s, a full member", entry, who)
	return person.ID
}

// lookUp reads a person anew; an e-mail address leads to an id first, whose owner Slack then describes in full.
func (c *checker) lookUp(ctx context.Context, entry string) (bot.Person, error) {
	if !strings.Contains(entry, "@") {
		return c.app.bot.Person(ctx, entry, 0)
	}
	found, err := c.app.bot.PersonByEmail(ctx, entry, 0)
	if err != nil {
		return found, err
	}
	return c.app.bot.Person(ctx, found.ID, 0)
}

func whyNoMember(p bot.Person) string {
	switch {
	case p.Deleted:
		return "deactivated"
	case p.Bot:
		return "a bot"
	case p.Guest:
		return "a guest"
	}
	return "of another workspace"
}

// channels looks every finance channel up.
func (c *checker) channels(ctx context.Context) {
	const about = "KVITT_CHANNELS"
	if c.team == "" {
		return
	}
	if err := seesChannels(bot.Identity{Scopes: c.scopes, ScopesKnown: c.scopes != nil}, c.set.Channels); err != nil {
		c.failedBySlack(about, err)
		return
	}
	for _, id := range c.set.Channels {
		ctx, cancel := within(ctx)
		c.channel(ctx, id)
		cancel()
	}
}

func (c *checker) channel(ctx context.Context, id string) {
	const about = "KVITT_CHANNELS"
	place, err := c.app.bot.Place(ctx, id, 0)
	name := fmt.Sprintf("%s (#%s)", id, place.Name)
	switch {
	case errors.Is(err, bot.ErrGone):
		c.fail(about, id+" is no channel, or a private one that Kvitt is not in", "Correct the id, or invite Kvitt there: /invite @Kvitt")
	case err != nil:
		c.failedBySlack(about, fmt.Errorf("%s could not be looked up: %w", id, err))
	case place.Archived:
		c.fail(about, name+" is archived", "Unarchive it, or remove it from the setting")
	case place.Shared:
		c.fail(about, name+" is shared with another organisation, and so gets nothing", "Name a channel that is not")
	case !place.Member:
		c.fail(about, "Kvitt is not in "+name, "Invite it there: /invite @Kvitt")
	default:
		readers := "its members can read suppliers and amounts there"
		if !place.Private {
			readers = "it is public: every full member of the workspace can read suppliers and amounts there"
		}
		c.ok(about, "%s, and Kvitt is in it; %s", name, readers)
		c.history(place)
	}
}

// history warns where nobody could look whether a message was posted.
func (c *checker) history(place bot.Place) {
	scope := "channels:history"
	if place.Private {
		scope = "groups:history"
	}
	if c.scopes != nil && !slices.Contains(c.scopes, scope) {
		c.warn("OAuth scopes", fmt.Sprintf("%s is missing: without it a crash can lose a reminder or repeat a confirmation in #%s, because nobody can look whether it was posted", scope, place.Name),
			"Add it under OAuth & Permissions and install the app again")
	}
}
