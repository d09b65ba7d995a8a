package sandbox

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// FaultKind is a way in which a Web API call goes wrong.
type FaultKind int

// The ways in which a call goes wrong. "Before" leaves the world untouched; "after" is worse: the work is done and nobody told.
const (
	RateLimited FaultKind = iota + 1 // 429 with Retry-After: Fault.RetryAfter
	FailBefore                       // 500, nothing was done
	FailAfter                        // 500, although it was done
	CutBefore                        // the connection ends without an answer, nothing was done
	CutAfter                         // the connection ends without an answer, although it was done
	Slow                             // answered after Fault.Latency, or never if the caller gives up first
	Refuse                           // {"ok":false,"error":Fault.Code}
)

// Fault is asked for by Fail.
type Fault struct {
	Method     string        // the Web API method; empty means every one; "response_url" for posts to a response_url
	Kind       FaultKind     //
	After      int           // let so many calls of the method pass first
	Times      int           // how often; 0 means once, negative means until cleared
	RetryAfter int           // whole seconds, for RateLimited; default 1
	Latency    time.Duration // for Slow
	Code       string        // for Refuse; default "internal_error"
}

// fault is a Fault that is counting down. The nil fault is no fault.
type fault struct{ Fault }

// Fail makes calls go wrong from now on; clear ends it early. Of several that fit a call, the one asked for first is used.
func (s *Slack) Fail(f Fault) (clear func()) {
	f.Times = cmp.Or(f.Times, 1)
	f.RetryAfter = cmp.Or(f.RetryAfter, 1)
	f.Code = cmp.Or(f.Code, "internal_error")
	planned := &fault{f}
	s.mu.Lock()
	s.faults = append(s.faults, planned)
	s.mu.Unlock()
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.faults = slices.DeleteFunc(s.faults, func(f *fault) bool { return f == planned })
	}
}

// nextFault counts this call against the planned faults and returns the one that hits it.
func (s *Slack) nextFault(method string) *fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.faults {
		if f.Method != "" && f.Method != method {
			continue
		}
		if f.After > 0 {
			f.After--
			continue
		}
		hit := *f
		if f.Times--; f.Times == 0 {
			s.faults = slices.Delete(s.faults, i, i+1)
		}
		return &hit
	}
	return nil
}

// before does what goes wrong ahead of the work. It returns false when there is nothing more to do.
func (f *fault) before(ctx context.Context, w http.ResponseWriter, seen *Call) bool {
	if f == nil {
		return true
	}
	switch f.Kind {
	case RateLimited:
		w.Header().Set("Retry-After", strconv.Itoa(f.RetryAfter))
		seen.refused(http.StatusTooManyRequests, "ratelimited")
	case FailBefore:
		seen.refused(http.StatusInternalServerError, "internal_error")
	case Refuse:
		seen.refused(http.StatusOK, f.Code)
	case CutBefore:
	case Slow:
		wait := time.NewTimer(f.Latency)
		defer wait.Stop()
		select {
		case <-wait.C:
			return true
		case <-ctx.Done():
			// Whoever gave up gets no answer, and the work was not done.
			f.Kind = CutBefore
		}
	default:
		return true
	}
	return false
}

// after spoils the answer to work that was done.
func (f *fault) after(seen *Call) {
	if f != nil && f.Kind == FailAfter {
		seen.Status, seen.Answer = http.StatusInternalServerError, encode(object{"ok": false, "error": "internal_error"})
	}
	if f != nil && f.Kind == CutAfter {
		seen.Status = 0
	}
}

// cut ends the connection without an answer, if that is what the fault is about.
func (f *fault) cut(seen Call) {
	if f != nil && (f.Kind == CutBefore || f.Kind == CutAfter) {
		panic(http.ErrAbortHandler)
	}
}

func (c *Call) refused(status int, code string) {
	c.Status, c.Error, c.Answer = status, code, encode(object{"ok": false, "error": code})
}
