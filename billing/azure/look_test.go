package azure_test

import (
	"fmt"
	"strings"
	"testing"

	"kvitt/billing/azure"
)

// looked joins what Look finds, one line each.
func looked(t *testing.T, w *world, config ...func(*azure.Config)) string {
	t.Helper()
	var b strings.Builder
	for _, f := range w.provider(t, config...).Look(t.Context()) {
		fmt.Fprintf(&b, "%s %s: %s\n", f.Level, f.About, f.Found)
		if (f.Mend == "") != (f.Level == azure.OK) {
			t.Errorf("%+v: want what to do exactly where it is not ok", f)
		}
	}
	if text := b.String(); strings.Contains(text, "eyJ") || strings.Contains(text, "secret in it") {
		t.Errorf("a finding holds a secret:\n%s", text)
	}
	return b.String()
}

func TestLookSaysWhatItFound(t *testing.T) {
	usual := func() *world {
		w := newWorld()
		w.put("G000000001", "1.00", march8)
		w.give(profilePath, profileReader, bot)
		w.give(profilePath, invoiceManager, asha)
		w.member(asha, "asha@example.com")
		return w
	}
	for name, test := range map[string]struct {
		change func(w *world)
		want   string
	}{
		"the credential":      {func(*world) {}, "ok AZURE_CLIENT_ID: signed in as application " + botApp + " of tenant " + tenant + " with a client secret\n"},
		"the agreement":       {func(*world) {}, `ok ` + account + `: "Contoso", MicrosoftCustomerAgreement Enterprise; in the portal: bank transfer, or Pay now with a card up to a limit` + "\n"},
		"the invoices":        {func(*world) {}, "invoices to pay: 1\n"},
		"its own role":        {func(*world) {}, "ok " + account + ": Kvitt itself is Billing profile reader at billing profile " + profile + "\n"},
		"people":              {func(*world) {}, "ok Microsoft Graph: people can be looked up\n"},
		"groups":              {func(*world) {}, "ok Microsoft Graph: groups can be looked into\n"},
		"a role too many":     {func(w *world) { w.give(accountPath, accountOwner, bot) }, "warn " + account + ": Kvitt itself is Billing account owner at billing account " + account + ", more than it needs\n"},
		"a role nobody knows": {func(w *world) { w.give(profilePath, "x-y", bot) }, "Kvitt itself is an unknown role x-y"},
		"nobody may pay":      {func(w *world) { w.roles[profilePath] = w.roles[profilePath][:1] }, "FAIL " + account + "/" + profile + ": nobody there has a role that may pay\n"},
		"an odd invoice":      {func(w *world) { w.put("G2", "1.00", march8)["amountDue"] = 7 }, "FAIL " + account + ": invoices to pay: 1; 1 more cannot be read"},
		"no access":           {func(w *world) { w.fault("invoices", refuse(403, "Unauthorized")) }, "FAIL " + account + ": the invoices of " + account + ": the billing service refuses Kvitt's credentials: status 403, Unauthorized"},
		"no roles at the account": {func(w *world) {
			w.mux.HandleFunc("GET "+accountPath+"/billingRoleAssignments", refuse(403, "Unauthorized"))
		},
			"warn " + account + ": roles at the billing account cannot be read"},
		"no people":  {func(w *world) { w.fault("users", refuse(403, "Authorization_RequestDenied")) }, "FAIL Microsoft Graph: people at Microsoft Graph: "},
		"no groups":  {func(w *world) { w.fault("groups", refuse(403, "Authorization_RequestDenied")) }, "warn Microsoft Graph: groups cannot be looked into"},
		"no roles":   {func(w *world) { w.account["agreementType"] = "MicrosoftOnlineServicesProgram" }, "Azure does not tell who may pay\n"},
		"no account": {func(w *world) { w.account = object{}; w.fault("invoices", nil) }, "MicrosoftCustomerAgreement; in the portal: not known\n"},
	} {
		t.Run(name, func(t *testing.T) {
			w := usual()
			test.change(w)
			if got := looked(t, w); !strings.Contains(got, test.want) {
				t.Errorf("it is found\n%swant in it\n%s", got, test.want)
			}
			if w.notGet() != 0 {
				t.Error("something but questions was sent")
			}
		})
	}
}

func TestLookWarnsOfAPersonsCredentialAndFailsWithoutAny(t *testing.T) {
	person := looked(t, newWorld(), func(c *azure.Config) {
		c.Credential = token{claims: `{"tid":"x","oid":"y","appid":"z","idtyp":"user"}`}
	})
	if !strings.Contains(person, "warn AZURE_CLIENT_ID: signed in as a person") {
		t.Errorf("it is found\n%s", person)
	}
	none := looked(t, newWorld(), func(c *azure.Config) { c.Credential = token{err: fmt.Errorf("a text with secret in it")} })
	if !strings.Contains(none, "FAIL AZURE_CLIENT_ID") || strings.Count(none, "\n") != 1 {
		t.Errorf("it is found\n%s", none)
	}
	opaque := looked(t, newWorld(), func(c *azure.Config) { c.Credential = token{opaque: true} })
	if !strings.Contains(opaque, "whose token it is cannot be told") {
		t.Errorf("it is found\n%s", opaque)
	}
}
