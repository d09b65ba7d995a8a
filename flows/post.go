package flows

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kvitt/bot"
)

// patience is how long a message, or an edit, waits for its turn at Slack's pace before it steps back: the invoice is in our hands meanwhile, and
// somebody may press Pay now, another payment wait for a free hand, or a confirmation have become due.
const patience = 3 * time.Second

// say posts a message that the record has claimed.
func (j *job) say(ctx context.Context, post Post) error {
	channel, err := j.destination(ctx, post.Place)
	var ref bot.Ref
	var shows string
	if err == nil {
		ref, shows, err = j.send(ctx, post, channel)
	}
	noted := j.note(ctx, func(r *Record) error {
		p := r.post(post.Key)
		switch {
		case p == nil:
			return ErrStale
		case errors.Is(err, errMoved):
			p.Unsure = false
		case errors.Is(err, bot.ErrThreadGone):
			r.standAlone(p)
		case err != nil:
			p.failed(err, j.Now())
		default:
			p.posted(ref, shows)
		}
		return nil
	})
	if errors.Is(err, errMoved) {
		err = nil
	}
	return errors.Join(about(post, err), noted)
}

// errMoved says that the due date, to which a reminder counts the days, moved before it was posted: the new date has reminders of its own.
var errMoved = errors.New("the due date moved")

// send renders the message from the record as it is now.
func (j *job) send(ctx context.Context, post Post, channel string) (bot.Ref, string, error) {
	m, err := j.rendered(ctx, post)
	if err != nil {
		return bot.Ref{}, "", err
	}
	m.Patience = patience
	ref, err := j.Bot.Post(ctx, channel, m)
	return ref, digest(m), err
}

// errForgotten says that the record knows nothing of a message that it had claimed: the store has lost its last writes, as Redis may in a
// failover. What the message was to be about may be lost with it.
var errForgotten = errors.New("the record has forgotten this message; it is planned anew")

func (j *job) rendered(ctx context.Context, post Post) (bot.Message, error) {
	rec, err := j.Records.Load(ctx, j.id)
	if err != nil {
		return bot.Message{}, err
	}
	have := rec.post(post.Key)
	if have == nil {
		return bot.Message{}, errForgotten
	}
	if have.isReminder() && have.Ref.TS == "" && have.Due != rec.Invoice.Due {
		return bot.Message{}, errMoved
	}
	return render(j.Now(), rec, *have, j.audience, j.Policy), nil
}

// seek looks for a message that may have been posted when the answer was lost. Where nobody can look, a reminder is rather lost, and a confirmation
// rather said twice.
func (j *job) seek(ctx context.Context, post Post) error {
	channel, err := j.destination(ctx, post.Place)
	var ref bot.Ref
	var found bool
	if err == nil {
		ref, found, err = j.find(ctx, post, channel)
	}
	noted := j.note(ctx, func(r *Record) error {
		p := r.post(post.Key)
		switch {
		case p == nil:
			return ErrStale
		case errors.Is(err, bot.ErrNoHistory):
			p.unseen()
		case errors.Is(err, bot.ErrThreadGone):
			r.standAlone(p)
		case err != nil:
			p.unsought(err, j.Now())
		case found:
			p.posted(ref, "")
		default:
			p.missing(j.lease.Token, j.Now())
		}
		return nil
	})
	if errors.Is(err, bot.ErrNoHistory) {
		err = nil
	}
	return errors.Join(about(post, err), noted)
}

// missing notes that a message is not there. A lease lasts for leaseTime: whoever holds another one before that, got it for the store's clock jumped
// ahead, and whoever claimed the message is alive and may be posting it still, until they notice. So it is looked for again when that time is over.
func (p *Post) missing(lease string, now time.Time) {
	p.Claimed = sooner(p.Claimed, now) // By a clock that was ahead, it may have been claimed an hour from now.
	if over := p.Claimed.Add(leaseTime); p.Under != "" && p.Under != lease && now.Before(over) {
		p.Retry = over
		return
	}
	p.Unsure = false
}

// unsought notes why a message could not be looked for.
func (p *Post) unsought(err error, now time.Time) {
	if p.nobody(err) {
		p.Unsure = false
		return
	}
	p.delay(err, now)
}

// nobody ends a message to somebody who is not there any more.
func (p *Post) nobody(err error) bool {
	if !errors.Is(err, bot.ErrGone) || isChannel(p.Place) {
		return false
	}
	p.Over = "nobody is there"
	return true
}

func (j *job) find(ctx context.Context, post Post, channel string) (bot.Ref, bool, error) {
	since := sooner(post.Claimed, j.Now()).Add(-time.Minute)
	if post.Thread != "" {
		return j.Bot.FindReply(ctx, bot.Ref{Channel: channel, TS: post.Thread}, post.token(j.id), since)
	}
	return j.Bot.Find(ctx, channel, post.token(j.id), since)
}

func (p *Post) posted(ref bot.Ref, shows string) {
	p.Ref, p.Shows, p.Unsure, p.Under, p.Attempts, p.Refusals, p.Retry = ref, shows, false, "", 0, 0, time.Time{}
}

// failed notes why a message was not posted, and when to try again. Whoever claimed it notes it, and so posts it no more.
func (p *Post) failed(err error, now time.Time) {
	p.Unsure, p.Under = errors.Is(err, bot.ErrUnclear), ""
	if !p.nobody(err) {
		p.delay(err, now)
	}
}

// standAlone makes a later milestone the channel's card: the card in whose thread it was to stand has been deleted.
func (r *Record) standAlone(p *Post) {
	if card := r.root(p.Place); card != nil {
		card.Over = "gone"
	}
	p.Kind, p.Thread, p.Unsure, p.Retry = PostReminder, "", false, time.Time{}
}

// unseen decides about a message that may have been posted and cannot be looked for.
func (p *Post) unseen() {
	if p.isReminder() || p.Kind == PostDigest || p.Again {
		p.Over, p.Unsure = "may have been posted", false
		return
	}
	p.Again, p.Unsure = true, false
}

const (
	maxRefusals = 12
	shortest    = 2 * time.Second
	longest     = 5 * time.Minute  // An outage of days costs little, and is made up for within so long.
	uninvited   = 10 * time.Minute // A channel that Kvitt is not in, or that is shared or archived, or a revoked token: somebody has to act.
)

// delay sets when to try again: what Slack asks for, or ever longer.
func (p *Post) delay(err error, now time.Time) {
	p.Attempts++
	wait := min(shortest<<min(p.Attempts-1, 10), longest)
	if busy, ok := errors.AsType[*bot.BusyError](err); ok {
		p.Attempts--
		wait = max(busy.After, 100*time.Millisecond)
	}
	if errors.Is(err, bot.ErrNotInvited) || errors.Is(err, bot.ErrGone) || mustAct(err) {
		wait = uninvited
	}
	if refused, ok := errors.AsType[*bot.RefusedError](err); ok && refused.Lasting() {
		p.Refusals++
	} else {
		p.Refusals = 0
	}
	if p.Refusals >= maxRefusals {
		p.Over = "refused by Slack"
	}
	p.Retry = now.Add(wait)
}

func about(post Post, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("the message %s: %w", post.Key, err)
}
