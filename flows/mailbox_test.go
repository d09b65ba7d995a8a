package flows

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kvitt/billing"
)

func TestWhatADayOffMeans(t *testing.T) {
	for _, c := range []struct {
		choice, today, due, want string
		capped                   bool
	}{
		{laterTomorrow, "2026-03-05", "2026-03-12", "2026-03-06", false},
		{laterDays, "2026-02-27", "2026-03-12", "2026-03-02", false},
		{laterMonday, "2026-03-05", "2026-03-12", "2026-03-09", false},
		{laterMonday, "2026-03-08", "2026-03-12", "2026-03-09", false}, // A Sunday.
		{laterMonday, "2026-03-09", "2026-03-12", "2026-03-16", false}, // A Monday.
		{laterMonday, "2026-03-09", "2026-03-08", "2026-03-12", true},
		{laterMonday, "2026-03-07", "2026-03-01", "2026-03-09", false},
		{laterDays, "2026-03-09", "2026-03-08", "2026-03-12", false},
		{laterMonday, "2026-03-12", "2026-03-12", "2026-03-16", false}, // Due today is not overdue.
	} {
		today, due := mustDate(t, c.today), mustDate(t, c.due)
		got, capped, ok := laterDay(c.choice, today, due.Before(today))
		if got.String() != c.want || capped != c.capped || !ok {
			t.Errorf("%s on %s, due %s: %s, capped %v; want %s, %v", c.choice, c.today, c.due, got, capped, c.want, c.capped)
		}
	}
	if _, _, ok := laterDay("next year", billing.Date{}, false); ok {
		t.Error("a choice that was never offered counts")
	}
}

func mustDate(t *testing.T, s string) (d billing.Date) {
	t.Helper()
	if err := d.UnmarshalText([]byte(s)); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestAMailboxClosesWhenNothingMoreComesAndAtTheLatestAfterAWhile(t *testing.T) {
	at := time.Date(2026, 3, 5, 9, 0, 0, 0, time.UTC)
	var b Mailbox
	b.add([]Line{{"a", "1"}, {"b", "1"}}, at)
	if got := b.closes(); !got.Equal(at.Add(quiet)) {
		t.Errorf("it closes at %s", got)
	}
	for i := range 40 {
		b.add([]Line{{"c", string(rune('a' + i))}}, at.Add(time.Duration(i)*time.Second))
	}
	if got := b.closes(); !got.Equal(at.Add(mostOpen)) {
		t.Errorf("it closes at %s, however much comes in", got)
	}
}

func TestALineLiesInAMailboxOnce(t *testing.T) {
	now := time.Date(2026, 3, 5, 9, 0, 0, 0, time.UTC)
	a, b, c := Line{"a", "1"}, Line{"b", "1"}, Line{"c", "1"}
	var box Mailbox
	box.add([]Line{a, b, a}, now)
	box.form("U1", []Line{a, b}, nil, 3, now)
	if box.Batch.Digest != nil {
		t.Error("two reminders are a digest from three on")
	}
	box.add([]Line{a, c}, now)
	if diff := cmp.Diff([]Line{c}, box.Lines); diff != "" {
		t.Error("what is being delivered was put in again:", diff)
	}
	box.Batch = nil
	box.add([]Line{a, b}, now)
	box.form("U1", []Line{a, b, c}, nil, 3, now)
	if box.Batch.Digest == nil || box.Batch.Number != 2 || len(box.Lines) != 0 {
		t.Errorf("three reminders are no digest from three on: %+v", box)
	}
}

func TestADigestNotesWhatItTellsAndWhatIsLeftOutOfIt(t *testing.T) {
	now := time.Date(2026, 3, 5, 9, 0, 0, 0, time.UTC)
	a, b, c, later := Line{"a", "1"}, Line{"b", "1"}, Line{"c", "1"}, Line{"d", "1"}
	var box Mailbox
	box.add([]Line{a, b}, now)
	box.form("U1", []Line{a, b}, nil, 2, now)
	box.add([]Line{c, later}, now)
	box.hold([]Line{a, c}, []Line{b})
	box.add([]Line{b, c}, now)
	if diff := cmp.Diff(Mailbox{Lines: []Line{later}, First: now, Last: now, Count: 1,
		Batch: &Batch{Number: 1, Lines: []Line{a, c}, Dropped: []Line{b}, Digest: box.Batch.Digest}}, box); diff != "" {
		t.Error("what came in while it was sent stays, and what was sorted does not come in again:", diff)
	}
}
