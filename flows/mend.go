package flows

import (
	"context"
	"errors"
	"sync"
	"time"

	"kvitt/bot"
)

// sideBySide is how many messages of one invoice are edited at once, and noted in one write.
const sideBySide = 4

// mended is what became of an edit.
type mended struct {
	Post
	shows string
	full  bool // Slack has no room for more edits now.
	err   error
}

// mendAll edits the messages that show what is not so, a few at a time, each time as the record is then. When Slack has no room for one it has none for
// those after it: they wait as long, or an invoice with a hundred copies would be loaded and written a hundred times for every few that get their turn.
func (j *job) mendAll(ctx context.Context, steps []Step) error {
	for len(steps) > 0 {
		rec, err := j.Records.Load(ctx, j.id)
		if err != nil {
			return err
		}
		some := min(sideBySide, len(steps))
		done := j.mendSome(ctx, rec, steps[:some])
		steps = steps[some:]
		full := noRoom(done)
		if full != nil {
			for _, step := range steps {
				done = append(done, mended{Post: step.Post, err: full})
			}
			steps = nil
		}
		if err := j.noteEdits(ctx, done); err != nil {
			return err
		}
	}
	return nil
}

// mendSome edits messages side by side so that they show the record.
func (j *job) mendSome(ctx context.Context, rec Record, steps []Step) []mended {
	done := make([]mended, len(steps))
	var wg sync.WaitGroup
	for i, step := range steps {
		wg.Go(func() {
			j.counted(ctx, step, func() error {
				done[i] = j.mend(ctx, rec, step.Post)
				return about(step.Post, done[i].err)
			})
		})
	}
	wg.Wait()
	return done
}

// noRoom is what Slack said if it had no room for one of them.
func noRoom(done []mended) error {
	for _, d := range done {
		if d.full {
			return d.err
		}
	}
	return nil
}

// mend edits a message so that it shows the record. Repeating it does no harm.
func (j *job) mend(ctx context.Context, rec Record, post Post) mended {
	have := rec.post(post.Key)
	if have == nil {
		return mended{Post: post, err: errForgotten}
	}
	if isChannel(post.Place) {
		if _, err := j.destination(ctx, post.Place); err != nil {
			return mended{Post: post, err: err}
		}
	}
	m := render(j.Now(), rec, *have, j.audience, j.Policy)
	m.Patience = patience
	err := j.Bot.Update(ctx, post.Ref, m)
	_, busy := errors.AsType[*bot.BusyError](err)
	return mended{Post: post, shows: digest(m), full: busy && !m.Answer, err: err}
}

// noteEdits writes down what became of edits, in one write. What the store has forgotten meanwhile is planned anew.
func (j *job) noteEdits(ctx context.Context, done []mended) error {
	return j.note(ctx, func(r *Record) error {
		for _, d := range done {
			if p := r.post(d.Key); p != nil {
				p.edited(d, j.Now())
			}
		}
		return nil
	})
}

// edited notes what became of an edit, and when to try again.
func (p *Post) edited(d mended, now time.Time) {
	switch {
	case d.err == nil:
		p.posted(d.Ref, d.shows)
	case errors.Is(d.err, bot.ErrGone) && !(isChannel(d.Place) && errors.Is(d.err, bot.ErrClosed)):
		p.Over = "gone"
	default:
		p.delay(d.err, now)
	}
}
