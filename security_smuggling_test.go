package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// bySlack are the headers of a request that Slack signed.
const bySlack = "\nX-Slack-Request-Timestamp: {{.Now}}\nX-Slack-Signature: {{.Sign}}\n"

// form are those of what people click and type, the body aside.
const form = "Content-Type: application/x-www-form-urlencoded" + bySlack

// smuggled are requests that bring a payload to the door in some other way than Slack does. However they are signed, none of them pays.
var smuggled = []struct {
	name, request string
	status        int
}{
	// In the query string, beside a body that Slack did sign.
	{"in the query, signed for nothing", "POST /slack/events?{{.Payload}}\n" + form + "\n", 400},
	{"in the query, with another form", "POST /slack/events?{{.Payload}}\n" + form + "\na=b", 400},
	{"in the query, with another payload", "POST /slack/events?{{.Payload}}\n" + form + "\npayload=%7B%22type%22%3A%22shortcut%22%2C%22user%22%3A%7B%22id%22%3A%22U1%22%7D%7D", 200},
	{"in the query, with an event", "POST /slack/events?{{.Payload}}\nContent-Type: application/json" + bySlack + "\n" + `{"type":"event_callback","event":{"type":"moon_rise"}}`, 200},
	{"in the query, with a command that nobody knows", "POST /slack/events?{{.Payload}}\n" + form + "\ncommand=/moon&user_id=U1&team_id=T0SANDBOX", 200},
	{"after another payload", "POST /slack/events\n" + form + "\npayload=%7B%22type%22%3A%22shortcut%22%2C%22user%22%3A%7B%22id%22%3A%22U1%22%7D%7D&{{.Payload}}", 200},
	{"after an empty payload", "POST /slack/events\n" + form + "\npayload=&{{.Payload}}", 400},
	{"under another name", "POST /slack/events\n" + form + "\nPAYLOAD=x&Payload=y&x{{.Payload}}", 400},
	{"in a header", "POST /slack/events\nX-Slack-Payload: {{.Payload}}\n" + form + "\n", 400},

	// With another method.
	{"GET with a query", "GET /slack/events?{{.Payload}}\n" + form + "\n", 405},
	{"GET with a body", "GET /slack/events\n" + form + "\n{{.Payload}}", 405},
	{"GET that calls itself POST", "GET /slack/events\nX-HTTP-Method-Override: POST\n" + form + "\n{{.Payload}}", 405},
	{"PUT", "PUT /slack/events\n" + form + "\n{{.Payload}}", 405},
	{"PATCH", "PATCH /slack/events\n" + form + "\n{{.Payload}}", 405},
	{"a method in lower case", "post /slack/events\n" + form + "\n{{.Payload}}", 405},

	// As something else.
	{"without a content type", "POST /slack/events" + bySlack + "\n{{.Payload}}", 400},
	{"as text", "POST /slack/events\nContent-Type: text/plain" + bySlack + "\n{{.Payload}}", 400},
	{"a form that says it is JSON", "POST /slack/events\nContent-Type: application/json" + bySlack + "\n{{.Payload}}", 400},
	{"JSON that says it is a form", "POST /slack/events\n" + form + "\n{{.JSON}}", 400},
	{"JSON of an interaction", "POST /slack/events\nContent-Type: application/json" + bySlack + "\n{{.JSON}}", 200},
	{"a multipart form", "POST /slack/events\nContent-Type: multipart/form-data; boundary=x" + bySlack + "\n" +
		"--x\r\nContent-Disposition: form-data; name=\"payload\"\r\n\r\n{{.JSON}}\r\n--x--\r\n", 400},
	{"cut by a semicolon", "POST /slack/events\n" + form + "\na=b;{{.Payload}}", 400},

	// Slack's look at the certificate is unsigned, so nothing else in it counts.
	{"an unsigned ssl_check with a payload", "POST /slack/events\nContent-Type: application/x-www-form-urlencoded\n\nssl_check=1&token=x&{{.Payload}}", 200},
	{"an unsigned ssl_check after a payload", "POST /slack/events\nContent-Type: application/x-www-form-urlencoded\n\n{{.Payload}}&ssl_check=1", 200},
	{"an unsigned ssl_check with a command", "POST /slack/events\nContent-Type: application/x-www-form-urlencoded\n\nssl_check=1&command=/invoices&user_id=U1", 200},
	{"a forged ssl_check", "POST /slack/events\nX-Slack-Request-Timestamp: 1\nX-Slack-Signature: v0=00\nContent-Type: application/x-www-form-urlencoded\n\nssl_check=1&{{.Payload}}", 200},
	{"an unsigned ssl_check in the query", "POST /slack/events?ssl_check=1\nContent-Type: application/x-www-form-urlencoded\n\n{{.Payload}}", 401},
	{"an unsigned ssl_check in JSON", "POST /slack/events\nContent-Type: application/json\n\n" + `{"ssl_check":1,"type":"url_verification","challenge":"hello"}`, 401},
	{"an unsigned ssl_check in another form", "POST /slack/events\nContent-Type: multipart/form-data; boundary=x\n\n--x\r\nContent-Disposition: form-data; name=\"ssl_check\"\r\n\r\n1\r\n--x--\r\n", 401},
	{"an unsigned ssl_check that is none", "POST /slack/events\nContent-Type: application/x-www-form-urlencoded\n\nssl_check=true&{{.Payload}}", 401},
	{"an unsigned url_verification", "POST /slack/events\nContent-Type: application/json\n\n" + `{"type":"url_verification","challenge":"hello"}`, 401},

	// Too much, or unreadable.
	{"a byte more than 1 MiB", "POST /slack/events\n" + form + "\n{{.Payload}}&{{.Fill 1048577}}", 413},
	{"more than 1 MiB of no stated length", "POST /slack/events\nTransfer-Encoding: chunked\n" + form + "\n{{.Chunked 1048577}}", 413},
	{"two lengths", "POST /slack/events\nContent-Length: 5\nContent-Length: 7\n" + form + "\n{{.Payload}}", 400},
	{"a header of 128 KiB", "POST /slack/events\nX-Long: {{.Repeat \"x\" 131072}}\n" + form + "\n{{.Payload}}", 431},
	{"a broken escape", "POST /slack/events\n" + form + "\n{{.Payload}}%zz", 400},
	{"half of it", "POST /slack/events\n" + form + "\n{{slice .Payload 0 700}}", 400},
	{"two payloads in one", "POST /slack/events\n" + form + "\n{{.Payload}}{{slice .Payload 8}}", 400},
	{"a payload in a list", "POST /slack/events\n" + form + "\npayload=[{{slice .Payload 8}}]", 400},
	{"lists in lists in lists", "POST /slack/events\n" + form + "\npayload={\"type\":\"view_submission\",\"user\":{\"id\":\"U1\"},\"state\":{{.Repeat \"[\" 200000}}", 400},
	{"objects in objects in objects", "POST /slack/events\nContent-Type: application/json" + bySlack + "\n{{.Repeat `{\"event\":` 100000}}", 400},
	{"a number for a person", "POST /slack/events\n" + form + "\npayload={\"type\":\"view_submission\",\"user\":{\"id\":1e99999}}", 400},
	{"a number of a million digits", "POST /slack/events\n" + form + "\npayload={\"type\":\"view_submission\",\"user\":{\"id\":{{.Repeat \"9\" 1000000}}}}", 400},
	{"bytes that are no UTF-8", "POST /slack/events\n" + form + "\npayload={\"type\":\"view_submission\",\"user\":{\"id\":\"\xff\xfe\"},\"view\":{\"callback_id\":\"pay\xc3\x28\"}}", 200},
	{"zero bytes", "POST /slack/events\n" + form + "\npayload={\"type\":\"view_submission\x00\"}", 400},
}

func TestOnlyTheSignedBodyOfAPOSTIsRead(t *testing.T) {
	t.Parallel()
	f := newFort(t, 1)
	invoice, before := f.invoices["0"], len(f.slack.Calls())
	for _, attack := range smuggled {
		answer := f.send(f.seal(attack.request, f.payment(invoice, attack.name)))
		if answer.StatusCode != attack.status || f.trail(invoice) != "seen" {
			t.Errorf("%s: status %d, want %d; the trail of the invoice: %s", attack.name, answer.StatusCode, attack.status, f.trail(invoice))
		}
		if said := text(answer); strings.Contains(said, "hello") || answer.StatusCode == http.StatusOK && said != "" {
			t.Errorf("%s: the answer was %q", attack.name, said)
		}
	}
	if calls := f.slack.Calls()[before:]; len(calls) > 0 || len(f.stripe.Charges("")) > 0 {
		t.Errorf("calls to Slack: %+v; charges: %+v", calls, f.stripe.Charges(""))
	}
}

// What Slack, and proxies before the door, may do to a request takes nothing from it.
func TestASignedRequestIsReadHoweverItArrives(t *testing.T) {
	t.Parallel()
	ways := []string{
		"POST /slack/events\nContent-Type: APPLICATION/x-www-form-urlencoded; charset=utf-8" + bySlack + "\n{{.Payload}}",
		"POST /slack/events?utm=1\n" + form + "\n{{.Payload}}&more=1",
		"POST http://kvitt.example/slack/events\nX-Slack-Retry-Num: 1\n" + form + "\n{{.Payload}}",
		"POST /slack/events\nTransfer-Encoding: chunked\n" + form + "\n{{.Chunked 0}}",
		"POST /slack/events\n" + form + "\n{{.Payload}}&{{.Fill 1048576}}",
	}
	f := newFort(t, len(ways))
	for n, way := range ways {
		invoice := f.invoices[fmt.Sprint(n)]
		answer := f.send(f.seal(way, f.payment(invoice, fmt.Sprint("way ", n))))
		if answer.StatusCode != http.StatusOK || !strings.Contains(text(answer), "Payment in progress") {
			t.Errorf("%.120s: status %d, %s", way, answer.StatusCode, text(answer))
		}
		f.soon("a charge", func() bool { return len(f.stripe.Charges(invoice)) == 1 })
	}
}

// A body of few bytes can unfold to gigabytes, so nothing is unfolded.
func TestACompressedBodyIsNotUnfolded(t *testing.T) {
	t.Parallel()
	f := newFort(t, 1)
	var body bytes.Buffer
	w := gzip.NewWriter(&body)
	payload := f.seal("\n\n{{.Payload}}", f.payment(f.invoices["0"], "1.2.3"))
	_, _ = fmt.Fprintf(w, "%s&x=%s", strings.TrimSpace(payload), strings.Repeat("x", 8<<20))
	_ = w.Close()
	answer := f.send(f.seal("POST /slack/events\nContent-Encoding: gzip\n"+form+"\n"+body.String(), ""))
	if answer.StatusCode != http.StatusBadRequest || f.trail(f.invoices["0"]) != "seen" {
		t.Errorf("status %d, the trail of the invoice: %s", answer.StatusCode, f.trail(f.invoices["0"]))
	}
}

func TestAChallengeIsEchoedAsPlainTextToSlackOnly(t *testing.T) {
	t.Parallel()
	f := newFort(t, 0)
	answer := f.send(f.seal("POST /slack/events\nContent-Type: application/json"+bySlack+"\n"+`{"type":"url_verification","challenge":"<script>alert(1)</script>"}`, ""))
	kind, sniff := answer.Header.Get("Content-Type"), answer.Header.Get("X-Content-Type-Options")
	if answer.StatusCode != http.StatusOK || text(answer) != "<script>alert(1)</script>" || kind != "text/plain; charset=utf-8" || sniff != "nosniff" {
		t.Errorf("status %d, %q as %q, %q", answer.StatusCode, text(answer), kind, sniff)
	}
}
