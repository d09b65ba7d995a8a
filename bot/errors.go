package bot

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"
)

// What a call can end in. Match with errors.Is; the texts are for people. See also BusyError, RefusedError and SetupError.
var (
	// ErrGone: the message, view, channel or person is no longer there, or can no longer be changed.
	ErrGone = errors.New("it is no longer there in Slack")
	// ErrClosed is the ErrGone of a whole channel: archived, deleted, or a private one that the bot is not in; Slack does not always say which. It
	// may come back.
	ErrClosed error = goneError("the channel is archived, deleted, or private without the bot; unarchive it, invite the bot, or name another channel")
	// ErrThreadGone is the ErrGone of the message that was to be answered.
	ErrThreadGone error = goneError("the message that it answers was deleted")
	// ErrTooLate: the click is too old, or was used already, to open a modal. A new press works.
	ErrTooLate = errors.New("the press is too old to open a modal; press again")
	// ErrNotInvited: the bot is not a member of that channel. Invite it.
	ErrNotInvited = errors.New("the bot is not in that Slack channel; invite it")
	// ErrNoHistory: the installation may not read that conversation, so nobody knows what was posted in it.
	ErrNoHistory = errors.New("the bot may not read what was posted there; grant the Slack history scopes")
	// ErrNotFound: Slack knows nobody like that.
	ErrNotFound = errors.New("nobody like that is known to Slack")
	// ErrUnclear: the connection broke after the request was sent, or Slack's answer was no answer. It may have been done.
	ErrUnclear = errors.New("nobody knows whether Slack did it")
	// ErrUnavailable: Slack could not be reached, or could not do it now. It was definitely not done.
	ErrUnavailable = errors.New("cannot reach Slack")
	// ErrDead: the installation is over (token revoked, app removed, workspace closed). Nothing will work until it is installed anew.
	ErrDead = errors.New("the Slack installation is over; install the app again and set its new token")
)

// goneError is a kind of ErrGone.
type goneError string

// Error says what is gone.
func (e goneError) Error() string { return string(e) }

// Is makes it an ErrGone.
func (goneError) Is(target error) bool { return target == ErrGone }

// BusyError says that Slack, or our own pacing, has no room before the caller's deadline. It was definitely not done.
type BusyError struct{ After time.Duration } // When to try again.

// Error names the wait.
func (e *BusyError) Error() string {
	return fmt.Sprintf("Slack is busy; try again in %s", e.After.Round(100*time.Millisecond))
}

// RefusedError is any other refusal of Slack, as its code ("invalid_blocks") and, where Slack gives one, the detail.
// It was definitely not done. An HTTP status is told as "http_403".
type RefusedError struct{ Code, Detail string }

// Lasting says whether the same again will be refused again. Not so an HTTP status, which is mostly that of a proxy on the way, nor a rule of the
// workspace, which an admin may change ("restricted_action", "restricted_action_read_only_channel": docs.slack.dev/reference/methods/chat.postMessage).
func (e *RefusedError) Lasting() bool {
	return !strings.HasPrefix(e.Code, "http_") && !strings.HasPrefix(e.Code, "restricted_action")
}

// Error names code and detail.
func (e *RefusedError) Error() string {
	if e.Detail == "" {
		return "Slack refused: " + e.Code
	}
	return "Slack refused: " + e.Code + ": " + e.Detail
}

// SetupError is something that an operator must mend: a wrong token, a missing scope, a switch in the app's settings.
// It matches ErrDead where the installation is over.
type SetupError struct {
	Setting string // What to mend: "SLACK_BOT_TOKEN", "OAuth scopes", "App Home".
	Found   string // What is there now; secrets are masked.
	Want    string // What is expected there.
	Err     error  // ErrDead, or nil.
}

// Error names the setting, what it is and what it should be.
func (e *SetupError) Error() string {
	return fmt.Sprintf("%s: found %s; want %s", e.Setting, e.Found, e.Want)
}

// Unwrap returns ErrDead where the installation is over.
func (e *SetupError) Unwrap() error { return e.Err }

func asSetup(err error) (*SetupError, bool) { return errors.AsType[*SetupError](err) }

// refusals is what Slack's codes mean to us. Codes are those of docs.slack.dev/reference/methods and of the field.
var refusals = map[string]error{
	"message_not_found": ErrGone, "thread_not_found": ErrThreadGone, "cannot_reply_to_message": ErrThreadGone,
	"channel_not_found": ErrClosed, "is_archived": ErrClosed, "is_inactive": ErrClosed, // The last is what chat.update says of an archived channel.
	"not_found": ErrGone, "user_not_found": ErrGone, "user_not_visible": ErrGone, "user_disabled": ErrGone,
	"cant_update_message": ErrGone, "edit_window_closed": ErrGone,
	"not_in_channel": ErrNotInvited, "users_not_found": ErrNotFound,
	// The method pages have the first two, the guide to interactivity the other two.
	"expired_trigger_id": ErrTooLate, "exchanged_trigger_id": ErrTooLate, "trigger_expired": ErrTooLate, "trigger_exchanged": ErrTooLate,

	"invalid_auth": ErrDead, "not_authed": ErrDead, "account_inactive": ErrDead, "token_revoked": ErrDead,
	"token_expired": ErrDead, "user_removed_from_team": ErrDead, "team_disabled": ErrDead, "org_login_required": ErrDead,

	// These say of themselves that a part may have been done.
	"internal_error": ErrUnclear, "fatal_error": ErrUnclear, "service_unavailable": ErrUnclear,
	// These say that it was not.
	"request_timeout": ErrUnavailable, "team_added_to_org": ErrUnavailable, "accesslimited": ErrUnavailable,

	"messages_tab_disabled": &SetupError{Setting: "App Home", Found: "the Messages tab switched off", Want: "it switched on, so that people can be told"},
	"not_enabled":           &SetupError{Setting: "App Home", Found: "the Home tab switched off", Want: "it switched on"},
}

// Slack tells a wait in whole seconds; where it tells none, this is polite.
const unknownWait = 5 * time.Second

// longestWait is for how long one answer may hold a method back. Slack asks for seconds; more is an odd answer, perhaps not even Slack's.
const longestWait = 15 * time.Minute

// classify is the one place that says what an error of slack-go, or of the network below it, means to a caller.
// write tells whether the call changes something: only then can its fate be unclear.
func classify(err error, write bool) error {
	if err == nil {
		return nil
	}
	if busy, ok := asBusy(err); ok {
		return busy
	}
	if answer, ok := errors.AsType[slack.SlackErrorResponse](err); ok {
		return classifyAnswer(answer, write)
	}
	if errors.Is(err, slack.ErrParametersMissing) || errors.Is(err, slack.ErrBlockIDNotUnique) {
		return &RefusedError{Code: "invalid_arguments", Detail: err.Error()}
	}
	if status, ok := errors.AsType[slack.StatusCodeError](err); ok && status.Code < 500 {
		return &RefusedError{Code: "http_" + strconv.Itoa(status.Code)}
	}
	if write && !neverSent(err) {
		return fmt.Errorf("%w: %w", ErrUnclear, bare(err))
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, bare(err))
}

func classifyAnswer(answer slack.SlackErrorResponse, write bool) error {
	if answer.Err == "missing_scope" {
		return &SetupError{Setting: "OAuth scopes", Found: orNone(answer.Provided), Want: orNone(answer.Needed)}
	}
	meaning, known := refusals[answer.Err]
	switch {
	case !known:
		return &RefusedError{Code: answer.Err, Detail: detail(answer)}
	case meaning == ErrUnclear && !write:
		meaning = ErrUnavailable
	}
	return fmt.Errorf("%w (%s)", meaning, answer.Err)
}

// asBusy finds a 429 in each of the shapes that slack-go gives it.
func asBusy(err error) (*BusyError, bool) {
	if busy, ok := errors.AsType[*BusyError](err); ok {
		return busy, true
	}
	if limited, ok := errors.AsType[*slack.RateLimitedError](err); ok {
		return &BusyError{After: min(max(limited.RetryAfter, time.Second), longestWait)}, true
	}
	if status, ok := errors.AsType[slack.StatusCodeError](err); ok && status.Code == http.StatusTooManyRequests {
		return &BusyError{After: unknownWait}, true
	}
	if answer, ok := errors.AsType[slack.SlackErrorResponse](err); ok && (answer.Err == "ratelimited" || answer.Err == "rate_limited") {
		return &BusyError{After: unknownWait}, true
	}
	// A 429 whose Retry-After is no number comes out of slack-go as the parser's error.
	if _, ok := errors.AsType[*strconv.NumError](err); ok {
		return &BusyError{After: unknownWait}, true
	}
	return nil, false
}

// neverSent tells whether a request surely did not leave: there was no connection to send it over.
func neverSent(err error) bool {
	if op, ok := errors.AsType[*net.OpError](err); ok && (op.Op == "dial" || op.Op == "proxyconnect") {
		return true
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return true
	}
	_, ok := errors.AsType[*tls.CertificateVerificationError](err)
	return ok
}

// bare takes the URL off an error of net/http: a response_url is a secret.
func bare(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// notSent is the error of a caller whose context, or patience, ended before the request left.
func notSent(ctx context.Context) error {
	if busy, ok := asBusy(context.Cause(ctx)); ok {
		return busy
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, context.Cause(ctx))
}

// errNoAnswer is an answer without what it should hold, such as {"ok":false} and nothing more.
var errNoAnswer = errors.New("the answer of Slack holds nothing")

func detail(answer slack.SlackErrorResponse) string {
	texts := answer.ResponseMetadata.Messages
	for _, e := range answer.Errors {
		if e.Message != nil {
			texts = append(texts, *e.Message)
		}
	}
	return Clip(Clean(strings.Join(texts, "; ")), 300)
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// word is the one word for how a call ended, for metrics.
func word(err error) string {
	if err == nil {
		return "ok"
	}
	if _, ok := errors.AsType[*BusyError](err); ok {
		return "busy"
	}
	for _, w := range []struct {
		err  error
		word string
	}{
		{ErrDead, "dead"}, {ErrGone, "gone"}, {ErrNotInvited, "not_invited"}, {ErrTooLate, "late"}, {ErrNotFound, "not_found"},
		{ErrUnclear, "unclear"}, {ErrUnavailable, "unavailable"},
	} {
		if errors.Is(err, w.err) {
			return w.word
		}
	}
	if _, ok := asSetup(err); ok {
		return "setup"
	}
	return "refused"
}
