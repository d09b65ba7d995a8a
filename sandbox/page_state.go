package sandbox

import (
	"encoding/json"
	"time"
)

// screen is what a person's Slack client shows now, as the page reads it; false for somebody who cannot be acted as.
func (s *Slack) screen(as string) (object, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	me := s.people[as]
	if as == "" {
		me = s.firstPlayable()
	}
	if me == nil || !me.Playable {
		return nil, false
	}
	messages := object{}
	conversations := []object{}
	for _, id := range s.rooms {
		c := s.channels[id]
		if !c.has(me.ID) {
			continue
		}
		list := s.messagesFor(c, me)
		messages[c.ID] = list
		conversations = append(conversations, s.conversationFor(c, me, list))
	}
	if me.dm == "" {
		conversations = append(conversations, object{"id": "", "name": s.cfg.BotName, "kind": "dm", "unread": 0})
	}
	return frozen(object{
		"now": s.cfg.Now().UTC().Format(time.RFC3339), "team": object{"id": s.cfg.TeamID, "name": s.cfg.TeamName},
		"bot": object{"id": s.cfg.BotUserID, "name": s.cfg.BotName}, "me": me.ID, "people": s.cast(), "conversations": conversations,
		"messages": messages, "home": s.homeFor(me), "modals": s.modalsFor(me), "trouble": s.trouble[me.ID],
	}), true // Encoded while nothing changes: much of it is the workspace itself.
}

// wake has every screen drawn anew.
func (s *Slack) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.touch()
}

func (s *Slack) playable(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.people[id]
	return p != nil && p.Playable
}

func (s *Slack) firstPlayable() *Person {
	for _, id := range s.names {
		if s.people[id].Playable {
			return s.people[id]
		}
	}
	return nil
}

func (s *Slack) cast() []object {
	people := []object{}
	for _, id := range s.names {
		if p := s.people[id]; p.Playable {
			people = append(people, object{"id": p.ID, "name": p.RealName, "about": p.About, "locale": p.Locale, "zone": p.TZ, "color": p.Color})
		}
	}
	return people
}

func (s *Slack) conversationFor(c *Channel, me *Person, list []object) object {
	name, kind, unread := c.Name, "channel", 0
	if c.IM != "" {
		name, kind = s.cfg.BotName, "dm"
	}
	for _, m := range list {
		// All ts of a pretend workspace have the same number of digits, so text compares as time does.
		if m["user"] != me.ID && m["ts"].(string) > s.read[[2]string{me.ID, c.ID}] {
			unread++
		}
	}
	return object{"id": c.ID, "name": name, "kind": kind, "unread": unread}
}

func (s *Slack) messagesFor(c *Channel, me *Person) []object {
	list := []object{}
	for _, m := range s.messages[c.ID] {
		if m.Deleted || (m.For != "" && m.For != me.ID) {
			continue
		}
		list = append(list, object{
			"ts": m.TS, "thread_ts": m.ThreadTS, "user": m.User, "text": m.Text, "blocks": arrayOf(m.Blocks), "ephemeral": m.For != "",
			"edited": m.Edited, "replies": m.Replies, "trouble": m.trouble[me.ID],
		})
	}
	return list
}

func (s *Slack) homeFor(me *Person) any {
	if v := s.homes[me.ID]; v != nil {
		return object{"id": v.ID, "blocks": v.Blocks, "state": object{"values": v.State}, "trouble": v.Trouble}
	}
	return nil
}

func (s *Slack) modalsFor(me *Person) []object {
	open := []object{}
	for _, v := range s.modals[me.ID] {
		errs := v.Errors
		if errs == nil {
			errs = map[string]string{}
		}
		open = append(open, object{
			"id": v.ID, "title": v.raw["title"], "submit": v.raw["submit"], "close": v.raw["close"], "blocks": v.Blocks,
			"state": object{"values": v.State}, "errors": errs, "busy": v.Busy, "trouble": v.Trouble,
		})
	}
	return open
}

func arrayOf(raw json.RawMessage) json.RawMessage {
	if raw == nil {
		return json.RawMessage("[]")
	}
	return raw
}
