package bot

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean makes one plain line of a text from outside: line breaks and tabs become spaces, runs of spaces one, and what is not seen
// but acts (control characters, bidi controls, zero-width characters, broken UTF-8) is taken out.
func Clean(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r) || unicode.In(r, unicode.Zl, unicode.Zp):
			return ' '
		case r == utf8.RuneError || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs):
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// Clip cuts s to at most that many runes, the last of which is then "…". It never splits a rune.
func Clip(s string, runes int) string {
	if len(s) <= runes || utf8.RuneCountInString(s) <= runes {
		return s
	}
	if runes < 1 {
		return ""
	}
	kept := 0
	for at := range s {
		if kept == runes-1 {
			return s[:at] + "…"
		}
		kept++
	}
	return s
}

var escapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// Escape makes a text safe for mrkdwn and for Message.Text: no mention and no link comes of it.
// Those three are all that Slack wants escaped (docs.slack.dev/messaging/formatting-message-text).
func Escape(s string) string { return escapes.Replace(s) }

// clipMarkup is Clip for a text in mrkdwn: half an entity or half a link is cut off, too.
func clipMarkup(s string, runes int) string {
	short := Clip(s, runes)
	if short == s {
		return s
	}
	short = strings.TrimSuffix(short, "…")
	if at := strings.LastIndexByte(short, '&'); at > strings.LastIndexByte(short, ';') {
		short = short[:at]
	}
	if at := strings.LastIndexByte(short, '<'); at > strings.LastIndexByte(short, '>') {
		short = short[:at]
	}
	return short + "…"
}
