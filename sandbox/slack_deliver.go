package sandbox

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"
)

// Kind says which of Slack's doors a payload goes through; in Socket Mode it is the envelope's type.
type Kind string

// The kinds of what Slack sends to an app.
const (
	Interactive  Kind = "interactive"    // clicks, submissions, options
	SlashCommand Kind = "slash_commands" //
	Event        Kind = "events_api"     //
)

// Ack is an app's answer to what Slack sent.
type Ack struct {
	Status  int             // HTTP status; 200 for an acknowledged envelope
	Payload json.RawMessage // the JSON that came along, or a JSON string for a plain text body; nil without
	Took    time.Duration
}

// Sent is one payload that Slack sent to the app, and what came back.
type Sent struct {
	Kind    Kind
	Payload json.RawMessage
	At      time.Time
	Ack     Ack
	Err     error // Why there was no acknowledgement.
}

// Errors of deliveries. Slack shows all of them to a person as "We had some trouble connecting. Try again?".
var (
	ErrNotConnected = errors.New("the app has no Socket Mode connection; start it or wait for Connections")
	ErrNoAck        = errors.New("the app did not acknowledge in time")
	ErrBadAck       = errors.New("the app answered with something that Slack does not take")
)

// DeliverOption changes how a payload is delivered: what an attacker, a bad line or a retry would do.
type DeliverOption func(*delivery)

type delivery struct {
	secret      string
	at          time.Time
	unsigned    bool
	retry       int
	retryReason string
}

// SignedWith signs an HTTP request with another secret.
func SignedWith(secret string) DeliverOption { return func(d *delivery) { d.secret = secret } }

// SignedAt signs an HTTP request with another time: a stale or replayed one.
func SignedAt(t time.Time) DeliverOption { return func(d *delivery) { d.at = t } }

// Unsigned leaves out both signature headers of an HTTP request.
func Unsigned() DeliverOption { return func(d *delivery) { d.unsigned = true } }

// Retry marks an event as the nth repetition, with Slack's word for the reason, such as "http_timeout".
func Retry(n int, reason string) DeliverOption {
	return func(d *delivery) { d.retry, d.retryReason = n, reason }
}

// Deliver sends any payload through the app's door, over a socket or as a signed HTTP request, and waits for the
// acknowledgement. It is the raw door: nothing is checked and nothing is applied, which makes it an attacker's door as well. A
// payload is anything that encodes to a JSON object. In HTTP mode the answer is returned whatever its status; ErrNoAck,
// ErrNotConnected, or the error of ctx otherwise.
func (s *Slack) Deliver(ctx context.Context, kind Kind, payload any, opts ...DeliverOption) (Ack, error) {
	d := delivery{secret: s.cfg.SigningSecret, at: s.cfg.Now()}
	for _, o := range opts {
		o(&d)
	}
	raw, err := json.Marshal(payload)
	if err != nil {
		return Ack{}, fmt.Errorf("the payload is no JSON: %w", err)
	}
	var copies sync.WaitGroup
	defer copies.Wait()
	if s.takeDuplicate() {
		// The copy is on its way together with the original; its answer is nobody's.
		copies.Go(func() { s.send(ctx, kind, raw, d) })
	}
	return s.send(ctx, kind, raw, d)
}

func (s *Slack) send(ctx context.Context, kind Kind, raw json.RawMessage, d delivery) (Ack, error) {
	began := s.cfg.Now()
	late, cancel := context.WithTimeoutCause(ctx, s.cfg.AckTimeout, ErrNoAck)
	defer cancel()
	var ack Ack
	var err error
	if s.cfg.RequestURL != "" {
		ack, err = s.request(late, kind, raw, d)
	} else {
		ack, err = s.envelope(late, kind, raw, d)
	}
	ack.Took = s.cfg.Now().Sub(began)
	if err != nil && late.Err() != nil {
		err = context.Cause(late)
	}
	s.mu.Lock()
	hook := s.onSend
	s.mu.Unlock()
	if hook != nil {
		hook(Sent{Kind: kind, Payload: raw, At: began, Ack: ack, Err: err})
	}
	return ack, err
}

// request delivers over HTTP, signed as https://docs.slack.dev/authentication/verifying-requests-from-slack says.
func (s *Slack) request(ctx context.Context, kind Kind, raw json.RawMessage, d delivery) (Ack, error) {
	body, form := requestBody(kind, raw)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.cfg.RequestURL, bytes.NewReader(body))
	if err != nil {
		return Ack{}, fmt.Errorf("the request URL %q: %w", s.cfg.RequestURL, err)
	}
	r.Header.Set("Content-Type", "application/json")
	if form {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if !d.unsigned {
		stamp := strconv.FormatInt(d.at.Unix(), 10)
		r.Header.Set("X-Slack-Request-Timestamp", stamp)
		r.Header.Set("X-Slack-Signature", Sign(d.secret, stamp, body))
	}
	if d.retry > 0 {
		r.Header.Set("X-Slack-Retry-Num", strconv.Itoa(d.retry))
		r.Header.Set("X-Slack-Retry-Reason", d.retryReason)
	}
	res, err := s.cfg.RequestClient.Do(r)
	if err != nil {
		return Ack{}, err
	}
	defer res.Body.Close()
	got, err := io.ReadAll(io.LimitReader(res.Body, maxBody))
	return Ack{Status: res.StatusCode, Payload: answerPayload(res.Header.Get("Content-Type"), got)}, err
}

// Sign makes the X-Slack-Signature of a body; stamp is X-Slack-Request-Timestamp.
func Sign(secret, stamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "v0:%s:%s", stamp, body)
	return "v0=" + hex.EncodeToString(mac.Sum(nil))
}

func requestBody(kind Kind, raw json.RawMessage) (body []byte, form bool) {
	switch kind {
	case Event:
		return raw, false
	case SlashCommand:
		var fields map[string]string
		json.Unmarshal(raw, &fields)
		values := url.Values{}
		for name, value := range fields {
			values.Set(name, value)
		}
		return []byte(values.Encode()), true
	}
	return []byte(url.Values{"payload": {string(raw)}}.Encode()), true
}

// answerPayload is the body of an answer as JSON; plain text becomes a JSON string.
func answerPayload(contentType string, body []byte) json.RawMessage {
	kind, _, _ := mime.ParseMediaType(contentType)
	switch body = bytes.TrimSpace(body); {
	case len(body) == 0:
		return nil
	case kind == "application/json" && json.Valid(body):
		return body
	}
	return encode(string(body))
}

// notTaken turns an answer that is no acknowledgement into an error.
func notTaken(ack Ack, err error) error {
	if err == nil && (ack.Status < http.StatusOK || ack.Status >= http.StatusMultipleChoices) {
		return fmt.Errorf("HTTP status %d: %w", ack.Status, ErrBadAck)
	}
	return err
}
