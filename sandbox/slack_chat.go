package sandbox

import (
	"fmt"
	"strings"
)

// The chat.* methods, after https://docs.slack.dev/reference/methods.

func (s *Slack) postMessage(args Args) (object, error) {
	if err := args.missing("channel"); err != nil {
		return nil, err
	}
	c, err := s.destination(args["channel"])
	if err != nil {
		return nil, err
	}
	v, err := s.content(args, nil)
	if err != nil {
		return nil, err
	}
	if text := []rune(v.Text); len(text) > longestPost {
		v.Text = string(text[:longestPost])
	}
	thread, err := s.thread(c, args["thread_ts"])
	if err != nil {
		return nil, err
	}
	if s.pace[c.ID] == nil {
		s.pace[c.ID] = &bucket{}
	}
	if wait := s.pace[c.ID].take(s.cfg.Now()); wait > 0 && !s.cfg.Unpaced {
		return nil, busy(wait)
	}
	m := &Message{Channel: c.ID, ThreadTS: thread, User: s.cfg.BotUserID}
	s.add(m, v)
	return object{"channel": c.ID, "ts": m.TS, "message": s.shape(m, true)}, nil
}

// destination is where the app may post: a channel that it is in, a public one with chat:write.public, a direct message, or a
// person, whose direct message it is then.
func (s *Slack) destination(id string) (*Channel, error) {
	if p := s.people[id]; p != nil {
		switch {
		case p.Bot:
			return nil, refuse("cannot_dm_bot")
		case p.Deleted || s.stranger(p):
			return nil, refuse("channel_not_found")
		}
		return s.messageable(s.openDM(p))
	}
	c := s.channels[id]
	if c == nil {
		return nil, refuse("channel_not_found")
	}
	return s.messageable(c)
}

func (s *Slack) messageable(c *Channel) (*Channel, error) {
	switch {
	case c.IM != "" && s.cfg.NoMessagesTab:
		return nil, refuse("messages_tab_disabled")
	case c.IM != "" && s.people[c.IM].Deleted:
		return nil, refuse("is_archived")
	case !c.has(s.cfg.BotUserID) && c.Private:
		return nil, refuse("channel_not_found")
	case c.Archived:
		return nil, refuse("is_archived")
	case !c.has(s.cfg.BotUserID) && s.need("chat:write.public") != nil:
		return nil, refuse("not_in_channel")
	}
	return c, nil
}

// thread returns the ts of the thread's first message: a reply to a reply joins the same thread.
func (s *Slack) thread(c *Channel, ts string) (string, error) {
	if ts == "" {
		return "", nil
	}
	parent := s.find(c.ID, ts)
	if parent == nil || parent.For != "" {
		return "", refuse("cannot_reply_to_message")
	}
	if parent.ThreadTS != "" {
		return parent.ThreadTS, nil
	}
	return parent.TS, nil
}

// own returns one of the app's own messages; cannot is the refusal for somebody else's. It takes ids of channels only: a
// person's id is no place where a message lies.
func (s *Slack) own(args Args, cannot string) (*Message, error) {
	if err := args.missing("channel", "ts"); err != nil {
		return nil, err
	}
	c := s.channels[args["channel"]]
	if c == nil || (c.Private && !c.has(s.cfg.BotUserID)) {
		return nil, refuse("channel_not_found")
	}
	m := s.find(c.ID, args["ts"])
	switch {
	case m == nil || m.For != "":
		return nil, refuse("message_not_found")
	case m.User != s.cfg.BotUserID:
		return nil, refuse(cannot)
	}
	return m, nil
}

func (s *Slack) updateMessage(args Args) (object, error) {
	m, err := s.own(args, "cant_update_message")
	if err != nil {
		return nil, err
	}
	if s.channels[m.Channel].Archived {
		return nil, refuse("is_inactive")
	}
	if len([]rune(args["text"])) > longestUpdate {
		return nil, refuse("msg_too_long")
	}
	v, err := s.content(args, m)
	if err != nil {
		return nil, err
	}
	v.At = s.cfg.Now()
	m.say(v)
	m.Edited = m.Edited || v.Blocks == nil
	s.touch()
	// The message in this answer has no place of its own: @slack/web-api's ChatUpdateResponse.
	shown := s.shape(m, true)
	for _, name := range []string{"ts", "thread_ts", "reply_count"} {
		delete(shown, name)
	}
	return object{"channel": m.Channel, "ts": m.TS, "text": m.Text, "message": shown}, nil
}

func (s *Slack) deleteMessage(args Args) (object, error) {
	m, err := s.own(args, "cant_delete_message")
	if err != nil {
		return nil, err
	}
	m.Deleted = true
	if parent := s.find(m.Channel, m.ThreadTS); parent != nil {
		parent.Replies--
	}
	s.touch()
	return object{"channel": m.Channel, "ts": m.TS}, nil
}

func (s *Slack) postEphemeral(args Args) (object, error) {
	if err := args.missing("channel", "user"); err != nil {
		return nil, err
	}
	c := s.channels[args["channel"]]
	if c == nil {
		return nil, refuse("channel_not_found")
	}
	if _, err := s.messageable(c); err != nil {
		return nil, err
	}
	if p := s.people[args["user"]]; p == nil || p.Deleted || p.Bot || !c.has(p.ID) {
		return nil, refuse("user_not_in_channel")
	}
	v, err := s.content(args, nil)
	if err != nil {
		return nil, err
	}
	thread, err := s.thread(c, args["thread_ts"])
	if err != nil {
		return nil, err
	}
	m := &Message{Channel: c.ID, ThreadTS: thread, User: s.cfg.BotUserID, For: args["user"]}
	s.add(m, v)
	return object{"message_ts": m.TS}, nil
}

func (s *Slack) permalink(args Args) (object, error) {
	if err := args.missing("channel", "message_ts"); err != nil {
		return nil, err
	}
	c := s.channels[args["channel"]]
	if c == nil || (c.Private && !c.has(s.cfg.BotUserID)) {
		return nil, refuse("channel_not_found")
	}
	m := s.find(c.ID, args["message_ts"])
	if m == nil || m.For != "" {
		return nil, refuse("message_not_found")
	}
	link := fmt.Sprintf("https://%s.slack.com/archives/%s/p%s", s.cfg.TeamDomain, c.ID, strings.ReplaceAll(m.TS, ".", ""))
	if m.ThreadTS != "" {
		link += "?thread_ts=" + m.ThreadTS + "&cid=" + c.ID
	}
	return object{"channel": c.ID, "permalink": link}, nil
}
