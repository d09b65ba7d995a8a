package main

import (
	"cmp"
	"os"
	"regexp"
	"strings"
	"sync"
	"time"
)

// replica is one kvitt that is started again at once whenever it ends.
type replica struct {
	w       *chaos
	nth     int
	environ []string

	mu      sync.Mutex
	now     *process // The one that runs, or is being killed.
	doomed  string   // Why that one ends.
	over    bool     // It is not started again.
	outages int32    // How many had begun or ended when it was started; odd: Redis was away.
	fresh   string   // The ts of the message that was posted last.
}

// keep starts kvitt anew until the world ends.
func (r *replica) keep() {
	for r.begin() {
		p := r.now
		<-p.exited
		r.examine(p)
		if r.w.outages.Load()%2 == 1 {
			time.Sleep(200 * time.Millisecond) // Whoever cannot reach its store ends; a supervisor gives it a moment.
		}
	}
}

func (r *replica) begin() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over || r.w.ctx.Err() != nil {
		return false
	}
	r.outages = r.w.outages.Load()
	r.now, r.doomed = launch(r.w.t, cmp.Or(*program, os.Args[0]), r.environ, "serve"), ""
	return true
}

// doom says that the one that runs is about to end, and why; nil where that is so already.
func (r *replica) doom(why string, over bool) *process {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.over = r.over || over
	if r.now == nil || r.doomed != "" {
		return nil
	}
	r.doomed = why
	return r.now
}

// kill is kill -9; false where there was nobody to be killed.
func (r *replica) kill(why string) bool {
	p := r.doom(why, r.w.ctx.Err() != nil)
	if p == nil {
		return false
	}
	r.w.note("", "replica %d is killed: %s", r.nth, why)
	r.w.count(why)
	p.kill()
	return true
}

// stopTime is how long what was begun may take to be finished; it is 10 s on a machine that has nothing else to do.
const stopTime = 12 * time.Second

// ask asks the replica to end, for good once the people are gone; false where nobody listens yet.
func (r *replica) ask() bool {
	if _, up := r.address(); !up {
		return false
	}
	p := r.doom(askedToStop, !r.w.calm.IsZero())
	if p == nil {
		return false
	}
	r.w.note("", "replica %d is asked to stop", r.nth)
	r.w.count(askedToStop)
	code, took := p.stop()
	r.w.check(promiseStop, "", code == well && took < stopTime, "replica %d exited with %d after %s: %s", r.nth, code, took, tail(p.said()))
	return true
}

// examine reads what an ended process wrote. One that could not reach Redis may end by itself.
func (r *replica) examine(p *process) {
	r.mu.Lock()
	wanted := r.doomed != "" || r.outages%2 == 1 || r.outages != r.w.outages.Load()
	r.doomed = cmp.Or(r.doomed, "it ended by itself")
	r.mu.Unlock()
	said := p.said()
	r.w.check(promiseLife, "", wanted && !crash.MatchString(said), "replica %d ended with %d: %s", r.nth, p.cmd.ProcessState.ExitCode(), tail(said))
	for what, pattern := range secrets {
		if pattern.MatchString(said) {
			r.w.check(promiseSecret, "", false, "the log holds %s: %s", what, pattern.FindString(said))
		}
	}
	r.w.check(promiseSecret, "", true, "")
	r.w.remember(said)
}

// crash is what Go writes when a program falls.
var crash = regexp.MustCompile(`(?m)^(panic|fatal error|WARNING: DATA RACE)`)

func tail(text string) string { return text[max(0, len(text)-2000):] }

// address is where the replica listens, if it does.
func (r *replica) address() (string, bool) {
	r.mu.Lock()
	p := r.now
	alive := p != nil && r.doomed == ""
	r.mu.Unlock()
	if !alive {
		return "", false
	}
	return p.listens()
}

// posted notes which message was posted last, and freshly says whether somebody writes of it.
func (r *replica) posted(ts string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fresh = ts
}

func (r *replica) freshly(text string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.fresh != "" && strings.Contains(text, r.fresh)
}
