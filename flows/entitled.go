package flows

import (
	"context"
	"errors"

	"kvitt/bot"
	"kvitt/store"
)

// entitled returns the record that a click is about, or the view that denies it.
func (f *Flows) entitled(ctx context.Context, c bot.Click, w words) (Record, *bot.View, error) {
	denied, err := f.denied(ctx, c, w, onClick)
	if err != nil || denied != nil {
		return Record{}, denied, err
	}
	rec, err := f.Records.Load(ctx, c.Value)
	return rec, nil, err
}

// denied is the view that denies a click about an invoice; nil when the person may. old is how old what their right rests on may be.
func (f *Flows) denied(ctx context.Context, c bot.Click, w words, old ages) (*bot.View, error) {
	right, rec, err := f.rightTo(ctx, c.User, c.Value, old)
	if err != nil || right == MayPay {
		return nil, err
	}
	view, err := f.deny(ctx, c, w, rec, right)
	return &view, err
}

// rightTo checks somebody's right to pay an invoice. An invoice of which there is no record is judged as if the operator decided about it: nobody
// learns here what exists.
func (f *Flows) rightTo(ctx context.Context, user, invoice string, old ages) (Right, Record, error) {
	rec, err := f.Records.Load(ctx, invoice)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return "", Record{}, err
	}
	right, err := f.Admins.Right(ctx, user, rec.account(), old)
	return right, rec, err
}

// deny puts the attempt on the invoice's audit trail, and says who may.
func (f *Flows) deny(ctx context.Context, c bot.Click, w words, rec Record, right Right) (bot.View, error) {
	err := f.noteDenied(ctx, c, string(right))
	return f.deniedView(ctx, w, rec, right), err
}

func (f *Flows) noteDenied(ctx context.Context, c bot.Click, why string) error {
	action := c.Action
	if action == "" {
		action = "submit " + c.Callback
	}
	f.Log.InfoContext(ctx, "denied", "user", c.User, "action", action, "why", why)
	_, err := f.update(ctx, c.Value, func(r *Record) (store.Next, error) {
		if r.Layout == 0 {
			return store.Next{}, store.Unchanged // Nobody makes a record by asking for one.
		}
		r.denied(c.User, action, why, f.Now())
		return store.Next{Wake: f.Now(), Lane: r.lane()}, nil
	})
	return err
}

func (f *Flows) deniedView(ctx context.Context, w words, rec Record, right Right) bot.View {
	if right == Outsider {
		return deniedView(w, rec.Invoice, false, nil)
	}
	return deniedView(w, rec.Invoice, true, f.adminNames(ctx, rec.account()))
}

// adminNames lists what the billing admins of an account are called, as far as that is known.
func (f *Flows) adminNames(ctx context.Context, at account) []string {
	ids, err := f.Admins.List(ctx, at)
	if err != nil {
		f.Log.WarnContext(ctx, "who is a billing admin could not be read", "err", err)
	}
	var names []string
	for _, id := range ids {
		if _, known, ok := f.People.Reader(ctx, id, f.Policy.Team); ok && known.Name != "" {
			names = append(names, bot.Clip(clean(known.Name), 60))
		}
	}
	return names
}

// called tells what somebody is called.
func (f *Flows) called(ctx context.Context) func(user string) string {
	return func(user string) string {
		_, known, _ := f.People.Reader(ctx, user, f.Policy.Team)
		return bot.Clip(clean(known.Name), 60)
	}
}
