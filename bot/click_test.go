package bot

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// Payloads as docs.slack.dev and slackapi/java-slack-sdk show them, shortened.
const (
	pressInMessage = `{"type":"block_actions","team":{"id":"T1","domain":"d"},"enterprise":null,"is_enterprise_install":false,
		"user":{"id":"U1","username":"asha","name":"asha","team_id":"T1"},"api_app_id":"A1","token":"legacy",
		"container":{"type":"message","message_ts":"2.1","channel_id":"C1","is_ephemeral":true,"thread_ts":"1.1"},
		"trigger_id":"1.2.abc","channel":{"id":"C1","name":"finance"},"message":{"ts":"2.1","team":"T1","blocks":[{"type":"odd","x":{}}]},
		"state":{"values":{}},"response_url":"https://hooks.slack.example/actions/T1/1/x",
		"actions":[{"action_id":"pay","block_id":"row","type":"button","text":{"type":"plain_text","text":"Pay"},"value":"inv_1","action_ts":"3.1"}]}`
	chooseInGrid = `{"type":"block_actions","team":null,"enterprise":{"id":"E1"},"is_enterprise_install":true,
		"user":{"id":"W1","team_id":"T9"},"view":{"id":"V1","type":"home","app_installed_team_id":"T8","hash":"1.x","state":{"values":{}}},
		"trigger_id":"t","actions":[{"action_id":"later","block_id":"b","type":"static_select","selected_option":{"value":"3d"},"action_ts":"3.1"}]}`
	submission = `{"type":"view_submission","team":{"id":"T1"},"user":{"id":"U1","team_id":"T1"},"trigger_id":"t",
		"view":{"id":"V1","team_id":"T1","type":"modal","callback_id":"paying","private_metadata":"inv_1","hash":"1.x","state":{"values":{
			"method":{"m":{"type":"static_select","selected_option":{"value":"pm_1"}}},
			"reference":{"r":{"type":"plain_text_input","value":"bank 7"}},
			"none":{"n":{"type":"static_select","selected_option":null}},
			"empty":{"e":{"type":"plain_text_input","value":null}},
			"row":{"b":{"type":"static_select","selected_option":{"value":"second"}},"a":{"type":"static_select","selected_option":{"value":"first"}}},
			"many":{"c":{"type":"checkboxes","selected_options":[{"value":"x"},{"value":"y"}]}}}}},"response_urls":[]}`
	closing    = `{"type":"view_closed","team":{"id":"T1"},"user":{"id":"U1"},"view":{"id":"V1","callback_id":"paying"},"is_cleared":true}`
	suggestion = `{"type":"block_suggestion","team":{"id":"T1"},"user":{"id":"U1"},"action_id":"look","block_id":"find","value":"INV","view":{"id":"V1"}}`
	homeOpened = `{"type":"event_callback","team_id":"T1","event_id":"Ev1","authorizations":[{"team_id":"T2","enterprise_id":"E1"}],
		"event":{"type":"app_home_opened","user":"U1","tab":"home","view":{"id":"V1"}}}`
	uninstalled = `{"type":"event_callback","team_id":"T1","event_id":"Ev2","event":{"type":"app_uninstalled"}}`
	slashJSON   = `{"command":"/invoices","text":" due ","team_id":"T1","user_id":"U1","channel_id":"C1","trigger_id":"t","response_url":"https://x.example/","is_enterprise_install":"false"}`
)

func TestEveryPayloadBecomesItsClick(t *testing.T) {
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	none := map[string]string{}
	for name, c := range map[string]struct {
		parse func([]byte, time.Time) (Click, error)
		raw   string
		want  Click
	}{
		"a press in a message": {parseInteraction, pressInMessage, Click{Kind: Press, Team: "T1", User: "U1", Action: "pay", Block: "row", Value: "inv_1",
			Fields: none, Channel: "C1", ThreadTS: "1.1", Trigger: "1.2.abc", answerURL: "https://hooks.slack.example/actions/T1/1/x", teams: []string{"T1", "T1", "T1"}}},
		"a choice in a Grid's Home": {parseInteraction, chooseInGrid, Click{Kind: Press, Team: "T8", User: "W1", Enterprise: "E1", Action: "later", Block: "b", Value: "3d",
			ViewID: "V1", ViewHash: "1.x", Fields: none, Trigger: "t", teams: []string{"T8", "T9"}, org: true}},
		"a submission": {parseInteraction, submission, Click{Kind: Submit, Team: "T1", User: "U1", Callback: "paying", Meta: "inv_1", ViewID: "V1", ViewHash: "1.x", Trigger: "t",
			Fields: map[string]string{"method": "pm_1", "reference": "bank 7", "none": "", "empty": "", "row": "first", "many": "x,y"}, teams: []string{"T1", "T1", "T1"}}},
		"a closed modal": {parseInteraction, closing, Click{Kind: shortcut, Team: "T1", User: "U1", Callback: "paying", ViewID: "V1", Fields: none, teams: []string{"T1"}}},
		"a suggestion":   {parseInteraction, suggestion, Click{Kind: Suggest, Team: "T1", User: "U1", Action: "look", Block: "find", Value: "INV", ViewID: "V1", Fields: none, teams: []string{"T1"}}},
		"App Home":       {parseEvent, homeOpened, Click{Kind: Home, Action: "app_home_opened", Team: "T2", User: "U1", Enterprise: "E1", ViewID: "V1", Fields: none, teams: []string{"T2", "T1"}}},
		"the app's end":  {parseEvent, uninstalled, Click{Kind: event, Action: "app_uninstalled", Team: "T1", Fields: none, teams: []string{"T1"}, removed: true}},
		"a command": {parseCommand, slashJSON, Click{Kind: Command, Action: "/invoices", Text: "due", Team: "T1", User: "U1", Channel: "C1", Trigger: "t",
			answerURL: "https://x.example/", Fields: none, teams: []string{"T1"}}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := c.parse([]byte(c.raw), now)
			if err != nil {
				t.Fatal(err)
			}
			c.want.At = now
			if got.ID == "" {
				t.Error("it has no id")
			}
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(Click{}), cmpopts.IgnoreFields(Click{}, "ID")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTheSameCommandIsReadFromFormAndJSON(t *testing.T) {
	now := time.Now()
	fromJSON, _ := parseCommand([]byte(slashJSON), now)
	fromForm, err := parseCommandForm(url.Values{"command": {"/invoices"}, "text": {" due "}, "team_id": {"T1"}, "user_id": {"U1"},
		"channel_id": {"C1"}, "trigger_id": {"t"}, "response_url": {"https://x.example/"}, "is_enterprise_install": {"false"}}, now)
	if diff := cmp.Diff(fromJSON, fromForm, cmp.AllowUnexported(Click{})); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

func TestOneIdIsOneClick(t *testing.T) {
	id := func(raw string) string {
		c, err := parseInteraction([]byte(raw), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		return c.ID
	}
	same := strings.Replace(pressInMessage, `"text":"Pay"`, `"text":"Paid"`, 1)
	again := strings.Clone(pressInMessage)
	if id(again) != id(pressInMessage) || id(same) != id(pressInMessage) {
		t.Error("a duplicate has another id")
	}
	for _, change := range [][2]string{{`"trigger_id":"1.2.abc"`, `"trigger_id":"1.2.abd"`}, {`"action_ts":"3.1"`, `"action_ts":"3.2"`}, {`"user":{"id":"U1"`, `"user":{"id":"U2"`}, {`"pay"`, `"later"`}} {
		if other := strings.Replace(pressInMessage, change[0], change[1], 1); id(other) == id(pressInMessage) {
			t.Errorf("with %s it has the same id", change[1])
		}
	}
}

func TestAFieldOfAnotherTypeDoesNotLoseTheClick(t *testing.T) {
	odd := strings.NewReplacer(`"is_enterprise_install":false`, `"is_enterprise_install":"no"`, `"channel":{"id":"C1","name":"finance"}`, `"channel":7`).Replace(pressInMessage)
	c, err := parseInteraction([]byte(odd), time.Now())
	if err != nil || c.Action != "pay" || c.Channel != "C1" {
		t.Errorf("%+v, %v", c, err)
	}
}

func FuzzClick(f *testing.F) {
	for _, seed := range []string{pressInMessage, chooseInGrid, submission, closing, suggestion, homeOpened, uninstalled, slashJSON, `{}`, `[]`, `null`, `{"type":"block_actions","user":{"id":"U1"},"actions":[]}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		now := time.Now()
		for _, parse := range []func([]byte, time.Time) (Click, error){parseInteraction, parseCommand, parseEvent} {
			c, err := parse(raw, now)
			if err != nil {
				continue
			}
			again, _ := parse(raw, now)
			switch {
			case c.ID == "" || c.ID != again.ID:
				t.Errorf("the ids are %q and %q", c.ID, again.ID)
			case c.User == "" && c.Kind != event:
				t.Errorf("a %s by nobody", c.Kind)
			case c.Fields == nil || c.Kind == "":
				t.Errorf("half a click: %+v", c)
			}
			if seen := c.String() + c.LogValue().String(); len(c.Trigger) > 8 && !strings.Contains(c.User+c.Action+c.Callback+c.Channel, c.Trigger) && strings.Contains(seen, c.Trigger) {
				t.Error("the trigger is shown")
			}
		}
	})
}
