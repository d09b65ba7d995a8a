package sandbox

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// StripeCall is one request that reached the pretend Stripe.
type StripeCall struct {
	Op       string // Pattern of the operation: "POST /v1/invoices/{id}/pay"; empty for an address it does not know.
	Path     string
	Params   url.Values
	Key      string // Idempotency key.
	Version  string // Stripe-Version header.
	Status   int    // 0 while at work, or where the connection was cut.
	Replayed bool
	At       time.Time
}

// stripeOp is one operation: the parameters it knows, expand aside, and what it does.
type stripeOp struct {
	params []string
	run    func(*stripeRequest) (object, *stripeError)
}

// stripeRequest is one request, read and checked.
type stripeRequest struct {
	r      *http.Request
	op     string
	id     string // The {id} of the path.
	form   url.Values
	expand []string
	key    string
	reqID  string
	sent   []byte // The body of the answer.
}

type stripeAnswer struct {
	status   int
	body     []byte
	replayed bool
}

var (
	stripeVersionShape = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}(\.[a-z]+)?$`)
	stripeMaxBody      = int64(1 << 20)
)

// serve is the way of every request: read, let in, check, go wrong as asked, remember the key, run, answer.
func (s *Stripe) serve(pattern string, op stripeOp) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		req, err := s.read(pattern, r)
		call := s.record(req)
		defer s.tell(call, req)
		if s.dark() {
			panic(http.ErrAbortHandler)
		}
		if err == nil {
			err = s.admit(req, op)
		}
		if err != nil {
			s.answer(w, req, call, err.answer())
			return
		}
		fault := s.nextFault(req)
		if done := fault.before(r); done != nil {
			s.answer(w, req, call, done.answer())
			return
		}
		answer := s.once(req, func() (object, *stripeError) {
			return fault.around(func() (object, *stripeError) { return op.run(req) })
		})
		if fault.is(StripeCutAfter) || s.dark() {
			panic(http.ErrAbortHandler)
		}
		s.answer(w, req, call, answer)
	}
}

func (s *Stripe) read(pattern string, r *http.Request) (*stripeRequest, *stripeError) {
	s.mu.Lock()
	req := &stripeRequest{r: r, op: pattern, id: r.PathValue("id"), key: r.Header.Get("Idempotency-Key"), reqID: s.newID("req")}
	s.mu.Unlock()
	req.form = r.URL.Query()
	if r.Method != http.MethodPost {
		return req, nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, stripeMaxBody))
	if err != nil {
		return req, stripeInvalid("", "", "The request body could not be read.")
	}
	kind := r.Header.Get("Content-Type")
	if len(body) > 0 && !strings.HasPrefix(kind, "application/x-www-form-urlencoded") {
		return req, stripeInvalid("", "", fmt.Sprintf("Invalid request content type: %q; use application/x-www-form-urlencoded.", kind))
	}
	req.form, err = url.ParseQuery(string(body))
	if err != nil {
		return req, stripeInvalid("", "", "The request body is not form-encoded.")
	}
	return req, nil
}

// admit checks credentials, version, key and parameter names.
func (s *Stripe) admit(req *stripeRequest, op stripeOp) *stripeError {
	if err := s.checkKey(req.r); err != nil {
		return err
	}
	if v := req.r.Header.Get("Stripe-Version"); v != "" && !stripeVersionShape.MatchString(v) {
		return stripeInvalid("", "", "Invalid Stripe API version: "+v)
	}
	if len(req.key) > 255 {
		return stripeInvalid("", "", "Idempotency-Key must be at most 255 characters.")
	}
	for _, name := range stripeSortedKeys(req.form) {
		root, _, _ := strings.Cut(name, "[")
		switch {
		case root == "expand":
			req.expand = append(req.expand, req.form[name]...)
		case op.params == nil && req.op == "":
		case !slices.Contains(op.params, root):
			return stripeInvalid("parameter_unknown", name, "Received unknown parameter: "+name)
		}
	}
	return req.checkExpand()
}

// checkKey takes the secret key as bearer token or as basic user name, as Stripe does.
func (s *Stripe) checkKey(r *http.Request) *stripeError {
	key, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if user, _, ok := r.BasicAuth(); ok {
		key, bearer = user, true
	}
	switch {
	case !bearer:
		return &stripeError{status: 401, kind: "invalid_request_error", message: "You did not provide an API key. " +
			"You need to provide your API key in the Authorization header, using Bearer auth."}
	case key != s.config.Key:
		return &stripeError{status: 401, kind: "invalid_request_error", message: "Invalid API Key provided: " + stripeMask(key)}
	}
	return nil
}

func (s *Stripe) record(req *stripeRequest) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ripen()
	s.calls = append(s.calls, StripeCall{Op: req.op, Path: req.r.URL.Path, Params: req.form, Key: req.key,
		Version: req.r.Header.Get("Stripe-Version"), At: s.config.Now()})
	return len(s.calls) - 1
}

// tell tells whoever listens of a request that is over.
func (s *Stripe) tell(call int, req *stripeRequest) {
	s.mu.Lock()
	hook, seen := s.onCall, s.calls[call]
	s.mu.Unlock()
	if hook != nil {
		hook(seen, req.sent)
	}
}

func (s *Stripe) answer(w http.ResponseWriter, req *stripeRequest, call int, a stripeAnswer) {
	s.mu.Lock()
	s.calls[call].Status, s.calls[call].Replayed = a.status, a.replayed
	s.mu.Unlock()
	req.sent = a.body
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Request-Id", req.reqID)
	h.Set("Stripe-Version", StripeVersion)
	if req.key != "" {
		h.Set("Idempotency-Key", req.key)
	}
	if a.replayed {
		h.Set("Idempotent-Replayed", "true")
	}
	w.WriteHeader(a.status)
	w.Write(a.body)
}

// newID makes the next id of a kind; the caller holds the lock.
func (s *Stripe) newID(prefix string) string {
	s.serial++
	return fmt.Sprintf("%s_1Kvitt%08d", prefix, s.serial)
}

func stripeMask(key string) string {
	if len(key) < 12 {
		return "****"
	}
	return key[:8] + strings.Repeat("*", len(key)-12) + key[len(key)-4:]
}

func stripeSortedKeys(form url.Values) []string {
	names := make([]string, 0, len(form))
	for name := range form {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// number reads an integer parameter; absent is the default.
func (r *stripeRequest) number(name string, otherwise int64) (int64, *stripeError) {
	if !r.form.Has(name) {
		return otherwise, nil
	}
	n, err := strconv.ParseInt(r.form.Get(name), 10, 64)
	if err != nil {
		return 0, stripeInvalid("parameter_invalid_integer", name, "Invalid integer: "+r.form.Get(name))
	}
	return n, nil
}

// truth reads a boolean parameter; absent is the default.
func (r *stripeRequest) truth(name string, otherwise bool) (bool, *stripeError) {
	switch v := r.form.Get(name); {
	case !r.form.Has(name):
		return otherwise, nil
	case v == "true" || v == "false":
		return v == "true", nil
	default:
		return false, stripeInvalid("", name, "Invalid boolean: "+v)
	}
}

// oneOf checks an enumerated parameter.
func (r *stripeRequest) oneOf(name string, allowed ...string) *stripeError {
	v := r.form.Get(name)
	if !r.form.Has(name) || slices.Contains(allowed, v) {
		return nil
	}
	return stripeInvalid("", name, fmt.Sprintf("Invalid %s: must be one of %s", name, strings.Join(allowed, ", ")))
}

func stripeEncode(v any) []byte {
	body, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		panic(err) // Only maps of plain values come here.
	}
	return body
}
