package sandbox

import (
	"maps"
	"reflect"
	"slices"
)

// The elements and composition objects that blocks are made of (https://docs.slack.dev/reference/block-kit/block-elements).

var (
	selects      = []string{"static_select", "external_select", "users_select", "conversations_select", "channels_select"}
	multiSelects = []string{"multi_static_select", "multi_external_select", "multi_users_select", "multi_conversations_select", "multi_channels_select"}
	choices      = []string{"checkboxes", "radio_buttons", "datepicker", "timepicker"}

	inActions = slices.Concat(selects, multiSelects, choices, []string{"button", "overflow", "datetimepicker", "workflow_button", "rich_text_input"})
	inSection = slices.Concat(selects, multiSelects, choices, []string{"button", "overflow", "image", "workflow_button"})
	inInput   = slices.Concat(selects, multiSelects, choices, []string{
		"plain_text_input", "number_input", "email_text_input", "url_text_input", "rich_text_input", "datetimepicker", "file_input"})
)

var style = oneOf("primary", "danger")

// with adds fields to a shape.
func with(base shape, more ...shape) shape {
	out := maps.Clone(base)
	for _, m := range more {
		maps.Copy(out, m)
	}
	return out
}

var (
	menu     = shape{"placeholder": plain(150), "confirm": confirm, "focus_on_load": boolean}
	several  = with(menu, shape{"max_selected_items": number(1, 1000)})
	typed    = shape{"placeholder": plain(150), "initial_value": chars(0, 3000), "focus_on_load": boolean, "dispatch_action_config": anything}
	static   = shape{"options": list(1, 100, plainOption), "option_groups": list(1, 100, group)}
	external = shape{"min_query_length": number(0, 1000)}
	filtered = shape{"filter": anything, "default_to_current_conversation": boolean, "response_url_enabled": boolean}
)

var elements = map[string]shape{
	"button": {"text!": plain(75), "url": chars(1, 3000), "value": chars(0, 2000), "style": style, "confirm": confirm,
		"accessibility_label": chars(0, 75)},
	"workflow_button": {"text!": plain(75), "workflow!": anything, "style": style, "accessibility_label": chars(0, 75)},
	"icon_button": {"icon!": oneOf("trash"), "text!": plain(75), "value": chars(0, 2000), "confirm": confirm, "accessibility_label": chars(0, 75),
		"visible_to_user_ids": list(0, 100, chars(1, 20))},
	"feedback_buttons": {"positive_button!": feedback, "negative_button!": feedback},
	"image":            {"type!": anything, "alt_text!": chars(1, 2000), "image_url": chars(1, 3000), "slack_file": anything},
	"overflow":         {"options!": list(1, 5, plainOption), "confirm": confirm},
	"radio_buttons":    {"options!": list(1, 10, anyOption), "initial_option": anything, "confirm": confirm, "focus_on_load": boolean},
	"checkboxes":       {"options!": list(1, 10, anyOption), "initial_options": list(1, 10, anything), "confirm": confirm, "focus_on_load": boolean},

	"static_select":              with(menu, static, shape{"initial_option": anything}),
	"external_select":            with(menu, external, shape{"initial_option": plainOption}),
	"users_select":               with(menu, shape{"initial_user": chars(1, 20)}),
	"conversations_select":       with(menu, filtered, shape{"initial_conversation": chars(1, 20)}),
	"channels_select":            with(menu, shape{"initial_channel": chars(1, 20), "response_url_enabled": boolean}),
	"multi_static_select":        with(several, static, shape{"initial_options": list(1, 100, anything)}),
	"multi_external_select":      with(several, external, shape{"initial_options": list(1, 100, plainOption)}),
	"multi_users_select":         with(several, shape{"initial_users": list(1, 100, chars(1, 20))}),
	"multi_conversations_select": with(several, filtered, shape{"initial_conversations": list(1, 100, chars(1, 20))}),
	"multi_channels_select":      with(several, shape{"initial_channels": list(1, 100, chars(1, 20))}),

	"datepicker":     with(menu, shape{"initial_date": chars(10, 10)}),
	"timepicker":     with(menu, shape{"initial_time": chars(5, 5), "timezone": chars(1, 100)}),
	"datetimepicker": {"initial_date_time": number(1e9, 9999999999), "confirm": confirm, "focus_on_load": boolean},

	"plain_text_input": with(typed, shape{"multiline": boolean, "min_length": number(0, 3000), "max_length": number(1, 3000)}),
	"number_input":     with(typed, shape{"is_decimal_allowed!": boolean, "min_value": chars(1, 100), "max_value": chars(1, 100)}),
	"email_text_input": typed,
	"url_text_input":   typed,
	"rich_text_input":  with(typed, shape{"initial_value": anything, "min_lines": number(1, 100), "max_lines": number(1, 100)}),
	"file_input":       {"filetypes": list(0, 100, chars(1, 20)), "max_files": number(1, 10)},
}

// element is any of the named elements, with an action_id that no other element of the block has.
func element(allowed ...string) check {
	return func(c *checker, at string, v any) {
		kind := kindOf(v)
		if !slices.Contains(allowed, kind) {
			c.add(at, "unsupported type: %s", kind)
			return
		}
		o := v.(object)
		want := with(elements[kind], shape{"type!": anything})
		if kind != "image" {
			want["action_id"] = c.actionID
		}
		c.fields(at, o, want)
		c.optionsOf(at, o)
	}
}

func (c *checker) actionID(_ *checker, at string, v any) {
	chars(0, 255)(c, at, v)
	if name, _ := v.(string); name != "" {
		if c.actions[name] {
			c.add(at, "action_id %q already exists in this block", name)
		}
		c.actions[name] = true
	}
}

// optionsOf holds the options of a menu together: one kind of list, and what is chosen at first must be in it, exactly.
func (c *checker) optionsOf(at string, o object) {
	kind := kindOf(o)
	if (kind == "static_select" || kind == "multi_static_select") && (o["options"] == nil) == (o["option_groups"] == nil) {
		c.add(at, "must provide one of options and option_groups")
	}
	if kind == "external_select" || kind == "multi_external_select" {
		return
	}
	first, _ := o["initial_options"].([]any)
	if o["initial_option"] != nil {
		first = append(first, o["initial_option"])
	}
	options := optionsIn(o)
	for _, chosen := range first {
		if !slices.ContainsFunc(options, func(option any) bool { return reflect.DeepEqual(option, chosen) }) {
			c.add(at, "initial_option must equal one of the options exactly")
		}
	}
}

// optionsIn lists the options of a menu, those of its groups included.
func optionsIn(o object) []any {
	options, _ := o["options"].([]any)
	groups, _ := o["option_groups"].([]any)
	for _, g := range groups {
		if g, ok := g.(object); ok {
			options = append(slices.Clip(options), optionsIn(g)...)
		}
	}
	return options
}

// plain is a plain_text object, text one that may be mrkdwn as well.
func plain(longest int) check {
	return func(c *checker, at string, v any) {
		if kind := kindOf(v); kind != "plain_text" {
			c.add(at+"/type", "must be a valid enum value")
			return
		}
		text(longest)(c, at, v)
	}
}

func text(longest int) check {
	return func(c *checker, at string, v any) {
		words := func(c *checker, at string, v any) {
			chars(1, longest)(c, at, v)
			s, _ := v.(string)
			c.length += len([]rune(s))
		}
		switch kindOf(v) {
		case "plain_text":
			c.fields(at, v, shape{"type!": anything, "text!": words, "emoji": boolean})
		case "mrkdwn":
			c.fields(at, v, shape{"type!": anything, "text!": words, "verbatim": boolean})
		default:
			c.add(at+"/type", "must be a valid enum value")
		}
	}
}

func confirm(c *checker, at string, v any) {
	c.fields(at, v, shape{"title": plain(100), "text!": text(300), "confirm": plain(30), "deny": plain(30), "style": style})
}

func plainOption(c *checker, at string, v any) {
	c.fields(at, v, shape{"text!": plain(75), "value!": chars(1, 150), "description": plain(75), "url": chars(1, 3000)})
}

func anyOption(c *checker, at string, v any) {
	c.fields(at, v, shape{"text!": text(75), "value!": chars(1, 150), "description": text(75)})
}

func group(c *checker, at string, v any) {
	c.fields(at, v, shape{"label!": plain(75), "options!": list(1, 100, plainOption)})
}

func feedback(c *checker, at string, v any) {
	c.fields(at, v, shape{"text!": plain(75), "value!": chars(0, 2000), "accessibility_label": chars(0, 75)})
}
