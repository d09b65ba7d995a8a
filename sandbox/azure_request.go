package sandbox

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// AzureCall is one request that reached the pretend Azure, or that its Transport was given for a host that does not exist.
type AzureCall struct {
	Op     string   // Pattern of the operation: "GET /v1.0/users/{id}"; empty for an address it does not know.
	Far    AzureFar // Empty for an address it does not know.
	Method string
	Host   string
	Path   string
	Query  url.Values
	Bearer bool // Whether it carried a bearer token, which no host but Azure's may ever see.
	Status int  // 0 while at work, or where the connection was cut.
	At     time.Time
}

// azureOp is one operation: the query names that it knows and what it does, which runs under the lock.
type azureOp struct {
	far     AzureFar
	pattern string
	params  []string
	run     func(*azureRequest) (object, *azureError)
}

// azureRequest is one request, read and checked.
type azureRequest struct {
	r     *http.Request
	op    azureOp
	query url.Values
	body  []byte
	token azureToken
	id    string // The request's own id.
	sent  []byte // The body of the answer, as it may be told; empty where it holds a token.
}

const azureMaxBody = 1 << 20

// serve is the way of every request: read, let in, go wrong as asked, run, answer.
func (a *Azure) serve(op azureOp) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		req := &azureRequest{r: r, op: op, query: r.URL.Query()}
		call := a.record(req)
		defer a.tell(call, req)
		fault := a.nextFault(req)
		err := a.admit(req)
		if err == nil {
			err = fault.before(r)
		}
		var body object
		if err == nil {
			body, err = a.run(req)
		}
		if err != nil {
			a.answer(w, req, call, err.status, err.header, err.encode(op.far, req.id, a.config.Now()))
			return
		}
		fault.after(body)
		a.answer(w, req, call, http.StatusOK, nil, encode(body))
	}
}

func (a *Azure) run(req *azureRequest) (object, *azureError) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.settle()
	return req.op.run(req)
}

// admit checks everything that does not depend on what is asked for.
func (a *Azure) admit(req *azureRequest) *azureError {
	body, failed := io.ReadAll(io.LimitReader(req.r.Body, azureMaxBody))
	if failed != nil {
		return azureInvalid("InvalidRequestContent", "The request content could not be read.")
	}
	req.body = body
	far, known := azureHosts[req.r.Host]
	if known && far != req.op.far || req.op.far == "" {
		return a.refuse(req)
	}
	if strings.Contains(req.r.URL.RawQuery, " ") {
		// A raw space ends the address in a request line, so no server ever sees one.
		return azureInvalid("BadRequest", "The request line is malformed: a space in the query must be encoded.")
	}
	if req.op.far != AzureEntra {
		if err := a.authenticate(req); err != nil {
			return err
		}
	}
	if req.op.far == AzureARM {
		if err := req.checkVersion(); err != nil {
			return err
		}
	}
	return req.checkNames()
}

// refuse answers what is no operation. Whatever would change something is counted as a write that was tried.
func (a *Azure) refuse(req *azureRequest) *azureError {
	if req.r.Method == http.MethodGet || req.r.Method == http.MethodHead {
		return azureMissing("The resource '" + req.r.URL.Path + "' could not be found.")
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.writes++
	return &azureError{status: http.StatusMethodNotAllowed, code: "HttpMethodNotAllowed",
		message: "The pretend Azure is read-only; " + req.r.Method + " was refused."}
}

func (a *Azure) notThere(req *azureRequest) (object, *azureError) {
	return nil, azureMissing("The resource '" + req.r.URL.Path + "' could not be found.")
}

func (r *azureRequest) checkVersion() *azureError {
	switch version := r.query.Get("api-version"); version {
	case AzureVersion:
		return nil
	case "":
		return azureInvalid("MissingApiVersionParameter", "The api-version query parameter (?api-version=) is required for all requests.")
	default:
		return azureInvalid("InvalidApiVersionParameter", fmt.Sprintf("The api-version '%s' is invalid. The supported versions are '%s'.",
			version, AzureVersion))
	}
}

// checkNames refuses query names that the operation does not know. A page's token brings the page's size with it, as in a nextLink.
func (r *azureRequest) checkNames() *azureError {
	known := r.op.params
	if r.op.far == AzureARM {
		known = append(slices.Clone(known), "api-version")
		if r.query.Has("$skiptoken") {
			known = append(known, "$skiptoken", "$top")
		}
	}
	for name := range r.query {
		if !slices.Contains(known, name) {
			return azureInvalid("BadRequest", "The query parameter '"+name+"' is not supported.")
		}
	}
	return nil
}

func (a *Azure) record(req *azureRequest) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	req.id = a.newGUID()
	a.calls = append(a.calls, AzureCall{Op: req.op.pattern, Far: req.op.far, Method: req.r.Method, Host: req.r.Host, Path: req.r.URL.Path,
		Query: req.query, Bearer: req.r.Header.Get("Authorization") != "", At: a.config.Now()})
	return len(a.calls) - 1
}

// tell tells whoever listens of a request that is over.
func (a *Azure) tell(call int, req *azureRequest) {
	a.mu.Lock()
	hook, seen := a.onCall, a.calls[call]
	a.mu.Unlock()
	if hook != nil {
		hook(seen, req.sent)
	}
}

func (a *Azure) answer(w http.ResponseWriter, req *azureRequest, call, status int, header http.Header, body []byte) {
	a.mu.Lock()
	a.calls[call].Status = status
	a.mu.Unlock()
	if req.op.far != AzureEntra {
		req.sent = body
	}
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", "no-cache")
	switch req.op.far {
	case AzureARM:
		h.Set("X-Ms-Request-Id", req.id)
		h.Set("Api-Supported-Versions", AzureVersion)
	case AzureGraph:
		h.Set("Request-Id", req.id)
	case AzureEntra:
		h.Set("Cache-Control", "no-store, no-cache")
	}
	for name, values := range header {
		h[name] = values
	}
	w.WriteHeader(status)
	w.Write(body)
}

// newGUID makes the next id; the caller holds the lock.
func (a *Azure) newGUID() string {
	a.serial++
	return fmt.Sprintf("%08x-0000-4000-8000-%012x", a.serial, a.serial)
}
