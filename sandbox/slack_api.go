package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Args are the arguments of a Web API call as text, whichever way they came; objects are JSON. The token is not among them.
type Args map[string]string

// Call is one request to the Web API, or to a response_url (Method "response_url"), as the pretend Slack saw it.
type Call struct {
	Method  string
	Args    Args
	At      time.Time
	Status  int             // HTTP status; 0 when the connection was cut
	Answer  json.RawMessage // what was answered, also when a fault kept it from arriving
	Error   string          // Slack's error code, empty when ok
	Applied bool            // whether the call did its work
}

// refusal is Slack's {"ok":false,"error":…}.
type refusal struct {
	code string
	more object
}

func (r *refusal) Error() string { return r.code }

func refuse(code string) error { return &refusal{code: code} }

type tokenKind int

const (
	botToken tokenKind = iota
	appToken
	anyToken // none is needed
)

// method is one Web API method; do runs under the lock.
type method struct {
	token  tokenKind
	scope  string // empty: none, or it depends on the conversation
	writes bool
	do     func(*Slack, Args) (object, error)
}

var methods = map[string]method{
	"api.test":              {token: anyToken, do: (*Slack).apiTest},
	"auth.test":             {do: (*Slack).authTest},
	"apps.connections.open": {token: appToken, do: (*Slack).openConnection},
	"bots.info":             {scope: "users:read", do: (*Slack).botInfo},
	"chat.delete":           {scope: "chat:write", writes: true, do: (*Slack).deleteMessage},
	"chat.getPermalink":     {do: (*Slack).permalink},
	"chat.postEphemeral":    {scope: "chat:write", writes: true, do: (*Slack).postEphemeral},
	"chat.postMessage":      {scope: "chat:write", writes: true, do: (*Slack).postMessage},
	"chat.update":           {scope: "chat:write", writes: true, do: (*Slack).updateMessage},
	"conversations.history": {do: (*Slack).history},
	"conversations.info":    {do: (*Slack).channelInfo},
	"conversations.members": {do: (*Slack).members},
	"conversations.open":    {scope: "im:write", writes: true, do: (*Slack).openConversation},
	"conversations.replies": {do: (*Slack).replies},
	"team.info":             {scope: "team:read", do: (*Slack).teamInfo},
	"users.info":            {scope: "users:read", do: (*Slack).userInfo},
	"users.list":            {scope: "users:read", do: (*Slack).userList},
	"users.lookupByEmail":   {scope: "users:read.email", do: (*Slack).userByEmail},
	"views.open":            {writes: true, do: (*Slack).openView},
	"views.publish":         {writes: true, do: (*Slack).publishView},
	"views.push":            {writes: true, do: (*Slack).pushView},
	"views.update":          {writes: true, do: (*Slack).updateView},
}

// serveAPI answers one Web API call, with whatever fault was asked for around it.
func (s *Slack) serveAPI(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("method")
	args, token, err := readArgs(r)
	seen := Call{Method: name, Args: args, At: s.cfg.Now()}
	f := s.nextFault(name)
	if !f.before(r.Context(), w, &seen) {
		s.record(seen)
		f.cut(seen)
		s.writeAnswer(w, seen, nil)
		return
	}
	var answer object
	if err == nil {
		s.reachedBy(r)
		answer, err = s.apply(name, args, token)
	}
	seen.Applied = err == nil
	s.answer(&seen, answer, err)
	if seen.Applied && methods[name].writes {
		s.applied(name, args)
	}
	f.after(&seen)
	s.record(seen)
	f.cut(seen)
	s.writeAnswer(w, seen, err)
}

// apply checks the token and the scope and runs the method.
func (s *Slack) apply(name string, args Args, token string) (object, error) {
	m, found := methods[name]
	if !found {
		return nil, &refusal{"unknown_method", object{"req_method": name}}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.authenticate(m.token, token); err != nil {
		return nil, err
	}
	if err := s.need(m.scope); err != nil {
		return nil, err
	}
	return m.do(s, args)
}

func (s *Slack) authenticate(kind tokenKind, token string) error {
	want, other := s.cfg.BotToken, s.cfg.AppToken
	if kind == appToken {
		want, other = other, want
	}
	switch {
	case kind == anyToken || token == want:
		return nil
	case token == "":
		return refuse("not_authed")
	case token == other:
		return refuse("not_allowed_token_type")
	}
	return refuse("invalid_auth")
}

// need refuses, as Slack does, what no granted scope allows.
func (s *Slack) need(scope string) error {
	if scope == "" || slices.Contains(s.cfg.Scopes, scope) {
		return nil
	}
	return &refusal{"missing_scope", object{"needed": scope, "provided": strings.Join(s.cfg.Scopes, ",")}}
}

// answer fills in what the call is answered with.
func (s *Slack) answer(seen *Call, body object, err error) {
	seen.Status = http.StatusOK
	if err == nil {
		body = maps.Clone(body)
		body["ok"] = true
		seen.Answer = encode(body)
		return
	}
	body = object{"ok": false, "error": err.Error()}
	if r, ok := errors.AsType[*refusal](err); ok {
		maps.Copy(body, r.more)
	}
	seen.Error = err.Error()
	if seen.Error == "ratelimited" {
		seen.Status = http.StatusTooManyRequests
	}
	seen.Answer = encode(body)
}

func (s *Slack) writeAnswer(w http.ResponseWriter, seen Call, err error) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("X-OAuth-Scopes", strings.Join(s.cfg.Scopes, ","))
	if need := methods[seen.Method].scope; need != "" {
		w.Header().Set("X-Accepted-OAuth-Scopes", need)
	}
	if busy, ok := errors.AsType[*refusal](err); ok && busy.code == "ratelimited" {
		w.Header().Set("Retry-After", fmt.Sprint(busy.more["retry_after"]))
	}
	w.WriteHeader(seen.Status)
	w.Write(seen.Answer)
}

// busy is Slack's 429; wait is rounded up to whole seconds (https://docs.slack.dev/apis/web-api/rate-limits).
func busy(wait time.Duration) error {
	return &refusal{"ratelimited", object{"retry_after": int(math.Ceil(max(wait.Seconds(), 1)))}}
}

// reachedBy remembers by which address the bot came: sockets and response_urls are handed out under the same.
func (s *Slack) reachedBy(r *http.Request) {
	scheme := "http"
	if r.TLS != nil || r.URL.Scheme == "https" {
		scheme = "https"
	}
	s.mu.Lock()
	s.base = scheme + "://" + r.Host
	s.mu.Unlock()
}

func (s *Slack) record(c Call) {
	s.mu.Lock()
	s.calls = append(s.calls, c)
	hook := s.onCall
	s.mu.Unlock()
	if hook != nil {
		hook(c)
	}
}

func (s *Slack) applied(method string, args Args) {
	s.mu.Lock()
	hook := s.onApply
	s.mu.Unlock()
	if hook != nil {
		hook(method, maps.Clone(args))
	}
}

// missing refuses a call without its required arguments.
func (a Args) missing(names ...string) error {
	var messages []string
	for _, name := range names {
		if a[name] == "" {
			messages = append(messages, "[ERROR] missing required field: "+name)
		}
	}
	if messages == nil {
		return nil
	}
	return &refusal{"invalid_arguments", object{"response_metadata": object{"messages": messages}}}
}

func (a Args) flag(name string) bool { return a[name] == "true" || a[name] == "1" }

// limit reads a page size between 1 and 999.
func (a Args) limit(standard int) int {
	n, err := strconv.Atoi(a["limit"])
	if err != nil || n <= 0 {
		return standard
	}
	return min(n, 999)
}
