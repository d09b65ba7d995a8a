package bot

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slack-go/slack/socketmode"
)

// FuzzDoor sends any body as anything. What is signed is answered; what is not is turned away, and nobody hears of it.
func FuzzDoor(f *testing.F) {
	for _, payload := range []string{pressInMessage, submission, suggestion, `{}`, `[]`, "\xff"} {
		f.Add("payload="+url.QueryEscape(payload), formBody)
	}
	f.Add(url.Values{"command": {"/pay"}, "text": {" x "}, "user_id": {"U1"}, "team_id": {"T1"}}.Encode(), formBody+"; charset=utf-8")
	f.Add("ssl_check=1&token=x", formBody)
	f.Add("payload=%zz&payload", formBody)
	f.Add(homeOpened, jsonBody)
	f.Add(`{"type":"url_verification","challenge":"x"}`, jsonBody)
	f.Add("--x\r\n\r\n", "multipart/form-data; boundary=x")
	var heard atomic.Int64
	open, shut := New(Config{Token: "xoxb-x", SigningSecret: testSecret}), New(Config{Token: "xoxb-x", SigningSecret: "another"})
	open.OnPress("pay", func(context.Context, Click) error { return nil })
	shut.OnPress("pay", func(context.Context, Click) error { heard.Add(1); return nil })
	shut.OnHome(func(context.Context, Click) error { heard.Add(1); return nil })
	f.Fuzz(func(t *testing.T, body, kind string) {
		r := httptest.NewRequest(http.MethodPost, "/slack/events", strings.NewReader(body))
		r.Header.Set("Content-Type", kind)
		sign(r, testSecret, time.Now(), body)
		answer, refusal := httptest.NewRecorder(), httptest.NewRecorder()
		open.Handler().ServeHTTP(answer, r)
		if answer.Code != http.StatusOK && answer.Code != http.StatusBadRequest && answer.Code != http.StatusServiceUnavailable && len(body) <= maxBody {
			t.Errorf("status %d", answer.Code)
		}
		again := httptest.NewRequest(http.MethodPost, "/slack/events", strings.NewReader(body))
		again.Header = r.Header
		shut.Handler().ServeHTTP(refusal, again)
		if quiet := refusal.Code == http.StatusOK && refusal.Body.Len() == 0 && strings.Contains(body, "ssl_check"); refusal.Code != http.StatusUnauthorized && !quiet && len(body) <= maxBody {
			t.Errorf("what is signed by somebody else gets status %d and %q", refusal.Code, refusal.Body)
		}
		if heard.Load() > 0 {
			t.Error("what is signed by somebody else was heard")
		}
	})
}

// FuzzEnvelope takes anything in from the socket, as an envelope that slack-go could read and as one that it could not.
func FuzzEnvelope(f *testing.F) {
	for kind, payload := range map[string]string{"interactive": submission, "slash_commands": slashJSON, "events_api": homeOpened, "hello": "null", "disconnect": "{}", "": ""} {
		whole, _ := json.Marshal(map[string]any{"type": kind, "envelope_id": "", "payload": json.RawMessage(strings.ReplaceAll(payload, "\n", "") + strings.Repeat("0", max(0, 1-len(payload))))})
		f.Add(whole)
	}
	f.Add([]byte(`{"type":7,"payload":{"type":[]}}`))
	b := New(Config{Token: "xoxb-x", AppToken: "xapp-x"})
	b.OnPress("pay", func(context.Context, Click) error { return nil })
	f.Fuzz(func(t *testing.T, frame []byte) {
		var r socketmode.Request
		if json.Unmarshal(frame, &r) == nil {
			r.EnvelopeID = "" // There is no connection on which to acknowledge.
			b.socket.take(r)
		}
		if strings.Contains(strings.ToLower(string(frame)), "envelope") {
			return
		}
		if err := b.socket.receive(socketmode.Event{Data: &socketmode.ErrorBadMessage{Message: frame}}); err != nil {
			t.Errorf("an odd frame ends the connection: %v", err)
		}
	})
}

// FuzzWhateverSlackAnswers feeds the same answer to every question. It is understood, or an error that says what to do.
func FuzzWhateverSlackAnswers(f *testing.F) {
	for _, body := range []string{`{"ok":true}`, `{"ok":true,"user":{"id":"U1","team_id":"T1","tz":"../../etc/passwd","profile":{"email":"a@b"},"enterprise_user":{"teams":null}}}`,
		`{"ok":true,"channel":{"id":"C1","is_ext_shared":true,"pending_shared":["x"]},"ts":"1.1","view":{"id":"V1"}}`, `{"ok":false,"error":"ratelimited"}`, `{"ok":false,"error":"invalid_auth"}`,
		`{"ok":true,"messages":[{"metadata":{"event_payload":{"token":["tok"]}}},null,7],"response_metadata":{"next_cursor":"x"}}`, `{"ok":"yes","user":[]}`, `null`, `[]`, `<html>`, ""} {
		f.Add(200, body, "")
	}
	f.Add(429, "", "99999999999999999")
	f.Add(429, "", "99999999")
	f.Add(429, "", "-1")
	f.Add(500, `{"ok":true}`, "soon")
	f.Fuzz(func(t *testing.T, status int, body, after string) {
		if status < 200 || status > 599 {
			t.Skip("not a final answer of HTTP")
		}
		b := New(Config{Token: "xoxb-x", HTTP: &http.Client{Transport: answerWith(status, body, "Retry-After", after)}})
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		person, err := b.Person(ctx, "U1", 0)
		understood(t, err)
		if err == nil && (person.ID == "" || person.Name == "" || person.FullMember("")) {
			t.Errorf("somebody is %+v", person)
		}
		_, err = b.PersonByEmail(ctx, "a@b", 0)
		understood(t, err)
		place, err := b.Place(ctx, "C1", 0)
		understood(t, err)
		if err == nil && place.ID == "" {
			t.Errorf("a channel is %+v", place)
		}
		_, err = b.Who(ctx)
		understood(t, err)
		ref, err := b.Post(ctx, "C1", Message{Text: "x"})
		understood(t, err)
		if err == nil && ref.TS == "" {
			t.Errorf("it was posted at %+v", ref)
		}
		understood(t, b.Update(ctx, Ref{Channel: "C1", TS: "1.1"}, Message{Text: "x"}))
		understood(t, b.Publish(ctx, "U1", View{}))
		_, err = b.Open(ctx, Click{User: "U1", Trigger: "1.2.3"}, View{Title: "x"})
		understood(t, err)
	})
}

// understood holds an error against the promise of this package: it is one of those in errors.go.
func understood(t *testing.T, err error) {
	t.Helper()
	if busy, ok := errors.AsType[*BusyError](err); ok && (busy.After <= 0 || busy.After > time.Hour) {
		t.Errorf("it says to wait for %s", busy.After)
	}
	_, busy := errors.AsType[*BusyError](err)
	_, refused := errors.AsType[*RefusedError](err)
	_, setup := asSetup(err)
	known := err == nil || busy || refused || setup
	for _, sentinel := range []error{ErrGone, ErrNotInvited, ErrNoHistory, ErrNotFound, ErrUnclear, ErrUnavailable, ErrDead} {
		known = known || errors.Is(err, sentinel)
	}
	if !known {
		t.Errorf("nobody knows what to do about %v", err)
	}
}
