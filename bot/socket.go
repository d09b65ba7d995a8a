package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"math/bits"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
)

// Times of Socket Mode. Slack itself pings every few seconds and wants acknowledgements within 3 s
// (docs.slack.dev/apis/events-api/using-socket-mode).
const (
	dialTime    = 10 * time.Second
	ackTime     = 3 * time.Second
	pingEvery   = 3 * time.Second        // How often we ping, too.
	hush        = 9 * time.Second        // Not one byte for so long from a peer that answers pings: the connection is dead.
	silence     = 30 * time.Second       // Likewise, of any other peer.
	lastWords   = 250 * time.Millisecond // For acknowledgements to get out: slack-go does not say when it has written them.
	maxEnvelope = 1 << 20
	maxRefusals = 3 // In a row. One odd answer must not stop a bot that works.
)

// socket is the door of Socket Mode. slack-go connects, greets and writes; here is what it leaves to its users: when a connection
// is dead, how often another may be asked for, which refusals are final, and reading what it cannot read.
type socket struct {
	bot     *Bot
	client  *socketmode.Client
	greeted atomic.Bool // Slack said hello on the current connection.
	failed  int         // Runs of the client since the last hello. For keep's goroutine only.
	brief   int         // Connections in a row that ended soon after their hello. Likewise.
	since   time.Time   // Of the last hello. Likewise.
}

func newSocket(b *Bot) *socket {
	k := &socket{bot: b}
	k.client = socketmode.New(b.api,
		socketmode.OptionDialer(k.dialer()),
		socketmode.OptionReadLimit(maxEnvelope),
		// A line hears more than pings, and is the judge.
		socketmode.OptionPingInterval(math.MaxInt64))
	return k
}

// keep holds a connection until ctx ends, or returns *SetupError for what waiting does not mend. The client replaces a connection
// that was lost; where it cannot get one, it runs anew after a while, with what it had to write.
func (k *socket) keep(ctx context.Context) error {
	for {
		err := k.run(ctx)
		if ctx.Err() != nil {
			return nil
		}
		k.failed++
		err = k.explain(classify(err, false))
		if setup, fatal := asSetup(err); fatal && k.failed >= maxRefusals {
			return setup
		}
		wait := backoff(k.failed)
		if busy, ok := asBusy(err); ok {
			wait = max(wait, busy.After)
		}
		k.bot.log.Log(ctx, sparing(k.failed), "no connection to Slack; trying again", "failed", k.failed, "next_try", wait, "error", err)
		k.bot.observe("socket", "", "failed", 0)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
	}
}

// run runs the client until ctx ends, it gives up, or receive does; and returns why.
func (k *socket) run(ctx context.Context) error {
	ctx, giveUp := context.WithCancelCause(ctx)
	over := make(chan struct{})
	go func() {
		defer close(over)
		giveUp(k.client.RunContext(ctx))
	}()
	for {
		select {
		case e := <-k.client.Events:
			if err := k.receive(e); err != nil {
				giveUp(err)
			}
		case <-over:
			if len(k.client.Events) == 0 {
				return context.Cause(ctx)
			}
		}
	}
}

// receive takes in what the client tells. An error means that the client gets nowhere and is to run anew.
func (k *socket) receive(e socketmode.Event) error {
	switch data := e.Data.(type) {
	case *slack.ConnectingEvent:
		if k.greeted.Swap(false) {
			k.lost()
		}
	case *slack.ConnectionErrorEvent:
		return data.ErrorObj
	case *slack.IncomingEventError:
		k.bot.log.Log(context.Background(), k.usual(), "nothing can be read from the connection to Slack", "error", data.ErrorObj)
	case *socketmode.ErrorWriteFailed:
		k.unwritten(data.Cause)
		// The client would go on reading from a peer that does not read.
		if stuck, ok := errors.AsType[net.Error](data.Cause); ok && stuck.Timeout() {
			return data.Cause
		}
	case *socketmode.ErrorBadMessage:
		// One odd block of somebody else's is enough for this. We may well understand the rest.
		var r socketmode.Request
		if err := decode(data.Message, &r); err != nil {
			k.bot.log.Warn("Slack sent what is no envelope", "error", err)
		}
		k.take(r)
	default:
		if e.Request != nil {
			k.take(*e.Request)
		}
	}
	return nil
}

// soon is how short a connection is that Slack, or something on the way, does not let be.
const soon = time.Minute

// lost counts and logs the end of a connection. One that ends every few hours is as it should be.
func (k *socket) lost() {
	k.bot.observe("socket", "", "lost", 0)
	lasted := time.Since(k.since)
	if lasted >= soon {
		k.brief = 0
		k.bot.log.Info("the connection to Slack ended; here comes the next", "lasted", lasted)
		return
	}
	k.brief++
	k.bot.log.Log(context.Background(), sparing(k.brief), "the connection to Slack ended soon after it was made; if that goes on, look at proxies on the way and at status.slack.com",
		"lasted", lasted, "in_a_row", k.brief)
}

// sparing is the level for the nth line in a row about the same trouble: the first, the second, the fourth, the eighth and so on are for an operator.
func sparing(nth int) slog.Level {
	if bits.OnesCount(uint(nth)) == 1 {
		return slog.LevelWarn
	}
	return slog.LevelDebug
}

// usual is the level for what every connection has: while one after the other ends, lost tells about that.
func (k *socket) usual() slog.Level {
	if k.brief > 0 {
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

// take takes in one envelope, and reads its payload as the other door does.
func (k *socket) take(r socketmode.Request) {
	b := k.bot
	var c Click
	var err error
	switch r.Type {
	case socketmode.RequestTypeHello:
		k.failed, k.since = 0, time.Now()
		k.greeted.Store(true)
		b.log.Log(context.Background(), k.usual(), "Slack said hello", "connections", r.NumConnections)
		b.observe("socket", "", "ok", 0)
		return
	case socketmode.RequestTypeInteractive:
		c, err = parseInteraction(r.Payload, b.cfg.Now())
	case socketmode.RequestTypeSlashCommands:
		c, err = parseCommand(r.Payload, b.cfg.Now())
	case socketmode.RequestTypeEventsAPI:
		c, err = parseEvent(r.Payload, b.cfg.Now())
	default:
		err = fmt.Errorf("%w: its type is %q", errUnreadable, Clip(Clean(r.Type), 40))
	}
	if err != nil {
		// Acknowledged nevertheless: it would come again, and would be no more readable.
		b.log.Warn("cannot read what Slack sent", "error", err)
		b.observe("door", "", "unreadable", 0)
		k.acknowledge(r.EnvelopeID, nil)
		return
	}
	b.dispatch(c, func(raw json.RawMessage) { k.acknowledge(r.EnvelopeID, raw) })
}

// acknowledge puts an acknowledgement in line to be written, on the next connection if need be.
func (k *socket) acknowledge(envelopeID string, raw json.RawMessage) {
	if envelopeID == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), ackTime)
	defer cancel()
	var payload any
	if raw != nil {
		payload = raw
	}
	if err := k.client.AckCtx(ctx, envelopeID, payload); err != nil {
		k.unwritten(err)
	}
}

// unwritten counts and logs an acknowledgement that did not get out: the person sees an error of Slack's.
func (k *socket) unwritten(err error) {
	k.bot.log.Warn("an acknowledgement was not written", "error", err)
	k.bot.observe("socket", "", "unwritten", 0)
}

// explain says what an operator must mend: whatever Slack refuses, but not what something between us and Slack answers.
func (k *socket) explain(err error) error {
	if refused, ok := errors.AsType[*RefusedError](err); ok && strings.HasPrefix(refused.Code, "http_") {
		return err
	}
	return k.bot.explain(err, appToken, k.bot.cfg.AppToken, wantAppToken)
}

const wantAppToken = "an app-level token with connections:write, of an app with Socket Mode switched on"
