package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// known is what metrics and bodies of doors must never hold, for anybody may read them: who, how much, which.
var known = regexp.MustCompile(`[UTCDB]0[0-9A-Z]{6,}|stripe:|ledger:|\b(in|cus|pm|pi)_[0-9A-Za-z]+|INV-\d|\b1,?200\.00\b|\b120000\b|Asha|Bo\b|Kim|Acme|@|kvitt-[0-9a-f]{8}`)

func TestTheOpsDoorsTellNoNameAmountOrID(t *testing.T) {
	t.Parallel()
	f := newFort(t, 2)
	f.send(f.seal(fmt.Sprintf(signed, slacks), f.payment(f.invoices["0"], "1.2.asha")))
	f.send(f.seal(fmt.Sprintf(signed, slacks), strings.ReplaceAll(f.payment(f.invoices["1"], "1.2.kim"), f.people["asha"], f.people["kim"])))
	f.send(f.seal(fmt.Sprintf(signed, "X-Slack-Request-Timestamp: {{.Now}}\nX-Slack-Signature: v0=00"), f.payment(f.invoices["1"], "1.2.3")))
	f.send(f.seal("POST /slack/events\nContent-Type: application/json"+bySlack+"\n"+`{"type":"event_callback","event_id":"INV-1","event":{"type":"Asha-1200.00"}}`, ""))
	f.soon("the payment", func() bool { return strings.HasSuffix(f.trail(f.invoices["0"]), "paid") })
	slack := f.address
	f.address = f.ops
	for path, has := range map[string]string{"/healthz": "ok", "/readyz": `"stripe":"ok"`, "/metrics": "kvitt_"} {
		answer := f.send("GET " + path + "\n\n")
		if found := known.FindString(text(answer)); answer.StatusCode != http.StatusOK || found != "" || !strings.Contains(text(answer), has) {
			t.Errorf("%s: status %d, it tells %q: %s", path, answer.StatusCode, found, text(answer))
		}
	}
	for _, request := range []string{f.seal(fmt.Sprintf(signed, slacks), "{}"), "GET /\n\n", "GET /debug/pprof/\n\n", "GET /slack/events\n\n", "POST /invoices/import?name=x\n\nnumber\n"} {
		if answer := f.send(request); answer.StatusCode != http.StatusNotFound {
			t.Errorf("the ops door answered %.40q with %d", request, answer.StatusCode)
		}
	}
	f.address = slack
	for _, request := range []string{"GET /healthz\n\n", "GET /readyz\n\n", "GET /metrics\n\n", "GET /\n\n", "GET /debug/pprof/\n\n", "POST /invoices/import?name=x\n\nnumber\n"} {
		if answer := f.send(request); answer.StatusCode != http.StatusNotFound {
			t.Errorf("the door for Slack answered %.40q with %d", request, answer.StatusCode)
		}
	}
}

// Whoever knows the signing secret of an app that uses Socket Mode finds no door to use it at.
func TestInSocketModeThereIsNoDoorForSlack(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.bill("INV-1")
	p := start(t, o.settings("SLACK_SIGNING_SECRET="+o.slack.Config().SigningSecret), "serve")
	o.ready(p, http.StatusOK, "")
	f := &fort{stage: &stage{t: t, slack: o.slack}, address: strings.TrimPrefix(p.address(), "http://")}
	for _, request := range []string{
		fmt.Sprintf(signed, slacks), "GET /slack/events\n\n", "POST /slack/events/\n" + form + "\n{{.Payload}}", "POST /stripe/webhook\n" + form + "\n{}",
		"POST /slack/events\nContent-Type: application/x-www-form-urlencoded\n\nssl_check=1",
		"POST /slack/events\nContent-Type: application/json" + bySlack + "\n" + `{"type":"url_verification","challenge":"hello"}`,
	} {
		if answer := f.send(f.seal(request, `{"type":"view_submission","user":{"id":"`+o.asha+`"}}`)); answer.StatusCode != http.StatusNotFound {
			t.Errorf("%.40q: status %d", request, answer.StatusCode)
		}
	}
}

// Whoever may not read the store may not use it either.
func TestTheStoreAndItsSocketAreTheOperatorsOwn(t *testing.T) {
	t.Parallel()
	f := newFort(t, 0)
	data := filepath.Join(f.folder, "data")
	f.soon("the control socket", func() bool { _, err := os.Stat(filepath.Join(data, controlName)); return err == nil })
	files, err := filepath.Glob(filepath.Join(data, "*"))
	if err != nil || len(files) < 2 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, file := range append(files, data) {
		info, err := os.Stat(file)
		if err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v, %v", filepath.Base(file), info.Mode(), err)
		}
	}
	if info, _ := os.Stat(filepath.Join(data, controlName)); info.Mode().Perm() != 0o600 || info.Mode().Type() != os.ModeSocket {
		t.Errorf("the control socket has mode %v", info.Mode())
	}
}

// Not parallel, because of the umask: with this one a file is open to everybody unless it is made otherwise.
func TestTheControlSocketIsTheOperatorsOwnFromItsFirstMoment(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux gives the file the mode of its socket")
	}
	defer syscall.Umask(syscall.Umask(0))
	path := filepath.Join(t.TempDir(), controlName)
	listener, err := listenPrivately(path)
	must(t, err)
	defer listener.Close()
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != controlMode {
		t.Errorf("the control socket has mode %v, %v", info.Mode(), err)
	}
}

// A hundred clients that never come to an end are hung up on, and keep nobody else waiting meanwhile.
func TestWhoDawdlesIsHungUpOn(t *testing.T) {
	t.Parallel()
	f := newFort(t, 1)
	began := time.Now()
	over := make(chan string, 100)
	for n := range cap(over) {
		begun, most := "POST /slack/events HTTP/1.1\r\nHost: kvitt\r\nX-Slow: ", 15*time.Second
		if n%2 == 0 {
			begun, most = "POST /slack/events HTTP/1.1\r\nHost: kvitt\r\nContent-Length: 1000\r\n\r\npayload=", 20*time.Second
		}
		conn, err := net.Dial("tcp", f.address)
		if err != nil {
			t.Fatal(err)
		}
		go func() { over <- dawdle(conn, begun, most) }()
	}
	invoice := f.invoices["0"]
	if answer := f.send(f.seal(fmt.Sprintf(signed, slacks), f.payment(invoice, "1.2.3"))); answer.StatusCode != http.StatusOK || time.Since(began) > 9*time.Second {
		t.Errorf("somebody who did not dawdle got status %d after %s", answer.StatusCode, time.Since(began))
	}
	for range cap(over) {
		if wrong := <-over; wrong != "" {
			t.Fatal(wrong)
		}
	}
}

// dawdle sends a byte every second, and says so when it is let to for longer than that.
func dawdle(conn net.Conn, begun string, most time.Duration) string {
	defer conn.Close()
	deadline := time.Now().Add(most)
	_ = conn.SetDeadline(deadline)
	for next := begun; ; next = "x" {
		if _, err := conn.Write([]byte(next)); err != nil {
			break
		}
		_ = conn.SetReadDeadline(time.Now().Add(time.Second))
		if _, err := io.ReadAll(conn); err == nil {
			break
		}
	}
	if late := time.Since(deadline); late > 0 {
		return fmt.Sprintf("it was still listened to after %s: %.60q", most, begun)
	}
	return ""
}

func TestARefusedStartTellsNoSecret(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for name, more := range map[string][]string{
		"a Redis that is not there": {"REDIS_URL=redis://kvitt:hunter2@127.0.0.1:1/0"},
		"a Redis that cannot be":    {"REDIS_URL=redis://kvitt:hunter2@a,b"},
		"a token that is wrong":     {"SLACK_BOT_TOKEN=xoxb-hunter2"},
		"an app token that is none": {"SLACK_APP_TOKEN=xoxb-hunter2"},
		"a key that is wrong":       {"STRIPE_API_KEY=sk_test_hunter2"},
		"a key that is live":        {"STRIPE_API_KEY=sk_live_hunter2"},
		"a secret in another place": {"KVITT_LISTEN=xoxb-hunter2"},
		"a password in an address":  {"SLACK_API_URL=https://user:hunter2@slack.example/api/"},
		"a secret of no setting":    {"KVITT_STRIPE_KEY=sk_live_hunter2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings := o.settings(more...)
			settings = append(settings, "KVITT_DATA="+filepath.Join(shortFolder(t), "data"))
			p := start(t, settings, "serve")
			gaveUp := false
			select {
			case <-p.exited:
				gaveUp = true
			case <-time.After(2 * time.Second): // It tries again, which is fine.
				p.kill()
			}
			if said := p.said(); gaveUp && said == "" || strings.Contains(said, "hunter2") {
				t.Errorf("it said: %s", said)
			}
		})
	}
}
