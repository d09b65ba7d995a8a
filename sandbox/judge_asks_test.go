package sandbox_test

import (
	"fmt"
	"slices"
	"strings"

	"kvitt/sandbox"
	"kvitt/sandbox/judge"
)

// The questions of sandbox/judge/questions.mjs: what Bolt's WebClient makes of the answers.

// path walks into a JSON object: fields by name, items of a list by number.
func path(v any, steps ...any) any {
	for _, step := range steps {
		switch at := v.(type) {
		case map[string]any:
			v = at[fmt.Sprint(step)]
		case []any:
			n, _ := step.(int)
			if v = nil; n < len(at) {
				v = at[n]
			}
		default:
			return nil
		}
	}
	return v
}

// asks has Bolt ask everything, and looks at what its client read.
func (j *trial) asks() {
	dm := func() any { return j.DM(asha) }
	want := map[string]map[string]any{ // By question: dotted path, value.
		"auth.test": {"ok": true, "user_id": j.Config().BotUserID, "bot_id": j.Config().BotID, "team_id": j.Config().TeamID,
			"response_metadata.scopes": strings.Join(sandbox.AllScopes, " ")},
		"users.info":               {"user.id": asha, "user.locale": "nb-NO", "user.tz": "Europe/Oslo", "user.profile.email": "asha@fjord.example"},
		"users.list":               {"response_metadata.next_cursor": "2"},
		"conversations.open":       {"channel.id": dm()},
		"conversations.info":       {"channel.id": finance, "channel.name": "finance", "channel.num_members": 4.0, "channel.locale": "en-US"},
		"conversations.members":    {"response_metadata.next_cursor": "2"},
		"bots.info":                {"bot.user_id": j.Config().BotUserID},
		"team.info":                {"team.domain": j.Config().TeamDomain},
		"chat.postMessage":         {"channel": dm(), "message.text": "Fish &amp; chips &lt; 5", "message.type": "message"},
		"a reply":                  {"channel": dm()},
		"conversations.replies":    {"messages.1.text": "A reply", "messages.0.reply_count": 1.0},
		"chat.getPermalink":        {"channel": dm()},
		"chat.delete":              {"channel": dm()},
		"too long a block":         {"code": "slack_webapi_platform_error", "data.error": "invalid_blocks"},
		"a trigger of nobody":      {"data.error": "invalid_trigger_id"},
		"an unknown method":        {"data.error": "unknown_method"},
		"no such person":           {"data.error": "user_not_found"},
		"a busy method":            {"data.error": "message_not_found"}, // After a 429, which the client waits for.
		"conversations.history":    {"ok": true},
		"history without metadata": {"ok": true},
	}
	j.Fail(sandbox.Fault{Method: "chat.getPermalink", After: 1, Kind: sandbox.RateLimited, RetryAfter: 1})
	j.command("ask")
	for question, fields := range want {
		got := object(j.app.Wait(j.T, "the answer to "+question, func(l judge.Line) bool { return l.Asked == question }).Answer)
		for at, value := range fields {
			var steps []any
			for _, step := range strings.Split(at, ".") {
				var n int
				if _, err := fmt.Sscan(step, &n); err == nil {
					steps = append(steps, n)
				} else {
					steps = append(steps, step)
				}
			}
			found := path(got, steps...)
			if list, ok := found.([]any); ok {
				found = strings.Trim(fmt.Sprint(list), "[]")
			}
			if found != value {
				j.Errorf("%s: %s is %v, want %v", question, at, found, value)
			}
		}
		j.metadata(question, got)
	}
	for _, warning := range []string{"must be less than 3001 characters", "A rate limit was exceeded"} {
		j.app.Wait(j.T, "Bolt's warning "+warning, func(l judge.Line) bool { return strings.Contains(l.Warned, warning) })
	}
	j.encoded()
}

// metadata looks whether history shows it to who asks for it, and to nobody else.
func (j *trial) metadata(question string, got map[string]any) {
	messages, _ := got["messages"].([]any)
	has := func(m any) bool {
		return path(m, "metadata", "event_payload", "token") == "remind-1" && path(m, "metadata", "event_payload", "attempt") == 2.0 &&
			path(m, "metadata", "event_payload", "urgent") == true
	}
	if question == "conversations.history" && !slices.ContainsFunc(messages, has) || question == "history without metadata" && slices.ContainsFunc(messages, has) {
		j.Errorf("%s: metadata in %v", question, messages)
	}
	if question == "too long a block" {
		text := fmt.Sprint(path(got, "data", "response_metadata", "messages", 0))
		if text != "[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]" {
			j.Errorf("the client reads %q", text)
		}
	}
}

// encoded looks at how Bolt's client sends: a form, with everything that is no text as JSON inside it.
func (j *trial) encoded() {
	for _, c := range j.Calls() {
		for _, name := range []string{"blocks", "view", "metadata"} {
			if c.Args[name] != "" && !strings.ContainsAny(c.Args[name][:1], "[{") {
				j.Errorf("%s got %s as %q", c.Method, name, c.Args[name])
			}
		}
		if c.Method == "views.publish" && c.Args["team_id"] != j.Config().TeamID {
			j.Errorf("Bolt names the team in every call, and %s was told %q", c.Method, c.Args["team_id"])
		}
	}
}
