package bot

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

var errUnreadable = errors.New("the payload is not one that Slack sends")

// The payloads are decoded into the few fields we use rather than into slack-go's types: those refuse a whole click for one odd
// block in the message around it. Shapes: docs.slack.dev/reference/interaction-payloads and slackapi/java-slack-sdk's samples.
type interaction struct {
	Type       string `json:"type"`
	Team       idOnly `json:"team"`
	Enterprise idOnly `json:"enterprise"`
	Org        bool   `json:"is_enterprise_install"`
	User       struct {
		ID     string `json:"id"`
		TeamID string `json:"team_id"`
	} `json:"user"`
	Container struct {
		ChannelID string `json:"channel_id"`
		ThreadTS  string `json:"thread_ts"`
	} `json:"container"`
	Channel idOnly `json:"channel"`
	Message struct {
		ThreadTS string `json:"thread_ts"`
		Team     string `json:"team"`
	} `json:"message"`
	View        view   `json:"view"`
	State       state  `json:"state"`
	TriggerID   string `json:"trigger_id"`
	ResponseURL string `json:"response_url"`
	CallbackID  string `json:"callback_id"`
	ActionID    string `json:"action_id"` // Of a block_suggestion.
	BlockID     string `json:"block_id"`
	Value       string `json:"value"`
	ActionTS    string `json:"action_ts"` // Of a shortcut.
	Actions     []struct {
		ActionID string `json:"action_id"`
		BlockID  string `json:"block_id"`
		ActionTS string `json:"action_ts"`
		element
	} `json:"actions"`
}

type idOnly struct {
	ID string `json:"id"`
}

type view struct {
	ID         string `json:"id"`
	TeamID     string `json:"team_id"`
	AppTeamID  string `json:"app_installed_team_id"`
	CallbackID string `json:"callback_id"`
	Meta       string `json:"private_metadata"`
	Hash       string `json:"hash"`
	State      state  `json:"state"`
}

type state struct {
	Values map[string]map[string]element `json:"values"`
}

// element is the state of one input, of whatever type.
type element struct {
	Value        string   `json:"value"`
	Option       option   `json:"selected_option"`
	Options      []option `json:"selected_options"`
	Date         string   `json:"selected_date"`
	User         string   `json:"selected_user"`
	Channel      string   `json:"selected_channel"`
	Conversation string   `json:"selected_conversation"`
}

type option struct {
	Value string `json:"value"`
}

func (e element) String() string {
	values := []string{e.Value, e.Option.Value, e.Date, e.User, e.Channel, e.Conversation}
	for _, o := range e.Options {
		values = append(values, o.Value)
	}
	values = slices.DeleteFunc(values, func(s string) bool { return s == "" })
	return strings.Join(values, ",")
}

func (s state) fields() map[string]string {
	fields := make(map[string]string, len(s.Values))
	for block, elements := range s.Values {
		first := ""
		for action, e := range elements {
			if first == "" || action <= first {
				first, fields[block] = action, e.String()
			}
		}
	}
	return fields
}

var interactionKinds = map[string]Kind{"block_actions": Press, "view_submission": Submit, "block_suggestion": Suggest}

// parseInteraction reads the payload of a button, modal, menu or shortcut.
func parseInteraction(raw []byte, now time.Time) (Click, error) {
	var in interaction
	if err := decode(raw, &in); err != nil {
		return Click{}, err
	}
	kind, known := interactionKinds[in.Type]
	if !known {
		kind = shortcut
	}
	if in.Type == "" || in.User.ID == "" {
		return Click{}, fmt.Errorf("%w: it has no type or no user", errUnreadable)
	}
	c := Click{
		Kind: kind, User: in.User.ID, Enterprise: in.Enterprise.ID, org: in.Org,
		Action: in.ActionID, Block: in.BlockID, Value: in.Value,
		Callback: firstOf(in.View.CallbackID, in.CallbackID), Meta: in.View.Meta, ViewID: in.View.ID, ViewHash: in.View.Hash,
		Channel:  firstOf(in.Channel.ID, in.Container.ChannelID),
		ThreadTS: firstOf(in.Container.ThreadTS, in.Message.ThreadTS),
		Trigger:  in.TriggerID, answerURL: in.ResponseURL,
		Fields: in.State.fields(), At: now,
		teams: named(in.Team.ID, in.View.AppTeamID, in.View.TeamID, in.Message.Team, in.User.TeamID),
	}
	if len(in.View.State.Values) > 0 {
		c.Fields = in.View.State.fields()
	}
	actionTS := in.ActionTS
	if len(in.Actions) > 0 {
		a := in.Actions[0]
		c.Action, c.Block, c.Value, actionTS = a.ActionID, a.BlockID, a.element.String(), a.ActionTS
	}
	c.Team = firstOf(c.teams...)
	c.ID = identify(raw, c.Trigger+actionTS, string(kind), c.User, c.Trigger, actionTS, c.Action, c.Block, c.ViewID, c.ViewHash)
	return c, nil
}

// command is a slash command: form fields in HTTP mode, the same as JSON in Socket Mode.
type command struct {
	Team        string `json:"team_id"`
	Enterprise  string `json:"enterprise_id"`
	Org         string `json:"is_enterprise_install"` // "true" or "false", as text.
	Channel     string `json:"channel_id"`
	User        string `json:"user_id"`
	Name        string `json:"command"`
	Text        string `json:"text"`
	TriggerID   string `json:"trigger_id"`
	ResponseURL string `json:"response_url"`
}

func (in command) click(now time.Time) (Click, error) {
	if in.User == "" || in.Name == "" {
		return Click{}, fmt.Errorf("%w: it has no user or no command", errUnreadable)
	}
	whole := []byte(strings.Join([]string{in.Team, in.Channel, in.User, in.Name, in.Text, in.ResponseURL}, "\x00"))
	return Click{
		Kind: Command, Action: in.Name, Text: strings.TrimSpace(in.Text), Team: in.Team, User: in.User, Enterprise: in.Enterprise,
		Channel: in.Channel, Trigger: in.TriggerID, answerURL: in.ResponseURL, At: now,
		org: in.Org == "true", teams: named(in.Team), Fields: map[string]string{},
		ID: identify(whole, in.TriggerID, string(Command), in.User, in.TriggerID, in.Name, in.Text),
	}, nil
}

func parseCommand(raw []byte, now time.Time) (Click, error) {
	var in command
	if err := decode(raw, &in); err != nil {
		return Click{}, err
	}
	return in.click(now)
}

func parseCommandForm(f url.Values, now time.Time) (Click, error) {
	return command{
		Team: f.Get("team_id"), Enterprise: f.Get("enterprise_id"), Org: f.Get("is_enterprise_install"),
		Channel: f.Get("channel_id"), User: f.Get("user_id"), Name: f.Get("command"), Text: f.Get("text"),
		TriggerID: f.Get("trigger_id"), ResponseURL: f.Get("response_url"),
	}.click(now)
}

// delivery is one event of the Events API, with what Slack wraps around it.
type delivery struct {
	Team           string `json:"team_id"`
	ContextTeam    string `json:"context_team_id"`
	Enterprise     string `json:"enterprise_id"`
	EventID        string `json:"event_id"`
	Authorizations []struct {
		Team       string `json:"team_id"`
		Enterprise string `json:"enterprise_id"`
		Org        bool   `json:"is_enterprise_install"`
	} `json:"authorizations"`
	Event struct {
		Type string `json:"type"`
		User string `json:"user"`
		Tab  string `json:"tab"`
		View view   `json:"view"`
	} `json:"event"`
}

// parseEvent reads a delivery of the Events API. Of those, only an opened App Home is a person's doing.
func parseEvent(raw []byte, now time.Time) (Click, error) {
	var in delivery
	if err := decode(raw, &in); err != nil {
		return Click{}, err
	}
	if in.Event.Type == "" {
		return Click{}, fmt.Errorf("%w: it has no event", errUnreadable)
	}
	c := Click{
		Kind: event, Action: in.Event.Type, User: in.Event.User, Enterprise: in.Enterprise, At: now,
		ViewID: in.Event.View.ID, ViewHash: in.Event.View.Hash, Fields: map[string]string{},
		removed: in.Event.Type == "app_uninstalled" || in.Event.Type == "tokens_revoked",
		ID:      identify(raw, in.EventID, string(event), in.EventID),
	}
	if in.Event.Type == "app_home_opened" && c.User != "" && (in.Event.Tab == "home" || in.Event.Tab == "") {
		c.Kind = Home
	}
	c.teams = named(in.Team, in.ContextTeam)
	if len(in.Authorizations) > 0 {
		a := in.Authorizations[0]
		c.teams, c.org = named(a.Team, in.Team, in.ContextTeam), a.Org
		c.Enterprise = firstOf(a.Enterprise, c.Enterprise)
	}
	c.Team = firstOf(c.teams...)
	return c, nil
}

// decode is lenient: a field of another type than expected is left empty, and what is missing shows later.
func decode(raw []byte, into any) error {
	err := json.Unmarshal(raw, into)
	if _, odd := errors.AsType[*json.UnmarshalTypeError](err); err != nil && !odd {
		return fmt.Errorf("%w: %w", errUnreadable, err)
	}
	return nil
}

// identify makes an id of the parts that tell one click from the next, or of the whole payload where key, which should, is empty.
func identify(whole []byte, key string, parts ...string) string {
	if key == "" {
		parts = append(parts, string(whole))
	}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:16])
}

func named(ids ...string) []string {
	return slices.DeleteFunc(ids, func(id string) bool { return id == "" })
}

func firstOf(ids ...string) string {
	for _, id := range ids {
		if id != "" {
			return id
		}
	}
	return ""
}
