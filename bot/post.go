package bot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/slack-go/slack"
)

// Message is what is said in a channel or to a person. Text says all the facts, for notifications and screen readers, which read
// nothing else; it is cut at 4000 runes. The caller passes it through Escape where it holds anything from outside.
type Message struct {
	Text   string
	Blocks []Block // At most 50.
	Token  string  // Find knows the message by it. Everybody in the workspace can read it: an id and nothing else, under 1 kB.
	Thread string  // Timestamp of the message that this one answers, if any.
	Answer bool    // Somebody is waiting: it goes before what nobody waits for.

	// Patience is how long Post or Update may wait for its turn, in the channel and among all of its kind together, before it is
	// *BusyError. 0: until ctx's deadline, which is that of the call itself in any case.
	Patience time.Duration
}

// Ref is where a message is, as Slack returned it. Keep it: a direct message is found again by its channel, not by its person.
type Ref struct{ Channel, TS string }

// tokenEvent is the event_type of our metadata.
const tokenEvent = "bot_post"

// callTime is how long one request may take, whatever the caller's deadline.
const callTime = 15 * time.Second

// DM returns the channel of the direct messages with a person; it is opened once and then remembered. Open it before the first post:
// a post to a person, rather than to that channel, cannot be looked for. Without the scope im:write it returns the person's id,
// which Post takes and for which Find knows only ErrNoHistory.
func (b *Bot) DM(ctx context.Context, user string) (channel string, err error) {
	b.mu.Lock()
	channel = b.dms[user]
	b.mu.Unlock()
	if channel != "" {
		return channel, nil
	}
	err = b.call(ctx, openDM, nobody, func(ctx context.Context) error {
		opened, _, _, err := b.api.OpenConversationContext(ctx, &slack.OpenConversationParameters{Users: []string{user}})
		if err == nil && (opened == nil || opened.ID == "") {
			return errNoAnswer
		}
		if err == nil {
			channel = opened.ID
		}
		return err
	})
	if setup, missing := asSetup(err); missing && setup.Setting == scopes {
		channel, err = user, nil
	}
	if err != nil {
		return "", err
	}
	b.mu.Lock()
	b.dms[user] = channel
	b.mu.Unlock()
	return channel, nil
}

// Post says something in a channel, at most one message a second there after a burst of four. It waits for its turn as long as
// ctx and m.Patience allow; where that is too short it is *BusyError at once. After ErrUnclear look for it with Find before saying it again.
func (b *Bot) Post(ctx context.Context, channel string, m Message) (Ref, error) {
	waiting, done := m.patient(ctx)
	defer done()
	if err := b.pace.channel(channel).take(waiting, anAnswer(m.Answer)); err != nil {
		return Ref{}, err
	}
	var ref Ref
	err := b.callInTurn(ctx, waiting, postMessage, anAnswer(m.Answer), func(ctx context.Context) error {
		var err error
		options := append(m.options(), slack.MsgOptionDisableMarkdown(), slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl())
		ref.Channel, ref.TS, err = b.api.PostMessageContext(ctx, channel, options...)
		if err == nil && ref.TS == "" {
			return errNoAnswer
		}
		return err
	})
	if err != nil {
		return Ref{}, err
	}
	ref.Channel = firstOf(ref.Channel, channel)
	return ref, nil
}

// Update says something else where ref is. Blocks are replaced whole: none means none. The token stays unless m has another.
// Doing it twice is doing it once, so ErrUnclear may simply be tried again. ErrGone: the message is deleted or may no longer be edited.
func (b *Bot) Update(ctx context.Context, ref Ref, m Message) error {
	m.Thread = ""
	waiting, done := m.patient(ctx)
	defer done()
	return b.callInTurn(ctx, waiting, update, anAnswer(m.Answer), func(ctx context.Context) error {
		options := m.options()
		if len(m.Blocks) == 0 {
			options = append(options, slack.MsgOptionBlocks())
		}
		_, _, _, err := b.api.UpdateMessageContext(ctx, ref.Channel, ref.TS, options...)
		return err
	})
}

// patient bounds the wait for a turn.
func (m Message) patient(ctx context.Context) (context.Context, context.CancelFunc) {
	if m.Patience == 0 {
		return ctx, func() {}
	}
	return context.WithTimeoutCause(ctx, m.Patience, &BusyError{After: unknownWait})
}

func (m Message) options() []slack.MsgOption {
	options := []slack.MsgOption{slack.MsgOptionText(m.text(), false)}
	if len(m.Blocks) > 0 {
		options = append(options, slack.MsgOptionBlocks(m.Blocks...))
	}
	if m.Thread != "" {
		options = append(options, slack.MsgOptionTS(m.Thread))
	}
	if m.Token != "" {
		options = append(options, slack.MsgOptionMetadata(slack.SlackMetadata{
			EventType: tokenEvent, EventPayload: map[string]any{"token": m.Token}}))
	}
	return options
}

func (m Message) text() string { return filled(clipMarkup(m.Text, 4000)) }

// answerURLTime is how long we trust a response_url. Slack allows 30 minutes (docs.slack.dev/interactivity/handling-user-interaction).
const answerURLTime = 25 * time.Minute

// Whisper says something that only the person who clicked sees: beside what they clicked, or as a direct message where that
// was a view. What is seen only once is easily lost, so it is for answers to a click and for nothing else.
func (b *Bot) Whisper(ctx context.Context, c Click, m Message) error {
	if c.answerURL != "" && b.fitForAnswers(c.answerURL) && b.cfg.Now().Sub(c.At) < answerURLTime {
		err := b.postAnswer(ctx, c, m)
		// Used up or expired: there is another way. Whatever is unclear must not be said twice.
		if _, refused := errors.AsType[*RefusedError](err); !refused {
			return err
		}
	}
	if c.Channel == "" {
		m.Answer = true
		channel, err := b.DM(ctx, c.User)
		if err == nil {
			_, err = b.Post(ctx, channel, m)
		}
		return err
	}
	m.Token, m.Thread = "", c.ThreadTS
	return b.call(ctx, postEphemeral, asker(c.User), func(ctx context.Context) error {
		_, err := b.api.PostEphemeralContext(ctx, c.Channel, c.User, m.options()...)
		return err
	})
}

// postAnswer uses the response_url. slack-go's own way sends empty metadata along and wants a Content-Type in the answer.
func (b *Bot) postAnswer(ctx context.Context, c Click, m Message) error {
	body, err := json.Marshal(ephemeral(m, c.ThreadTS))
	if err != nil {
		return fmt.Errorf("the message cannot be written as JSON: %w", err)
	}
	return b.call(ctx, answerURLMethod, asker(c.User), func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.answerURL, bytes.NewReader(body))
		if err != nil {
			return err
		}
		request.Header.Set("Content-Type", "application/json")
		response, err := b.http.Do(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return slack.StatusCodeError{Code: response.StatusCode, Status: response.Status}
		}
		return answerError(response.Body)
	})
}

var answerURLMethod = tier4("response_url", true)

// answerError reads what a response_url answers: "ok", {"ok":true} or nothing where all is well.
func answerError(body io.Reader) error {
	raw, _ := io.ReadAll(io.LimitReader(body, 64<<10))
	var answer slack.SlackResponse
	if json.Unmarshal(raw, &answer) == nil {
		return answer.Err()
	}
	return nil
}

type ephemeralMessage struct {
	ResponseType    string  `json:"response_type"`
	ReplaceOriginal bool    `json:"replace_original"`
	Text            string  `json:"text"`
	Blocks          []Block `json:"blocks,omitempty"`
	Thread          string  `json:"thread_ts,omitempty"`
}

func ephemeral(m Message, thread string) ephemeralMessage {
	return ephemeralMessage{ResponseType: "ephemeral", Text: m.text(), Blocks: m.Blocks, Thread: thread}
}

// call does one call of the Web API at Slack's pace. It is repeated on 429 and on nothing else, within ctx's deadline.
// Every error it returns has been through classify.
func (b *Bot) call(ctx context.Context, m method, by asker, do func(context.Context) error) error {
	return b.callInTurn(ctx, ctx, m, by, do)
}

// callInTurn is call where waiting, rather than ctx, bounds the waits for a turn.
func (b *Bot) callInTurn(ctx, waiting context.Context, m method, by asker, do func(context.Context) error) error {
	if b.dead.Load() {
		b.observe("call", m.name, word(ErrDead), 0)
		return ErrDead
	}
	turn := b.pace.method(m)
	for {
		if err := turn.take(waiting, by); err != nil {
			b.observe("call", m.name, word(err), 0)
			return err
		}
		err := b.once(ctx, m, do)
		busy, limited := errors.AsType[*BusyError](err)
		if !limited {
			return err
		}
		turn.pause(busy.After)
		if deadline, ok := waiting.Deadline(); ok && time.Until(deadline) < busy.After {
			return busy
		}
	}
}

func (b *Bot) once(ctx context.Context, m method, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	start := time.Now()
	err := classify(do(ctx), m.write)
	took := time.Since(start)
	b.observe("call", m.name, word(err), took)
	if err != nil {
		b.log.DebugContext(ctx, "Slack call ended in an error", "method", m.name, "took", took, "error", err)
	}
	if errors.Is(err, ErrDead) {
		select {
		case b.doubt <- struct{}{}:
		default:
		}
	}
	return err
}
