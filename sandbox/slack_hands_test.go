package sandbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"

	"kvitt/sandbox"
)

// due posts a reminder and returns where its controls are.
func due(t *testing.T, api *slack.Client, channel string) sandbox.Spot {
	t.Helper()
	id, ts := post(t, api, channel, text("INV-1 is due"), slack.MsgOptionBlocks(payButton()))
	return sandbox.Spot{Channel: id, TS: ts, Action: "pay"}
}

func TestAPressTellsWhoWhatAndWhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, api, b := bubble(t, sandbox.SlackConfig{})
		at := due(t, api, asha)
		if err := s.Press(t.Context(), asha, at); err != nil {
			t.Fatal(err)
		}
		got := b.last()
		action := got.ActionCallback.BlockActions[0]
		if got.Type != slack.InteractionTypeBlockActions || got.User.ID != asha || got.User.TeamID != "T0SANDBOX" || got.Channel.ID != s.DM(asha) ||
			got.Message.Timestamp != at.TS || action.ActionID != "pay" || action.BlockID != "controls" || action.Value != "INV-1" || got.ResponseURL == "" {
			t.Errorf("the bot heard %s", got.form.Get("payload"))
		}
		if err := s.Press(t.Context(), asha, sandbox.Spot{Channel: at.Channel, TS: at.TS, Action: "later"}, sandbox.Choose("3d")); err != nil {
			t.Fatal(err)
		}
		got = b.last()
		chosen := got.ActionCallback.BlockActions[0].SelectedOption
		if chosen.Value != "3d" || chosen.Text.Text != "In 3 days" || got.BlockActionState.Values["controls"]["later"].SelectedOption.Value != "3d" {
			t.Errorf("the bot heard %s", got.form.Get("payload"))
		}
	})
}

func TestOnlyWhatIsOnTheScreenCanBePressed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, api, b := bubble(t, sandbox.SlackConfig{})
		at := due(t, api, asha)
		before := s.Messages(at.Channel)[0]
		if _, _, _, err := api.UpdateMessageContext(t.Context(), at.Channel, at.TS, text("paid")); err != nil {
			t.Fatal(err)
		}
		for who, spot := range map[string]sandbox.Spot{asha: at, bo: at, gone: at, "U0NOBODY00": at} {
			if err := s.Press(t.Context(), who, spot); !errors.Is(err, sandbox.ErrNotThere) {
				t.Errorf("%s pressed a button that is gone: %v", who, err)
			}
		}
		if b.count() != 0 {
			t.Error("the bot heard of it")
		}
		if err := s.Press(t.Context(), asha, at, sandbox.Seeing(before)); err != nil {
			t.Errorf("a stale client: %v", err)
		}
		if got := b.last(); got.Message.Text != "INV-1 is due" || got.ActionCallback.BlockActions[0].Value != "INV-1" {
			t.Errorf("the stale click carries %s", got.form.Get("payload"))
		}
	})
}

func TestWithoutAnAcknowledgementAPersonSeesTrouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, api, b := bubble(t, sandbox.SlackConfig{})
		at := due(t, api, asha)
		b.never()
		began := time.Now()
		err := s.Press(t.Context(), asha, at)
		if !errors.Is(err, sandbox.ErrTrouble) || !errors.Is(err, sandbox.ErrNoAck) || time.Since(began) != 3*time.Second {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
		if got := s.Trouble(asha); got != "We had some trouble connecting. Try again?" {
			t.Errorf("on the screen: %q", got)
		}
		if err := s.Command(t.Context(), asha, at.Channel, "/invoices due"); !errors.Is(err, sandbox.ErrTrouble) || !strings.Contains(s.Trouble(asha), "operation_timeout") {
			t.Errorf("a command: %v, on the screen %q", err, s.Trouble(asha))
		}
		b.answers("text/plain", "")
		if err := s.Press(t.Context(), asha, at); err != nil || s.Trouble(asha) != "" {
			t.Errorf("once the bot is back: %v, on the screen %q", err, s.Trouble(asha))
		}
	})
}

func TestASubmissionIsAnsweredOnTheScreen(t *testing.T) {
	encode := func(v any) string { raw, _ := json.Marshal(v); return string(raw) }
	update, push := slack.NewUpdateViewSubmissionResponse(new(bare("Payment in progress"))), slack.NewPushViewSubmissionResponse(new(bare("On top")))
	tooBig := slack.NewUpdateViewSubmissionResponse(new(bare("A title that is far too long")))
	for _, c := range []struct {
		answer  string
		titles  []string
		errs    map[string]string
		trouble bool
	}{
		{"", nil, nil, false},
		{encode(slack.NewClearViewSubmissionResponse()), nil, nil, false},
		{encode(update), []string{"Payment in progress"}, nil, false},
		{encode(push), []string{"Pay", "On top"}, nil, false},
		{encode(slack.NewErrorsViewSubmissionResponse(map[string]string{"method": "Declined."})), []string{"Pay"}, map[string]string{"method": "Declined."}, false},
		{encode(slack.NewErrorsViewSubmissionResponse(map[string]string{"nowhere": "Declined."})), []string{"Pay"}, nil, true},
		{encode(tooBig), []string{"Pay"}, nil, true},
		{`{"response_action":"dance"}`, []string{"Pay"}, nil, true},
		{`"ok"`, []string{"Pay"}, nil, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			s, api, b := bubble(t, sandbox.SlackConfig{})
			v, err := api.OpenViewContext(t.Context(), trigger(t, s, asha), form("Pay"))
			wantCode(t, err, "")
			if err := s.Submit(t.Context(), asha, v.ID); !errors.Is(err, sandbox.ErrIncomplete) || s.Modals(asha)[0].Errors["method"] == "" {
				t.Errorf("without a method: %v", err)
			}
			if err := s.Input(t.Context(), asha, sandbox.Spot{View: v.ID, Action: "method"}, "giro"); err != nil {
				t.Fatal(err)
			}
			b.answers("application/json", c.answer)
			err = s.Submit(t.Context(), asha, v.ID)
			if errors.Is(err, sandbox.ErrTrouble) != c.trouble || (err != nil) != c.trouble {
				t.Errorf("%s: %v", c.answer, err)
			}
			var titles []string
			for _, open := range s.Modals(asha) {
				titles = append(titles, open.Title)
				if (open.Trouble != "") != c.trouble || cmp.Diff(c.errs, open.Errors) != "" && open.Title == "Pay" {
					t.Errorf("%s: trouble %q, errors %v", c.answer, open.Trouble, open.Errors)
				}
			}
			if diff := cmp.Diff(c.titles, titles); diff != "" {
				t.Errorf("%s: %s", c.answer, diff)
			}
			got := b.last()
			if got.Type != slack.InteractionTypeViewSubmission || got.View.State.Values["method"]["method"].SelectedOption.Value != "giro" ||
				got.View.PrivateMetadata != "INV-1" || got.View.CallbackID != "pay" {
				t.Errorf("the bot heard %s", got.form.Get("payload"))
			}
		})
	}
}

func TestAnOldModalCanStillBeSubmittedByAStaleClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, api, b := bubble(t, sandbox.SlackConfig{})
		v, err := api.OpenViewContext(t.Context(), trigger(t, s, asha), form("Pay"))
		wantCode(t, err, "")
		s.Input(t.Context(), asha, sandbox.Spot{View: v.ID, Action: "method"}, "visa")
		old, _ := s.View(v.ID)
		if _, err = api.UpdateViewContext(t.Context(), bare("Already paid"), "", "", v.ID); err != nil {
			t.Fatal(err)
		}
		if err := s.Submit(t.Context(), asha, v.ID); !errors.Is(err, sandbox.ErrNotThere) {
			t.Errorf("there is no submit button any more: %v", err)
		}
		if err := s.Submit(t.Context(), asha, v.ID, sandbox.SeeingView(old)); err != nil {
			t.Fatal(err)
		}
		if got := b.last(); got.View.Hash != v.Hash || got.View.State.Values["method"]["method"].SelectedOption.Value != "visa" {
			t.Errorf("the stale submission carries %s", got.form.Get("payload"))
		}
		if err := s.Submit(t.Context(), bo, v.ID); !errors.Is(err, sandbox.ErrNotThere) {
			t.Errorf("somebody else's modal: %v", err)
		}
	})
}

func TestACommandIsAnsweredToTheAskerOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, b := bubble(t, sandbox.SlackConfig{})
		b.answers("application/json", `{"response_type":"ephemeral","text":"Nothing is due."}`)
		if err := s.Command(t.Context(), asha, finance, "/invoices  due "); err != nil {
			t.Fatal(err)
		}
		got := b.last().form
		if got.Get("command") != "/invoices" || got.Get("text") != "due" || got.Get("user_id") != asha || got.Get("channel_id") != finance || got.Get("is_enterprise_install") != "false" {
			t.Errorf("the bot heard %v", got)
		}
		b.answers("text/plain", "Said plainly.")
		if err := s.Command(t.Context(), asha, finance, "/invoices"); err != nil {
			t.Fatal(err)
		}
		m := s.Messages(finance)
		if len(m) != 2 || m[0].For != asha || m[0].Text != "Nothing is due." || m[1].Text != "Said plainly." {
			t.Errorf("in the channel: %+v", m)
		}
		if err := s.Command(t.Context(), other, finance, "/invoices"); !errors.Is(err, sandbox.ErrNotThere) {
			t.Errorf("somebody who is not in the channel: %v", err)
		}
	})
}

func TestAResponseURLServesFiveTimesInThirtyMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, api, b := bubble(t, sandbox.SlackConfig{})
		client := &http.Client{Transport: s.Transport()}
		answer := func(url string, msg *slack.WebhookMessage) error {
			return slack.PostWebhookCustomHTTPContext(t.Context(), url, client, msg)
		}
		at := due(t, api, finance)
		if err := s.Press(t.Context(), asha, at); err != nil {
			t.Fatal(err)
		}
		url := b.last().ResponseURL
		for range 4 {
			if err := answer(url, &slack.WebhookMessage{Text: "psst"}); err != nil {
				t.Fatal(err)
			}
		}
		if err := answer(url, &slack.WebhookMessage{Text: "paid", ReplaceOriginal: true}); err != nil {
			t.Fatal(err)
		}
		if err := answer(url, &slack.WebhookMessage{Text: "once more"}); err == nil {
			t.Error("it served a sixth time")
		}
		m := s.Messages(finance)
		if len(m) != 5 || m[0].Text != "paid" || m[0].For != "" || m[4].For != asha {
			t.Errorf("in the channel: %+v", m)
		}
		at = due(t, api, finance)
		if err := s.Press(t.Context(), asha, at); err != nil {
			t.Fatal(err)
		}
		time.Sleep(30*time.Minute + time.Second)
		if err := answer(b.last().ResponseURL, &slack.WebhookMessage{Text: "late"}); err == nil {
			t.Error("it served after 30 minutes")
		}
	})
}

func TestOptionsComeFromTheBot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, api, b := bubble(t, sandbox.SlackConfig{})
		view := form("Pay")
		label := slack.NewTextBlockObject("plain_text", "Supplier", false, false)
		view.Blocks.BlockSet = []slack.Block{slack.NewInputBlock("supplier", label, nil, slack.NewOptionsSelectBlockElement("external_select", nil, "supplier"))}
		v, err := api.OpenViewContext(t.Context(), trigger(t, s, asha), view)
		wantCode(t, err, "")
		at := sandbox.Spot{View: v.ID, Block: "supplier", Action: "supplier"}
		if _, err := s.Options(t.Context(), asha, at, "ab"); !errors.Is(err, sandbox.ErrNotThere) {
			t.Errorf("two characters are too few: %v", err)
		}
		b.answers("application/json", `{"options":[{"text":{"type":"plain_text","text":"Fjord AS"},"value":"fjord"}]}`)
		got, err := s.Options(t.Context(), asha, at, "fjo")
		if diff := cmp.Diff([]sandbox.Option{{Text: "Fjord AS", Value: "fjord"}}, got); diff != "" || err != nil {
			t.Errorf("%s %v", diff, err)
		}
		if h := b.last(); h.Type != slack.InteractionTypeBlockSuggestion || h.Value != "fjo" || h.ActionID != "supplier" {
			t.Errorf("the bot heard %s", h.form.Get("payload"))
		}
		if err := s.Input(t.Context(), asha, at, "fjord"); err != nil {
			t.Error(err)
		}
		b.answers("application/json", `{"options":"none"}`)
		if _, err := s.Options(t.Context(), asha, at, "fjo"); !errors.Is(err, sandbox.ErrTrouble) {
			t.Errorf("an answer that is no list: %v", err)
		}
	})
}

func TestHomeIsOpenedAndRepeatedWhenUnheard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, b := bubble(t, sandbox.SlackConfig{})
		if err := s.OpenHome(t.Context(), asha); err != nil {
			t.Fatal(err)
		}
		var got struct {
			EventID string `json:"event_id"`
			Event   struct{ Type, User, Tab, Channel string }
		}
		if err := json.Unmarshal(b.last().body, &got); err != nil || got.Event.Type != "app_home_opened" || got.Event.User != asha || got.Event.Tab != "home" || got.Event.Channel != s.DM(asha) {
			t.Errorf("%v %s", err, b.last().body)
		}
		b.never()
		if err := s.OpenHome(t.Context(), asha); !errors.Is(err, sandbox.ErrTrouble) {
			t.Error(err)
		}
		if last := b.last(); b.count() != 3 || last.header.Get("X-Slack-Retry-Num") != "1" || last.header.Get("X-Slack-Retry-Reason") != "http_timeout" {
			t.Errorf("heard %d times, the last with %v", b.count(), last.header)
		}
	})
}

func TestTheRawDoorTakesAnAttackersRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, b := bubble(t, sandbox.SlackConfig{})
		payload := map[string]any{"type": "block_actions", "user": map[string]any{"id": other}}
		for name, c := range map[string]struct {
			opts   []sandbox.DeliverOption
			status int
		}{
			"signed": {nil, 200}, "unsigned": {[]sandbox.DeliverOption{sandbox.Unsigned()}, 401},
			"with another secret": {[]sandbox.DeliverOption{sandbox.SignedWith("guess")}, 401},
			"stale":               {[]sandbox.DeliverOption{sandbox.SignedAt(time.Now().Add(-6 * time.Minute))}, 401},
		} {
			ack, err := s.Deliver(t.Context(), sandbox.Interactive, payload, c.opts...)
			if err != nil || ack.Status != c.status {
				t.Errorf("%s: status %d, %v", name, ack.Status, err)
			}
		}
		if b.last().User.ID != other {
			t.Error("the bot did not hear it")
		}
	})
}

func TestADuplicatedClickArrivesTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, api, b := bubble(t, sandbox.SlackConfig{})
		at := due(t, api, asha)
		s.DuplicateNext(1)
		for range 2 {
			if err := s.Press(t.Context(), asha, at); err != nil {
				t.Fatal(err)
			}
		}
		if b.count() != 3 {
			t.Errorf("two presses, one of them doubled, arrived %d times", b.count())
		}
	})
}

func TestWaitReturnsAtTheChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, api, _ := bubble(t, sandbox.SlackConfig{})
		go func() {
			time.Sleep(time.Hour)
			api.PostMessage(finance, text("at last"))
		}()
		began := time.Now()
		if err := s.Wait(t.Context(), func() bool { return len(s.Messages(finance)) == 1 }); err != nil || time.Since(began) != time.Hour {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
		short, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := s.Wait(short, func() bool { return false }); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	})
}
