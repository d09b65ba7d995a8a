package flows

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"kvitt/billing"
	"kvitt/bot"
)

// say posts the digest, or looks for it where it may have been posted.
func (d *delivery) say(ctx context.Context, box Mailbox) error {
	number, post := box.Batch.Number, *box.Batch.Digest
	channel, err := d.destination(ctx, d.user)
	found := false
	if err == nil && post.Unsure {
		post.Ref, found, err = d.Bot.Find(ctx, channel, post.token(d.user), sooner(post.Claimed, d.Now()).Add(-time.Minute))
		if err == nil && !found {
			post.missing(d.lease.Token, d.Now())
		}
	}
	switch {
	case err == nil && post.Unsure: // It was found, or is looked for again.
	case errors.Is(err, bot.ErrNoHistory):
		post.unseen()
		err = nil
	case err != nil:
		post.unsought(err, d.Now())
	default:
		err = d.send(ctx, box, &post, channel)
	}
	if errors.Is(err, errFew) {
		_, err := d.change(ctx, func(b *Mailbox) {
			if b.holds(number) {
				b.Batch.Digest = nil
			}
		})
		return err
	}
	if _, noted := d.change(ctx, func(b *Mailbox) {
		if b.holds(number) {
			b.Batch.Digest = &post
		}
	}); noted != nil {
		return errors.Join(err, noted)
	}
	if err != nil {
		d.complain(ctx, d.user, fmt.Errorf("the digest %s: %w", post.Key, err))
	}
	return nil
}

// errFew says that fewer reminders are left than make a digest.
var errFew = errors.New("too few reminders are left for a digest")

// send renders the digest from the invoices as they are now, and posts it, in the reader's hours: it may have had to wait. What came meanwhile is
// in it. That it is about to be posted is noted first.
func (d *delivery) send(ctx context.Context, box Mailbox, post *Post, channel string) error {
	reader, _, _ := d.People.Reader(ctx, d.user, d.Policy.Team)
	if at := d.nextHours(reader); !at.IsZero() {
		post.Unsure, post.Retry = false, at.Add(quiet) // As a mailbox stays open: what comes due as the hours begin is in it.
		return nil
	}
	if len(box.Lines) > 0 && box.closes().After(d.Now()) { // More is on its way, and is to be in it.
		post.Unsure, post.Retry = false, box.closes()
		return nil
	}
	records, told, left, err := d.still(ctx, slices.Concat(box.Batch.Lines, box.Lines))
	if err != nil {
		return err
	}
	if len(records) < d.Policy.DigestFrom {
		return errFew
	}
	post.Unsure, post.Under, post.Claimed = true, d.lease.Token, d.Now()
	noted, err := d.change(ctx, func(b *Mailbox) {
		if b.holds(box.Batch.Number) {
			b.hold(told, left)
			b.Batch.Digest = post
		}
	})
	if err == nil && !noted.holds(box.Batch.Number) {
		err = errForgotten
	}
	if err != nil {
		return err
	}
	now := d.Now()
	m := digestMessage(speak(reader.Lang), records, now.In(reader.Zone), billing.DateOf(now, d.Policy.Zone))
	m.Token, m.Patience = post.token(d.user), patience
	d.Log.InfoContext(ctx, "digest", "user", d.user, "reason", "several reminders at once", "count", len(records))
	ref, err := d.Bot.Post(ctx, channel, m)
	d.observe(Observation{What: ObservedStep, Name: "digest", Reason: "several reminders at once", Outcome: outcome(err), Took: d.Now().Sub(now)})
	if err != nil {
		post.failed(err, d.Now())
		return err
	}
	post.posted(ref, "")
	return nil
}

// still are the invoices of which the person is still to be told, each once, with their lines and those of the others.
func (d *delivery) still(ctx context.Context, lines []Line) (records []Record, told, left []Line, err error) {
	for _, line := range lines {
		rec, due, err := d.due(ctx, line)
		if err != nil {
			return nil, nil, nil, err
		}
		if !due {
			left = append(left, line)
			continue
		}
		told = append(told, line)
		if !slices.ContainsFunc(records, func(r Record) bool { return r.Invoice.ID == line.Invoice }) {
			records = append(records, rec)
		}
	}
	return records, told, left, nil
}
