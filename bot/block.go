package bot

import (
	"encoding/json"
	"strings"

	"github.com/slack-go/slack"
)

// Slack's limits on a menu; the constructors clip every text to its own limit, these are the caller's to keep. Source: docs.slack.dev/reference/block-kit/blocks and npm @slack/types.
const (
	MaxOptions = 100 // Of a Menu and of an answer to OnSuggest; more are left out.
	MaxValue   = 75  // Runes of an option's value; a longer one is a programmer's error, for it cannot be cut.
)

// Block is one block of a message or a view.
type Block = slack.Block

// Element is something to press, choose or fill in: a Button, Menu, Search or Text.
type Element interface{ element() slack.BlockElement }

// Header is large bold text, at most 150 runes.
func Header(text string) Block {
	return slack.NewHeaderBlock(plain(text, 150))
}

// Plain is a paragraph without any formatting, at most 3000 runes: ":x:" and "*" stay what they are. Do not escape its text.
func Plain(text string) Block {
	return slack.NewSectionBlock(plain(text, 3000), nil, nil)
}

// Markup is a paragraph in Slack's mrkdwn, at most 3000 runes, in which Slack makes no links or mentions by itself.
// What comes from outside must have gone through Clean, Clip and Escape, in that order.
func Markup(mrkdwn string) Block {
	text := slack.NewTextBlockObject(slack.MarkdownType, filled(clipMarkup(mrkdwn, 3000)), false, true)
	return slack.NewSectionBlock(text, nil, nil)
}

// Note is small grey text without any formatting, up to ten pieces beside each other.
func Note(texts ...string) Block {
	pieces := make([]slack.MixedElement, 0, 10)
	for _, t := range texts[:min(len(texts), 10)] {
		pieces = append(pieces, plain(t, 3000))
	}
	if len(pieces) == 0 {
		pieces = append(pieces, plain("", 1))
	}
	return slack.NewContextBlock("", pieces...)
}

// Divider is a thin line.
func Divider() Block { return slack.NewDividerBlock() }

// Actions is a row of up to 25 elements. The block id may be empty: Slack then makes one.
func Actions(block string, elements ...Element) Block {
	row := make([]slack.BlockElement, 0, len(elements))
	for _, e := range elements[:min(len(elements), 25)] {
		row = append(row, e.element())
	}
	return slack.NewActionBlock(Clip(block, 255), row...)
}

// Button is something to press. Its Action names what it does, its Value says to what (an id, at most 2000 runes).
type Button struct {
	Action, Value string
	Label         string // 75 runes; clients show about 30.
	Style         string // "primary", "danger" or nothing.
	URL           string // Opens this page; it is told as a press, too.
	Speak         string // What a screen reader says instead of Label, 75 runes.
}

func (b Button) element() slack.BlockElement {
	e := slack.NewButtonBlockElement(Clip(b.Action, 255), Clip(b.Value, 2000), plain(b.Label, 75))
	e.Style, e.AccessibilityLabel = slack.Style(b.Style), Clip(b.Speak, 75)
	// Half a link leads elsewhere.
	if len([]rune(b.URL)) <= 3000 {
		e.URL = b.URL
	}
	return e
}

// Option is one choice: a value of at most MaxValue runes and a label of at most 75.
type Option struct{ Value, Label string }

func (o Option) object() *slack.OptionBlockObject {
	return slack.NewOptionBlockObject(o.Value, plain(o.Label, 75), nil)
}

// objects leaves out what Slack would refuse the whole menu for.
func objects(options []Option) []*slack.OptionBlockObject {
	list := make([]*slack.OptionBlockObject, 0, len(options))
	for _, o := range options {
		if n := len([]rune(o.Value)); n > 0 && n <= MaxValue && len(list) < MaxOptions {
			list = append(list, o.object())
		}
	}
	return list
}

// Menu is a list to choose one from. It needs at least one option.
type Menu struct {
	Action, Placeholder string
	Options             []Option
	Chosen              string // Value of the option chosen at first; empty or unknown: none.
}

func (m Menu) element() slack.BlockElement {
	options := objects(m.Options)
	e := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, placeholder(m.Placeholder), Clip(m.Action, 255), options...)
	for _, o := range options {
		if o.Value == m.Chosen {
			e.InitialOption = o
		}
	}
	return e
}

// Search is a menu whose options OnSuggest finds when it is opened and while somebody types.
type Search struct {
	Action, Placeholder string
	Chosen              *Option // Chosen at first.
}

func (s Search) element() slack.BlockElement {
	e := slack.NewOptionsSelectBlockElement(slack.OptTypeExternal, placeholder(s.Placeholder), Clip(s.Action, 255))
	e.MinQueryLength = new(0)
	if s.Chosen != nil {
		e.InitialOption = s.Chosen.object()
	}
	return e
}

// Text is a line to write in.
type Text struct {
	Action, Placeholder string
	Max                 int // Runes; 0 or too many: 3000.
}

func (t Text) element() slack.BlockElement {
	e := slack.NewPlainTextInputBlockElement(placeholder(t.Placeholder), Clip(t.Action, 255))
	e.MaxLength = t.Max
	if t.Max < 1 || t.Max > 3000 {
		e.MaxLength = 3000
	}
	return e
}

// Input is an element with a label, in a modal: a Block by itself. Its value comes back as Click.Fields[Block].
// Give a view that is replaced new block ids, or clients keep what was filled in before.
type Input struct {
	Block       string // Block id, unique in the view; Reply.Errors names it.
	Label, Hint string
	Optional    bool
	Element     Element
}

// BlockType makes Input a Block.
func (i Input) BlockType() slack.MessageBlockType { return slack.MBTInput }

// ID returns the block id.
func (i Input) ID() string { return i.Block }

// MarshalJSON writes it as Slack reads it.
func (i Input) MarshalJSON() ([]byte, error) {
	block := slack.NewInputBlock(Clip(i.Block, 255), plain(i.Label, 2000), nil, i.Element.element())
	block.Optional = i.Optional
	if i.Hint != "" {
		block.Hint = plain(i.Hint, 2000)
	}
	return json.Marshal(block)
}

func plain(text string, limit int) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.PlainTextType, filled(Clip(text, limit)), false, false)
}

func placeholder(text string) *slack.TextBlockObject {
	if text == "" {
		return nil
	}
	return plain(text, 150)
}

// filled stands in for the empty text, for which Slack refuses the whole message.
func filled(text string) string {
	if strings.TrimSpace(text) == "" {
		return "–"
	}
	return text
}
