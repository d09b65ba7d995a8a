package flows

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"kvitt/bot"
	"kvitt/sandbox"
	"kvitt/store"
	"kvitt/store/storetest"
)

// editing is a Slack in which only so many messages can be edited, and in which conversations.info may be busy.
type editing struct {
	room     atomic.Int64
	infoBusy bool
}

func (e *editing) RoundTrip(r *http.Request) (*http.Response, error) {
	method := path.Base(r.URL.Path)
	res := &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Request: r}
	answer := `{"ok":true,"channel":"D1","ts":"1.0","text":"","message":{}}`
	if method == "conversations.info" {
		answer = `{"ok":true,"channel":{"id":"` + finance + `","is_member":true}}`
	}
	if method == "chat.update" && e.room.Add(-1) < 0 || method == "conversations.info" && e.infoBusy {
		res.StatusCode, answer = http.StatusTooManyRequests, ""
		res.Header.Set("Retry-After", "60")
	}
	res.Body = io.NopCloser(strings.NewReader(answer))
	return res, nil
}

// counting counts what is read from and written to a store.
type counting struct {
	store.Backend
	loads, writes atomic.Int64
}

func (c *counting) Load(ctx context.Context, k store.Key) (store.Doc, error) {
	c.loads.Add(1)
	return c.Backend.Load(ctx, k)
}

func (c *counting) Write(ctx context.Context, w store.Write) error {
	c.writes.Add(1)
	return c.Backend.Write(ctx, w)
}

// mending edits nine copies, one of them in a channel, and returns how many show the record then, how many wait, and how often the store was asked.
func mending(t *testing.T, slack *editing) (shown, waiting int, c *counting) {
	c = &counting{Backend: storetest.Memory(time.Now)}
	f := &Flows{Bot: bot.New(bot.Config{Token: "xoxb-test", HTTP: &http.Client{Transport: slack}}), Backend: c,
		Records: store.Of[Record](c, team, KindInvoice), Now: time.Now, Log: slog.New(slog.DiscardHandler), Policy: aPolicy()}
	inv := anInvoice()
	var steps []Step
	_, err := f.take(t.Context(), inv, f.Now())
	must(err)
	_, err = f.update(t.Context(), inv.ID, func(r *Record) (store.Next, error) {
		for i := range 9 {
			p := Post{Key: fmt.Sprintf("remind/%d", i), Kind: PostReminder, Place: asha, Ref: bot.Ref{Channel: "D1", TS: fmt.Sprintf("%d.0", i)}}
			if i == 0 {
				p.Place, p.Ref.Channel = finance, finance
			}
			r.Posts = append(r.Posts, p)
			steps = append(steps, Step{Do: Mend, Post: p})
		}
		return store.Next{Wake: f.Now()}, nil
	})
	must(err)
	leases, _, err := c.Lease(t.Context(), team, store.Routine, 1, time.Minute)
	must(err)
	c.loads.Store(0)
	c.writes.Store(0)
	j := &job{Flows: f, lease: leases[0], id: inv.ID, audience: anAudience(), turn: make(chan struct{}, 1)}
	ctx, done := context.WithTimeout(t.Context(), stepTime)
	defer done()
	must(j.mendAll(ctx, steps))
	loads, writes := c.loads.Load(), c.writes.Load()
	rec, err := f.Records.Load(t.Context(), inv.ID)
	must(err)
	for _, p := range rec.Posts {
		switch {
		case p.Shows != "":
			shown++
		case !p.Retry.IsZero():
			waiting++
		}
	}
	c.loads.Store(loads)
	c.writes.Store(writes)
	return shown, waiting, c
}

func TestEditsAreNotedAFewAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slack := &editing{}
		slack.room.Store(100)
		shown, waiting, c := mending(t, slack)
		if shown != 9 || waiting != 0 || c.writes.Load() > 3 || c.loads.Load() > 6 {
			t.Errorf("of 9 copies %d show the record and %d wait, after %d loads and %d writes", shown, waiting, c.loads.Load(), c.writes.Load())
		}
	})
}

func TestWhenSlackHasNoRoomForOneEditTheOthersWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slack := &editing{}
		slack.room.Store(2)
		shown, waiting, c := mending(t, slack)
		if shown != 2 || waiting != 7 || c.writes.Load() > 2 {
			t.Errorf("of 9 copies %d show the record and %d wait, after %d writes", shown, waiting, c.writes.Load())
		}
	})
}

func TestABusyLookAtAChannelKeepsNoOtherCopyFromBeingEdited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slack := &editing{infoBusy: true}
		slack.room.Store(100)
		if shown, waiting, _ := mending(t, slack); shown != 8 || waiting != 1 {
			t.Errorf("of 9 copies %d show the record and %d wait", shown, waiting)
		}
	})
}

func TestWhoGetsALeaseTooSoonLooksAgainWhenTheOtherOneIsOver(t *testing.T) {
	soon, over := monday.Add(time.Second), monday.Add(leaseTime)
	for name, c := range map[string]struct {
		claimed time.Time
		under   string
		now     time.Time
		again   time.Time // Zero: nobody posts it now, so it is posted again.
	}{
		"a clock jumped, and somebody else may be posting it": {monday, "theirs", soon, over},
		"their lease is over":                     {monday, "theirs", over, time.Time{}},
		"they noted that it was not posted":       {monday, "", soon, time.Time{}},
		"it is our own":                           {monday, "ours", soon, time.Time{}},
		"it was claimed by a clock an hour ahead": {monday.Add(time.Hour), "theirs", soon, soon.Add(leaseTime)},
	} {
		p := Post{Unsure: true, Claimed: c.claimed, Under: c.under}
		p.missing("ours", c.now)
		if p.Unsure == c.again.IsZero() || !p.Retry.Equal(c.again) {
			t.Errorf("%s: it is looked for again at %s and planned as %+v, want %s", name, p.Retry, p, c.again)
		}
	}
}

func TestADigestThatSomebodyMayBePostingIsLookedForAgain(t *testing.T) {
	inWorkspace(t, []string{asha}, func(t *testing.T, w workspace) {
		f := w.flows(func(p *Policy) { p.DigestFrom = 0 })
		w.claimed(t, f, Post{Key: digestKey(asha, 1), Kind: PostDigest, Place: asha, Claimed: time.Now(), Unsure: true, Under: "theirs"})
		for look, posts := range []int{0, 1} {
			w.delivers(t, f)
			if n := len(w.Messages(w.DM(asha))); n != posts {
				t.Errorf("after look %d there are %d digests, want %d", look+1, n, posts)
			}
			time.Sleep(leaseTime)
		}
	})
}

func TestAMessageToSomebodyWhoHasLeftIsNotLookedForForEver(t *testing.T) {
	p := Post{Place: asha, Unsure: true}
	if p.unsought(fmt.Errorf("opening: %w", bot.ErrGone), monday); p.Over == "" || p.Unsure {
		t.Errorf("it is planned as %+v", p)
	}
	p = Post{Place: finance, Unsure: true}
	if p.unsought(fmt.Errorf("finding: %w", bot.ErrGone), monday); p.Over != "" || !p.Unsure || !p.Retry.After(monday) {
		t.Errorf("in a channel it is planned as %+v", p)
	}
	inWorkspace(t, []string{asha}, func(t *testing.T, w workspace) {
		f := w.flows(func(*Policy) {})
		w.claimed(t, f, Post{Key: digestKey(asha, 1), Kind: PostDigest, Place: asha, Claimed: time.Now(), Unsure: true})
		w.SetPerson(asha, func(p *sandbox.Person) { p.Deleted = true })
		w.delivers(t, f)
		if box, err := f.Mailboxes.Load(t.Context(), asha); err != nil || box.Batch != nil {
			t.Errorf("the digest is still to be said: %+v, %v", box.Batch, err)
		}
	})
}

// flows is a bot whose reminders may come at any hour.
func (w workspace) flows(with func(*Policy)) *Flows {
	policy := aPolicy()
	policy.Hours = Hours{To: 24 * 60, Days: [7]bool{true, true, true, true, true, true, true}}
	with(&policy)
	return &Flows{Bot: w.admins.Bot, Backend: w.store, Admins: w.admins, Now: time.Now, Log: w.admins.Log, Policy: policy, Mailboxes: store.Of[Mailbox](w.store, team, KindMailbox),
		People: &People{Bot: w.admins.Bot, Prefs: store.Of[Preference](w.store, team, "person"), Locale: English, Zone: time.UTC, Log: w.admins.Log}}
}

// claimed is a mailbox of which somebody was about to post that digest.
func (w workspace) claimed(t *testing.T, f *Flows, digest Post) {
	t.Helper()
	_, err := f.Mailboxes.Update(t.Context(), asha, func(b *Mailbox) (store.Next, error) {
		b.Count, b.Batch = 1, &Batch{Number: 1, Digest: &digest}
		return b.next(time.Now()), nil
	})
	must(err)
}

// delivers takes over what is due.
func (w workspace) delivers(t *testing.T, f *Flows) {
	t.Helper()
	leases, wake, err := w.store.Lease(t.Context(), team, store.Routine, 1, leaseTime)
	must(err)
	if len(leases) != 1 {
		t.Fatalf("there is nothing to do until %s", wake)
	}
	must(f.deliver(t.Context(), leases[0]))
	must(w.store.Release(t.Context(), leases[0]))
}
