package sandbox

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Message is a message as the workspace keeps it. Blocks carry the ids that Slack filled in.
type Message struct {
	Channel  string
	TS       string
	ThreadTS string // the parent's TS for a reply, else empty
	User     string // who wrote it; the bot's user id for the app's own
	For      string // the only person who sees it (ephemeral), else empty
	Text     string
	Blocks   json.RawMessage // nil without blocks
	Metadata json.RawMessage // nil without metadata
	Edited   bool            // marked as edited
	Deleted  bool            // gone for everybody; kept here so that a test can see what was once said
	Versions []Version       // everything it ever said, oldest first; the last is what it says now
	Replies  int             // how many messages are in its thread

	trouble map[string]string // by person
}

// Version is what a message said from a moment on.
type Version struct {
	At       time.Time
	Text     string
	Blocks   json.RawMessage
	Metadata json.RawMessage
}

// say makes v the current version of m.
func (m *Message) say(v Version) {
	m.Text, m.Blocks, m.Metadata = v.Text, v.Blocks, v.Metadata
	m.Versions = append(m.Versions, v)
}

// shape is the message as the Web API and payloads carry it.
func (s *Slack) shape(m *Message, metadata bool) object {
	out := object{"type": "message", "user": m.User, "ts": m.TS, "text": m.Text, "team": s.cfg.TeamID}
	if m.User == s.cfg.BotUserID {
		out["bot_id"] = s.cfg.BotID
		out["app_id"] = s.cfg.AppID
		out["bot_profile"] = s.botProfile()
	}
	if m.Blocks != nil {
		out["blocks"] = m.Blocks
	}
	if m.ThreadTS != "" {
		out["thread_ts"] = m.ThreadTS
	} else if m.Replies > 0 {
		out["thread_ts"] = m.TS
		out["reply_count"] = m.Replies
	}
	if m.Edited {
		out["edited"] = object{"user": m.User, "ts": m.TS}
	}
	if metadata && m.Metadata != nil {
		out["metadata"] = m.Metadata
	}
	return out
}

func (s *Slack) botProfile() object {
	return object{
		"id": s.cfg.BotID, "app_id": s.cfg.AppID, "name": s.cfg.BotName, "icons": object{}, "deleted": false, "updated": 1700000000,
		"team_id": s.cfg.TeamID,
	}
}

// find returns a message that is still there, or nil.
func (s *Slack) find(channel, ts string) *Message {
	for _, m := range s.messages[channel] {
		if m.TS == ts && !m.Deleted {
			return m
		}
	}
	return nil
}

// add puts a message at the end of its channel.
func (s *Slack) add(m *Message, v Version) {
	v.At = s.cfg.Now()
	m.TS = s.nextTS()
	m.say(v)
	if parent := s.find(m.Channel, m.ThreadTS); parent != nil && m.For == "" {
		parent.Replies++
	}
	s.messages[m.Channel] = append(s.messages[m.Channel], m)
	s.touch()
}

// markup is what mrkdwn text may hold between angle brackets: a mention, a link, a date.
var markup = regexp.MustCompile(`<([@#!]|https?:|mailto:|tel:|slack:)[^<>]*>`)

// escaped is text as Slack echoes it: what is neither markup nor an entity already is escaped
// (https://docs.slack.dev/messaging/formatting-message-text).
func escaped(text string) string {
	var out strings.Builder
	at := 0
	for _, m := range markup.FindAllStringIndex(text, -1) {
		out.WriteString(escapePlain(text[at:m[0]]))
		out.WriteString(text[m[0]:m[1]])
		at = m[1]
	}
	out.WriteString(escapePlain(text[at:]))
	return out.String()
}

var bare = regexp.MustCompile(`&(amp;|lt;|gt;)?|<|>`)

func escapePlain(text string) string {
	return bare.ReplaceAllStringFunc(text, func(s string) string {
		switch s {
		case "&":
			return "&amp;"
		case "<":
			return "&lt;"
		case ">":
			return "&gt;"
		}
		return s
	})
}

// keepBlocks is blocks as Slack stores them: mrkdwn escaped, missing block_ids and action_ids filled in with short random
// ones. No blocks are nil.
func (s *Slack) keepBlocks(raw json.RawMessage) json.RawMessage {
	blocks := readBlocks(raw)
	if len(blocks) == 0 {
		return nil
	}
	for _, block := range blocks {
		s.complement(block)
		if block["block_id"] == nil || block["block_id"] == "" {
			block["block_id"] = s.shortID()
		}
	}
	return encode(blocks)
}

// complement walks through one block.
func (s *Slack) complement(v any) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			s.complement(item)
		}
	case object:
		kind, _ := v["type"].(string)
		if text, ok := v["text"].(string); ok && kind == "mrkdwn" {
			v["text"] = escaped(text)
		}
		if interactive(kind) && (v["action_id"] == nil || v["action_id"] == "") {
			v["action_id"] = s.shortID()
		}
		for _, item := range v {
			s.complement(item)
		}
	}
}

// interactive says whether an element of that type carries an action_id.
func interactive(kind string) bool {
	return slices.Contains([]string{"button", "overflow", "workflow_button", "icon_button", "feedback_buttons"}, kind) || stateField[kind] != ""
}

const short = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789+/"

// shortID is what Slack fills in where the app gave no id: five characters, here counted up so that runs repeat.
func (s *Slack) shortID() string {
	s.serial++
	n := s.serial*2654435761%916132832 + 58
	id := make([]byte, 5)
	for i := range id {
		id[i] = short[n%int64(len(short))]
		n /= int64(len(short))
	}
	return string(id)
}

// readBlocks reads an array of blocks; anything else is none.
func readBlocks(raw json.RawMessage) []object {
	var blocks []object
	if len(raw) == 0 || json.Unmarshal(raw, &blocks) != nil {
		return nil
	}
	return blocks
}
