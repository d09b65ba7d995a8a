package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"
)

// Looking back is slow where Slack allows one page of 15 messages a minute (apps that are sold outside its Marketplace, since 2025),
// so it ends after so many pages.
const (
	historyPage  = 100
	historyPages = 10
	clockSkew    = 130 * time.Minute // Two clocks that were set an hour ahead must not have us post again what is there.
)

// Find looks for a message that the bot itself posted in a channel with that token, since then (two hours' difference between
// clocks are allowed for). It looks through 1000 messages at most. It does not see replies in threads: FindReply does.
// ErrNoHistory: the bot may not read there.
func (b *Bot) Find(ctx context.Context, channel, token string, since time.Time) (Ref, bool, error) {
	return b.find(ctx, history, url.Values{"channel": {channel}}, token, since)
}

// FindReply is Find for a message that was posted into the thread of another.
func (b *Bot) FindReply(ctx context.Context, thread Ref, token string, since time.Time) (Ref, bool, error) {
	return b.find(ctx, replies, url.Values{"channel": {thread.Channel}, "ts": {thread.TS}}, token, since)
}

func (b *Bot) find(ctx context.Context, m method, query url.Values, token string, since time.Time) (Ref, bool, error) {
	channel := query.Get("channel")
	if b.isFallback(channel) {
		return Ref{}, false, ErrNoHistory
	}
	query.Set("token", b.cfg.Token)
	query.Set("oldest", fmt.Sprintf("%d.000000", since.Add(-clockSkew).Unix()))
	query.Set("inclusive", "true")
	query.Set("include_all_metadata", "true")
	query.Set("limit", strconv.Itoa(historyPage))
	for range historyPages {
		page, err := b.page(ctx, m, query)
		if setup, missing := asSetup(err); missing && setup.Setting == scopes {
			return Ref{}, false, fmt.Errorf("%w: it has %s, it needs one of %s", ErrNoHistory, setup.Found, setup.Want)
		}
		if err != nil {
			return Ref{}, false, err
		}
		for _, said := range page.Messages {
			if b.mine(said) && said.Metadata.EventType == tokenEvent && said.Metadata.EventPayload.Token == token {
				return Ref{Channel: channel, TS: said.TS}, true, nil
			}
		}
		if page.Next.Cursor == "" {
			return Ref{}, false, nil
		}
		query.Set("cursor", page.Next.Cursor)
	}
	return Ref{}, false, nil
}

// historyAnswer reads of each message only what Find needs. slack-go decodes messages whole, and one odd message of somebody
// else's would hide ours.
type historyAnswer struct {
	slack.SlackResponse
	Messages []said `json:"messages"`
	Next     struct {
		Cursor string `json:"next_cursor"`
	} `json:"response_metadata"`
}

type said struct {
	TS       string `json:"ts"`
	User     string `json:"user"`
	BotID    string `json:"bot_id"`
	Metadata struct {
		EventType    string `json:"event_type"`
		EventPayload struct {
			Token string `json:"token"`
		} `json:"event_payload"`
	} `json:"metadata"`
}

func (b *Bot) page(ctx context.Context, m method, query url.Values) (historyAnswer, error) {
	var page historyAnswer
	err := b.call(ctx, m, nobody, func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, b.cfg.APIURL+m.name, strings.NewReader(query.Encode()))
		if err != nil {
			return err
		}
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		response, err := b.http.Do(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if err := statusError(response); err != nil {
			return err
		}
		page = historyAnswer{}
		err = json.NewDecoder(response.Body).Decode(&page)
		if _, odd := errors.AsType[*json.UnmarshalTypeError](err); err != nil && !odd {
			return err
		}
		if err := page.Err(); err != nil {
			return err
		}
		if !page.Ok {
			return errNoAnswer
		}
		return nil
	})
	return page, err
}

// statusError is slack-go's reading of a status, for the calls that we make ourselves.
func statusError(response *http.Response) error {
	if response.StatusCode == http.StatusOK {
		return nil
	}
	if wait, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil && response.StatusCode == http.StatusTooManyRequests {
		return &slack.RateLimitedError{RetryAfter: time.Duration(wait) * time.Second}
	}
	return slack.StatusCodeError{Code: response.StatusCode, Status: response.Status}
}

// mine keeps a token in somebody else's message from passing for ours.
func (b *Bot) mine(s said) bool {
	me := b.me()
	if me.User == "" && me.BotID == "" {
		return true
	}
	return s.User != "" && s.User == me.User || s.BotID != "" && s.BotID == me.BotID
}

// isFallback tells whether DM gave this person's id for want of a channel.
func (b *Bot) isFallback(channel string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.dms[channel] == channel
}
