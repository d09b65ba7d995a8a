package sandbox_test

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"sync"
	"testing"

	"github.com/slack-go/slack"

	"kvitt/sandbox"
)

// bot is an app behind signed HTTP that writes down what it hears and answers what the test wants.
type bot struct {
	t      *testing.T
	answer func(w http.ResponseWriter, r *http.Request) // nil acknowledges

	mu    sync.Mutex
	heard []heard
}

type heard struct {
	slack.InteractionCallback
	header http.Header
	form   url.Values
	body   []byte
}

func (b *bot) client() *http.Client { return &http.Client{Transport: b} }

// RoundTrip implements http.RoundTripper: a request reaches the bot without a socket.
func (b *bot) RoundTrip(r *http.Request) (*http.Response, error) {
	body, _ := io.ReadAll(r.Body)
	h := heard{header: r.Header, body: body}
	h.form, _ = url.ParseQuery(string(body))
	r.Body = io.NopCloser(bytes.NewReader(body))
	if h.form.Has("payload") {
		if err := h.UnmarshalJSON([]byte(h.form.Get("payload"))); err != nil {
			b.t.Errorf("slack-go does not understand %s: %v", h.form.Get("payload"), err)
		}
	}
	check, err := slack.NewSecretsVerifier(r.Header, "sandbox-signing-secret")
	if err == nil {
		check.Write(body)
		err = check.Ensure()
	}
	w := &recorder{header: http.Header{}, status: 200}
	b.mu.Lock()
	b.heard = append(b.heard, h)
	answer := b.answer
	b.mu.Unlock()
	if err != nil {
		w.WriteHeader(http.StatusUnauthorized)
	} else if answer != nil {
		answer(w, r)
	}
	if r.Context().Err() != nil {
		return nil, r.Context().Err()
	}
	return &http.Response{StatusCode: w.status, Header: w.header, Body: io.NopCloser(&w.body), Request: r}, nil
}

func (b *bot) last() heard {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.heard) == 0 {
		b.t.Fatal("the bot heard nothing")
	}
	return b.heard[len(b.heard)-1]
}

func (b *bot) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.heard)
}

func (b *bot) answers(contentType, body string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.answer = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		io.WriteString(w, body)
	}
}

// never keeps the bot from answering at all.
func (b *bot) never() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.answer = func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
}

type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }

// payButton is what a reminder ends in: a button and a menu.
func payButton() slack.Block {
	plain := func(s string) *slack.TextBlockObject { return slack.NewTextBlockObject("plain_text", s, false, false) }
	pay := slack.NewButtonBlockElement("pay", "INV-1", plain("Pay now")).WithStyle(slack.StylePrimary)
	later := slack.NewOptionsSelectBlockElement("static_select", plain("Remind me later"), "later",
		slack.NewOptionBlockObject("1d", plain("Tomorrow"), nil), slack.NewOptionBlockObject("3d", plain("In 3 days"), nil))
	return slack.NewActionBlock("controls", pay, later)
}

// trigger has somebody type a command, which is the shortest way to a trigger_id.
func trigger(t *testing.T, s *sandbox.Slack, as string) string {
	t.Helper()
	if err := s.Command(t.Context(), as, finance, "/invoices"); err != nil {
		t.Fatal(err)
	}
	b := s.Config().RequestClient.Transport.(*bot)
	return b.last().form.Get("trigger_id")
}
