package bot

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// answers is an http.RoundTripper that answers every request with the same thing.
type answers func(*http.Request) (*http.Response, error)

func (a answers) RoundTrip(r *http.Request) (*http.Response, error) { return a(r) }

func answerWith(status int, body string, header ...string) answers {
	return func(*http.Request) (*http.Response, error) {
		h := http.Header{"Content-Type": {"application/json"}}
		if len(header) == 2 {
			h.Set(header[0], header[1])
		}
		return &http.Response{StatusCode: status, Status: http.StatusText(status), Header: h, Body: io.NopCloser(strings.NewReader(body))}, nil
	}
}

func failWith(err error) answers {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

// refusal makes a sentinel of a code, so that the table can name it.
type refusal string

func (r refusal) Error() string { return string(r) }

func TestWhatAnAnswerMeans(t *testing.T) {
	busy, setup := errors.New("busy"), errors.New("setup")
	for name, c := range map[string]struct {
		far         answers
		write, read error // What chat.postMessage and users.info return.
	}{
		"rate limited":                 {answerWith(429, `{"ok":false,"error":"ratelimited"}`, "Retry-After", "30"), busy, busy},
		"rate limited, no wait named":  {answerWith(429, `{"ok":false,"error":"ratelimited"}`), busy, busy},
		"rate limited, an odd wait":    {answerWith(429, `{}`, "Retry-After", "soon"), busy, busy},
		"rate limited with status 200": {answerWith(200, `{"ok":false,"error":"ratelimited"}`), busy, busy},
		"internal error 500":           {answerWith(500, `oops`), ErrUnclear, ErrUnavailable},
		"bad gateway":                  {answerWith(502, `<html>`), ErrUnclear, ErrUnavailable},
		"says internal_error":          {answerWith(200, `{"ok":false,"error":"internal_error"}`), ErrUnclear, ErrUnavailable},
		"says fatal_error":             {answerWith(200, `{"ok":false,"error":"fatal_error"}`), ErrUnclear, ErrUnavailable},
		"says request_timeout":         {answerWith(200, `{"ok":false,"error":"request_timeout"}`), ErrUnavailable, ErrUnavailable},
		"no JSON":                      {answerWith(200, `<html>sign in to the network</html>`), ErrUnclear, ErrUnavailable},
		"half an answer":               {answerWith(200, `{"ok":tr`), ErrUnclear, ErrUnavailable},
		"not ok, and nothing more":     {answerWith(200, `{"ok":false}`), ErrUnclear, ErrUnavailable},
		"ok, and nothing more":         {answerWith(200, `{"ok":true}`), ErrUnclear, ErrUnavailable},
		"forbidden":                    {answerWith(403, ``), refusal("http_403"), refusal("http_403")},
		"a redirect":                   {answerWith(307, ``, "Location", "https://elsewhere.example/"), refusal("http_307"), refusal("http_307")},
		"cut":                          {failWith(io.ErrUnexpectedEOF), ErrUnclear, ErrUnavailable},
		"timed out":                    {failWith(context.DeadlineExceeded), ErrUnclear, ErrUnavailable},
		"reset":                        {failWith(&net.OpError{Op: "read", Err: errors.New("reset")}), ErrUnclear, ErrUnavailable},
		"no connection":                {failWith(&net.OpError{Op: "dial", Err: errors.New("refused")}), ErrUnavailable, ErrUnavailable},
		"no such host":                 {failWith(&net.DNSError{Name: "slack.example"}), ErrUnavailable, ErrUnavailable},
		"a false certificate":          {failWith(&tls.CertificateVerificationError{}), ErrUnavailable, ErrUnavailable},
		"message gone":                 {answerWith(200, `{"ok":false,"error":"message_not_found"}`), ErrGone, ErrGone},
		"channel gone":                 {answerWith(200, `{"ok":false,"error":"channel_not_found"}`), ErrGone, ErrGone},
		"archived":                     {answerWith(200, `{"ok":false,"error":"is_archived"}`), ErrClosed, ErrClosed},
		"archived, says chat.update":   {answerWith(200, `{"ok":false,"error":"is_inactive"}`), ErrClosed, ErrClosed},
		"an answer to nothing":         {answerWith(200, `{"ok":false,"error":"cannot_reply_to_message"}`), ErrThreadGone, ErrThreadGone},
		"an old press":                 {answerWith(200, `{"ok":false,"error":"trigger_expired"}`), ErrTooLate, ErrTooLate},
		"no longer editable":           {answerWith(200, `{"ok":false,"error":"edit_window_closed"}`), ErrGone, ErrGone},
		"person gone":                  {answerWith(200, `{"ok":false,"error":"user_not_found"}`), ErrGone, ErrGone},
		"not invited":                  {answerWith(200, `{"ok":false,"error":"not_in_channel"}`), ErrNotInvited, ErrNotInvited},
		"nobody with that e-mail":      {answerWith(200, `{"ok":false,"error":"users_not_found"}`), ErrNotFound, ErrNotFound},
		"token revoked":                {answerWith(200, `{"ok":false,"error":"token_revoked"}`), ErrDead, ErrDead},
		"account inactive":             {answerWith(200, `{"ok":false,"error":"account_inactive"}`), ErrDead, ErrDead},
		"missing scope":                {answerWith(200, `{"ok":false,"error":"missing_scope","needed":"x:y","provided":"z"}`), setup, setup},
		"messages tab off":             {answerWith(200, `{"ok":false,"error":"messages_tab_disabled"}`), setup, setup},
		"bad blocks":                   {answerWith(200, `{"ok":false,"error":"invalid_blocks","errors":["too long"]}`), refusal("invalid_blocks"), refusal("invalid_blocks")},
		"a code of tomorrow":           {answerWith(200, `{"ok":false,"error":"moon_is_full"}`), refusal("moon_is_full"), refusal("moon_is_full")},
	} {
		t.Run(name, func(t *testing.T) {
			b := New(Config{Token: "xoxb-x", HTTP: &http.Client{Transport: c.far}})
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_, write := b.Post(ctx, "C1", Message{Text: "x"})
			_, read := b.Person(ctx, "U1", 0)
			for what, pair := range map[string][2]error{"a write": {write, c.write}, "a read": {read, c.read}} {
				got, want := pair[0], pair[1]
				refused, isRefused := errors.AsType[*RefusedError](got)
				_, isBusy := errors.AsType[*BusyError](got)
				_, isSetup := asSetup(got)
				code, wantsCode := want.(refusal)
				switch {
				case errors.Is(got, want) && want != busy && want != setup:
				case want == busy && isBusy, want == setup && isSetup, wantsCode && isRefused && refused.Code == string(code):
				default:
					t.Errorf("%s returned %v, want %v", what, got, want)
				}
			}
		})
	}
}

func TestACallThatHangsEndsAndIsUnclear(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New(Config{Token: "xoxb-x", HTTP: &http.Client{Transport: answers(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})}})
		start := time.Now()
		if _, err := b.Post(context.Background(), "C1", Message{Text: "x"}); !errors.Is(err, ErrUnclear) || time.Since(start) > callTime {
			t.Errorf("Post returned %v after %s", err, time.Since(start))
		}
	})
}

func TestWhatEndedBeforeItWasSentIsNotUnclear(t *testing.T) {
	b := New(Config{Token: "xoxb-x", HTTP: &http.Client{Transport: failWith(errors.New("it was sent after all"))}})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.Post(ctx, "C1", Message{Text: "x"}); !errors.Is(err, ErrUnavailable) || errors.Is(err, ErrUnclear) {
		t.Errorf("Post returned %v", err)
	}
}

func TestNoErrorHoldsAnAddress(t *testing.T) {
	err := classify(&url.Error{Op: "Post", URL: "https://hooks.slack.example/secret", Err: io.ErrUnexpectedEOF}, true)
	if strings.Contains(err.Error(), "secret") || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("the error says %v", err)
	}
}

func TestOurOddMessageIsFoundBesideSomebodyElsesOddOne(t *testing.T) {
	b := New(Config{Token: "xoxb-x", HTTP: &http.Client{Transport: answerWith(200, `{"ok":true,"messages":[
		{"ts":"3.1","user":{"odd":true},"blocks":[{"type":"section","text":5}],"metadata":{"event_type":"bot_post","event_payload":{"token":["tok"]}}},
		{"ts":"2.1","user":"U1","metadata":{"event_type":"bot_post","event_payload":{"token":"tok"}}}]}`)}})
	if ref, found, err := b.Find(t.Context(), "C1", "tok", time.Now()); !found || ref.TS != "2.1" {
		t.Errorf("Find: %v, %v, %v", ref, found, err)
	}
}

func TestAStrangersTokenIsNotOurs(t *testing.T) {
	b := New(Config{Token: "xoxb-x", HTTP: &http.Client{Transport: answerWith(200,
		`{"ok":true,"messages":[{"ts":"2.1","user":"U-OTHER","bot_id":"B-OTHER","metadata":{"event_type":"bot_post","event_payload":{"token":"tok"}}}]}`)}})
	b.identity.Store(&Identity{User: "U-BOT", BotID: "B-BOT"})
	if _, found, _ := b.Find(t.Context(), "C1", "tok", time.Now()); found {
		t.Error("a message of somebody else's passed for ours")
	}
}
