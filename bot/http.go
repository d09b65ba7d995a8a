package bot

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Limits of the HTTP door. Slack wants an answer within 3 s and signs with a clock that may be 5 minutes off, either way
// (docs.slack.dev/authentication/verifying-requests-from-slack).
const (
	maxBody      = 1 << 20
	signatureAge = 5 * time.Minute
	doorTime     = 2900 * time.Millisecond
)

const (
	formBody = "application/x-www-form-urlencoded"
	jsonBody = "application/json"
)

// Handler is the HTTP door, for POST /slack/events: events, interactivity, options and slash commands, all on one path.
// What is not signed with Config.SigningSecret gets 401 and leaves nothing but a log line and an Observation. In Socket Mode without a
// signing secret there is no door: 404.
func (b *Bot) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case b.cfg.SigningSecret == "":
			http.NotFound(w, r)
		case r.Method != http.MethodPost:
			w.Header().Set("Allow", http.MethodPost)
			http.Error(w, "POST only", http.StatusMethodNotAllowed)
		default:
			b.receive(w, r)
		}
	})
}

func (b *Bot) receive(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		b.turnAway(w, http.StatusRequestEntityTooLarge, "too_large")
		return
	}
	if err != nil {
		b.turnAway(w, http.StatusBadRequest, "unreadable")
		return
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind == formBody && isSSLCheck(body) {
		return
	}
	if fault := b.verify(r.Header, body); fault != "" {
		b.turnAway(w, http.StatusUnauthorized, fault)
		return
	}
	switch kind {
	case formBody:
		b.receiveForm(w, body)
	case jsonBody:
		b.receiveJSON(w, body)
	default:
		b.turnAway(w, http.StatusBadRequest, "unreadable")
	}
}

// isSSLCheck finds Slack's look at our certificate. It is unsigned, so nothing else in it is read.
func isSSLCheck(body []byte) bool {
	form, err := url.ParseQuery(string(body))
	return err == nil && form.Get("ssl_check") == "1"
}

// verify returns what is wrong with a signature, or nothing. It says so only to our own log.
func (b *Bot) verify(h http.Header, body []byte) (fault string) {
	stamp, signature := h.Get("X-Slack-Request-Timestamp"), h.Get("X-Slack-Signature")
	if stamp == "" || signature == "" {
		return "unsigned"
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return "unsigned"
	}
	if age := b.cfg.Now().Sub(time.Unix(seconds, 0)); age > signatureAge || age < -signatureAge {
		return "stale"
	}
	sum := hmac.New(sha256.New, []byte(b.cfg.SigningSecret))
	sum.Write([]byte("v0:" + stamp + ":"))
	sum.Write(body)
	want := "v0=" + hex.EncodeToString(sum.Sum(nil))
	if !hmac.Equal([]byte(want), []byte(signature)) {
		return "wrong_signature"
	}
	return ""
}

// receiveForm reads interactivity, options and commands. It reads the signed body and never the query, through which a replayed
// request could smuggle another payload in.
func (b *Bot) receiveForm(w http.ResponseWriter, body []byte) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		b.turnAway(w, http.StatusBadRequest, "unreadable")
		return
	}
	if form.Has("payload") {
		c, err := parseInteraction([]byte(form.Get("payload")), b.cfg.Now())
		b.admit(w, c, err)
		return
	}
	c, err := parseCommandForm(form, b.cfg.Now())
	b.admit(w, c, err)
}

// receiveJSON reads events, and the question with which Slack tries the door.
func (b *Bot) receiveJSON(w http.ResponseWriter, body []byte) {
	var outer struct{ Type, Challenge string }
	if err := decode(body, &outer); err != nil {
		b.turnAway(w, http.StatusBadRequest, "unreadable")
		return
	}
	switch outer.Type {
	case "url_verification":
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		io.WriteString(w, outer.Challenge)
	case "event_callback":
		c, err := parseEvent(body, b.cfg.Now())
		b.admit(w, c, err)
	default:
		b.log.Debug("nobody listens to this", "type", Clip(Clean(outer.Type), 40))
	}
}

// admit hands a click to dispatch and writes its acknowledgement.
func (b *Bot) admit(w http.ResponseWriter, c Click, err error) {
	if err != nil {
		b.turnAway(w, http.StatusBadRequest, "unreadable")
		return
	}
	answer := make(chan json.RawMessage, 1)
	if !b.dispatch(c, func(raw json.RawMessage) { answer <- raw }) {
		http.Error(w, "not now", http.StatusServiceUnavailable)
		return
	}
	select {
	case raw := <-answer:
		if raw != nil {
			w.Header().Set("Content-Type", jsonBody)
			w.Write(raw)
		}
	case <-time.After(doorTime):
	}
}

// turnAway refuses a request and tells its sender nothing.
func (b *Bot) turnAway(w http.ResponseWriter, status int, fault string) {
	b.log.Warn("turned a request away", "fault", fault, "status", status)
	b.observe("door", "", fault, 0)
	http.Error(w, http.StatusText(status), status)
}
