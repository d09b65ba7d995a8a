package flows

import (
	"context"
	"errors"
	"slices"
	"sync"

	"kvitt/bot"
)

// sideBySide is how many messages of one invoice are edited at once, and noted in one write.
const sideBySide = 4

// mended is what became of an edit.
type mended struct {
	Post
	shows string
	err   error
}

// mendAll edits the messages that show what is not so, a few at a time, each time as the record is then. When Slack has no room for one it has none for
// those after it: they wait as long, or an invoice with a hundred copies would be loaded and written a hundred times for every few that get their turn.
func (j *job) mendAll(ctx context.Context, steps []Step) error {
	for some := range slices.Chunk(steps, sideBySide) {
		rec, err := j.Records.Load(ctx, j.id)
		if err != nil {
			return err
		}
		done := j.mendSome(ctx, rec, some)
		steps = steps[len(some):]
		full := noRoom(done)
		if full != nil {
			for _, step := range steps {
				done = append(done, mended{Post: step.Post, err: full})
			}
		}
		if err := j.noteEdits(ctx, done); err != nil || full != nil {
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
			_ = j.told(ctx, step, func() (err error) {
				done[i].Post = step.Post
				done[i].shows, done[i].err = j.mend(ctx, rec, step.Post)
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
		if _, busy := errors.AsType[*bot.BusyError](d.err); busy {
			return d.err
		}
	}
	return nil
}

// mend edits a message so that it shows the record, and returns what it shows then. Repeating it does no harm.
func (j *job) mend(ctx context.Context, rec Record, post Post) (shows string, err error) {
	have := rec.post(post.Key)
	if have == nil {
		return "", errForgotten
	}
	if isChannel(post.Place) {
		if _, err := j.destination(ctx, post.Place); err != nil {
			return "", err
		}
	}
	m := render(j.Now(), rec, *have, j.audience, j.Policy)
	m.Patience = patience
	return digest(m), j.Bot.Update(ctx, post.Ref, m)
}

// noteEdits writes down what became of edits, in one write.
func (j *job) noteEdits(ctx context.Context, done []mended) error {
	return j.note(ctx, func(r *Record) error {
		for _, d := range done {
			p := r.post(d.Key)
			switch {
			case p == nil: // Forgotten: it is planned anew.
			case d.err == nil:
				p.posted(d.Ref, d.shows)
			case errors.Is(d.err, bot.ErrGone) && !(isChannel(d.Place) && errors.Is(d.err, bot.ErrClosed)):
				p.Over = "gone"
			default:
				p.delay(d.err, j.Now())
			}
		}
		return nil
	})
}
