package flows

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"kvitt/bot"
	"kvitt/store"
)

// Preference is what Kvitt remembers of a person: the language they chose, and what they are called. It is the only table that
// holds names, so erasing somebody means erasing their row: Forget.
type Preference struct {
	Lang Lang   `json:"lang,omitzero"` // Chosen in App Home; empty: as in Slack.
	Name string `json:"name,omitzero"`
}

// People knows names, languages and zones.
type People struct {
	Bot    *bot.Bot
	Prefs  *store.Records[Preference]
	Locale Lang // Of whom no other language is known.
	Zone   *time.Location
	Log    *slog.Logger
}

// acquainted is how old what Slack says of somebody's name, zone and locale may be. Rights are never judged by it.
const acquainted = 2 * time.Minute

// Reader is how to remind somebody; ok is false for whom Slack says that they are no full member, and for nobody else: who cannot be
// looked up now is reminded by what Slack said last, and who never could be by the name and language that are remembered.
func (p *People) Reader(ctx context.Context, user, team string) (reader Reader, called Known, ok bool) {
	pref, err := p.Prefs.Load(ctx, user)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		p.Log.WarnContext(ctx, "what is remembered of a person could not be read", "user", user, "err", err)
	}
	reader = Reader{Place: user, Lang: p.Locale, Zone: p.Zone}
	person, err := p.Bot.Person(ctx, user, acquainted)
	known := err == nil
	if !known && !errors.Is(err, bot.ErrGone) {
		person, known = p.Bot.Known(user)
	}
	switch {
	case errors.Is(err, bot.ErrGone):
		return reader, Known{Name: pref.Name, Lang: p.Locale}, false
	case known:
		if person.Zone != nil {
			reader.Zone = person.Zone
		}
		reader.Lang = LangOf(person.Locale, p.Locale)
		if !person.Deleted { // Whoever has left may have been erased here, and Slack goes on telling their name.
			p.remember(ctx, user, person.Name, &pref)
		}
	}
	if pref.Lang != "" {
		reader.Lang = pref.Lang
	}
	return reader, Known{Name: pref.Name, Lang: reader.Lang, Zone: reader.Zone}, !known || person.FullMember(team)
}

// Lang is the language to answer somebody in, from what is at hand: a click must not wait for Slack to say.
func (p *People) Lang(ctx context.Context, user string) Lang {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	_, known, _ := p.Reader(ctx, user, "")
	return known.Lang
}

// Choose notes the language that somebody chose; empty is "as in Slack".
func (p *People) Choose(ctx context.Context, user string, lang Lang) error {
	_, err := p.Prefs.Update(ctx, user, func(pref *Preference) (store.Next, error) {
		pref.Lang = lang
		return store.Next{}, nil
	})
	return err
}

// Forget erases what is remembered of somebody. An empty row stays, with their user id. It returns store.ErrNotFound where nothing is remembered.
func Forget(ctx context.Context, prefs *store.Records[Preference], user string) error {
	_, err := prefs.Update(ctx, user, func(pref *Preference) (store.Next, error) {
		if *pref == (Preference{}) {
			return store.Next{}, store.ErrNotFound
		}
		*pref = Preference{}
		return store.Next{}, nil
	})
	return err
}

// remember keeps a name for the time when Slack cannot be asked, or knows the person no more.
func (p *People) remember(ctx context.Context, user, name string, pref *Preference) {
	if name == "" || name == pref.Name {
		return
	}
	pref.Name = name
	_, err := p.Prefs.Update(ctx, user, func(have *Preference) (store.Next, error) {
		have.Name = name
		return store.Next{}, nil
	})
	if err != nil {
		p.Log.WarnContext(ctx, "a name could not be remembered", "user", user, "err", err)
	}
}
