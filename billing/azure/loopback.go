package azure

import (
	"bytes"
	"io"
	"net/http"
	"strings"
)

// azidentity sends a secret over https only, and believes no authority whose own addresses are not. On loopback nobody listens in, and an authority there
// may do without: azidentity is told that it has https, and what goes through its door is translated.

// secure is an authority as azidentity wants it.
func secure(authority string) string {
	if rest, isPlain := strings.CutPrefix(authority, "http:"); isPlain {
		return "https:" + rest
	}
	return authority
}

// onLoopback sends over http what is meant for its authority over https.
type onLoopback struct {
	http.RoundTripper
	authority string // http
}

func (l onLoopback) RoundTrip(r *http.Request) (*http.Response, error) {
	if originOf(r.URL) != secure(l.authority) {
		return l.RoundTripper.RoundTrip(r)
	}
	r = r.Clone(r.Context())
	r.URL.Scheme = "http"
	resp, err := l.RoundTripper.RoundTrip(r)
	if err != nil || !strings.HasSuffix(r.URL.Path, "/openid-configuration") {
		return resp, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(bytes.ReplaceAll(body, []byte(l.authority), []byte(secure(l.authority)))))
	resp.ContentLength = -1
	return resp, nil
}
