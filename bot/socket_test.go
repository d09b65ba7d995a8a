package bot

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slack-go/slack/socketmode"

	"kvitt/sandbox"
)

// mostWithin is the largest number of calls in any window of that length.
func mostWithin(calls []sandbox.Call, window time.Duration) (most int) {
	for i, first := range calls {
		n := 0
		for _, c := range calls[i:] {
			if c.At.Sub(first.At) <= window {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

func TestAServerThatHangsUpAfterEveryHelloSeesAtMostTenOpensInTenSeconds(t *testing.T) {
	for name, c := range map[string]struct{ begin, again, end func(w *world) }{
		"hello, and it hangs up": {
			begin: func(w *world) { w.slack.HelloThenClose(true); w.slack.CutSockets() },
			again: func(*world) {},
			end:   func(w *world) { w.slack.HelloThenClose(false) },
		},
		"hello, and it sends us away": {
			begin: func(*world) {},
			again: func(w *world) { w.slack.Disconnect("refresh_requested") },
			end:   func(*world) {},
		},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, nil, func(w *world) {
				w.run()
				c.begin(w)
				for began := time.Now(); time.Since(began) < 5*time.Minute; time.Sleep(50 * time.Millisecond) {
					c.again(w)
				}
				if most := mostWithin(w.calls("apps.connections.open"), 10*time.Second); most > 10 || most < 2 {
					w.t.Errorf("%d opens in 10 s", most)
				}
				c.end(w)
				time.Sleep(20 * time.Second)
				if !w.bot.Ready() {
					w.t.Error("not ready again after the server mended its ways")
				}
			})
		})
	}
}

func TestALostConnectionIsReplacedFast(t *testing.T) {
	story(t, nil, func(w *world) {
		w.run()
		time.Sleep(time.Minute)
		w.slack.CutSockets()
		synctest.Wait()
		time.Sleep(100 * time.Millisecond)
		if !w.bot.Ready() || w.slack.Connections() != 1 {
			w.t.Errorf("ready: %v, connections: %d", w.bot.Ready(), w.slack.Connections())
		}
	})
}

func TestAHalfOpenConnectionIsNoticedWithinTenSeconds(t *testing.T) {
	story(t, nil, func(w *world) {
		w.run()
		time.Sleep(time.Minute)
		w.slack.FreezeSockets()
		opens := len(w.calls("apps.connections.open"))
		time.Sleep(10 * time.Second)
		if got := len(w.calls("apps.connections.open")); got != opens+1 {
			w.t.Errorf("%d new connections", got-opens)
		}
		if !w.bot.Ready() {
			w.t.Error("not ready on the new connection")
		}
	})
}

func TestASlackThatHangsIsNotCalledReadyTenSecondsLater(t *testing.T) {
	for _, talked := range []time.Duration{time.Second, time.Minute} {
		story(t, nil, func(w *world) {
			w.run()
			time.Sleep(talked)
			w.slack.FreezeSockets()
			w.slack.Fail(sandbox.Fault{Method: "apps.connections.open", Kind: sandbox.FailBefore, Times: -1})
			time.Sleep(10 * time.Second)
			if w.bot.Ready() {
				w.t.Errorf("ready, though nothing is heard of a Slack that hangs %s after its hello", talked)
			}
		})
	}
}

func TestASlackThatNeverPingsKeepsItsConnectionForAsLongAsItAnswersPings(t *testing.T) {
	story(t, nil, func(w *world) {
		var presses atomic.Int32
		w.bot.OnPress("pay", func(context.Context, Click) error { presses.Add(1); return nil })
		w.slack.StopPings(true)
		w.run()
		_, button := w.post("pay")
		for range 10 {
			time.Sleep(silence + 100*time.Millisecond)
			if err := w.slack.Press(w.t.Context(), w.asha, button); err != nil || !w.bot.Ready() {
				w.t.Errorf("ready: %v; a press ended in %v", w.bot.Ready(), err)
			}
		}
		synctest.Wait()
		if opens := len(w.calls("apps.connections.open")); presses.Load() != 10 || opens != 2 || w.slack.Connections() != 1 { // One is the preflight's.
			w.t.Errorf("%d presses, %d opens, %d connections", presses.Load(), opens, w.slack.Connections())
		}
	})
}

// farEnd is a peer of one line, which it hears and may answer.
func farEnd(t *testing.T) (l *line, peer net.Conn, pinged *atomic.Int32) {
	near, far := net.Pipe()
	l, pinged = newLine(near, true), new(atomic.Int32)
	go func() { _, _ = io.Copy(io.Discard, l) }()
	t.Cleanup(func() { l.Close(); far.Close() })
	return l, far, pinged
}

// A peer may answer no ping at all, as a websocket written by hand does. It is left alone while it says something now and then.
func TestAPeerThatAnswersNoPingIsGoneAfterThirtySecondsOfSilenceOnly(t *testing.T) {
	for name, c := range map[string]struct {
		says string
		ends time.Duration
	}{"answers none": {"hello", silence}, "answered one": {pongFrame, hush}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l, peer, pinged := farEnd(t)
				go func() {
					for frame := make([]byte, len(pingFrame)); ; pinged.Add(1) {
						if _, err := io.ReadFull(peer, frame); err != nil || string(frame) != pingFrame {
							return
						}
					}
				}()
				if _, err := io.WriteString(peer, c.says); err != nil {
					t.Fatal(err)
				}
				time.Sleep(c.ends - time.Millisecond)
				if l.closed.Err() != nil || pinged.Load() < 2 {
					t.Errorf("ended too early, after %d pings", pinged.Load())
				}
				time.Sleep(2 * time.Millisecond)
				if l.closed.Err() == nil {
					t.Error("did not end")
				}
			})
		})
	}
}

func TestAnOpenThatHangsIsTriedAgain(t *testing.T) {
	var dial func(ctx context.Context, network, address string) (net.Conn, error)
	withoutTimeout := func(_ *sandbox.SlackConfig, c *Config) {
		c.HTTP = &http.Client{Transport: &http.Transport{DisableKeepAlives: true,
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				return dial(ctx, network, address)
			}}}
	}
	story(t, withoutTimeout, func(w *world) {
		dial = w.slack.DialContext
		w.run()
		w.slack.Fail(sandbox.Fault{Method: "apps.connections.open", Kind: sandbox.Slow, Latency: time.Hour})
		w.slack.CutSockets()
		synctest.Wait()
		if w.bot.Ready() {
			w.t.Error("ready without a connection")
		}
		time.Sleep(callTime + time.Second)
		if !w.bot.Ready() {
			w.t.Error("not ready again")
		}
	})
}

func TestNoPressIsLostWhenSlackAnnouncesARestart(t *testing.T) {
	for _, reason := range []string{"warning", "refresh_requested"} {
		t.Run(reason, func(t *testing.T) {
			story(t, nil, func(w *world) {
				var presses atomic.Int32
				w.bot.OnPress("pay", func(context.Context, Click) error { presses.Add(1); return nil })
				w.run()
				_, button := w.post("pay")
				time.Sleep(time.Hour)
				w.slack.Disconnect(reason)
				synctest.Wait()
				for range 40 {
					if err := w.slack.Press(w.t.Context(), w.asha, button); err != nil {
						w.t.Errorf("a press during the restart: %v", err)
					}
					time.Sleep(500 * time.Millisecond)
				}
				if presses.Load() != 40 || w.slack.Connections() != 1 || !w.bot.Ready() {
					w.t.Errorf("%d presses, %d connections", presses.Load(), w.slack.Connections())
				}
			})
		})
	}
}

func TestAnEnvelopeThatCannotBeReadIsAcknowledged(t *testing.T) {
	story(t, nil, func(w *world) {
		w.run()
		w.slack.SendFrame([]byte(`not JSON at all`))
		w.slack.SendFrame([]byte(`{"type":"interactive","payload":{}}`))
		for kind, payload := range map[sandbox.Kind]any{
			sandbox.Interactive:  map[string]any{"type": 7},
			sandbox.SlashCommand: map[string]any{"command": []int{1}},
			sandbox.Event:        map[string]any{},
			"a kind of tomorrow": map[string]any{"x": 1},
		} {
			if ack, err := w.slack.Deliver(w.t.Context(), kind, payload); err != nil || ack.Took > time.Second {
				w.t.Errorf("%s: %+v, %v", kind, ack, err)
			}
		}
		if !w.bot.Ready() {
			w.t.Error("the connection did not survive")
		}
	})
}

func TestOneOddBlockDoesNotLoseThePress(t *testing.T) {
	story(t, nil, func(w *world) {
		var clicks []Click
		w.bot.OnPress("pay", func(_ context.Context, c Click) error { clicks = append(clicks, c); return nil })
		w.run()
		_, err := w.slack.Deliver(w.t.Context(), sandbox.Interactive, map[string]any{
			"type": "block_actions", "user": map[string]any{"id": w.asha}, "trigger_id": "1.1",
			"message": map[string]any{"ts": "1.1", "blocks": []any{map[string]any{"type": "section", "text": 7}}},
			"actions": []any{map[string]any{"type": "button", "action_id": "pay", "value": "inv_1", "action_ts": "1.1"}}})
		synctest.Wait()
		if err != nil || len(clicks) != 1 || clicks[0].Value != "inv_1" || clicks[0].User != w.asha {
			w.t.Errorf("clicks: %+v, %v", clicks, err)
		}
	})
}

func TestAConnectionThatTakesNothingInIsGivenUp(t *testing.T) {
	k := New(Config{}).socket
	write := func(cause error) error {
		return k.receive(socketmode.Event{Data: &socketmode.ErrorWriteFailed{Cause: cause}})
	}
	if write(os.ErrDeadlineExceeded) == nil {
		t.Error("it was kept")
	}
	if err := write(net.ErrClosed); err != nil {
		t.Errorf("one that is over already was given up: %v", err)
	}
}

func TestReadyMeansThatSlackSaidHello(t *testing.T) {
	story(t, nil, func(w *world) {
		if w.bot.Ready() {
			w.t.Error("ready before Connect")
		}
		w.run()
		w.slack.Fail(sandbox.Fault{Method: "apps.connections.open", Kind: sandbox.FailBefore, Times: 5})
		w.slack.CutSockets()
		synctest.Wait()
		if w.bot.Ready() {
			w.t.Error("ready without a connection")
		}
		time.Sleep(30 * time.Second)
		if !w.bot.Ready() {
			w.t.Error("not ready after Slack came back")
		}
	})
}

func TestARateLimitOnOpeningIsObeyed(t *testing.T) {
	story(t, nil, func(w *world) {
		w.run()
		before := len(w.calls("apps.connections.open"))
		w.slack.Fail(sandbox.Fault{Method: "apps.connections.open", Kind: sandbox.RateLimited, RetryAfter: 30})
		w.slack.CutSockets()
		time.Sleep(29 * time.Second)
		if n := len(w.calls("apps.connections.open")) - before; n != 1 {
			w.t.Errorf("%d opens within the Retry-After", n)
		}
		time.Sleep(5 * time.Second)
		if !w.bot.Ready() {
			w.t.Error("not ready after the Retry-After")
		}
	})
}

func TestAnInstallationThatEndsIsReturnedFromRun(t *testing.T) {
	for name, end := range map[string]func(w *world){
		"a call is told": func(w *world) {
			w.slack.Fail(sandbox.Fault{Kind: sandbox.Refuse, Code: "token_revoked", Times: -1})
			if _, err := w.bot.Post(w.t.Context(), w.finance, Message{Text: "x"}); !errors.Is(err, ErrDead) {
				w.t.Errorf("Post returned %v", err)
			}
		},
		"an event says so": func(w *world) {
			w.slack.Fail(sandbox.Fault{Kind: sandbox.Refuse, Code: "account_inactive", Times: -1})
			w.slack.SendEvent(w.t.Context(), map[string]any{"type": "app_uninstalled"})
		},
		"the socket is told": func(w *world) {
			w.slack.Fail(sandbox.Fault{Method: "apps.connections.open", Kind: sandbox.Refuse, Code: "not_allowed_token_type", Times: -1})
			w.slack.CutSockets()
		},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, nil, func(w *world) {
				w.run()
				end(w)
				time.Sleep(time.Minute)
				synctest.Wait()
				select {
				case err := <-w.stopped:
					if setup, ok := asSetup(err); !ok || !strings.HasPrefix(setup.Setting, "SLACK_") {
						w.t.Errorf("Run returned %v", err)
					}
				default:
					w.t.Fatal("Run did not return")
				}
				w.stop = nil
			})
		})
	}
}

func TestOneOddAnswerDoesNotStopABotThatWorks(t *testing.T) {
	story(t, nil, func(w *world) {
		w.run()
		for range 2 * maxRefusals {
			w.slack.Fail(sandbox.Fault{Method: "chat.postMessage", Kind: sandbox.Refuse, Code: "invalid_auth"})
			w.slack.Fail(sandbox.Fault{Method: "apps.connections.open", Kind: sandbox.Refuse, Code: "invalid_auth"})
			w.bot.Post(w.t.Context(), w.finance, Message{Text: "x"})
			w.slack.CutSockets()
			time.Sleep(10 * time.Second)
			if !w.bot.Ready() {
				w.t.Error("the bot stopped")
			}
		}
	})
}

func TestAFrameTooLargeToBeTrueEndsItsConnectionOnly(t *testing.T) {
	story(t, nil, func(w *world) {
		w.run()
		w.slack.SendFrame(bytes.Repeat([]byte(" "), maxEnvelope+1))
		time.Sleep(time.Second)
		if !w.bot.Ready() || w.observed("socket", "lost") != 1 {
			w.t.Errorf("ready: %v, connections lost: %d", w.bot.Ready(), w.observed("socket", "lost"))
		}
	})
}

func TestAnyAcknowledgementGoesInOneFrame(t *testing.T) {
	if size := New(Config{}).socket.dialer().WriteBufferSize; size < maxAck+1024 {
		t.Errorf("the write buffer holds %d bytes", size)
	}
}

func TestSocketModeWorksOverARealSocket(t *testing.T) {
	slack := sandbox.NewSlack(sandbox.SlackConfig{})
	server := httptest.NewServer(slack.Handler())
	defer server.Close()
	defer slack.Shutdown()
	b := New(Config{Token: "xoxb-sandbox", AppToken: "xapp-sandbox", APIURL: server.URL + "/api/"})
	b.OnCommand("/invoices", func(_ context.Context, c Click) (Message, error) {
		return Message{Text: "You asked for " + c.Text}, nil
	})
	if _, err := b.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stopped := make(chan error)
	go func() { stopped <- b.Run(ctx) }()
	within, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := slack.Wait(within, func() bool { return slack.Connections() == 1 }); err != nil {
		t.Fatal(err)
	}
	asha := slack.AddPerson(sandbox.Person{Name: "asha"})
	channel := slack.AddChannel(sandbox.Channel{Name: "finance", Members: []string{asha}})
	if err := slack.Command(within, asha, channel, "/invoices due"); err != nil {
		t.Error(err)
	}
	if said := slack.Messages(channel); len(said) != 1 || said[0].Text != "You asked for due" {
		t.Errorf("said: %+v", said)
	}
	stop()
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

func TestBackoffGrowsAndIsBounded(t *testing.T) {
	var waits []time.Duration
	for failed := 1; failed < 100; failed++ {
		waits = append(waits, backoff(failed))
	}
	if waits[0] < 125*time.Millisecond || waits[0] > 250*time.Millisecond || slices.Max(waits) > 8*time.Second || slices.Min(waits[10:]) < 4*time.Second {
		t.Errorf("the waits are %v", waits)
	}
}
