package bot

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kvitt/sandbox"
)

func TestAChannelGetsFourMessagesAtOnceAndThenOneASecond(t *testing.T) {
	story(t, nil, func(w *world) {
		start := time.Now()
		var others sync.WaitGroup
		for range 15 {
			others.Go(func() { w.post("pay") })
		}
		others.Wait()
		posted := w.calls("chat.postMessage")
		for i, c := range posted {
			want := time.Duration(max(0, i-3)) * time.Second
			if got := c.At.Sub(start).Round(10 * time.Millisecond); got != want {
				w.t.Errorf("message %d was posted after %s, want %s", i+1, got, want)
			}
		}
		if len(posted) != 15 {
			w.t.Errorf("%d messages", len(posted))
		}
	})
}

func TestAnAnswerGoesBeforeRemindersThatWait(t *testing.T) {
	story(t, nil, func(w *world) {
		var reminders sync.WaitGroup
		for i := range 30 {
			reminders.Go(func() {
				if _, err := w.bot.Post(w.t.Context(), w.finance, Message{Text: fmt.Sprint("reminder ", i)}); err != nil {
					w.t.Error(err)
				}
			})
		}
		synctest.Wait()
		start := time.Now()
		if _, err := w.bot.Post(w.t.Context(), w.finance, Message{Text: "paid", Answer: true}); err != nil {
			w.t.Fatal(err)
		}
		if took := time.Since(start); took > 1100*time.Millisecond {
			w.t.Errorf("the answer waited %s", took)
		}
		reminders.Wait()
		if took := time.Since(start).Round(100 * time.Millisecond); took != time.Duration(31-channelBurst)*time.Second {
			w.t.Errorf("all of it took %s", took)
		}
	})
}

func TestAWaitBeyondTheDeadlineIsBusyAtOnce(t *testing.T) {
	story(t, nil, func(w *world) {
		for range channelBurst {
			w.post("pay")
		}
		start := time.Now()
		ctx, cancel := context.WithTimeout(w.t.Context(), 500*time.Millisecond)
		defer cancel()
		_, err := w.bot.Post(ctx, w.finance, Message{Text: "x"})
		busy, ok := errors.AsType[*BusyError](err)
		if !ok || busy.After < 900*time.Millisecond || busy.After > 1100*time.Millisecond || time.Since(start) != 0 {
			w.t.Errorf("Post returned %v after %s", err, time.Since(start))
		}
	})
}

func TestPatienceBoundsTheWaitForATurnAndNotTheCall(t *testing.T) {
	story(t, nil, func(w *world) {
		post := func(m Message, wantBusy bool, want time.Duration) {
			w.t.Helper()
			start := time.Now()
			_, err := w.bot.Post(w.t.Context(), w.finance, m)
			_, busy := errors.AsType[*BusyError](err)
			if took := time.Since(start).Round(10 * time.Millisecond); busy != wantBusy || err != nil && !busy || errors.Is(err, ErrUnavailable) || took != want {
				w.t.Errorf("%q returned %v after %s", m.Text, err, took)
			}
		}
		for range channelBurst {
			w.post("pay")
		}
		post(Message{Text: "its turn comes too late", Patience: 500 * time.Millisecond}, true, 0)

		var answers sync.WaitGroup
		time.AfterFunc(time.Millisecond, func() {
			for range 4 {
				answers.Go(func() { w.bot.Post(w.t.Context(), w.finance, Message{Text: "paid", Answer: true}) })
			}
		})
		post(Message{Text: "answers push in", Patience: 2500 * time.Millisecond}, true, 2500*time.Millisecond)
		answers.Wait()
		time.Sleep(time.Minute)

		w.slack.Fail(sandbox.Fault{Method: "chat.postMessage", Kind: sandbox.Slow, Latency: 4 * time.Second})
		post(Message{Text: "Slack is slow", Patience: time.Second}, false, 4*time.Second)

		w.slack.Fail(sandbox.Fault{Method: "chat.postMessage", Kind: sandbox.RateLimited, RetryAfter: 20})
		post(Message{Text: "all posts must wait", Patience: 10 * time.Second}, true, 0)
		time.Sleep(5 * time.Second)
		for range channelBurst {
			w.bot.pace.channel(w.finance).take(w.t.Context(), somebody)
		}
		// One second for the channel, and then fourteen for all posts.
		post(Message{Text: "both together", Patience: 14500 * time.Millisecond}, true, time.Second)
		if said := len(w.slack.Messages(w.finance)); said != channelBurst+4+1 {
			w.t.Errorf("%d messages", said)
		}
	})
}

func TestARateLimitHoldsTheWholeMethodAndNothingElse(t *testing.T) {
	story(t, nil, func(w *world) {
		other := w.slack.AddChannel(sandbox.Channel{Name: "other", Members: []string{w.slack.Config().BotUserID}})
		ref, _ := w.post("pay")
		w.slack.Fail(sandbox.Fault{Method: "chat.postMessage", Kind: sandbox.RateLimited, RetryAfter: 20})
		start := time.Now()
		short, cancel := context.WithTimeout(w.t.Context(), 5*time.Second)
		defer cancel()
		_, err := w.bot.Post(short, w.finance, Message{Text: "x"})
		if busy, ok := errors.AsType[*BusyError](err); !ok || busy.After != 20*time.Second || time.Since(start) != 0 {
			w.t.Errorf("Post returned %v after %s", err, time.Since(start))
		}
		if err := w.bot.Update(w.t.Context(), ref, Message{Text: "y"}); err != nil || time.Since(start) != 0 {
			w.t.Errorf("Update returned %v after %s", err, time.Since(start))
		}
		if _, err := w.bot.Post(w.t.Context(), other, Message{Text: "x"}); err != nil || time.Since(start) < 20*time.Second {
			w.t.Errorf("Post to another channel returned %v after %s", err, time.Since(start))
		}
	})
}

func TestAWriteIsRepeatedOnARateLimitAndOnNothingElse(t *testing.T) {
	for kind, want := range map[sandbox.FaultKind]struct {
		err   error
		posts int
	}{
		sandbox.RateLimited: {nil, 1}, sandbox.FailBefore: {ErrUnclear, 0}, sandbox.FailAfter: {ErrUnclear, 1},
		sandbox.CutBefore: {ErrUnclear, 0}, sandbox.CutAfter: {ErrUnclear, 1},
	} {
		t.Run(fmt.Sprint(kind), func(t *testing.T) {
			story(t, nil, func(w *world) {
				w.slack.Fail(sandbox.Fault{Method: "chat.postMessage", Kind: kind})
				ref, err := w.bot.Post(w.t.Context(), w.finance, Message{Text: "x", Token: "tok-1"})
				if !errors.Is(err, want.err) || len(w.slack.Messages(w.finance)) != want.posts {
					w.t.Errorf("Post returned %v and %v; %d messages", ref, err, len(w.slack.Messages(w.finance)))
				}
				if want.err != nil && ref != (Ref{}) {
					w.t.Errorf("an unclear post has the reference %v", ref)
				}
			})
		})
	}
}

func TestAnUnclearPostIsFoundByItsToken(t *testing.T) {
	story(t, nil, func(w *world) {
		if _, err := w.bot.Connect(w.t.Context()); err != nil {
			w.t.Fatal(err)
		}
		since := time.Now()
		parent, _ := w.post("pay")
		w.slack.Fail(sandbox.Fault{Method: "chat.postMessage", Kind: sandbox.CutAfter, Times: 2})
		if _, err := w.bot.Post(w.t.Context(), w.finance, Message{Text: "x", Token: "tok-1"}); !errors.Is(err, ErrUnclear) {
			w.t.Fatal(err)
		}
		if _, err := w.bot.Post(w.t.Context(), w.finance, Message{Text: "y", Token: "tok-2", Thread: parent.TS}); !errors.Is(err, ErrUnclear) {
			w.t.Fatal(err)
		}
		ref, found, err := w.bot.Find(w.t.Context(), w.finance, "tok-1", since)
		if err != nil || !found || ref.Channel != w.finance || ref.TS == "" {
			w.t.Errorf("Find: %v, %v, %v", ref, found, err)
		}
		if _, found, err = w.bot.FindReply(w.t.Context(), parent, "tok-2", since); err != nil || !found {
			w.t.Errorf("FindReply: %v, %v", found, err)
		}
		if _, found, err = w.bot.Find(w.t.Context(), w.finance, "tok-3", since); err != nil || found {
			w.t.Errorf("Find of what was never posted: %v, %v", found, err)
		}
	})
}

func TestFindLooksThroughEveryPageAndPassesOverEverybodyElse(t *testing.T) {
	story(t, nil, func(w *world) {
		if _, err := w.bot.Connect(w.t.Context()); err != nil {
			w.t.Fatal(err)
		}
		since := time.Now()
		ref, err := w.bot.Post(w.t.Context(), w.finance, Message{Text: "x", Token: "tok-1"})
		if err != nil {
			w.t.Fatal(err)
		}
		for range 3 * historyPage {
			w.slack.Say(w.asha, w.finance, "chatter")
		}
		for _, ahead := range []time.Duration{0, time.Hour, 2 * time.Hour} { // By clocks that are ahead, it was posted later.
			if got, found, err := w.bot.Find(w.t.Context(), w.finance, "tok-1", since.Add(ahead)); !found || got != ref {
				w.t.Errorf("Find: %v, %v, %v", got, found, err)
			}
		}
		if _, found, _ := w.bot.Find(w.t.Context(), w.finance, "tok-1", since.Add(3*time.Hour)); found {
			w.t.Error("Find looked further back than it was told to")
		}
	})
}

func TestWithoutTheScopesFindSaysSoAndDMsStillArrive(t *testing.T) {
	few := func(far *sandbox.SlackConfig, _ *Config) { far.Scopes = []string{"chat:write", "users:read"} }
	story(t, few, func(w *world) {
		if _, _, err := w.bot.Find(w.t.Context(), w.finance, "tok-1", time.Now()); !errors.Is(err, ErrNoHistory) {
			w.t.Errorf("Find returned %v", err)
		}
		channel, err := w.bot.DM(w.t.Context(), w.asha)
		if err != nil {
			w.t.Fatal(err)
		}
		if _, _, err := w.bot.Find(w.t.Context(), channel, "tok-1", time.Now()); !errors.Is(err, ErrNoHistory) {
			w.t.Errorf("Find in a direct message returned %v", err)
		}
		ref, err := w.bot.Post(w.t.Context(), channel, Message{Text: "x"})
		if err != nil || ref.Channel != w.slack.DM(w.asha) {
			w.t.Errorf("Post returned %v, %v", ref, err)
		}
		if err := w.bot.Update(w.t.Context(), ref, Message{Text: "y"}); err != nil {
			w.t.Error(err)
		}
		if _, err := w.bot.PersonByEmail(w.t.Context(), "asha@example.com", 0); err == nil {
			w.t.Error("PersonByEmail worked without its scope")
		} else if setup, ok := asSetup(err); !ok || setup.Want != "users:read.email" {
			w.t.Errorf("PersonByEmail returned %v", err)
		}
	})
}

func TestAnUpdateReplacesTextAndBlocksAndKeepsTheToken(t *testing.T) {
	story(t, nil, func(w *world) {
		ref, err := w.bot.Post(w.t.Context(), w.finance, Message{Text: "due", Token: "tok-1", Blocks: []Block{Plain("due")}})
		if err != nil {
			w.t.Fatal(err)
		}
		if err := w.bot.Update(w.t.Context(), ref, Message{Text: "paid"}); err != nil {
			w.t.Fatal(err)
		}
		said := w.slack.Messages(w.finance)[0]
		if said.Text != "paid" || said.Words() != "" || len(said.Metadata) == 0 {
			w.t.Errorf("the message is %+v", said)
		}
		if err := w.bot.Update(w.t.Context(), Ref{w.finance, "1.000001"}, Message{Text: "paid"}); !errors.Is(err, ErrGone) {
			w.t.Errorf("an update of nothing returned %v", err)
		}
	})
}

func TestAWhisperIsSeenByTheClickerOnlyAndFindsAnotherWayWhenItsUrlIsUsedUp(t *testing.T) {
	story(t, nil, func(w *world) {
		var clicks []Click
		w.bot.OnPress("pay", func(_ context.Context, c Click) error { clicks = append(clicks, c); return nil })
		w.run()
		_, button := w.post("pay")
		if err := w.slack.Press(w.t.Context(), w.asha, button); err != nil {
			w.t.Fatal(err)
		}
		synctest.Wait()
		for range 7 { // Two more than a response_url lasts.
			if err := w.bot.Whisper(w.t.Context(), clicks[0], Message{Text: "Only billing admins can pay.", Token: "ignored"}); err != nil {
				w.t.Fatal(err)
			}
		}
		time.Sleep(time.Hour)
		if err := w.bot.Whisper(w.t.Context(), clicks[0], Message{Text: "Late."}); err != nil {
			w.t.Fatal(err)
		}
		whispers := 0
		for _, m := range w.slack.Messages(w.finance) {
			if m.For == w.asha {
				whispers++
			}
		}
		if whispers != 8 || len(w.calls("chat.postEphemeral")) != 3 {
			w.t.Errorf("%d whispers, %d of them by chat.postEphemeral", whispers, len(w.calls("chat.postEphemeral")))
		}
		// From a view there is no place to whisper in.
		if err := w.bot.Whisper(w.t.Context(), Click{User: w.asha}, Message{Text: "Hello."}); err != nil {
			w.t.Fatal(err)
		}
		if said := w.slack.Messages(w.slack.DM(w.asha)); len(said) != 1 {
			w.t.Errorf("said in the direct message: %+v", said)
		}
	})
}

func TestWhoIsAnsweredWithoutEndKeepsNobodyElseFromTheirAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New(Config{Token: "xoxb-x", HTTP: &http.Client{Transport: answerWith(200, `ok`)}})
		var all sync.WaitGroup
		whisper := func(user string) time.Duration {
			start := time.Now()
			if err := b.Whisper(t.Context(), Click{User: user, Channel: "C1", At: start, answerURL: "https://hooks.slack.example/1"}, Message{Text: "x"}); err != nil {
				t.Errorf("Whisper returned %v", err)
			}
			return time.Since(start)
		}
		for range 60 {
			all.Go(func() { whisper("U0RESTLESS") })
		}
		synctest.Wait()
		if took := whisper("U0ASHA"); took > 2*time.Second {
			t.Errorf("her answer took %s", took)
		}
		all.Wait()
	})
}

func TestWhatIsClosedOrNotInvitedIsToldApart(t *testing.T) {
	story(t, func(far *sandbox.SlackConfig, _ *Config) { far.NoHome, far.Scopes = true, []string{"chat:write"} }, func(w *world) {
		view := w.openModal("paying")
		if err := w.slack.Close(w.t.Context(), w.asha, view); err != nil {
			w.t.Fatal(err)
		}
		if err := w.bot.Replace(w.t.Context(), view, View{Title: "Pay"}); !errors.Is(err, ErrGone) {
			w.t.Errorf("Replace of a closed view returned %v", err)
		}
		outside := w.slack.AddChannel(sandbox.Channel{Name: "outside", Members: []string{w.asha}})
		archived := w.slack.AddChannel(sandbox.Channel{Name: "old", Archived: true, Members: []string{w.slack.Config().BotUserID}})
		if _, err := w.bot.Post(w.t.Context(), archived, Message{Text: "x"}); !errors.Is(err, ErrGone) {
			w.t.Errorf("Post to an archived channel returned %v", err)
		}
		err := w.bot.Whisper(w.t.Context(), Click{User: w.asha, Channel: outside}, Message{Text: "x"})
		if !errors.Is(err, ErrNotInvited) {
			w.t.Errorf("a whisper where the bot is not returned %v", err)
		}
		if setup, ok := asSetup(w.bot.Publish(w.t.Context(), w.asha, View{})); !ok || setup.Setting != "App Home" {
			w.t.Errorf("Publish with the Home tab off returned %v", setup)
		}
	})
}

func TestIdleChannelsAreForgottenAndBusyOnesAreNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPacer()
		for i := range 3 * manyChannels {
			if err := p.channel(fmt.Sprint(i)).take(t.Context(), nobody); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Millisecond)
		}
		if n := len(p.channels); n > 2*manyChannels+1 {
			t.Errorf("%d channels are remembered", n)
		}
		last := p.channel(fmt.Sprint(3*manyChannels - 1))
		if last.idle() {
			t.Error("a channel just used has its whole burst again")
		}
	})
}

func TestWhoLeavesTheQueueDelaysNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBucket(1, 1)
		if err := b.take(t.Context(), nobody); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		left := make(chan error)
		go func() { left <- b.take(ctx, somebody) }()
		synctest.Wait()
		cancel()
		if err := <-left; !errors.Is(err, ErrUnavailable) || !errors.Is(err, context.Canceled) {
			t.Errorf("leaving returned %v", err)
		}
		start := time.Now()
		if err := b.take(t.Context(), nobody); err != nil || time.Since(start).Round(time.Millisecond) != time.Second {
			t.Errorf("the next waited %s, %v", time.Since(start), err)
		}
	})
}
