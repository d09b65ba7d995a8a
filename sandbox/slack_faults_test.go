package sandbox_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"

	"kvitt/sandbox"
)

func TestEveryFaultLeavesTheWorldAsItSays(t *testing.T) {
	ratelimited := func(err error) bool {
		limited, ok := errors.AsType[*slack.RateLimitedError](err)
		return ok && limited.RetryAfter == 7*time.Second
	}
	failed := func(err error) bool {
		status, ok := errors.AsType[slack.StatusCodeError](err)
		return ok && status.Code == 500
	}
	cut := func(err error) bool { return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) }
	for name, c := range map[string]struct {
		fault   sandbox.Fault
		applied bool
		is      func(error) bool
	}{
		"429":        {sandbox.Fault{Kind: sandbox.RateLimited, RetryAfter: 7}, false, ratelimited},
		"500 before": {sandbox.Fault{Kind: sandbox.FailBefore}, false, failed},
		"500 after":  {sandbox.Fault{Kind: sandbox.FailAfter}, true, failed},
		"cut before": {sandbox.Fault{Kind: sandbox.CutBefore}, false, cut},
		"cut after":  {sandbox.Fault{Kind: sandbox.CutAfter}, true, cut},
		"refused":    {sandbox.Fault{Kind: sandbox.Refuse, Code: "account_inactive"}, false, func(err error) bool { return err.Error() == "account_inactive" }},
	} {
		for _, line := range []string{"memory", "http"} {
			s := fjord(sandbox.SlackConfig{})
			api := inMemory(s)
			if line == "http" {
				api = overHTTP(t, s)
			}
			var told []string
			s.OnApply(func(method string, args sandbox.Args) { told = append(told, method+" "+args["text"]) })
			c.fault.Method = "chat.postMessage"
			s.Fail(c.fault)
			_, _, err := api.PostMessageContext(t.Context(), finance, text("due"))
			if err == nil || !c.is(err) {
				t.Errorf("%s over %s: %v", name, line, err)
			}
			if (len(s.Messages(finance)) == 1) != c.applied || (len(told) == 1) != c.applied {
				t.Errorf("%s over %s: %d messages, told of %q", name, line, len(s.Messages(finance)), told)
			}
			if calls := s.Calls(); len(calls) != 1 || calls[0].Applied != c.applied {
				t.Errorf("%s over %s: recorded %+v", name, line, calls)
			}
			if _, _, err := api.PostMessageContext(t.Context(), finance, text("due")); err != nil {
				t.Errorf("%s over %s: it goes wrong once: %v", name, line, err)
			}
		}
	}
}

func TestFaultsComeAfterAndAsOftenAsAskedFor(t *testing.T) {
	s := fjord(sandbox.SlackConfig{Unpaced: true})
	api := inMemory(s)
	s.Fail(sandbox.Fault{Method: "chat.postMessage", Kind: sandbox.Refuse, Code: "fatal_error", After: 1, Times: 2})
	clear := s.Fail(sandbox.Fault{Method: "auth.test", Kind: sandbox.Refuse, Code: "token_revoked", Times: -1})
	var codes []string
	for range 5 {
		_, _, err := api.PostMessageContext(t.Context(), finance, text("x"))
		if err == nil {
			err = errors.New("")
		}
		codes = append(codes, err.Error())
	}
	if diff := cmp.Diff([]string{"", "fatal_error", "fatal_error", "", ""}, codes); diff != "" {
		t.Error(diff)
	}
	for range 3 {
		_, err := api.AuthTestContext(t.Context())
		wantCode(t, err, "token_revoked")
	}
	clear()
	_, err := api.AuthTestContext(t.Context())
	wantCode(t, err, "")
}

func TestASlowAnswerIsNotAppliedOnceTheCallerLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := fjord(sandbox.SlackConfig{})
		s.Fail(sandbox.Fault{Kind: sandbox.Slow, Latency: 5 * time.Second, Times: 2})
		short, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		if _, _, err := inMemory(s).PostMessageContext(short, finance, text("x")); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		began := time.Now()
		if _, _, err := inMemory(s).PostMessageContext(t.Context(), finance, text("x")); err != nil || time.Since(began) != 5*time.Second {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
		if n := len(s.Messages(finance)); n != 1 {
			t.Errorf("%d messages", n)
		}
		client := &http.Client{Transport: s.Transport(), Timeout: time.Second}
		s.Fail(sandbox.Fault{Kind: sandbox.Slow, Latency: time.Minute})
		if _, err := client.Get("http://slack.sandbox/api/api.test"); err == nil {
			t.Error("a client's own timeout is not heard")
		}
	})
}

func TestOneMessageASecondInAChannel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := fjord(sandbox.SlackConfig{})
		api := inMemory(s)
		for range 5 {
			post(t, api, finance, text("x"))
		}
		_, _, err := api.PostMessageContext(t.Context(), finance, text("x"))
		if limited, ok := errors.AsType[*slack.RateLimitedError](err); !ok || limited.RetryAfter != time.Second {
			t.Errorf("the sixth at once: %v", err)
		}
		post(t, api, asha, text("another channel"))
		time.Sleep(time.Second)
		post(t, api, finance, text("x"))
		ts := map[string]bool{}
		for _, m := range s.Messages(finance) {
			ts[m.TS] = true
		}
		if len(ts) != 6 {
			t.Errorf("%d different ts for 6 messages", len(ts))
		}
	})
}

func TestEveryCallIsWrittenDownWithoutItsToken(t *testing.T) {
	s := fjord(sandbox.SlackConfig{})
	var heard []string
	s.OnCall(func(c sandbox.Call) { heard = append(heard, c.Method+c.Error) })
	post(t, inMemory(s), finance, text("due"))
	inMemory(s).GetUserInfoContext(t.Context(), "U0NOBODY00")
	calls := s.Calls()
	if len(calls) != 2 || calls[0].Args["text"] != "due" || calls[0].Status != 200 || calls[1].Error != "user_not_found" {
		t.Errorf("%+v", calls)
	}
	if _, kept := calls[0].Args["token"]; kept {
		t.Error("a token was written down")
	}
	if diff := cmp.Diff([]string{"chat.postMessage", "users.infouser_not_found"}, heard); diff != "" {
		t.Error(diff)
	}
}
