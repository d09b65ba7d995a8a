package sandbox

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Person is somebody whom the workspace knows. The zero kind is a full member.
type Person struct {
	ID            string // default: made up, "U…"
	Name          string // user name
	RealName      string // default: Name
	Email         string
	Locale        string // IETF tag as Slack has it; default "en-US"
	TZ            string // IANA zone; default "Etc/UTC"
	Team          string // another team's id makes a stranger (Slack Connect); default: the workspace
	Guest         bool   // is_restricted
	SingleChannel bool   // is_ultra_restricted, which implies is_restricted
	Bot, Deleted  bool
	Admin, Owner  bool
	Playable      bool   // may be acted as on the page
	About, Color  string // for the page: one line, and a CSS colour

	dm string // the direct message with the bot, once it exists
}

// Channel is a public or private channel, or a direct message with the bot (IM).
type Channel struct {
	ID       string // default: made up, "C…"
	Name     string
	Private  bool
	Archived bool
	Shared   bool     // is_ext_shared: another organisation is in it
	Locale   string   // default "en-US"
	Members  []string // ids of people; the bot is a member when its id is here
	IM       string   // the person of a direct message, else empty
}

// AddPerson adds somebody and returns the id.
func (s *Slack) AddPerson(p Person) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.ID == "" {
		p.ID = s.newID("U")
	}
	s.people[p.ID] = &p
	s.names = append(s.names, p.ID)
	s.complete(&p)
	s.touch()
	return p.ID
}

func (s *Slack) complete(p *Person) {
	for field, value := range map[*string]string{&p.Locale: "en-US", &p.TZ: "Etc/UTC", &p.Team: s.cfg.TeamID, &p.Name: strings.ToLower(p.ID)} {
		if *field == "" {
			*field = value
		}
	}
	if p.RealName == "" {
		p.RealName = p.Name
	}
}

// AddChannel adds a channel and returns the id. The bot is a member if its user id (Config().BotUserID) is among Members.
func (s *Slack) AddChannel(c Channel) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.ID == "" {
		c.ID = s.newID("C")
	}
	if c.Locale == "" {
		c.Locale = "en-US"
	}
	c.Members = slices.Clone(c.Members)
	s.channels[c.ID] = &c
	s.rooms = append(s.rooms, c.ID)
	s.touch()
	return c.ID
}

// SetPerson changes somebody from now on: deleted, made a guest, another locale or e-mail address. It panics for an unknown id.
func (s *Slack) SetPerson(id string, change func(*Person)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(known(s.people, id))
	s.touch()
}

// SetChannel changes a channel from now on: archived, shared, other members. It panics for an unknown id.
func (s *Slack) SetChannel(id string, change func(*Channel)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := known(s.channels, id)
	c.Members = slices.Clone(c.Members)
	change(c)
	s.touch()
}

func known[T any](all map[string]*T, id string) *T {
	if found := all[id]; found != nil {
		return found
	}
	panic(fmt.Sprintf("sandbox: nobody and nothing has the id %q", id))
}

// stranger says whether p belongs to another organisation.
func (s *Slack) stranger(p *Person) bool { return p.Team != s.cfg.TeamID }

// openDM returns the direct message between the bot and p, made on first use. The lock is held.
func (s *Slack) openDM(p *Person) *Channel {
	if p.dm == "" {
		p.dm = s.newID("D")
		s.channels[p.dm] = &Channel{ID: p.dm, IM: p.ID, Members: []string{p.ID, s.cfg.BotUserID}, Locale: p.Locale}
		s.rooms = append(s.rooms, p.dm)
		s.touch()
	}
	return s.channels[p.dm]
}

func (c *Channel) has(user string) bool { return slices.Contains(c.Members, user) }

// bucket paces the posts of one channel: 1 a second, in bursts of at most 5.
type bucket struct {
	tokens float64
	at     time.Time
}

const burst = 5

// take spends a token, or says how long to wait for one.
func (b *bucket) take(now time.Time) (wait time.Duration) {
	if b.at.IsZero() {
		b.tokens = burst
	} else {
		b.tokens = min(burst, b.tokens+now.Sub(b.at).Seconds())
	}
	b.at = now
	if b.tokens < 1 {
		return time.Duration((1 - b.tokens) * float64(time.Second))
	}
	b.tokens--
	return 0
}
