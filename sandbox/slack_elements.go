package sandbox

import (
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// placed is an interactive element together with where it stands.
type placed struct {
	block, action string
	element       object
	input         object // the input block around it, or nil
}

// elementsIn lists the interactive elements of blocks, in order.
func elementsIn(raw json.RawMessage) []placed {
	var found []placed
	for _, block := range readBlocks(raw) {
		id, _ := block["block_id"].(string)
		var input object
		if kindOf(block) == "input" {
			input = block
		}
		gather(block, func(e object) {
			action, _ := e["action_id"].(string)
			found = append(found, placed{id, action, e, input})
		})
	}
	return found
}

// gather calls found for every interactive element inside v; the order of lists is kept.
func gather(v any, found func(object)) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			gather(item, found)
		}
	case object:
		if interactive(kindOf(v)) {
			found(v)
			return
		}
		for _, name := range []string{"elements", "accessory", "element", "actions", "children", "blocks"} {
			gather(v[name], found)
		}
	}
}

// locate finds the element of a spot; an empty block is any, as long as the action_id is there once.
func locate(raw json.RawMessage, block, action string) (placed, bool) {
	var hit []placed
	for _, e := range elementsIn(raw) {
		if e.action == action && (block == "" || block == e.block) {
			hit = append(hit, e)
		}
	}
	if len(hit) != 1 {
		return placed{}, false
	}
	return hit[0], true
}

// option finds the option of a menu by its value, also among those that the bot offered for an external_select.
func option(e object, offered []object, value string) (object, bool) {
	for _, o := range optionsIn(e) {
		if o, ok := o.(object); ok && o["value"] == value {
			return o, true
		}
	}
	for _, o := range offered {
		if o["value"] == value {
			return o, true
		}
	}
	if first, ok := e["initial_option"].(object); ok && first["value"] == value {
		return first, true
	}
	return nil, false
}

// choice is the value that chosen or written texts have in an element: an option, a list of them, or the text itself. None, or
// only empty ones, clear it.
func choice(e object, offered []object, texts []string) (any, bool) {
	field := stateField[kindOf(e)]
	if kindOf(e) == "overflow" {
		field = "selected_option"
	}
	texts = slices.DeleteFunc(slices.Clone(texts), func(text string) bool { return text == "" })
	var values []any
	for _, text := range texts {
		if strings.HasPrefix(field, "selected_option") {
			o, ok := option(e, offered, text)
			if !ok {
				return nil, false
			}
			values = append(values, o)
		} else if field == "selected_date_time" {
			seconds, err := strconv.Atoi(text)
			if err != nil {
				return nil, false
			}
			values = append(values, seconds)
		} else {
			values = append(values, text)
		}
	}
	switch {
	case field == "" || field == "files" || field == "rich_text_value":
		return nil, false
	case strings.HasSuffix(field, "s"):
		return append([]any{}, values...), true
	case len(values) == 0:
		return nil, true
	}
	return values[0], len(values) == 1
}

// empty says whether nothing is chosen or written.
func empty(v any) bool {
	if v == nil || v == "" {
		return true
	}
	list := reflect.ValueOf(v)
	return list.Kind() == reflect.Slice && list.Len() == 0
}

// stateField is where an element keeps what a person chose or wrote, in state.values and in an action.
var stateField = map[string]string{
	"plain_text_input": "value", "number_input": "value", "email_text_input": "value", "url_text_input": "value", "rich_text_input": "rich_text_value",
	"static_select": "selected_option", "external_select": "selected_option", "radio_buttons": "selected_option", "checkboxes": "selected_options",
	"multi_static_select": "selected_options", "multi_external_select": "selected_options", "users_select": "selected_user",
	"multi_users_select": "selected_users", "conversations_select": "selected_conversation", "multi_conversations_select": "selected_conversations",
	"channels_select": "selected_channel", "multi_channels_select": "selected_channels", "datepicker": "selected_date", "timepicker": "selected_time",
	"datetimepicker": "selected_date_time", "file_input": "files",
}

// stateOf lists what the elements of blocks hold: what they held before, else what they begin with.
func stateOf(blocks json.RawMessage, before map[string]map[string]object) map[string]map[string]object {
	state := map[string]map[string]object{}
	for _, e := range elementsIn(blocks) {
		kind := kindOf(e.element)
		field := stateField[kind]
		if field == "" {
			continue
		}
		if state[e.block] == nil {
			state[e.block] = map[string]object{}
		}
		held := object{"type": kind, field: e.element["initial_"+strings.TrimPrefix(field, "selected_")]}
		if held[field] == nil && strings.HasSuffix(field, "s") {
			held[field] = []any{}
		} else if held[field] == nil && field == "rich_text_value" {
			delete(held, field) // @slack/bolt's ViewStateValue: it is there or not, and never null.
		}
		if old := before[e.block][e.action]; old["type"] == kind {
			held = old
		}
		state[e.block][e.action] = held
	}
	return state
}
