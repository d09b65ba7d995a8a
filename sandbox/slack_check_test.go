package sandbox_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"kvitt/sandbox"
)

func repeat(n int, item string) string {
	items := make([]string, n)
	for i := range items {
		items[i] = strings.ReplaceAll(item, "#", fmt.Sprint(i))
	}
	return "[" + strings.Join(items, ",") + "]"
}

func x(n int) string { return strings.Repeat("x", n) }

func plainText(n int) string { return `{"type":"plain_text","text":"` + x(n) + `"}` }

func mrkdwn(n int) string { return `{"type":"mrkdwn","text":"` + x(n) + `"}` }

func section(more string) string { return `{"type":"section",` + more + `}` }

func actions(elements ...string) string {
	return `{"type":"actions","elements":[` + strings.Join(elements, ",") + `]}`
}

func button(more string) string { return `{"type":"button","text":` + plainText(5) + more + `}` }

func menuOf(kind, more string) string {
	return actions(`{"type":"` + kind + `",` + more + `}`)
}

const opt = `{"text":{"type":"plain_text","text":"o"},"value":"v#"}`

func TestMessagesAreHeldAgainstSlacksLimits(t *testing.T) {
	field := section(`"fields":` + repeat(1, mrkdwn(2000)))
	table := `{"type":"table","rows":[[{"type":"raw_text","text":"a"}]]}`
	for _, c := range []struct{ blocks, wrong string }{
		{`{"type":"divider"}`, ""},
		{`{"type":"hologram"}`, "unsupported type: hologram"},
		{`{"type":"divider","colour":"red"}`, "invalid additional property: colour"},
		{section(`"text":` + mrkdwn(3000)), ""},
		{section(`"text":` + mrkdwn(3001)), "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"},
		{section(`"text":` + mrkdwn(0)), "must be more than 0 characters"},
		{section(`"text":{"type":"mrkdwn","text":"x","emoji":true}`), "invalid additional property: emoji"},
		{section(`"text":{"type":"plain_text","text":"x","verbatim":true}`), "invalid additional property: verbatim"},
		{section(`"block_id":"b"`), "missing required field: text or fields"},
		{field, ""},
		{section(`"fields":` + repeat(11, mrkdwn(1))), "no more than 10 items allowed"},
		{section(`"fields":[` + mrkdwn(2001) + `]`), "/blocks/0/fields/0/text"},
		{`{"type":"header","text":` + plainText(150) + `,"level":2}`, ""},
		{`{"type":"header","text":` + plainText(151) + `}`, "must be less than 151"},
		{`{"type":"header","text":` + mrkdwn(5) + `}`, "must be a valid enum value"},
		{`{"type":"header","text":` + plainText(5) + `,"level":5}`, "between 1 and 4"},
		{`{"type":"divider","block_id":"` + x(256) + `"}`, "must be less than 256"},
		{`{"type":"divider","block_id":"a"},{"type":"divider","block_id":"a"}`, `block_id "a" already exists`},
		{actions(button(`,"action_id":"a"`), button(`,"action_id":"a"`)), `action_id "a" already exists`},
		{actions(button(`,"action_id":"a"`)) + `,` + actions(button(`,"action_id":"a"`)), ""},
		{`{"type":"actions","elements":` + repeat(26, button("")) + `}`, "no more than 25 items"},
		{`{"type":"context","elements":` + repeat(11, mrkdwn(1)) + `}`, "no more than 10 items"},
		{`{"type":"context","elements":[` + button("") + `]}`, "must be a valid enum value"},
		{actions(`{"type":"button","text":` + plainText(76) + `}`), "must be less than 76"},
		{actions(`{"type":"button","text":` + mrkdwn(5) + `}`), "must be a valid enum value"},
		{actions(button(`,"value":"` + x(2001) + `"`)), "must be less than 2001"},
		{actions(button(`,"url":"` + x(3001) + `"`)), "must be less than 3001"},
		{actions(button(`,"style":"secondary"`)), "must be a valid enum value"},
		{actions(button(`,"accessibility_label":"` + x(76) + `"`)), "must be less than 76"},
		{actions(button(`,"visible_to_user_ids":["U1"]`)), "invalid additional property"},
		{actions(button(`,"confirm":{"text":` + mrkdwn(1) + `}`)), ""},
		{actions(button(`,"confirm":{"title":` + plainText(101) + `,"text":` + mrkdwn(1) + `,"confirm":` + plainText(1) + `,"deny":` + plainText(1) + `}`)), "must be less than 101"},
		{actions(button(`,"confirm":{"title":` + plainText(1) + `,"text":` + mrkdwn(301) + `,"confirm":` + plainText(31) + `,"deny":` + plainText(31) + `}`)), "must be less than 301"},
		{menuOf("static_select", `"options":`+repeat(100, opt)), ""},
		{menuOf("static_select", `"options":`+repeat(101, opt)), "no more than 100 items"},
		{menuOf("static_select", `"options":[]`), "no less than 1 items"},
		{menuOf("static_select", `"placeholder":`+plainText(1)), "must provide one of options and option_groups"},
		{menuOf("static_select", `"options":`+repeat(1, opt)+`,"option_groups":[{"label":`+plainText(75)+`,"options":`+repeat(1, opt)+`}]`), "must provide one of"},
		{menuOf("static_select", `"placeholder":`+plainText(151)+`,"options":`+repeat(1, opt)), "must be less than 151"},
		{menuOf("static_select", `"initial_option":{"text":`+plainText(1)+`,"value":"v0"},"options":`+repeat(1, opt)), "must equal one of the options"},
		{menuOf("static_select", `"initial_option":`+strings.ReplaceAll(opt, "#", "1")+`,"options":`+repeat(2, opt)), ""},
		{menuOf("static_select", `"options":[{"text":`+plainText(76)+`,"value":"v"}]`), "must be less than 76"},
		{menuOf("static_select", `"options":[{"text":`+plainText(1)+`,"value":"`+x(151)+`"}]`), "must be less than 151"},
		{menuOf("overflow", `"options":`+repeat(6, opt)), "no more than 5 items"},
		{menuOf("radio_buttons", `"options":`+repeat(11, opt)), "no more than 10 items"},
		{menuOf("checkboxes", `"options":`+repeat(11, opt)), "no more than 10 items"},
		{menuOf("plain_text_input", `"action_id":"a"`), "unsupported type: plain_text_input"},
		{`{"type":"image","image_url":"https://x","alt_text":""}`, "must be more than 0"},
		{`{"type":"image","alt_text":"a"}`, "one of image_url and slack_file"},
		{`{"type":"markdown","text":"` + x(12_001) + `"}`, "must be less than 12001"},
		{`{"type":"markdown","text":"` + x(7000) + `"},{"type":"markdown","text":"` + x(6000) + `"}`, "over all markdown blocks"},
		{`{"type":"alert","text":` + plainText(5) + `}`, "alert cannot be used in a message"},
		{`{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"a","style":{"bold":true}}]}]}`, ""},
		{`{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":""}]}]}`, "must be more than 0"},
		{`{"type":"rich_text","elements":[{"type":"rich_text_list","style":"dashed","elements":[]}]}`, "must be a valid enum value"},
		{table, ""},
		{table + "," + table, "only_one_table_allowed"},
		{`{"type":"table","rows":[` + repeat(21, `{"type":"raw_text","text":"a"}`) + `]}`, "no more than 20 items"},
		{`{"type":"table","rows":[[{"type":"raw_text","text":""}]]}`, "must be more than 0"},
		{strings.Trim(repeat(50, `{"type":"divider"}`), "[]"), ""},
		{strings.Trim(repeat(51, `{"type":"divider"}`), "[]"), "no more than 50 items allowed [json-pointer:/blocks]"},
		{strings.Trim(repeat(5, section(`"text":`+mrkdwn(2900))), "[]"), "13,200 characters"},
	} {
		held(t, c.blocks, c.wrong, sandbox.ValidateMessage(json.RawMessage(`{"text":"t","blocks":[`+c.blocks+`]}`)))
	}
	held(t, "no text and no blocks", "no_text", sandbox.ValidateMessage(json.RawMessage(`{}`)))
	held(t, "4,001 characters", "must be less than 4001", sandbox.ValidateMessage(json.RawMessage(`{"text":"`+x(4001)+`"}`)))
	held(t, "4,000 runes", "", sandbox.ValidateMessage(json.RawMessage(`{"text":"`+strings.Repeat("ø", 4000)+`"}`)))
}

func TestViewsAreHeldAgainstSlacksLimits(t *testing.T) {
	input := `{"type":"input","label":` + plainText(2000) + `,"element":{"type":"plain_text_input","max_length":3000}}`
	modal := func(more, blocks string) string {
		return `{"type":"modal","title":` + plainText(24) + more + `,"blocks":[` + blocks + `]}`
	}
	submit := `,"submit":` + plainText(24)
	for _, c := range []struct{ view, wrong string }{
		{modal("", ""), ""},
		{modal(submit, input), ""},
		{modal("", input), "missing required field: submit"},
		{`{"type":"modal","title":` + plainText(25) + `,"blocks":[]}`, "must be less than 25 characters [json-pointer:/title/text]"},
		{`{"type":"modal","blocks":[]}`, "missing required field: title"},
		{`{"type":"modal","title":` + plainText(1) + `,"blocks":null}`, "must provide an array"},
		{modal(`,"submit":`+plainText(25), ""), "must be less than 25"},
		{modal(`,"submit_disabled":true`, ""), "invalid additional property: submit_disabled"},
		{modal(`,"close":`+plainText(25), ""), "must be less than 25"},
		{modal(`,"private_metadata":"`+x(3001)+`"`, ""), "must be less than 3001"},
		{modal(`,"callback_id":"`+x(256)+`"`, ""), "must be less than 256"},
		{modal("", strings.Trim(repeat(101, `{"type":"divider"}`), "[]")), "no more than 100 items"},
		{modal("", `{"type":"alert","text":`+plainText(200)+`,"level":"error"}`), ""},
		{modal("", `{"type":"markdown","text":"x"}`), "markdown cannot be used in a modal"},
		{modal(submit, strings.Replace(input, "3000}", "3001}", 1)), "between 1 and 3000"},
		{modal(submit, `{"type":"input","label":`+mrkdwn(1)+`,"element":{"type":"plain_text_input"}}`), "must be a valid enum value"},
		{modal(submit, `{"type":"input","label":`+plainText(1)+`,"element":`+button("")+`}`), "unsupported type: button"},
		{modal("", strings.Trim(repeat(90, section(`"text":`+mrkdwn(2900))), "[]")), "view_too_large"},
		{`{"type":"home","blocks":[]}`, ""},
		{`{"type":"home","blocks":[` + section(`"text":`+mrkdwn(10)) + `],"submit":` + plainText(1) + `}`, "invalid additional property: submit"},
		{`{"type":"poster","blocks":[]}`, "must be a valid enum value"},
	} {
		held(t, c.view, c.wrong, sandbox.ValidateView(json.RawMessage(c.view)))
	}
}

func held(t *testing.T, what, wrong string, found []error) {
	t.Helper()
	words := fmt.Sprint(found)
	if len(what) > 200 {
		what = what[:200] + "…"
	}
	if wrong == "" && len(found) > 0 || wrong != "" && !strings.Contains(words, wrong) {
		t.Errorf("%s\nfound %v\nwant  %q", what, found, wrong)
	}
}

func FuzzNoPayloadBringsTheValidatorDown(f *testing.F) {
	f.Add(`{"text":"x","blocks":[{"type":"actions","elements":[{"type":"static_select","options":[null,1],"initial_option":[]}]}]}`)
	f.Add(`{"type":"modal","title":null,"blocks":[{"type":"table","rows":[[{}]],"column_settings":[null]}]}`)
	f.Add(`[[],{"type":"rich_text","elements":[{"type":"rich_text_list","elements":[{"type":"rich_text_section"}]}]}]`)
	f.Fuzz(func(t *testing.T, raw string) {
		for _, err := range append(sandbox.ValidateMessage(json.RawMessage(raw)), sandbox.ValidateView(json.RawMessage(raw))...) {
			if err.Error() == "" {
				t.Error("an error without words")
			}
		}
	})
}
