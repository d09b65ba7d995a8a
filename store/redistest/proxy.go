package redistest

import (
	"bytes"
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// Proxy stands before a server and loses answers: the server has done what it
// was told, and whoever asked is cut off.
type Proxy struct {
	Addr string       // host:port
	Lost atomic.Int64 // How many answers it has lost.

	server string
	ended  sync.WaitGroup
	mu     sync.Mutex
	known  map[string]bool // What was asked before.
}

// StartProxy loses the answer to every second script, once, so that it runs
// twice: it answers what is asked again.
func StartProxy(t testing.TB, s *Server) *Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{Addr: l.Addr().String(), server: s.Addr, known: map[string]bool{}}
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
	var losing atomic.Bool
	p.ended.Go(func() {
		defer client.Close()
		buf := make([]byte, 64<<10)
		for {
			n, err := server.Read(buf)
			if err != nil {
				return
			}
			if losing.Load() {
				p.Lost.Add(1)
				return
			}
			if _, err := client.Write(buf[:n]); err != nil {
				return
			}
		}
	})
	buf := make([]byte, 64<<10)
	for {
		n, err := client.Read(buf)
		if err != nil {
			return
		}
		if p.loses(buf[:n]) {
			losing.Store(true)
		}
		if _, err := server.Write(buf[:n]); err != nil {
			return
		}
	}
}

// loses tells whether a question is a script that was not asked before. A long
// one may be cut up differently when it is asked again, so its beginning counts.
func (p *Proxy) loses(question []byte) bool {
	if !bytes.Contains(question, []byte("\r\neval\r\n")) {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	beginning := string(question[:min(12<<10, len(question))])
	if p.known[beginning] {
		return false
	}
	p.known[beginning] = true
	return len(p.known)%2 == 1
}
