package sandbox

import (
	"encoding/json"
	"fmt"
)

// What Slack sends when somebody acts, as recorded in slackapi/java-slack-sdk json-logs/samples and typed in @slack/types.

// actor returns a person who can act: here, and neither deleted nor a bot. What was in trouble before is forgotten.
func (s *Slack) actor(id string) (*Person, error) {
	p := s.people[id]
	if p == nil || p.Deleted || p.Bot {
		return nil, fmt.Errorf("%s cannot act: %w", id, ErrNotThere)
	}
	delete(s.trouble, id)
	return p, nil
}

// payload is what all interactions have in common.
func (s *Slack) payload(kind string, p *Person) object {
	return object{
		"type": kind, "team": object{"id": s.cfg.TeamID, "domain": s.cfg.TeamDomain}, "enterprise": nil, "is_enterprise_install": false,
		"user":       object{"id": p.ID, "username": p.Name, "name": p.Name, "team_id": p.Team},
		"api_app_id": s.cfg.AppID, "token": "sandbox", "trigger_id": s.newTrigger(p.ID),
	}
}

// frozen is a payload that no later change of the world reaches.
func frozen(payload object) object {
	var out object
	json.Unmarshal(encode(payload), &out)
	return out
}

// event wraps an event of the Events API.
func (s *Slack) event(event object) object {
	return object{
		"token": "sandbox", "team_id": s.cfg.TeamID, "api_app_id": s.cfg.AppID, "event": event, "type": "event_callback",
		"event_id": s.newID("Ev"), "event_time": s.cfg.Now().Unix(), "is_ext_shared_channel": false, "event_context": "4-sandbox",
		"authorizations": []any{object{
			"enterprise_id": nil, "team_id": s.cfg.TeamID, "user_id": s.cfg.BotUserID, "is_bot": true, "is_enterprise_install": false}},
	}
}

// pressed is the block_actions payload of a press.
func (s *Slack) pressed(as string, at Spot, h *hand) (object, error) {
	p, err := s.actor(as)
	if err != nil {
		return nil, err
	}
	blocks, place, err := s.place(p, at, h)
	if err != nil {
		return nil, err
	}
	e, ok := locate(blocks, at.Block, at.Action)
	if !ok {
		return nil, fmt.Errorf("%s %s: %w", at.Block, at.Action, ErrNotThere)
	}
	chosen := object{}
	if h.choice != nil {
		value, ok := choice(e.element, s.offered[offerKey(as, at, e)], h.choice)
		if !ok {
			return nil, fmt.Errorf("%q in %s: %w", h.choice, at.Action, ErrNotThere)
		}
		field := stateField[kindOf(e.element)]
		if field == "" {
			field = "selected_option"
		}
		chosen[field] = value
	}
	if at.View != "" {
		v := s.views[at.View]
		if h.view == nil && len(chosen) > 0 && v.State[e.block][e.action] != nil {
			chosen["type"] = kindOf(e.element)
			v.State[e.block][e.action] = chosen
		}
		if h.view != nil {
			v = h.view
		}
		return s.clickInView(p, v, e, chosen), nil
	}
	return s.clickInMessage(p, at, place, blocks, e, chosen), nil
}

// place is where a click happened, and the blocks that the person saw there.
func (s *Slack) place(p *Person, at Spot, h *hand) (json.RawMessage, object, error) {
	if at.View != "" {
		v, err := s.onScreen(p.ID, at.View, h)
		if err != nil {
			return nil, nil, err
		}
		if h.view != nil {
			v = h.view
		}
		return v.Blocks, object{"view": s.viewShape(v), "container": object{"type": "view", "view_id": v.ID}}, nil
	}
	c, m := s.channels[at.Channel], s.find(at.Channel, at.TS)
	if h.message != nil {
		m = h.message
	}
	if c == nil || m == nil || !c.has(p.ID) || (m.For != "" && m.For != p.ID) {
		return nil, nil, fmt.Errorf("the message %s in %s: %w", at.TS, at.Channel, ErrNotThere)
	}
	delete(m.trouble, p.ID)
	container := object{"type": "message", "message_ts": m.TS, "channel_id": c.ID, "is_ephemeral": m.For != ""}
	if m.ThreadTS != "" {
		container["thread_ts"] = m.ThreadTS
	}
	place := object{"container": container, "channel": object{"id": c.ID, "name": channelName(c)}}
	if m.For == "" {
		// Slack sends no copy of a message that only one person sees.
		place["message"] = s.shape(m, false)
	}
	return m.Blocks, place, nil
}

// onScreen returns a view that a person has open; an option may hold what it showed before.
func (s *Slack) onScreen(as, id string, h *hand) (*View, error) {
	v := s.views[id]
	if v == nil || v.User != as || (v.Closed && h.view == nil) {
		return nil, fmt.Errorf("the view %s: %w", id, ErrNotThere)
	}
	return v, nil
}

func channelName(c *Channel) string {
	switch {
	case c.IM != "":
		return "directmessage"
	case c.Private:
		return "privategroup"
	}
	return c.Name
}

// clickInView is block_actions from a modal or Home: no channel and no response_url.
func (s *Slack) clickInView(p *Person, v *View, e placed, chosen object) object {
	payload := s.payload("block_actions", p)
	payload["container"] = object{"type": "view", "view_id": v.ID}
	payload["view"] = s.viewShape(v)
	payload["actions"] = []any{s.action(e, chosen)}
	return frozen(payload)
}

func (s *Slack) clickInMessage(p *Person, at Spot, place object, blocks json.RawMessage, e placed, chosen object) object {
	payload := s.payload("block_actions", p)
	for name, value := range place {
		payload[name] = value
	}
	state := stateOf(blocks, nil)
	if held := state[e.block][e.action]; held != nil {
		for name, value := range chosen {
			held[name] = value
		}
	}
	payload["state"] = object{"values": state}
	thread, _ := place["container"].(object)["thread_ts"].(string)
	payload["response_url"] = s.newResponse("actions", response{channel: at.Channel, user: p.ID, message: at.TS, thread: thread})
	payload["actions"] = []any{s.action(e, chosen)}
	return frozen(payload)
}

// viewShape is a view as the Web API and payloads carry it.
func (s *Slack) viewShape(v *View) object {
	out := object{
		"id": v.ID, "team_id": s.cfg.TeamID, "type": v.Type, "blocks": v.Blocks, "private_metadata": v.PrivateMetadata, "callback_id": v.CallbackID,
		"state": object{"values": v.copy().State}, "hash": v.Hash, "clear_on_close": v.clear, "notify_on_close": v.notify, "previous_view_id": nil,
		"root_view_id": v.RootViewID, "app_id": s.cfg.AppID, "external_id": v.ExternalID, "app_installed_team_id": s.cfg.TeamID, "bot_id": s.cfg.BotID,
		"title": v.raw["title"], "submit": v.raw["submit"], "close": v.raw["close"],
	}
	if v.PreviousViewID != "" {
		out["previous_view_id"] = v.PreviousViewID
	}
	if v.Type == "home" {
		out["title"] = homeTitle
	}
	return out
}

// homeTitle is what Slack calls every Home view, which can give itself no title: @slack/bolt's ViewOutput.
var homeTitle = object{"type": "plain_text", "text": "View Title", "emoji": true}

// action is one entry of actions.
func (s *Slack) action(e placed, chosen object) object {
	out := object{"action_id": e.action, "block_id": e.block, "type": kindOf(e.element), "action_ts": s.nextTS()}
	for _, name := range []string{"text", "value", "style", "placeholder", "icon"} {
		if e.element[name] != nil {
			out[name] = e.element[name]
		}
	}
	for name, value := range chosen {
		out[name] = value
	}
	return out
}

// acknowledged ends a click: without an acknowledgement the person sees a warning where the click was.
func (s *Slack) acknowledged(as string, at Spot, ack Ack, err error) error {
	if err = notTaken(ack, err); err == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	words := ErrTrouble.Error()
	if v := s.views[at.View]; v != nil {
		v.Trouble = words
	} else if m := s.find(at.Channel, at.TS); m != nil {
		if m.trouble == nil {
			m.trouble = map[string]string{}
		}
		m.trouble[as] = words
	}
	s.trouble[as] = words
	s.touch()
	return fmt.Errorf("%w: %w", ErrTrouble, err)
}
