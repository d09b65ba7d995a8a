package sandbox

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
)

// Transport returns the workspace as an http.RoundTripper: the same as Handler, whatever the host, without a socket and
// without a goroutine that outlives the call. A cut connection is io.ErrUnexpectedEOF.
func (s *Slack) Transport() http.RoundTripper { return inMemory{s.routes()} }

// inMemory calls a handler in place of a server.
type inMemory struct{ handler http.Handler }

// RoundTrip implements http.RoundTripper.
func (m inMemory) RoundTrip(r *http.Request) (_ *http.Response, err error) {
	if r.Body != nil {
		defer r.Body.Close()
	}
	in := r.Clone(r.Context())
	in.RequestURI = r.URL.RequestURI()
	if in.Host == "" {
		in.Host = r.URL.Host
	}
	if in.Body == nil {
		in.Body = http.NoBody
	}
	out := &answer{header: http.Header{}, status: http.StatusOK}
	defer func() {
		switch fell := recover(); {
		case fell == nil:
		case fell != http.ErrAbortHandler:
			panic(fell)
		case r.Context().Err() != nil:
			err = context.Cause(r.Context())
		default:
			err = io.ErrUnexpectedEOF
		}
	}()
	m.handler.ServeHTTP(out, in)
	return out.response(r), nil
}

// answer is an http.ResponseWriter in memory. (httptest's recorder would add a flag to every program that links it.)
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
	once   sync.Once
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) response(r *http.Request) *http.Response {
	return &http.Response{
		Status: fmt.Sprintf("%d %s", a.status, http.StatusText(a.status)), StatusCode: a.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: a.header, Body: io.NopCloser(&a.body), ContentLength: int64(a.body.Len()), Request: r,
	}
}

func (a *answer) WriteHeader(status int) { a.once.Do(func() { a.status = status }) }

func (a *answer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(b)
}

// DialContext connects to the workspace through memory, whatever the address, and fits websocket.Dialer.NetDialContext: so
// Socket Mode works inside a synctest bubble, too. Shutdown ends what was opened.
func (s *Slack) DialContext(context.Context, string, string) (net.Conn, error) {
	if !s.begin() {
		return nil, net.ErrClosed
	}
	near, far := net.Pipe()
	one := &oneConn{conn: make(chan net.Conn, 1), done: make(chan struct{})}
	one.conn <- &watched{Conn: far, closed: one.Close}
	server := &http.Server{Handler: s.routes()}
	go func() {
		defer s.hands.Done()
		server.Serve(one)
	}()
	return near, nil
}

// oneConn is a listener with a single connection in it; it ends together with that connection.
type oneConn struct {
	conn chan net.Conn
	done chan struct{}
	once sync.Once
}

func (o *oneConn) Accept() (net.Conn, error) {
	select {
	case c := <-o.conn:
		return c, nil
	case <-o.done:
		return nil, net.ErrClosed
	}
}

func (o *oneConn) Close() error {
	o.once.Do(func() { close(o.done) })
	return nil
}

func (o *oneConn) Addr() net.Addr { return pipeAddr{} }

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "pipe" }

type watched struct {
	net.Conn
	closed func() error
}

func (w *watched) Close() error {
	w.closed()
	return w.Conn.Close()
}
