package flows

import (
	"context"
	"errors"

	"kvitt/billing"
	"kvitt/bot"
	"kvitt/store"
)

// inModal opens a modal that says "One moment…" and replaces it by what fill answers, or by what failed.
func (f *Flows) inModal(ctx context.Context, c bot.Click, fill func(context.Context, words) (bot.View, error)) error {
	return f.inView(ctx, c, func(ctx context.Context, w words, _ string) (bot.View, error) { return fill(ctx, w) })
}

// inView is inModal for what has to know the modal's id, to show something in it later.
func (f *Flows) inView(ctx context.Context, c bot.Click, fill func(ctx context.Context, w words, id string) (bot.View, error)) error {
	fillCtx, done := context.WithTimeout(ctx, fillTime) // From here on, or opening it would not count.
	defer done()
	w := speak(f.People.Lang(ctx, c.User))
	open := f.Bot.Open
	if c.Callback != "" { // In a modal. App Home is a view, too, but nothing can lie on top of it.
		open = f.Bot.Push
	}
	id, err := open(ctx, c, waitView(w))
	if err != nil {
		return f.notOpened(ctx, c, w, err)
	}
	view, err := fill(fillCtx, w, id)
	if err != nil {
		view = tellView(w, failure(w, c.Action, err))
	}
	return errors.Join(err, f.showIn(ctx, id, view))
}

// showIn replaces what a modal shows. Who has closed it does not want to see it.
func (f *Flows) showIn(ctx context.Context, id string, view bot.View) error {
	if err := f.Bot.Replace(ctx, id, view); !errors.Is(err, bot.ErrGone) {
		return err
	}
	return nil
}

// notOpened tells somebody, beside what they pressed, that nothing came of it, and how to go on.
func (f *Flows) notOpened(ctx context.Context, c bot.Click, w words, err error) error {
	says := failure(w, c.Action, err)
	if _, busy := errors.AsType[*bot.BusyError](err); busy || errors.Is(err, bot.ErrTooLate) {
		says = w.say("modal.again")
	}
	return errors.Join(err, f.Bot.Whisper(ctx, c, f.line(says)))
}

// failure is what a person is told when something that they pressed could not be done. Where they were not about to pay, "nothing was paid" would only
// frighten them.
func failure(w words, action string, err error) string {
	switch {
	case action != ActPay && action != ActSteps && action != ActApprove && !errors.Is(err, store.ErrNotFound):
		return w.say("action.later")
	case errors.Is(err, billing.ErrUnavailable) || errors.Is(err, billing.ErrSetup):
		return w.say("modal.service")
	case errors.Is(err, store.ErrNotFound) || errors.Is(err, billing.ErrNotFound):
		return w.say("modal.missing")
	}
	return w.say("modal.later")
}
