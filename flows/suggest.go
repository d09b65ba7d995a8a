package flows

import (
	"context"
	"strings"

	"kvitt/billing"
	"kvitt/bot"
)

// actMethod is the menu of payment methods. One of Slack's holds bot.MaxOptions; where there are more, it is a menu that finds while somebody types.
const actMethod = "method"

// suggestMethods finds the payment methods for what somebody typed, for billing admins only.
func (f *Flows) suggestMethods(ctx context.Context, c bot.Click) ([]bot.Option, error) {
	saw, err := readShown(c.Meta)
	if err != nil {
		return nil, err
	}
	right, rec, err := f.rightTo(ctx, c.User, saw.Invoice, recently)
	if err != nil || right != MayPay {
		return nil, err
	}
	provider, err := f.provider(saw.Invoice)
	if err != nil {
		return nil, err
	}
	methods, err := provider.Methods(ctx, rec.Invoice)
	if err != nil {
		return nil, err
	}
	return matching(methodOptions(speak(f.People.Lang(ctx, c.User)), methods), c.Value), nil
}

// matching are the options whose labels hold every word that was typed, in the given order.
func matching(options []bot.Option, typed string) []bot.Option {
	var found []bot.Option
	for _, o := range options {
		label, all := strings.ToLower(o.Label), true
		for word := range strings.FieldsSeq(strings.ToLower(typed)) {
			all = all && strings.Contains(label, word)
		}
		if all {
			found = append(found, o)
		}
	}
	return found[:min(len(found), bot.MaxOptions)]
}

func methodOptions(w words, methods []billing.Method) []bot.Option {
	var options []bot.Option
	for _, m := range methods {
		options = append(options, bot.Option{Value: m.ID, Label: w.choice(m)})
	}
	return options
}

// methodMenu is what a payment method is chosen from, the default preselected.
func methodMenu(w words, methods []billing.Method) bot.Element {
	options, chosen := methodOptions(w, methods), (*bot.Option)(nil)
	for i, m := range methods {
		if m.Default && chosen == nil {
			chosen = &options[i]
		}
	}
	if len(options) > bot.MaxOptions {
		return bot.Search{Action: actMethod, Placeholder: w.say("modal.search"), Chosen: chosen}
	}
	menu := bot.Menu{Action: actMethod, Placeholder: w.say("modal.choose"), Options: options}
	if chosen != nil {
		menu.Chosen = chosen.Value
	}
	return menu
}
