package sandbox

import (
	"bytes"
	"io"
	"net/http"
	"sync"
)

// carry hands a request to a handler without sockets. The handler keeps working after the caller has left; a cut connection is an error.
func carry(r *http.Request, flying *sync.WaitGroup, handler http.Handler) (*http.Response, error) {
	inner, err := received(r)
	if err != nil {
		return nil, err
	}
	done := make(chan *answer, 1)
	flying.Go(func() { done <- answerOf(handler, inner) })
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

// received is a request as its server sees it, with a body of its own.
func received(r *http.Request) (*http.Request, error) {
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
	return inner, nil
}

// answerOf runs the handler; nil means that it cut the connection.
func answerOf(handler http.Handler, r *http.Request) (rec *answer) {
	defer func() {
		if p := recover(); p != nil {
			if p != any(http.ErrAbortHandler) {
				panic(p)
			}
			rec = nil
		}
	}()
	rec = &answer{header: http.Header{}, status: http.StatusOK}
	handler.ServeHTTP(rec, r)
	return rec
}
