package flows

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"path"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kvitt/bot"
	"kvitt/store"
	"kvitt/store/storetest"
)

// switchboard is a Slack that tells of every channel and person, and in which nobody may say anything.
type switchboard struct{ t *testing.T }

func (s switchboard) RoundTrip(r *http.Request) (*http.Response, error) {
	if method := path.Base(r.URL.Path); !strings.HasPrefix(method, "conversations.") && method != "users.info" {
		s.t.Errorf("%s is called", method)
	}
	answer := `{"ok":true,"channel":{"id":"` + finance + `","is_member":true},"user":{"id":"` + asha + `","team_id":"` + team + `"}}`
	return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(answer)), Request: r}, nil
}

// A store that lost its last writes knows neither the confirmation that was about to be posted nor the payment that it was about.
func TestWhatTheStoreHasForgottenIsNotSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mem, inv := storetest.Memory(time.Now), anInvoice()
		f := &Flows{Bot: bot.New(bot.Config{Token: "xoxb-test", HTTP: &http.Client{Transport: switchboard{t}}}), Backend: mem,
			Records: store.Of[Record](mem, team, KindInvoice), Now: time.Now, Log: slog.New(slog.DiscardHandler), Policy: aPolicy()}
		_, err := f.take(t.Context(), inv, f.Now())
		must(err)
		leases, _, err := mem.Lease(t.Context(), team, store.Routine, 1, time.Minute)
		must(err)
		j := &job{Flows: f, lease: leases[0], id: inv.ID, audience: anAudience(), turn: make(chan struct{}, 1)}
		for _, kind := range []PostKind{PostConfirm, PostNotice, PostApproval} {
			post := Post{Key: string(kind) + "/0/" + finance, Kind: kind, Place: finance, Lang: English}
			must(j.claim(t.Context(), []Step{{Do: Say, Post: post}}))
			if err := j.say(t.Context(), post); !errors.Is(err, errForgotten) {
				t.Errorf("a %s: %v", kind, err)
			}
		}
		rec, err := f.Records.Load(t.Context(), inv.ID)
		if err != nil || len(rec.Posts) > 0 {
			t.Errorf("the record has %d messages, %v", len(rec.Posts), err)
		}
	})
}

// Nor does it know the digest that was about to be posted.
func TestADigestThatTheStoreHasForgottenIsNotSaid(t *testing.T) {
	for name, from := range map[string]int{"too few are left": 4, "enough are left": 0} {
		synctest.Test(t, func(t *testing.T) {
			mem, policy := storetest.Memory(time.Now), aPolicy()
			policy.DigestFrom, policy.Hours = from, Hours{To: 24 * 60, Days: [7]bool{true, true, true, true, true, true, true}}
			f := &Flows{Bot: bot.New(bot.Config{Token: "xoxb-test", HTTP: &http.Client{Transport: switchboard{t}}}), Backend: mem, Now: time.Now, Log: slog.New(slog.DiscardHandler), Policy: policy,
				Mailboxes: store.Of[Mailbox](mem, team, KindMailbox)}
			f.People = &People{Bot: f.Bot, Prefs: store.Of[Preference](mem, team, "person"), Locale: English, Zone: time.UTC, Log: f.Log}
			_, err := f.Mailboxes.Update(t.Context(), asha, func(*Mailbox) (store.Next, error) { return store.Next{Wake: time.Now()}, nil })
			must(err)
			leases, _, err := mem.Lease(t.Context(), team, store.Routine, 1, time.Minute)
			must(err)
			d := &delivery{Flows: f, lease: leases[0], user: asha}
			remembered := Mailbox{Count: 1, Batch: &Batch{Number: 1, Digest: &Post{Key: digestKey(asha, 1), Kind: PostDigest, Place: asha}}}
			if err := d.say(t.Context(), remembered); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if box, err := f.Mailboxes.Load(t.Context(), asha); err != nil || box.Batch != nil {
				t.Errorf("%s: the mailbox has a batch, %v", name, err)
			}
		})
	}
}
