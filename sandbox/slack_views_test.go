package sandbox_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/slack-go/slack"

	"kvitt/sandbox"
)

// form is a modal with a menu of two methods and a note.
func form(title string) slack.ModalViewRequest {
	plain := func(s string) *slack.TextBlockObject { return slack.NewTextBlockObject("plain_text", s, false, false) }
	menu := slack.NewOptionsSelectBlockElement("static_select", plain("Choose"), "method",
		slack.NewOptionBlockObject("visa", plain("Visa"), nil), slack.NewOptionBlockObject("giro", plain("Giro"), nil))
	note := slack.NewInputBlock("note", plain("Note"), nil, slack.NewPlainTextInputBlockElement(nil, "note"))
	note.Optional = true
	return slack.ModalViewRequest{
		Type: "modal", CallbackID: "pay", PrivateMetadata: "INV-1", Title: plain(title), Submit: plain("Pay now"), Close: plain("Cancel"), NotifyOnClose: true,
		Blocks: slack.Blocks{BlockSet: []slack.Block{slack.NewInputBlock("method", plain("Payment method"), nil, menu), note}},
	}
}

// bare is a modal without a form.
func bare(title string) slack.ModalViewRequest {
	v := form(title)
	v.Submit, v.Blocks = nil, slack.Blocks{BlockSet: []slack.Block{}}
	return v
}

// bubble is a workspace whose bot is reached over HTTP in memory; the bot only does what the test puts into heard.
func bubble(t *testing.T, cfg sandbox.SlackConfig) (*sandbox.Slack, *slack.Client, *bot) {
	b := &bot{t: t}
	cfg.RequestURL, cfg.RequestClient = "http://bot.sandbox/slack/events", b.client()
	s := fjord(cfg)
	return s, inMemory(s), b
}

func TestATriggerLivesThreeSecondsAndOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, api, b := bubble(t, sandbox.SlackConfig{})
		_, ts := post(t, api, finance, text("due"), slack.MsgOptionBlocks(payButton()))
		press := func() string {
			if err := s.Press(t.Context(), asha, sandbox.Spot{Channel: finance, TS: ts, Action: "pay"}); err != nil {
				t.Fatal(err)
			}
			return b.last().TriggerID
		}
		first := press()
		_, err := api.OpenViewContext(t.Context(), first, form("Pay"))
		wantCode(t, err, "")
		_, err = api.OpenViewContext(t.Context(), first, form("Pay"))
		wantCode(t, err, "exchanged_trigger_id")
		late := press()
		time.Sleep(3001 * time.Millisecond)
		_, err = api.OpenViewContext(t.Context(), late, form("Pay"))
		wantCode(t, err, "expired_trigger_id")
		_, err = api.OpenViewContext(t.Context(), "1.2.3", form("Pay"))
		wantCode(t, err, "invalid_trigger_id")
		if got := s.Modals(asha); len(got) != 1 || got[0].Title != "Pay" || got[0].PrivateMetadata != "INV-1" {
			t.Errorf("on the screen: %+v", got)
		}
	})
}

func TestAStackHoldsThreeViews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, api, _ := bubble(t, sandbox.SlackConfig{})
		for i, code := range []string{"", "", "", "push_limit_reached"} {
			show := api.PushViewContext
			if i == 0 {
				show = api.OpenViewContext
			}
			v, err := show(t.Context(), trigger(t, s, asha), form("Pay"))
			wantCode(t, err, code)
			if code == "" && i > 0 && (v.PreviousViewID == "" || v.RootViewID == v.ID) {
				t.Errorf("view %d: %+v", i, v.View)
			}
		}
		if err := s.Close(t.Context(), asha, s.Modals(asha)[2].ID); err != nil || len(s.Modals(asha)) != 2 {
			t.Errorf("closing the topmost: %v, %d left", err, len(s.Modals(asha)))
		}
		_, err := api.PushViewContext(t.Context(), trigger(t, s, bo), form("Pay"))
		wantCode(t, err, "not_found")
	})
}

func TestAnUpdateNeedsTheRightHashAndAnOpenView(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, api, b := bubble(t, sandbox.SlackConfig{})
		v, err := api.OpenViewContext(t.Context(), trigger(t, s, asha), form("Pay"))
		wantCode(t, err, "")
		at := sandbox.Spot{View: v.ID, Action: "note"}
		if err := s.Input(t.Context(), asha, at, "hello"); err != nil {
			t.Fatal(err)
		}
		_, err = api.UpdateViewContext(t.Context(), form("New"), "", v.Hash, v.ID)
		wantCode(t, err, "")
		_, err = api.UpdateViewContext(t.Context(), form("Newer"), "", v.Hash, v.ID)
		wantCode(t, err, "hash_conflict")
		open := s.Modals(asha)[0]
		if open.Title != "New" || open.State["note"]["note"]["value"] != "hello" || len(open.Versions) != 2 {
			t.Errorf("what was typed is gone, or the title is wrong: %+v", open)
		}
		if err := s.Close(t.Context(), asha, v.ID); err != nil || b.last().Type != slack.InteractionTypeViewClosed {
			t.Errorf("closing: %v, the app heard of %q", err, b.last().Type)
		}
		_, err = api.UpdateViewContext(t.Context(), form("Too late"), "", "", v.ID)
		wantCode(t, err, "not_found")
	})
}

func TestHomeIsPublishedPerPerson(t *testing.T) {
	s := fjord(sandbox.SlackConfig{})
	api := inMemory(s)
	view := slack.HomeTabViewRequest{Type: "home", Blocks: slack.Blocks{BlockSet: []slack.Block{slack.NewDividerBlock()}}}
	publish := func(user string, hash *string) (*slack.ViewResponse, error) {
		return api.PublishViewContext(t.Context(), slack.PublishViewContextRequest{UserID: user, View: view, Hash: hash})
	}
	first, err := publish(asha, nil)
	wantCode(t, err, "")
	second, err := publish(asha, &first.Hash)
	wantCode(t, err, "")
	if first.ID != second.ID {
		t.Error("there are two Homes")
	}
	_, err = publish(asha, &first.Hash)
	wantCode(t, err, "hash_conflict")
	_, err = publish(gone, nil)
	wantCode(t, err, "user_not_found")
	if _, there := s.Home(bo); there {
		t.Error("Bo sees Asha's Home")
	}
	_, err = inMemory(fjord(sandbox.SlackConfig{NoHome: true})).PublishViewContext(t.Context(), slack.PublishViewContextRequest{UserID: asha, View: view})
	wantCode(t, err, "not_enabled")
}

func TestAViewThatBreaksALimitIsRefused(t *testing.T) {
	s := fjord(sandbox.SlackConfig{})
	_, err := inMemory(s).OpenViewContext(t.Context(), "1.2.3", form("A title that is far too long"))
	refused, ok := err.(slack.SlackErrorResponse)
	if !ok || refused.Err != "invalid_arguments" || refused.ResponseMetadata.Messages[0] != "[ERROR] must be less than 25 characters [json-pointer:/view/title/text]" {
		t.Errorf("%#v", err)
	}
}
