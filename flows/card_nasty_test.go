package flows

import (
	"encoding/json"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"kvitt/billing"
	"kvitt/bot"
)

// nasty is what a supplier, or somebody who wants to be mistaken for one, may have as a name.
var nasty = map[string]string{
	"long":      strings.Repeat("Æ☕𝕏", 3334),
	"mention":   "<!channel> <@U0ASHA> <!here|x> @everyone",
	"link":      "<https://evil.example|Pay here> https://evil.example",
	"format":    "*bold* _it_ ~no~ `code` ```pre``` > quote\n• list",
	"emoji":     ":tada: :white_check_mark: ✅",
	"entities":  "&lt;!channel&gt; &amp; <&>",
	"lines":     "one\r\ntwo\u2028three\x00\x1b[31m\x7f",
	"bidi":      "safe\u202egnp.exe\u2069 \u2066x",
	"hebrew":    "חשבונית מס׳ ١٢٣",
	"invisible": "\u200b\u2060\ufeff\u00ad",
	"bytes":     "bad\xff\xfebytes",
	"template":  "{{.Amount}} {{end}} %s %!d",
	"empty":     "",
	"spaces":    "   ",
}

// spoil puts a text in every place of an invoice that comes from outside, and of the record around it.
func spoil(r Record, text string) Record {
	r = copyOf(r)
	inv := &r.Invoice
	inv.Number, inv.Supplier, inv.Description, inv.Reference, inv.PayTo, inv.Settlement.Method = text, text, text, text, text, text
	for i := range r.Payments {
		r.Payments[i].Method, r.Payments[i].Reference = text, text
		if r.Payments[i].Undone != nil {
			r.Payments[i].Undone.Reason = text
		}
	}
	for i := range r.Requests {
		r.Requests[i].Method.Short, r.Requests[i].Reference, r.Requests[i].Reason = text, text, text
	}
	for i := range r.Notices {
		r.Notices[i].Method, r.Notices[i].Reason = text, text
	}
	if r.Attempt != nil {
		r.Attempt.Method.Short, r.Attempt.Method.Expires, r.Attempt.Reference = text, text, text
	}
	return r
}

// spoiled is an audience of people with such names.
func spoiled(text string) Audience {
	a := anAudience()
	for id, known := range a.People {
		a.People[id] = Known{Name: text, Lang: known.Lang}
	}
	return a
}

func TestNothingFromOutsideBreaksACard(t *testing.T) {
	wired(t, func(t *testing.T, b *bot.Bot, line *wire) {
		for what, text := range nasty {
			for name, s := range scenes() {
				s.post.Lang = oneOfTwo(name)
				raw := line.message(t, b, render(s.now, spoil(s.rec, text), s.post, spoiled(text), aPolicy()))
				harmless(t, what+" in "+name, raw)
			}
		}
	})
}

// oneOfTwo takes turns, so that both languages are tried without trying everything twice.
func oneOfTwo(name string) Lang {
	if len(name)%2 == 0 {
		return Norwegian
	}
	return English
}

func TestNothingFromOutsideBreaksAModal(t *testing.T) {
	wired(t, func(t *testing.T, b *bot.Bot, line *wire) {
		for what, text := range nasty {
			for _, lang := range []Lang{English, Norwegian} {
				w := speak(lang)
				inv := spoil(openRecord(), text).Invoice
				o := offer{invoice: inv, way: billing.Records, today: on(2026, 3, 3)}
				for range 120 {
					o.methods = append(o.methods, billing.Method{ID: "pm" + strings.Repeat("x", len(o.methods)%74), Short: text, Default: true})
				}
				admins := make([]string, 300)
				for i := range admins {
					admins[i] = bot.Clip(bot.Clean(text), 60)
				}
				for name, v := range map[string]bot.View{
					"pay": payView(w, o), "facts": factsView(w, w.say("modal.changed"), inv, o.today), "undo": undoView(w, inv),
					"link": linkView(w, inv, o.today, "modal.link", "https://pay.example/i/1"), "denied": deniedView(w, inv, true, admins),
					"taken": *card{words: w, r: sentRecord(), now: monday, policy: aPolicy(), people: map[string]Known{asha: {Name: text}}}.underWay(bo),
				} {
					harmless(t, what+" in "+name, line.view(t, b, v))
				}
			}
		}
	})
}

var (
	acts = regexp.MustCompile("[\u202a-\u202e\u2066-\u2069\u200b\u2060\ufeff\u2028\u2029\u0000-\u0009\u000b-\u001f\u007f]")
	ends = regexp.MustCompile(`&(amp|lt|gt);`)
)

// harmless holds every text of a payload against what could make it more than text.
func harmless(t *testing.T, where string, raw []byte) {
	t.Helper()
	var payload map[string]any
	must(json.Unmarshal(raw, &payload))
	if text, ok := payload["text"].(string); ok {
		if strings.ContainsAny(text, "<>") || strings.Contains(ends.ReplaceAllString(text, ""), "&") {
			t.Errorf("%s: the top-level text is not escaped: %.200q", where, text)
		}
	}
	eachText(payload, func(kind, text string, emoji any) {
		switch {
		case kind != "plain_text":
			t.Errorf("%s: %s, and it comes from outside: %.100q", where, kind, text)
		case emoji != false:
			t.Errorf("%s: %.100q would turn into emoji", where, text)
		case acts.MatchString(text):
			t.Errorf("%s: what is not seen but acts got in: %.200q", where, text)
		case strings.Contains(text, "&lt;!channel&gt;") && !strings.Contains(where, "entities"):
			t.Errorf("%s: plain text is not to be escaped: %.100q", where, text)
		}
	})
}

// eachText walks over the text objects of a payload.
func eachText(v any, fn func(kind, text string, emoji any)) {
	switch v := v.(type) {
	case map[string]any:
		if text, ok := v["text"].(string); ok && v["type"] != nil {
			kind, _ := v["type"].(string)
			fn(kind, text, v["emoji"])
		}
		for _, inner := range v {
			eachText(inner, fn)
		}
	case []any:
		for _, inner := range v {
			eachText(inner, fn)
		}
	}
}

// render takes every record that can come about, in every kind of message that it has.
func TestEveryRecordCanBeShown(t *testing.T) {
	seeded(t, 6, func(t *testing.T, rng *rand.Rand) {
		r, now := seen(someInvoice(rng, monday)), monday
		for range 40 {
			now = now.Add(time.Duration(rng.IntN(600)) * time.Minute)
			_ = someAct(rng, r, now).do(&r)
			posts := []Post{reminderFor(oneOf(rng, asha, kim, finance), -7), threadFor(1)}
			for i := range r.Payments {
				posts = append(posts, Post{Kind: PostConfirm, Place: finance, Number: i})
			}
			for i, n := range r.Notices {
				posts = append(posts, Post{Kind: PostNotice, Place: n.To, Number: i})
			}
			for _, p := range posts {
				p.Lang = oneOf(rng, English, Norwegian, "xx")
				m := render(now, r, p, oneOf(rng, anAudience(), Audience{}), aPolicy())
				again := render(now, copyOf(r), p, anAudience(), aPolicy())
				if len(m.Blocks) == 0 || strings.TrimSpace(m.Text) == "" || strings.Contains(m.Text, "<no value>") {
					t.Fatalf("%s shows as %q", asJSON(r), m.Text)
				}
				if a := render(now, r, p, anAudience(), aPolicy()); digest(a) != digest(again) {
					t.Fatalf("%s does not look the same twice", asJSON(r))
				}
			}
		}
	})
}

func TestATitleWithoutASupplierNamesNone(t *testing.T) {
	for _, text := range []string{"", "  ", "\u200b\u2060", "\x00"} {
		inv := anInvoice()
		inv.Supplier, inv.Description = text, text
		m := render(monday, seen(inv), reminderFor(asha, -7), anAudience(), aPolicy())
		if strings.Contains(m.Text, "from") || strings.Contains(m.Text, "For:") {
			t.Errorf("a supplier and a description of %q: %q", text, m.Text)
		}
	}
}

func TestNothingIsCalledPaidBeforeTheServiceSaysSo(t *testing.T) {
	for name, s := range scenes() {
		if s.rec.State == Paid || s.post.Kind != PostReminder || name == "open-partly-paid" {
			continue
		}
		for lang, word := range map[Lang]string{English: "paid", Norwegian: "betalt"} {
			s.post.Lang = lang
			text := strings.ToLower(render(s.now, s.rec, s.post, anAudience(), aPolicy()).Text)
			for _, denial := range []string{"not paid yet", "once it is paid", "if it was not paid", "may have paid already", "it is being paid", "don't pay it", "ikke betalt ennå", "den betales", "når den er betalt", "i checked: it was not paid", "hvis den ikke ble betalt", "sjekket: ikke betalt", "does not show it as paid", "kan allerede ha betalt", "betalt på nytt"} {
				text = strings.ReplaceAll(text, denial, "")
			}
			if strings.Contains(text, word) {
				t.Errorf("%s says %q", name, text)
			}
		}
	}
}
