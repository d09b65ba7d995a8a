package flows

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"kvitt/bot"
	"kvitt/store"
)

// Pin binds an e-mail address of KVITT_ADMINS, or an identity at a billing service, to the one Slack person it named when it was first looked up.
type Pin struct {
	User     string    `json:"user"`
	At       time.Time `json:"at"`
	Broken   string    `json:"broken,omitzero"` // Another person whom it names now, and who has no right through it; nor has anybody through a broken address.
	Service  string    `json:"service,omitzero"`
	Identity string    `json:"identity,omitzero"` // At that service; empty for an e-mail address.
}

// names says whether an entry of KVITT_ADMINS is this person. Whoever is asked about for a click or for money, by an e-mail address, Slack is asked
// whether they still are.
func (a *Admins) names(ctx context.Context, entry, user string, old ages) (bool, error) {
	if !isEmail(entry) {
		return entry == user, nil
	}
	pin, err := a.Pins.Load(ctx, PinID(entry))
	switch {
	case errors.Is(err, store.ErrNotFound):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("whom an e-mail address of KVITT_ADMINS is pinned to: %w", err)
	case pin.User != user:
		return false, nil
	case old.person <= onClick.person:
		if pin, err = a.pin(ctx, entry, old.person); err != nil {
			return false, err
		}
	}
	return pin.Broken == "" && pin.User == user, nil
}

// pin compares an e-mail address with the person it is pinned to, as Slack says at most maxAge ago; the first full member it names is the one.
func (a *Admins) pin(ctx context.Context, email string, maxAge time.Duration) (Pin, error) {
	person, err := a.Bot.PersonByEmail(ctx, email, maxAge)
	if err != nil && !errors.Is(err, bot.ErrNotFound) {
		return Pin{}, fmt.Errorf("an e-mail address of KVITT_ADMINS: %w", err)
	}
	found := err == nil
	pin, err := a.Pins.Update(ctx, PinID(email), func(p *Pin) (store.Next, error) {
		before := *p
		switch {
		case found && p.User == "" && person.FullMember(a.Team):
			p.User, p.At = person.ID, a.Now()
		case found && p.User != "" && p.User != person.ID:
			p.Broken = person.ID
		case found && p.User == person.ID:
			p.Broken = ""
		}
		if *p == before {
			return store.Next{}, store.Unchanged
		}
		return store.Next{Audit: []store.Note{pinNote(*p, a.Now())}}, nil
	})
	if err != nil {
		return Pin{}, fmt.Errorf("an e-mail address of KVITT_ADMINS: %w", err)
	}
	switch {
	case pin.User == "":
		a.Log.WarnContext(ctx, "an e-mail address of KVITT_ADMINS names no full member of this workspace; use the person's Slack user id", "position", a.position(email))
	case pin.Broken != "":
		a.Log.ErrorContext(ctx, "an e-mail address of KVITT_ADMINS names somebody else than it did; nobody may pay through it", "position", a.position(email), "pinned", pin.User, "now", pin.Broken)
	}
	return pin, nil
}

func pinNote(p Pin, now time.Time) store.Note {
	what := "admin pinned"
	if p.Broken != "" {
		what = "admin pin broken"
	}
	facts := map[string]string{"user": p.User}
	if p.Broken != "" {
		facts["names"] = p.Broken
	}
	if p.Identity != "" {
		facts["service"], facts["identity"] = p.Service, p.Identity
	}
	return store.Note{At: now.UTC(), Who: byKvitt, What: what, Facts: facts}
}

func (a *Admins) position(email string) int {
	for i, entry := range a.Entries {
		if entry == email {
			return i + 1
		}
	}
	return 0
}

func isEmail(entry string) bool { return strings.Contains(entry, "@") }

// PinID is where the Pin of an e-mail address is kept. It keeps addresses that differ in case only together, and the address itself out of the audit
// trail.
func PinID(email string) string {
	sum := sha256.Sum256([]byte(strings.ToLower(email)))
	return hex.EncodeToString(sum[:8])
}
