package flows

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kvitt/billing"
	"kvitt/bot"
	"kvitt/sandbox"
	"kvitt/sandbox/judge"
	"kvitt/store"
	"kvitt/store/storetest"
)

// desk is the bot at work in a pretend Slack, over signed HTTP and in bubble time: it keeps whatever the bot says to people who click.
type desk struct {
	*testing.T
	*sandbox.Slack
	*Flows

	mu   sync.Mutex
	acks []judge.Claim
}

// RoundTrip carries Slack's requests to the bot's own door, and keeps the answers.
func (o *desk) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	must(err)
	r.Body = io.NopCloser(bytes.NewReader(body))
	w := httptest.NewRecorder()
	o.Bot.Handler().ServeHTTP(w, r)
	answer := w.Result()
	kind := map[bool]string{true: "Reply", false: "Answer"}[bytes.HasPrefix(body, []byte("payload="))]
	if w.Body.Len() > 0 {
		o.mu.Lock()
		o.acks = append(o.acks, judge.Claim{What: "the acknowledgement of " + string(body[:min(60, len(body))]), Type: kind, Value: bytes.Clone(w.Body.Bytes())})
		o.mu.Unlock()
	}
	return answer, nil
}

// counter is a billing service with a few invoices, which nobody ever pays.
type counter struct {
	billing.Provider
	invoices []billing.Invoice
}

func (c counter) Name() string     { return "stripe" }
func (c counter) Way() billing.Way { return billing.Pays }
func (c counter) Invoice(_ context.Context, id string) (billing.Invoice, error) {
	return c.invoices[slices.IndexFunc(c.invoices, func(i billing.Invoice) bool { return i.ID == id })], nil
}
func (c counter) Methods(context.Context, billing.Invoice) ([]billing.Method, error) {
	return []billing.Method{visa}, nil
}
func (c counter) PrivateLink(context.Context, string) (string, error) {
	return "https://pay.example/i", nil
}
func (c counter) MethodsLink(context.Context, billing.Invoice, string) (string, error) {
	return "https://pay.example/m", nil
}

const gus = "U0GUEST"

// atTheDesk opens one with invoices whose texts from outside are as given; two admins, one other member and a guest work there.
func atTheDesk(t *testing.T, text string, work func(o *desk)) *desk {
	o := &desk{T: t}
	synctest.Test(t, func(t *testing.T) {
		o.T = t
		o.Slack = sandbox.NewSlack(sandbox.SlackConfig{TeamID: team, RequestURL: "http://kvitt/slack/events", RequestClient: &http.Client{Transport: o}, Unpaced: true})
		for _, p := range []sandbox.Person{{ID: asha, Name: "asha"}, {ID: bo, Name: "bo", Locale: "nb-NO"}, {ID: kim, Name: "kim"}, {ID: gus, Name: "gus", Guest: true}} {
			o.AddPerson(p)
		}
		o.AddChannel(sandbox.Channel{ID: finance, Name: "finance", Members: []string{asha, bo, kim, gus, o.Slack.Config().BotUserID}})
		o.staff(text)
		_, err := o.Bot.Connect(t.Context())
		must(err)
		work(o)
		done, stop := context.WithCancel(t.Context())
		stop()
		must(o.Bot.Run(done)) // Finishes what was acknowledged.
		o.Shutdown()
	})
	return o
}

// staff has the bot begin its work.
func (o *desk) staff(text string) {
	mem, log := storetest.Memory(time.Now), slog.New(slog.DiscardHandler)
	b := bot.New(bot.Config{Token: o.Slack.Config().BotToken, SigningSecret: o.Slack.Config().SigningSecret, HTTP: &http.Client{Transport: o.Transport()}})
	var service counter
	for i := range listed + homeInvoices {
		inv := spoil(openRecord(), text).Invoice
		inv.ID, inv.Due = "stripe:in_"+strings.Repeat("1", i+1), billing.DateOf(time.Now(), time.UTC).AddDays(i-3)
		if text == "" {
			inv.Number, inv.Supplier, inv.Description = "INV-"+strings.Repeat("1", i+1), "Acme Cloud", "Cloud hosting"
		}
		service.invoices = append(service.invoices, inv)
	}
	policy := aPolicy()
	o.Flows = New(&Flows{
		Bot: b, Backend: mem, Providers: []billing.Provider{service}, Now: time.Now, Log: log, Policy: policy,
		Records: store.Of[Record](mem, team, "invoice"),
		Admins:  &Admins{Entries: []string{asha, bo}, Bot: b, Pins: store.Of[Pin](mem, team, "pin"), Team: team, Now: time.Now, Log: log},
		People:  &People{Bot: b, Prefs: store.Of[Preference](mem, team, "person"), Locale: English, Zone: time.UTC, Log: log},
	})
	for _, inv := range service.invoices {
		_, err := o.take(o.T.Context(), inv, o.Now())
		must(err)
	}
}

// settled waits until all that a click set off is over.
func (o *desk) settled(err error) {
	o.T.Helper()
	if err != nil {
		o.Errorf("Slack says: %v", err)
	}
	time.Sleep(time.Minute)
	synctest.Wait()
}

// press presses what has that action in the newest message to somebody in the finance channel.
func (o *desk) press(as, action string) {
	o.T.Helper()
	for _, m := range slices.Backward(o.Messages(finance)) {
		if e, ok := m.Find(action); ok && m.For == as {
			o.settled(o.Press(o.Context(), as, e.Spot))
			return
		}
	}
	o.Errorf("%s has nothing to press %s on", as, action)
}

// aDay is everything that people can ask the bot for.
func aDay(o *desk) {
	ctx := o.Context()
	for _, as := range []string{asha, bo, kim, gus} {
		for _, word := range []string{"", "due", "overdue", "paid", "help", "pay nothing", "pay INV-11"} {
			o.settled(o.Command(ctx, as, finance, "/invoices "+word))
			o.closeAll(as)
		}
		o.settled(o.OpenHome(ctx, as))
		home, _ := o.Home(as)
		if language, ok := home.Find(ActLang); ok {
			o.settled(o.Press(ctx, as, language.Spot, sandbox.Choose("en")))
			o.settled(o.Press(ctx, as, language.Spot, sandbox.Choose("auto")))
		}
	}
	o.settled(o.Command(ctx, kim, finance, "/invoices"))
	o.press(kim, ActAsk)
	o.press(kim, ActAsk)
	for i, as := range []string{asha, bo} {
		o.settled(o.Command(ctx, as, finance, "/invoices"))
		for range 2 {
			o.press(as, ActPay)
			if i == 0 {
				o.submit(as)
			}
			o.closeAll(as)
		}
	}
}

// submit chooses a method and presses Pay now in the modal, if it can still be paid.
func (o *desk) submit(as string) {
	open := o.Modals(as)
	if len(open) == 1 && open[0].Submit != "" {
		o.settled(o.Input(o.Context(), as, sandbox.Spot{View: open[0].ID, Block: blockMethod, Action: "method"}, visa.ID))
		o.settled(o.Submit(o.Context(), as, open[0].ID))
	}
}

func (o *desk) closeAll(as string) {
	for _, v := range slices.Backward(o.Modals(as)) {
		o.settled(o.Close(o.Context(), as, v.ID))
	}
}

func TestSlacksOwnTypesKnowEverythingThatAnswersAClick(t *testing.T) {
	var claims []judge.Claim
	for _, text := range []string{"", nasty["long"]} {
		o := atTheDesk(t, text, aDay)
		for _, c := range o.Calls() {
			if c.Error != "" {
				t.Errorf("%s was refused: %s", c.Method, c.Answer)
			}
			claims = append(claims, claimed(c.Method, c.Args)...)
		}
		claims = append(claims, o.acks...)
	}
	seen := map[string]int{}
	for _, c := range claims {
		seen[c.Type]++
	}
	for _, kind := range []string{"Answer", "Reply", "Home", "Modal"} {
		if seen[kind] < 2 {
			t.Errorf("%d of type %s were seen, of %v", seen[kind], kind, seen)
		}
	}
	if !t.Failed() {
		judge.Types(t, claims)
	}
}
