package azure_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kvitt/billing"
	"kvitt/billing/azure"
)

// bubble runs a story in bubble time, where waiting costs nothing.
func bubble(t *testing.T, story func(t *testing.T)) { t.Helper(); synctest.Test(t, story) }

func wantError(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("the error is %v, want %v", err, want)
	}
	if err != nil && (strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "eyJ")) {
		t.Errorf("the error tells what the service wrote: %v", err)
	}
}

func count(text, part string) int { return strings.Count(text, part) }

func TestSomebodyIsTheOneFullMemberWithTheirAddress(t *testing.T) {
	for name, test := range map[string]struct {
		who  billing.Person
		make func(w *world)
		want bool
	}{
		"their mail":             {byMail("asha@example.com"), func(w *world) { w.member(asha, "asha@example.com") }, true},
		"their mail, other case": {byMail("Asha@Example.com"), func(w *world) { w.member(asha, "asha@example.com") }, true},
		"their principal name":   {byMail("asha@upn.example.com"), func(w *world) { w.member(asha, "asha@example.com") }, true},
		"an alias": {byMail("a.rao@example.com"), func(w *world) {
			w.member(asha, "asha@example.com")["proxyAddresses"] = []string{"smtp:a.rao@example.com"}
		}, true},
		"a quote in the address":   {byMail("o'hara@example.com"), func(w *world) { w.member(asha, "o'hara@example.com") }, true},
		"a quote that would widen": {byMail("x'or'1'eq'1@example.com"), func(w *world) { w.member(asha, "asha@example.com") }, false},
		"nobody":                   {byMail("zoe@example.com"), func(w *world) { w.member(asha, "asha@example.com") }, false},
		"two with one address": {byMail("asha@example.com"), func(w *world) {
			w.member(asha, "asha@example.com")
			w.member(bo, "asha@example.com")
		}, false},
		"disabled":          {byMail("asha@example.com"), func(w *world) { w.member(asha, "asha@example.com")["accountEnabled"] = false }, false},
		"a guest":           {byMail("asha@example.com"), func(w *world) { w.member(asha, "asha@example.com")["userType"] = "Guest" }, false},
		"of no known type":  {byMail("asha@example.com"), func(w *world) { w.member(asha, "asha@example.com")["userType"] = nil }, false},
		"no address":        {byMail(""), func(w *world) { w.member(asha, "") }, false},
		"no address at all": {byMail("asha"), func(w *world) { w.member(asha, "asha") }, false},
		"their object":      {billing.Person{Object: asha}, func(w *world) { w.member(asha, "asha@example.com") }, true},
		"their object, with somebody else's address": {billing.Person{Object: asha, Email: "bo@example.com"}, func(w *world) { w.member(asha, "asha@example.com") }, true},
		"somebody else's object with their address":  {billing.Person{Object: bo, Email: "asha@example.com"}, func(w *world) { w.member(asha, "asha@example.com"); w.member(bo, "bo@example.com") }, false},
		"an object that is gone":                     {billing.Person{Object: asha}, func(*world) {}, false},
		"an object that is no object":                {billing.Person{Object: "../groups/x"}, func(w *world) { w.member(asha, "asha@example.com") }, false},
		"a disabled object":                          {billing.Person{Object: asha}, func(w *world) { w.member(asha, "asha@example.com")["accountEnabled"] = false }, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			test.make(w)
			w.give(profilePath, invoiceManager, asha)
			grant, err := w.provider(t).MayPay(t.Context(), account+"/"+profile, test.who, 0)
			if err != nil || (grant == billing.Grant{Role: "Invoice manager", Scope: "billing profile " + profile, Identity: asha}) != test.want {
				t.Errorf("the grant is %+v and %v, want one: %v", grant, err, test.want)
			}
		})
	}
}

func TestAServiceThatFiltersNothingMakesNobodySomebodyElse(t *testing.T) {
	w := newWorld()
	w.member(asha, "asha@example.com")
	w.give(profilePath, invoiceManager, asha)
	w.fault("users", func(rw http.ResponseWriter, _ *http.Request) { reply(rw, object{"value": w.users}) })
	if grant, err := w.provider(t).MayPay(t.Context(), account+"/"+profile, byMail("bo@example.com"), 0); err != nil || grant != (billing.Grant{}) {
		t.Errorf("the grant is %+v and %v, want none", grant, err)
	}
}

func TestARoleOfAGroupCountsForItsMembers(t *testing.T) {
	for _, kind := range []string{"", "Group"} {
		w := newWorld()
		w.member(asha, "asha@example.com")
		w.member(bo, "bo@example.com")
		given := w.give(profilePath, invoiceManager, treasury)
		if kind != "" {
			given["principalType"] = kind
		}
		// More groups than one question may hold, none of them theirs.
		for i := range 45 {
			w.give(profilePath, invoiceManager, treasury[:34]+string("0123456789"[i/10])+string("0123456789"[i%10]))
		}
		w.members[treasury] = []string{asha}
		p := w.provider(t)
		if grant, err := p.MayPay(t.Context(), account+"/"+profile, byMail("asha@example.com"), 0); err != nil || grant.Role != "Invoice manager" {
			t.Errorf("a member's grant is %+v and %v", grant, err)
		}
		if grant, err := p.MayPay(t.Context(), account+"/"+profile, byMail("bo@example.com"), 0); err != nil || grant != (billing.Grant{}) {
			t.Errorf("the grant of somebody outside the group is %+v and %v, want none", grant, err)
		}
	}
}

func TestWhereOnlyPeopleHaveRolesGroupsAreNeverAskedFor(t *testing.T) {
	w := newWorld()
	w.member(asha, "asha@example.com")
	w.member(bo, "bo@example.com")
	w.give(profilePath, invoiceManager, asha)
	w.fault("checkMemberGroups", refuse(403, "Authorization_RequestDenied"))
	if grant, err := w.provider(t).MayPay(t.Context(), account+"/"+profile, byMail("bo@example.com"), 0); err != nil || grant != (billing.Grant{}) {
		t.Errorf("the grant is %+v and %v, want a plain no", grant, err)
	}
}

func TestARightThatEndedIsSeenAtOnceWhenAskedNow(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld()
		person := w.member(asha, "asha@example.com")
		w.give(profilePath, invoiceManager, asha)
		p := w.provider(t)
		may := func(maxAge time.Duration) bool {
			grant, err := p.MayPay(t.Context(), account+"/"+profile, byMail("asha@example.com"), maxAge)
			if err != nil {
				t.Fatal(err)
			}
			return grant != (billing.Grant{})
		}
		if !may(0) {
			t.Fatal("she may not pay to begin with")
		}
		asked := len(w.asked)
		if !may(time.Minute) || len(w.asked) != asked {
			t.Errorf("what was known was asked for again: %d requests more", len(w.asked)-asked)
		}
		person["accountEnabled"] = false
		if !may(time.Minute) {
			t.Error("what may be a minute old is asked for anew")
		}
		if may(0) {
			t.Error("asked now, somebody disabled may pay")
		}
		person["accountEnabled"] = true
		time.Sleep(2 * time.Minute)
		if !may(time.Minute) {
			t.Error("what is older than a minute is not asked for anew")
		}
		w.roles[profilePath] = nil
		if may(0) {
			t.Error("asked now, somebody without a role may pay")
		}
	})
}

func TestAGraphThatHangsEndsInTime(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld()
		w.give(profilePath, invoiceManager, asha)
		w.hang(true)
		began := time.Now()
		_, err := w.provider(t).MayPay(t.Context(), account+"/"+profile, byMail("asha@example.com"), 0)
		wantError(t, err, billing.ErrUnavailable)
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

func TestAForeignNextPageOfGraphIsNotFollowed(t *testing.T) {
	w := newWorld()
	w.give(profilePath, invoiceManager, asha)
	w.fault("users", func(rw http.ResponseWriter, r *http.Request) {
		if r.Host != "graph.microsoft.com" {
			t.Errorf("%s was asked, with %q", r.Host, r.Header.Get("Authorization"))
		}
		reply(rw, object{"value": []object{}, "@odata.nextLink": "https://graph.example.org/v1.0/users?$skiptoken=1"})
	})
	_, err := w.provider(t).MayPay(t.Context(), account+"/"+profile, byMail("asha@example.com"), 0)
	wantError(t, err, billing.ErrUnavailable)
}

func TestPayersAreTheFullMembersBehindTheRolesAndGroups(t *testing.T) {
	w := newWorld()
	w.member(asha, "asha@example.com")
	w.member(bo, "bo@example.com")["mail"] = nil
	w.member("a0000000-0000-4000-8000-0000000000e1", "guest@example.com")["userType"] = "Guest"
	w.member("a0000000-0000-4000-8000-0000000000e2", "gone@example.com")["accountEnabled"] = false
	w.member("a0000000-0000-4000-8000-0000000000e3", "reader@example.com")
	w.give(accountPath, accountOwner, asha)
	w.give(profilePath, profileOwner, asha)
	w.give(profilePath, profileReader, "a0000000-0000-4000-8000-0000000000e3")
	w.give(profilePath, invoiceManager, treasury)
	w.give(profilePath, invoiceManager, bot) // An application is no person and no group.
	w.members[treasury] = []string{asha, bo, "a0000000-0000-4000-8000-0000000000e1", "a0000000-0000-4000-8000-0000000000e2"}
	got, err := w.provider(t).Payers(t.Context(), account+"/"+profile)
	want := []billing.Person{{Email: "asha@example.com", Object: asha}, {Email: "bo@upn.example.com", Object: bo}}
	if err != nil || len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("the payers are %v and %v, want %v", got, err, want)
	}
}

func TestNotMoreThanTwoHundredPayersAreListed(t *testing.T) {
	w := newWorld()
	w.give(profilePath, invoiceManager, treasury)
	for i := range 300 {
		id := "d0000000-0000-4000-8000-000000000" + string("0123456789"[i/100]) + string("0123456789"[i/10%10]) + string("0123456789"[i%10])
		w.member(id, "p"+id+"@example.com")
		w.members[treasury] = append(w.members[treasury], id)
	}
	got, err := w.provider(t).Payers(t.Context(), account+"/"+profile)
	if err != nil || len(got) != 200 || count(w.log.String(), "more people than Kvitt reminds") != 1 {
		t.Errorf("%d payers and %v are listed, want 200 and a line in the log:\n%s", len(got), err, w.log)
	}
}

func TestAccountsAreTheProfilesThatAreLookedAt(t *testing.T) {
	w := newWorld()
	for _, test := range []struct {
		profile, agreement, want string
	}{{"", "MicrosoftCustomerAgreement", account + "/" + profile}, {"GIVEN", "MicrosoftCustomerAgreement", account + "/GIVEN"}, {"", "EnterpriseAgreement", account}} {
		w.account["agreementType"] = test.agreement
		got, err := w.provider(t, func(c *azure.Config) { c.Accounts[0].Profile = test.profile }).Accounts(t.Context())
		if err != nil || len(got) != 1 || got[0] != test.want {
			t.Errorf("the accounts are %v and %v, want %s", got, err, test.want)
		}
	}
}
