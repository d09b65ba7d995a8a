package azure

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
)

// maxBody is far more than a page of 50 invoices, which is some 200 kB.
const maxBody = 16 << 20

// door lets out only requests that read, to the places that it knows. It follows no redirect, which could carry a token elsewhere.
type door struct {
	inner http.RoundTripper
	open  []opening
}

// opening is one kind of request that may go out.
type opening struct {
	method string
	origin string         // Scheme and host.
	path   *regexp.Regexp // Nil: any.
}

// The two requests that are not GET. The first makes a token, the second asks a question too long for an address.
var (
	tokenPath  = regexp.MustCompile(`^/[A-Za-z0-9.-]+/oauth2/v2\.0/token$`)
	memberPath = regexp.MustCompile(`^/v1\.0/users/[0-9A-Fa-f-]{36}/checkMemberGroups$`)
)

// door is the one to Azure Resource Manager, graphDoor the one to Graph.
func (p place) door(inner http.RoundTripper) *door {
	return &door{inner, []opening{{method: http.MethodGet, origin: p.endpoint}}}
}

func (p place) graphDoor(inner http.RoundTripper) *door {
	return &door{inner, []opening{{method: http.MethodGet, origin: p.graph}, {method: http.MethodPost, origin: p.graph, path: memberPath}}}
}

// refusal is a request that did not go out. It is never tried again.
type refusal struct{ why string }

func (e *refusal) Error() string { return e.why }

// NonRetriable tells azcore's retry policy (errorinfo.NonRetriable).
func (e *refusal) NonRetriable() {}

// Do is policy.Transporter.
func (d *door) Do(r *http.Request) (*http.Response, error) {
	if !slices.ContainsFunc(d.open, func(o opening) bool { return o.admits(r) }) {
		return nil, &refusal{fmt.Sprintf("%s at %s is not sent: Kvitt only reads, and only where it was told to", r.Method, originOf(r.URL))}
	}
	resp, err := d.inner.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if resp == nil {
		return nil, errors.New("the transport gave neither an answer nor an error")
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(resp.Body, maxBody), resp.Body}
	return resp, nil
}

func (o opening) admits(r *http.Request) bool {
	return r.Method == o.method && originOf(r.URL) == o.origin && (o.path == nil || o.path.MatchString(r.URL.EscapedPath()))
}

// plain is the transport where none was given.
func plain(inner http.RoundTripper) http.RoundTripper {
	if inner != nil {
		return inner
	}
	return http.DefaultTransport
}
