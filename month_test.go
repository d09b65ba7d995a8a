package main

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"kvitt/sandbox"
)

var writeMonth = flag.String("month", "", "write a month in the life of #finance and of two billing admins to this file")

const monthFile = "docs/a-month.md"

// oslo is where all of them are.
var oslo = func() *time.Location {
	zone, err := time.LoadLocation("Europe/Oslo")
	if err != nil {
		panic(err)
	}
	return zone
}()

// dayOf is the day of a moment there.
func dayOf(t time.Time) time.Time {
	y, m, d := t.In(oslo).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, oslo)
}

// The page is what people really see in the story, so it cannot say what is not so.
func TestAMonthInTheLifeOfFinanceIsAsThePageTellsIt(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/month.txtar")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	var page string
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, folder, archive)
		for _, person := range []string{"asha", "bo"} {
			s.slack.SetPerson(s.people[person], func(p *sandbox.Person) { p.TZ = oslo.String() })
		}
		tell(t, s, string(archive.Comment))
		page = month(s, string(archive.Comment))
	})
	if *writeMonth != "" {
		if err := os.WriteFile(*writeMonth, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if kept, err := os.ReadFile(monthFile); err != nil || string(kept) != page {
		t.Errorf("%s is not what people see any more: make month writes it anew (%v)", monthFile, err)
	}
}

// month renders what people saw, day by day.
func month(s *stage, script string) string {
	var b strings.Builder
	b.WriteString("# A month with Kvitt\n\nWhat #finance and two billing admins see: Asha reads English, Bo Norwegian. Times are those of Oslo; buttons are in brackets. Of a message that changes only its new\n" +
		"lines are shown: what is not repeated may still be there, Pay now too. All invoices here are Stripe's; in the ledger Pay now records a payment that you made in your bank.\n" +
		"Made by `make month` from [a story](../testdata/month.txtar) that runs against the whole bot; a test holds it true.\n")
	for _, day := range s.days() {
		fmt.Fprintf(&b, "\n## %s\n", day.Format("Monday 2 January"))
		for _, line := range told(script, day) {
			fmt.Fprintf(&b, "\n*%s*\n", line)
		}
		for _, place := range []string{"finance", "asha", "bo"} {
			s.dayIn(&b, place, day)
		}
	}
	return b.String()
}

// days are those on which somebody was told something.
func (s *stage) days() []time.Time {
	var days []time.Time
	for _, place := range []string{"finance", "asha", "bo"} {
		for _, m := range s.slack.Everything(s.place(place)) {
			for _, v := range m.Versions {
				days = append(days, dayOf(v.At))
			}
		}
	}
	slices.SortFunc(days, time.Time.Compare)
	return slices.Compact(days)
}

// told are the story's own words about a day: its comments under the line that leads there.
func told(script string, day time.Time) (lines []string) {
	there := false
	for line := range strings.Lines(script) {
		line = strings.TrimSpace(line)
		if date, ok := strings.CutPrefix(line, "at "); ok {
			there = strings.HasPrefix(date, day.Format(time.DateOnly))
		}
		if comment, ok := strings.CutPrefix(line, "# "); ok && there {
			lines = append(lines, comment)
		}
	}
	return lines
}

// dayIn renders what was posted in a place on a day, and what is new in the evening on this and older messages.
func (s *stage) dayIn(b *strings.Builder, place string, day time.Time) {
	name := map[string]string{"finance": "#finance", "asha": "Asha", "bo": "Bo"}[place]
	first := true
	for _, m := range inOrder(s.slack.Everything(s.place(place))) {
		posted, before, after := m.Versions[0].At.In(oslo), []string(nil), []string(nil)
		for _, v := range m.Versions {
			switch at := dayOf(v.At); {
			case at.Before(day):
				before = onScreen(v.Blocks)
			case at.Equal(day):
				after = onScreen(v.Blocks)
			}
		}
		if after == nil {
			continue
		}
		if first {
			fmt.Fprintf(b, "\n**%s**\n", name)
			first = false
		}
		when := posted.Format("15:04")
		switch {
		case m.ThreadTS != "":
			when += ", in the thread"
		case m.For != "":
			when += ", for " + s.named(m.For) + " only"
		}
		if before == nil {
			before = onScreen(m.Versions[0].Blocks)
			quote(b, when, before)
			if slices.Equal(before, after) {
				continue
			}
			when = "the message of " + posted.Format("15:04")
		} else {
			when = "the message of " + posted.Format("2 January")
		}
		quote(b, when+" now says", slices.DeleteFunc(after, func(line string) bool { return slices.Contains(before, line) && !strings.HasPrefix(line, "**") }))
	}
}

// inOrder puts what was said within one minute in an order of its own: whatever comes due together is said side by side.
func inOrder(all []sandbox.Message) []sandbox.Message {
	slices.SortStableFunc(all, func(a, b sandbox.Message) int {
		minute := a.Versions[0].At.Truncate(time.Minute).Compare(b.Versions[0].At.Truncate(time.Minute))
		return cmp.Or(minute, strings.Compare(a.Versions[0].Text, b.Versions[0].Text))
	})
	return all
}

func quote(b *strings.Builder, when string, lines []string) {
	fmt.Fprintf(b, "\n> %s:\n", when)
	for _, line := range lines {
		fmt.Fprintf(b, "> %s  \n", strings.ReplaceAll(line, "\n", "  \n> "))
	}
}

func (s *stage) named(id string) string {
	for name, have := range s.people {
		if have == id {
			return strings.ToUpper(name[:1]) + name[1:]
		}
	}
	return id
}

// onScreen are the lines of a message: its texts, and its buttons in brackets.
func onScreen(blocks json.RawMessage) (lines []string) {
	type text struct{ Text string }
	var all []struct {
		Type     string
		Text     text
		Elements []struct {
			Type        string
			Text        json.RawMessage
			Placeholder text
		}
	}
	if json.Unmarshal(blocks, &all) != nil {
		return nil
	}
	for _, block := range all {
		row := block.Text.Text
		if block.Type == "header" {
			row = "**" + row + "**"
		}
		for _, e := range block.Elements {
			var label text
			switch {
			case e.Type == "plain_text":
				_ = json.Unmarshal(e.Text, &label.Text)
				row += label.Text + " "
			case e.Placeholder.Text != "":
				row += "[" + e.Placeholder.Text + " ▾] "
			case json.Unmarshal(e.Text, &label) == nil:
				row += "[" + label.Text + "] "
			}
		}
		lines = append(lines, strings.TrimSpace(row))
	}
	return lines
}
