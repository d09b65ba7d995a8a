package main

import (
	"bytes"
	"net"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"kvitt/sandbox"
	"kvitt/store"
	"kvitt/store/redistest"
)

// checked runs kvitt check and returns its lines.
func (o *office) checked(code int, more ...string) []string {
	o.t.Helper()
	var out, errOut bytes.Buffer
	posted := len(o.slack.Everything(o.finance)) + len(o.slack.Everything(o.slack.DM(o.asha)))
	environ := o.settings(more...)
	slices.Reverse(environ) // Of a variable that is set twice, the first counts.
	if got := run(o.t.Context(), []string{"check"}, environ, &out, &errOut); got != code {
		o.t.Errorf("it exited with %d, want %d; it said:\n%s%s", got, code, out.String(), errOut.String())
	}
	if now := len(o.slack.Everything(o.finance)) + len(o.slack.Everything(o.slack.DM(o.asha))); now != posted {
		o.t.Errorf("it posted %d messages", now-posted)
	}
	o.t.Logf("kvitt check\n%s", out.String())
	return strings.Split(strings.TrimSpace(out.String()), "\n")
}

func TestCheckSaysOfAGoodSetUpThatAllIsWell(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.bill("INV-1")
	lines := o.checked(well, "KVITT_ZONE=Europe/Oslo", "KVITT_ADMINS=asha@fjord.example,"+o.bo, "KVITT_APPROVAL_FROM=100000 NOK, 10000.50 EUR")
	for _, line := range lines {
		if !strings.HasPrefix(line, "ok    ") && !strings.Contains(line, "test mode") {
			t.Errorf("of a good set-up it says: %s", line)
		}
	}
	for _, want := range []string{"asha@fjord.example is Asha", "Socket Mode", "open invoices: 1", "API version 2026-03-25.dahlia", "learnt at the next sync, every 1s", "#finance", "must approve from 10000.50 EUR, 100000.00 NOK on"} {
		if !slices.ContainsFunc(lines, func(line string) bool { return strings.Contains(line, want) }) {
			t.Errorf("no line says %q", want)
		}
	}
	if _, err := os.Stat(o.data); err == nil {
		t.Error("it made the folder of the store")
	}
}

func TestCheckNamesWhatIsBrokenAndHowToMendIt(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	for name, c := range map[string]struct {
		breaks func(o *office) []string // Returns settings.
		fails  []string                 // What the one line that is FAIL says.
	}{
		"a token that was revoked": {func(o *office) []string {
			return []string{"SLACK_BOT_TOKEN=xoxb-revoked"}
		}, []string{"SLACK_BOT_TOKEN", "xoxb-…", "Bot User OAuth Token"}},
		"an app-level token of another kind": {func(o *office) []string {
			return []string{"SLACK_APP_TOKEN=xapp-of-another-app"}
		}, []string{"SLACK_APP_TOKEN", "connections:write"}},
		"a channel that is shared": {func(o *office) []string {
			o.slack.SetChannel(o.finance, func(c *sandbox.Channel) { c.Shared = true })
			return nil
		}, []string{"KVITT_CHANNELS", "#finance", "shared with another organisation"}},
		"a channel without Kvitt in it": {func(o *office) []string {
			o.slack.SetChannel(o.finance, func(c *sandbox.Channel) { c.Members = []string{o.asha} })
			return nil
		}, []string{"KVITT_CHANNELS", "#finance", "/invite @Kvitt"}},
		"an admin who left": {func(o *office) []string {
			o.slack.SetPerson(o.bo, func(p *sandbox.Person) { p.Deleted = true })
			return nil
		}, []string{"KVITT_ADMINS", "Bo", "deactivated"}},
		"an address of nobody": {func(o *office) []string {
			return []string{"KVITT_ADMINS=nobody@fjord.example," + o.asha}
		}, []string{"KVITT_ADMINS", "nobody@fjord.example is nobody in this workspace", "Copy member ID"}},
		"an admin who is a guest": {func(o *office) []string {
			o.slack.SetPerson(o.bo, func(p *sandbox.Person) { p.Guest = true })
			return nil
		}, []string{"KVITT_ADMINS", "Bo", "a guest"}},
		"an approval that nobody could give": {func(o *office) []string {
			return []string{"KVITT_ADMINS=" + o.asha, "KVITT_APPROVAL_FROM=10000 EUR"}
		}, []string{"KVITT_APPROVAL_FROM", "nobody could approve", "Name a second one in KVITT_ADMINS"}},
		"one billing admin by two names": {func(o *office) []string {
			return []string{"KVITT_ADMINS=asha@fjord.example," + o.asha, "KVITT_APPROVAL_FROM=10000 EUR"}
		}, []string{"KVITT_APPROVAL_FROM", "nobody could approve"}},
		"a customer that Stripe does not know": {func(o *office) []string {
			return []string{"KVITT_STRIPE_CUSTOMERS=cus_nobody"}
		}, []string{"KVITT_STRIPE_CUSTOMERS", "no customer cus_nobody"}},
		"a Stripe that is away": {func(o *office) []string {
			o.stripe.Fail(sandbox.StripeFault{Kind: sandbox.StripeBroken500Before, Times: -1})
			return nil
		}, []string{"stripe", "status 500", "Try again"}},
		"a key that may not read payment methods": {func(o *office) []string {
			o.stripe.Fail(sandbox.StripeFault{Op: "/payment_methods", Kind: sandbox.StripeForbidden, Times: -1})
			return nil
		}, []string{"STRIPE_API_KEY", "rak_payment_method_read", "PaymentMethods: read"}},
		"a folder that cannot be used": {func(o *office) []string {
			file := write(o.t, "this is a file")
			return []string{"KVITT_DATA=" + file}
		}, []string{"KVITT_DATA", "cannot be used"}},
		"a store of a newer version": {func(o *office) []string {
			data := o.t.TempDir()
			f, err := store.OpenFile(o.t.Context(), data, store.FileOptions{})
			must(o.t, err)
			must(o.t, f.Close())
			tamper(o.t, data, func(_, docs *bolt.Bucket) error {
				return docs.Tx().Bucket([]byte("meta")).Put([]byte("layout"), []byte("9"))
			})
			return []string{"KVITT_DATA=" + data}
		}, []string{"KVITT_DATA", "has layout 9", "start the newer version again"}},
		"an address that is taken": {func(o *office) []string {
			return []string{"KVITT_LISTEN=" + taken.Addr().String()}
		}, []string{"KVITT_LISTEN", taken.Addr().String(), "cannot be listened on"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			lines := o.checked(failed, c.breaks(o)...)
			fails := slices.DeleteFunc(lines, func(line string) bool { return !strings.HasPrefix(line, "FAIL") })
			if len(fails) != 1 {
				t.Fatalf("%d lines are FAIL, want 1:\n%s", len(fails), strings.Join(fails, "\n"))
			}
			for _, part := range c.fails {
				if !strings.Contains(fails[0], part) {
					t.Errorf("the line does not say %q: %s", part, fails[0])
				}
			}
		})
	}
}

func TestCheckBesideAServeWithTwoDoorsFindsBothHeldByIt(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := start(t, o.settings("KVITT_OPS_LISTEN=127.0.0.1:0"), "serve")
	o.ready(p, http.StatusOK, "")
	said := regexp.MustCompile(`"listening","address":"([^"]+)"`).FindAllStringSubmatch(p.said(), 2)
	ops, public := said[0][1], said[1][1]
	lines := o.checked(well, "KVITT_LISTEN="+public, "KVITT_OPS_LISTEN="+ops)
	for door, running := range map[string]string{"KVITT_LISTEN": public, "KVITT_OPS_LISTEN": ops} {
		if !slices.ContainsFunc(lines, func(line string) bool {
			return strings.Contains(line, " "+door+" ") && strings.Contains(line, running+" is held by a Kvitt that runs")
		}) {
			t.Errorf("no line says that the running serve holds %s", door)
		}
	}
}

func TestCheckFindsAnAddressThatNamesSomebodyElseNow(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.bill("INV-1")
	byMail := []string{"KVITT_ADMINS=asha@fjord.example," + o.bo, "KVITT_ZONE=Europe/Oslo"}
	p := start(t, o.settings(byMail...), "serve")
	o.soon("reminders", 30*time.Second, func() bool { return o.reminded("INV-1") })
	o.ready(p, http.StatusOK, "")
	lines := o.checked(well, byMail...)
	if !slices.ContainsFunc(lines, func(line string) bool { return strings.Contains(line, "held by the kvitt serve that runs") }) {
		t.Error("no line says that a running serve holds the store")
	}
	o.slack.SetPerson(o.asha, func(p *sandbox.Person) { p.Email = "former@fjord.example" })
	mallory := o.slack.AddPerson(sandbox.Person{Name: "Mallory", Email: "asha@fjord.example"})
	for _, running := range []bool{true, false} {
		lines = o.checked(failed, byMail...)
		if !slices.ContainsFunc(lines, func(line string) bool {
			return strings.HasPrefix(line, "FAIL") && strings.Contains(line, "was pinned to "+o.asha+" and now names "+mallory)
		}) {
			t.Errorf("no line is FAIL about the address; serve runs: %v", running)
		}
		if running {
			p.stop()
		}
	}
}

func TestCheckLooksAtRedisAndWritesNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	redis := redistest.Start(t, redistest.AppendOnly...)
	lines := o.checked(well, "REDIS_URL="+redis.URL())
	if !slices.ContainsFunc(lines, func(line string) bool { return strings.HasPrefix(line, "ok    REDIS_URL") }) {
		t.Error("no line says that Redis is well")
	}
	if keys := redis.Must("DBSIZE"); keys != "0" {
		t.Errorf("it wrote %s keys", keys)
	}
	redis.Must("CONFIG", "SET", "maxmemory", "100mb", "maxmemory-policy", "allkeys-lru")
	lines = o.checked(failed, "REDIS_URL="+redis.URL())
	if !slices.ContainsFunc(lines, func(line string) bool {
		return strings.HasPrefix(line, "FAIL  REDIS_URL") && strings.Contains(line, "noeviction")
	}) {
		t.Error("no line is FAIL about a Redis that throws records away")
	}
	redis.Must("CONFIG", "SET", "maxmemory-policy", "noeviction")
	redis.Must("SET", "{kvitt}:layout", "9")
	lines = o.checked(failed, "REDIS_URL="+redis.URL())
	if !slices.ContainsFunc(lines, func(line string) bool {
		return strings.HasPrefix(line, "FAIL  REDIS_URL") && strings.Contains(line, "has layout 9") && strings.Contains(line, "start the newer version again")
	}) {
		t.Error("no line is FAIL about a Redis that a newer version wrote")
	}
}

func TestCheckSaysWhoCanReadAFinanceChannel(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for private, want := range map[bool]string{
		false: " (#finance), and Kvitt is in it; it is public: every full member of the workspace can read suppliers and amounts there.",
		true:  " (#finance), and Kvitt is in it; its members can read suppliers and amounts there.",
	} {
		o.slack.SetChannel(o.finance, func(c *sandbox.Channel) { c.Private = private })
		if lines := o.checked(well); !slices.Contains(lines, "ok    KVITT_CHANNELS         "+o.finance+want) {
			t.Errorf("of a channel that is private (%v) no line says %q", private, want)
		}
	}
}

func TestCheckWarnsOfWhatWillSurprise(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	lines := o.checked(well, "KVITT_ADMINS="+o.asha, "KVITT_SWEEP=@every 10m", "KVITT_SYNC=0 2 * * *", "SLACK_SIGNING_SECRET=0123456789abcdef")
	for _, want := range []string{"KVITT_ADMINS", "KVITT_SWEEP", "KVITT_SYNC", "KVITT_ZONE", "STRIPE_API_KEY"} {
		if !slices.ContainsFunc(lines, func(line string) bool { return strings.HasPrefix(line, "warn") && strings.Contains(line, want) }) {
			t.Errorf("no warning about %s", want)
		}
	}
}

func TestCheckNamesThePermissionsThatARestrictedKeyLacks(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.bill("INV-1")
	for _, op := range []string{"GET /v1/events", "GET /v1/payment_intents/{id}", "GET /v1/customers/{id}"} {
		o.stripe.Fail(sandbox.StripeFault{Op: op, Kind: sandbox.StripeForbidden, Times: -1})
	}
	lines := strings.Join(o.checked(well), "\n")
	if !strings.Contains(lines, "lacks rak_customer_read. Give the restricted key Customers: read") || strings.Contains(lines, "Events: read") {
		t.Errorf("without a customer it says:\n%s", lines)
	}
	o.stripe.Mend()
	for _, op := range []string{"GET /v1/events", "GET /v1/payment_intents/{id}"} {
		o.stripe.Fail(sandbox.StripeFault{Op: op, Kind: sandbox.StripeForbidden, Times: -1})
	}
	lines = strings.Join(o.checked(well, "STRIPE_WEBHOOK_SECRET=whsec_a,whsec_b"), "\n")
	for _, want := range []string{"warn  STRIPE_API_KEY", "lacks rak_event_read. Give the restricted key Events: read", "lacks rak_payment_intent_read", "2 secrets: events come in"} {
		if !strings.Contains(lines, want) {
			t.Errorf("no line says %q:\n%s", want, lines)
		}
	}
}
