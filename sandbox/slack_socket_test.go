package sandbox_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack/socketmode"

	"kvitt/sandbox"
)

// listener is a Socket Mode app: it writes down what it hears and acknowledges with the same payload every time.
type listener struct {
	mu    sync.Mutex
	types []socketmode.EventType
	mute  bool
	ack   any
}

func (l *listener) run(ctx context.Context, client *socketmode.Client) {
	var running sync.WaitGroup
	running.Go(func() { client.RunContext(ctx) })
	defer running.Wait()
	for {
		select {
		case <-ctx.Done():
			return
		case event := <-client.Events:
			l.mu.Lock()
			l.types = append(l.types, event.Type)
			mute, ack := l.mute, l.ack
			l.mu.Unlock()
			if r := event.Request; r != nil && r.EnvelopeID != "" && !mute {
				client.AckCtx(ctx, r.EnvelopeID, ack)
			}
		}
	}
}

func (l *listener) silence() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mute = true
}

func (l *listener) heard(kind socketmode.EventType) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, t := range l.types {
		if t == kind {
			n++
		}
	}
	return n
}

func connected(s *sandbox.Slack, n int) func() bool {
	return func() bool { return s.Connections() == n }
}

func TestSocketModeOverARealLine(t *testing.T) {
	s := fjord(sandbox.SlackConfig{})
	api := overHTTP(t, s)
	ctx, stop := context.WithCancel(t.Context())
	l := &listener{ack: map[string]any{"response_action": "clear"}}
	var running sync.WaitGroup
	running.Go(func() { l.run(ctx, socketmode.New(api)) })
	defer running.Wait()
	defer stop()
	if err := s.Wait(ctx, connected(s, 1)); err != nil {
		t.Fatal(err)
	}
	at := due(t, api, asha)
	if err := s.Press(ctx, asha, at); err != nil {
		t.Fatal(err)
	}
	if err := s.Command(ctx, asha, at.Channel, "/invoices"); err != nil {
		t.Fatal(err)
	}
	if err := s.OpenHome(ctx, asha); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []socketmode.EventType{socketmode.EventTypeInteractive, socketmode.EventTypeSlashCommand, socketmode.EventTypeEventsAPI, socketmode.EventTypeHello} {
		if l.heard(kind) != 1 {
			t.Errorf("%s was heard %d times", kind, l.heard(kind))
		}
	}
}

// inBubble connects n Socket Mode apps through memory.
func inBubble(t *testing.T, s *sandbox.Slack, apps ...*listener) (ctx context.Context, end func()) {
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	for _, l := range apps {
		dialer := &websocket.Dialer{NetDialContext: s.DialContext, WriteBufferSize: 32 << 10}
		running.Go(func() { l.run(ctx, socketmode.New(inMemory(s), socketmode.OptionDialer(dialer))) })
	}
	if err := s.Wait(ctx, connected(s, len(apps))); err != nil {
		t.Fatal(err)
	}
	return ctx, func() { stop(); s.Shutdown(); running.Wait() }
}

func TestSocketModeInBubbleTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := fjord(sandbox.SlackConfig{})
		one, two := &listener{}, &listener{}
		ctx, end := inBubble(t, s, one, two)
		defer end()
		time.Sleep(10 * time.Minute)
		if s.Connections() != 2 || one.heard(socketmode.EventTypeConnected) != 1 {
			t.Errorf("pings keep a connection up: %d connections, connected %d times", s.Connections(), one.heard(socketmode.EventTypeConnected))
		}
		at := due(t, inMemory(s), asha)
		for range 4 {
			if err := s.Press(ctx, asha, at); err != nil {
				t.Fatal(err)
			}
		}
		if one.heard(socketmode.EventTypeInteractive) != 2 || two.heard(socketmode.EventTypeInteractive) != 2 {
			t.Error("payloads do not go round")
		}
		one.silence()
		two.silence()
		began := time.Now()
		if err := s.Press(ctx, asha, at); !errors.Is(err, sandbox.ErrNoAck) || time.Since(began) != 3*time.Second {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
	})
}

func TestSocketsFailOnDemand(t *testing.T) {
	reconnects := func(what string, break_ func(*sandbox.Slack), within time.Duration) {
		synctest.Test(t, func(t *testing.T) {
			s := fjord(sandbox.SlackConfig{})
			l := &listener{}
			ctx, end := inBubble(t, s, l)
			defer end()
			time.Sleep(time.Second) // Its first hello is heard by then.
			break_(s)
			time.Sleep(within)
			if n := l.heard(socketmode.EventTypeHello); n < 2 {
				t.Errorf("%s: said hello %d times", what, n)
			}
			if what == "no pings" {
				return
			}
			if err := s.Wait(ctx, connected(s, 1)); err != nil {
				t.Error(err)
			}
			if err := s.Press(ctx, asha, due(t, inMemory(s), asha)); err != nil {
				t.Errorf("%s: afterwards: %v", what, err)
			}
		})
	}
	reconnects("cut", (*sandbox.Slack).CutSockets, time.Minute)
	reconnects("half-open", (*sandbox.Slack).FreezeSockets, time.Minute)
	reconnects("no pings", func(s *sandbox.Slack) { s.StopPings(true) }, time.Minute)
	reconnects("warning", func(s *sandbox.Slack) { s.Disconnect("warning") }, time.Minute)
	reconnects("link_disabled", func(s *sandbox.Slack) { s.Disconnect("link_disabled") }, time.Minute)
	reconnects("refresh_requested", func(s *sandbox.Slack) { s.Disconnect("refresh_requested") }, time.Minute)
}

func TestAHalfOpenSocketSwallowsWhatIsSentToIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := fjord(sandbox.SlackConfig{})
		l := &listener{}
		ctx, end := inBubble(t, s, l)
		defer end()
		at := due(t, inMemory(s), asha)
		s.FreezeSockets()
		if err := s.Press(ctx, asha, at); !errors.Is(err, sandbox.ErrNoAck) || l.heard(socketmode.EventTypeInteractive) != 0 {
			t.Errorf("%v", err)
		}
	})
}

func TestWithoutASocketNobodyHears(t *testing.T) {
	s := fjord(sandbox.SlackConfig{})
	if err := s.Press(t.Context(), asha, due(t, inMemory(s), asha)); !errors.Is(err, sandbox.ErrNotConnected) || !errors.Is(err, sandbox.ErrTrouble) {
		t.Error(err)
	}
}

// dial opens a socket by hand, in memory, and returns what the far end says first.
func dial(t *testing.T, s *sandbox.Slack, url string) (*websocket.Conn, string, error) {
	t.Helper()
	dialer := &websocket.Dialer{NetDialContext: s.DialContext}
	conn, _, err := dialer.DialContext(t.Context(), url, http.Header{"Origin": {"https://api.slack.com"}})
	if err != nil {
		return nil, "", err
	}
	var first struct{ Type, Reason string }
	if err := conn.ReadJSON(&first); err != nil {
		t.Fatal(err)
	}
	return conn, first.Type + first.Reason, nil
}

func TestTenSocketsAndSingleUseTickets(t *testing.T) {
	s := fjord(sandbox.SlackConfig{})
	defer s.Shutdown()
	for i := range 11 {
		_, url, err := inMemory(s).StartSocketModeContext(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		conn, first, err := dial(t, s, url)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		want := "hello"
		if i == 10 {
			want = "disconnecttoo_many_websockets"
		} else if err := s.Wait(t.Context(), connected(s, i+1)); err != nil {
			t.Fatal(err)
		}
		if first != want {
			t.Errorf("connection %d begins with %q", i+1, first)
		}
		if _, _, err := dial(t, s, url); err == nil {
			t.Error("a ticket served twice")
		}
	}
}

func TestAnUndecodableFrameArrives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := fjord(sandbox.SlackConfig{})
		l := &listener{}
		_, end := inBubble(t, s, l)
		defer end()
		s.SendFrame([]byte(`{"envelope_id":"1","type":"interactive","payload":{"type":7},"accepts_response_payload":true}`))
		synctest.Wait()
		if l.heard(socketmode.EventTypeErrorBadMessage) != 1 {
			t.Errorf("heard %d times", l.heard(socketmode.EventTypeErrorBadMessage))
		}
	})
}

func TestHelloThenClose(t *testing.T) {
	s := fjord(sandbox.SlackConfig{})
	defer s.Shutdown()
	s.HelloThenClose(true)
	_, url, err := inMemory(s).StartSocketModeContext(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	conn, first, err := dial(t, s, url)
	if err != nil || first != "hello" {
		t.Fatalf("%q %v", first, err)
	}
	if _, _, err := conn.ReadMessage(); err == nil {
		t.Error("it stayed open")
	}
}
