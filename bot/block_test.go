package bot

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"kvitt/sandbox"
)

// long is 10,000 runes of four bytes each.
var long = strings.Repeat("𝕏", 10_000)

func marshal(t *testing.T, v any) json.RawMessage {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// everything is one of each, with that text wherever a text goes.
func everything(text string) (message, form []Block) {
	options, notes := []Option{}, []string{}
	for i := range 150 {
		notes = append(notes, text)
		options = append(options, Option{Value: fmt.Sprint(i), Label: text})
	}
	buttons := []Element{Menu{Action: "menu", Placeholder: text, Options: options, Chosen: "3"}}
	for i := range 40 {
		buttons = append(buttons, Button{Action: fmt.Sprint("a", i), Value: text, Label: text, Style: "primary", URL: "https://x.example/" + text, Speak: text})
	}
	message = []Block{Header(text), Divider(), Actions("row", buttons...)}
	form = []Block{
		Input{Block: "choose", Label: text, Hint: text, Element: Menu{Action: "m", Placeholder: text, Options: options, Chosen: "3"}},
		Input{Block: "write", Label: text, Hint: text, Optional: true, Element: Text{Action: "t", Placeholder: text, Max: 9999}},
		Input{Block: "look", Label: text, Element: Search{Action: "s", Placeholder: text, Chosen: &options[0]}},
		Plain(text), Markup(Escape(text)), Note(notes...),
	}
	return message, form
}

func TestWhateverTheTextSlackTakesIt(t *testing.T) {
	for name, text := range map[string]string{
		"empty": "", "blank": " \n ", "short": "Pay", "long": long, "markup": strings.Repeat("<!channel> & *x* ", 800), "broken": strings.Repeat("\xff\xc3", 4000),
	} {
		t.Run(name, func(t *testing.T) {
			message, form := everything(text)
			for _, block := range append(message, form[3:]...) {
				for _, err := range sandbox.ValidateMessage(marshal(t, []Block{block})) {
					// What all blocks hold together is the caller's to keep.
					if _, one := errors.AsType[*sandbox.BlockError](err); one {
						t.Errorf("%s in a message: %v", block.BlockType(), err)
					}
				}
			}
			for _, block := range append(form, message[:2]...) {
				view := View{Callback: "c", Title: text, Submit: "x" + text, CloseText: text, Blocks: []Block{block}}
				for _, err := range sandbox.ValidateView(marshal(t, view.modal())) {
					t.Errorf("%s in a modal: %v", block.BlockType(), err)
				}
			}
		})
	}
}

func TestBillingTextIsNeverFormatted(t *testing.T) {
	raw := string(marshal(t, []Block{Header(":x:"), Plain("<!channel> *b*"), Note(":x:"), Actions("r", Button{Label: ":x:"})}))
	if strings.Contains(raw, "mrkdwn") || strings.Count(raw, `"emoji":false`) != 4 {
		t.Error(raw)
	}
	if raw := string(marshal(t, Markup("a"))); !strings.Contains(raw, `"verbatim":true`) {
		t.Error(raw)
	}
}

func TestAMenuLeavesOutWhatSlackWouldRefuseItFor(t *testing.T) {
	m := Menu{Action: "m", Options: []Option{{Value: "", Label: "none"}, {Value: strings.Repeat("v", 76), Label: "too long"}, {Value: "ok", Label: "good"}}, Chosen: "gone"}
	raw := string(marshal(t, m.element()))
	if strings.Count(raw, `"value"`) != 1 || strings.Contains(raw, "initial_option") {
		t.Error(raw)
	}
}

func TestClipNeverSplitsARuneAndNeverReturnsMore(t *testing.T) {
	for _, s := range []string{"", "a", "ab", "æøå", "𝕏𝕏𝕏", "a\xffb", long} {
		for n := range 12 {
			got := Clip(s, n)
			if utf8.RuneCountInString(got) > n || utf8.ValidString(s) && !utf8.ValidString(got) || utf8.RuneCountInString(s) <= n && got != s {
				t.Errorf("Clip(%.20q, %d) is %q", s, n, got)
			}
		}
	}
	if got := Clip("invoice", 4); got != "inv…" {
		t.Errorf("%q", got)
	}
}

func TestCleanTakesOutWhatIsNotSeen(t *testing.T) {
	for in, want := range map[string]string{
		"  two\r\n\tlines \u2028 and\u00a0more ": "two lines and more",
		"safe\u202egnp.exe\u2069":                "safegnp.exe",
		"zero\u200bwidth\ufeff\u2060\u00ad":      "zerowidth",
		"a\x00b\x1b[31m\x7f":                     "ab[31m",
		"bad\xffbytes":                           "badbytes",
		"Æble ☕ 𝕏 日本":                            "Æble ☕ 𝕏 日本",
	} {
		if got := Clean(in); got != want {
			t.Errorf("Clean(%q) is %q, want %q", in, got, want)
		}
	}
}

func TestClippedMarkupIsWhole(t *testing.T) {
	for _, s := range []string{strings.Repeat("&amp;", 2000), strings.Repeat("x", 2997) + "&lt;&gt;", strings.Repeat("y ", 1490) + "<https://x.example/a|a link that is long>"} {
		got := clipMarkup(s, 3000)
		bare := strings.NewReplacer("&amp;", "", "&lt;", "", "&gt;", "").Replace(got)
		if utf8.RuneCountInString(got) > 3000 || strings.ContainsAny(bare, "&;<") {
			t.Errorf("%q", got[len(got)-20:])
		}
	}
}

func FuzzText(f *testing.F) {
	f.Add("a <!channel> & \u202e \xff", 5)
	f.Fuzz(func(t *testing.T, s string, n int) {
		clean := Clean(s)
		if !utf8.ValidString(clean) || strings.ContainsAny(clean, "\n\r\t\u202e\u200b\x00") || Clean(clean) != clean {
			t.Errorf("Clean(%q) is %q", s, clean)
		}
		if n > 0 && utf8.RuneCountInString(Clip(clean, n)) > n {
			t.Errorf("Clip(%q, %d) is too long", clean, n)
		}
		if e := Escape(s); strings.ContainsAny(e, "<>") {
			t.Errorf("Escape(%q) is %q", s, e)
		}
	})
}
