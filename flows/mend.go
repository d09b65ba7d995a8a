package flows

import (
	"context"
	"errors"
	"sync"

	"kvitt/bot"
)

// sideBySide is how many messages of one invoice are edited at once.
const sideBySide = 4

// mendAll edits the messages that show what is not so. When Slack has no room for one it has none for those after it: they wait as long, noted in
// one write, or an invoice with a hundred copies would be loaded and written a hundred times for every few that get their turn.
func (j *job) mendAll(ctx context.Context, steps []Step) error {
	var wg sync.WaitGroup
	var mu sync.Mutex
	var full *bot.BusyError
	next := func(err error) (Step, bool) {
		mu.Lock()
		defer mu.Unlock()
		if busy, ok := errors.AsType[*bot.BusyError](err); ok {
			full = busy
		}
		if full != nil || len(steps) == 0 {
			return Step{}, false
		}
		step := steps[0]
		steps = steps[1:]
		return step, true
	}
	for range min(sideBySide, len(steps)) {
		wg.Go(func() {
			for step, more := next(nil); more; step, more = next(j.step(ctx, step)) {
			}
		})
	}
	wg.Wait()
	if len(steps) == 0 {
		return nil
	}
	return j.putBack(ctx, steps, full)
}

// putBack notes that messages could not be edited yet, and when there may be room.
func (j *job) putBack(ctx context.Context, steps []Step, why error) error {
	return j.note(ctx, func(r *Record) error {
		for _, step := range steps {
			if p := r.post(step.Post.Key); p != nil {
				p.delay(why, j.Now())
			}
		}
		return nil
	})
}

// mend edits a message so that it shows the record as it is now. Repeating it does no harm.
func (j *job) mend(ctx context.Context, post Post) error {
	m, err := j.rendered(ctx, post)
	if err != nil {
		return err
	}
	if isChannel(post.Place) {
		_, err = j.destination(ctx, post.Place)
	}
	if err == nil {
		m.Patience = patience
		err = j.Bot.Update(ctx, post.Ref, m)
	}
	noted := j.note(ctx, func(r *Record) error {
		p := r.post(post.Key)
		switch {
		case p == nil:
			return ErrStale
		case err == nil:
			p.posted(post.Ref, digest(m))
		case errors.Is(err, bot.ErrGone) && !(isChannel(post.Place) && errors.Is(err, bot.ErrClosed)):
			p.Over = "gone"
		default:
			p.delay(err, j.Now())
		}
		return nil
	})
	return errors.Join(about(post, err), noted)
}
