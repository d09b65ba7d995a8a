package sandbox

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// conversations.history and conversations.replies (https://docs.slack.dev/reference/methods/conversations.history).

func (s *Slack) history(args Args) (object, error) {
	c, err := s.seen(args, "history")
	if err != nil {
		return nil, err
	}
	if !c.has(s.cfg.BotUserID) {
		return nil, refuse("not_in_channel")
	}
	found, err := s.between(s.messages[c.ID], args, func(m *Message) bool { return m.ThreadTS == "" })
	if err != nil {
		return nil, err
	}
	slices.Reverse(found)
	out, err := s.listed(found, args)
	if err == nil {
		out["pin_count"] = 0
	}
	return out, err
}

func (s *Slack) replies(args Args) (object, error) {
	c, err := s.seen(args, "history")
	if err != nil {
		return nil, err
	}
	if !c.has(s.cfg.BotUserID) {
		return nil, refuse("not_in_channel")
	}
	parent := s.find(c.ID, args["ts"])
	if parent == nil || parent.For != "" {
		return nil, refuse("thread_not_found")
	}
	found, err := s.between(s.messages[c.ID], args, func(m *Message) bool { return m.TS == parent.TS || m.ThreadTS == parent.TS })
	if err != nil {
		return nil, err
	}
	return s.listed(found, args)
}

// between keeps what everybody can see, fits, and lies between oldest and latest.
func (s *Slack) between(all []*Message, args Args, fits func(*Message) bool) ([]*Message, error) {
	oldest, err := micros(args["oldest"], 0)
	if err != nil {
		return nil, refuse("invalid_ts_oldest")
	}
	latest, err := micros(args["latest"], math.MaxInt64)
	if err != nil {
		return nil, refuse("invalid_ts_latest")
	}
	var found []*Message
	for _, m := range all {
		at, _ := micros(m.TS, 0)
		inside := (at > oldest && at < latest) || (args.flag("inclusive") && at >= oldest && at <= latest)
		if inside && !m.Deleted && m.For == "" && fits(m) {
			found = append(found, m)
		}
	}
	return found, nil
}

// micros reads a ts, or whole seconds, as microseconds: a float would not tell neighbours apart.
func micros(ts string, standard int64) (int64, error) {
	if ts == "" {
		return standard, nil
	}
	seconds, fraction, _ := strings.Cut(ts, ".")
	return strconv.ParseInt(seconds+(fraction + "000000")[:6], 10, 64)
}

func (s *Slack) listed(found []*Message, args Args) (object, error) {
	page, next, err := pageOf(found, args, 100)
	if err != nil {
		return nil, err
	}
	messages := []object{}
	for _, m := range page {
		messages = append(messages, s.shape(m, args.flag("include_all_metadata")))
	}
	return object{"messages": messages, "has_more": next != "", "response_metadata": object{"next_cursor": next}}, nil
}
