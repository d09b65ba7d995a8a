package flows

import (
	"encoding/json"
	"strings"
	"testing"

	"kvitt/billing"
	"kvitt/bot"
	"kvitt/sandbox/judge"
)

// The compiler holds every card, modal and Home against the types that Slack publishes; the limits are held by line.message and
// line.view. What is answered to people who click, and how it goes over the line, is in judge_desk_test.go.

func TestSlacksOwnTypesKnowEveryCardAndView(t *testing.T) {
	var claims []judge.Claim
	claim := func(kind string, raw []byte, what ...string) {
		claims = append(claims, judge.Claim{What: strings.Join(what, " "), Type: kind, Value: raw})
	}
	wired(t, func(t *testing.T, b *bot.Bot, line *wire) {
		for _, lang := range []Lang{English, Norwegian} {
			for name, s := range scenes() {
				s.post.Lang = lang
				claim("Message", line.message(t, b, render(s.now, s.rec, s.post, anAudience(), aPolicy())), name, string(lang))
				for _, what := range []string{"long", "empty"} {
					text := nasty[what]
					claim("Message", line.message(t, b, render(s.now, spoil(s.rec, text), s.post, spoiled(text), aPolicy())), name, what, string(lang))
				}
			}
			for name, v := range views(t, speak(lang)) {
				claim("Modal", line.view(t, b, v), name, string(lang))
			}
			for name, v := range fullest(t, speak(lang)) {
				claim("Modal", line.view(t, b, v), "the longest", name, string(lang))
			}
			for name, blocks := range homes(t, speak(lang)) {
				must(b.Publish(t.Context(), asha, bot.View{Blocks: blocks}))
				claim("Home", []byte(line.sent.Get("view")), name, string(lang))
			}
		}
		_, err := b.Post(t.Context(), finance, bot.Message{Text: "x", Token: asJSON(reminderFor(finance, -7).Key)})
		must(err)
		claim("slack.MessageMetadata", []byte(line.sent.Get("metadata")), "metadata")
	})
	if !t.Failed() {
		judge.Types(t, claims)
	}
}

// fullest are the modals that hold the most: long texts from outside, the most methods, the most admins.
func fullest(t *testing.T, w words) map[string]bot.View {
	text := nasty["long"]
	inv := spoil(openRecord(), text).Invoice
	o := offer{invoice: inv, way: billing.Records, today: on(2026, 3, 3)}
	for range 120 {
		o.methods = append(o.methods, billing.Method{ID: "pm" + strings.Repeat("x", len(o.methods)%74), Short: text, Default: true})
	}
	name := bot.Clip(bot.Clean(text), 60)
	admins := make([]string, 300)
	for i := range admins {
		admins[i] = name
	}
	called := func(r Record) bot.View {
		return *card{words: w, r: r, now: monday, policy: aPolicy(), people: map[string]Known{asha: {Name: text}}}.underWay(bo)
	}
	return map[string]bot.View{
		"pay": payView(w, o), "facts": factsView(w, w.say("modal.changed"), inv, o.today), "undo": undoView(w, inv), "late": tellView(w, w.say("modal.late")),
		"link":   linkView(w, inv, o.today, "modal.add.link", "https://pay.example/"+strings.Repeat("x", 2980)),
		"denied": deniedView(w, inv, true, admins), "taken": called(sentRecord()), "unknown": called(unknownRecord()),
		"asked": tellView(w, w.say("modal.asked", "Admins", w.list(admins, "and"))),
	}
}

// claimed are the texts of a call that the types are to know.
func claimed(what string, args map[string]string) (claims []judge.Claim) {
	for name, kind := range map[string]string{"blocks": "slack.KnownBlock[]", "metadata": "slack.MessageMetadata", "view": viewType(args["view"])} {
		if args[name] != "" {
			claims = append(claims, judge.Claim{What: name + " of " + what, Type: kind, Value: json.RawMessage(args[name])})
		}
	}
	return claims
}

func viewType(view string) string {
	var is struct{ Type string }
	_ = json.Unmarshal([]byte(view), &is) // Whatever it is, the compiler says so.
	if is.Type == "home" {
		return "Home"
	}
	return "Modal"
}
