package bot

import (
	"context"
	"sync"
	"time"
)

// Bounds on what goes on at once. What waits for an answer has workers of its own, which slow presses cannot take.
const (
	workers    = 64
	maxWaiting = 1000
)

// work runs what was taken in, 64 at a time of each sort, and knows when all of it is done.
type work struct {
	ctx    context.Context
	cancel context.CancelFunc

	mu       sync.Mutex
	stopping bool
	presses  lane
	answers  lane
}

type lane struct {
	slots chan struct{}
	count int           // Running and waiting.
	empty chan struct{} // Closed when we are stopping and nothing is left.
}

func newWork() *work {
	ctx, cancel := context.WithCancel(context.Background())
	return &work{ctx: ctx, cancel: cancel, presses: newLane(), answers: newLane()}
}

func newLane() lane {
	return lane{slots: make(chan struct{}, workers), empty: make(chan struct{})}
}

// accept takes f in, or returns false: we are stopping, or too much is waiting. It does not block.
func (w *work) accept(answer bool, f func(context.Context)) bool {
	l := &w.presses
	if answer {
		l = &w.answers
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopping || l.count >= workers+maxWaiting {
		return false
	}
	l.count++
	go func() {
		defer w.done(l)
		l.slots <- struct{}{}
		defer func() { <-l.slots }()
		f(w.ctx)
	}()
	return true
}

func (w *work) done(l *lane) {
	w.mu.Lock()
	defer w.mu.Unlock()
	l.count--
	l.closeIfEmpty(w.stopping)
}

func (l *lane) closeIfEmpty(stopping bool) {
	if stopping && l.count == 0 {
		close(l.empty)
	}
}

// close takes nothing in any more.
func (w *work) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopping {
		return
	}
	w.stopping = true
	w.presses.closeIfEmpty(true)
	w.answers.closeIfEmpty(true)
}

func (w *work) closed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.stopping
}

// busy says whether anything is being done or waits for its turn.
func (w *work) busy() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.presses.count+w.answers.count > 0
}

// waitAnswers waits until everything is answered that Slack waits for, but no longer than d.
func (w *work) waitAnswers(d time.Duration) {
	select {
	case <-w.answers.empty:
	case <-time.After(d):
	}
}

// wait waits until everything is done, but no longer than d; what is still going on then has its context ended.
func (w *work) wait(d time.Duration) bool {
	defer w.cancel()
	timeout := time.After(d)
	for _, l := range []*lane{&w.answers, &w.presses} {
		select {
		case <-l.empty:
		case <-timeout:
			return false
		}
	}
	return true
}

// memory is Config.Seen for tests and for one process that may forget.
type memory struct {
	mu  sync.Mutex
	ids map[string]time.Time
}

const memoryLife = 15 * time.Minute

func newMemory() *memory { return &memory{ids: map[string]time.Time{}} }

func (m *memory) seen(_ context.Context, id string) (first bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	if at, known := m.ids[id]; known && now.Sub(at) < memoryLife {
		return false, nil
	}
	if len(m.ids) >= enough {
		m.forget(now)
	}
	m.ids[id] = now
	return true, nil
}

func (m *memory) forget(now time.Time) {
	for id, at := range m.ids {
		if now.Sub(at) >= memoryLife {
			delete(m.ids, id)
		}
	}
}
