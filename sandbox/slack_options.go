package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Option is one entry of a menu.
type Option struct{ Text, Value string }

// Options types query into a menu whose options the app looks up (external_select) and returns what it offers. ErrNotThere, also
// when the query is shorter than the menu's min_query_length (3 unless it says otherwise); ErrTrouble.
func (s *Slack) Options(ctx context.Context, as string, at Spot, query string) ([]Option, error) {
	s.mu.Lock()
	key, payload, err := s.asked(as, at, query)
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	ack, err := s.Deliver(ctx, Interactive, payload)
	if err = notTaken(ack, err); err == nil {
		var found []Option
		if found, err = s.offer(key, ack.Payload); err == nil {
			return found, nil
		}
	}
	return nil, s.acknowledged(as, at, Ack{}, err)
}

// offer keeps and returns the options that the app answered with.
func (s *Slack) offer(key string, raw json.RawMessage) ([]Option, error) {
	var answer object
	json.Unmarshal(raw, &answer)
	c := &checker{actions: map[string]bool{}}
	switch list, given := answer["options"].([]any); {
	case given && len(list) == 0: // Nothing is found.
	case !given && answer["option_groups"] == nil: // Slack would go on showing what it found before (github.com/slackapi/bolt-python/issues/468).
		c.add("", "must have options or option_groups")
	default:
		c.fields("", answer, static)
	}
	if len(c.found) > 0 {
		return nil, fmt.Errorf("the options (%w): %w", errors.Join(c.found...), ErrBadAck)
	}
	var found []Option
	var kept []object
	for _, o := range optionsIn(answer) {
		o := o.(object)
		kept = append(kept, o)
		found = append(found, Option{textOf(o["text"]), fmt.Sprint(o["value"])})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.offered[key] = kept
	return found, nil
}

func (s *Slack) asked(as string, at Spot, query string) (key string, payload object, err error) {
	p, err := s.actor(as)
	if err != nil {
		return "", nil, err
	}
	blocks, place, err := s.place(p, at, &hand{})
	if err != nil {
		return "", nil, err
	}
	e, ok := locate(blocks, at.Block, at.Action)
	shortest := 3
	if n, given := e.element["min_query_length"].(float64); given {
		shortest = int(n)
	}
	if !ok || !strings.HasSuffix(kindOf(e.element), "external_select") || utf8.RuneCountInString(query) < shortest {
		return "", nil, fmt.Errorf("the options of %s for %q: %w", at.Action, query, ErrNotThere)
	}
	payload = s.payload("block_suggestion", p)
	delete(payload, "trigger_id")
	for _, name := range []string{"view", "message", "channel", "container"} {
		if place[name] != nil {
			payload[name] = place[name]
		}
	}
	payload["action_id"], payload["block_id"], payload["value"] = e.action, e.block, query
	return offerKey(as, at, e), frozen(payload), nil
}

// offerKey is under what the options offered to a person at a spot are kept.
func offerKey(as string, at Spot, e placed) string {
	return strings.Join([]string{as, at.View, at.TS, e.block, e.action}, " ")
}
