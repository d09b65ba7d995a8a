package flows

import (
	"context"
	"slices"
	"sync"
	"time"

	"kvitt/store"
)

// Mailbox is what is about to be sent to one person: the reminders that came due together. They are joined to a digest if they are many, and
// otherwise given back, each to be sent by itself.
type Mailbox struct {
	Lines []Line    `json:"lines,omitzero"` // Waiting for the mailbox to close.
	First time.Time `json:"first,omitzero"` // When the first of them came.
	Last  time.Time `json:"last,omitzero"`  // When the last of them came.
	Batch *Batch    `json:"batch,omitzero"` // What is being delivered; nil: nothing.
	Count int       `json:"count,omitzero"` // Of batches so far.
}

// Line is one reminder in a mailbox: a Post of an invoice's record.
type Line struct {
	Invoice string `json:"invoice"`
	Key     string `json:"key"`
}

// Batch is what was in a mailbox when it closed.
type Batch struct {
	Number  int    `json:"number"`
	Lines   []Line `json:"lines,omitzero"`
	Dropped []Line `json:"dropped,omitzero"` // Not to be told with the others: paid or being paid meanwhile, put off, replaced by a later one.
	Digest  *Post  `json:"digest,omitzero"`  // The message that they become; nil: each is sent by itself.
}

// A mailbox closes when nothing more has come for a moment, and at the latest after a while: what comes due at nine, or in one sync, is
// together in it. It stays open for longer than a post to a busy channel waits for its turn: meanwhile the hands are full that bring the next ones.
const (
	quiet    = patience + time.Second
	mostOpen = 20 * time.Second
)

// closes is when a mailbox is emptied.
func (b *Mailbox) closes() time.Time {
	end := b.Last.Add(quiet)
	if most := b.First.Add(mostOpen); most.Before(end) {
		return most
	}
	return end
}

// add puts lines into the mailbox; one that is in it already stays once.
func (b *Mailbox) add(lines []Line, now time.Time) {
	for _, line := range lines {
		if slices.Contains(b.Lines, line) || b.Batch != nil && (slices.Contains(b.Batch.Lines, line) || slices.Contains(b.Batch.Dropped, line)) {
			continue
		}
		if len(b.Lines) == 0 {
			b.First = now
		}
		b.Lines, b.Last = append(b.Lines, line), now
	}
}

// form closes the mailbox: lines become a batch, which is a digest from so many on; dropped ones are not sent.
func (b *Mailbox) form(user string, lines, dropped []Line, from int, now time.Time) {
	b.Lines = slices.DeleteFunc(b.Lines, func(l Line) bool { return slices.Contains(lines, l) || slices.Contains(dropped, l) })
	b.Count++
	b.Batch = &Batch{Number: b.Count, Lines: lines, Dropped: dropped}
	if len(lines) >= from {
		b.Batch.Digest = &Post{Key: digestKey(user, b.Count), Kind: PostDigest, Place: user, Claimed: now}
	}
	if len(b.Lines) > 0 {
		b.First = now
	}
}

// holds says whether a batch is the one under way. A store that lost its last writes may have forgotten it.
func (b *Mailbox) holds(number int) bool { return b.Batch != nil && b.Batch.Number == number }

// hold notes what a digest tells, with what came while it could not be sent, and what is left out of it.
func (b *Mailbox) hold(told, left []Line) {
	b.Lines = slices.DeleteFunc(b.Lines, func(l Line) bool { return slices.Contains(told, l) || slices.Contains(left, l) })
	b.Batch.Lines, b.Batch.Dropped = told, append(b.Batch.Dropped, left...)
}

// next is when the mailbox wants to be looked at.
func (b *Mailbox) next(now time.Time) store.Next {
	switch {
	case b.Batch != nil && b.Batch.Digest != nil && b.Batch.Digest.Retry.After(now):
		return store.Next{Wake: b.Batch.Digest.Retry}
	case b.Batch != nil:
		return store.Next{Wake: now}
	case len(b.Lines) > 0:
		return store.Next{Wake: b.closes()}
	}
	return store.Next{}
}

// postOffice brings reminders that are worked on side by side into a mailbox in one write.
type postOffice struct {
	mu     sync.Mutex // Guards window; never held while waiting.
	window map[string]*window
}

// window is where one person's reminders are handed in.
type window struct {
	turn  chan struct{} // Held by whoever writes.
	queue []handedIn    // Guarded by postOffice.mu.
}

type handedIn struct {
	line Line
	done chan error
}

// put puts a reminder into somebody's mailbox. Doing it twice does no harm.
func (f *Flows) put(ctx context.Context, user string, line Line) error {
	mine := handedIn{line, make(chan error, 1)}
	c := f.office.hand(user, mine)
	select {
	case c.turn <- struct{}{}:
	case err := <-mine.done: // Somebody has taken it along.
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
	queue := f.office.collect(c)
	if len(queue) > 0 {
		err := f.deposit(ctx, user, queue)
		for _, h := range queue {
			h.done <- err
		}
	}
	<-c.turn
	return <-mine.done
}

func (o *postOffice) hand(user string, h handedIn) *window {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.window == nil {
		o.window = map[string]*window{}
	}
	c := o.window[user]
	if c == nil {
		c = &window{turn: make(chan struct{}, 1)}
		o.window[user] = c
	}
	c.queue = append(c.queue, h)
	return c
}

func (o *postOffice) collect(c *window) []handedIn {
	o.mu.Lock()
	defer o.mu.Unlock()
	queue := c.queue
	c.queue = nil
	return queue
}

func (f *Flows) deposit(ctx context.Context, user string, queue []handedIn) error {
	lines := make([]Line, 0, len(queue))
	for _, h := range queue {
		lines = append(lines, h.line)
	}
	_, err := f.Mailboxes.Update(ctx, user, func(b *Mailbox) (store.Next, error) {
		now := f.Now()
		b.add(lines, now)
		return b.next(now), nil
	})
	if err == nil {
		f.nudge()
	}
	return err
}
