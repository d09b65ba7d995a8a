package sandbox

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
)

// azureTransport hands requests to the handler in memory.
type azureTransport struct{ azure *Azure }

// RoundTrip implements http.RoundTripper. The handler keeps working after the caller has left.
func (t *azureTransport) RoundTrip(r *http.Request) (*http.Response, error) {
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
	if inner.Host == "" {
		inner.Host = r.URL.Host
	}
	if _, known := azureHosts[inner.Host]; !known && !loopbackHost(inner.Host) {
		t.azure.record(&azureRequest{r: inner, query: r.URL.Query()})
		return nil, fmt.Errorf("the pretend Azure knows no host %q", inner.Host)
	}
	done := make(chan *stripeRecorder, 1)
	t.azure.flying.Go(func() { done <- t.serve(inner) })
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
func (t *azureTransport) serve(r *http.Request) (rec *stripeRecorder) {
	defer func() {
		if p := recover(); p != nil {
			if p != any(http.ErrAbortHandler) {
				panic(p)
			}
			rec = nil
		}
	}()
	rec = &stripeRecorder{header: http.Header{}, status: http.StatusOK}
	t.azure.mux.ServeHTTP(rec, r)
	return rec
}
