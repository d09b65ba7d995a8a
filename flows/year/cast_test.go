package year

import (
	"fmt"
	"math/rand/v2"
	"time"

	"kvitt/billing"
)

// person is somebody in the workspace. What Slack says of them changes; what was so before is kept, for the judgement.
type person struct {
	id, name, email, locale string
	admin                   bool // In KVITT_ADMINS.
	zone                    string
	guest                   bool
	changed                 time.Time // When Slack last said something new of them.
	zoneBefore              string
	looked                  billing.Date // When they last opened the live list.
}

func (p *person) dm() string { return "D" + p.id }

// reads says whether reminders go to them.
func (p *person) reads() bool { return p.admin && !p.guest }

// channel is a finance channel.
type channel struct {
	id      string
	shared  bool
	changed time.Time
}

// cast is the billing admins, in as many zones as there are, the first known by e-mail only, a colleague and a guest, and the finance channels.
func (y *year) cast(rng *rand.Rand) {
	for i, name := range []string{"Eli", "Asha", "Bo", "Cato", "Dina"}[:*admins] {
		p := &person{id: fmt.Sprintf("U0%s", name), name: name, admin: true, zone: zones[(i+rng.IntN(2))%len(zones)], locale: oneOf(rng, "en-US", "nb-NO", "en-GB")}
		if name == "Eli" {
			p.email = "eli@fjord.example"
		}
		y.people = append(y.people, p)
	}
	y.people = append(y.people, &person{id: "U0Kim", name: "Kim", zone: "Europe/Oslo", locale: "en-US"}, &person{id: "U0Gus", name: "Gus", zone: "Europe/Oslo", guest: true})
	for _, id := range []string{"C0FINANCE", "C0BERGEN", "C0BOARD"}[:*channels] {
		y.channels = append(y.channels, &channel{id: id})
	}
}

func (y *year) entries() []string {
	var all []string
	for _, p := range y.people {
		switch {
		case p.admin && p.email != "":
			all = append(all, p.email)
		case p.admin:
			all = append(all, p.id)
		}
	}
	return all
}

func (y *year) channelIDs() []string {
	var all []string
	for _, c := range y.channels {
		all = append(all, c.id)
	}
	return all
}

func (y *year) person(id string) *person {
	for _, p := range y.people {
		if p.id == id || p.dm() == id {
			return p
		}
	}
	return nil
}

func (y *year) channel(id string) *channel {
	for _, c := range y.channels {
		if c.id == id {
			return c
		}
	}
	return nil
}

// places are the ids of everybody and everything that can be told of invoices.
func (y *year) places() []string {
	all := y.channelIDs()
	for _, p := range y.people {
		all = append(all, p.id)
	}
	return all
}

// wallOf is the clock by which a place is reminded, and reads whether it is now.
func (y *year) wallOf(place string) (w wall, reads bool) {
	if c := y.channel(place); c != nil {
		return y.walls[y.rules.zone.String()], !c.shared
	}
	p := y.person(place)
	return y.walls[p.zone], p.reads()
}

// changed is when something was last new about a place.
func (y *year) changed(place string) time.Time {
	if c := y.channel(place); c != nil {
		return c.changed
	}
	return y.person(place).changed
}
