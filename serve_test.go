package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kvitt/sandbox"
	"kvitt/settings"
	"kvitt/store/storetest"
)

// due and later are how many of the list's invoices are to be reminded of now, and not yet; settled ones never are.
const due, later, settledRows = 12, 20, 8

// list is a company's own list of forty invoices in six currencies. The first is paid in it if asked, the second costs more.
func list(updated bool) string {
	amounts := []string{"1250.50 EUR", "980.00 USD", "12500.00 NOK", "44000 JPY", "7.125 KWD", "310.40 GBP"}
	var b strings.Builder
	b.WriteString("number,supplier,amount,currency,due,status\n")
	for i := range due + later + settledRows {
		amount, currency, _ := strings.Cut(amounts[i%len(amounts)], " ")
		day, status := time.Now().AddDate(0, 0, 3), "open"
		switch {
		case i >= due+later:
			status = []string{"paid", "void"}[i%2]
		case i >= due:
			day = time.Now().AddDate(0, 2, 0)
		case updated && i == 0:
			status = "paid"
		case updated && i == 1:
			amount = "1980.00"
		}
		fmt.Fprintf(&b, "L-%02d,Havn Kontor,%s,%s,%s,%s\n", i+1, amount, currency, day.UTC().Format(time.DateOnly), status)
	}
	return b.String()
}

func TestALedgerOfFortyInvoicesIsRemindedOfRecordedAndKeptUpToDate(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.imports(list(false), "40 added, 0 updated, 0 unchanged")
	p := start(t, o.settings("KVITT_BILLING=ledger", "KVITT_DIGEST_FROM=99"), "serve")
	o.soon("every reminder in every place", 60*time.Second, func() bool { return o.told(due) })
	o.keptPace()

	view := o.openPay(o.asha, "L-03 ")
	if !strings.Contains(view.Words(), "Kvitt moves no money for this invoice") || view.Submit != "Record as paid" {
		t.Errorf("the modal says: %s [%s]", view.Words(), view.Submit)
	}
	if err := o.slack.Submit(t.Context(), o.asha, view.ID); err != nil {
		t.Fatal(err)
	}
	o.soon("the record confirmed", 20*time.Second, func() bool {
		return o.saying(o.finance, "Recorded as paid by Asha") == 2 && o.saying(o.slack.DM(o.asha), "Recorded as paid by Asha") == 2
	})

	o.imports(list(true), "0 added, 2 updated, 38 unchanged")
	o.soon("what the list says now, on every card", 20*time.Second, func() bool {
		outside, dearer := 0, 0
		for _, place := range o.places() {
			outside += o.saying(place, "Paid outside Kvitt")
			dearer += o.saying(place, "1,980.00")
		}
		return outside == 3+1 && dearer == 3 // A card in each place; the confirmation in the channel alone.
	})
	if code, _ := p.stop(); code != well {
		t.Errorf("it exited with %d", code)
	}
	if n := len(o.slack.Everything(o.finance)); n != due+2 {
		t.Errorf("%d messages were posted in #finance, want %d reminders and 2 confirmations", n, due)
	}
}

// imports loads a list in a process of its own, whoever holds the store.
func (o *office) imports(csv, want string) {
	o.t.Helper()
	p := start(o.t, []string{"KVITT_DATA=" + o.data}, "invoices", "import", write(o.t, csv))
	if code := p.wait(20 * time.Second); code != well || !strings.Contains(p.said(), want) {
		o.t.Fatalf("the import exited with %d and said %q, want %q", code, p.said(), want)
	}
}

// told says whether every place has that many cards with controls.
func (o *office) told(cards int) bool {
	for _, place := range o.places() {
		n := 0
		for _, m := range o.slack.Messages(place) {
			if _, ok := m.Find("pay"); ok {
				n++
			}
		}
		if n != cards {
			return false
		}
	}
	return true
}

// keptPace proves that Slack never had to say that it is too much.
func (o *office) keptPace() {
	o.t.Helper()
	for _, call := range o.slack.Calls() {
		if call.Status == http.StatusTooManyRequests {
			o.t.Errorf("%s of %s was more than Slack takes", call.Method, call.At.Format(time.StampMilli))
		}
	}
}

func TestReadinessSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.bill("INV-1")
	reachable := o.slack.Fail(sandbox.Fault{Method: "apps.connections.open", Kind: sandbox.FailBefore, Times: -1})
	p := start(t, o.settings(), "serve")
	o.ready(p, http.StatusServiceUnavailable, `"slack":"waiting"`)
	if resp, err := http.Get(p.address() + "/healthz"); err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("healthz without Slack: %v %v", resp, err)
	}
	reachable()
	o.ready(p, http.StatusOK, `"billing":{"stripe":"ok"}`)
	o.stripe.Fail(sandbox.StripeFault{Kind: sandbox.StripeBroken500Before, Times: -1})
	o.ready(p, http.StatusOK, `"billing":{"stripe":"failing"}`)
	o.stripe.Mend()
	o.ready(p, http.StatusOK, `"billing":{"stripe":"ok"}`)
	o.slack.Fail(sandbox.Fault{Method: "apps.connections.open", Kind: sandbox.FailBefore, Times: -1})
	o.slack.CutSockets()
	o.ready(p, http.StatusServiceUnavailable, `"slack":"waiting"`)
}

func TestABillingServiceThatFailsIsNamedLongBeforeTheNextSync(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.bill("INV-1")
	p := start(t, o.settings("KVITT_SYNC=@every 1h"), "serve")
	for _, kind := range []sandbox.StripeFaultKind{sandbox.StripeBroken500Before, sandbox.StripeHang} {
		o.ready(p, http.StatusOK, `"billing":{"stripe":"ok"}`)
		o.stripe.Fail(sandbox.StripeFault{Kind: kind, Times: -1})
		o.ready(p, http.StatusOK, `"billing":{"stripe":"failing"}`)
		o.stripe.Mend()
	}
	o.ready(p, http.StatusOK, `"billing":{"stripe":"ok"}`)
}

// ready waits until readyz says so; it changes within 10 s, and a start takes a moment.
func (o *office) ready(p *process, status int, part string) {
	o.t.Helper()
	var got string
	for began := time.Now(); time.Since(began) < 12*time.Second; time.Sleep(100 * time.Millisecond) {
		resp, err := http.Get(p.address() + "/readyz")
		if err != nil {
			got = err.Error()
			continue
		}
		var state map[string]json.RawMessage
		err = json.NewDecoder(resp.Body).Decode(&state)
		resp.Body.Close()
		raw, _ := json.Marshal(state)
		got = fmt.Sprintf("%d %s", resp.StatusCode, raw)
		if err != nil || len(state) != 3 || state["slack"] == nil || state["store"] == nil || state["billing"] == nil {
			o.t.Fatalf("readyz says %s; want the keys slack, store and billing: %v", got, err)
		}
		if resp.StatusCode == status && strings.Contains(got, part) {
			return
		}
	}
	o.t.Fatalf("readyz says %s; want %d %s", got, status, part)
}

func TestTheStoreCanBeReachedWhileServeStillWaitsForSlack(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.slack.Fail(sandbox.Fault{Method: "apps.connections.open", Kind: sandbox.FailBefore, Times: -1})
	p := start(t, o.settings(), "serve")
	o.ready(p, http.StatusServiceUnavailable, `"slack":"waiting"`)
	o.imports(list(false), "40 added, 0 updated, 0 unchanged")
	trail := exported(t, o.data, "jsonl")
	if got := audits(t, o.data, "verify", "--head", trail); got.code != well {
		t.Errorf("the audit trail cannot be verified: exit code %d, %q", got.code, got.err)
	}
	if got := kvitt(t, []string{"KVITT_DATA=" + o.data}, "people", "erase", o.asha); got.code != failed || !strings.Contains(got.err, "still waits for Slack") {
		t.Errorf("erasing: exit code %d, %q", got.code, got.err)
	}
	o.ready(p, http.StatusServiceUnavailable, `"slack":"waiting"`)
	if code, _ := p.stop(); code != well {
		t.Errorf("it exited with %d", code)
	}
}

// The standard library has a log of its own, in which it writes of connections that broke.
func TestWhatTheStandardLibraryLogsIsInTheSameForm(t *testing.T) {
	t.Parallel()
	talkative := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
		time.Sleep(50 * time.Millisecond)
		_, _ = io.WriteString(conn, "nobody asked for this")
	}))
	defer talkative.Close()
	o := newOffice(t)
	p := start(t, append([]string{"SLACK_API_URL=" + talkative.URL + "/"}, slices.DeleteFunc(o.settings(), func(s string) bool { return strings.HasPrefix(s, "SLACK_API_URL=") })...), "serve")
	o.soon("a line of the standard library", 10*time.Second, func() bool { return strings.Contains(p.said(), "Unsolicited response") })
	p.stop()
	for line := range strings.Lines(p.said()) {
		if !json.Valid([]byte(line)) {
			t.Errorf("this is no JSON: %s", line)
		}
	}
}

func TestTwoFreePortsAreTwoDoors(t *testing.T) {
	const free = "127.0.0.1:0"
	var log bytes.Buffer
	a := newApp(settings.Settings{Listen: free, OpsListen: free}, storetest.Memory(time.Now), wires{Log: logger(&log, slog.LevelInfo)})
	doors, err := openDoors(a, func(error) {})
	must(t, err)
	doors.close()
	for _, server := range doors.servers {
		server.ErrorLog.Print("a connection broke")
	}
	if n := strings.Count(log.String(), `"level":"ERROR","msg":"a connection broke"`); n != 2 {
		t.Errorf("what the doors say is not in the log:\n%s", log.String())
	}
	if n := strings.Count(log.String(), `"msg":"listening"`); n != 2 {
		t.Errorf("it listens on %d addresses:\n%s", n, log.String())
	}
}

func TestItIsNotReadyWhileItFinishes(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.bill("INV-1")
	asked := make(chan struct{}, 9)
	o.onRequest(func(r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/pay") {
			asked <- struct{}{}
			time.Sleep(4 * time.Second)
		}
	})
	p := start(t, o.settings(), "serve")
	o.soon("a reminder in every place", 30*time.Second, func() bool { return o.reminded("INV-1") })
	o.ready(p, http.StatusOK, "")
	o.submit(o.asha, "INV-1")
	<-asked
	exit := make(chan int, 1)
	go func() { code, _ := p.stop(); exit <- code }()
	o.ready(p, http.StatusServiceUnavailable, "")
	if code := <-exit; code != well {
		t.Errorf("it exited with %d", code)
	}
}

func TestABillingServiceThatFailsKeepsNobodyFromBeingReminded(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.bill("INV-1")
	o.imports("number,supplier,amount,currency,due\nL-1,Havn,10.00,EUR,"+time.Now().AddDate(0, 0, 3).UTC().Format(time.DateOnly)+"\n", "1 added")
	both := o.settings("KVITT_BILLING=stripe,ledger", "KVITT_REMINDERS=-1")
	first := start(t, both, "serve")
	o.soon("a sync that sees both", 10*time.Second, func() bool {
		known := o.metrics(first)
		return strings.Contains(known, `kvitt_invoices{service="stripe",state="open"} 1`) && strings.Contains(known, `kvitt_invoices{service="ledger",state="open"} 1`)
	})
	first.stop()
	o.stripe.Fail(sandbox.StripeFault{Kind: sandbox.StripeBroken500Before, Times: -1})
	second := start(t, append(both, "KVITT_REMINDERS=-7"), "serve")
	o.soon("reminders of both", 30*time.Second, func() bool { return o.reminded("INV-1") && o.reminded("L-1") })
	o.ready(second, http.StatusOK, `"ledger":"ok","stripe":"failing"`)
}

func TestABadSettingStopsItBeforeItConnectsAnywhere(t *testing.T) {
	t.Parallel()
	var connections atomic.Int32
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { connections.Add(1) }))
	defer elsewhere.Close()
	data := filepath.Join(shortFolder(t), "data")
	good := []string{"SLACK_BOT_TOKEN=xoxb-1", "SLACK_APP_TOKEN=xapp-1", "SLACK_API_URL=" + elsewhere.URL + "/api/", "KVITT_DATA=" + data,
		"KVITT_BILLING=ledger", "KVITT_ADMINS=U1", "KVITT_LISTEN=127.0.0.1:0"}
	for name, c := range map[string]struct {
		environ []string
		args    []string
		names   string
	}{
		"an unknown variable":       {[]string{"KVITT_SWEPE=@every 1s"}, nil, "KVITT_SWEPE"},
		"hours that are none":       {[]string{"KVITT_HOURS=9-25"}, nil, "KVITT_HOURS"},
		"a flag that wins":          {nil, []string{"--zone=Mars/Olympus"}, "--zone"},
		"no token":                  {[]string{"SLACK_BOT_TOKEN="}, nil, "SLACK_BOT_TOKEN"},
		"a comma in REDIS_URL":      {[]string{"REDIS_URL=redis://a,b"}, nil, "REDIS_URL"},
		"plain http elsewhere":      {[]string{"SLACK_API_URL=http://example.com/api/"}, nil, "SLACK_API_URL"},
		"stripe without its key":    {[]string{"KVITT_BILLING=stripe"}, nil, "STRIPE_API_KEY"},
		"another Stripe, live key":  {[]string{"KVITT_BILLING=stripe", "STRIPE_API_KEY=sk_live_0123456789", "KVITT_STRIPE_CUSTOMERS=cus_1", "STRIPE_API_URL=" + elsewhere.URL}, nil, "STRIPE_API_URL"},
		"a folder that is a secret": {[]string{"SLACK_BOT_TOKEN=", "SLACK_BOT_TOKEN_FILE=" + t.TempDir()}, nil, "SLACK_BOT_TOKEN_FILE"},
	} {
		t.Run(name, func(t *testing.T) {
			p := start(t, append(append([]string(nil), good...), c.environ...), append([]string{"serve"}, c.args...)...)
			if code := p.wait(10 * time.Second); code != refused {
				t.Errorf("it exited with %d, want %d", code, refused)
			}
			said := p.said()
			if !strings.Contains(said, c.names) || strings.Count(said, "\n") != 1 || strings.Contains(said, "0123456789") {
				t.Errorf("it said: %s", said)
			}
		})
	}
	if n := connections.Load(); n > 0 {
		t.Errorf("it connected %d times", n)
	}
	if _, err := os.Stat(data); err == nil {
		t.Error("it made a folder for its data")
	}
}
