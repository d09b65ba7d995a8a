package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"text/template"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"kvitt/sandbox"
	"kvitt/settings"
	"kvitt/store"
)

// fort is the whole bot as serve wires it, in HTTP mode behind its real doors. Its far ends count what came through. It logs everything.
type fort struct {
	*stage
	memory  *store.File
	address string // Of the door for Slack.
	ops     string // Of what an operator looks at.
	stop    func()
	mu      sync.Mutex
	said    bytes.Buffer
}

// besieged are invoices that nobody is to be reminded of yet, so that whatever happens to them came through a door.
func newFort(t *testing.T, besieged int) *fort {
	t.Helper()
	f := &fort{stage: newStage(t, shortFolder(t), &txtar.Archive{})}
	f.env["KVITT_OPS_LISTEN"] = "localhost:0"
	f.env["STRIPE_WEBHOOK_SECRET"] = "whsec_old,whsec_new"
	delete(f.env, "KVITT_CHANNELS")
	for n := range besieged {
		f.invoices[fmt.Sprint(n)] = f.stripe.AddInvoice(sandbox.StripeInvoice{
			Number: fmt.Sprintf("INV-%d", n), Customer: f.customer, Currency: "usd", Total: 120000, Due: time.Now().AddDate(0, 3, 0)})
	}
	f.open()
	t.Cleanup(func() { f.stop(); f.close() })
	return f
}

// open starts serve, and returns when Slack's requests are let in and every invoice is known.
func (f *fort) open() {
	f.t.Helper()
	var environ []string
	for name, value := range f.env {
		environ = append(environ, name+"="+value)
	}
	set, err := settings.Load(settings.Options{Command: settings.Serve, Environ: environ})
	if err != nil {
		f.t.Fatal(err)
	}
	f.mu.Lock()
	f.said.Reset()
	f.mu.Unlock()
	log := logger(lockedBuffer{&f.mu, &f.said}, slog.LevelDebug)
	if f.memory, err = store.OpenFile(f.t.Context(), set.Data, store.FileOptions{NoSync: true, Log: log}); err != nil {
		f.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan error, 1)
	go func() {
		over <- serveWith(ctx, newApp(set, f.memory, wires{Log: log, Slack: &http.Client{Transport: f.slack.Transport()}, Stripe: &http.Client{Transport: f.stripe.Transport()}}))
	}()
	f.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-over; err != nil {
			f.t.Errorf("serve ended with %v", err)
		}
		_ = f.memory.Close()
	})
	f.soon("open doors", func() bool {
		listening := regexp.MustCompile(`"listening","address":"([^"]+)"`).FindAllStringSubmatch(f.logged(), 2)
		if len(listening) < 2 {
			return false
		}
		f.ops, f.address = listening[0][1], listening[1][1]
		return f.send("POST /slack/events\n\n").StatusCode != http.StatusServiceUnavailable
	})
	f.soon("every invoice known", func() bool {
		for _, invoice := range f.invoices {
			if f.trail(invoice) == "" {
				return false
			}
		}
		return true
	})
}

func (f *fort) logged() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.said.String()
}

func (f *fort) soon(what string, ok func() bool) {
	f.t.Helper()
	for began := time.Now(); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Since(began) > 10*time.Second {
			f.t.Fatalf("not within 10 s: %s; the log says:\n%s", what, f.logged())
		}
	}
}

// trail is what the audit trail of an invoice says, in words.
func (f *fort) trail(invoice string) string {
	f.t.Helper()
	var words []string
	for entry, err := range f.memory.Trail(f.t.Context(), f.key(invoice)) {
		if err != nil {
			f.t.Fatal(err)
		}
		words = append(words, entry.What)
	}
	return strings.Join(words, ", ")
}

func (f *fort) key(invoice string) store.Key {
	return store.Key{Team: f.slack.Config().TeamID, Kind: "invoice", ID: "stripe:" + invoice}
}

// send writes a request to the door as it stands, and returns the answer with its body read.
func (f *fort) send(request string) *http.Response {
	f.t.Helper()
	conn, err := net.Dial("tcp", f.address)
	if err != nil {
		f.t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(8 * time.Second))
	_, _ = conn.Write(onTheLine(request)) // Who is turned away early may not be listened to until the end.
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		f.t.Fatalf("no answer to %.200s: %v", request, err)
	}
	defer answer.Body.Close()
	_ = text(answer)
	return answer
}

// text is the body of an answer, which may be asked for once more.
func text(answer *http.Response) string {
	body, _ := io.ReadAll(answer.Body)
	answer.Body = io.NopCloser(bytes.NewReader(body))
	return string(body)
}

// onTheLine turns a request as it is written in a test into bytes: the version, the host and a length that is not given are added.
func onTheLine(request string) []byte {
	head, body, _ := strings.Cut(request, "\n\n")
	first, headers, _ := strings.Cut(head, "\n")
	lines := []string{first + " HTTP/1.1", "Host: kvitt.example", "Connection: close"}
	if headers != "" {
		lines = append(lines, strings.Split(headers, "\n")...)
	}
	if !strings.Contains(headers, "Content-Length:") && !strings.Contains(headers, "Transfer-Encoding:") {
		lines = append(lines, "Content-Length: "+strconv.Itoa(len(body)))
	}
	return []byte(strings.Join(lines, "\r\n") + "\r\n\r\n" + body)
}

// letter is what a request under {{…}} may hold.
type letter struct {
	Payload string // As a form field: payload=%7B…
	JSON    string // The same payload as it is.
	secret  string
	now     time.Time
	stamp   string
	body    string
	inside  string // Of the chunks of the body.
}

// Stamp is a time so many seconds from now, which the signatures after it are made with.
func (l *letter) Stamp(offset int) string {
	return l.Says(strconv.FormatInt(l.now.Unix()+int64(offset), 10))
}

// Says is any text in the place of a time.
func (l *letter) Says(stamp string) string {
	l.stamp = stamp
	return stamp
}

// Sign is the right signature; SignFor that of another body, SignBy that by another secret.
func (l *letter) Sign() string                  { return l.SignFor(cmp.Or(l.inside, l.body)) }
func (l *letter) SignFor(body string) string    { return sandbox.Sign(l.secret, l.stamp, []byte(body)) }
func (l *letter) SignBy(secret string) string   { return sandbox.Sign(secret, l.stamp, []byte(l.body)) }
func (l *letter) Now() string                   { return l.Stamp(0) }
func (l *letter) Upper(s string) string         { return strings.ToUpper(s) }
func (l *letter) Repeat(s string, n int) string { return strings.Repeat(s, n) }

// Fill makes the body so many bytes long.
func (l *letter) Fill(size int) string {
	return strings.Repeat("x", size-len(l.Payload)-len("&"))
}

// Chunked is the payload, of at least so many bytes, as a body in chunks; it is the whole body, whose signature covers what is in the chunks.
func (l *letter) Chunked(size int) string {
	l.inside = l.Payload + strings.Repeat("x", max(size-len(l.Payload), 0))
	return fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(l.inside), l.inside)
}

// seal fills in a request: first its body, then its head, whose signature covers the body.
func (s *stage) seal(request, payload string) string {
	s.t.Helper()
	l := &letter{JSON: payload, Payload: "payload=" + url.QueryEscape(payload), secret: s.slack.Config().SigningSecret, now: time.Now()}
	head, body, _ := strings.Cut(request, "\n\n")
	l.body = s.template(body, l)
	return s.template(head, l) + "\n\n" + l.body
}

func (s *stage) template(text string, with any) string {
	s.t.Helper()
	t, err := template.New("").Option("missingkey=error").Parse(text)
	if err != nil {
		s.t.Fatal(err)
	}
	var b strings.Builder
	if err := t.Execute(&b, with); err != nil {
		s.t.Fatal(err)
	}
	return b.String()
}

// payment is a submission that pays an invoice: sent in the right way it does (and each test proves it).
func (s *stage) payment(invoice, trigger string) string {
	return s.template(`{"type":"view_submission","team":{"id":"T0SANDBOX"},"user":{"id":"{{.Who}}","team_id":"T0SANDBOX"},"api_app_id":"A0KVITT000",
		"trigger_id":"{{.Trigger}}","view":{"id":"V0FORGED","team_id":"T0SANDBOX","app_installed_team_id":"T0SANDBOX","type":"modal","callback_id":"pay",
		"hash":"1.a","private_metadata":"{\"i\":\"stripe:{{.Invoice}}\",\"a\":120000,\"c\":\"USD\"}",
		"state":{"values":{"method":{"method":{"type":"static_select","selected_option":{"value":"pm_visa"}}}}}}}`,
		map[string]string{"Who": s.people["asha"], "Invoice": invoice, "Trigger": trigger})
}
