package flows

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"kvitt/store"
)

// KindInvoice and KindMailbox are the kinds of documents that the sweepers work on.
const (
	KindInvoice = "invoice"
	KindMailbox = "mailbox"
)

// takenIn is how long a reminder trusts its mailbox before it is put in again: longer than any delivery takes.
const takenIn = 10 * time.Minute

// offer puts a reminder that the record has claimed into its reader's mailbox.
func (j *job) offer(ctx context.Context, post Post) error {
	err := j.put(ctx, post.Place, Line{Invoice: j.id, Key: post.Key})
	noted := j.note(ctx, func(r *Record) error {
		p := r.post(post.Key)
		switch {
		case p == nil || !p.Waiting:
			return nil // It was delivered meanwhile.
		case err != nil:
			p.delay(err, j.Now())
		default:
			p.Retry, p.Attempts = j.Now().Add(takenIn), 0
		}
		return nil
	})
	return errors.Join(about(post, err), noted)
}

// deliver empties a mailbox. It may be cut off anywhere; whoever leases it next goes on.
func (f *Flows) deliver(ctx context.Context, lease store.Lease) error {
	d := &delivery{Flows: f, lease: lease, user: lease.Key.ID}
	for range rounds {
		box, err := f.Mailboxes.Load(ctx, d.user)
		if err != nil {
			return fmt.Errorf("a mailbox: %w", err)
		}
		now := f.Now()
		switch {
		case box.Batch != nil && box.Batch.waits(now), box.Batch == nil && (len(box.Lines) == 0 || box.closes().After(now)):
			_, err := d.change(ctx, func(*Mailbox) {})
			return err
		case box.Batch == nil:
			err = d.empty(ctx, box)
		case !box.Batch.said():
			err = d.say(ctx, box)
		default:
			err = d.handBack(ctx, *box.Batch)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// delivery is one mailbox in the hands of one sweeper.
type delivery struct {
	*Flows
	lease store.Lease
	user  string
}

func (b *Batch) said() bool {
	return b.Digest == nil || b.Digest.Ref.TS != "" || b.Digest.Over != ""
}

func (b *Batch) waits(now time.Time) bool {
	return !b.said() && b.Digest.Retry.After(now)
}

// empty makes a batch of what is still to be told; outside the person's hours it waits for the next ones.
func (d *delivery) empty(ctx context.Context, box Mailbox) error {
	reader, _, reads := d.People.Reader(ctx, d.user, d.Policy.Team)
	if at := d.nextHours(reader); reads && !at.IsZero() {
		_, err := d.change(ctx, func(b *Mailbox) { b.First, b.Last = at, at })
		return err
	}
	var lines, dropped []Line
	for _, line := range box.Lines {
		_, due, err := d.due(ctx, line)
		if err != nil {
			return err
		}
		if reads && due {
			lines = append(lines, line)
		} else {
			dropped = append(dropped, line)
		}
	}
	_, err := d.change(ctx, func(b *Mailbox) { b.form(d.user, lines, dropped, d.Policy.DigestFrom, d.Now()) })
	return err
}

// nextHours is when the reader's next hours begin; zero when they may be told now.
func (d *delivery) nextHours(reader Reader) time.Time {
	now := d.Now()
	if d.Policy.Hours.allowed(now, reader.Zone) {
		return time.Time{}
	}
	return d.Policy.Hours.next(now, reader.Zone)
}

// due says whether the person is still to be told of an invoice: it may be paid by now, or their right have ended while the reminder lay here.
func (d *delivery) due(ctx context.Context, line Line) (Record, bool, error) {
	rec, err := d.Records.Load(ctx, line.Invoice)
	if err != nil {
		return rec, false, err
	}
	ids, err := d.Admins.List(ctx, rec.account())
	post := rec.post(line.Key)
	return rec, slices.Contains(ids, d.user) && post != nil && rec.stillDue(*post), err
}

// stillDue says whether a reminder that waits in a mailbox is still to be told.
func (r *Record) stillDue(post Post) bool {
	return post.Waiting && post.Over == "" && r.remindable() && post.Due == r.Invoice.Due && r.putOffUntil(post.Place).IsZero()
}

// handBack tells the invoices what became of their reminders, then forgets the batch.
func (d *delivery) handBack(ctx context.Context, batch Batch) error {
	over := ""
	if batch.Digest != nil {
		over = "in a digest"
	}
	if err := errors.Join(d.release(ctx, batch.Lines, over), d.release(ctx, batch.Dropped, "")); err != nil {
		return err
	}
	_, err := d.change(ctx, func(b *Mailbox) { b.Batch = nil })
	d.nudge()
	return err
}

// release ends the wait of reminders: over says why nothing more is done about them; empty: each is planned by itself,
// and sent when it is due: what somebody was paying just then is due again if that comes to nothing.
func (d *delivery) release(ctx context.Context, lines []Line, over string) error {
	for _, line := range lines {
		_, err := d.update(ctx, line.Invoice, func(r *Record) (store.Next, error) {
			p := r.post(line.Key)
			if p == nil || !p.Waiting {
				return store.Next{}, store.Unchanged
			}
			p.Waiting, p.Retry, p.Over = false, time.Time{}, orText(p.Over, over)
			return store.Next{Wake: d.Now(), Lane: r.lane()}, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// change changes the mailbox under the lease.
func (d *delivery) change(ctx context.Context, fn func(*Mailbox)) (Mailbox, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	return d.Mailboxes.Update(ctx, d.user, func(b *Mailbox) (store.Next, error) {
		fn(b)
		return b.next(d.Now()), nil
	}, store.Under(d.lease))
}
