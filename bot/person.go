package bot

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/slack-go/slack"
	"golang.org/x/sync/singleflight"
)

// Person is somebody as Slack knows them.
type Person struct {
	ID     string
	Team   string         // Home workspace.
	Name   string         // What to call them, cleaned; never empty.
	Email  string         // Empty without the scope users:read.email.
	Locale string         // As Slack writes it, "en-US", "nb-NO"; may be empty.
	Zone   *time.Location // Nil where Slack does not say, or names a zone that this machine does not know.

	Bot      bool // Another program, Slackbot included.
	Guest    bool // Sees some channels only, or has not accepted the invitation yet.
	Deleted  bool
	Stranger bool // Of another organisation, here through a shared channel.

	Read time.Time // When Slack said so, by Config.Now.

	teams []string // Grid: every workspace they are in.
}

// FullMember tells whether they belong to that workspace (or to it, among others, in a Grid) as a living, full member.
func (p Person) FullMember(team string) bool {
	if p.ID == "" || team == "" || p.Bot || p.Guest || p.Deleted || p.Stranger {
		return false
	}
	return p.Team == team || slices.Contains(p.teams, team)
}

// Place is a channel as Slack knows it.
type Place struct {
	ID, Name string
	Shared   bool // With another organisation, or about to be.
	Archived bool
	Member   bool // The bot is in it.
	Private  bool

	read time.Time
}

// crowd remembers for a while who people are and what channels are like.
type crowd struct {
	mu     sync.Mutex
	people map[string]Person
	places map[string]Place

	// Whoever wants to know the same person at the same moment shares one question: what comes due at nine needs to know everybody at once, and
	// Slack answers a hundred such questions a minute.
	asking  singleflight.Group
	looking singleflight.Group // Likewise for channels.
}

// asked is how long a shared question may take, whoever of those that share it leaves meanwhile.
const asked = 20 * time.Second

// enough bounds each of them; when there are more, everything is asked anew.
const enough = 10_000

func newCrowd() *crowd { return &crowd{people: map[string]Person{}, places: map[string]Place{}} }

// Person tells who somebody is, as Slack said at most maxAge ago; 0 asks now. ErrGone: nobody here has that id.
func (b *Bot) Person(ctx context.Context, id string, maxAge time.Duration) (Person, error) {
	fresh := func() (Person, bool) {
		known, ok := b.Known(id)
		return known, ok && maxAge > 0 && b.cfg.Now().Sub(known.Read) < maxAge
	}
	if known, ok := fresh(); ok {
		return known, nil
	}
	ask := func(ctx context.Context) (Person, error) {
		return b.readPerson(ctx, userInfo, asker(id), func(ctx context.Context) (*slack.User, error) { return b.api.GetUserInfoContext(ctx, id) })
	}
	if maxAge <= 0 {
		return ask(ctx) // An answer to a question that was asked before this one is too old.
	}
	return shared(ctx, &b.crowd.asking, id, fresh, ask)
}

// shared asks one question for all who have it at the same moment, none of whom waits longer than they may.
func shared[T any](ctx context.Context, asking *singleflight.Group, id string, fresh func() (T, bool), ask func(context.Context) (T, error)) (T, error) {
	answer := asking.DoChan(id, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), asked)
		defer cancel()
		if known, ok := fresh(); ok {
			return known, nil // The answer came between our look and our question.
		}
		return ask(ctx)
	})
	select {
	case <-ctx.Done():
		var none T
		return none, notSent(ctx)
	case got := <-answer:
		return got.Val.(T), got.Err
	}
}

// Known is a person as Slack said last, however long ago; false where it has never said since the start.
func (b *Bot) Known(id string) (Person, bool) {
	b.crowd.mu.Lock()
	defer b.crowd.mu.Unlock()
	known, ok := b.crowd.people[id]
	return known, ok
}

// PersonByEmail tells who has that e-mail address. It always asks; with a maxAge above 0 once for all who ask meanwhile. ErrNotFound: nobody, or
// nobody whom the bot may see. It needs the scope users:read.email; what Slack answers has no locale.
func (b *Bot) PersonByEmail(ctx context.Context, email string, maxAge time.Duration) (Person, error) {
	ask := func(ctx context.Context) (Person, error) {
		return b.readPerson(ctx, lookUp, somebody, func(ctx context.Context) (*slack.User, error) { return b.api.GetUserByEmailContext(ctx, email) })
	}
	if maxAge <= 0 {
		return ask(ctx)
	}
	never := func() (Person, bool) { return Person{}, false }
	return shared(ctx, &b.crowd.asking, email, never, ask)
}

func (b *Bot) readPerson(ctx context.Context, m method, by asker, read func(context.Context) (*slack.User, error)) (Person, error) {
	var p Person
	err := b.call(ctx, m, by, func(ctx context.Context) error {
		user, err := read(ctx)
		if err == nil && user.ID == "" {
			return errNoAnswer
		}
		if err == nil {
			p = person(user, b.cfg.Now())
		}
		return err
	})
	if err != nil || m == lookUp {
		return p, err
	}
	b.crowd.mu.Lock()
	defer b.crowd.mu.Unlock()
	if len(b.crowd.people) >= enough {
		clear(b.crowd.people)
	}
	b.crowd.people[p.ID] = p
	return p, nil
}

func person(u *slack.User, now time.Time) Person {
	p := Person{
		ID: u.ID, Team: u.TeamID, Email: u.Profile.Email, Locale: u.Locale, Read: now, teams: u.Enterprise.Teams,
		Bot:      u.IsBot || u.IsWorkflowBot || u.IsConnectorBot || u.ID == "USLACKBOT",
		Guest:    u.IsRestricted || u.IsUltraRestricted || u.IsInvitedUser,
		Deleted:  u.Deleted,
		Stranger: u.IsStranger,
		Name:     Clean(firstOf(u.Profile.DisplayName, u.Profile.RealName, u.RealName, u.Name, u.ID)),
	}
	// LoadLocation("") is UTC, which nobody said.
	if zone, err := time.LoadLocation(u.TZ); err == nil && u.TZ != "" {
		p.Zone = zone
	}
	return p
}

// Place tells what a channel is like, as Slack said at most maxAge ago; 0 asks now. It needs channels:read or groups:read.
// ErrGone: there is none, or it is private and the bot is not in it.
func (b *Bot) Place(ctx context.Context, channel string, maxAge time.Duration) (Place, error) {
	fresh := func() (Place, bool) {
		b.crowd.mu.Lock()
		defer b.crowd.mu.Unlock()
		known, ok := b.crowd.places[channel]
		return known, ok && maxAge > 0 && b.cfg.Now().Sub(known.read) < maxAge
	}
	if known, ok := fresh(); ok {
		return known, nil
	}
	ask := func(ctx context.Context) (Place, error) { return b.readPlace(ctx, channel) }
	if maxAge <= 0 {
		return ask(ctx)
	}
	return shared(ctx, &b.crowd.looking, channel, fresh, ask)
}

func (b *Bot) readPlace(ctx context.Context, channel string) (Place, error) {
	var p Place
	err := b.call(ctx, placeInfo, nobody, func(ctx context.Context) error {
		c, err := b.api.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: channel})
		if err == nil && c.ID == "" {
			return errNoAnswer
		}
		if err == nil {
			p = place(c, b.cfg.Now())
		}
		return err
	})
	if err != nil {
		return Place{}, err
	}
	b.crowd.mu.Lock()
	defer b.crowd.mu.Unlock()
	if len(b.crowd.places) >= enough {
		clear(b.crowd.places)
	}
	b.crowd.places[channel] = p
	return p, nil
}

func place(c *slack.Channel, now time.Time) Place {
	return Place{
		ID: c.ID, Name: Clean(c.Name), read: now,
		Shared:   c.IsExtShared || c.IsPendingExtShared || len(c.PendingShared) > 0,
		Archived: c.IsArchived,
		Member:   c.IsMember,
		Private:  c.IsPrivate || c.IsIM || c.IsMpIM || c.IsGroup,
	}
}
