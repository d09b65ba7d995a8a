package sandbox_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"kvitt/sandbox"
	"kvitt/sandbox/judge"
)

// The acts: what people do, what Bolt makes of it, and what can be seen of that in Slack.

func (j *trial) messages() {
	if ack := j.command("post").Ack; !strings.Contains(string(ack), "Posting.") || j.said("Posting.").For != asha {
		j.Errorf("an acknowledgement with blocks and a text: %s", ack)
	}
	m := j.said("Invoice INV-1 is due.")
	if !strings.Contains(string(m.Blocks), "due &amp; <https://pay.example|open>") || !strings.Contains(string(m.Metadata), `"remind-1"`) {
		j.Errorf("posted as %s with %s", m.Blocks, m.Metadata)
	}
	j.press(m, "pay")
	m = j.said("Paid INV-1 by <@" + asha + ">")
	if _, still := m.Find("pay"); still || len(m.Versions) != 2 || m.Metadata == nil {
		j.Errorf("chat.update left %s, with %s", m.Blocks, m.Metadata)
	}
	j.command("post")
	m = j.said("Invoice INV-1 is due.")
	j.press(m, "later", "3d")
	j.said("Later: 3d")
	j.press(m, "more", "mute")
	if j.said("More: mute").For != asha {
		j.Error("respond() told everybody")
	}
	at := sandbox.Spot{Channel: m.Channel, TS: m.TS, Block: "look", Action: "supplier"}
	found, err := j.Options(j.Context(), asha, at, "NORD")
	if j.can(err); !slices.Equal(found, []sandbox.Option{{Text: "Nordlys Fiber", Value: "nordlys"}}) {
		j.Errorf("the suppliers %v", found)
	}
	j.heard("options supplier")
	j.press(m, "supplier", "nordlys")
	j.said("Supplier: Nordlys Fiber")
}

// fill writes into the form on top and submits it.
func (j *trial) fill(step string) {
	j.Helper()
	at := sandbox.Spot{View: j.top().ID}
	for _, field := range [][]string{{"step", step}, {"note", "A note"}, {"days", "mon", "tue"}} {
		at.Block, at.Action = field[0], field[0]
		j.can(j.Input(j.Context(), asha, at, field[1:]...))
	}
	at.Block, at.Action = "supplier", "supplier"
	_, err := j.Options(j.Context(), asha, at, "")
	j.can(err)
	j.heard("options supplier")
	j.can(j.Input(j.Context(), asha, at, "acme"))
	j.can(j.Submit(j.Context(), asha, at.View))
	j.heard("view form")
}

func (j *trial) forms() {
	const filled = "A note, acme, 2 days"
	j.press(j.said("Invoice INV-1 is due."), "open")
	first := j.top()
	if first.Title != "A form" || !strings.Contains(first.PrivateMetadata, `"ts"`) || len(first.Versions) != 2 {
		j.Errorf("opened and updated: %+v", first)
	}
	if j.fill("errors"); j.top().Errors["note"] != "Not "+filled {
		j.Errorf("response_action errors: %v", j.top().Errors)
	}
	if j.fill("update"); j.top().ID != first.ID || j.top().Title != "Updated" || j.top().PrivateMetadata != filled {
		j.Errorf("response_action update: %+v", j.top())
	}
	if j.fill("push"); j.top().PreviousViewID != first.ID || j.top().Title != "Pushed" || len(j.Modals(asha)) != 2 {
		j.Errorf("response_action push: %+v", j.top())
	}
	j.can(j.Press(j.Context(), asha, sandbox.Spot{View: j.top().ID, Action: "again"}))
	if j.heard("action again"); j.top().Title != "On top" || len(j.Modals(asha)) != 3 {
		j.Errorf("views.push: %+v", j.top())
	}
	j.can(j.Close(j.Context(), asha, j.top().ID))
	if j.heard("view form closed"); len(j.Modals(asha)) != 2 {
		j.Error("the view on top did not close alone")
	}
	if j.fill("close"); len(j.Modals(asha)) != 1 {
		j.Error("an empty acknowledgement did not close the view")
	}
	if j.fill("clear"); len(j.Modals(asha)) != 0 {
		j.Error("response_action clear left something open")
	}
}

func (j *trial) homes() {
	shows := func(words string) {
		j.Helper()
		j.seen("a Home with "+words, func() bool { v, _ := j.Home(asha); return strings.Contains(v.Words(), words) })
	}
	j.can(j.OpenHome(j.Context(), asha))
	j.heard("event app_home_opened")
	shows("Hello <@" + asha + ">, I am " + j.Config().BotUserID)
	j.can(j.OpenHome(j.Context(), asha))
	j.heard("event app_home_opened")
	shows("Home once more")
	v, _ := j.Home(asha)
	j.can(j.Press(j.Context(), asha, sandbox.Spot{View: v.ID, Block: "lang", Action: "language"}))
	j.heard("action language")
	shows("Hei")
}

func (j *trial) whispers() {
	j.command("whisper")
	m := j.said("Only you see this.")
	if m.For != asha {
		j.Errorf("everybody sees %q", m.Text)
	}
	j.press(m, "replace")
	replaced := j.said("Replaced.")
	if replaced.TS != m.TS || replaced.For != asha {
		j.Errorf("replaced by %+v", replaced)
	}
	j.press(replaced, "remove")
	j.seen("the end of what was whispered", func() bool { _, still := j.says("Replaced."); return !still })
}

func (j *trial) commands() {
	if ack := j.command("text").Ack; string(ack) != `"Plain text."` || j.said("Plain text.").For != asha {
		j.Errorf("an acknowledgement with a plain text: %s", ack)
	}
	j.command("later")
	if j.said("Said to you.").For != asha || j.said("Said to all.").For != "" {
		j.Error("respond() told the wrong people")
	}
	if j.command("say"); j.said("Said by say().").For != "" {
		j.Error("say() whispered")
	}
}

func (j *trial) events() {
	revoked := map[string]any{"type": "tokens_revoked", "tokens": map[string]any{"oauth": []string{}, "bot": []string{j.Config().BotUserID}}}
	for retry, event := range []map[string]any{{"type": "app_uninstalled"}, revoked} {
		var opts []sandbox.DeliverOption
		if retry > 0 {
			opts = append(opts, sandbox.Retry(retry, "http_timeout"))
		}
		ack, err := j.SendEvent(j.Context(), event, opts...)
		if j.can(err); ack.Status != http.StatusOK {
			j.Errorf("%v was answered with %d", event, ack.Status)
		}
		if line := j.heard("event " + event["type"].(string)); line.Retry != retry {
			j.Errorf("Bolt takes %v for the repetition %d, want %d", event["type"], line.Retry, retry)
		}
	}
}

// signatures: Bolt takes no request that another secret or an old clock signed, and answers Slack's question after the address.
func (j *trial) signatures() {
	if j.door != "http" {
		return
	}
	ask := map[string]any{"type": "url_verification", "challenge": "3eZbrw1aB", "token": "sandbox"}
	for name, c := range map[string]struct {
		opt    sandbox.DeliverOption
		status int
	}{
		"right": {sandbox.SignedAt(time.Now()), 200}, "unsigned": {sandbox.Unsigned(), 401}, "foreign": {sandbox.SignedWith("other"), 401},
		"stale": {sandbox.SignedAt(time.Now().Add(-6 * time.Minute)), 401},
	} {
		ack, err := j.Deliver(j.Context(), sandbox.Event, ask, c.opt)
		if j.can(err); ack.Status != c.status || (c.status == 200) != strings.Contains(string(ack.Payload), "3eZbrw1aB") {
			j.Errorf("%s: %d %s", name, ack.Status, ack.Payload)
		}
	}
	for range 3 {
		j.app.Wait(j.T, "Bolt's warning of a bad signature", func(l judge.Line) bool { return strings.Contains(l.Warned, "erif") })
	}
}

// refreshed: Slack asks for a new connection, as it does every few hours, and Bolt goes and comes back.
func (j *trial) refreshed() {
	j.Disconnect("refresh_requested")
	j.seen("the end of the old connection", func() bool { return j.Connections() == 0 })
	j.seen("a new connection", func() bool { return j.Connections() == 1 })
	j.command("text")
}

// object is any JSON object.
func object(raw json.RawMessage) (o map[string]any) {
	json.Unmarshal(raw, &o)
	return o
}
