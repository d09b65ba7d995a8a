package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// BlockError is one place where a message or view breaks a rule of Block Kit. Its text is worded as Slack's is:
// "must be less than 3001 characters [json-pointer:/blocks/0/text/text]".
type BlockError struct {
	Pointer string // RFC 6901, from the top of the payload
	Rule    string
}

func (e *BlockError) Error() string { return e.Rule + " [json-pointer:" + e.Pointer + "]" }

// errTooLong is found when all blocks of a message together are too long: msg_blocks_too_long.
var errTooLong = errors.New("the blocks of a message may hold about 13,200 characters together [json-pointer:/blocks]")

// Limits of whole payloads (https://docs.slack.dev/reference/block-kit/blocks, https://docs.slack.dev/reference/views). The
// sum over all blocks of a message is observed, not documented.
const (
	mostMessageBlocks = 50
	mostViewBlocks    = 100
	longestMessage    = 13_200
	largestView       = 250_000
)

// ValidateMessage holds a message, as JSON with "text" and "blocks" (or the array of blocks alone), against every limit that
// Slack documents, and returns all that it breaks; nil means that Slack takes it, in chat.update as well. The errors are
// *BlockError, but for the sum over all blocks.
func ValidateMessage(raw json.RawMessage) []error {
	if strings.HasPrefix(strings.TrimSpace(string(raw)), "[") {
		return checkBlocks(raw, "message", "/blocks")
	}
	var message struct {
		Text   string          `json:"text"`
		Blocks json.RawMessage `json:"blocks"`
	}
	if err := json.Unmarshal(raw, &message); err != nil {
		return []error{&BlockError{"", "must provide an object: " + err.Error()}}
	}
	var found []error
	if utf8.RuneCountInString(message.Text) > longestUpdate {
		found = append(found, &BlockError{"/text", fmt.Sprintf("must be less than %d characters", longestUpdate+1)})
	}
	if len(message.Blocks) > 0 && string(message.Blocks) != "null" {
		return append(found, checkBlocks(message.Blocks, "message", "/blocks")...)
	}
	if message.Text == "" {
		found = append(found, &BlockError{"/text", "no_text"})
	}
	return found
}

// ValidateView holds a modal or a Home view against every limit that Slack documents, and returns all that it breaks; nil means
// that Slack takes it. The errors are *BlockError.
func ValidateView(raw json.RawMessage) []error { return checkView(raw, "") }

func checkView(raw json.RawMessage, at string) []error {
	var view object
	if err := json.Unmarshal(raw, &view); err != nil {
		return []error{&BlockError{at, "must provide an object"}}
	}
	kind, _ := view["type"].(string)
	c := &checker{surface: kind, ids: map[string]bool{}}
	switch kind {
	case "modal":
		c.fields(at, view, modal)
	case "home":
		c.fields(at, view, home)
	default:
		c.add(at+"/type", "must be a valid enum value")
		return c.found
	}
	if len(raw) > largestView {
		c.add(at, "view_too_large")
	}
	if c.inputs > 0 && kind == "modal" && view["submit"] == nil {
		c.add(at+"/submit", "missing required field: submit, because there is an input block")
	}
	return c.found
}

func checkBlocks(raw json.RawMessage, surface, at string) []error {
	var blocks any
	if err := json.Unmarshal(raw, &blocks); err != nil {
		return []error{&BlockError{at, "must provide an array"}}
	}
	c := &checker{surface: surface, ids: map[string]bool{}}
	list(0, mostMessageBlocks, block)(c, at, blocks)
	if c.length > longestMessage {
		c.found = append(c.found, errTooLong)
	}
	return c.found
}

// checker walks over one payload and collects what is wrong with it.
type checker struct {
	surface  string // message, modal or home
	found    []error
	ids      map[string]bool // block_ids so far
	actions  map[string]bool // action_ids of this block so far
	length   int             // characters of all text so far
	markdown int             // characters of all markdown blocks so far
	tables   int
	inputs   int
}

func (c *checker) add(at, rule string, args ...any) {
	c.found = append(c.found, &BlockError{at, fmt.Sprintf(rule, args...)})
}

// check holds one value against one rule.
type check func(c *checker, at string, v any)

// shape names the fields that an object may have. A name that ends in ! is required.
type shape map[string]check

// fields checks an object: nothing missing, nothing unknown, every value in order.
func (c *checker) fields(at string, v any, want shape) {
	o, ok := v.(object)
	if !ok {
		c.add(at, "must provide an object")
		return
	}
	// In order, so that the same payload always gets the same answer.
	for _, full := range slices.Sorted(maps.Keys(want)) {
		check := want[full]
		name, required := strings.CutSuffix(full, "!")
		if value, there := o[name]; there {
			check(c, at+"/"+name, value)
		} else if required {
			c.add(at, "missing required field: %s", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(o)) {
		if want[name] == nil && want[name+"!"] == nil {
			c.add(at, "invalid additional property: %s", name)
		}
	}
}

// chars is text of shortest to longest characters.
func chars(shortest, longest int) check {
	return func(c *checker, at string, v any) {
		text, ok := v.(string)
		n := utf8.RuneCountInString(text)
		switch {
		case !ok:
			c.add(at, "must provide a string")
		case n < shortest:
			c.add(at, "must be more than %d characters", shortest-1)
		case n > longest:
			c.add(at, "must be less than %d characters", longest+1)
		}
	}
}

// list is an array of fewest to most items.
func list(fewest, most int, item check) check {
	return func(c *checker, at string, v any) {
		items, ok := v.([]any)
		switch {
		case !ok:
			c.add(at, "must provide an array")
		case len(items) < fewest:
			c.add(at, "no less than %d items allowed", fewest)
		case len(items) > most:
			c.add(at, "no more than %d items allowed", most)
		}
		for i, one := range items {
			item(c, fmt.Sprintf("%s/%d", at, i), one)
		}
	}
}

func oneOf(values ...any) check {
	return func(c *checker, at string, v any) {
		for _, value := range values {
			if v == value {
				return
			}
		}
		c.add(at, "must be a valid enum value")
	}
}

func boolean(c *checker, at string, v any) {
	if _, ok := v.(bool); !ok {
		c.add(at, "must provide a boolean")
	}
}

func number(least, most float64) check {
	return func(c *checker, at string, v any) {
		if n, ok := v.(float64); !ok || n < least || n > most {
			c.add(at, "must be a number between %.0f and %.0f", least, most)
		}
	}
}

func anything(*checker, string, any) {}

// of is an object of that shape.
func of(want shape) check {
	return func(c *checker, at string, v any) { c.fields(at, v, want) }
}

// kindOf returns the type of a block, an element or a text object.
func kindOf(v any) string {
	o, _ := v.(object)
	kind, _ := o["type"].(string)
	return kind
}
