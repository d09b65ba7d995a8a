package bot

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// Kind is what somebody did.
type Kind string

// The kinds of Click.
const (
	Press    Kind = "press"    // A button, or a menu outside an input block.
	Submit   Kind = "submit"   // The submit button of a modal.
	Suggest  Kind = "suggest"  // Somebody types into a Search.
	Command  Kind = "command"  // A slash command.
	Home     Kind = "home"     // The App Home tab opened.
	shortcut Kind = "shortcut" // That, a closed modal and whatever Slack will think of: acknowledged, otherwise unused.
	event    Kind = "event"    // Likewise, but for those that say that the app was removed.
)

// Click is one thing that one person did in Slack, whichever door and payload it came by.
// It is verified to come from Slack; whether that person may do it is for the handler to find out.
type Click struct {
	ID         string // The same for a duplicate, different for everything else. Opaque.
	Kind       Kind
	Team       string // The workspace whose installation it is for.
	User       string // Who did it. Never empty.
	Enterprise string // Grid organisation; empty elsewhere.

	Action   string // action_id of the button or menu; name of the command, "/invoices".
	Block    string // block_id around it.
	Value    string // Value of the button or of the option chosen; what was typed into a Search.
	Callback string // callback_id of the view.
	Meta     string // private_metadata of the view.
	ViewID   string
	ViewHash string

	// Fields holds what the view's (or the message's) inputs hold now, block_id to value: one element a block, as Input makes
	// them. Of a block with several elements, the first by action_id counts. Nothing chosen: the empty string. The value of an
	// option is what the client sent: look it up before believing it.
	Fields map[string]string

	Channel  string // Where the message is, or the command was given; empty in views.
	ThreadTS string // The thread around the message, if any.
	Trigger  string // Opens one modal, once, within 3 seconds. Secret.
	Text     string // Of a command, after its name.

	At        time.Time // When it came in, by Config.Now.
	Trace     string    // Short id that every log line about this click carries.
	MemoryErr error     // Why nobody knows whether this click was done before; nil if it is the first. Move no money then.

	answerURL string   // response_url: a secret that posts without a token.
	teams     []string // Every workspace that the payload names as its place.
	org       bool     // Sent for an installation in a whole organisation.
	removed   bool     // An event that says that the app, or its token, is gone.
}

// LogValue shows who did what where, and no secret.
func (c Click) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("trace", c.Trace), slog.String("kind", string(c.Kind)), slog.String("user", c.User),
		slog.String("action", c.Action), slog.String("callback", c.Callback), slog.String("channel", c.Channel))
}

// attrs are LogValue's facts side by side with the other facts of a log line.
func (c Click) attrs() slog.Attr { return slog.Any("", c) }

// String is LogValue for careless printing.
func (c Click) String() string {
	return fmt.Sprintf("%s of %s by %s [%s]", c.Kind, c.Action+c.Callback, c.User, c.Trace)
}

type traceKey struct{}

// WithTrace marks a context with the short id that log lines carry. Handlers get one that is marked already.
func WithTrace(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, traceKey{}, id)
}

// Trace is the short id of the click, or other wake-up, that ctx is about; empty if there is none.
func Trace(ctx context.Context) string {
	id, _ := ctx.Value(traceKey{}).(string)
	return id
}
