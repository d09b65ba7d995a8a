package main

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kvitt/settings"
	"kvitt/store"
	"kvitt/store/storetest"
)

func TestAuditWhileServeRunsAndAfterwards(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.bill("INV-1")
	p := start(t, o.settings(), "serve")
	o.soon("a reminder in every place", 30*time.Second, func() bool { return o.reminded("INV-1") })
	o.submit(o.asha, "INV-1")
	early := exported(t, o.data, "csv")
	for _, args := range [][]string{{"verify"}, {"verify", "--head", early}} {
		if got := audits(t, o.data, args...); got.code != well || !strings.Contains(got.out, "Nothing was altered") {
			t.Errorf("%v while serve runs: exit code %d, %q", args, got.code, got.err)
		}
	}
	o.soon("the payment confirmed", 30*time.Second, func() bool { return o.saying(o.finance, "Paid by Asha") > 0 })
	if second := start(t, o.settings(), "serve"); second.wait(10*time.Second) != failed || !strings.Contains(second.said(), "another kvitt serve already works on") {
		t.Errorf("a second serve said %s", second.said())
	}
	p.stop()
	if got := audits(t, o.data, "verify", "--head", early); got.code != well {
		t.Errorf("after serve has ended: exit code %d, %q", got.code, got.err)
	}
	if late := audits(t, o.data, "export", "--format=jsonl"); late.code != well || !strings.Contains(late.out, o.asha) || strings.Contains(late.out, "Asha") ||
		strings.Contains(late.out, "http") {
		t.Errorf("the export holds a name or a link, or not who paid: %s", late.out)
	}
}

// held is a folder whose store is held by a serve of which there is only the socket.
func held(t *testing.T, answer func(store.Backend) http.Handler) string {
	t.Helper()
	data := folderWith(t, done())
	backend, err := store.OpenFile(t.Context(), data, store.FileOptions{})
	must(t, err)
	t.Cleanup(func() { backend.Close() })
	listener, err := net.Listen("unix", filepath.Join(data, controlName))
	must(t, err)
	server := &http.Server{Handler: answer(backend)}
	served := make(chan struct{})
	go func() { defer close(served); _ = server.Serve(listener) }()
	t.Cleanup(func() { server.Close(); <-served })
	return data
}

func TestAuditThroughTheSocketIsWholeOrFails(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(store.Backend) http.Handler
		err    string
	}{
		"cut off": {func(b store.Backend) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				sendTrail(r.Context(), b, &stingy{ResponseWriter: w, left: 900})
				_ = http.NewResponseController(w).Flush()
				panic(http.ErrAbortHandler)
			})
		}, "line"},
		"ended early": {func(b store.Backend) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				sendTrail(r.Context(), b, &stingy{ResponseWriter: w, left: 900})
			})
		}, "line"},
		"store failing": {func(b store.Backend) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { sendTrail(r.Context(), failing{b}, w) })
		}, store.ErrUnavailable.Error()},
		"an older version": {func(store.Backend) http.Handler { return http.NotFoundHandler() }, "another version"},
	} {
		t.Run(name, func(t *testing.T) {
			data := held(t, c.answer)
			for _, args := range [][]string{{"verify"}, {"export"}, {"export", filepath.Join(t.TempDir(), "trail.csv")}} {
				if got := audits(t, data, args...); got.code != failed || !strings.Contains(got.err, c.err) || strings.Contains(got.out, endRecord+",") {
					t.Errorf("%v: exit code %d, %q, %q", args, got.code, got.out, got.err)
				}
			}
		})
	}
}

// stingy loses what is written after so many bytes.
type stingy struct {
	http.ResponseWriter
	left int
}

func (s *stingy) Write(p []byte) (int, error) {
	n := min(len(p), s.left)
	s.left -= n
	_, err := s.ResponseWriter.Write(p[:n])
	return len(p), err
}

// failing is a store that cannot be reached any more after the first chain.
type failing struct{ store.Backend }

func (f failing) Chains(ctx context.Context) iter.Seq2[store.Key, error] {
	return func(yield func(store.Key, error) bool) {
		for key, err := range f.Backend.Chains(ctx) {
			if !yield(key, err) || !yield(store.Key{}, store.ErrUnavailable) {
				return
			}
			return
		}
	}
}

func TestAuditSocketOfServeAnswersAndEnds(t *testing.T) {
	data := folderWith(t, done())
	backend, err := store.OpenFile(t.Context(), data, store.FileOptions{})
	must(t, err)
	defer backend.Close()
	var log bytes.Buffer
	c, err := openControl(&app{settings: settings.Settings{Data: data}, backend: backend, log: logger(&log, slog.LevelInfo)})
	must(t, err)
	if c.server.ErrorLog.Print("a connection broke"); !strings.Contains(log.String(), `"msg":"a connection broke"`) {
		t.Errorf("what the socket says is not in the log: %s", log.String())
	}
	if got := audits(t, data, "verify"); got.code != well || !strings.Contains(got.out, "entries: 7, chains: 3") {
		t.Errorf("exit code %d, %q, %q", got.code, got.out, got.err)
	}
	c.close()
	if got := audits(t, data, "verify"); got.code != failed || !strings.Contains(got.err, "does not answer") {
		t.Errorf("without the socket: exit code %d, %q", got.code, got.err)
	}
}

// growing is a store in which every chain grows whenever somebody looks at it.
type growing struct {
	store.Backend
	t *testing.T
	n int
}

func (g *growing) Trail(ctx context.Context, key store.Key) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		g.n++
		act(g.t, g.Backend, key.Kind+"/"+key.ID, g.n, "grown")
		act(g.t, g.Backend, "invoice/NEW", g.n, "new")
		for e, err := range g.Backend.Trail(ctx, key) {
			if !yield(e, err) {
				return
			}
		}
	}
}

func TestAuditOfATrailThatGrowsMeanwhileIsWhole(t *testing.T) {
	backend := &growing{Backend: storetest.Memory(time.Now), t: t}
	for key, words := range done() {
		for i, word := range words {
			act(t, backend.Backend, key, i, word)
		}
	}
	var last auditLine
	for line, err := range checked(trail(t.Context(), backend)) {
		must(t, err)
		if line.Record == headRecord && (last.Key != line.Key || last.Seq != line.Seq || last.Hash != line.Hash) {
			t.Errorf("the head %+v is not that of the entry before, %+v", line, last)
		}
		last = line
	}
	if last.Record != endRecord || last.Chains < 3 {
		t.Errorf("it ended with %+v", last)
	}
}

func TestAuditOfAStoreThatIsLostEndsWithItsError(t *testing.T) {
	memory := storetest.Memory(time.Now)
	act(t, memory, "invoice/INV-1", 1, "seen")
	memory.Break(true)
	if _, err := tally(checked(trail(t.Context(), memory))); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("it ended with %v", err)
	}
}
