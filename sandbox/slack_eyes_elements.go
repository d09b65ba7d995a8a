package sandbox

import (
	"slices"
	"strings"
)

// Element is something to press or to fill in.
type Element struct {
	Spot
	Type    string // button, static_select, plain_text_input, …
	Label   string // of a button; else of the input block around it, or the placeholder
	Value   string // of a button
	URL     string // of a button that is a link
	Style   string // primary, danger or empty
	Options []Option
}

// Elements lists what there is to press in a message, in order.
func (m Message) Elements() []Element {
	return listed(elementsIn(m.Blocks), Spot{Channel: m.Channel, TS: m.TS})
}

// Elements lists what there is to press and to fill in in a view, in order.
func (v View) Elements() []Element { return listed(elementsIn(v.Blocks), Spot{View: v.ID}) }

func listed(found []placed, at Spot) []Element {
	var out []Element
	for _, e := range found {
		at.Block, at.Action = e.block, e.action
		label := textOf(e.element["text"])
		if label == "" {
			label = textOf(e.input["label"])
		}
		if label == "" {
			label = textOf(e.element["placeholder"])
		}
		one := Element{Spot: at, Type: kindOf(e.element), Label: label}
		one.Value, _ = e.element["value"].(string)
		one.URL, _ = e.element["url"].(string)
		one.Style, _ = e.element["style"].(string)
		for _, o := range optionsIn(e.element) {
			o, _ := o.(object)
			value, _ := o["value"].(string)
			one.Options = append(one.Options, Option{textOf(o["text"]), value})
		}
		out = append(out, one)
	}
	return out
}

// Find returns the first element that has the given action_id or label.
func (m Message) Find(name string) (Element, bool) { return pick(m.Elements(), name) }

// Find returns the first element that has the given action_id or label.
func (v View) Find(name string) (Element, bool) { return pick(v.Elements(), name) }

func pick(all []Element, name string) (Element, bool) {
	i := slices.IndexFunc(all, func(e Element) bool { return e.Action == name || e.Label == name })
	if i < 0 {
		return Element{}, false
	}
	return all[i], true
}

// Words returns all text that the blocks show, one piece a line.
func (m Message) Words() string { return wordsIn(m.Blocks) }

// Words returns all text that the view shows, its title first, one piece a line.
func (v View) Words() string { return v.Title + "\n" + wordsIn(v.Blocks) }

func wordsIn(raw []byte) string {
	var words []string
	for _, block := range readBlocks(raw) {
		words = appendWords(words, block)
	}
	return strings.Join(words, "\n")
}

var readingOrder = []string{
	"title", "label", "text", "fields", "elements", "rows", "accessory", "element", "options", "description", "placeholder", "hint",
}

// appendWords goes through a block in the order in which it reads.
func appendWords(words []string, v any) []string {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			words = appendWords(words, item)
		}
	case object:
		for _, name := range readingOrder {
			words = appendWords(words, v[name])
		}
	case string:
		words = append(words, v)
	}
	return words
}
