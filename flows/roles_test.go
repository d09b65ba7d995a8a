package flows

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"kvitt/billing"
	"kvitt/sandbox"
	"kvitt/store"
)

// payers is a billing service with roles of its own: those who may pay, by e-mail address or object id.
type payers struct {
	accounts map[string][]billing.Person
	fails    error
	ages     []time.Duration // Of what was asked for.
}

func (p *payers) Accounts(context.Context) (names []string, err error) {
	for name := range p.accounts {
		names = append(names, name)
	}
	return names, nil
}

func (p *payers) MayPay(_ context.Context, account string, who billing.Person, maxAge time.Duration) (billing.Grant, error) {
	p.ages = append(p.ages, maxAge)
	if p.fails != nil {
		return billing.Grant{}, p.fails
	}
	for _, holder := range p.accounts[account] {
		if who.Object != "" && who.Object == holder.Object || who.Object == "" && who.Email == holder.Email {
			return billing.Grant{Role: "Invoice manager", Scope: account, Identity: holder.Object}, nil
		}
	}
	return billing.Grant{}, nil
}

func (p *payers) Payers(_ context.Context, account string) ([]billing.Person, error) {
	return p.accounts[account], p.fails
}

var azureAccount = account{"azure", "acc/profile"}

// withRoles lets Bo, by e-mail address, and somebody who is not in this workspace pay the invoices of an account. Asha is named by the operator.
func withRoles(t *testing.T, test func(t *testing.T, w workspace, p *payers)) {
	inWorkspace(t, []string{asha}, func(t *testing.T, w workspace) {
		p := &payers{accounts: map[string][]billing.Person{azureAccount.name: {{Email: "bo@fjord.example", Object: "o-bo"}, {Email: "else@fjord.example", Object: "o-else"}}}}
		w.admins.Roles, w.admins.Payers = map[string]billing.Roles{"azure": p}, store.Of[Payers](w.store, team, "payers")
		test(t, w, p)
	})
}

func (w workspace) rightTo(t *testing.T, user string, at account, old ages, want Right) {
	t.Helper()
	if got, err := w.admins.Right(t.Context(), user, at, old); got != want || err != nil {
		t.Errorf("%s at %v: %q, %v; want %q", user, at, got, err, want)
	}
}

func TestWhereTheServiceKnowsRolesTheyDecideAndNotTheOperator(t *testing.T) {
	withRoles(t, func(t *testing.T, w workspace, p *payers) {
		w.rightTo(t, bo, azureAccount, fresh, MayPay)
		w.rightTo(t, asha, azureAccount, fresh, NotAdmin)
		w.rightTo(t, bo, account{}, fresh, NotAdmin)
		w.rightTo(t, asha, account{}, fresh, MayPay)
		w.rightTo(t, "U0GUEST", azureAccount, fresh, Outsider)
	})
}

func TestRolesMayBeMinutesOldOnAClickAndAreFreshBeforeMoneyMoves(t *testing.T) {
	withRoles(t, func(t *testing.T, w workspace, p *payers) {
		w.rightTo(t, bo, azureAccount, recently, MayPay)
		w.rightTo(t, bo, azureAccount, onClick, MayPay)
		w.rightTo(t, bo, azureAccount, fresh, MayPay)
		if !slices.Equal(p.ages, []time.Duration{5 * time.Minute, time.Minute, 0}) {
			t.Errorf("the service was asked for roles at most this old: %v", p.ages)
		}
	})
}

func TestARoleThatCannotBeLookedUpIsNeitherAYesNorANo(t *testing.T) {
	withRoles(t, func(t *testing.T, w workspace, p *payers) {
		p.fails = billing.ErrUnavailable
		for _, user := range []string{asha, bo, kim} {
			if got, err := w.admins.Right(t.Context(), user, azureAccount, fresh); got != "" || !errors.Is(err, billing.ErrUnavailable) {
				t.Errorf("%s: %q, %v", user, got, err)
			}
		}
	})
}

func TestWhereRolesCannotBeReadTheOperatorNamesTheAdministrator(t *testing.T) {
	withRoles(t, func(t *testing.T, w workspace, p *payers) {
		p.fails = billing.ErrNoRoles
		w.rightTo(t, asha, azureAccount, fresh, MayPay)
		w.rightTo(t, bo, azureAccount, fresh, NotAdmin)
		must(w.admins.Resolve(t.Context()))
		if ids, err := w.admins.List(t.Context(), azureAccount); err != nil || asJSON(ids) != `["U0ASHA"]` {
			t.Errorf("%v, %v are reminded", ids, err)
		}
	})
}

func TestWhomTheOperatorLinkedIsWhoTheyWereLinkedTo(t *testing.T) {
	withRoles(t, func(t *testing.T, w workspace, p *payers) {
		w.admins.Identities = map[string]string{kim: "o-else", bo: "o-nobody"}
		w.rightTo(t, kim, azureAccount, fresh, MayPay)
		w.rightTo(t, bo, azureAccount, fresh, NotAdmin) // His address is a payer's; he is somebody else.
		must(w.admins.Resolve(t.Context()))
		if ids, err := w.admins.List(t.Context(), azureAccount); err != nil || asJSON(ids) != `["U0KIM"]` {
			t.Errorf("%v, %v are reminded", ids, err)
		}
	})
}

func TestHoldersOfARoleWhoAreHereAreRemindedAlsoWhileRolesCannotBeRead(t *testing.T) {
	withRoles(t, func(t *testing.T, w workspace, p *payers) {
		must(w.admins.Resolve(t.Context()))
		p.fails = billing.ErrUnavailable
		if err := w.admins.Resolve(t.Context()); !errors.Is(err, billing.ErrUnavailable) {
			t.Errorf("that nobody could be looked up is told as %v", err)
		}
		if ids, err := w.admins.List(t.Context(), azureAccount); err != nil || asJSON(ids) != `["W0BO"]` {
			t.Errorf("%v, %v are reminded", ids, err)
		}
		if ids, err := w.admins.All(t.Context()); err != nil || asJSON(ids) != `["U0ASHA","W0BO"]` {
			t.Errorf("%v, %v are all", ids, err)
		}
	})
}

func TestListsHoldOnlyWhatThePersonMayPay(t *testing.T) {
	withRoles(t, func(t *testing.T, w workspace, p *payers) {
		f := &Flows{Admins: w.admins}
		azure, stripe := seen(azureInvoice()), openRecord()
		for user, want := range map[string][2]bool{asha: {false, true}, bo: {true, false}, kim: {false, false}, "U0GUEST": {false, false}} {
			s, err := f.sight(t.Context(), user)
			if err != nil {
				t.Fatal(err)
			}
			if got := [2]bool{s.sees(t.Context(), azure), s.sees(t.Context(), stripe)}; got != want || (s.right == MayPay) != (want[0] || want[1]) {
				t.Errorf("%s sees %v (%s), want %v", user, got, s.right, want)
			}
		}
		p.fails = billing.ErrUnavailable
		if s, err := f.sight(t.Context(), asha); err != nil || !s.blind || s.sees(t.Context(), azure) || !s.sees(t.Context(), stripe) {
			t.Errorf("while roles cannot be read Asha sees %+v, %v", s, err)
		}
		if _, err := f.sight(t.Context(), kim); !errors.Is(err, errBlind) {
			t.Errorf("whether Kim is a billing admin of Azure cannot be found out: %v", err)
		}
	})
}

func TestOnePersonWithTwoSlackAccountsDoesNotApproveTheirOwnPayment(t *testing.T) {
	withRoles(t, func(t *testing.T, w workspace, p *payers) {
		w.admins.Identities = map[string]string{bo: "o-bo", kim: "o-bo"}
		f := &Flows{Admins: w.admins, Policy: Policy{Approval: map[string]billing.Money{"USD": usd(1)}}}
		for approver, want := range map[string]NoticeKind{kim: NoticeUnapproved, bo: NoticeUnapproved} {
			a := Attempt{By: bo, Approved: approver, Amount: usd(120000)}
			if notice, err := (&job{Flows: f}).rights(t.Context(), azureAccount, &a); notice.Kind != want || err != nil {
				t.Errorf("approved by %s: %q, %v", approver, notice.Kind, err)
			}
		}
	})
}

func TestAnIdentityThatTheOperatorLinkedToSomebodyIsNobodyElses(t *testing.T) {
	withRoles(t, func(t *testing.T, w workspace, p *payers) {
		w.admins.Identities = map[string]string{kim: "O-BO"}
		w.rightTo(t, bo, azureAccount, fresh, NotAdmin) // His e-mail address leads to the same identity.
	})
}

func TestAnIdentityIsPinnedToTheFirstPersonFoundToBeIt(t *testing.T) {
	withRoles(t, func(t *testing.T, w workspace, p *payers) {
		must(w.admins.Resolve(t.Context()))
		w.rightTo(t, bo, azureAccount, fresh, MayPay)
		w.SetPerson(bo, func(p *sandbox.Person) { p.Email = "olsen@fjord.example" })
		w.SetPerson(kim, func(p *sandbox.Person) { p.Email = "bo@fjord.example" })
		w.rightTo(t, kim, azureAccount, fresh, NotAdmin) // Bo's address leads to Bo's identity, and is Kim's now.
		w.rightTo(t, bo, azureAccount, fresh, NotAdmin)
		must(w.admins.Resolve(t.Context()))
		if ids, err := w.admins.List(t.Context(), azureAccount); err != nil || len(ids) != 0 {
			t.Errorf("%v, %v are reminded", ids, err)
		}
		if got := w.trail(t, "azure:o-bo"); asJSON(got) != `["admin pinned W0BO","admin pin broken W0BO"]` {
			t.Errorf("the audit trail says %q", got)
		}
		w.admins.Identities = map[string]string{kim: "o-bo"} // The operator says that they are one person.
		w.rightTo(t, kim, azureAccount, fresh, MayPay)
		w.admins.Identities = nil
		w.SetPerson(kim, func(p *sandbox.Person) { p.Email = "kim@fjord.example" })
		w.SetPerson(bo, func(p *sandbox.Person) { p.Email = "bo@fjord.example" })
		w.rightTo(t, kim, azureAccount, fresh, NotAdmin)
		w.rightTo(t, bo, azureAccount, fresh, MayPay)
		if pin, err := w.admins.Pins.Load(t.Context(), PinID("azure:o-bo")); err != nil || pin.Broken != "" || pin.User != bo {
			t.Errorf("%+v, %v", pin, err)
		}
	})
}

func TestWhileThePinCannotBeReadNobodyMayPayByRole(t *testing.T) {
	withRoles(t, func(t *testing.T, w workspace, p *payers) {
		w.store.Break(true)
		if got, err := w.admins.Right(t.Context(), bo, azureAccount, fresh); !errors.Is(err, store.ErrUnavailable) || got != "" {
			t.Errorf("%q, %v", got, err)
		}
	})
}

func TestUntilItIsKnownWhoMayPayNobodyHearsOfTheInvoice(t *testing.T) {
	withRoles(t, func(t *testing.T, w workspace, p *payers) {
		p.fails = billing.ErrUnavailable
		_ = w.admins.Resolve(t.Context())
		if ids, err := w.admins.List(t.Context(), azureAccount); err != nil || len(ids) != 0 {
			t.Errorf("%v, %v hear of it", ids, err)
		}
	})
}

func TestARequestDoesNotEndAHandOver(t *testing.T) {
	r := handedRecord()
	_, taken := errors.AsType[*TakenError](r.request(Request{By: bo, At: monday.Add(day)}, usd(120000)))
	if !taken || r.State != HandedOver {
		t.Errorf("it is %s", r.State)
	}
}
