package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"regexp"
	"strings"
	"time"

	"kvitt/sandbox"
)

// deed is something that a kvitt does at a far end, as the wire sees it: when it arrives, and again when it is done and nobody was told yet.
type deed struct {
	by     *replica // Nil where the wire cannot tell.
	what   string   // "chat.postMessage", "pay", "write".
	done   bool
	status int
	text   string
}

// What is done at far ends, besides the methods of Slack's Web API.
const (
	actLink   = "link"   // A socket to Slack.
	actClick  = "click"  // A press was acknowledged.
	actSubmit = "submit" // "Payment in progress" was answered.
	actPay    = "pay"    // POST /v1/invoices/{id}/pay.
	actList   = "list"   // GET /v1/invoices.
	actEvents = "events" // GET /v1/events: what became of a payment is looked for there.
	actWrite  = "write"  // A document in Redis.
	actLease  = "lease"  // What is due, in Redis.
)

// tap is a far end behind a wire that a replica speaks through.
func (r *replica) tap(far http.Handler) http.Handler {
	return http.HandlerFunc(func(out http.ResponseWriter, req *http.Request) {
		if strings.HasPrefix(req.URL.Path, "/link") {
			r.w.sees(deed{by: r, what: actLink})
			far.ServeHTTP(out, req)
			return
		}
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return
		}
		req.Body = io.NopCloser(bytes.NewReader(body))
		a := deed{by: r, what: whatOf(req), text: textOfCall(req, body)}
		r.w.truth(a)
		if req.Context().Err() == nil && r.w.sees(a) {
			if r.w.dice("lost", r.w.killed()) < 50 {
				r.w.hit("a request lost with its sender")
				panic(http.ErrAbortHandler)
			}
			r.w.hit("a request that outlived its sender")
		}
		answer := httptest.NewRecorder()
		r.carryOut(far, answer, req, a)
		a.done, a.status = true, answer.Code
		r.note(a, answer.Body.Bytes())
		if req.Context().Err() == nil {
			r.w.sees(a)
		}
		maps.Copy(out.Header(), answer.Header())
		out.WriteHeader(answer.Code)
		_, _ = out.Write(answer.Body.Bytes())
	})
}

// carryOut notes a connection that the far end cuts.
func (r *replica) carryOut(far http.Handler, answer http.ResponseWriter, req *http.Request, a deed) {
	defer func() {
		if cut := recover(); cut != nil {
			r.w.hit("connection cut: " + a.what)
			panic(cut)
		}
	}()
	far.ServeHTTP(answer, req)
}

// note keeps what the story is told from, and which message was posted last.
func (r *replica) note(a deed, answer []byte) {
	switch a.what {
	case actPay:
		r.w.note(r.w.numberOf(a.text), "replica %d asked to pay, and Stripe answers %d", r.nth, a.status)
		if a.status == http.StatusPaymentRequired {
			r.w.hit("a card that was declined, or asked for the person")
		}
	case "chat.postMessage":
		var said struct{ TS string }
		if json.Unmarshal(answer, &said) == nil && said.TS != "" {
			r.posted(said.TS)
		}
	}
}

func whatOf(r *http.Request) string {
	switch {
	case strings.HasSuffix(r.URL.Path, "/pay"):
		return actPay
	case r.URL.Path == "/v1/invoices":
		return actList
	case r.URL.Path == "/v1/events":
		return actEvents
	case strings.HasPrefix(r.URL.Path, "/api/"):
		return path.Base(r.URL.Path)
	}
	return r.URL.Path
}

// textOfCall is what people will read of a call; of a payment, the address.
func textOfCall(r *http.Request, body []byte) string {
	if !strings.HasPrefix(r.URL.Path, "/api/") {
		return r.URL.Path
	}
	if form, err := url.ParseQuery(string(body)); err == nil && form.Has("text") {
		return form.Get("text")
	}
	return string(body)
}

var (
	numbers  = regexp.MustCompile(`INV-\d{3}`)
	calledSo = regexp.MustCompile(`Paid: |Paid by |Paid outside`)
)

// truth looks, whenever somebody is about to be told that an invoice is paid, whether money has moved.
func (w *chaos) truth(a deed) {
	if !strings.HasPrefix(a.what, "chat.") && !strings.HasPrefix(a.what, "views.") || !calledSo.MatchString(a.text) {
		return
	}
	if b := w.find(numbers.FindString(a.text)); b != nil {
		w.check(promiseTruth, b.number, len(w.stripe.Charges(b.id)) > 0, "called paid before money moved: %s", a.text)
	}
}

// judge sees every script that a replica has Redis run.
func (r *replica) judge(question []byte) (pass bool, answered func() bool) {
	a := deed{by: r}
	switch {
	case bytes.Contains(question, []byte("-- Writes a document,")):
		a.what = actWrite
	case bytes.Contains(question, []byte("-- Leases what is due")):
		a.what = actLease
	default:
		return true, nil
	}
	a.text = string(question)
	if r.w.sees(a) {
		return false, nil
	}
	a.done = true
	return true, func() bool { return !r.w.sees(a) }
}

// sent sees what people do, once it is answered.
func (w *chaos) sent(s sandbox.Sent) {
	if s.Err != nil || s.Kind != sandbox.Interactive {
		return
	}
	if bytes.Contains(s.Ack.Payload, []byte("Payment in progress")) {
		w.sees(deed{what: actSubmit, done: true})
	} else if bytes.Contains(s.Payload, []byte(`"block_actions"`)) {
		w.sees(deed{what: actClick, done: true})
	}
}

// passOn brings Stripe's events to whoever lives, as a proxy in front of Kvitt does.
func (w *chaos) passOn() http.Handler {
	return http.HandlerFunc(func(out http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return
		}
		brought := w.until(10*time.Second, func() bool {
			for _, r := range w.replicas {
				if address, ok := r.address(); ok && bring(w.ctx, address+"/stripe/webhook", req.Header, body) {
					return true
				}
			}
			return false
		})
		if !brought {
			out.WriteHeader(http.StatusBadGateway)
			return
		}
		w.hit("a webhook")
	})
}

func bring(ctx context.Context, address string, header http.Header, body []byte) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return false
	}
	req.Header = header.Clone()
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

// pace sends every fourth event twice.
func (w *chaos) pace(n int) []time.Duration {
	if n%4 == 0 {
		return []time.Duration{0, time.Second}
	}
	return []time.Duration{0}
}
