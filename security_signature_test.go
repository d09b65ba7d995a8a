package main

import (
	"bufio"
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
)

// signed is the frame in which Slack sends a payload; only the two headers of its signature are the attacker's.
const signed = `POST /slack/events
Content-Type: application/x-www-form-urlencoded
%s

{{.Payload}}`

// slacks are the headers as Slack writes them.
const slacks = "X-Slack-Request-Timestamp: {{.Now}}\nX-Slack-Signature: {{.Sign}}"

var forgeries = []struct{ name, headers string }{
	{"no signature at all", "Accept: */*"},
	{"no signature", "X-Slack-Request-Timestamp: {{.Now}}"},
	{"no timestamp", "X-Slack-Signature: {{.SignFor .Payload}}"},
	{"an empty signature", "X-Slack-Request-Timestamp: {{.Now}}\nX-Slack-Signature: "},
	{"nothing but the version", "X-Slack-Request-Timestamp: {{.Now}}\nX-Slack-Signature: v0="},
	{"a signature of zeros", `X-Slack-Request-Timestamp: {{.Now}}` + "\n" + `X-Slack-Signature: v0={{.Repeat "0" 64}}`},
	{"half of the right signature", "X-Slack-Request-Timestamp: {{.Now}}\nX-Slack-Signature: {{slice .Sign 0 35}}"},
	{"the right signature of another body", "X-Slack-Request-Timestamp: {{.Now}}\n" + `X-Slack-Signature: {{.SignFor "payload=%7B%7D"}}`},
	{"the right signature of an empty body", "X-Slack-Request-Timestamp: {{.Now}}\n" + `X-Slack-Signature: {{.SignFor ""}}`},
	{"the signature of an empty secret", "X-Slack-Request-Timestamp: {{.Now}}\n" + `X-Slack-Signature: {{.SignBy ""}}`},
	{"the signature of another app's secret", "X-Slack-Request-Timestamp: {{.Now}}\n" + `X-Slack-Signature: {{.SignBy "8f742231b10e8888abcd99yyyzzz85a5"}}`},
	{"the bot token as the secret", "X-Slack-Request-Timestamp: {{.Now}}\n" + `X-Slack-Signature: {{.SignBy "xoxb-sandbox"}}`},
	{"an old request", "X-Slack-Request-Timestamp: {{.Stamp -310}}\nX-Slack-Signature: {{.Sign}}"},
	{"a request from tomorrow", "X-Slack-Request-Timestamp: {{.Stamp 86400}}\nX-Slack-Signature: {{.Sign}}"},
	{"an old signature with a new time", "{{$old := .Stamp -310}}{{$signature := .Sign}}X-Slack-Request-Timestamp: {{.Now}}\nX-Slack-Signature: {{$signature}}"},
	{"a captured signature, its time written with zeros", "{{$now := .Now}}X-Slack-Request-Timestamp: 000{{$now}}\nX-Slack-Signature: {{.Sign}}"},
	{"a captured signature, its time written with a plus", "{{$now := .Now}}X-Slack-Request-Timestamp: +{{$now}}\nX-Slack-Signature: {{.Sign}}"},
	{"words for a time", `X-Slack-Request-Timestamp: {{.Says "now"}}` + "\nX-Slack-Signature: {{.Sign}}"},
	{"a fraction for a time", `X-Slack-Request-Timestamp: {{.Says (printf "%s.5" .Now)}}` + "\nX-Slack-Signature: {{.Sign}}"},
	{"a time and more", `X-Slack-Request-Timestamp: {{.Says (printf "%s, 1" .Now)}}` + "\nX-Slack-Signature: {{.Sign}}"},
	{"a time in hexadecimal", `X-Slack-Request-Timestamp: {{.Says (printf "0x%x" 1700000000)}}` + "\nX-Slack-Signature: {{.Sign}}"},
	{"the greatest number for a time", `X-Slack-Request-Timestamp: {{.Says "9223372036854775807"}}` + "\nX-Slack-Signature: {{.Sign}}"},
	{"a number too great for a time", `X-Slack-Request-Timestamp: {{.Says "18446744073709551616"}}` + "\nX-Slack-Signature: {{.Sign}}"},
	{"the least number for a time", `X-Slack-Request-Timestamp: {{.Says "-9223372036854775808"}}` + "\nX-Slack-Signature: {{.Sign}}"},
	{"a wrong signature before the right one", `X-Slack-Signature: v0={{.Repeat "0" 64}}` + "\n" + slacks},
	{"an old time before the right one", "X-Slack-Request-Timestamp: 1700000000\n" + slacks},
	{"two signatures in one", `X-Slack-Request-Timestamp: {{.Now}}` + "\n" + `X-Slack-Signature: v0={{.Repeat "0" 64}}, {{.Sign}}`},
	{"the right signature in capitals", "X-Slack-Request-Timestamp: {{.Now}}\nX-Slack-Signature: v0={{.Upper (slice .Sign 3)}}"},
	{"the right signature of version 1", "X-Slack-Request-Timestamp: {{.Now}}\nX-Slack-Signature: v1={{slice .Sign 3}}"},
	{"the right signature without a version", "X-Slack-Request-Timestamp: {{.Now}}\nX-Slack-Signature: {{slice .Sign 3}}"},
	{"the signature in another header", "X-Slack-Request-Timestamp: {{.Now}}\nX-Signature: {{.Sign}}"},
}

// Every forgery carries a payload that pays. That it was turned away without a trace is proved by the very same payload, sent as Slack sends it: it is
// not taken for a duplicate, whose answer is empty, and the first of them pays.
func TestNothingThatSlackDidNotSignIsDone(t *testing.T) {
	t.Parallel()
	f := newFort(t, 1)
	invoice, before := f.invoices["0"], len(f.slack.Calls())
	for _, forgery := range forgeries {
		answer := f.send(f.seal(fmt.Sprintf(signed, forgery.headers), f.payment(invoice, forgery.name)))
		if answer.StatusCode != http.StatusUnauthorized || text(answer) != "Unauthorized\n" || f.trail(invoice) != "seen" {
			t.Errorf("%s: status %d, body %q, the trail of the invoice: %s", forgery.name, answer.StatusCode, text(answer), f.trail(invoice))
		}
	}
	if calls := f.slack.Calls()[before:]; len(calls) > 0 || len(f.stripe.Charges("")) > 0 {
		t.Errorf("calls to Slack: %+v; charges: %+v", calls, f.stripe.Charges(""))
	}
	for _, forgery := range forgeries {
		if answer := f.send(f.seal(fmt.Sprintf(signed, slacks), f.payment(invoice, forgery.name))); answer.StatusCode != http.StatusOK || text(answer) == "" {
			t.Errorf("%s: what Slack signed afterwards got status %d and %q", forgery.name, answer.StatusCode, text(answer))
		}
	}
	f.soon("the charge", func() bool { return len(f.stripe.Charges(invoice)) == 1 })
}

// A captured request is good for ten minutes. Whoever sends it again, also to the next process on the same store, gets an acknowledgement and nothing more.
func TestACapturedRequestThatIsSentAgainIsDoneOnce(t *testing.T) {
	t.Parallel()
	f := newFort(t, 2)
	denied := strings.ReplaceAll(f.payment(f.invoices["0"], "1.2.kim"), f.people["asha"], f.people["kim"])
	captured := []string{f.seal(fmt.Sprintf(signed, slacks), denied), f.seal(fmt.Sprintf(signed, slacks), f.payment(f.invoices["1"], "1.2.asha"))}
	replay := func() {
		for _, request := range captured {
			for _, again := range []string{request, request, strings.Replace(request, "\n\n", "\nX-Slack-Retry-Num: 1\n\n", 1)} {
				if answer := f.send(again); answer.StatusCode != http.StatusOK {
					t.Errorf("status %d", answer.StatusCode)
				}
			}
		}
		f.soon("everything done", func() bool { return strings.HasSuffix(f.trail(f.invoices["1"]), "paid") })
	}
	replay()
	f.stop()
	f.open()
	replay()
	for n, want := range map[string]string{"0": "seen, denied", "1": "seen, pay requested, pay sent, paid"} {
		if got := f.trail(f.invoices[n]); got != want {
			t.Errorf("the audit trail of invoice %s: %s; want %s", n, got, want)
		}
	}
	if n := len(f.stripe.Charges("")); n != 1 {
		t.Errorf("money moved %d times", n)
	}
	doc, err := f.memory.Load(t.Context(), f.key(f.invoices["0"]))
	if err != nil || !strings.Contains(string(doc.Body), `"times":1}`) {
		t.Errorf("Kim was refused more than once: %s, %v", doc.Body, err)
	}
}

// Whoever kept a submission sends it again once its payment was refused and Pay now is back: it begins no other.
func TestACapturedSubmissionIsNotDoneAgainAfterItsPaymentFailed(t *testing.T) {
	t.Parallel()
	f := newFort(t, 1)
	invoice := f.invoices["0"]
	f.stripe.DeclineNext("insufficient_funds")
	captured := f.seal(fmt.Sprintf(signed, slacks), f.payment(invoice, "1.2.asha"))
	f.send(captured)
	f.soon("the refusal", func() bool { return strings.HasSuffix(f.trail(invoice), "refused") })
	for range 3 {
		if answer := f.send(captured); answer.StatusCode != http.StatusOK {
			t.Errorf("status %d", answer.StatusCode)
		}
	}
	f.stop()
	f.open()
	if answer := f.send(captured); answer.StatusCode != http.StatusOK || text(answer) != "" {
		t.Errorf("the next process answered %d, %s", answer.StatusCode, text(answer))
	}
	if got := f.trail(invoice); got != "seen, pay requested, pay sent, refused" || len(f.stripe.Charges("")) != 0 {
		t.Errorf("the trail of the invoice: %s; charges: %v", got, f.stripe.Charges(""))
	}
	f.send(f.seal(fmt.Sprintf(signed, slacks), f.payment(invoice, "1.3.asha"))) // What Asha herself sends anew is done.
	f.soon("the charge", func() bool { return len(f.stripe.Charges(invoice)) == 1 })
}

// In bubble time, because at the edge a test must not lose a moment.
func TestASignatureIsGoodForFiveMinutesEitherWayAndNotASecondLonger(t *testing.T) {
	t.Parallel()
	for offset, paid := range map[int]bool{-301: false, -300: true, -1: true, 1: true, 300: true, 301: false} {
		t.Run(fmt.Sprint(offset), func(t *testing.T) {
			inStory(t, "at 2026-03-05 08:00\ninvoice INV-1 1200.00 USD due 2026-06-12\nwait 20m", func(s *stage) {
				time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(time.Second)))
				headers := fmt.Sprintf("X-Slack-Request-Timestamp: {{.Stamp %d}}\nX-Slack-Signature: {{.Sign}}", offset)
				answer := s.knock(s.seal(fmt.Sprintf(signed, headers), s.payment(s.invoices["INV-1"], "1.2.3")))
				time.Sleep(breath)
				want := map[bool]int{true: http.StatusOK, false: http.StatusUnauthorized}[paid]
				if n := len(s.stripe.Charges("")); answer.StatusCode != want || n == 1 != paid {
					t.Errorf("status %d, %d charges", answer.StatusCode, n)
				}
			})
		})
	}
}

// inStory runs a test in a story, after its lines.
func inStory(t *testing.T, lines string, test func(s *stage)) {
	t.Helper()
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, folder, &txtar.Archive{})
		defer s.close()
		s.acts(lines)
		test(s)
	})
}

// acts does what the lines of a story say.
func (s *stage) acts(lines string) {
	s.t.Helper()
	for _, line := range strings.Split(lines, "\n") {
		words := split(line)
		if len(words) == 0 {
			continue
		}
		if err := verbs[words[0]](s, words[1:]); err != nil {
			s.t.Fatalf("%s\n%v\n\n%s", line, err, s.scene())
		}
	}
}

// knock brings a request to the bot of a story.
func (s *stage) knock(request string) *http.Response {
	s.t.Helper()
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(onTheLine(request))))
	if err != nil {
		s.t.Fatal(err)
	}
	answer, err := toBot{s}.RoundTrip(r)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer
}
