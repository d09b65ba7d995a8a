package year

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// answer does one call.
func (s *slack) answer(method string, form url.Values) string {
	switch method {
	case "auth.test":
		return fmt.Sprintf(`{"ok":true,"team_id":%q,"team":"Fjord","user_id":"U0BOT","bot_id":"B0BOT"}`, team)
	case "users.info":
		return s.user(s.y.person(form.Get("user")))
	case "users.lookupByEmail":
		for _, p := range s.y.people {
			if p.email != "" && p.email == form.Get("email") {
				return s.user(p)
			}
		}
		return `{"ok":false,"error":"users_not_found"}`
	case "conversations.open":
		return fmt.Sprintf(`{"ok":true,"channel":{"id":%q}}`, "D"+form.Get("users"))
	case "conversations.info":
		return s.place(form.Get("channel"))
	case "conversations.history", "conversations.replies":
		return s.history(form.Get("channel"), form.Get("ts"), form.Get("oldest"))
	case "chat.postMessage":
		return s.post(form)
	case "chat.update":
		return s.update(form)
	case "chat.postEphemeral":
		s.whispered(form.Get("user"), form.Get("text")+form.Get("blocks"))
		return `{"ok":true,"message_ts":"1.1"}`
	case "views.open", "views.push":
		return s.show(form.Get("view"), form.Get("trigger_id"))
	case "views.update":
		return s.replace(form.Get("view_id"), form.Get("view"))
	case "views.publish":
		s.whispered(form.Get("user_id"), form.Get("view"))
		return `{"ok":true,"view":{"id":"VHOME"}}`
	}
	return `{"ok":false,"error":"unknown_method"}`
}

func (s *slack) user(p *person) string {
	if p == nil {
		return `{"ok":false,"error":"user_not_found"}`
	}
	s.y.mu.Lock()
	defer s.y.mu.Unlock()
	return fmt.Sprintf(`{"ok":true,"user":{"id":%q,"team_id":%q,"name":%q,"tz":%q,"locale":%q,"is_restricted":%v,"profile":{"display_name":%q,"email":%q}}}`,
		p.id, team, p.name, p.zone, p.locale, p.guest, p.name, p.email)
}

func (s *slack) place(id string) string {
	c := s.y.channel(id)
	if c == nil {
		return `{"ok":false,"error":"channel_not_found"}`
	}
	s.y.mu.Lock()
	defer s.y.mu.Unlock()
	return fmt.Sprintf(`{"ok":true,"channel":{"id":%q,"name":"x","is_member":true,"is_ext_shared":%v}}`, c.id, c.shared)
}

// history lists a channel's messages, or the answers to one of them, newest first and all on one page.
func (s *slack) history(channel, thread, oldest string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	from, _ := strconv.ParseFloat(oldest, 64)
	var found []string
	for i := len(s.in[channel]) - 1; i >= 0; i-- {
		m := s.in[channel][i]
		if float64(m.first().at.Unix()) < from {
			break
		}
		if thread == "" && m.thread == "" || thread != "" && (m.thread == thread || m.ts == thread) {
			found = append(found, fmt.Sprintf(`{"ts":%q,"user":"U0BOT","bot_id":"B0BOT","metadata":{"event_type":"bot_post","event_payload":{"token":%q}}}`, m.ts, m.token))
		}
	}
	return `{"ok":true,"messages":[` + strings.Join(found, ",") + `]}`
}

// show opens a modal; the trigger says for whom.
func (s *slack) show(raw, trigger string) string {
	user, _, _ := strings.Cut(trigger, "/")
	s.whispered(user, raw)
	s.mu.Lock()
	defer s.mu.Unlock()
	v := &view{fmt.Sprintf("V%d", len(s.views)), user, raw}
	s.views = append(s.views, v)
	return fmt.Sprintf(`{"ok":true,"view":{"id":%q}}`, v.id)
}

func (s *slack) replace(id, raw string) string {
	s.mu.Lock()
	n, err := strconv.Atoi(strings.TrimPrefix(id, "V"))
	if err != nil || n >= len(s.views) {
		s.mu.Unlock()
		return `{"ok":false,"error":"not_found"}`
	}
	v := s.views[n]
	v.raw = raw
	s.mu.Unlock()
	s.whispered(v.user, raw)
	return fmt.Sprintf(`{"ok":true,"view":{"id":%q}}`, id)
}
