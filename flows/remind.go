package flows

import (
	"context"
	"fmt"
	"time"

	"kvitt/bot"
)

// audience is who is told about invoices now, and whom a record names. Who cannot be looked up stays in: reminding fails open, paying
// fails closed.
func (f *Flows) audience(ctx context.Context, r Record) (Audience, error) {
	ids, err := f.Admins.List(ctx, r.account())
	if err != nil {
		return Audience{}, err
	}
	return f.among(ctx, ids, r), nil
}

// everybody is whom Kvitt tells of any invoice.
func (f *Flows) everybody(ctx context.Context) (Audience, error) {
	ids, err := f.Admins.All(ctx)
	return f.among(ctx, ids, Record{}), err
}

// among is the audience of these people, and of the finance channels.
func (f *Flows) among(ctx context.Context, ids []string, r Record) Audience {
	a := Audience{People: map[string]Known{}}
	for _, id := range ids {
		reader, known, ok := f.People.Reader(ctx, id, f.Policy.Team)
		a.People[id] = known
		if ok {
			a.Readers = append(a.Readers, reader)
		}
	}
	for _, channel := range f.Policy.Channels {
		a.Readers = append(a.Readers, Reader{Place: channel, Channel: true, Lang: f.Policy.Locale, Zone: f.Policy.Zone})
	}
	for _, id := range r.people() {
		if _, have := a.People[id]; !have {
			_, a.People[id], _ = f.People.Reader(ctx, id, f.Policy.Team)
		}
	}
	return a
}

// admins lists the billing admins among the readers.
func (a Audience) admins() []string {
	var ids []string
	for _, reader := range a.Readers {
		if !reader.Channel {
			ids = append(ids, reader.Place)
		}
	}
	return ids
}

// people lists the user ids that a record names.
func (r *Record) people() []string {
	var ids []string
	if r.Attempt != nil {
		ids = append(ids, r.Attempt.By, r.Attempt.Approved)
	}
	if r.Undo != nil {
		ids = append(ids, r.Undo.By)
	}
	for _, pay := range r.Payments {
		ids = append(ids, pay.By, pay.Approved)
		if pay.Undone != nil {
			ids = append(ids, pay.Undone.By)
		}
	}
	for _, q := range r.Requests {
		ids = append(ids, q.By, q.Decided)
	}
	for _, n := range r.Notices {
		ids = append(ids, n.By)
		if !isChannel(n.To) {
			ids = append(ids, n.To)
		}
	}
	return without(unique(ids), "")
}

// channelState is how old what Slack says of a channel may be before something is posted there.
const channelState = 10 * time.Second

// errShared says that a channel is shared with another organisation, and gets nothing.
var errShared = fmt.Errorf("the channel is shared with another organisation and gets nothing: %w", bot.ErrNotInvited)

// destination is the conversation that messages for a place go to. A direct message is opened first, or an ambiguous first post in it could
// not be looked for.
func (f *Flows) destination(ctx context.Context, place string) (string, error) {
	if !isChannel(place) {
		return f.Bot.DM(ctx, place)
	}
	channel, err := f.Bot.Place(ctx, place, channelState)
	switch {
	case err != nil:
		return "", err
	case channel.Shared:
		return "", errShared
	case channel.Archived:
		return "", fmt.Errorf("%w (it is archived)", bot.ErrClosed)
	}
	return place, nil
}

// isChannel tells a finance channel from a person; the operator's settings hold only such ids.
func isChannel(place string) bool { return place != "" && (place[0] == 'C' || place[0] == 'G') }

func without(list []string, drop string) []string {
	var out []string
	for _, s := range list {
		if s != drop {
			out = append(out, s)
		}
	}
	return out
}
