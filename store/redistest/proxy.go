package redistest

import (
	"bytes"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// Proxy stands before a server and decides what becomes of questions and answers.
type Proxy struct {
	Addr string       // host:port
	Lost atomic.Int64 // How many answers it has lost.

	server string
	judge  Judge
	ended  sync.WaitGroup
}

// Judge decides what becomes of a question. If the server is not to get it, whoever asks is cut off. Otherwise answered, unless it is nil, is called
// once the server has done what it was told, and decides whether the answer goes back; whoever waits for one that does not is cut off.
// It is called from many goroutines.
type Judge func(question []byte) (pass bool, answered func() bool)

// StartProxy loses the answer to every second script, once, so that it runs
// twice: it answers what is asked again.
func StartProxy(t testing.TB, s *Server) *Proxy {
	t.Helper()
	known := forgetful{known: map[string]bool{}}
	return StartProxyUnder(t, s, func(question []byte) (bool, func() bool) {
		if !known.loses(question) {
			return true, nil
		}
		return true, func() bool { return false }
	})
}

// StartProxyUnder does as a judge says.
func StartProxyUnder(t testing.TB, s *Server, judge Judge) *Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{Addr: l.Addr().String(), server: s.Addr, judge: judge}
	p.ended.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			p.ended.Go(func() { p.serve(client) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		s.Kill() // Ends what still waits for an answer.
		p.ended.Wait()
	})
	return p
}

// URL is the proxy's address for OpenRedis.
func (p *Proxy) URL() string { return "redis://" + p.Addr }

// serve passes on one connection. Whoever asks sends the whole of a question at
// once and then waits, so what is read at once is one question.
func (p *Proxy) serve(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", p.server)
	if err != nil {
		return
	}
	defer server.Close()
	var awaited atomic.Pointer[func() bool]
	p.ended.Go(func() {
		defer client.Close()
		p.giveBack(client, server, &awaited)
	})
	buf := make([]byte, 64<<10)
	for {
		n, err := client.Read(buf)
		if err != nil {
			return
		}
		pass, answered := p.judge(buf[:n])
		if !pass {
			return
		}
		if answered != nil {
			awaited.Store(&answered)
		}
		if _, err := server.Write(buf[:n]); err != nil {
			return
		}
	}
}

// giveBack passes answers on until the connection ends, or one is to be lost.
func (p *Proxy) giveBack(client io.Writer, server io.Reader, awaited *atomic.Pointer[func() bool]) {
	buf := make([]byte, 64<<10)
	for {
		n, err := server.Read(buf)
		if err != nil {
			return
		}
		if answered := awaited.Swap(nil); answered != nil && !(*answered)() {
			p.Lost.Add(1)
			return
		}
		if _, err := client.Write(buf[:n]); err != nil {
			return
		}
	}
}

// forgetful remembers what was asked before.
type forgetful struct {
	mu    sync.Mutex
	known map[string]bool
}

// loses tells whether a question is a script that was not asked before. A long
// one may be cut up differently when it is asked again, so its beginning counts.
func (f *forgetful) loses(question []byte) bool {
	if !bytes.Contains(question, []byte("\r\neval\r\n")) {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	beginning := string(question[:min(12<<10, len(question))])
	if f.known[beginning] {
		return false
	}
	f.known[beginning] = true
	return len(f.known)%2 == 1
}
