package flows

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"kvitt/bot"
	"kvitt/sandbox"
	"kvitt/store"
	"kvitt/store/storetest"
)

// workspace is a Slack in bubble time, with people in it and the admins that the operator named.
type workspace struct {
	*sandbox.Slack
	admins *Admins
	store  *storetest.Mem
}

func inWorkspace(t *testing.T, entries []string, test func(t *testing.T, w workspace)) {
	synctest.Test(t, func(t *testing.T) {
		w := workspace{Slack: sandbox.NewSlack(sandbox.SlackConfig{TeamID: team}), store: storetest.Memory(time.Now)}
		for _, p := range []sandbox.Person{
			{ID: asha, Name: "asha", Email: "asha@fjord.example"}, {ID: bo, Name: "bo", Email: "bo@fjord.example"}, {ID: kim, Name: "kim", Email: "kim@fjord.example"},
			{ID: "U0GUEST", Name: "gus", Email: "gus@fjord.example", Guest: true}, {ID: "U0SINGLE", Name: "sia", Email: "sia@fjord.example", SingleChannel: true},
			{ID: "U0BOT", Name: "bot", Email: "bot@fjord.example", Bot: true}, {ID: "U0GONE", Name: "gone", Email: "gone@fjord.example", Deleted: true},
			{ID: "U0STRANGER", Name: "sam", Email: "sam@fjord.example", Team: "T0OTHER"},
		} {
			w.AddPerson(p)
		}
		b := bot.New(bot.Config{Token: w.Config().BotToken, SigningSecret: w.Config().SigningSecret, HTTP: &http.Client{Transport: w.Transport()}})
		w.admins = &Admins{Entries: entries, Bot: b, Pins: store.Of[Pin](w.store, team, "pin"), Team: team, Now: time.Now, Log: slog.New(slog.DiscardHandler)}
		test(t, w)
	})
}

func (w workspace) right(t *testing.T, user string, want Right) {
	t.Helper()
	for _, old := range []ages{fresh, recently} {
		if got, err := w.admins.Right(t.Context(), user, account{}, old); got != want || err != nil {
			t.Errorf("%s (as of %v ago): %q, %v; want %q", user, old, got, err, want)
		}
	}
}

// trail is what the audit trail of an address holds: what was noted, and about whom.
func (w workspace) trail(t *testing.T, email string) (notes []string) {
	t.Helper()
	for entry, err := range w.admins.Pins.Trail(t.Context(), PinID(email)) {
		must(err)
		notes = append(notes, entry.What+" "+entry.Facts["user"])
	}
	return notes
}

func TestWhomTheOperatorNamesMayPay(t *testing.T) {
	inWorkspace(t, []string{asha, "bo@fjord.example"}, func(t *testing.T, w workspace) {
		w.right(t, asha, MayPay)
		w.right(t, bo, NotAdmin) // Nobody has looked the address up yet.
		must(w.admins.Resolve(t.Context()))
		w.right(t, bo, MayPay)
		w.right(t, kim, NotAdmin)
		if ids, err := w.admins.List(t.Context(), account{}); err != nil || asJSON(ids) != `["U0ASHA","W0BO"]` {
			t.Errorf("%v, %v", ids, err)
		}
	})
}

func TestOnlyFullMembersMayPayWhateverTheOperatorSays(t *testing.T) {
	outside := []string{"U0GUEST", "U0SINGLE", "U0BOT", "U0GONE", "U0STRANGER"}
	inWorkspace(t, outside, func(t *testing.T, w workspace) {
		for _, id := range outside {
			w.right(t, id, Outsider)
		}
	})
	inWorkspace(t, []string{asha}, func(t *testing.T, w workspace) {
		w.right(t, asha, MayPay)
		w.SetPerson(asha, func(p *sandbox.Person) { p.Deleted = true })
		if got, err := w.admins.Right(t.Context(), asha, account{}, fresh); got != Outsider || err != nil {
			t.Errorf("who has left: %q, %v", got, err)
		}
	})
}

func TestWhoSlackDoesNotKnowIsAnOutsider(t *testing.T) {
	inWorkspace(t, []string{asha, "U0NOBODY"}, func(t *testing.T, w workspace) {
		w.right(t, "U0NOBODY", Outsider)
		people := &People{Bot: w.admins.Bot, Prefs: store.Of[Preference](w.store, team, "person"), Locale: English, Zone: time.UTC, Log: w.admins.Log}
		if _, _, ok := people.Reader(t.Context(), "U0NOBODY", team); ok {
			t.Error("somebody whom Slack does not know is reminded")
		}
	})
}

func TestWhoCannotBeLookedUpNowIsAsSlackSaidLast(t *testing.T) {
	inWorkspace(t, []string{asha, kim}, func(t *testing.T, w workspace) {
		w.SetPerson(asha, func(p *sandbox.Person) { p.TZ, p.Locale = "Asia/Tokyo", "nb-NO" })
		w.SetPerson(kim, func(p *sandbox.Person) { p.Guest = true })
		people := &People{Bot: w.admins.Bot, Prefs: store.Of[Preference](w.store, team, "person"), Locale: English, Zone: time.UTC, Log: w.admins.Log}
		for _, slack := range []string{"well", "down"} {
			if slack == "down" {
				defer w.Fail(sandbox.Fault{Method: "users.info", Kind: sandbox.FailBefore, Times: -1})()
			}
			reader, _, ok := people.Reader(t.Context(), asha, team)
			if _, guest, reads := people.Reader(t.Context(), kim, team); !ok || reader.Zone.String() != "Asia/Tokyo" || reader.Lang != Norwegian || reads {
				t.Errorf("Slack is %s: Asha is %+v, %v; the guest is a reader: %v, %+v", slack, reader, ok, reads, guest)
			}
			time.Sleep(time.Hour)
		}
	})
}

func TestIdsAreNotReadByTheirFirstLetter(t *testing.T) {
	ids := []string{"W012A3CDE", "X9", "CNOTACHANNEL", "a"}
	inWorkspace(t, ids, func(t *testing.T, w workspace) {
		for _, id := range ids {
			w.AddPerson(sandbox.Person{ID: id, Name: "p" + id})
			w.right(t, id, MayPay)
		}
	})
}

func TestAnAddressIsPinnedToTheFirstFullMemberItNames(t *testing.T) {
	const address = "Asha@Fjord.example"
	inWorkspace(t, []string{address, "gus@fjord.example", "nobody@fjord.example"}, func(t *testing.T, w workspace) {
		must(w.admins.Resolve(t.Context()))
		must(w.admins.Resolve(t.Context()))
		w.right(t, asha, MayPay)
		w.right(t, "U0GUEST", Outsider)
		if got := w.trail(t, address); len(got) != 1 || got[0] != "admin pinned U0ASHA" {
			t.Errorf("the audit trail says %q", got)
		}
		if got := w.trail(t, "gus@fjord.example"); len(got) != 0 {
			t.Errorf("a guest was pinned: %q", got)
		}
		w.SetPerson("U0GUEST", func(p *sandbox.Person) { p.Guest = false })
		must(w.admins.Resolve(t.Context()))
		w.right(t, "U0GUEST", MayPay)
	})
}

func TestAnAddressThatNamesSomebodyElseGivesNobodyTheRight(t *testing.T) {
	const address = "asha@fjord.example"
	inWorkspace(t, []string{address, bo}, func(t *testing.T, w workspace) {
		must(w.admins.Resolve(t.Context()))
		w.right(t, asha, MayPay)
		w.SetPerson(asha, func(p *sandbox.Person) { p.Email = "rao@fjord.example" })
		w.SetPerson(kim, func(p *sandbox.Person) { p.Email = address })
		w.right(t, asha, NotAdmin) // Without another Resolve: asked fresh before money moves.
		w.right(t, kim, NotAdmin)
		w.right(t, bo, MayPay)
		if ids, err := w.admins.List(t.Context(), account{}); err != nil || asJSON(ids) != `["W0BO"]` {
			t.Errorf("%v, %v", ids, err)
		}
		if got := w.trail(t, address); len(got) != 2 || got[1] != "admin pin broken U0ASHA" {
			t.Errorf("the audit trail says %q", got)
		}
		w.SetPerson(kim, func(p *sandbox.Person) { p.Email = "" })
		must(w.admins.Resolve(t.Context()))
		w.right(t, asha, NotAdmin) // It names nobody now; that mends nothing.
		w.SetPerson(asha, func(p *sandbox.Person) { p.Email = address })
		must(w.admins.Resolve(t.Context()))
		w.right(t, asha, MayPay)
	})
}

func TestWhatCannotBeLookedUpIsNoVerdict(t *testing.T) {
	for name, method := range map[string]string{"the person": "users.info", "the address": "users.lookupByEmail"} {
		for fault, kind := range map[string]sandbox.FaultKind{"cut": sandbox.CutBefore, "500": sandbox.FailBefore, "429": sandbox.RateLimited} {
			inWorkspace(t, []string{"asha@fjord.example"}, func(t *testing.T, w workspace) {
				must(w.admins.Resolve(t.Context()))
				w.Fail(sandbox.Fault{Method: method, Kind: kind, Times: -1, RetryAfter: 60})
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
				defer cancel()
				if got, err := w.admins.Right(ctx, asha, account{}, fresh); err == nil || got != "" {
					t.Errorf("%s, %s: %q, %v", name, fault, got, err)
				}
			})
		}
	}
	inWorkspace(t, []string{"asha@fjord.example"}, func(t *testing.T, w workspace) {
		must(w.admins.Resolve(t.Context()))
		w.store.Break(true)
		if got, err := w.admins.Right(t.Context(), asha, account{}, fresh); !errors.Is(err, store.ErrUnavailable) || got != "" {
			t.Errorf("the store: %q, %v", got, err)
		}
		if err := w.admins.Resolve(t.Context()); err == nil {
			t.Error("resolved without a store")
		}
	})
}

func TestThePinIsKeptByTheAddressAndNamesNone(t *testing.T) {
	if PinID("Asha@Fjord.example") != PinID("asha@fjord.EXAMPLE") || PinID("a@x.example") == PinID("b@x.example") {
		t.Error("addresses differ by more than case, or do not")
	}
	inWorkspace(t, []string{"asha@fjord.example"}, func(t *testing.T, w workspace) {
		must(w.admins.Resolve(t.Context()))
		for key, err := range w.store.Chains(t.Context()) {
			must(err)
			for entry, err := range w.store.Trail(t.Context(), key) {
				if must(err); entry.Who != byKvitt || isEmail(asJSON(entry)) {
					t.Errorf("%s", asJSON(entry))
				}
			}
		}
	})
}
