package flows

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kvitt/billing"
	"kvitt/bot"
	"kvitt/store"
)

// told is a plan as a story: what is done, to which message, and why.
func told(steps []Step) []string {
	var lines []string
	for _, s := range steps {
		line := string(s.Do)
		if s.Post.Key != "" {
			line += " " + s.Post.Key
		}
		line += ": " + s.Reason
		if s.Reason == "milestone" {
			line += " " + s.Post.Day.String()
		}
		lines = append(lines, line)
	}
	return lines
}

func TestWhatIsPlanned(t *testing.T) {
	tuesday := at(time.UTC, 2026, 3, 3, 9, 0) // The first milestone, a week before.
	with := func(r Record, posts ...Post) Record {
		for _, p := range posts {
			posted(&r, monday, p)
		}
		return r
	}
	invoice := func(change func(*billing.Invoice)) Record {
		inv := anInvoice()
		change(&inv)
		return seen(inv)
	}
	unsure := with(openRecord(), reminderFor(asha, -7), reminderFor(bo, -7), reminderFor(finance, -7))
	unsure.Posts[0].Ref, unsure.Posts[0].Unsure = Post{}.Ref, true
	everybody := []Post{reminderFor(asha, -7), reminderFor(bo, -7), reminderFor(finance, -7)}
	later := func(r Record, until time.Time) Record { r.Posts[0].Retry = until; return r }
	dueInHours := tuesday.Add(6 * day) // The milestone of the day before.

	for _, c := range []struct {
		name string
		now  time.Time
		rec  Record
		want []string
		wake time.Time
		lane store.Lane
	}{
		{"too early", monday, openRecord(), nil, tuesday, store.Routine},
		{"at night", tuesday.Add(-time.Minute), openRecord(), nil, tuesday, store.Routine},
		{"the first milestone", tuesday, openRecord(), []string{
			"say remind/2026-03-10/-7/U0ASHA: milestone 2026-03-03", "say remind/2026-03-10/-7/W0BO: milestone 2026-03-03",
			"say remind/2026-03-10/-7/C0FINANCE: milestone 2026-03-03"}, dueInHours, store.Routine},
		{"everybody was told", tuesday, with(openRecord(), everybody...), nil, dueInHours, store.Routine},
		{"one was not", tuesday, with(openRecord(), everybody[1:]...), []string{"say remind/2026-03-10/-7/U0ASHA: milestone 2026-03-03"}, dueInHours, store.Routine},
		{"the second milestone: a thread in the channel", dueInHours, with(openRecord(), everybody...), []string{
			"say remind/2026-03-10/-1/U0ASHA: milestone 2026-03-09", "say remind/2026-03-10/-1/W0BO: milestone 2026-03-09",
			"say remind/2026-03-10/-1/C0FINANCE: milestone 2026-03-09"}, dueInHours.Add(day), store.Routine},
		{"after a pause only the latest", at(time.UTC, 2026, 3, 17, 12, 0), with(openRecord(), everybody[:2]...), []string{
			"say remind/2026-03-10/+3/U0ASHA: milestone 2026-03-13", "say remind/2026-03-10/+3/W0BO: milestone 2026-03-13",
			"say remind/2026-03-10/+3/C0FINANCE: milestone 2026-03-13"}, at(time.UTC, 2026, 3, 20, 9, 0), store.Routine},
		{"one may have been posted", tuesday, unsure, []string{"seek remind/2026-03-10/-7/U0ASHA: may have been posted"}, dueInHours, store.Routine},
		{"and Slack is busy", tuesday, later(copyOf(unsure), tuesday.Add(time.Minute)), nil, tuesday.Add(time.Minute), store.Routine},

		{"begun, and the payer waits for an answer", monday, begunRecord(), nil, monday.Add(answerTime), store.Urgent},
		{"begun, and the payer never got one", monday.Add(answerTime), begunRecord(), []string{"drop: the payer got no answer"}, time.Time{}, store.Urgent},
		{"begun", monday, payingRecord(), []string{"charge: payment begun"}, time.Time{}, store.Urgent},
		{"cut off", monday, sentRecord(), []string{"look: interrupted while paying"}, time.Time{}, store.Urgent},
		{"unknown, looked at just now", monday, unknownRecord(), []string{"say notice/" + unknownRecord().Notices[0].ID + ": notice"}, monday.Add(lookEvery), store.Urgent},
		{"paid", monday, paidRecord(), []string{"say confirm/0/C0FINANCE: paid", "say confirm/0/U0ASHA: paid"}, time.Time{}, store.Routine},
		{"paid elsewhere", monday, elsewhereRecord(), []string{"say confirm/0/C0FINANCE: paid"}, time.Time{}, store.Routine},
		{"undo asked for", monday, undoingRecord(), []string{"take back: undo requested", "say confirm/0/C0FINANCE: paid", "say confirm/0/U0ASHA: paid"}, monday.Add(day), store.Urgent},

		{"paid when first seen", tuesday, invoice(func(i *billing.Invoice) { i.Status = billing.Paid }), nil, time.Time{}, store.Routine},
		{"void", tuesday, goneRecord(), nil, time.Time{}, store.Routine},
		{"a draft", tuesday, invoice(func(i *billing.Invoice) { i.Status = billing.Draft }), nil, time.Time{}, store.Routine},
		{"written off", tuesday, invoice(func(i *billing.Invoice) { i.Status = billing.Uncollectible }), nil, time.Time{}, store.Routine},
		{"nothing to pay", tuesday, invoice(func(i *billing.Invoice) { i.AmountDue = usd(0) }), nil, time.Time{}, store.Routine},
		{"a credit note", tuesday, invoice(func(i *billing.Invoice) { i.AmountDue = usd(-500) }), nil, time.Time{}, store.Routine},
		{"no due date", tuesday, invoice(func(i *billing.Invoice) { i.Due = billing.Date{} }), nil, time.Time{}, store.Routine},
		{"collected by itself", tuesday, invoice(func(i *billing.Invoice) { i.AutoCollect = true }), nil, time.Time{}, store.Routine},
	} {
		steps, wake, lane := Plan(c.now, c.rec, anAudience(), aPolicy())
		if diff := cmp.Diff(c.want, told(steps)); diff != "" || !wake.Equal(c.wake) || lane != c.lane {
			t.Errorf("%s: wakes at %v (want %v) in %s\n%s", c.name, wake, c.wake, lane, diff)
		}
	}
}

func TestACollectionThatFailedIsReminded(t *testing.T) {
	inv := anInvoice()
	inv.AutoCollect, inv.PayFailed = true, true
	if steps, _, _ := Plan(at(time.UTC, 2026, 3, 3, 9, 0), seen(inv), anAudience(), aPolicy()); len(steps) != 3 {
		t.Errorf("%v", told(steps))
	}
}

func TestAPaymentThatStaysUnknownIsLookedAtAndTold(t *testing.T) {
	r := unknownRecord()
	r.Notices = nil
	for _, c := range []struct {
		after time.Duration
		want  []string
		wake  time.Duration
	}{
		{time.Second, nil, lookEvery},
		{lookEvery, []string{"look: unknown"}, alarmAfter},
		{alarmAfter, []string{"alarm: still unknown", "look: unknown"}, day},
		{day, []string{"alarm: still unknown", "look: unknown"}, 0},
	} {
		steps, wake, _ := Plan(monday.Add(c.after), r, anAudience(), aPolicy())
		if diff := cmp.Diff(c.want, told(steps)); diff != "" || c.wake > 0 && !wake.Equal(monday.Add(c.wake)) {
			t.Errorf("after %v: wakes after %v\n%s", c.after, wake.Sub(monday), diff)
		}
	}
}

func TestAnOldReminderIsNotSentAfterANewerOne(t *testing.T) {
	r := openRecord()
	a, p := anAudience(), aPolicy()
	a.Readers = a.Readers[:1]
	r.claim([]Post{reminderFor(asha, -7)}, "", at(time.UTC, 2026, 3, 3, 9, 0))
	// Killed before anything was sent, and started again six days later.
	now := at(time.UTC, 2026, 3, 9, 9, 30)
	for range rounds {
		steps, _, _ := Plan(now, r, a, p)
		var claims []Post
		for _, s := range steps {
			if s.Do == Say {
				claims = append(claims, s.Post)
			}
		}
		r.claim(claims, "", now)
		for _, s := range steps {
			if s.Do == Say && s.Post.Day != on(2026, 3, 9) {
				t.Fatalf("%q, although the latest milestone is the one of 2026-03-09", told(steps))
			}
			(&sim{now: now, a: a, p: p, t: t}).done(&r, s)
		}
	}
	if have := r.post(reminderFor(asha, -1).Key); have == nil || have.Ref.TS == "" {
		t.Error("the latest milestone was not told")
	}
}

// Asha's reminder could not be posted in the hours of its day, and waits for the next ones; then the next milestone comes due as well.
func TestAReminderThatWaitedGivesWayToTheNextMilestone(t *testing.T) {
	for _, reader := range anAudience().Readers {
		r, a, p := openRecord(), anAudience(), aPolicy()
		a.Readers = []Reader{reader}
		posted(&r, monday, reminderFor(reader.Place, -7))
		first, _, _ := Plan(at(time.UTC, 2026, 3, 9, 16, 59), r, a, p)
		r.claim([]Post{first[0].Post}, "", at(time.UTC, 2026, 3, 9, 16, 59))
		r.post(first[0].Post.Key).failed(bot.ErrUnavailable, at(time.UTC, 2026, 3, 9, 16, 59))
		steps, _, _ := Plan(at(time.UTC, 2026, 3, 10, 9, 0), r, a, p)
		steps = slices.DeleteFunc(steps, func(s Step) bool { return s.Do != Say })
		if len(steps) != 1 || steps[0].Post.Day != on(2026, 3, 10) {
			t.Errorf("%s hears of it so often at nine: %q", reader.Place, told(steps))
		}
	}
}

func TestAnOldReminderThatIsSentLateTellsOfNoOlderDay(t *testing.T) {
	r, a, p := openRecord(), anAudience(), aPolicy()
	woken := Post{Key: "remind/2026-03-10/later 2026-03-10/" + asha, Kind: PostReminder, Place: asha, Lang: English, Day: on(2026, 3, 10), Due: r.Invoice.Due}
	posted(&r, monday, reminderFor(asha, -7))
	r.claim([]Post{woken}, "", monday)
	r.Posts[1].Unsure = false
	a.Readers[0].Zone = zone(t, "Asia/Tokyo") // The day begins there before the milestone does.
	steps, _, _ := Plan(at(time.UTC, 2026, 3, 10, 0, 0).Add(-time.Millisecond), r, a, aPolicyAt(p, always))
	i := slices.IndexFunc(steps, func(s Step) bool { return s.Post.Key == woken.Key })
	if i < 0 || steps[i].Post.Day != on(2026, 3, 10) {
		t.Errorf("they put it off until 10 March, and the milestone of that day would be told once more: %q", told(steps))
	}
}

func aPolicyAt(p Policy, h Hours) Policy { p.Hours = h; return p }

func TestAChannelHasOneCardAndAThread(t *testing.T) {
	r := openRecord()
	posted(&r, monday, reminderFor(finance, -7))
	steps, _, _ := Plan(at(time.UTC, 2026, 3, 9, 9, 0), r, anAudience(), aPolicy())
	i := slices.IndexFunc(steps, func(s Step) bool { return s.Post.Place == finance })
	if got := steps[i].Post; got.Kind != PostThread || got.Thread != r.Posts[0].Ref.TS {
		t.Errorf("%+v", got)
	}
	r.Posts[0].Ref.TS = ""
	steps, _, _ = Plan(at(time.UTC, 2026, 3, 9, 9, 0), r, anAudience(), aPolicy())
	for _, s := range steps {
		if s.Post.Place == finance && s.Post.Key != r.Posts[0].Key {
			t.Errorf("%s while the card itself is not there yet", told(steps))
		}
	}
	r.Posts[0].Over = "gone"
	steps, _, _ = Plan(at(time.UTC, 2026, 3, 9, 9, 0), r, anAudience(), aPolicy())
	if i = slices.IndexFunc(steps, func(s Step) bool { return s.Post.Place == finance }); i < 0 || steps[i].Post.Kind != PostReminder {
		t.Errorf("the card was deleted: %s", told(steps))
	}
}

func TestAChannelWhoseCardNeverCameHearsOfTheNewDueDate(t *testing.T) {
	r := openRecord()
	r.claim([]Post{reminderFor(finance, -7)}, "", monday)
	r.Posts[0].failed(errShared, monday)
	inv := r.Invoice
	inv.Due = on(2026, 3, 12)
	r.see(inv, monday.Add(time.Hour), monday.Add(time.Hour))
	steps, _, _ := Plan(at(time.UTC, 2026, 3, 5, 9, 0), r, anAudience(), aPolicy())
	if i := slices.IndexFunc(steps, func(s Step) bool { return s.Post.Place == finance }); i < 0 || steps[i].Post.Kind != PostReminder || steps[i].Do != Say {
		t.Errorf("the channel is ours again, and hears nothing: %q", told(steps))
	}
}

func TestConfirmationsAreSettledOnlyWhenTheyAreThere(t *testing.T) {
	r := paidRecord()
	for i, place := range []string{finance, asha} {
		r.claim([]Post{{Key: fmt.Sprintf("confirm/0/%s", place), Kind: PostConfirm, Place: place, Lang: English}}, "", monday)
		steps, _, _ := Plan(monday, r, anAudience(), aPolicy())
		if slices.ContainsFunc(steps, func(s Step) bool { return s.Do == Settle }) {
			t.Errorf("settled with %d of 2 confirmations", i)
		}
		s := sim{now: monday, a: anAudience(), p: aPolicy(), t: t}
		s.done(&r, Step{Do: Seek, Post: *r.post(r.Posts[i].Key)})
	}
	r.Posts[0].Ref.TS, r.Posts[0].Over = "", "nobody is there"
	for i := range r.Posts {
		r.Posts[i].Shows = digest(render(monday, r, r.Posts[i], anAudience(), aPolicy()))
	}
	steps, _, _ := Plan(monday, r, anAudience(), aPolicy())
	if diff := cmp.Diff([]string{"settle: confirmed everywhere"}, told(steps)); diff != "" {
		t.Error(diff)
	}
}
