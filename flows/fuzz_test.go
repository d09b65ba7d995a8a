package flows

import (
	"slices"
	"strings"
	"testing"
	"time"

	"kvitt/billing"
	"kvitt/bot"
)

// FuzzWhatComesBack reads as private metadata, as the value of a button, as a block id, as a choice and as what was typed, whatever a client sends: it names
// something that Kvitt itself could have written there, or nothing.
func FuzzWhatComesBack(f *testing.F) {
	f.Add(shown{Invoice: "stripe:in_1", Minor: 120000, Currency: "USD"}.meta())
	f.Add(chosen{Invoice: "stripe:in_1", Request: "1"}.value())
	for _, s := range []string{"", "{}", "null", "[]", `{"i":"x"}`, `{"i":"x","a":1e30}`, `{"i":"x","a":-1,"c":"\u0000"}`, `{"r":"1"}`, `{"i":1,"r":2}`, "\xff", `{"i":"a","r":"b"}{}`,
		laterTomorrow, laterDays, laterMonday, "controls/stripe:in_1", "visa 4242", "nb", "-1"} {
		f.Add(s)
	}
	options := methodOptions(speak(Norwegian), []billing.Method{visa, {ID: "transfer", Short: billing.BankTransfer}})
	today := billing.Date{Year: 2026, Month: time.March, Day: 2}
	f.Fuzz(func(t *testing.T, sent string) {
		if saw, err := readShown(sent); err == nil {
			if again, err := readShown(saw.meta()); err != nil || again != saw || saw.Invoice == "" {
				t.Errorf("%q is read as %+v, and then as %+v, %v", sent, saw, again, err)
			}
		}
		if what, err := readChosen(sent); err == nil {
			if again, err := readChosen(what.value()); err != nil || again != what || what.Invoice == "" || what.Request == "" {
				t.Errorf("%q is read as %+v, and then as %+v, %v", sent, what, again, err)
			}
		}
		for _, due := range []billing.Date{today.AddDays(-30), today.AddDays(7)} {
			day, _, ok := laterDay(sent, today, due.Before(today))
			if offered := sent == laterTomorrow || sent == laterDays || sent == laterMonday; ok != offered || ok && (!today.Before(day) || today.AddDays(7).Before(day)) {
				t.Errorf("%q puts it off until %v, %v", sent, day, ok)
			}
		}
		for _, o := range matching(options, sent) {
			if !slices.Contains(options, o) || !strings.Contains(strings.ToLower(o.Label), strings.ToLower(strings.Join(strings.Fields(sent)[:min(1, len(strings.Fields(sent)))], ""))) {
				t.Errorf("%q finds %+v", sent, o)
			}
		}
		if lang := LangOf(sent, English); lang != English && lang != Norwegian {
			t.Errorf("%q is the language %q", sent, lang)
		}
		if kept := clean(sent); bot.Clean(kept) != kept || strings.ContainsAny(kept, "\x00\n\u202e") {
			t.Errorf("%q is kept as %q", sent, kept)
		}
	})
}
