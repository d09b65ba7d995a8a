package sandbox

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// response is what a response_url stands for: 5 uses within 30 minutes
// (https://docs.slack.dev/interactivity/handling-user-interaction).
type response struct {
	channel, user, thread string
	message               string // ts of the message that was clicked, if any
	at                    time.Time
	uses                  int
}

const (
	responseLife = 30 * time.Minute
	mostUses     = 5
)

// newResponse makes a response_url under actions or commands.
func (s *Slack) newResponse(under string, r response) string {
	r.at = s.cfg.Now()
	s.serial++
	path := fmt.Sprintf("/%s/%s/%d/%024x", under, s.cfg.TeamID, 700000+s.serial, s.serial*2654435761)
	s.responses[path] = &r
	return s.base + path
}

// serveResponse takes what an app posts to a response_url. The answer is a plain "ok".
func (s *Slack) serveResponse(w http.ResponseWriter, r *http.Request) {
	raw, _ := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxBody))
	args := Args{"url": r.URL.Path, "body": string(raw)}
	seen := Call{Method: "response_url", Args: args, At: s.cfg.Now()}
	f := s.nextFault(seen.Method)
	if f.before(r.Context(), w, &seen) {
		err := s.respond(r.URL.Path, raw)
		seen.Applied = err == nil
		s.answer(&seen, object{}, err)
		if err != nil {
			seen.Status = http.StatusNotFound
		} else {
			seen.Answer = json.RawMessage("ok")
			s.applied(seen.Method, args)
		}
		f.after(&seen)
	}
	s.record(seen)
	f.cut(seen)
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(seen.Status)
	w.Write(seen.Answer)
}

// answerMessage is what an app answers a command or a click with.
type answerMessage struct {
	Text            string          `json:"text"`
	Blocks          json.RawMessage `json:"blocks"`
	ResponseType    string          `json:"response_type"`
	ThreadTS        string          `json:"thread_ts"`
	ReplaceOriginal bool            `json:"replace_original"`
	DeleteOriginal  bool            `json:"delete_original"`
}

func (s *Slack) respond(path string, raw []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.responses[path]
	var a answerMessage
	switch {
	case r == nil:
		return refuse("no_such_url")
	case s.cfg.Now().Sub(r.at) > responseLife:
		return refuse("expired_url")
	case r.uses >= mostUses:
		return refuse("used_url")
	case json.Unmarshal(raw, &a) != nil:
		return refuse("invalid_payload")
	}
	if err := s.apart(r, a); err != nil {
		return err
	}
	r.uses++
	return nil
}

// apart does what an answer asks for: delete or replace what was clicked, or say something new.
func (s *Slack) apart(r *response, a answerMessage) error {
	original := s.find(r.channel, r.message)
	if original != nil && a.DeleteOriginal {
		original.Deleted = true
		s.touch()
		return nil
	}
	args := Args{"text": a.Text}
	if blocks := string(a.Blocks); blocks != "null" {
		args["blocks"] = blocks
	}
	v, err := s.content(args, nil)
	if err != nil {
		return err
	}
	if original != nil && a.ReplaceOriginal {
		v.At = s.cfg.Now()
		original.say(v)
		s.touch()
		return nil
	}
	m := &Message{Channel: r.channel, User: s.cfg.BotUserID, For: r.user, ThreadTS: a.ThreadTS}
	if a.ResponseType == "in_channel" {
		m.For = ""
	}
	s.add(m, v)
	return nil
}
