package flows

import (
	"context"
	"errors"
	"time"

	"kvitt/billing"
)

// planRequest decides about the request that waits for a second billing admin.
func planRequest(now time.Time, r Record) (steps []Step, wake time.Time) {
	q := r.asking()
	switch {
	case q == nil:
		return nil, time.Time{}
	case !now.Before(q.ends()):
		return []Step{{Do: Expire, Reason: "nobody approved in time", Key: q.ID}}, time.Time{}
	case !q.Asked.IsZero():
		return nil, q.ends()
	case q.Retry.After(now):
		return nil, sooner(q.Retry, q.ends())
	}
	return []Step{{Do: Consult, Reason: "approval requested", Key: q.ID}}, q.ends()
}

// wantedApprovals asks every billing admin but the requester, whoever becomes one meanwhile included.
func wantedApprovals(r Record, a Audience, p Policy) (posts []Post) {
	q := r.asking()
	if q == nil || q.Asked.IsZero() || r.missing() {
		return nil
	}
	for _, admin := range without(a.admins(), q.By) {
		posts = append(posts, Post{Key: "approval/" + q.ID + "/" + admin, Kind: PostApproval, Place: admin, Lang: langOf(admin, a, p), Number: len(r.Requests) - 1})
	}
	return posts
}

// stillAsked says whether somebody whom no message has reached yet is still to be asked.
func stillAsked(r Record, post Post, a Audience) bool {
	_, reads := a.reader(post.Place)
	return reads && r.awaits() && !r.missing() && post.Number == len(r.Requests)-1
}

// consult reads the invoice anew and looks up the payment method of a request, before anybody is asked to approve. A method that does not exist ends the
// request.
func (j *job) consult(ctx context.Context, id string) error {
	rec, err := j.Records.Load(ctx, j.id)
	if err != nil || rec.pending(id) == nil {
		return err
	}
	q := *rec.pending(id)
	method, listed, err := j.freshMethod(ctx, q.Method.ID)
	noted := unlessStale(j.note(ctx, func(r *Record) error {
		switch {
		case err != nil:
			return r.consultLater(id, j.Now().Add(lookEvery))
		case !listed:
			return r.refuseRequest(id, j.Now())
		}
		return r.consulted(id, method, j.Now())
	}))
	if rec, again := j.Records.Load(ctx, j.id); again == nil && !rec.awaits() {
		noted = errors.Join(noted, j.showResult(ctx, Attempt{By: q.By, View: q.View}, ""))
	}
	return errors.Join(err, noted)
}

// freshMethod reads the invoice into the record, and finds a payment method among those that can be used for it now.
func (j *job) freshMethod(ctx context.Context, id string) (billing.Method, bool, error) {
	provider, err := j.provider(j.id)
	if err != nil {
		return billing.Method{}, false, err
	}
	read := j.Now()
	inv, err := provider.Invoice(ctx, j.id)
	if err != nil {
		return billing.Method{}, false, err
	}
	if err := j.note(ctx, func(r *Record) error { r.see(inv, read, j.Now()); return nil }); err != nil {
		return billing.Method{}, false, err
	}
	return methodOf(ctx, provider, inv, id)
}

// methodOf finds a payment method among those that can be used for an invoice now.
func methodOf(ctx context.Context, provider billing.Provider, inv billing.Invoice, id string) (billing.Method, bool, error) {
	methods, err := provider.Methods(ctx, inv)
	for _, m := range methods {
		if err == nil && m.ID == id {
			return m, true, nil
		}
	}
	return billing.Method{}, false, err
}

// rights checks anew, right before money moves, that everybody who decided on this payment may: the payer, and a second billing admin where the
// amount needs one. The attempt learns by which role. The notice says why nothing may be paid; what cannot be checked is not allowed.
func (j *job) rights(ctx context.Context, at account, a *Attempt) (Notice, error) {
	right, grant, err := j.Admins.check(ctx, a.By, at, fresh)
	a.Grant = grant
	switch {
	case err != nil:
		return Notice{Kind: NoticeUnchecked}, err
	case right != MayPay:
		return Notice{Kind: NoticeEnded}, nil
	case a.Approved == a.By, a.Approved == "" && j.Policy.needsApproval(a.Amount):
		return Notice{Kind: NoticeUnapproved}, nil
	case a.Approved == "":
		return Notice{}, nil
	}
	right, second, err := j.Admins.check(ctx, a.Approved, at, fresh)
	switch {
	case err != nil:
		return Notice{Kind: NoticeUnchecked}, err
	case grant.Identity != "" && grant.Identity == second.Identity:
		return Notice{Kind: NoticeUnapproved}, nil // Two Slack accounts of one person.
	case right != MayPay:
		return Notice{Kind: NoticeApprover, By: a.Approved}, nil
	}
	return Notice{}, nil
}

// unlessStale forgives a step that came too late: what it was about ended beside it.
func unlessStale(err error) error {
	if errors.Is(err, ErrStale) {
		return nil
	}
	return err
}
