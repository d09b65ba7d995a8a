package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"kvitt/sandbox"
	"kvitt/settings"
	"kvitt/store"
)

// loud starts the bot with a log of everything. It is alive, but for the log.
func (s *stage) loud(log *bytes.Buffer) {
	s.t.Helper()
	var environ []string
	for name, value := range s.env {
		environ = append(environ, name+"="+value)
	}
	set, err := settings.Load(settings.Options{Command: settings.Serve, Environ: environ})
	if err != nil {
		s.t.Fatal(err)
	}
	l := &life{over: make(chan struct{})}
	logger := slog.New(traced{slog.NewTextHandler(lockedBuffer{&s.logMu, log}, &slog.HandlerOptions{Level: slog.LevelDebug})})
	if l.store, err = store.OpenFile(s.t.Context(), set.Data, store.FileOptions{NoSync: true, Log: logger}); err != nil {
		s.t.Fatal(err)
	}
	azure, err := s.azure.wires(l)
	if err != nil {
		s.t.Fatal(err)
	}
	l.app = newApp(set, mortal{l.store, &l.dead, &l.cut}, wires{Log: logger, Slack: l.client(s.slack.Transport()), Stripe: l.client(s.stripe.Transport()), Azure: azure})
	var ctx context.Context
	ctx, l.stop = context.WithCancel(context.Background())
	if err := l.app.connect(ctx); err != nil {
		s.t.Fatal(err)
	}
	s.life = l
	go func() {
		defer close(l.over)
		l.app.run(ctx)
	}()
	time.Sleep(breath)
}

// failing lets every far end break in every way while people press buttons that make links, triggers and response_urls travel.
func (s *stage) failing() {
	kinds := []sandbox.FaultKind{sandbox.CutBefore, sandbox.CutAfter, sandbox.FailBefore, sandbox.FailAfter, sandbox.RateLimited, sandbox.Refuse}
	for _, kind := range kinds {
		for _, method := range []string{"views.open", "views.push", "views.update", "users.info", "conversations.open", "chat.postMessage", "views.publish", "users.lookupByEmail"} {
			s.slack.Fail(sandbox.Fault{Method: method, Kind: kind, RetryAfter: 1})
		}
		s.acts(`
			press asha "View invoice" INV-3
			press asha "View invoice" INV-3
			press asha "View invoice" INV-3
			press asha "Pay now" INV-3
			home bo
			wait 2m`)
		// An answer that comes too late for the acknowledgement goes to the response_url.
		s.slack.Fail(sandbox.Fault{Method: "users.info", Kind: sandbox.Slow, Latency: 3 * time.Second, Times: 3})
		s.slack.Fail(sandbox.Fault{Method: "response_url", Kind: kind})
		s.slack.Fail(sandbox.Fault{Method: "chat.postEphemeral", Kind: kind})
		s.acts("type asha \"/invoices\"\nwait 2m")
	}
	for _, kind := range []sandbox.StripeFaultKind{sandbox.StripeBroken500Before, sandbox.StripeCutBefore, sandbox.StripeHang} {
		s.stripe.Fail(sandbox.StripeFault{Kind: kind, Times: 4})
		s.acts("press asha \"View invoice\" INV-3\npress asha \"Pay now\" INV-3\nwait 1m\nmend\nwait 16m")
	}
}

// strange knocks with what nobody should send.
func (s *stage) strange() {
	s.t.Helper()
	for _, request := range []string{
		"POST /slack/events\nContent-Type: application/x-www-form-urlencoded\n\ntoken=verification-token&{{.Payload}}",
		"POST /slack/events\n" + form + "\npayload={\"token\":\"verification-token\",\"type\":\"view_submission\",\"response_url\":\"https://hooks.slack.com/actions/T0SANDBOX/1/x\"}",
		"POST /slack/events\nContent-Type: application/json" + bySlack + "\n" + `{"token":"verification-token","type":"event_callback","team_id":"T0OTHER","event_id":"Ev1","event":{"type":"app_home_opened","user":"U1"}}`,
		"POST /slack/events\nContent-Type: application/json" + bySlack + "\n" + `{"token":"verification-token","type":"verification-token-of-a-kind"`,
		"POST /slack/events\nAuthorization: Bearer xoxb-sandbox\n" + form + "\n{{.Payload}}",
	} {
		if answer := s.knock(s.seal(request, s.forged(clickOnPay, "asha", "1700000000000.1.00000000000000000000000000000000"))); answer.StatusCode == http.StatusInternalServerError {
			s.t.Errorf("status %d", answer.StatusCode)
		}
		time.Sleep(breath)
	}
}

// scan counts the kinds of what must not be in a text, and shows where each is.
func (s *stage) scan(name, text string, what map[string]*regexp.Regexp) (found int) {
	for kind, pattern := range what {
		at := pattern.FindStringIndex(text)
		if at == nil {
			continue
		}
		found++
		s.t.Logf("%s: %s, in: …%s…", name, kind, text[max(0, at[0]-200):min(len(text), at[1]+100)])
	}
	return found
}

// modals is everything that a person's modals ever showed.
func (s *stage) modals(who string) string {
	var b strings.Builder
	for _, call := range s.slack.Calls() {
		b.WriteString(call.Args["view"])
	}
	return b.String()
}

// messagesRaw is every version of every message as Slack keeps it: text, blocks and metadata.
func (s *stage) messagesRaw() string {
	var b strings.Builder
	for _, place := range []string{"finance", "asha", "bo", "kim"} {
		for _, m := range s.slack.Everything(s.place(place)) {
			for _, v := range m.Versions {
				fmt.Fprintf(&b, "%s %s %s\n", v.Text, v.Blocks, v.Metadata)
			}
		}
	}
	return b.String()
}

// trails are all audit trails as JSON.
func (s *stage) trails() string {
	s.t.Helper()
	var b strings.Builder
	for key, err := range s.life.store.Chains(s.t.Context()) {
		if err != nil {
			s.t.Fatal(err)
		}
		for entry, err := range s.life.store.Trail(s.t.Context(), key) {
			raw, _ := json.Marshal(entry)
			fmt.Fprintln(&b, string(raw), err)
		}
	}
	return b.String()
}

// stored is every file of the store.
func (s *stage) stored() string {
	files, _ := filepath.Glob(filepath.Join(s.folder, "data", "*"))
	var b strings.Builder
	for _, file := range files {
		raw, _ := os.ReadFile(file)
		b.Write(raw)
	}
	return b.String()
}
