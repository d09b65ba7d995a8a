package payments

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strings"
	"sync"
	"time"
)

// slack is as much of Slack as a payment needs, in memory: people, modals, messages that can be found again. Nothing goes wrong in it; that is lived in
// flows/year.
type slack struct {
	w *world

	mu    sync.Mutex
	tick  int
	said  map[string][]message // By channel.
	views map[string]string    // Raw, by id.
	by    map[string]string    // Id of a view, by the trigger that opened it.
}

type message struct{ ts, token, text string }

// view is a modal as it stands.
type view struct {
	ID       string
	Callback string `json:"callback_id"`
	Meta     string `json:"private_metadata"`
	Submit   *struct{ Text string }
	Blocks   []struct {
		Text     struct{ Text string }
		Elements []struct {
			Action string `json:"action_id"`
		}
	}
}

// offers says whether a modal has a button.
func (v view) offers(action string) bool {
	for _, b := range v.Blocks {
		for _, e := range b.Elements {
			if e.Action == action {
				return true
			}
		}
	}
	return false
}

func (v view) words() string {
	var all []string
	for _, b := range v.Blocks {
		all = append(all, b.Text.Text)
	}
	return strings.Join(all, " ")
}

func newSlack(w *world) *slack {
	return &slack{w: w, said: map[string][]message{}, views: map[string]string{}, by: map[string]string{}}
}

// answer is one call of the Web API.
func (s *slack) answer(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	time.Sleep(30 * time.Millisecond)
	return refusal(http.StatusOK, s.do(path.Base(r.URL.Path), fields(r.Header.Get("Content-Type"), body))), nil
}

// fields are a call's arguments: views come as JSON, everything else as a form.
func fields(kind string, body []byte) url.Values {
	if !strings.HasPrefix(kind, "application/json") {
		form, err := url.ParseQuery(string(body))
		must(err)
		return form
	}
	var args map[string]json.RawMessage
	must(json.Unmarshal(body, &args))
	form := url.Values{}
	for name, raw := range args {
		form.Set(name, strings.Trim(string(raw), `"`))
	}
	return form
}

func (s *slack) do(method string, form url.Values) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch method {
	case "auth.test":
		return fmt.Sprintf(`{"ok":true,"team_id":%q,"team":"Fjord","user_id":"U0BOT","bot_id":"B0BOT"}`, team)
	case "users.info":
		user := form.Get("user")
		return fmt.Sprintf(`{"ok":true,"user":{"id":%q,"team_id":%q,"name":%q,"tz":"UTC","locale":"en-US","profile":{"display_name":%q}}}`, user, team, user, user)
	case "conversations.open":
		return fmt.Sprintf(`{"ok":true,"channel":{"id":%q}}`, "D"+form.Get("users"))
	case "conversations.info":
		return fmt.Sprintf(`{"ok":true,"channel":{"id":%q,"name":"x","is_member":true}}`, form.Get("channel"))
	case "conversations.history", "conversations.replies":
		return s.history(form.Get("channel"), form.Get("oldest"))
	case "chat.postMessage":
		return s.post(form)
	case "chat.update":
		s.truth(form.Get("text"))
		return fmt.Sprintf(`{"ok":true,"channel":%q,"ts":%q,"text":""}`, form.Get("channel"), form.Get("ts"))
	case "views.open", "views.push":
		s.tick++
		id := fmt.Sprintf("V%d", s.tick)
		s.views[id], s.by[form.Get("trigger_id")] = form.Get("view"), id
		return fmt.Sprintf(`{"ok":true,"view":{"id":%q}}`, id)
	case "views.update":
		s.views[form.Get("view_id")] = form.Get("view")
		return fmt.Sprintf(`{"ok":true,"view":{"id":%q}}`, form.Get("view_id"))
	}
	return `{"ok":false,"error":"unknown_method"}`
}

func (s *slack) post(form url.Values) string {
	s.tick++
	m := message{ts: fmt.Sprintf("%d.%06d", time.Now().Unix(), s.tick%1_000_000), text: form.Get("text")}
	_, rest, _ := strings.Cut(form.Get("metadata"), `"token":"`)
	m.token, _, _ = strings.Cut(rest, `"`)
	s.truth(m.text)
	channel := form.Get("channel")
	s.said[channel] = append(s.said[channel], m)
	return fmt.Sprintf(`{"ok":true,"channel":%q,"ts":%q}`, channel, m.ts)
}

// history lists a channel's messages that are no older than what is asked for, the newest first.
func (s *slack) history(channel, oldest string) string {
	var found []string
	for i := len(s.said[channel]) - 1; i >= 0 && len(found) < 200; i-- {
		m := s.said[channel][i]
		if m.ts < oldest { // Both begin with ten digits of seconds.
			break
		}
		found = append(found, fmt.Sprintf(`{"ts":%q,"user":"U0BOT","bot_id":"B0BOT","metadata":{"event_type":"bot_post","event_payload":{"token":%q}}}`, m.ts, m.token))
	}
	return `{"ok":true,"messages":[` + strings.Join(found, ",") + `]}`
}

var (
	numbers   = regexp.MustCompile(`P\d{3}`)
	confirmed = regexp.MustCompile(`^Paid: |^Paid outside Kvitt: |\. Paid `)
)

// truth looks, whenever an invoice is called paid, whether money moved for it.
func (s *slack) truth(text string) {
	number := numbers.FindString(text)
	s.w.note(number, "Slack: %s", text)
	if !confirmed.MatchString(text) || number == "" {
		return
	}
	for _, b := range s.w.bills {
		if b.number == number && s.w.stood(b, "succeeded") == 0 {
			s.w.violate(number, "confirmed without a charge: %s", text)
		}
	}
}

// modal is what a press with that trigger opened, as it stands.
func (s *slack) modal(trigger string) (v view) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := s.by[trigger]
	if raw := s.views[id]; raw != "" {
		must(json.Unmarshal([]byte(raw), &v))
	}
	v.ID = id
	return v
}

// confirmations counts the messages in a place that call an invoice paid.
func (s *slack) confirmations(place, number string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.said[place] {
		if strings.HasPrefix(m.text, "Paid") && strings.Contains(m.text, number) {
			n++
		}
	}
	return n
}
