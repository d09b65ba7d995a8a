package main

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"time"

	"kvitt/sandbox"
)

// behindWalls is a day on which there is an invoice of Azure, G1, and one of another billing profile, G2. Besides the cast there is who should have no use for
// a role: a guest who owns the account, and somebody of another organisation with Asha's own address.
func (s *stage) behindWalls() {
	s.acts("azure enterprise")
	for _, who := range []struct {
		name   string
		person sandbox.Person
	}{
		{"gerd", sandbox.Person{Guest: true, Email: "gerd@fjord.example"}},
		{"vera", sandbox.Person{Team: "T0OTHER", Email: "asha@fjord.example"}},
	} {
		who.person.Name = who.name
		s.people[who.name] = s.slack.AddPerson(who.person)
		s.slack.SetChannel(s.finance, func(c *sandbox.Channel) { c.Members = append(c.Members, s.people[who.name]) })
	}
	gerd := s.azure.AddUser(sandbox.AzureUser{Name: "gerd", Mail: "gerd@fjord.example"})
	s.azure.Assign(sandbox.AzureAssignment{Account: s.azure.account, Role: sandbox.AzureAccountOwner, Principal: gerd})
	other := s.azure.AddProfile(sandbox.AzureProfile{Account: s.azure.account})
	bo := s.azure.AddUser(sandbox.AzureUser{Name: "bo", Mail: "bo.other@fjord.example"})
	s.azure.Assign(sandbox.AzureAssignment{Account: s.azure.account, Profile: other, Role: sandbox.AzureInvoiceManager, Principal: bo})
	s.azure.AddMethod(sandbox.AzureMethod{ID: "THEIRS", Account: s.azure.account, Profile: other})
	s.acts("at 2026-03-05 09:00\nazure invoice G1 1200.00 due 2026-03-12")
	s.azure.AddInvoice(sandbox.AzureInvoice{Number: "G2", Account: s.azure.account, Profile: other, Total: "1200.00", Due: time.Now().AddDate(0, 0, 7)})
	s.acts("wait 65m")
}

// azures is a payload about an invoice of Azure.
func (s *stage) azures(payload, number string) string {
	return strings.NewReplacer("stripe:{{.Invoice}}", "azure:"+s.azure.account+"/"+number, "pm_visa", "KVVISA").Replace(payload)
}

// A hand-over is one person's. Nobody who has no paying role of this very billing profile begins, shows, ends or takes over one, whatever their client sends;
// and of those who have one, nobody sees somebody else's way into the portal.
func TestAHandOverIsItsPersonsAlone(t *testing.T) {
	t.Parallel()
	inStory(t, "", func(s *stage) {
		s.behindWalls()
		s.acts("pay asha G1 with KVVISA\n" + `expect finance "Asha opened this in the Azure portal"`)
		for _, who := range []string{"kim", "gerd", "vera"} {
			for _, action := range []string{"pay", "steps", "add", "otherway", "release", "undo", "view"} {
				s.delivers(s.forged(s.azures(pressOf(action, "stripe:{{.Invoice}}"), "G1"), who, s.trigger(who)))
				if seen := s.seen(who); !strings.Contains(seen, "Only billing admins can pay invoices here.") || strings.Contains(seen, "portal.azure.com") || strings.Contains(seen, "KVVISA") {
					t.Errorf("%s by %s showed: %s", action, who, seen)
				}
			}
			if answer := s.delivers(s.forged(s.azures(submissionOfPay, "G1"), who, "")); !strings.Contains(answer, "Only billing admins can pay invoices here.") {
				t.Errorf("the submission of %s was answered: %s", who, answer)
			}
			if answer := s.delivers(s.forged(s.azures(suggestionOf(meta), "G1"), who, "")); strings.Contains(answer, "KVVISA") {
				t.Errorf("%s was suggested: %s", who, answer)
			}
		}
		for _, action := range []string{"steps", "otherway"} {
			s.delivers(s.forged(s.azures(pressOf(action, "stripe:{{.Invoice}}"), "G1"), "bo", s.trigger("bo")))
			if seen := s.seen("bo"); strings.Contains(seen, "Åpne i Azure-portalen") {
				t.Errorf("%s showed Bo the way: %s", action, seen)
			}
		}
		s.acts(`
			expect audit "handed over" 1
			expect audit "hand-over given up" 0
			expect audit "taken over" 0
			expect finance "Asha opened this in the Azure portal"`)
		s.delivers(s.forged(s.azures(pressOf("steps", "stripe:{{.Invoice}}"), "G1"), "asha", s.trigger("asha"))) // The very same, by Asha, shows it.
		if seen := s.seen("asha"); !strings.Contains(seen, "Open in the Azure portal") {
			t.Errorf("Asha sees: %s", seen)
		}
	})
}

// The right is one to a billing profile. Metadata, values and methods that name another one open nothing, though the invoice is known and the account the same.
func TestARoleInOneBillingProfileOpensNoOther(t *testing.T) {
	t.Parallel()
	inStory(t, "", func(s *stage) {
		s.behindWalls()
		if n := s.records(); n != 2 {
			t.Fatalf("%d invoices are known", n)
		}
		for _, action := range []string{"pay", "add", "view", "steps"} {
			s.delivers(s.forged(s.azures(pressOf(action, "stripe:{{.Invoice}}"), "G2"), "asha", s.trigger("asha")))
			s.acts("expect modal asha \"Only billing admins can pay invoices here.\"\nexpect no-submit asha")
		}
		s.delivers(s.forged(s.azures(suggestionOf(meta), "G2"), "asha", ""))
		for name, payload := range map[string]string{
			"an invoice of another profile": s.azures(submissionOfPay, "G2"),
			"with its own method":           strings.ReplaceAll(s.azures(submissionOfPay, "G2"), "KVVISA", "THEIRS"),
			"the method of another profile": strings.ReplaceAll(s.azures(submissionOfPay, "G1"), "KVVISA", "THEIRS"),
			"a path for an invoice":         s.azures(submissionOfPay, "../billingProfiles"),
			"another account's invoice":     strings.Replace(s.azures(submissionOfPay, "G1"), s.azure.account, "12345678", 1),
		} {
			answer := s.delivers(s.forged(payload, "asha", ""))
			s.acts("wait 1m\nexpect audit \"handed over\" 0")
			if strings.Contains(answer, "portal.azure.com") && name != "the method of another profile" || strings.Contains(answer, "THEIRS") {
				t.Errorf("%s: it was answered %s", name, answer)
			}
		}
		s.delivers(s.forged(s.azures(submissionOfPay, "G1"), "asha", ""))
		s.acts(`expect audit "handed over" 1`)
	})
}

// A day at Azure on which everything fails: whatever is said of it holds no token, no secret, no link that works without signing in, and nobody's address.
func TestAzureIsToldOfWithoutSecrets(t *testing.T) {
	t.Parallel()
	inStory(t, "azure enterprise\nat 2026-03-05 09:00", func(s *stage) {
		log := &bytes.Buffer{}
		s.loud(log)
		s.acts("azure invoice G1 1200.00 due 2026-03-12\nwait 65m\npress asha \"Pay now\" G1\nhome bo\ntype kim \"/invoices\"")
		for _, far := range []sandbox.AzureFar{sandbox.AzureARM, sandbox.AzureGraph, sandbox.AzureEntra} {
			for _, kind := range []sandbox.AzureFaultKind{"429", "500", "503", "403", "no token", "cut", "not azure", "foreign link", "hang"} {
				s.azure.Break(sandbox.AzureFault{Far: far, Kind: kind, Times: -1})
				s.acts("press asha \"Pay now\" G1\nhome asha\npress asha \"View invoice\" G1\nwait 61m\nazure mend\nwait 30m")
			}
		}
		s.acts("pay asha G1 with KVVISA\nazure pay G1\nwait 62m\n" + `expect audit "paid" 1`)
		config, trails := s.azure.Config(), s.trails()
		s.end()
		secrets := map[string]*regexp.Regexp{
			"the client secret": regexp.MustCompile(regexp.QuoteMeta(config.Secret)),
			"a token":           regexp.MustCompile(`eyJ[A-Za-z0-9]|Bearer `),
			"a download link":   regexp.MustCompile(`(?i)downloadToken|` + regexp.QuoteMeta(strings.Join(append(s.azure.DownloadTokens(), "x-no-token"), "|"))),
			"an e-mail address": regexp.MustCompile(`(@|%40)fjord\.example`),
		}
		for name, written := range map[string]string{"the log": log.String(), "the audit trail": trails, "the messages": s.messagesRaw(), "the store": s.stored()} {
			if n := s.scan(name, written, secrets); n > 0 || len(written) < 500 {
				t.Errorf("%s, %d bytes, holds secrets", name, len(written))
			}
		}
		if n := strings.Count(log.String(), "level=ERROR") + strings.Count(log.String(), "level=WARN"); n < 20 {
			t.Errorf("only %d things failed, which proves little", n)
		}
	})
}
