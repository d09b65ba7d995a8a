// Package redistest starts real Redis servers for tests: one, a Cluster, or a
// master with replicas under Sentinel. Each test has its own, on free ports of
// 127.0.0.1, in a folder that goes with the test; no server that runs already
// is ever touched.
//
// It promises that nothing is skipped: where redis-server is missing the test
// fails and says what to do. It imports nothing of this module, so every
// package's tests may use it, and must never enter the program itself.
package redistest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Server is one running redis-server.
type Server struct {
	Addr string // host:port
	Dir  string // Where it keeps its files.

	t    testing.TB
	args []string
	cmd  *exec.Cmd
	done chan struct{} // Closed when the process has ended.
}

// AppendOnly makes a server keep what it answered, whoever kills it.
var AppendOnly = []string{"--appendonly", "yes", "--appendfsync", "always"}

// Start starts a server that keeps nothing on disk, and waits until it answers.
// The arguments are redis-server's own ("--requirepass", "x"), and win.
func Start(t testing.TB, args ...string) *Server {
	t.Helper()
	s := prepare(t, args...)
	s.Restart()
	return s
}

// prepare chooses a port and a folder.
func prepare(t testing.TB, args ...string) *Server {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Fatalf("redis-server is missing; run make tools: %v", err)
	}
	port := freePort(t)
	s := &Server{Addr: net.JoinHostPort("127.0.0.1", port), Dir: t.TempDir(), t: t}
	s.args = append([]string{"--bind", "127.0.0.1", "--port", port, "--dir", s.Dir, "--save", "", "--appendonly", "no"}, args...)
	t.Cleanup(s.Kill)
	return s
}

// freePort is a port that nobody listens on now. Redis may still lose it to
// somebody else; then the test fails at start and says so.
func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

// Restart starts the server again in the same folder and at the same address,
// and waits until it answers and has loaded its data.
func (s *Server) Restart() {
	s.t.Helper()
	log, err := os.OpenFile(filepath.Join(s.Dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		s.t.Fatal(err)
	}
	defer log.Close()
	// A file that may not grow (Room) is an error then, as on a full disk, and not the end of the server.
	cmd := exec.Command("sh", append([]string{"-c", `trap "" XFSZ; exec redis-server "$@"`, "redis-server"}, s.args...)...)
	cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = log, log, diesWithUs()
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { _ = cmd.Wait(); close(done) }()
	s.cmd, s.done = cmd, done
	s.until("it answers", func() bool {
		answer, _ := s.Do("PING") // An error that Redis gives is an answer, too.
		return answer != "" && !strings.HasPrefix(answer, "LOADING")
	})
}

// until waits for something that takes a server a moment.
func (s *Server) until(what string, so func() bool) {
	s.t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if so() {
			return
		}
		select {
		case <-s.done:
			log, _ := os.ReadFile(filepath.Join(s.Dir, "log"))
			s.t.Fatalf("redis-server at %s ended before %s:\n%s", s.Addr, what, log)
		default:
		}
	}
	s.t.Fatalf("redis-server at %s: waited 20 s until %s", s.Addr, what)
}

// Kill ends the server as kill -9 does, and waits for its end. Killing a dead
// one does nothing.
func (s *Server) Kill() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill()
	<-s.done
}

// Stop freezes the server: it takes connections and answers nothing.
func (s *Server) Stop() { _ = s.cmd.Process.Signal(syscall.SIGSTOP) }

// Continue wakes a frozen server.
func (s *Server) Continue() { _ = s.cmd.Process.Signal(syscall.SIGCONT) }

// URL is the server's address for OpenRedis.
func (s *Server) URL() string { return "redis://" + s.Addr }

// Do sends a command and returns the answer as text, a list's parts each on a
// line. When Redis answers with an error, the text is that error's.
func (s *Server) Do(args ...string) (string, error) {
	conn, err := net.DialTimeout("tcp", s.Addr, time.Second)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	return ask(conn, args)
}

// Must is Do, and fails the test for an error.
func (s *Server) Must(args ...string) string {
	s.t.Helper()
	answer, err := s.Do(args...)
	if err != nil {
		s.t.Fatal(fmt.Errorf("redis-server at %s: %v: %w", s.Addr, args, err))
	}
	return answer
}
