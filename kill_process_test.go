package main

import (
	"bufio"
	"bytes"
	"flag"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

var program = flag.String("program", "", "the kvitt that TestChaos runs; without it, this test binary")

// actAsKvitt makes this very test binary be kvitt: what is killed here was built with the race detector where the tests were.
const actAsKvitt = "TEST_BINARY_IS_KVITT=1"

func TestMain(m *testing.M) {
	if name, value, _ := strings.Cut(actAsKvitt, "="); os.Getenv(name) == value {
		main()
	}
	os.Exit(m.Run())
}

// process is a kvitt in a process of its own.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	first  chan string // The first line on standard output.
	exited chan struct{}

	mu       sync.Mutex
	out, log bytes.Buffer
}

// start runs kvitt with nothing in its environment but what is given. What it logged is shown when the test fails.
func start(t *testing.T, environ []string, args ...string) *process {
	t.Helper()
	p := launch(t, os.Args[0], environ, args...)
	t.Cleanup(p.end)
	return p
}

// launch is start for somebody who ends the process, and looks at what it said.
func launch(t *testing.T, program string, environ []string, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(program, args...), first: make(chan string, 1), exited: make(chan struct{})}
	p.cmd.Env = append([]string{actAsKvitt}, environ...)
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stderr = lockedBuffer{&p.mu, &p.log}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go p.follow(bufio.NewScanner(stdout))
	return p
}

// follow reads what the process says until it says no more, which is when it is gone.
func (p *process) follow(lines *bufio.Scanner) {
	defer close(p.exited)
	for n := 0; lines.Scan(); n++ {
		if n == 0 {
			p.first <- lines.Text()
		}
		_, _ = lockedBuffer{&p.mu, &p.out}.Write(append(lines.Bytes(), '\n'))
	}
	close(p.first)
	_ = p.cmd.Wait()
}

// kill is kill -9. It returns when the process is gone.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.exited
}

// stop asks the process to end, and returns its exit code and how long it took.
func (p *process) stop() (code int, took time.Duration) {
	p.t.Helper()
	began := time.Now()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Errorf("it cannot be asked to stop: %v", err)
	}
	return p.wait(15 * time.Second), time.Since(began)
}

// wait returns the exit code.
func (p *process) wait(atMost time.Duration) int {
	p.t.Helper()
	select {
	case <-p.exited:
	case <-time.After(atMost):
		p.t.Errorf("it still runs after %s", atMost)
		p.kill()
	}
	return p.cmd.ProcessState.ExitCode()
}

func (p *process) end() {
	p.kill()
	said := p.said()
	if strings.Contains(said, "DATA RACE") {
		p.t.Error("the race detector found something")
	}
	if p.t.Failed() {
		p.t.Logf("kvitt %s said:\n%s", strings.Join(p.cmd.Args[1:], " "), said)
	}
}

// said is everything that the process wrote: standard output first.
func (p *process) said() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.String() + p.log.String()
}

// address is where its HTTP doors listen.
func (p *process) address() string {
	p.t.Helper()
	for range 100 {
		if address, ok := p.listens(); ok {
			return address
		}
		time.Sleep(100 * time.Millisecond)
	}
	p.t.Fatal("it does not say where it listens")
	return ""
}

// listens is address for somebody who does not wait.
func (p *process) listens() (string, bool) {
	_, rest, ok := strings.Cut(p.said(), `"msg":"listening","address":"`)
	address, _, _ := strings.Cut(rest, `"`)
	return "http://" + address, ok
}

type lockedBuffer struct {
	mu *sync.Mutex
	b  *bytes.Buffer
}

func (l lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}
