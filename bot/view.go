package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/slack-go/slack"
)

// View is a modal, or an App Home. Title, Submit and CloseText hold 24 runes each, Meta 3000, Blocks 100 of them.
// A view with an Input needs Submit. Of an App Home, only Blocks, Callback and Meta count.
type View struct {
	Callback  string // OnSubmit knows it by this.
	Title     string
	Submit    string // Empty: no submit button.
	CloseText string // Empty: Slack's own word.
	Meta      string // Comes back as Click.Meta. The person can read it.
	Blocks    []Block
}

// Reply answers a submission: at most one of its fields. The zero Reply closes the modal.
type Reply struct {
	View   *View             // Takes the modal's place.
	Errors map[string]string // Shown at inputs, by block id. Only ids of Inputs in the view, else the person sees an error of Slack's.
}

// triggerTime is how long the trigger of a click is worth waiting with: Slack forgets it after 3 seconds.
const triggerTime = 2500 * time.Millisecond

// Open opens a modal for who clicked. The trigger of a Click works once and for 3 seconds, so open first and look things up after.
// It returns the view's id, for Replace; *BusyError at once where the turn would come too late.
func (b *Bot) Open(ctx context.Context, c Click, v View) (viewID string, err error) {
	return b.showTo(ctx, c, openView, func(ctx context.Context) (*slack.ViewResponse, error) {
		return b.api.OpenViewContext(ctx, c.Trigger, v.modal())
	})
}

// Push lays a modal on top of the one that the click came from; at most three lie on each other. It answers as Open does.
func (b *Bot) Push(ctx context.Context, c Click, v View) (viewID string, err error) {
	return b.showTo(ctx, c, pushView, func(ctx context.Context) (*slack.ViewResponse, error) {
		return b.api.PushViewContext(ctx, c.Trigger, v.modal())
	})
}

// Replace shows something else in an open modal. ErrGone: the person has closed it.
// In the answer to a submission use Reply instead: Slack wants it so.
func (b *Bot) Replace(ctx context.Context, viewID string, v View) error {
	_, err := b.show(ctx, ctx, updateView, somebody, func(ctx context.Context) (*slack.ViewResponse, error) {
		return b.api.UpdateViewContext(ctx, v.modal(), "", "", viewID)
	})
	return err
}

// Publish shows a person's App Home. *SetupError: the Home tab is switched off in the app's settings.
func (b *Bot) Publish(ctx context.Context, user string, v View) error {
	home := slack.HomeTabViewRequest{
		Type: slack.VTHomeTab, Blocks: blockSet(v.Blocks),
		CallbackID: v.Callback, PrivateMetadata: v.Meta,
	}
	_, err := b.show(ctx, ctx, publishView, asker(user), func(ctx context.Context) (*slack.ViewResponse, error) {
		return b.api.PublishViewContext(ctx, slack.PublishViewContextRequest{UserID: user, View: home})
	})
	return err
}

// showTo waits for who clicked to have their turn among all, but no longer than their trigger lives.
func (b *Bot) showTo(ctx context.Context, c Click, m method, do func(context.Context) (*slack.ViewResponse, error)) (id string, err error) {
	waiting, done := context.WithTimeoutCause(ctx, triggerTime, &BusyError{After: unknownWait})
	defer done()
	return b.show(ctx, waiting, m, asker(c.User), do)
}

func (b *Bot) show(ctx, waiting context.Context, m method, by asker, do func(context.Context) (*slack.ViewResponse, error)) (id string, err error) {
	err = b.callInTurn(ctx, waiting, m, by, func(ctx context.Context) error {
		shown, err := do(ctx)
		if err == nil && !shown.SlackResponse.Ok {
			return errNoAnswer
		}
		if err == nil {
			id = shown.View.ID
		}
		return err
	})
	return id, err
}

func (v View) modal() slack.ModalViewRequest {
	m := slack.ModalViewRequest{
		Type: slack.VTModal, Title: plain(v.Title, 24), Blocks: blockSet(v.Blocks),
		CallbackID: v.Callback, PrivateMetadata: v.Meta,
	}
	if v.Submit != "" {
		m.Submit = plain(v.Submit, 24)
	}
	if v.CloseText != "" {
		m.Close = plain(v.CloseText, 24)
	}
	return m
}

// blockSet is never null: Slack refuses null.
func blockSet(blocks []Block) slack.Blocks {
	if blocks == nil {
		blocks = []Block{}
	}
	return slack.Blocks{BlockSet: blocks}
}

// maxAck is what an acknowledgement may weigh in Socket Mode. Slack drops one of 20 kB or more without a word, as slack-go's
// authors measured; the envelope around it needs some bytes, too.
const maxAck = 20*1024 - 200

// ackSettles is how long Slack gets to read an acknowledgement before we change what it shows.
const ackSettles = 500 * time.Millisecond

// outcome says how to acknowledge a click.
type outcome struct {
	ack  json.RawMessage             // Nil: with nothing.
	then func(context.Context) error // To be done after it, or nil.
	late func(context.Context) error // To be done instead, where the acknowledgement had to go before; or nil.
}

// answer turns a Reply into its acknowledgement. A view too large for it goes by a call of its own, after an empty one.
func (b *Bot) answer(c Click, r Reply) (outcome, error) {
	whole, err := encodeReply(r)
	if err != nil || len(whole) < maxAck || r.View == nil {
		return outcome{ack: whole}, err
	}
	frame := *r.View
	frame.Blocks = nil
	small, err := encodeReply(Reply{View: &frame})
	return outcome{ack: small, then: func(ctx context.Context) error {
		// Or the acknowledgement, which goes another way, would overtake it and take its place.
		time.Sleep(ackSettles)
		return b.Replace(ctx, c.ViewID, *r.View)
	}}, err
}

func encodeReply(r Reply) (json.RawMessage, error) {
	var response *slack.ViewSubmissionResponse
	switch {
	case len(r.Errors) > 0:
		response = slack.NewErrorsViewSubmissionResponse(r.Errors)
	case r.View != nil:
		response = slack.NewUpdateViewSubmissionResponse(new(r.View.modal()))
	default:
		return nil, nil
	}
	raw, err := json.Marshal(response)
	if err != nil {
		return nil, fmt.Errorf("the reply to a submission cannot be written as JSON: %w", err)
	}
	return raw, nil
}
