package flows

import (
	"fmt"
	"time"

	"kvitt/billing"
)

// wantedPosts lists the messages that should exist by now, and when the next one comes.
func wantedPosts(now time.Time, r Record, a Audience, p Policy) (posts []Post, next time.Time) {
	for i, n := range r.Notices {
		posts = append(posts, Post{Key: "notice/" + n.ID, Kind: PostNotice, Place: n.To, Lang: langOf(n.To, a, p), Number: i})
	}
	for i, pay := range r.Payments {
		if pay.Undone != nil && pay.Undone.By == "" {
			for _, place := range confirmPlaces(pay, p) {
				posts = append(posts, Post{Key: fmt.Sprintf("returned/%d/%s", i, place), Kind: PostReturned, Place: place, Lang: langOf(place, a, p), Number: i})
			}
		}
		if pay.Settled || pay.Undone != nil {
			continue
		}
		for _, place := range confirmPlaces(pay, p) {
			posts = append(posts, Post{Key: fmt.Sprintf("confirm/%d/%s", i, place), Kind: PostConfirm, Place: place, Lang: langOf(place, a, p), Number: i})
		}
	}
	posts = append(posts, wantedApprovals(r, a, p)...)
	if !r.remindable() {
		return posts, time.Time{}
	}
	for _, reader := range a.Readers {
		post, ok, at := wantedReminder(now, r, reader, p)
		if ok {
			posts = append(posts, post)
		}
		next = sooner(next, at)
	}
	return posts, next
}

// wantedReminder is the reminder that a reader should get now: the latest milestone only, and only in allowed hours.
func wantedReminder(now time.Time, r Record, reader Reader, p Policy) (Post, bool, time.Time) {
	if !r.putOffUntil(reader.Place).IsZero() {
		return wokenReminder(now, r, reader, p)
	}
	m, ok, next := p.Schedule.due(now, r.Invoice.Due, p.Zone, reader.Zone, p.Hours)
	if !ok || !r.told(reader.Place).Before(m.Day) {
		return Post{}, false, next
	}
	if !p.Hours.allowed(now, reader.Zone) {
		return Post{}, false, sooner(next, p.Hours.next(now, reader.Zone))
	}
	post := Post{
		Key: fmt.Sprintf("remind/%s/%+d/%s", r.Invoice.Due, m.Offset, reader.Place), Kind: PostReminder,
		Place: reader.Place, Lang: reader.Lang, Day: m.Day, Due: r.Invoice.Due,
	}
	if root := r.root(reader.Place); reader.Channel && root != nil {
		if root.Ref.TS == "" {
			return Post{}, false, next
		}
		post.Kind, post.Thread = PostThread, root.Ref.TS
	}
	return post, true, next
}

// remindable says whether people are to be reminded: something is left to pay, it has a due date, and nobody is paying it. While a payment waits for
// approval, the due date comes closer. What is missing nobody can pay.
func (r *Record) remindable() bool {
	return (r.payable() || r.awaits()) && !r.busy() && !r.missing() && !r.Invoice.Due.IsZero() && (!r.Invoice.AutoCollect || r.Invoice.PayFailed)
}

// told is the day of the latest milestone that a place was told of, for today's due date; zero when of none.
func (r *Record) told(place string) billing.Date {
	var last billing.Date
	for _, post := range r.Posts {
		if post.Place == place && post.Due == r.Invoice.Due && post.isReminder() && last.Before(post.Day) {
			last = post.Day
		}
	}
	return last
}

// root is a channel's one card; nil when there is none that can be answered in a thread. One that could not be posted before the due date was
// moved never will be, and stands before nothing.
func (r *Record) root(place string) *Post {
	for i := range r.Posts {
		p := &r.Posts[i]
		comes := p.Ref.TS != "" || p.Unsure || p.Due == r.Invoice.Due
		if p.Place == place && p.Kind == PostReminder && p.Over == "" && comes {
			return p
		}
	}
	return nil
}

// planPost decides about a message that is in the record already.
func planPost(now time.Time, r Record, post Post, a Audience, p Policy) (*Step, time.Time) {
	switch {
	case post.Over != "":
		return nil, time.Time{}
	case post.Retry.After(now):
		return nil, post.Retry
	case post.Waiting:
		return &Step{Do: Offer, Reason: reasonOf(post), Post: post}, time.Time{}
	case post.Ref.TS == "" && post.Unsure:
		return &Step{Do: Seek, Reason: "may have been posted", Post: post}, time.Time{}
	case post.Ref.TS == "" && post.isReminder():
		return planLateReminder(now, r, post, a, p)
	case post.Ref.TS == "" && post.Kind == PostApproval && !stillAsked(r, post, a):
		return nil, time.Time{}
	case post.Ref.TS == "":
		return &Step{Do: Say, Reason: reasonOf(post), Post: post}, time.Time{}
	case r.mendable(post) && digest(render(now, r, post, a, p)) != post.Shows:
		return &Step{Do: Mend, Reason: "shows what is not so", Post: post}, time.Time{}
	}
	return nil, time.Time{}
}

// planLateReminder decides about a reminder that could not be posted when it was due: it is still sent while it is true, and in allowed hours.
func planLateReminder(now time.Time, r Record, post Post, a Audience, p Policy) (*Step, time.Time) {
	reader, ok := a.reader(post.Place)
	if !ok || !r.remindable() || post.Due != r.Invoice.Due || post.Day.Before(r.told(post.Place)) || !r.putOffUntil(post.Place).IsZero() {
		return nil, time.Time{}
	}
	if !p.Hours.allowed(now, reader.Zone) {
		return nil, p.Hours.next(now, reader.Zone)
	}
	if newer, wanted, _ := wantedReminder(now, r, reader, p); wanted && r.post(newer.Key) == nil {
		return nil, time.Time{} // It gives way, or both would be sent at once.
	}
	// It tells all that was to be told by now: no second message follows for the milestones that passed meanwhile.
	if latest, due, _ := p.Schedule.due(now, r.Invoice.Due, p.Zone, reader.Zone, p.Hours); due && post.Day.Before(latest.Day) {
		post.Day = latest.Day
	}
	return &Step{Do: Say, Reason: reasonOf(post), Post: post}, time.Time{}
}

// outlet is how a message goes out: a person's reminder by their mailbox, where it may become part of a digest, everything else at once.
func (p Policy) outlet(post Post) Do {
	if p.DigestFrom > 0 && post.Kind == PostReminder && !isChannel(post.Place) {
		return Offer
	}
	return Say
}

func (p Post) isReminder() bool { return p.Kind == PostReminder || p.Kind == PostThread }

// mendable says whether a message is kept true: every one but those notices that only say what happened at the time.
func (r *Record) mendable(post Post) bool {
	if post.Kind != PostNotice {
		return true
	}
	kind := r.Notices[post.Number].Kind
	return kind == NoticeAsk || kind == NoticeAct || kind == NoticeHanded
}

// confirmed says whether every confirmation of the last payment is posted or given up.
func (r *Record) confirmed() bool {
	for _, post := range r.Posts {
		if post.Kind == PostConfirm && post.Number == len(r.Payments)-1 && post.Ref.TS == "" && post.Over == "" {
			return false
		}
	}
	return true
}

func confirmPlaces(pay Payment, p Policy) []string {
	places := append([]string(nil), p.Channels...)
	if pay.By != "" {
		places = append(places, pay.By)
	}
	return places
}

// reader finds a place among those that reminders go to now.
func (a Audience) reader(place string) (Reader, bool) {
	for _, reader := range a.Readers {
		if reader.Place == place {
			return reader, true
		}
	}
	return Reader{}, false
}

func langOf(place string, a Audience, p Policy) Lang {
	if reader, ok := a.reader(place); ok {
		return reader.Lang
	}
	if known, ok := a.People[place]; ok {
		return known.Lang
	}
	return p.Locale
}

func reasonOf(post Post) string {
	switch post.Kind {
	case PostConfirm:
		return "paid"
	case PostReturned:
		return "unpaid again"
	case PostNotice:
		return "notice"
	case PostApproval:
		return "approval requested"
	}
	return "milestone"
}
