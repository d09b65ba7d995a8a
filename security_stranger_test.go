package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"kvitt/bot"
	"kvitt/sandbox"
)

// billed is a day on which #finance has been reminded of one invoice.
const billed = `at 2026-03-05 09:00
invoice INV-1 1200.00 USD due 2026-03-12
wait 2m`

// What one person can send, each as Slack would write it. X is the attacker.
const (
	clickOnPay = `{"type":"block_actions","team":{"id":"T0SANDBOX"},"user":{"id":"{{.X}}","team_id":"{{.XTeam}}"},"api_app_id":"A0KVITT000","trigger_id":"{{.Trigger}}",
		"container":{"type":"message","message_ts":"{{.Card}}","channel_id":"{{.Finance}}"},"channel":{"id":"{{.Finance}}","name":"finance"},
		"message":{"ts":"{{.Card}}","team":"T0SANDBOX","bot_id":"B0KVITT000"},
		"actions":[{"action_id":"pay","block_id":"controls","type":"button","value":"stripe:{{.Invoice}}","action_ts":"{{.Moment}}"}]}`
	submissionOfPay = `{"type":"view_submission","team":{"id":"T0SANDBOX"},"user":{"id":"{{.X}}","team_id":"{{.XTeam}}"},"api_app_id":"A0KVITT000","trigger_id":"{{.Moment}}",
		"view":{"id":"V0FORGED","team_id":"T0SANDBOX","app_installed_team_id":"T0SANDBOX","type":"modal","callback_id":"pay","hash":"1.a",
		"private_metadata":"{\"i\":\"stripe:{{.Invoice}}\",\"a\":120000,\"c\":\"USD\"}",
		"state":{"values":{"method":{"method":{"type":"static_select","selected_option":{"value":"pm_visa"}}}}}}}`
	commandOfInvoices = `{"team_id":"T0SANDBOX","channel_id":"{{.Finance}}","user_id":"{{.X}}","command":"/invoices","text":"pay INV-1","trigger_id":"{{.Trigger}}",
		"api_app_id":"A0KVITT000","is_enterprise_install":"false"}`
	openingOfHome = `{"type":"event_callback","team_id":"T0SANDBOX","api_app_id":"A0KVITT000","event_id":"Ev{{.Moment}}",
		"event":{"type":"app_home_opened","user":"{{.X}}","tab":"home"},"authorizations":[{"team_id":"T0SANDBOX","is_bot":true}]}`
)

// forged fills a payload in for somebody: whoever's trigger it carries sees what it opens.
func (s *stage) forged(payload, who, trigger string) string {
	card := ""
	for _, m := range s.slack.Messages(s.finance) {
		card = m.TS
	}
	team := "T0SANDBOX"
	if s.people[who] == s.people["vera"] {
		team = "T0OTHER"
	}
	return s.template(payload, map[string]string{"X": s.people[who], "XTeam": team, "Trigger": trigger, "Card": card, "Finance": s.finance,
		"Invoice": s.invoices["INV-1"], "Second": s.invoices["INV-2"], "Request": s.request(), "Moment": fmt.Sprintf("%d.%s", time.Now().UnixNano(), who)})
}

// request is the id of the last request, as the buttons about it carry it; empty when there is none.
func (s *stage) request() (id string) {
	for _, m := range carriedRequest.FindAllStringSubmatch(s.messagesRaw(), -1) {
		id = m[1]
	}
	return id
}

var carriedRequest = regexp.MustCompile(`"r\\+":\\+"([0-9a-z-]+)`)

// delivers sends a payload, signed, and returns what the bot answered.
func (s *stage) delivers(payload string) string {
	s.t.Helper()
	kind := sandbox.Interactive
	switch {
	case strings.Contains(payload, `"command":`):
		kind = sandbox.SlashCommand
	case strings.Contains(payload, `"event_callback"`):
		kind = sandbox.Event
	}
	ack, err := s.slack.Deliver(s.t.Context(), kind, json.RawMessage(payload))
	if err != nil || ack.Status != 200 {
		s.t.Fatalf("status %d, %v for %s", ack.Status, err, payload)
	}
	time.Sleep(breath)
	return string(ack.Payload)
}

// trigger is a live trigger_id of somebody: the attacker's client has one for everything that its owner does.
func (s *stage) trigger(who string) (live string) {
	s.t.Helper()
	s.life.app.bot.OnCommand("/trigger", func(_ context.Context, c bot.Click) (bot.Message, error) {
		live = c.Trigger
		return bot.Message{}, errors.New("this command only shows its trigger")
	})
	if err := s.slack.Command(s.t.Context(), s.people[who], s.finance, "/trigger"); err != nil || live == "" {
		s.t.Fatalf("no trigger: %v", err)
	}
	return live
}

// seen is everything that is on somebody's screen because of the bot, #finance's cards aside.
func (s *stage) seen(who string) string {
	id, all := s.people[who], []string{}
	for _, v := range s.slack.Modals(id) {
		all = append(all, v.Words(), v.Submit)
		for _, e := range v.Elements() {
			all = append(all, e.Label)
		}
	}
	home, _ := s.slack.Home(id)
	all = append(all, home.Words())
	for _, m := range s.slack.Messages(s.finance) {
		if m.For == id {
			all = append(all, m.Words(), m.Text)
		}
	}
	return strings.Join(all, "\n")
}

var strangers = map[string]struct {
	person sandbox.Person
	become func(*sandbox.Person) // After the last thing that they did in their own client.
}{
	"a guest":                  {person: sandbox.Person{Guest: true}},
	"a guest of one channel":   {person: sandbox.Person{SingleChannel: true}},
	"somebody of another team": {person: sandbox.Person{Team: "T0OTHER"}},
	"a bot":                    {become: func(p *sandbox.Person) { p.Bot = true }},
	"somebody deleted":         {become: func(p *sandbox.Person) { p.Deleted = true }},
	"nobody whom Slack knows":  {become: nil},
}

// everyDoor is one of everything that somebody can send who sees a card, or can guess what stands behind its buttons.
func everyDoor() []string {
	all := []string{laterOf("tomorrow"), submissionOfPay, declines(theRequest("1")), strings.ReplaceAll(undoMoved, "RECORD", "stripe:{{.Invoice}}"), suggestionOf(meta),
		pressOf("show", "open"), pressOf("page/on", "1"), pressOf("page/back", "-1"), pressOf("lang", "nb"), commandOfInvoices, openingOfHome}
	for _, action := range []string{"pay", "steps", "view", "add", "ask", "undo", "release", "otherway"} {
		all = append(all, pressOf(action, "stripe:{{.Invoice}}"))
	}
	for _, action := range []string{"approve", "decline", "withdraw"} {
		all = append(all, pressOf(action, theRequest("1")))
	}
	return all
}

// All of them are in KVITT_ADMINS, so that nothing keeps them from paying but who they are.
func TestWhoIsNoFullMemberMayNothingAndLearnsNothing(t *testing.T) {
	t.Parallel()
	for name, x := range strangers {
		t.Run(name, func(t *testing.T) {
			inStory(t, "", func(s *stage) {
				x.person.Name = "Vera"
				s.people["vera"] = s.slack.AddPerson(x.person)
				s.slack.SetChannel(s.finance, func(c *sandbox.Channel) { c.Members = append(c.Members, s.people["vera"]) })
				known := s.people["vera"]
				if name == "nobody whom Slack knows" {
					s.people["vera"] = "U0NOBODY00"
				}
				s.env["KVITT_ADMINS"] += "," + s.people["vera"]
				s.acts(billed)
				before := s.posted()
				var answers []string
				for _, payload := range everyDoor() {
					id := s.people["vera"]
					s.people["vera"] = known
					trigger := s.trigger("vera")
					answers = append(answers, s.seen("vera"))
					s.people["vera"] = id
					if x.become != nil {
						s.slack.SetPerson(id, x.become)
					}
					answers = append(answers, s.delivers(s.forged(payload, "vera", trigger)))
					s.slack.SetPerson(known, func(p *sandbox.Person) { p.Bot, p.Deleted = false, false })
				}
				s.people["vera"] = known
				told := strings.Join(append(answers, s.seen("vera")), "\n")
				for _, secret := range []string{"Asha", "Bo", "INV-1", "1,200", "Acme", "https://", "Pay now", "Ask a", "pm_", "Visa"} {
					if strings.Contains(told, secret) {
						t.Errorf("%s was told of %q: %s", name, secret, told)
					}
				}
				if n := strings.Count(told, "Only billing admins can pay invoices here."); n < 6 {
					t.Errorf("%s was told %d times who may pay: %s", name, n, told)
				}
				s.acts(`expect audit "denied" 14` + "\nexpect charges INV-1 0")
				if after := s.posted(); !slices.Equal(before, after) {
					t.Errorf("said because of %s: %v", name, after[len(before):])
				}
			})
		})
	}
}

// A full member who is no billing admin is told whom to ask, at every door, and nothing of the invoice.
func TestWhoIsNoBillingAdminIsToldWhomToAskAndNothingElse(t *testing.T) {
	t.Parallel()
	inStory(t, billed, func(s *stage) {
		before := s.posted()
		for _, payload := range everyDoor() {
			if strings.Contains(payload, `"action_id":"ask"`) {
				continue // That is the button that asks them.
			}
			told := s.delivers(s.forged(payload, "kim", s.trigger("kim"))) + s.seen("kim")
			for _, secret := range []string{"INV-1", "1,200", "Acme", "https://", "Pay now", "pm_", "Visa"} {
				if strings.Contains(told, secret) {
					t.Errorf("Kim was told of %q: %s, for %s", secret, told, payload)
				}
			}
		}
		if after := s.posted(); !slices.Equal(before, after) {
			t.Errorf("said because of Kim: %v", after[len(before):])
		}
		s.acts(`expect modal kim "You can ask Asha or Bo."` + "\n" + `expect home kim "Billing admins handle the invoices here."` + "\n" + `expect audit "denied" 14` + "\nexpect charges INV-1 0")
	})
}

// posted is every version of every message that more than one person, or another person than the attacker, sees.
func (s *stage) posted() []string {
	var all []string
	for _, place := range []string{"finance", "asha", "bo"} {
		for _, m := range s.slack.Everything(s.place(place)) {
			if m.For != "" {
				continue
			}
			for _, v := range m.Versions {
				all = append(all, place+": "+v.Text)
			}
		}
	}
	return all
}
