package bot

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/slack-go/slack"
)

// handler does what a click asks for and says how to acknowledge it.
type handler func(context.Context, Click) (outcome, error)

type route struct {
	kind Kind
	name string // action_id, callback_id or command; empty for App Home.
}

type handlers map[route]handler

func newHandlers() handlers { return handlers{} }

// find returns nil for what nobody asked to hear of.
func (hs handlers) find(c Click) handler {
	switch c.Kind {
	case Submit:
		return hs[route{c.Kind, c.Callback}]
	case Home:
		return hs[route{c.Kind, ""}]
	}
	return hs[route{c.Kind, c.Action}]
}

// OnPress calls h for every press of the button or menu with that action id. The press is acknowledged before, so h has 20 seconds;
// its error is logged, nothing more: telling the person is up to h.
func (b *Bot) OnPress(actionID string, h func(context.Context, Click) error) {
	b.handlers[route{Press, actionID}] = quiet(h)
}

// OnHome calls h whenever somebody opens the App Home tab. As OnPress.
func (b *Bot) OnHome(h func(context.Context, Click) error) { b.handlers[route{Home, ""}] = quiet(h) }

// OnSubmit calls h for every submission of the modal with that callback id; its Reply is the acknowledgement. h has two seconds, then its
// context ends and Config.Sorry answers, as it does for an error; a Reply that comes later is lost.
// A duplicate is answered with the same Reply, and h is called once.
func (b *Bot) OnSubmit(callbackID string, h func(context.Context, Click) (Reply, error)) {
	b.handlers[route{Submit, callbackID}] = func(ctx context.Context, c Click) (outcome, error) {
		reply, err := h(ctx, c)
		if err != nil {
			return outcome{}, err
		}
		return b.answer(c, reply)
	}
}

// noOptions is the answer to a Search that finds nothing.
var noOptions = json.RawMessage(`{"options":[]}`)

// OnSuggest calls h when somebody types into the Search with that action id. h has two seconds; late or failed, the list is empty.
func (b *Bot) OnSuggest(actionID string, h func(context.Context, Click) ([]Option, error)) {
	b.handlers[route{Suggest, actionID}] = func(ctx context.Context, c Click) (outcome, error) {
		options, err := h(ctx, c)
		if err != nil {
			return outcome{}, err
		}
		if len(options) == 0 {
			return outcome{ack: noOptions}, nil // slack-go would leave the list out, and Slack go on showing what was found before.
		}
		raw, err := json.Marshal(slack.OptionsResponse{Options: objects(options)})
		if err != nil {
			return outcome{}, fmt.Errorf("the options cannot be written as JSON: %w", err)
		}
		return outcome{ack: raw}, nil
	}
}

// OnCommand calls h for the slash command with that name, "/invoices". Only the asker sees the answer. h has 20 seconds: after two, the
// command is acknowledged and the answer follows. An error is logged and not shown.
func (b *Bot) OnCommand(name string, h func(context.Context, Click) (Message, error)) {
	b.handlers[route{Command, name}] = func(ctx context.Context, c Click) (outcome, error) {
		m, err := h(ctx, c)
		if err != nil {
			return outcome{}, err
		}
		whisper := func(ctx context.Context) error { return b.Whisper(ctx, c, m) }
		raw, err := json.Marshal(ephemeral(m, ""))
		if err != nil {
			return outcome{}, fmt.Errorf("the answer to a command cannot be written as JSON: %w", err)
		}
		if len(raw) >= maxAck {
			return outcome{then: whisper}, nil
		}
		return outcome{ack: raw, late: whisper}, nil
	}
}

func quiet(h func(context.Context, Click) error) handler {
	return func(ctx context.Context, c Click) (outcome, error) { return outcome{}, h(ctx, c) }
}
