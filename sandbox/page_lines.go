package sandbox

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// One line for each thing that goes over the line, for people who read along.

const longestLine = 160 // Runes.

// reads are the Web API methods that only ask, besides those that begin with them.
var reads = []string{"api.test", "auth.test", "bots.info", "chat.getPermalink", "conversations.history", "conversations.info",
	"conversations.members", "conversations.replies", "team.info", "users."}

// calledEntry is a call of the Web API, or a post to a response_url.
func (s *Slack) calledEntry(c Call) logEntry {
	e := logEntry{At: stamp(c.At), From: "bot", To: "Slack", What: c.Method, Outcome: cmp.Or(c.Error, "ok"), OK: c.Error == "" && c.Status == http.StatusOK,
		sent: c.Args, got: c.Answer}
	for _, prefix := range reads {
		e.Read = e.Read || strings.HasPrefix(c.Method, prefix)
	}
	switch {
	case c.Status == 0:
		e.Outcome = "connection cut"
	case c.Error == "" && c.Status != http.StatusOK:
		e.Outcome = fmt.Sprint(c.Status)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e.Line = oneLine(s.aboutCall(c.Method, c.Args))
	return e
}

// aboutCall says what a call is about; the lock is held.
func (s *Slack) aboutCall(method string, a Args) string {
	place := s.called(cmp.Or(a["channel"], a["user"], a["users"], a["user_id"]))
	switch {
	case strings.HasPrefix(method, "chat."):
		return place + ": " + a["text"]
	case method == "views.publish":
		return "Home of " + place
	case strings.HasPrefix(method, "views."):
		return wordsOf(json.RawMessage(a["view"]))
	}
	return cmp.Or(place, a["email"], a["body"])
}

// called is what people call a person, a channel or a direct message; the lock is held.
func (s *Slack) called(id string) string {
	if p := s.people[id]; p != nil {
		first, _, _ := strings.Cut(p.RealName, " ")
		return first
	}
	c := s.channels[id]
	switch {
	case c == nil:
		return id
	case c.IM != "":
		return "messages to " + s.called(c.IM)
	}
	return "#" + c.Name
}

// sentEntry is something that Slack sent to the app.
func (s *Slack) sentEntry(sent Sent) logEntry {
	e := logEntry{At: stamp(sent.At), From: "Slack", To: "bot", Outcome: "acknowledged", OK: true, sent: sent.Payload, got: sent.Ack.Payload}
	if err := notTaken(sent.Ack, sent.Err); err != nil {
		e.OK, e.Outcome = false, oneLine(err.Error())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e.What, e.Line = s.aboutSent(sent.Kind, sent.Payload)
	e.Line = oneLine(e.Line)
	return e
}

// aboutSent names what was sent, and says who did what; the lock is held.
func (s *Slack) aboutSent(kind Kind, raw json.RawMessage) (what, line string) {
	var p struct {
		Type    string
		User    struct{ ID string }
		Channel struct{ ID string }
		Actions []struct {
			ActionID string `json:"action_id"`
		}
		View  json.RawMessage
		Event struct{ Type, User string }
	}
	var command struct {
		UserID        string `json:"user_id"`
		Command, Text string
	}
	if kind == SlashCommand {
		json.Unmarshal(raw, &command)
		return command.Command, s.called(command.UserID) + " types " + strings.TrimSpace(command.Command+" "+command.Text)
	}
	json.Unmarshal(raw, &p)
	who := s.called(p.User.ID)
	switch {
	case kind == Event:
		return p.Event.Type, s.called(p.Event.User)
	case len(p.Actions) > 0:
		return p.Type, fmt.Sprintf("%s presses “%s” in %s", who, p.Actions[0].ActionID, cmp.Or(s.called(p.Channel.ID), titleOf(p.View)))
	case p.Type == "view_submission":
		return p.Type, who + " sends “" + titleOf(p.View) + "”"
	case p.Type == "view_closed":
		return p.Type, who + " closes “" + titleOf(p.View) + "”"
	}
	return p.Type, who
}

func titleOf(view json.RawMessage) string {
	var v struct{ Title struct{ Text string } }
	json.Unmarshal(view, &v)
	return cmp.Or(v.Title.Text, "Home")
}

// wordsOf is a view's title and the first thing that it says.
func wordsOf(view json.RawMessage) string {
	var v struct {
		Blocks []struct{ Text struct{ Text string } }
	}
	json.Unmarshal(view, &v)
	for _, b := range v.Blocks {
		if b.Text.Text != "" {
			return titleOf(view) + ": " + b.Text.Text
		}
	}
	return titleOf(view)
}

// entry is a request to the pretend Stripe.
func (s *Stripe) entry(c StripeCall, answer []byte) logEntry {
	method, _, _ := strings.Cut(c.Op, " ")
	e := logEntry{At: stamp(c.At), From: "bot", To: "Stripe", What: strings.TrimSpace(method + " " + c.Path), Outcome: fmt.Sprint(c.Status),
		OK: c.Status == http.StatusOK, Read: method == http.MethodGet, sent: object{"params": c.Params, "idempotency_key": c.Key}, got: answer}
	var failed struct{ Error struct{ Code string } }
	if json.Unmarshal(answer, &failed); failed.Error.Code != "" {
		e.Outcome += " " + failed.Error.Code
	}
	switch {
	case c.Status == 0:
		e.Outcome = "connection cut"
	case c.Replayed:
		e.Outcome += ", repeated"
	}
	e.Line = oneLine(s.about(c))
	return e
}

func (s *Stripe) about(c StripeCall) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, inv := range s.invoices {
		if !strings.Contains(c.Path, id) {
			continue
		}
		if m := s.methods[c.Params.Get("payment_method")]; m != nil {
			return fmt.Sprintf("%s, with %s •••• %s", inv.Number, m.Brand, m.Last4)
		}
		return inv.Number
	}
	return c.Params.Encode()
}

// oneLine is text without line breaks, cut to the length of a line.
func oneLine(text string) string {
	runes := []rune(strings.Join(strings.Fields(text), " "))
	if len(runes) > longestLine {
		return string(runes[:longestLine-1]) + "…"
	}
	return string(runes)
}
