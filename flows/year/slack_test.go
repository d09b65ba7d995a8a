package year

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync"
	"time"
)

// slack is as much of Slack as the bot needs in a year, in memory and without delay: it keeps everything that was ever said, and when.
type slack struct {
	y *year

	mu    sync.Mutex
	tick  int
	said  []*said
	in    map[string][]*said // By channel.
	about map[string][]*said // By channel and a value of a button that they have or had, in no order.
	at    map[string]*said   // By channel and ts.
	views []*view
	touch []version      // Every version of every message.
	whisp []version      // What one person alone saw: answers and modals, place is the person.
	tries map[string]int // How often the same write came, for the dice.
}

// said is one message: as it was posted, and as it is since the last edit.
type said struct {
	nth                               int // In the order that they were posted.
	place, channel, ts, thread, token string
	posted                            version
	mu                                *sync.Mutex // Of slack; guards the last version.
	last                              version
}

type version struct {
	at           time.Time
	place        string
	text, blocks string
}

func (m *said) first() version { return m.posted }

func (m *said) now() version {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.last
}

// view is a modal, as it is now.
type view struct{ id, user, raw string }

func newSlack(y *year) *slack {
	return &slack{y: y, in: map[string][]*said{}, about: map[string][]*said{}, at: map[string]*said{}, tries: map[string]int{}}
}

// RoundTrip is every call of the Web API, with what goes wrong on the way.
func (s *slack) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	form, err := read(r.Header.Get("Content-Type"), body)
	if err != nil {
		return nil, err
	}
	method := path.Base(r.URL.Path)
	time.Sleep(30 * time.Millisecond)
	fault := s.fault(method, form)
	if fault != "" {
		s.y.met("slack", fault)
	}
	switch fault {
	case "down":
		return nil, &net.OpError{Op: "dial", Err: errors.New("no route to Slack")}
	case "429":
		return reply(http.StatusTooManyRequests, `{"ok":false,"error":"ratelimited"}`), nil
	case "500":
		return reply(http.StatusInternalServerError, "oops"), nil
	case "cut before":
		return nil, errors.New("the connection was cut")
	}
	answer := s.answer(method, form)
	if fault == "cut after" {
		return nil, errors.New("the connection was cut")
	}
	return reply(http.StatusOK, answer), nil
}

// read reads a call's arguments: views come as JSON, everything else as a form.
func read(kind string, body []byte) (url.Values, error) {
	if !strings.HasPrefix(kind, "application/json") {
		return url.ParseQuery(string(body))
	}
	var args map[string]json.RawMessage
	if err := json.Unmarshal(body, &args); err != nil {
		return nil, err
	}
	form := url.Values{}
	for name, raw := range args {
		form.Set(name, strings.Trim(string(raw), `"`))
	}
	return form, nil
}

func reply(status int, body string) *http.Response {
	h := http.Header{"Content-Type": {"application/json"}}
	if status == http.StatusTooManyRequests {
		h.Set("Retry-After", "30")
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}
}

// fault is what happens to a call: in an outage everything fails, in bad hours two writes in five do. The dice know the message, not its turn.
func (s *slack) fault(method string, form url.Values) string {
	w := s.y.window("slack")
	if w == nil || w.how == "down" {
		return s.y.how(w)
	}
	if method == "users.info" && s.y.dice(w.nth, form.Get("user"), time.Now().Truncate(time.Minute).Unix()) < 40 {
		return w.how
	}
	if method != "chat.postMessage" && method != "chat.update" {
		return ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	what := tokenIn(form.Get("metadata"))
	if what == "" {
		what = form.Get("text")
	}
	key := fmt.Sprint(w.nth, method, what)
	s.tries[key]++
	if s.y.dice(key, s.tries[key]) < 40 {
		return w.how
	}
	return ""
}

// tokenIn finds the bot's own mark in a message's metadata.
func tokenIn(metadata string) string {
	_, rest, _ := strings.Cut(metadata, `"token":"`)
	token, _, _ := strings.Cut(rest, `"`)
	return token
}

// post keeps a new message.
func (s *slack) post(form url.Values) string {
	channel := form.Get("channel")
	place := channel
	if p := s.y.person(channel); p != nil {
		place = p.id
	} else if c := s.y.channel(channel); c == nil {
		return `{"ok":false,"error":"channel_not_found"}`
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tick++
	m := &said{nth: len(s.said), place: place, channel: channel, ts: fmt.Sprintf("%d.%06d", time.Now().Unix(), s.tick%1_000_000), thread: form.Get("thread_ts"), token: tokenIn(form.Get("metadata"))}
	m.posted, m.mu = version{time.Now(), place, form.Get("text"), form.Get("blocks")}, &s.mu
	m.last = m.posted
	s.said, s.in[channel], s.at[channel+m.ts] = append(s.said, m), append(s.in[channel], m), m
	s.note(m)
	s.y.tell(place, "%s", m.last.text)
	return fmt.Sprintf(`{"ok":true,"channel":%q,"ts":%q}`, channel, m.ts)
}

// update keeps another version of a message.
func (s *slack) update(form url.Values) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.at[form.Get("channel")+form.Get("ts")]
	if m == nil {
		return `{"ok":false,"error":"message_not_found"}`
	}
	m.last = version{time.Now(), m.place, form.Get("text"), form.Get("blocks")}
	s.note(m)
	s.y.tell(m.place, "(edited) %s", m.last.text)
	return fmt.Sprintf(`{"ok":true,"channel":%q,"ts":%q,"text":""}`, m.channel, m.ts)
}

// note keeps a message's newest version, and what it is about: people look for what they can press all year.
func (s *slack) note(m *said) {
	s.touch = append(s.touch, m.last)
	for rest, found := m.last.blocks, true; found; {
		var value string
		_, rest, found = strings.Cut(rest, `"value":"`)
		value, rest, _ = strings.Cut(rest, `"`)
		if key := m.channel + " " + value; found && !slices.Contains(s.about[key], m) {
			s.about[key] = append(s.about[key], m)
		}
	}
}

// whispered keeps what one person alone saw.
func (s *slack) whispered(user, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.whisp = append(s.whisp, version{time.Now(), user, text, ""})
}

// since is what was said from a mark on.
func (s *slack) since(mark int) []*said {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.said[mark:len(s.said):len(s.said)]
}

// news is every version of a message, and everything that one person alone saw, from two marks on.
func (s *slack) news(messages, whispers int) (posted, alone []version) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.touch[messages:len(s.touch):len(s.touch)], s.whisp[whispers:len(s.whisp):len(s.whisp)]
}

// modal is the view that somebody had opened last.
func (s *slack) modal(user string) (view, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := len(s.views) - 1; i >= 0; i-- {
		if s.views[i].user == user {
			return *s.views[i], true
		}
	}
	return view{}, false
}
