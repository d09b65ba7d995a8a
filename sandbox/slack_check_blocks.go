package sandbox

import (
	"maps"
	"slices"
)

// The blocks and views that Slack knows, with their limits (https://docs.slack.dev/reference/block-kit/blocks and the types of
// npm @slack/types 3.2.0).

var (
	modal = shape{
		"type!": anything, "title!": plain(24), "submit": plain(24), "close": plain(24), "blocks!": list(0, mostViewBlocks, block),
		"private_metadata": chars(0, 3000), "callback_id": chars(0, 255), "external_id": chars(0, 255),
		"clear_on_close": boolean, "notify_on_close": boolean,
	}
	home = shape{
		"type!": anything, "blocks!": list(0, mostViewBlocks, block),
		"private_metadata": chars(0, 3000), "callback_id": chars(0, 255), "external_id": chars(0, 255),
	}
)

// blockKind is one type of block: where it may stand, and what it is made of. Without fields it is known but not looked into.
type blockKind struct {
	surfaces []string
	fields   shape
}

var (
	everywhere = []string{"message", "modal", "home"}
	inMessages = []string{"message"}
	inModals   = []string{"modal"}
)

var kinds = map[string]blockKind{
	"actions":         {everywhere, shape{"elements!": list(1, 25, element(inActions...))}},
	"alert":           {inModals, shape{"text!": text(200), "level": oneOf("default", "info", "warning", "error", "success")}},
	"context":         {everywhere, shape{"elements!": list(1, 10, inContext)}},
	"context_actions": {inMessages, shape{"elements!": list(1, 5, element("feedback_buttons", "icon_button"))}},
	"divider":         {everywhere, shape{}},
	"file":            {inMessages, shape{"external_id!": chars(1, 255), "source!": oneOf("remote")}},
	"header":          {everywhere, shape{"text!": plain(150), "level": number(1, 4)}},
	"image":           {everywhere, shape{"alt_text!": chars(1, 2000), "image_url": chars(1, 3000), "slack_file": anything, "title": plain(2000)}},
	"input": {everywhere, shape{
		"label!": plain(2000), "element!": element(inInput...), "hint": plain(2000), "optional": boolean, "dispatch_action": boolean}},
	"markdown":  {inMessages, shape{"text!": markdown}},
	"rich_text": {everywhere, shape{"elements!": list(1, 1000, richPart)}},
	"section": {everywhere, shape{
		"text": text(3000), "fields": list(1, 10, text(2000)), "accessory": element(inSection...), "expand": boolean}},
	"table": {inMessages, shape{"rows!": list(1, 100, list(1, 20, cell)), "column_settings": list(0, 20, column)}},
	"video": {everywhere, shape{
		"alt_text!": chars(1, 2000), "title!": plain(200), "thumbnail_url!": chars(1, 3000), "video_url!": chars(1, 3000), "author_name": chars(0, 50),
		"description": plain(200), "provider_icon_url": chars(0, 3000), "provider_name": chars(0, 50), "title_url": chars(0, 3000)}},

	// Rolled out in phases in 2026; the sandbox takes them without looking inside.
	"call": {inMessages, nil}, "card": {everywhere, nil}, "carousel": {inMessages, nil}, "container": {inMessages, nil}, "data_table": {inMessages, nil},
	"data_visualization": {inMessages, nil}, "layout": {inMessages, nil}, "plan": {inMessages, nil}, "task_card": {inMessages, nil},
}

// block checks any block.
func block(c *checker, at string, v any) {
	o, _ := v.(object)
	kind, known := kinds[kindOf(v)]
	if !known {
		c.add(at, "unsupported type: %s", kindOf(v))
		return
	}
	if !slices.Contains(kind.surfaces, c.surface) {
		c.add(at, "unsupported type: %s cannot be used in a %s", kindOf(v), c.surface)
	}
	c.blockID(at, o)
	c.actions = map[string]bool{}
	if kind.fields != nil {
		want := maps.Clone(kind.fields)
		want["type!"], want["block_id"] = anything, anything
		c.fields(at, o, want)
	}
	c.together(at, o)
}

func (c *checker) blockID(at string, o object) {
	id, given := o["block_id"]
	if !given {
		return
	}
	chars(0, 255)(c, at+"/block_id", id)
	if name, _ := id.(string); name != "" {
		if c.ids[name] {
			c.add(at+"/block_id", "block_id %q already exists", name)
		}
		c.ids[name] = true
	}
}

// together holds a block against the rules that its fields make with one another and with other blocks.
func (c *checker) together(at string, o object) {
	switch o["type"] {
	case "section":
		if o["text"] == nil && o["fields"] == nil {
			c.add(at, "missing required field: text or fields")
		}
	case "image":
		if (o["image_url"] == nil) == (o["slack_file"] == nil) {
			c.add(at, "must provide one of image_url and slack_file")
		}
	case "input":
		c.inputs++
	case "table", "data_table":
		if c.tables++; c.tables == 2 {
			c.add(at, "only_one_table_allowed")
		}
	}
}

// markdown is the text of a markdown block: 12,000 characters over all of them.
func markdown(c *checker, at string, v any) {
	chars(1, 12_000)(c, at, v)
	if text, ok := v.(string); ok {
		c.markdown += len([]rune(text))
		c.length += len([]rune(text))
	}
	if c.markdown > 12_000 {
		c.add(at, "must be less than 12001 characters over all markdown blocks")
	}
}

func inContext(c *checker, at string, v any) {
	if kindOf(v) == "image" {
		c.fields(at, v, elements["image"])
		return
	}
	text(3000)(c, at, v)
}

// cell is one cell of a table.
func cell(c *checker, at string, v any) {
	switch kindOf(v) {
	case "raw_text":
		c.fields(at, v, shape{"type!": anything, "text!": counted})
	case "raw_number":
		c.fields(at, v, shape{"type!": anything, "value!": number(-1e15, 1e15), "text!": counted})
	case "rich_text":
		c.fields(at, v, shape{"type!": anything, "elements!": list(1, 1000, richPart), "block_id": chars(0, 255)})
	default:
		c.add(at, "unsupported type: %s", kindOf(v))
	}
}

// column is how one column of a table looks; null keeps the default.
func column(c *checker, at string, v any) {
	if v != nil {
		c.fields(at, v, shape{"align": oneOf("left", "center", "right"), "is_wrapped": boolean})
	}
}

// counted is text that cannot be empty and counts toward the length of the message.
func counted(c *checker, at string, v any) {
	chars(1, 3000)(c, at, v)
	text, _ := v.(string)
	c.length += len([]rune(text))
}

var richStyle = shape{"bold": boolean, "italic": boolean, "strike": boolean, "code": boolean, "underline": boolean, "highlight": boolean,
	"client_highlight": boolean, "unlink": boolean}

var richLeaves = map[string]shape{
	"broadcast": {"range!": oneOf("here", "channel", "everyone")},
	"channel":   {"channel_id!": chars(1, 20)},
	"color":     {"value!": chars(1, 20)},
	"date":      {"timestamp!": number(0, 1e12), "format!": chars(1, 255), "url": chars(1, 3000), "fallback": chars(1, 3000)},
	"emoji":     {"name!": chars(1, 100), "unicode": anything, "skin_tone": anything, "url": anything},
	"link":      {"url!": chars(1, 3000), "text": counted, "unsafe": boolean},
	"team":      {"team_id!": chars(1, 20)},
	"text":      {"text!": counted},
	"user":      {"user_id!": chars(1, 20)},
	"usergroup": {"usergroup_id!": chars(1, 20)},
}

// richPart is a paragraph, list, quote or listing of a rich_text block.
func richPart(c *checker, at string, v any) {
	switch kindOf(v) {
	case "rich_text_section", "rich_text_quote", "rich_text_preformatted":
		c.fields(at, v, shape{
			"type!": anything, "elements!": list(0, 1000, richLeaf), "border": number(0, 1), "language": chars(0, 50)})
	case "rich_text_list":
		c.fields(at, v, shape{
			"type!": anything, "elements!": list(1, 1000, richPart), "style!": oneOf("bullet", "ordered"), "indent": number(0, 8),
			"offset": number(0, 1e6), "border": number(0, 1)})
	default:
		c.add(at, "unsupported type: %s", kindOf(v))
	}
}

func richLeaf(c *checker, at string, v any) {
	want, known := richLeaves[kindOf(v)]
	if !known {
		c.add(at, "unsupported type: %s", kindOf(v))
		return
	}
	want = maps.Clone(want)
	want["type!"], want["style"] = anything, of(richStyle)
	c.fields(at, v, want)
}
