package flows

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"kvitt/billing"
	"kvitt/store"
	"kvitt/store/storetest"
)

// missingRecord was missed at monday, and has its card in Asha's direct message.
func missingRecord() Record {
	r := openRecord()
	posted(&r, monday, reminderFor(asha, -7))
	r.miss(monday, monday)
	return r
}

// lostRecord stayed missing.
func lostRecord() Record {
	r := missingRecord()
	r.miss(monday.Add(missingTime), monday.Add(missingTime))
	return r
}

func TestWhatIsMissingIsNotRemindedOfAndIsGoneAfterAnHour(t *testing.T) {
	r := missingRecord()
	if r.State != Open || r.payable() || r.remindable() {
		t.Errorf("it is %s, payable: %v, reminded of: %v", r.State, r.payable(), r.remindable())
	}
	for _, offset := range []int{-7, -1, 0, 1, 10} {
		now := r.Invoice.Due.AddDays(offset).At(12, 0, time.UTC)
		if posts, _ := wantedPosts(now, r, anAudience(), aPolicy()); len(posts) > 0 {
			t.Errorf("%+d days: it is to be said %q", offset, posts[0].Key)
		}
	}
	if r.stillDue(Post{Waiting: true, Due: r.Invoice.Due}) {
		t.Error("what lies in a mailbox is told all the same")
	}
	almost := monday.Add(59 * time.Minute)
	if r.miss(almost, almost); r.State != Open {
		t.Errorf("within the hour it is %s", r.State)
	}
	if r = lostRecord(); r.State != Gone || r.miss(almost.Add(day), almost.Add(day)) {
		t.Errorf("after an hour it is %s, or is noted again", r.State)
	}
}

func TestWhatComesBackIsOpenAndIsNotToldAgain(t *testing.T) {
	for name, r := range map[string]Record{"missing": missingRecord(), "gone": lostRecord()} {
		back := monday.Add(2 * time.Hour)
		r.see(anInvoice(), back, back)
		if r.State != Open || !r.Missing.IsZero() || !r.payable() || !r.remindable() {
			t.Errorf("%s: it comes back as %s, missing since %s", name, r.State, r.Missing)
		}
		only := Audience{Readers: anAudience().Readers[:1]}
		tuesday := at(time.UTC, 2026, 3, 3, 9, 0)
		if posts, _ := wantedPosts(tuesday, r, only, aPolicy()); len(posts) > 0 {
			t.Errorf("%s: the milestone that was told is told again", name)
		}
		late := at(time.UTC, 2026, 3, 16, 9, 0) // Four milestones later.
		if posts, _ := wantedPosts(late, r, only, aPolicy()); len(posts) != 1 {
			t.Errorf("%s: %d messages catch up, want one", name, len(posts))
		}
	}
}

// Money may have moved, so what became of it stays the question, and who asks is the payment.
func TestAPaymentUnderWayGoesBeforeBeingMissing(t *testing.T) {
	for name, r := range everyState() {
		if !r.busy() {
			continue
		}
		posted(&r, monday, reminderFor(bo, -7))
		before := copyOf(r)
		for _, after := range []time.Duration{time.Hour, 2 * time.Hour, 3 * time.Hour, 100 * day} {
			now := monday.Add(after)
			if r.miss(now, now); r.State != before.State || asJSON(r.Attempt) != asJSON(before.Attempt) {
				t.Fatalf("%s: it became %s", name, r.State)
			}
			was, _, _ := Plan(now, before, anAudience(), aPolicy())
			is, _, _ := Plan(now, r, anAudience(), aPolicy())
			if asJSON(was) != asJSON(is) {
				t.Errorf("%s: after %s it is planned %s, want %s", name, after, asJSON(is), asJSON(was))
			}
		}
		paid, failed, now := copyOf(r), copyOf(r), monday.Add(101*day)
		must(paid.settle(paid.Attempt.Key, billing.Outcome{At: now}, now))
		if paid.miss(now, now); paid.State != Paid || !paid.Missing.IsZero() {
			t.Errorf("%s: paid after all, it is %s, missing since %s", name, paid.State, paid.Missing)
		}
		must(failed.refuse(failed.Attempt.Key, billing.Generic, now))
		if failed.State != Open || failed.payable() || failed.remindable() {
			t.Errorf("%s: once it failed it is %s, payable: %v", name, failed.State, failed.payable())
		}
		if failed.miss(now.Add(time.Minute), now.Add(time.Minute)); failed.State != Gone {
			t.Errorf("%s: once it failed it stays %s", name, failed.State)
		}
	}
}

func TestARequestForApprovalOfWhatIsMissingCannotBeApprovedAndEnds(t *testing.T) {
	r := awaitingRecord()
	q := r.asking()
	r.miss(monday, monday)
	if r.remindable() {
		t.Error("of what waits for approval and is missing people are reminded")
	}
	if again := copyOf(r); !errors.Is(again.approve(team, q.ID, bo, "", monday.Add(time.Minute)), ErrChanged) {
		t.Error("it is approved, and nobody could pay it")
	}
	r.miss(monday.Add(missingTime), monday.Add(missingTime))
	if last := r.Notices[len(r.Notices)-1]; r.State != Gone || r.Requests[0].Ended != Changed || last.Kind != NoticeOvertaken || last.To != asha {
		t.Errorf("it is %s, the request %q, told last: %+v", r.State, r.Requests[0].Ended, last)
	}
}

func TestNobodyIsAskedToApproveWhatIsMissing(t *testing.T) {
	r, post := awaitingRecord(), Post{Kind: PostApproval, Place: bo}
	if !stillAsked(r, post, anAudience()) {
		t.Fatal("nobody would be asked anyway")
	}
	if r.miss(monday, monday); stillAsked(r, post, anAudience()) {
		t.Error("who was to be asked still is")
	}
}

// Whose payment is waived may still confirm it, and money then moves.
func TestWhatAPayerMayStillConfirmIsNeverGone(t *testing.T) {
	r := missingRecord()
	r.Waived = &Attempt{By: asha, Key: "k1", Began: monday}
	if now := monday.Add(100 * day); r.miss(now, now) || r.State != Open {
		t.Errorf("it is %s", r.State)
	}
}

// An older Kvitt that runs beside this one forgets since when an invoice is missing, and leaves it gone.
func TestWhatIsGoneAndNamedAsOpenIsNews(t *testing.T) {
	r := lostRecord()
	if r.Missing = (time.Time{}); r.asKnown(anInvoice()) {
		t.Error("it stays gone")
	}
	if open := openRecord(); !open.asKnown(open.Invoice) {
		t.Error("what is as it was is news")
	}
}

func TestAnAnswerOlderThanWhatIsKnownMakesNothingMissing(t *testing.T) {
	for name, r := range map[string]Record{"read since": openRecord(), "refused since": refusedRecord()} {
		if r.miss(monday.Add(-time.Second), monday.Add(time.Second)) {
			t.Errorf("%s: it is missing", name)
		}
	}
	if (&Record{}).miss(monday, monday) {
		t.Error("what the store has forgotten is missing")
	}
}

// till is a billing service that has one invoice, or none, or fails.
type till struct {
	billing.Provider
	has    bool
	fail   error
	silent bool // It fails only when it is asked for one invoice.
}

func (s *till) Name() string { return "stripe" }

func (s *till) Invoices(context.Context, time.Time) iter.Seq2[billing.Invoice, error] {
	return func(yield func(billing.Invoice, error) bool) {
		if s.fail != nil && !s.silent {
			yield(billing.Invoice{}, s.fail)
		} else if s.has {
			yield(anInvoice(), nil)
		}
	}
}

func (s *till) Invoice(_ context.Context, id string) (billing.Invoice, error) {
	if s.fail == nil && !s.has {
		return billing.Invoice{}, fmt.Errorf("invoice %q: %w", id, billing.ErrNotFound)
	}
	return anInvoice(), s.fail
}

func missingAs(change func(*billing.Invoice)) Record {
	r := changedInvoice(change)
	r.miss(monday, monday)
	return r
}

// missingScenes are the cards of what nobody can see any more.
func missingScenes() map[string]scene {
	card, tuesday := reminderFor(asha, -7), at(time.UTC, 2026, 3, 3, 9, 0)
	asks := awaitingRecord()
	asks.miss(monday, monday)
	return map[string]scene{
		"missing":          {missingRecord(), card, tuesday},
		"missing-gone":     {lostRecord(), card, tuesday},
		"missing-ledger":   {missingAs(func(i *billing.Invoice) { i.ID = "ledger:8841" }), card, tuesday},
		"missing-link":     {missingAs(func(i *billing.Invoice) { i.ID, i.Link = "azure:a/G1", "https://portal.example/G1" }), card, tuesday},
		"missing-thread":   {missingRecord(), threadFor(1), tuesday},
		"missing-approval": {asks, Post{Key: "approval/1/" + bo, Kind: PostApproval, Place: bo}, tuesday},
	}
}

// replicaOf knows these billing services, and shares its store with whoever else has it.
func replicaOf(mem store.Backend, services ...billing.Provider) *Flows {
	return &Flows{Records: store.Of[Record](mem, team, KindInvoice), Providers: services, Now: time.Now, Log: slog.New(slog.DiscardHandler)}
}

// syncsOnce asks the billing services, as SyncOnce does.
func syncsOnce(t *testing.T, f *Flows) Record {
	must(f.syncUnnamed(t.Context()))
	for _, p := range f.Providers {
		_ = f.syncProvider(t.Context(), p)
	}
	rec, err := f.Records.Load(t.Context(), anInvoice().ID)
	must(err)
	return rec
}

func TestWhatMakesAnInvoiceMissing(t *testing.T) {
	for name, c := range map[string]struct {
		services []billing.Provider
		missing  bool
	}{
		"the service is not in the settings": {nil, true},
		"the service does not have it":       {[]billing.Provider{&till{}}, true},
		"it is there":                        {[]billing.Provider{&till{has: true}}, false},
		"the service is down":                {[]billing.Provider{&till{fail: billing.ErrUnavailable}}, false},
		"the service is down once asked":     {[]billing.Provider{&till{fail: billing.ErrUnavailable, silent: true}}, false},
		"the service refuses Kvitt's key":    {[]billing.Provider{&till{fail: billing.ErrSetup}}, false},
		"the service says something odd":     {[]billing.Provider{&till{fail: errors.New("odd")}}, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := replicaOf(storetest.Memory(time.Now), c.services...)
			_, err := f.take(t.Context(), anInvoice(), time.Now())
			must(err)
			for range 3 {
				time.Sleep(missingTime)
				rec := syncsOnce(t, f)
				if rec.Missing.IsZero() == c.missing {
					t.Errorf("%s: missing since %s", name, rec.Missing)
				}
			}
			if rec := syncsOnce(t, f); (rec.State == Gone) != c.missing {
				t.Errorf("%s: after hours it is %s", name, rec.State)
			}
		})
	}
}

// A rolling restart: one replica knows the service, the other one not, or not yet. Whoever sees the invoice has the last word, and nothing is said meanwhile.
func TestTwoReplicasOfWhichOneKnowsTheServiceLoseNothing(t *testing.T) {
	for name, lag := range map[string]time.Duration{"who knows it comes first": time.Minute, "who knows it comes last": 14 * time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			mem := storetest.Memory(time.Now)
			knows, not := replicaOf(mem, &till{has: true}), replicaOf(mem)
			for range 12 {
				rec := syncsOnce(t, knows)
				if !rec.Missing.IsZero() || !rec.payable() {
					t.Errorf("%s: who sees it leaves it missing", name)
				}
				time.Sleep(lag)
				if rec = syncsOnce(t, not); rec.State != Open {
					t.Errorf("%s: it is %s", name, rec.State)
				}
				time.Sleep(15*time.Minute - lag)
			}
		})
	}
}

// hung is a billing service that lists, and does not answer questions about one invoice.
type hung struct {
	register
	well  bool
	asked int
}

func (s *hung) Invoice(ctx context.Context, id string) (billing.Invoice, error) {
	if s.asked++; s.well {
		return s.register.Invoice(ctx, id)
	}
	time.Sleep(18 * time.Second)
	return billing.Invoice{}, fmt.Errorf("invoice %q: %w", id, billing.ErrUnavailable)
}

func TestAServiceThatHangsIsNotAskedAboutEverythingThatWasMissing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mem, service := storetest.Memory(time.Now), &hung{}
		for n := range 200 {
			_, err := replicaOf(mem).update(t.Context(), numbered(n).ID, func(r *Record) (store.Next, error) {
				*r = lostRecord()
				r.Invoice = numbered(n)
				return store.Next{}, nil
			})
			must(err)
		}
		f, began := replicaOf(mem, service), time.Now()
		if err := f.syncProvider(t.Context(), service); !errors.Is(err, billing.ErrUnavailable) || time.Since(began) > time.Minute {
			t.Errorf("a sync took %s: %v", time.Since(began), err)
		}
		service.well, service.asked = true, 0
		for range 3 {
			_ = f.syncProvider(t.Context(), service)
		}
		if service.asked != 200 {
			t.Errorf("well again, it is asked %d times in three syncs, want once about each of 200", service.asked)
		}
	})
}
