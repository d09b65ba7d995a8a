package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode"

	"kvitt/sandbox"
)

// hostile are texts as a supplier could put them on an invoice, in the hope that Slack, or a reader, makes more of them than text.
var hostile = map[string]string{
	"everybody called":        "<!channel> <!here> <!everyone> <!subteam^S012345>",
	"somebody mentioned":      "<@U00000LLPR> <#C00000MA5N|general> @channel @here",
	"a link":                  "<https://evil.example/pay|Pay now> <mailto:ceo@evil.example|mail> <tel:+4712345678|call>",
	"a bare link":             "https://evil.example/pay www.evil.example evil.example",
	"a link of another kind":  "<slack://user?team=T1&id=U1|x> <javascript:alert(1)|x> [Pay now](https://evil.example)",
	"a format":                "*bold* _italic_ ~struck~ `code` ```block``` > quoted • list :tada: :white_check_mark:",
	"entities":                "&lt;!channel&gt; &amp;lt;@U1&amp;gt; &#60;!here&#62; &amp",
	"a date":                  "<!date^1392734382^{date_num}^https://evil.example|today>",
	"half of a link":          "<https://evil.example|" + strings.Repeat("x", 4000),
	"a cut through an entity": strings.Repeat("<", 3000),
	"lines of its own":        "Acme\nPaid by Asha on 1 March 2026.\r\n\u2028Nothing more is to be done.\u0085\v\fReally.\tYes",
	"text turned around":      "Acme \u202egnp.exe \u2066\u2067\u2068\u2069 \u200f\u200e\u061c\u202a\u202b\u202c\u202d 00.1",
	"what is not seen":        "I\u200bN\u200cV\u2060-\ufeff1\u00ad\u180e\u034f \U000e0041\U000e0042",
	"control characters":      "Acme\x00\x07\x1b[31mred\x1b[0m\x7f\u009b2J",
	"bytes that are no UTF-8": "Acme \xff\xfe\xc3\x28\xed\xa0\x80",
	"a template":              "{{.Amount}} {{printf \"%s\" .}} %s %d %!s(MISSING) ${HOME}",
	"JSON":                    `","blocks":[{"type":"actions"}],"x":"` + "\\u003c!channel\\u003e",
	"a very long family":      strings.Repeat("👨‍👩‍👧‍👦🏳️‍🌈é", 300),
	"marks on marks":          "Z" + strings.Repeat("\u0336\u0489\u030d", 700),
	"nothing that is seen":    "\u200b\u2060 \u00a0\u3000\ufeff",
}

func TestNoTextFromAnInvoiceIsMoreThanText(t *testing.T) {
	t.Parallel()
	for name, text := range hostile {
		t.Run(name, func(t *testing.T) {
			inStory(t, "", func(s *stage) {
				s.hostileWorld(text)
				s.acts(`
					at 2026-03-05 08:30
					import rent.csv
					at 2026-03-05 09:10`)
				for _, who := range []string{"asha", "bo"} {
					for _, word := range []string{"", " pay " + firstWord(text), " nonsense " + firstWord(text)} {
						s.acts("type " + who + ` "/invoices` + word + `"`)
					}
					s.acts("home " + who)
				}
				buttons := s.pressable("asha")
				for _, button := range buttons {
					s.paysFor(button)
				}
				s.acts("type kim \"/invoices\"\nhome kim\nhome asha\nwait 10m\n" + `expect audit "paid" 1` + "\n" + `expect audit "submitted" 1`)
				if n := len(s.stripe.Charges("")); n != 1 || len(buttons) != 2 {
					t.Errorf("%d reminders, %d charges\n%s", len(buttons), n, s.scene())
				}
				s.proveHarmless()
			})
		})
	}
}

// Many reminders are one message, and a list to choose from.
func TestNoTextInADigestIsMoreThanText(t *testing.T) {
	t.Parallel()
	inStory(t, "at 2026-03-05 08:00", func(s *stage) {
		for _, text := range hostile {
			s.stripe.AddInvoice(sandbox.StripeInvoice{Number: text, Customer: s.customer, Biller: text, Description: text, Lines: []string{text}, Currency: "usd", Total: 120000,
				Due: time.Date(2026, 3, 12, 12, 0, 0, 0, time.UTC)})
		}
		s.acts(`
			at 2026-03-05 09:30
			press asha "Show invoices"
			expect modal asha "Pay now"
			wait 5m`)
		s.proveHarmless()
	})
}

// hostileWorld puts the text into everything that comes from outside: what is billed, by whom, for what, how it may be paid, and people's names.
func (s *stage) hostileWorld(text string) {
	s.slack.SetPerson(s.people["asha"], func(p *sandbox.Person) { p.Name, p.RealName = text, text })
	s.stripe.AddMethod(sandbox.StripeMethod{ID: "pm_bank", Customer: s.customer, Type: "us_bank_account", BankName: text, Last4: text, AllowRedisplay: "always"})
	s.stripe.AddInvoice(sandbox.StripeInvoice{Number: text, Customer: s.customer, Biller: text, Description: text, Lines: []string{text}, Currency: "usd", Total: 120000,
		Due: time.Date(2026, 3, 12, 12, 0, 0, 0, time.UTC)})
	cell := func(limit int) string {
		short := []rune(strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), ""))
		return `"` + strings.ReplaceAll(string(short[:min(len(short), limit)]), `"`, `""`) + `"`
	}
	number, name := "8841 "+cell(900)[1:], "Havn "+cell(900)[1:]
	s.files["rent.csv"] = "number,supplier,amount,currency,due,description,reference,pay_to\n" +
		fmt.Sprintf("\"%s,\"%s,1200.00,NOK,2026-03-12,%s,%s,%s\n", number, name, cell(9000), cell(900), cell(900))
}

// pressable are the Pay now buttons in somebody's direct messages.
func (s *stage) pressable(who string) (found []sandbox.Spot) {
	for _, m := range s.slack.Messages(s.slack.DM(s.people[who])) {
		if e, ok := m.Find("Pay now"); ok {
			found = append(found, e.Spot)
		}
	}
	return found
}

// paysFor pays with the bank account whose bank has the hostile name, or records.
func (s *stage) paysFor(button sandbox.Spot) {
	s.t.Helper()
	if err := s.slack.Press(s.t.Context(), s.people["asha"], button); err != nil {
		s.t.Fatal(err)
	}
	s.acts("wait 4s")
	modals := s.slack.Modals(s.people["asha"])
	for _, e := range modals[len(modals)-1].Elements() {
		for _, option := range e.Options {
			if e.Block != "method" || option.Value != "pm_bank" && option.Value != "Card" {
				continue
			}
			if err := s.slack.Input(s.t.Context(), s.people["asha"], e.Spot, option.Value); err != nil {
				s.t.Fatal(err)
			}
		}
	}
	s.acts("submit asha")
}

// proveHarmless looks at everything that the bot ever sent: as it sent it, and as Slack keeps it.
func (s *stage) proveHarmless() {
	s.t.Helper()
	for _, call := range s.slack.Calls() {
		if call.Error != "" && call.Error != "not_found" && call.Error != "thread_not_found" {
			s.t.Errorf("%s was refused: %s %s", call.Method, call.Error, call.Answer)
		}
		if text := call.Args["text"]; strings.ContainsAny(text, "<>") {
			s.t.Errorf("%s says %q", call.Method, text)
		}
		if strings.HasPrefix(call.Method, "chat.") && call.Args["blocks"] == "" {
			s.t.Errorf("%s has no blocks, so Slack would read its text as markup: %s", call.Method, call.Args["text"])
		}
		for _, shown := range []string{call.Args["blocks"], call.Args["view"], call.Args["body"]} {
			s.proveShown(call.Method, shown)
		}
	}
	for _, v := range s.slack.Modals(s.people["asha"]) {
		for _, version := range v.Versions {
			s.proveShown("the modal", string(version))
		}
	}
	for _, place := range []string{"finance", "asha", "bo"} {
		for _, m := range s.slack.Everything(s.place(place)) {
			s.proveShown("what is in "+place, string(m.Blocks))
			if strings.ContainsAny(m.Text, "<>") || unseen(m.Text) != "" {
				s.t.Errorf("%s is told %q %s", place, m.Text, unseen(m.Text))
			}
		}
	}
}

// proveShown proves that every text of a message or view is plain, and that nothing in it acts without being seen.
func (s *stage) proveShown(where, raw string) {
	s.t.Helper()
	var all any
	if raw == "" || json.Unmarshal([]byte(raw), &all) != nil {
		return
	}
	walk(all, func(o map[string]any) {
		text, _ := o["text"].(string)
		switch o["type"] {
		case "plain_text":
			if o["emoji"] == true || unseen(text) != "" || strings.Contains("\n"+text, "\nPaid by Asha on 1 March") {
				s.t.Errorf("%s shows %q: %s", where, text, unseen(text))
			}
		case "mrkdwn":
			if o["verbatim"] != true || strings.ContainsAny(text, "<>*_~`") || unseen(text) != "" {
				s.t.Errorf("%s shows markup: %q", where, text)
			}
		}
		if link, _ := o["url"].(string); strings.Contains(link, "evil") {
			s.t.Errorf("%s leads to %s", where, link)
		}
	})
}

func walk(v any, visit func(map[string]any)) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			walk(item, visit)
		}
	case map[string]any:
		visit(v)
		for _, item := range v {
			walk(item, visit)
		}
	}
}

// unseen is the first character that acts without being seen; line breaks of our own are seen.
func unseen(text string) string {
	for _, r := range text {
		if r != '\n' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Cs) || r == unicode.ReplacementChar {
			return fmt.Sprintf("%U", r)
		}
	}
	return ""
}

func firstWord(text string) string {
	word, _, _ := strings.Cut(strings.NewReplacer(`"`, "", "\n", " ").Replace(text), " ")
	return word
}
