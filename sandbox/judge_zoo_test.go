package sandbox_test

import (
	"strings"

	"kvitt/sandbox"
)

// choices are what asha chooses or writes in each element of sandbox/judge/zoo.mjs.
var choices = map[string][]string{
	"button": nil, "icon_button": nil, "overflow": {"b"}, "static_select": {"c"}, "radio_buttons": {"a"}, "checkboxes": {"a", "b"}, "multi_static_select": {"b", "c"},
	"external_select": {"acme"}, "multi_external_select": {"acme", "nordlys"}, "users_select": {asha}, "multi_users_select": {asha, bo},
	"conversations_select": {finance}, "multi_conversations_select": {finance}, "channels_select": {finance}, "multi_channels_select": {finance},
	"datepicker": {"2026-03-11"}, "timepicker": {"10:30"}, "datetimepicker": {"1773136800"}, "plain_text_input": {"Hei"}, "number_input": {"7"},
	"email_text_input": {"asha@fjord.example"}, "url_text_input": {"https://fjord.example"},
}

// zoo presses, chooses and fills in one of everything.
func (j *trial) zoo() {
	j.command("zoo")
	for _, e := range j.top().Elements() {
		if values, can := choices[e.Type]; can {
			j.suggested(e)
			j.can(j.Input(j.Context(), asha, e.Spot, values...))
			if e.Type == "plain_text_input" {
				j.heard("action zoo_plain_text_input")
			}
		}
	}
	j.can(j.Submit(j.Context(), asha, j.top().ID))
	if j.heard("view zoo"); len(j.Modals(asha)) != 0 {
		j.Error("the zoo stayed open")
	}
	m, pressed := j.said("The zoo"), 0
	for _, e := range m.Elements() {
		if values, can := choices[e.Type]; can {
			j.suggested(e)
			j.press(m, e.Action, values...)
			pressed++
		}
	}
	if pressed != 18 {
		j.Errorf("%d elements of the zoo were pressed", pressed)
	}
}

// suggested has Bolt offer the options of a menu that asks for them.
func (j *trial) suggested(e sandbox.Element) {
	j.Helper()
	if !strings.Contains(e.Type, "external") {
		return
	}
	found, err := j.Options(j.Context(), asha, e.Spot, "a")
	if j.can(err); len(found) != 2 {
		j.Errorf("%s was offered %v", e.Type, found)
	}
	j.heard("options " + e.Action)
}
