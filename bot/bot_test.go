package bot

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kvitt/sandbox"
)

// world is a pretend Slack with Asha and a channel, and a bot in it, all in memory.
type world struct {
	t       *testing.T
	slack   *sandbox.Slack
	bot     *Bot
	asha    string
	finance string
	log     journal

	mu   sync.Mutex
	seen []Observation

	stop    context.CancelFunc
	stopped chan error
}

// story runs body in a bubble, with the bot connected and running. change, if any, changes both sides' settings before.
func story(t *testing.T, change func(*sandbox.SlackConfig, *Config), body func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, change)
		body(w)
		w.end()
		w.slack.Shutdown()
	})
}

func newWorld(t *testing.T, change func(*sandbox.SlackConfig, *Config)) *world {
	w := &world{t: t, finance: "C0FINANCE0", stopped: make(chan error, 1)}
	door := &handlerTransport{}
	far := sandbox.SlackConfig{RequestClient: &http.Client{Transport: door}}
	near := Config{
		Token: "xoxb-sandbox", AppToken: "xapp-sandbox", SigningSecret: "sandbox-signing-secret", APIURL: "http://127.0.0.1/api/",
		Log: slog.New(slog.NewTextHandler(&w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Observe: func(o Observation) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.seen = append(w.seen, o)
		},
	}
	if change != nil {
		change(&far, &near)
	}
	w.slack = sandbox.NewSlack(far)
	w.asha = w.slack.AddPerson(sandbox.Person{Name: "asha", RealName: "Asha Berg", Email: "asha@example.com", TZ: "Europe/Oslo", Locale: "nb-NO"})
	w.slack.AddChannel(sandbox.Channel{ID: w.finance, Name: "finance", Members: []string{w.asha, w.slack.Config().BotUserID}})
	if near.HTTP == nil {
		near.HTTP = &http.Client{Transport: &http.Transport{DialContext: w.slack.DialContext, DisableKeepAlives: true}, Timeout: 10 * time.Second}
	}
	w.bot = New(near)
	door.handler = w.bot.Handler()
	return w
}

// httpMode is a change that lets Slack come through the HTTP door.
func httpMode(far *sandbox.SlackConfig, near *Config) {
	near.AppToken, far.RequestURL = "", "http://127.0.0.1/slack/events"
}

// run connects and runs the bot until end, and waits until it is ready.
func (w *world) run() {
	w.t.Helper()
	if _, err := w.bot.Connect(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	w.stop = stop
	go func() { w.stopped <- w.bot.Run(ctx) }()
	synctest.Wait()
	if !w.bot.Ready() {
		w.t.Fatal("the bot is not ready")
	}
}

func (w *world) end() {
	if w.stop == nil {
		return
	}
	w.stop()
	if err := <-w.stopped; err != nil {
		w.t.Errorf("Run returned %v", err)
	}
	w.stop = nil
}

// post posts a message with a button and returns where the button is.
func (w *world) post(action string) (Ref, sandbox.Spot) {
	w.t.Helper()
	ref, err := w.bot.Post(w.t.Context(), w.finance, Message{Text: "An invoice is due.", Blocks: []Block{
		Plain("An invoice is due."), Actions("row", Button{Action: action, Value: "inv_1", Label: "Pay now"})}})
	if err != nil {
		w.t.Fatal(err)
	}
	return ref, sandbox.Spot{Channel: ref.Channel, TS: ref.TS, Action: action}
}

func (w *world) observed(what, outcome string) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, o := range w.seen {
		if o.What == what && o.Outcome == outcome {
			n++
		}
	}
	return n
}

func (w *world) calls(method string) (calls []sandbox.Call) {
	return slices.DeleteFunc(w.slack.Calls(), func(c sandbox.Call) bool { return c.Method != method })
}

// handlerTransport serves a handler in memory.
type handlerTransport struct{ handler http.Handler }

func (h *handlerTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	return w.Result(), nil
}

// journal is what was logged; it is read while goroutines of the bot may write to it.
type journal struct {
	mu    sync.Mutex
	lines bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.lines.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.lines.String()
}

// bothDoors runs a story through each door.
func bothDoors(t *testing.T, body func(w *world)) {
	t.Run("socket", func(t *testing.T) { story(t, nil, body) })
	t.Run("http", func(t *testing.T) { story(t, httpMode, body) })
}

func TestAPressOpensAModalAndItsSubmissionIsAnswered(t *testing.T) {
	bothDoors(t, func(w *world) {
		w.bot.OnPress("pay", func(ctx context.Context, c Click) error {
			if c.Value != "inv_1" || c.User != w.asha || c.Team != "T0SANDBOX" || c.Channel != w.finance || c.Trace == "" || Trace(ctx) != c.Trace {
				w.t.Errorf("the press came as %+v", c)
			}
			id, err := w.bot.Open(ctx, c, View{Callback: "paying", Title: "Pay", Blocks: []Block{Plain("One moment…")}})
			if err != nil {
				return err
			}
			return w.bot.Replace(ctx, id, View{Callback: "paying", Title: "Pay", Submit: "Pay now", Meta: "inv_1", Blocks: []Block{
				Input{Block: "method", Label: "Payment method", Element: Menu{Action: "choose", Options: []Option{{Value: "pm_1", Label: "Visa"}}, Chosen: "pm_1"}}}})
		})
		w.bot.OnSubmit("paying", func(_ context.Context, c Click) (Reply, error) {
			if c.Fields["method"] != "pm_1" || c.Meta != "inv_1" {
				w.t.Errorf("the submission came as %+v", c)
			}
			return Reply{View: &View{Title: "Pay", Blocks: []Block{Plain("Payment in progress")}}}, nil
		})
		w.run()
		_, button := w.post("pay")
		if err := w.slack.Press(w.t.Context(), w.asha, button); err != nil {
			w.t.Fatal(err)
		}
		synctest.Wait()
		modal := w.slack.Modals(w.asha)
		if len(modal) != 1 || modal[0].Submit != "Pay now" {
			w.t.Fatalf("the modals are %+v", modal)
		}
		if err := w.slack.Submit(w.t.Context(), w.asha, modal[0].ID); err != nil {
			w.t.Fatal(err)
		}
		modal = w.slack.Modals(w.asha)
		if len(modal) != 1 || !strings.Contains(modal[0].Words(), "Payment in progress") {
			w.t.Errorf("the answer is %+v", modal)
		}
	})
}

func TestACommandIsAnsweredToTheAskerOnlyEvenWhenItIsLate(t *testing.T) {
	for name, takes := range map[string]time.Duration{"at once": 0, "late": 5 * time.Second} {
		t.Run(name, func(t *testing.T) {
			bothDoors(t, func(w *world) {
				w.bot.OnCommand("/invoices", func(_ context.Context, c Click) (Message, error) {
					time.Sleep(takes)
					return Message{Text: "You asked for " + c.Text}, nil
				})
				w.run()
				if err := w.slack.Command(w.t.Context(), w.asha, w.finance, "/invoices due"); err != nil {
					w.t.Fatal(err)
				}
				time.Sleep(takes)
				synctest.Wait()
				said := w.slack.Messages(w.finance)
				if len(said) != 1 || said[0].For != w.asha || said[0].Text != "You asked for due" {
					w.t.Errorf("said: %+v", said)
				}
			})
		})
	}
}

func TestHomeAndSuggestionsComeThroughBothDoors(t *testing.T) {
	bothDoors(t, func(w *world) {
		w.bot.OnHome(func(ctx context.Context, c Click) error {
			return w.bot.Publish(ctx, c.User, View{Blocks: []Block{Actions("find",
				Search{Action: "look", Placeholder: "Invoice"})}})
		})
		w.bot.OnSuggest("look", func(_ context.Context, c Click) ([]Option, error) {
			return []Option{{Value: "inv_1", Label: "Found " + c.Value}}, nil
		})
		w.run()
		if err := w.slack.OpenHome(w.t.Context(), w.asha); err != nil {
			w.t.Fatal(err)
		}
		synctest.Wait()
		home, shown := w.slack.Home(w.asha)
		if !shown {
			w.t.Fatal("no Home was published")
		}
		options, err := w.slack.Options(w.t.Context(), w.asha, sandbox.Spot{View: home.ID, Action: "look"}, "INV")
		if err != nil || len(options) != 1 || options[0].Text != "Found INV" {
			w.t.Errorf("options %v, error %v", options, err)
		}
	})
}

func TestNoSecretAndNoTextReachesTheLog(t *testing.T) {
	story(t, nil, func(w *world) {
		var click Click
		w.bot.OnPress("pay", func(ctx context.Context, c Click) error {
			click = c
			return w.bot.Whisper(ctx, c, Message{Text: "a-private-text"})
		})
		w.run()
		_, button := w.post("pay")
		if err := w.slack.Press(w.t.Context(), w.asha, button); err != nil {
			w.t.Fatal(err)
		}
		synctest.Wait()
		w.slack.CutSockets()
		time.Sleep(5 * time.Second)
		w.bot.log.Info("careless", "click", click)
		w.end()
		for _, secret := range []string{"xoxb-sandbox", "xapp-sandbox", "sandbox-signing-secret", "ticket=", click.Trigger, click.answerURL, "a-private-text", "An invoice is due"} {
			if strings.Contains(w.log.String(), secret) {
				w.t.Errorf("the log holds %q:\n%s", secret, w.log.String())
			}
		}
		if !strings.Contains(w.log.String(), click.Trace) {
			w.t.Error("the log does not hold the trace")
		}
	})
}
