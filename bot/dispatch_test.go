package bot

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"kvitt/sandbox"
)

func TestAPressIsAcknowledgedAtOnceHoweverSlowItsHandler(t *testing.T) {
	bothDoors(t, func(w *world) {
		var done atomic.Int32
		w.bot.OnPress("pay", func(context.Context, Click) error {
			time.Sleep(15 * time.Second)
			done.Add(1)
			return nil
		})
		w.run()
		_, button := w.post("pay")
		start := time.Now()
		// Twice as many presses as there are workers.
		for range 2 * workers {
			if err := w.slack.Press(w.t.Context(), w.asha, button); err != nil {
				w.t.Fatal(err)
			}
		}
		if took := time.Since(start); took > time.Second {
			w.t.Errorf("the acknowledgements took %s", took)
		}
		time.Sleep(31 * time.Second)
		if done.Load() != 2*workers {
			w.t.Errorf("%d of %d presses were done", done.Load(), 2*workers)
		}
	})
}

func TestALateOrFailedSubmissionIsAnsweredWithSorryWithinTwoSeconds(t *testing.T) {
	sorry := func(sc *sandbox.SlackConfig, c *Config) {
		c.Sorry = func(Click) Reply {
			return Reply{View: &View{Title: "Pay", Blocks: []Block{Plain("We don't know yet.")}}}
		}
	}
	handlers := map[string]func(context.Context, Click) (Reply, error){
		"late": func(ctx context.Context, _ Click) (Reply, error) {
			<-ctx.Done()
			time.Sleep(5 * time.Second)
			return Reply{}, nil
		},
		"failed":   func(context.Context, Click) (Reply, error) { return Reply{}, errors.New("the store cannot be reached") },
		"panicked": func(context.Context, Click) (Reply, error) { panic("a programmer's error") },
	}
	for name, h := range handlers {
		t.Run(name, func(t *testing.T) {
			story(t, sorry, func(w *world) {
				w.bot.OnSubmit("paying", h)
				view := w.openModal("paying")
				start := time.Now()
				if err := w.slack.Submit(w.t.Context(), w.asha, view); err != nil {
					w.t.Fatal(err)
				}
				if took := time.Since(start); took > answerTime+100*time.Millisecond {
					w.t.Errorf("the answer took %s", took)
				}
				if modal := w.slack.Modals(w.asha); len(modal) != 1 || !strings.Contains(modal[0].Words(), "We don't know yet.") {
					w.t.Errorf("the modals are %+v", modal)
				}
			})
		})
	}
}

// openModal runs the bot and opens a modal with that callback id by a press.
func (w *world) openModal(callback string) (viewID string) {
	w.t.Helper()
	w.bot.OnPress("open", func(ctx context.Context, c Click) error {
		_, err := w.bot.Open(ctx, c, View{Callback: callback, Title: "Pay", Submit: "Pay now", Blocks: []Block{Plain("Pay?")}})
		return err
	})
	w.run()
	_, button := w.post("open")
	if err := w.slack.Press(w.t.Context(), w.asha, button); err != nil {
		w.t.Fatal(err)
	}
	synctest.Wait()
	modals := w.slack.Modals(w.asha)
	if len(modals) != 1 {
		w.t.Fatalf("the modals are %+v", modals)
	}
	return modals[0].ID
}

func TestADuplicateIsDoneOnceAndAnsweredAlike(t *testing.T) {
	bothDoors(t, func(w *world) {
		var presses, submissions atomic.Int32
		w.bot.OnPress("pay", func(context.Context, Click) error { presses.Add(1); return nil })
		w.bot.OnSubmit("paying", func(context.Context, Click) (Reply, error) {
			time.Sleep(time.Second)
			submissions.Add(1)
			return Reply{View: &View{Title: "Pay", Blocks: []Block{Plain("Payment in progress")}}}, nil
		})
		view := w.openModal("paying")
		_, button := w.post("pay")
		w.slack.DuplicateNext(1)
		if err := w.slack.Press(w.t.Context(), w.asha, button); err != nil {
			w.t.Fatal(err)
		}
		w.slack.DuplicateNext(1)
		if err := w.slack.Submit(w.t.Context(), w.asha, view); err != nil {
			w.t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		if presses.Load() != 1 || submissions.Load() != 1 {
			w.t.Errorf("done: %d presses, %d submissions", presses.Load(), submissions.Load())
		}
		if modal := w.slack.Modals(w.asha); len(modal) != 1 || !strings.Contains(modal[0].Words(), "Payment in progress") {
			w.t.Errorf("the duplicate's answer closed the modal: %+v", modal)
		}
		// And the next press is another one.
		if err := w.slack.Press(w.t.Context(), w.asha, button); err != nil {
			w.t.Fatal(err)
		}
		synctest.Wait()
		if presses.Load() != 2 {
			w.t.Errorf("a second press was taken for a duplicate")
		}
	})
}

func TestWhenTheMemoryIsDownTheHandlerIsToldSo(t *testing.T) {
	down := errors.New("no memory")
	for name, seen := range map[string]func(context.Context, string) (bool, error){
		"refused": func(context.Context, string) (bool, error) { return false, down },
		"hanging": func(ctx context.Context, _ string) (bool, error) { <-ctx.Done(); return false, ctx.Err() },
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(_ *sandbox.SlackConfig, c *Config) { c.Seen = seen }, func(w *world) {
				w.bot.OnSubmit("paying", func(_ context.Context, c Click) (Reply, error) {
					if c.MemoryErr == nil {
						w.t.Error("the handler was not told")
					}
					return Reply{View: &View{Title: "Pay", Blocks: []Block{Plain("Nothing was paid.")}}}, nil
				})
				view := ""
				w.bot.OnPress("open", func(ctx context.Context, c Click) (err error) {
					if c.MemoryErr == nil {
						w.t.Error("the handler was not told")
					}
					view, err = w.bot.Open(ctx, c, View{Callback: "paying", Title: "Pay", Submit: "Pay now"})
					return err
				})
				w.run()
				_, button := w.post("open")
				if err := w.slack.Press(w.t.Context(), w.asha, button); err != nil {
					w.t.Fatal(err)
				}
				time.Sleep(memoryTime)
				synctest.Wait()
				if err := w.slack.Submit(w.t.Context(), w.asha, view); err != nil {
					w.t.Fatal(err)
				}
				if modal := w.slack.Modals(w.asha); len(modal) != 1 || !strings.Contains(modal[0].Words(), "Nothing was paid.") {
					w.t.Errorf("the modals are %+v", modal)
				}
			})
		})
	}
}

func TestWhatWasAcknowledgedIsFinishedBeforeRunReturns(t *testing.T) {
	bothDoors(t, func(w *world) {
		done := false
		w.bot.OnPress("pay", func(ctx context.Context, c Click) error {
			time.Sleep(drainTime - time.Second)
			done = ctx.Err() == nil
			return nil
		})
		w.run()
		_, button := w.post("pay")
		if err := w.slack.Press(w.t.Context(), w.asha, button); err != nil {
			w.t.Fatal(err)
		}
		w.stop()
		synctest.Wait()
		if w.bot.Ready() {
			w.t.Error("still ready while draining")
		}
		if err := w.slack.Press(w.t.Context(), w.asha, button); !errors.Is(err, sandbox.ErrTrouble) {
			w.t.Errorf("a press while draining ended in %v", err)
		}
		start := time.Now()
		w.end()
		if !done {
			w.t.Error("the press was not finished")
		}
		if took := time.Since(start); took > drainTime {
			w.t.Errorf("the drain took %s", took)
		}
	})
}

func TestASubmissionUnderWayIsStillAnsweredWhileStopping(t *testing.T) {
	bothDoors(t, func(w *world) {
		w.bot.OnSubmit("paying", func(context.Context, Click) (Reply, error) {
			w.stop()
			time.Sleep(time.Second)
			return Reply{View: &View{Title: "Pay", Blocks: []Block{Plain("Payment in progress")}}}, nil
		})
		view := w.openModal("paying")
		if err := w.slack.Submit(w.t.Context(), w.asha, view); err != nil {
			w.t.Errorf("the submission ended in %v", err)
		}
	})
}

func TestADrainEndsInTimeAndTellsTheHandler(t *testing.T) {
	story(t, nil, func(w *world) {
		told := make(chan struct{})
		w.bot.OnPress("pay", func(ctx context.Context, c Click) error {
			<-ctx.Done()
			close(told)
			return nil
		})
		w.run()
		_, button := w.post("pay")
		if err := w.slack.Press(w.t.Context(), w.asha, button); err != nil {
			w.t.Fatal(err)
		}
		start := time.Now()
		w.end()
		if took := time.Since(start); took != drainTime {
			w.t.Errorf("the drain took %s", took)
		}
		<-told
	})
}

func TestAPanicIsCountedAndTheNextPressWorks(t *testing.T) {
	story(t, nil, func(w *world) {
		n := 0
		w.bot.OnPress("pay", func(context.Context, Click) error {
			if n++; n == 1 {
				panic("a programmer's error")
			}
			return nil
		})
		w.run()
		_, button := w.post("pay")
		for range 2 {
			if err := w.slack.Press(w.t.Context(), w.asha, button); err != nil {
				w.t.Fatal(err)
			}
			synctest.Wait()
		}
		if w.observed("handler", "panic") != 1 || w.observed("handler", "ok") != 1 {
			w.t.Errorf("observed: %+v", w.seen)
		}
	})
}

func TestAnotherWorkspacesClickIsDroppedAndAStrangersInOursArrives(t *testing.T) {
	payload := func(team, userTeam string) map[string]any {
		return map[string]any{"type": "block_actions", "team": map[string]any{"id": team},
			"user": map[string]any{"id": "U0SOMEBODY", "team_id": userTeam}, "trigger_id": team + userTeam,
			"actions": []any{map[string]any{"action_id": "pay", "value": "inv_1", "action_ts": "1.1"}}}
	}
	bothDoors(t, func(w *world) {
		var clicks []Click
		w.bot.OnPress("pay", func(_ context.Context, c Click) error { clicks = append(clicks, c); return nil })
		w.run()
		foreign, stranger := payload("T0OTHER", "T0OTHER"), payload("T0OTHER", "T0OTHER")
		stranger["message"] = map[string]any{"ts": "1.1", "team": "T0SANDBOX"}
		for _, p := range []map[string]any{foreign, stranger} {
			if _, err := w.slack.Deliver(w.t.Context(), sandbox.Interactive, p); err != nil {
				w.t.Fatal(err)
			}
			synctest.Wait()
		}
		if len(clicks) != 1 || clicks[0].Team != "T0SANDBOX" || w.observed("door", "foreign") != 1 {
			w.t.Errorf("clicks: %+v", clicks)
		}
	})
}

func TestAReplyTooLargeForAnAcknowledgementStillArrives(t *testing.T) {
	story(t, nil, func(w *world) {
		long := make([]Block, 20)
		for i := range long {
			long[i] = Plain(strings.Repeat("x", 2000))
		}
		w.bot.OnSubmit("paying", func(context.Context, Click) (Reply, error) {
			return Reply{View: &View{Title: "Pay", Blocks: long}}, nil
		})
		view := w.openModal("paying")
		if err := w.slack.Submit(w.t.Context(), w.asha, view); err != nil {
			w.t.Fatal(err)
		}
		time.Sleep(time.Second)
		if modal := w.slack.Modals(w.asha); len(modal) != 1 || len(modal[0].Words()) < 20*2000 {
			w.t.Errorf("the modals are %+v", modal)
		}
	})
}

func TestEverythingReadableIsAcknowledgedEvenIfNobodyListens(t *testing.T) {
	bothDoors(t, func(w *world) {
		w.run()
		ack, err := w.slack.SendEvent(w.t.Context(), map[string]any{"type": "reaction_added", "user": "U1", "item": map[string]any{"type": "message"}})
		if err != nil || ack.Status != 200 {
			w.t.Errorf("an event that nobody knows: %+v, %v", ack, err)
		}
		_, button := w.post("an-action-that-nobody-knows")
		if err := w.slack.Press(w.t.Context(), w.asha, button); err != nil {
			w.t.Errorf("a press that nobody knows: %v", err)
		}
	})
}

func TestAHandlerRunsOnlyAfterItsAcknowledgement(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New(Config{Token: "xoxb-x"})
		var acknowledged atomic.Bool
		b.OnPress("pay", func(context.Context, Click) error {
			if !acknowledged.Load() {
				t.Error("the handler ran first")
			}
			return nil
		})
		b.dispatch(Click{ID: "1", Kind: Press, User: "U1", Action: "pay"}, func(json.RawMessage) {
			time.Sleep(time.Second)
			acknowledged.Store(true)
		})
		synctest.Wait()
	})
}
