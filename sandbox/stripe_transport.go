package sandbox

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
)

// stripeTransport hands requests to the handler in memory.
type stripeTransport struct{ stripe *Stripe }

// RoundTrip implements http.RoundTripper. The handler keeps working after the caller has left.
func (t *stripeTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	var body []byte
	if r.Body != nil {
		var err error
		body, err = io.ReadAll(r.Body)
		r.Body.Close()
		if err != nil {
			return nil, err
		}
	}
	inner := r.Clone(r.Context())
	inner.Body = io.NopCloser(bytes.NewReader(body))
	done := make(chan *stripeRecorder, 1)
	t.stripe.flying.Go(func() { done <- t.serve(inner) })
	select {
	case <-r.Context().Done():
		return nil, r.Context().Err()
	case rec := <-done:
		if rec == nil {
			return nil, io.ErrUnexpectedEOF
		}
		return rec.response(r), nil
	}
}

// serve runs the handler; nil means that it cut the connection.
func (t *stripeTransport) serve(r *http.Request) (rec *stripeRecorder) {
	defer func() {
		if p := recover(); p != nil {
			if p != any(http.ErrAbortHandler) {
				panic(p)
			}
			rec = nil
		}
	}()
	rec = &stripeRecorder{header: http.Header{}, status: http.StatusOK}
	t.stripe.mux.ServeHTTP(rec, r)
	return rec
}

// stripeRecorder keeps one answer. (httptest's recorder would add a flag to every program that links it.)
type stripeRecorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *stripeRecorder) Header() http.Header         { return r.header }
func (r *stripeRecorder) WriteHeader(status int)      { r.status = status }
func (r *stripeRecorder) Write(p []byte) (int, error) { return r.body.Write(p) }

func (r *stripeRecorder) response(req *http.Request) *http.Response {
	return &http.Response{
		Status: fmt.Sprintf("%d %s", r.status, http.StatusText(r.status)), StatusCode: r.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: r.header, Body: io.NopCloser(&r.body), ContentLength: int64(r.body.Len()), Request: req,
	}
}
