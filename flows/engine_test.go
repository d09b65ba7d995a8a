package flows

import (
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"kvitt/bot"
	"kvitt/store"
	"kvitt/store/storetest"
)

// A submission was answered in the moment of the stop; its work begins answerFirst later by the store's clock, which may be a little behind or ahead.
func TestAStopWaitsForWhatWasJustAcknowledgedHoweverTheStoresClockStands(t *testing.T) {
	for _, behind := range []time.Duration{-400 * time.Millisecond, 0, 300 * time.Millisecond, 400 * time.Millisecond, 499 * time.Millisecond} {
		for _, after := range []time.Duration{0, 50 * time.Millisecond, 99 * time.Millisecond} {
			t.Run(fmt.Sprintf("%s behind, %s after", behind, after), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					mem := storetest.Memory(func() time.Time { return time.Now().Add(-behind) })
					leased := 0
					f := New(&Flows{Bot: bot.New(bot.Config{Token: "xoxb-test"}), Backend: mem, Records: store.Of[Record](mem, team, KindInvoice), Now: time.Now,
						Log: slog.New(slog.DiscardHandler), Policy: aPolicy(), Observe: func(o Observation) {
							if o.What == ObservedLease {
								leased++
							}
						}})
					key := store.Key{Team: f.Policy.Team, Kind: KindInvoice, ID: anInvoice().ID}
					time.AfterFunc(after, func() { // A record that cannot be read is leased as any other, and nothing more comes of it.
						must(mem.Write(t.Context(), store.Write{Key: key, Body: []byte("{"), Wake: f.Now().Add(answerFirst), Lane: store.Urgent}))
					})
					f.finish(t.Context(), make(chan struct{}, 4))
					f.work.Wait()
					if leased == 0 {
						t.Error("it was left to the next start")
					}
				})
			})
		}
	}
}
