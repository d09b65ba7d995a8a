package sandbox_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kvitt/sandbox"
	"kvitt/sandbox/judge"
)

// Is it Slack? A Bolt app works in the pretend Slack, over both doors, and the compiler holds everything that went over the line
// against the types that Slack publishes. What each step means is in sandbox/judge/listeners.mjs.

// trial is one Bolt app in one workspace.
type trial struct {
	*testing.T
	*sandbox.Slack
	app  *judge.App
	door string

	mu         sync.Mutex
	transcript []string
	told       int // Lines of the transcript when the last listener was done; what follows came of the next.
	claims     []judge.Claim
}

// onTrial starts Bolt in a workspace and connects the two through a door.
func onTrial(t *testing.T, door string) *trial {
	j := &trial{T: t, door: door}
	cfg := sandbox.SlackConfig{BotToken: "xoxb-judge", AppToken: "xapp-judge", SigningSecret: "judge-secret"}
	var bolt string // Where Bolt listens; known only after Slack is up, because Bolt asks Slack who it is first.
	if door == "http" {
		cfg.RequestURL = "http://bolt.example/slack/events"
		dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, bolt)
		}
		carrier := &http.Transport{DialContext: dial}
		t.Cleanup(carrier.CloseIdleConnections)
		cfg.RequestClient = &http.Client{Transport: carrier}
	}
	j.Slack = fjord(cfg)
	server := httptest.NewServer(j.Handler())
	t.Cleanup(func() { j.Shutdown(); server.Close() })
	j.OnCall(j.called)
	j.app, bolt = judge.Start(t, map[string]string{
		"DOOR": door, "SLACK_API_URL": server.URL + "/api/", "SLACK_BOT_TOKEN": cfg.BotToken, "SLACK_APP_TOKEN": cfg.AppToken,
		"SLACK_SIGNING_SECRET": cfg.SigningSecret})
	return j
}

// called writes down a call of Bolt's; its answer is to be what Slack's own client expects.
func (j *trial) called(c sandbox.Call) {
	j.mu.Lock()
	defer j.mu.Unlock()
	answer := "ok"
	if c.Error != "" {
		answer = c.Error
	}
	j.transcript = append(j.transcript, fmt.Sprintf("%-6s    Bolt  %-27s Slack %s", j.door, c.Method, answer))
	for name, kind := range argTypes(c.Method) {
		if raw := c.Args[name]; raw != "" {
			j.claims = append(j.claims, judge.Claim{What: name + " of " + c.Method, Type: kind, Value: json.RawMessage(raw)})
		}
	}
	if kind := answerTypes[c.Method]; kind != "" {
		j.claims = append(j.claims, judge.Claim{What: "the answer of " + c.Method, Type: kind, Value: asJSON(j.T, withoutEcho(j.T, c.Answer))})
	}
}

// heard waits until a listener of Bolt's was called and is done; what it was called with is to be of the listener's type.
func (j *trial) heard(listener string) judge.Line {
	j.Helper()
	line := j.app.Wait(j.T, "a call of the listener "+listener, func(l judge.Line) bool { return l.Listener == listener })
	var about struct {
		Type  string
		Event struct{ Type string }
	}
	if err := json.Unmarshal(line.Body, &about); err != nil {
		j.Fatal(err)
	}
	sent := strings.TrimSpace(about.Type + " " + about.Event.Type)
	if sent == "" {
		sent = "slash command"
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	ack := "acknowledged with " + string(line.Ack)
	if line.Ack == nil {
		ack = "acknowledged by Bolt itself"
	} else if string(line.Ack) == "null" {
		ack = "acknowledged with nothing"
	}
	j.transcript = slices.Insert(j.transcript, j.told, fmt.Sprintf("%-6s  Slack %-29s Bolt  %s: %.80s", j.door, sent, listener, ack))
	j.told = len(j.transcript)
	kind := payloadType(listener)
	if kind == "" {
		j.Errorf("no type is known for what %s hears", listener)
	}
	j.claims = append(j.claims, judge.Claim{What: "what " + listener + " heard", Type: kind, Value: asJSON(j.T, plainly(j.T, line.Body)), Open: true})
	return line
}

// seen waits until the workspace shows something.
func (j *trial) seen(what string, ok func() bool) {
	j.Helper()
	ctx, cancel := context.WithTimeout(j.Context(), 10*time.Second)
	defer cancel()
	if err := j.Wait(ctx, ok); err != nil {
		j.Fatalf("%s was not seen: %v", what, err)
	}
}

// can fails the test where a hand failed.
func (j *trial) can(err error) {
	j.Helper()
	if err != nil {
		j.Fatalf("%v; in trouble: %q", err, j.Trouble(asha))
	}
}

// says finds the newest message that everybody, or for asha only, says so in the finance channel.
func (j *trial) says(words string) (found sandbox.Message, ok bool) {
	for _, m := range j.Messages(finance) {
		if strings.Contains(m.Text, words) {
			found, ok = m, true
		}
	}
	return found, ok
}

// said waits for it.
func (j *trial) said(words string) sandbox.Message {
	j.Helper()
	j.seen(fmt.Sprintf("a message with %q", words), func() bool { _, ok := j.says(words); return ok })
	m, _ := j.says(words)
	return m
}

// command types a command and waits until Bolt is done with it.
func (j *trial) command(words string) judge.Line {
	j.Helper()
	j.can(j.Command(j.Context(), asha, finance, "/judge "+words))
	return j.heard("command /judge")
}

// press presses or chooses what has that action_id in a message.
func (j *trial) press(m sandbox.Message, action string, choice ...string) judge.Line {
	j.Helper()
	var opts []sandbox.HandOption
	if choice != nil {
		opts = append(opts, sandbox.Choose(choice...))
	}
	j.can(j.Press(j.Context(), asha, sandbox.Spot{Channel: m.Channel, TS: m.TS, Action: action}, opts...))
	return j.heard("action " + action)
}

// top is the modal that asha sees.
func (j *trial) top() sandbox.View {
	j.Helper()
	open := j.Modals(asha)
	if len(open) == 0 {
		j.Fatal("no modal is open")
	}
	return open[len(open)-1]
}

// everything is what one Bolt app goes through, in this order.
var everything = []func(*trial){
	(*trial).messages, (*trial).forms, (*trial).zoo, (*trial).homes, (*trial).whispers, (*trial).commands, (*trial).asks, (*trial).events, (*trial).signatures,
}

func TestSlacksOwnPackagesTakeThePretendSlackForSlack(t *testing.T) {
	var mu sync.Mutex
	var claims []judge.Claim
	t.Run("doors", func(t *testing.T) {
		for _, c := range []struct {
			name, door string
			acts       []func(*trial)
		}{
			{"socket", "socket", everything}, {"http", "http", everything}, {"socket refreshed", "socket", []func(*trial){(*trial).refreshed}},
		} {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				j := onTrial(t, c.door)
				for _, act := range c.acts {
					act(j)
				}
				t.Log("\n" + strings.Join(j.transcript, "\n"))
				mu.Lock()
				defer mu.Unlock()
				for _, claim := range j.claims {
					claim.What += " (" + c.name + ")"
					claims = append(claims, claim)
				}
			})
		}
	})
	if !t.Failed() {
		judge.Types(t, claims)
	}
}
