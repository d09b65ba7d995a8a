package flows

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"kvitt/bot"
	"kvitt/store"
)

// complaining is a Flows of which only the log counts.
func complaining() (f *Flows, now *time.Time, lines func() []string) {
	var log bytes.Buffer
	at := monday
	f = &Flows{Now: func() time.Time { return at }, Log: slog.New(slog.NewTextHandler(&log, nil))}
	return f, &at, func() []string {
		all := strings.Split(strings.TrimSuffix(log.String(), "\n"), "\n")
		log.Reset()
		return all
	}
}

func TestTheSameTroubleIsToldLessAndLessOften(t *testing.T) {
	f, now, lines := complaining()
	archived := fmt.Errorf("the message x: %w (it is archived)", bot.ErrClosed)
	for range 1000 {
		f.complain(t.Context(), finance, archived)
		*now = now.Add(10 * time.Minute)
	}
	told := lines()
	if len(told) != 10 {
		t.Errorf("a thousand failures are %d lines:\n%s", len(told), strings.Join(told, "\n"))
	}
	for _, part := range []string{"level=WARN", "finance channel", "with=" + finance, "unarchive it", "failures=1 "} {
		if !strings.Contains(told[0], part) {
			t.Errorf("the first line does not say %q: %s", part, told[0])
		}
	}
	f.complain(t.Context(), "C0OTHER", archived)
	f.complain(t.Context(), finance, &bot.BusyError{After: time.Minute})
	if told := lines(); len(told) != 2 || !strings.Contains(told[0], "C0OTHER") || !strings.Contains(told[1], "with=Slack") {
		t.Errorf("another channel's trouble and Slack's own are told at once, got %q", told)
	}
	*now = now.Add(2 * troubleOver)
	f.complain(t.Context(), finance, archived)
	if told := lines(); !strings.Contains(told[0], "failures=1 ") {
		t.Errorf("what was over begins anew, got %q", told)
	}
}

func TestWhatEachTroubleIsToldAs(t *testing.T) {
	for what, c := range map[string]struct {
		place string
		err   error
		want  string
	}{
		"a person's deleted message":        {asha, bot.ErrGone, "level=INFO"},
		"a deactivated person":              {asha, bot.ErrClosed, "level=INFO"},
		"a deleted card":                    {finance, bot.ErrGone, "level=INFO"},
		"a channel without Kvitt":           {finance, bot.ErrNotInvited, "with=" + finance},
		"a channel shared with others":      {finance, errShared, "with=" + finance},
		"a revoked token":                   {asha, bot.ErrDead, "with=Slack"},
		"a switch in the app's settings":    {asha, &bot.SetupError{Setting: "App Home"}, "with=Slack"},
		"an answer that was lost":           {asha, bot.ErrUnclear, "with=Slack"},
		"a proxy on the way":                {asha, &bot.RefusedError{Code: "http_403"}, "with=Slack"},
		"a message that Slack refuses":      {asha, &bot.RefusedError{Code: "invalid_blocks"}, "level=WARN msg=\"not everything"},
		"a store that cannot be reached":    {asha, fmt.Errorf("%w: %w", bot.ErrUnavailable, store.ErrUnavailable), "level=WARN msg=\"not everything"},
		"a step that is no message's":       {"", errors.New("odd"), "level=WARN msg=\"not everything"},
		"a step that ended as Kvitt stops ": {asha, fmt.Errorf("%w: %w", bot.ErrUnavailable, context.Canceled), ""},
	} {
		f, _, lines := complaining()
		f.complain(t.Context(), c.place, c.err)
		if told := strings.Join(lines(), "\n"); !strings.Contains(told, c.want) || (c.want == "") != (told == "") {
			t.Errorf("%s is told as %q, want %q", what, told, c.want)
		}
	}
}

func TestWhenAMessageIsTriedAgain(t *testing.T) {
	for what, c := range map[string]struct {
		err  error
		want []time.Duration
	}{
		"Slack is away":           {bot.ErrUnavailable, []time.Duration{2, 4, 8, 16, 32, 64, 128, 256, 300, 300}},
		"Slack names a wait":      {&bot.BusyError{After: 30 * time.Second}, []time.Duration{30, 30, 30}},
		"the channel is archived": {bot.ErrClosed, []time.Duration{600, 600}},
		"it is not invited":       {bot.ErrNotInvited, []time.Duration{600}},
		"the token is revoked":    {bot.ErrDead, []time.Duration{600, 600}},
		"a switch is off":         {&bot.SetupError{Setting: "App Home"}, []time.Duration{600}},
		"a proxy is in the way":   {&bot.RefusedError{Code: "http_403"}, []time.Duration{2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300, 300, 300, 300}},
		"a rule of the workspace": {&bot.RefusedError{Code: "restricted_action_read_only_channel"}, []time.Duration{2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300, 300, 300, 300}},
	} {
		post := Post{Place: finance}
		for i, want := range c.want {
			post.failed(c.err, monday)
			if got := post.Retry.Sub(monday); got != want*time.Second || post.Over != "" {
				t.Errorf("%s: after failure %d it waits %s and is over for %q; want %s", what, i+1, got, post.Over, want*time.Second)
			}
		}
	}
}

func TestAMessageEndsOnlyAfterSlackHasRefusedItselfTwelveTimesInARow(t *testing.T) {
	refusal := &bot.RefusedError{Code: "invalid_blocks"}
	for what, between := range map[string]error{"an outage": bot.ErrUnavailable, "a proxy": &bot.RefusedError{Code: "http_403"}} {
		post := Post{Place: asha}
		for range 3 {
			for range 50 {
				post.failed(between, monday)
			}
			for range maxRefusals - 1 {
				post.failed(refusal, monday)
			}
		}
		if post.Over != "" {
			t.Errorf("with %s in between it is over for %q", what, post.Over)
		}
		if post.failed(refusal, monday); post.Over != "refused by Slack" {
			t.Errorf("after %d refusals in a row it is over for %q", maxRefusals, post.Over)
		}
	}
	post := Post{Place: asha, Refusals: maxRefusals - 1}
	post.posted(bot.Ref{Channel: "D", TS: "1"}, "")
	if post.delay(refusal, monday); post.Over != "" {
		t.Error("refusals before it was posted count for an edit")
	}
}
