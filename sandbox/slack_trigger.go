package sandbox

import (
	"fmt"
	"time"
)

// A trigger lets the app open a modal for who just did something: for 3 seconds, once
// (https://docs.slack.dev/interactivity/handling-user-interaction).
type trigger struct {
	user string
	at   time.Time
	used bool
}

const triggerLife = 3 * time.Second

// newTrigger makes a trigger_id for what a person just did.
func (s *Slack) newTrigger(user string) string {
	s.serial++
	id := fmt.Sprintf("%d.%d.%032x", s.cfg.Now().UnixMilli(), 9000000+s.serial, s.serial)
	s.triggers[id] = &trigger{user: user, at: s.cfg.Now()}
	return id
}

func (s *Slack) trigger(id string) (*trigger, error) {
	t := s.triggers[id]
	switch {
	case t == nil:
		return nil, refuse("invalid_trigger_id")
	case t.used:
		return nil, refuse("exchanged_trigger_id")
	case s.cfg.Now().Sub(t.at) > triggerLife:
		return nil, refuse("expired_trigger_id")
	}
	return t, nil
}
