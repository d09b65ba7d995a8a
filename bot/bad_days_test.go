package bot

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kvitt/sandbox"
)

// posted posts a message and returns where it is.
func (w *world) posted(channel, text string) Ref {
	w.t.Helper()
	ref, err := w.bot.Post(w.t.Context(), channel, Message{Text: text})
	if err != nil {
		w.t.Fatal(err)
	}
	return ref
}

func TestADeletedMessageIsToldApartFromAChannelThatIsClosed(t *testing.T) {
	story(t, nil, func(w *world) {
		ctx := w.t.Context()
		card, other := w.posted(w.finance, "card"), w.posted(w.finance, "another card")
		w.slack.Remove(card.Channel, card.TS)
		if err := w.bot.Update(ctx, card, Message{Text: "x"}); !errors.Is(err, ErrGone) || errors.Is(err, ErrClosed) {
			w.t.Errorf("an edit of a deleted message returned %v", err)
		}
		if _, err := w.bot.Post(ctx, w.finance, Message{Text: "x", Thread: card.TS}); !errors.Is(err, ErrThreadGone) || !errors.Is(err, ErrGone) {
			w.t.Errorf("an answer to a deleted message returned %v", err)
		}
		if _, _, err := w.bot.FindReply(ctx, card, "tok", time.Now()); !errors.Is(err, ErrThreadGone) {
			w.t.Errorf("looking in a thread without its message returned %v", err)
		}
		for what, change := range map[string]func(*sandbox.Channel){
			"archived":                  func(c *sandbox.Channel) { c.Archived = true },
			"private, and not our room": func(c *sandbox.Channel) { c.Private, c.Members = true, []string{w.asha} },
		} {
			w.slack.SetChannel(w.finance, func(c *sandbox.Channel) { c.Archived = false })
			w.slack.SetChannel(w.finance, change)
			_, posting := w.bot.Post(ctx, w.finance, Message{Text: "x"})
			for did, err := range map[string]error{"a post": posting, "an edit": w.bot.Update(ctx, other, Message{Text: "x"})} {
				if !errors.Is(err, ErrClosed) || !errors.Is(err, ErrGone) || errors.Is(err, ErrThreadGone) {
					w.t.Errorf("%s where the channel is %s returned %v", did, what, err)
				}
			}
		}
	})
}

func TestAPressThatIsTooOldToOpenAModalIsToldSo(t *testing.T) {
	story(t, nil, func(w *world) {
		var errs []error
		w.bot.OnPress("pay", func(ctx context.Context, c Click) error {
			if len(errs) == 0 {
				time.Sleep(3100 * time.Millisecond)
			}
			for range 2 { // The second time it was used already.
				_, err := w.bot.Open(ctx, c, View{Title: "Pay"})
				errs = append(errs, err)
			}
			return nil
		})
		w.run()
		_, button := w.post("pay")
		for range 2 {
			if err := w.slack.Press(w.t.Context(), w.asha, button); err != nil {
				w.t.Fatal(err)
			}
			time.Sleep(5 * time.Second)
			synctest.Wait()
		}
		for i, late := range []bool{true, true, false, true} {
			if errors.Is(errs[i], ErrTooLate) != late {
				w.t.Errorf("opening number %d returned %v", i+1, errs[i])
			}
		}
		if w.observed("call", "late") != 3 {
			w.t.Errorf("%d late presses were counted", w.observed("call", "late"))
		}
	})
}

func TestWhoPressesWithoutEndKeepsNobodyElseFromTheirModal(t *testing.T) {
	story(t, nil, func(w *world) {
		opened := map[string]int{}
		var mu sync.Mutex
		w.bot.OnPress("pay", func(ctx context.Context, c Click) error {
			_, err := w.bot.Open(ctx, c, View{Title: "Pay"})
			if _, busy := errors.AsType[*BusyError](err); err != nil && !busy {
				w.t.Errorf("Open returned %v", err)
			}
			if mu.Lock(); err == nil {
				opened[c.User]++
			}
			mu.Unlock()
			return nil
		})
		w.run()
		_, button := w.post("pay")
		restless := w.slack.AddPerson(sandbox.Person{Name: "restless"})
		w.slack.SetChannel(w.finance, func(c *sandbox.Channel) { c.Members = append(c.Members, restless) })
		for range 2 * openView.burst {
			if err := w.slack.Press(w.t.Context(), restless, button); err != nil {
				w.t.Fatal(err)
			}
		}
		time.Sleep(100 * time.Millisecond)
		if err := w.slack.Press(w.t.Context(), w.asha, button); err != nil {
			w.t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if mu.Lock(); opened[w.asha] != 1 {
			w.t.Errorf("her modal had not opened two seconds after her press: %v", opened)
		}
		mu.Unlock()
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if n := opened[restless]; n < openView.burst || n > openView.burst+4 {
			w.t.Errorf("%d modals were opened for who presses without end", n)
		}
	})
}

// Slack's hash guards one writer from another. We render views whole from what is stored, so the last one is right, and none may be refused.
func TestNobodyLosesAViewToAHashConflict(t *testing.T) {
	story(t, nil, func(w *world) {
		view := w.openModal("paying")
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() {
				if err := w.bot.Replace(w.t.Context(), view, View{Title: "Pay"}); err != nil {
					w.t.Errorf("Replace returned %v", err)
				}
				if err := w.bot.Publish(w.t.Context(), w.asha, View{Blocks: []Block{Plain("Home")}}); err != nil {
					w.t.Errorf("Publish returned %v", err)
				}
			})
		}
		all.Wait()
		for _, c := range append(w.calls("views.update"), w.calls("views.publish")...) {
			if c.Args["hash"] != "" {
				w.t.Errorf("%s was called with the hash %q", c.Method, c.Args["hash"])
			}
		}
	})
}

func TestWhoseAddressItIsSlackIsAskedOnceForAllWhoPressAtThatMoment(t *testing.T) {
	story(t, nil, func(w *world) {
		for _, c := range []struct {
			maxAge time.Duration
			asked  int
		}{{time.Nanosecond, 1}, {0, 20}} {
			before := len(w.slack.Calls())
			w.slack.Fail(sandbox.Fault{Method: "users.lookupByEmail", Kind: sandbox.Slow, Latency: time.Second, Times: -1})
			var all sync.WaitGroup
			for range 20 {
				all.Go(func() {
					if p, err := w.bot.PersonByEmail(w.t.Context(), "asha@example.com", c.maxAge); err != nil || p.ID != w.asha {
						w.t.Errorf("it is %q's, %v", p.ID, err)
					}
				})
			}
			all.Wait()
			if n := len(w.slack.Calls()) - before; n != c.asked {
				w.t.Errorf("Slack was asked %d times for twenty who ask for what is at most %s old, want %d", n, c.maxAge, c.asked)
			}
		}
	})
}

func TestADeadInstallationIsLeftAlone(t *testing.T) {
	story(t, httpMode, func(w *world) {
		w.run()
		w.slack.Fail(sandbox.Fault{Kind: sandbox.Refuse, Code: "token_revoked", Times: -1})
		_, _ = w.bot.Post(w.t.Context(), w.finance, Message{Text: "x"})
		if err := <-w.stopped; !errors.Is(err, ErrDead) {
			w.t.Fatalf("Run returned %v", err)
		}
		w.stop = nil
		before := len(w.slack.Calls())
		for range 1000 {
			if _, err := w.bot.Post(w.t.Context(), w.finance, Message{Text: "x"}); !errors.Is(err, ErrDead) && !isBusy(err) {
				w.t.Fatalf("Post returned %v", err)
			}
			if _, err := w.bot.Person(w.t.Context(), w.asha, 0); !errors.Is(err, ErrDead) {
				w.t.Fatalf("Person returned %v", err)
			}
			time.Sleep(time.Second)
		}
		if n := len(w.slack.Calls()) - before; n > 0 || w.bot.Ready() {
			w.t.Errorf("Slack was called %d times more; ready: %v", n, w.bot.Ready())
		}
	})
}

func isBusy(err error) bool {
	_, busy := errors.AsType[*BusyError](err)
	return busy
}

func TestHoursWithoutAConnectionAreAFewLinesInTheLog(t *testing.T) {
	for name, c := range map[string]struct {
		begin func(w *world)
		lasts time.Duration
	}{
		"no connection can be had": {func(w *world) {
			w.slack.Fail(sandbox.Fault{Method: "apps.connections.open", Kind: sandbox.FailBefore, Times: -1})
		}, 6 * time.Hour},
		"every connection ends after its hello": {func(w *world) { w.slack.HelloThenClose(true) }, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, nil, func(w *world) {
				w.run()
				time.Sleep(2 * soon)
				synctest.Wait()
				from := len(w.log.String())
				c.begin(w)
				w.slack.CutSockets()
				time.Sleep(c.lasts)
				synctest.Wait()
				lines := w.log.String()[from:]
				warned, told := strings.Count(lines, "level=WARN"), strings.Count(lines, "level=INFO")
				if warned < 3 || warned > 20 || told > 20 || w.observed("socket", "failed")+w.observed("socket", "lost") < 500 {
					w.t.Errorf("%d lines at WARN, %d at INFO, %d failures and %d losses counted", warned, told, w.observed("socket", "failed"), w.observed("socket", "lost"))
				}
			})
		})
	}
}
