package main

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestDemoSkipsDaysInARow skips as fast as somebody clicks, three weeks long, and looks whether anybody is told twice, or in the wrong order.
func TestDemoSkipsDaysInARow(t *testing.T) {
	t.Parallel()
	demo := start(t, []string{"TMPDIR=" + shortFolder(t)}, "demo")
	p := &pretend{t: t, address: <-demo.first}
	people := cast(t, p.address)
	asha := people["asha"]
	p.soon(15*time.Second, "the first four reminders", func() bool { return len(p.messages(asha)) == 4 })

	p.skip("day")
	p.soon(20*time.Second, "tomorrow's reminder", func() bool {
		return slices.ContainsFunc(p.messages(asha), func(m string) bool { return strings.Contains(m, "INV-1057") })
	})
	for range 14 {
		p.skip("day")
	}
	p.soon(20*time.Second, "one message about all that came due meanwhile", func() bool {
		return slices.ContainsFunc(p.messages(asha), func(m string) bool { return strings.Contains(m, "invoices are waiting to be paid.") })
	})
	for range 7 {
		p.skip("day")
		time.Sleep(150 * time.Millisecond) // In the middle of whatever the bot does.
	}
	p.quiet(asha)
	for _, who := range []string{"asha", "bo"} {
		told := slices.DeleteFunc(p.messages(people[who]), isOld)
		slices.Sort(told)
		if once := slices.Compact(slices.Clone(told)); len(once) != len(told) {
			t.Errorf("%s was told something twice: %q", who, told)
		}
	}
	if code, _ := demo.stop(); code != well {
		t.Errorf("the demo exited with %d", code)
	}
	if said := demo.said(); strings.Contains(said, `"level":"ERROR"`) {
		t.Errorf("it complains: %s", said)
	}
}

// isOld says whether a card says itself that a newer one stands below.
func isOld(text string) bool {
	return strings.Contains(text, "There is a newer reminder below.") || strings.Contains(text, "Det finnes en nyere påminnelse nedenfor.")
}

// pretend is the demo's page as a program sees it.
type pretend struct {
	t       *testing.T
	address string
}

func (p *pretend) skip(by string) {
	p.t.Helper()
	res, err := http.Post(p.address+"/panel", "application/json", strings.NewReader(`{"do":"skip","by":"`+by+`"}`))
	if err != nil {
		p.t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		p.t.Fatalf("skipping a %s: %d", by, res.StatusCode)
	}
}

// messages are what the bot has written to somebody, in the order in which it stands there, which has to be that of time.
func (p *pretend) messages(as string) (texts []string) {
	p.t.Helper()
	var state struct {
		Conversations []struct{ ID, Kind string }
		Messages      map[string][]struct{ TS, Text string }
	}
	fetch(p.t, p.address+"/state?as="+as, &state)
	for _, c := range state.Conversations {
		before := ""
		for _, m := range state.Messages[c.ID] {
			if m.TS <= before {
				p.t.Fatalf("%s stands after %s", m.TS, before)
			}
			if before = m.TS; c.Kind == "dm" {
				texts = append(texts, m.Text)
			}
		}
	}
	return texts
}

// fetch reads JSON.
func fetch(t *testing.T, address string, into any) {
	t.Helper()
	res, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(into); err != nil {
		t.Fatalf("%s: %v", address, err)
	}
}

// quiet waits until nothing new was written for three seconds.
func (p *pretend) quiet(as string) {
	p.t.Helper()
	for before := -1; ; time.Sleep(3 * time.Second) {
		now := len(p.messages(as))
		if now == before {
			return
		}
		before = now
	}
}

func (p *pretend) soon(within time.Duration, what string, ok func() bool) {
	p.t.Helper()
	for began := time.Now(); time.Since(began) < within; time.Sleep(30 * time.Millisecond) {
		if ok() {
			return
		}
	}
	p.t.Fatalf("not within %s: %s", within, what)
}
