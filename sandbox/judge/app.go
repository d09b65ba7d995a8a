package judge

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// App is the Bolt app of app.mjs at work.
type App struct {
	mu    sync.Mutex
	lines []Line
	more  chan struct{} // Closed when a line came.
	ended bool
}

// Line is what the app said about one thing: which listener was called, with what, and what it answered; or what a call returned.
type Line struct {
	Started  string          // Where it listens, or "connected".
	Listener string          // The listener that was called, and
	Body     json.RawMessage // what Bolt handed to it, and
	Ack      json.RawMessage // what it acknowledged that with; null for nothing.
	Retry    int             // The number of the repetition that Bolt read, and
	Asked    string          // A question of questions.mjs, and
	Answer   json.RawMessage // what Bolt's WebClient made of the answer.
	Trouble  string          // An error that no listener caught.
	Warned   string          // What Bolt logs as a warning or an error.
}

// patience is how long a line is waited for.
const patience = 15 * time.Second

// Start runs the app with these settings and returns once it is up. It ends with the test, which fails if Bolt warned of anything that
// was not waited for.
func Start(t testing.TB, settings map[string]string) (app *App, started string) {
	t.Helper()
	folder := installed(t)
	ctx, kill := context.WithCancel(context.Background())
	node := exec.CommandContext(ctx, "node", filepath.Join(folder, "app.mjs"))
	node.Env = append(os.Environ(), "NODE_NO_WARNINGS=1")
	for name, value := range settings {
		node.Env = append(node.Env, name+"="+value)
	}
	var complaints bytes.Buffer
	node.Stderr, node.WaitDelay = &complaints, time.Second
	// Node ends with its standard input, so not even a killed test leaves it behind.
	stdin, err := node.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := node.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := node.Start(); err != nil {
		t.Fatalf("node does not start: %v", err)
	}
	app = &App{more: make(chan struct{})}
	var reading sync.WaitGroup
	reading.Go(func() { app.read(t, stdout) })
	t.Cleanup(func() {
		stdin.Close()
		late := time.AfterFunc(5*time.Second, kill)
		reading.Wait()
		err := node.Wait()
		late.Stop()
		kill()
		if err != nil || complaints.Len() > 0 {
			t.Errorf("node ended with %v and said: %s", err, complaints.String())
		}
		for _, line := range app.lines {
			if line.Warned != "" {
				t.Errorf("Bolt warns: %s", line.Warned)
			}
		}
	})
	return app, app.Wait(t, "that the app is up", func(l Line) bool { return l.Started != "" }).Started
}

func (a *App) read(t testing.TB, stdout io.Reader) {
	lines := bufio.NewScanner(stdout)
	lines.Buffer(nil, 8<<20)
	for lines.Scan() {
		var line Line
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Errorf("the app says %q: %v", lines.Text(), err)
		}
		a.add(func() { a.lines = append(a.lines, line) })
	}
	a.add(func() { a.ended = true })
}

func (a *App) add(change func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	change()
	close(a.more)
	a.more = make(chan struct{})
}

// Wait returns the first line that fits, and takes it away. Trouble that no test asked for fails the test.
func (a *App) Wait(t testing.TB, what string, fits func(Line) bool) Line {
	t.Helper()
	late := time.After(patience)
	for {
		a.mu.Lock()
		more, ended := a.more, a.ended
		for i, line := range a.lines {
			if line.Trouble != "" {
				t.Errorf("Bolt is in trouble: %s", line.Trouble)
			} else if !fits(line) {
				continue
			}
			a.lines = append(a.lines[:i:i], a.lines[i+1:]...)
			a.mu.Unlock()
			if line.Trouble != "" {
				t.FailNow()
			}
			return line
		}
		a.mu.Unlock()
		if ended {
			t.Fatalf("the app ended; %s never came", what)
		}
		select {
		case <-more:
		case <-late:
			t.Fatalf("%s did not come within %v", what, patience)
		}
	}
}
