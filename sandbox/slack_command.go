package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Command types a slash command, such as "/invoices due", in a channel.
func (s *Slack) Command(ctx context.Context, as, channel, text string) error {
	name, rest, _ := strings.Cut(strings.TrimSpace(text), " ")
	s.mu.Lock()
	payload, err := s.typed(as, channel, name, strings.TrimSpace(rest))
	s.mu.Unlock()
	if err != nil {
		return err
	}
	ack, err := s.Deliver(ctx, SlashCommand, payload)
	if err = notTaken(ack, err); err == nil {
		err = s.commandAnswer(as, channel, ack.Payload)
	}
	if err == nil {
		return nil
	}
	word := "dispatch_failed"
	if errors.Is(err, ErrNoAck) {
		word = "operation_timeout"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trouble[as] = fmt.Sprintf("%s failed with the error %q", name, word)
	s.touch()
	return fmt.Errorf("%w: %w", ErrTrouble, err)
}

func (s *Slack) typed(as, channel, name, rest string) (map[string]string, error) {
	p, err := s.actor(as)
	if err != nil {
		return nil, err
	}
	c := s.channels[channel]
	if c == nil || !c.has(as) || !strings.HasPrefix(name, "/") {
		return nil, fmt.Errorf("the command %q in %s: %w", name, channel, ErrNotThere)
	}
	return map[string]string{
		"token": "sandbox", "team_id": s.cfg.TeamID, "team_domain": s.cfg.TeamDomain, "channel_id": c.ID, "channel_name": channelName(c), "user_id": p.ID,
		"user_name": p.Name, "command": name, "text": rest, "api_app_id": s.cfg.AppID, "is_enterprise_install": "false",
		"response_url": s.newResponse("commands", response{channel: c.ID, user: p.ID}), "trigger_id": s.newTrigger(p.ID),
	}, nil
}

// commandAnswer shows what the app answered a command with: text, or a message.
func (s *Slack) commandAnswer(as, channel string, raw json.RawMessage) error {
	var a answerMessage
	if len(raw) == 0 {
		return nil
	}
	if json.Unmarshal(raw, &a.Text) != nil && json.Unmarshal(raw, &a) != nil {
		return fmt.Errorf("the answer %s: %w", raw, ErrBadAck)
	}
	if a.Text == "" && len(a.Blocks) == 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.apart(&response{channel: channel, user: as}, a); err != nil {
		return fmt.Errorf("the answer (%w): %w", err, ErrBadAck)
	}
	return nil
}
