package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"kvitt/bot"
	"kvitt/flows"
	"kvitt/settings"
)

// checkTime is how long kvitt check tries each neighbour.
const checkTime = 8 * time.Second

// checker tries every setting against the real services. It changes and posts nothing, and prints one line for each thing it looked at: FAIL is what
// keeps somebody from being reminded or an invoice from being paid rightly, warn what works but will surprise.
type checker struct {
	set     settings.Settings
	app     *app // Never run: for its bot and its billing services.
	out     io.Writer
	failing bool

	team   string // Empty while Slack has not said it.
	scopes []string
	pins   map[string]flows.Pin // Whom e-mail addresses of KVITT_ADMINS are pinned to; nil where that could not be read.
}

// check looks at everything, whatever fails: one run shows all there is to mend. It returns errTold if any line is FAIL.
func check(ctx context.Context, set settings.Settings, std streams) error {
	c := &checker{set: set, out: std.out}
	c.app = newApp(set, nil, wires{Log: std.log})
	c.slack(ctx)
	c.store(ctx)
	c.admins(ctx)
	c.identities(ctx)
	c.channels(ctx)
	c.billing(ctx)
	c.times()
	c.doors(ctx)
	for _, name := range set.Idle {
		c.warn(name, "is set and has no effect beside the other settings", "Unset it, or set what it belongs to")
	}
	if c.failing {
		return errTold
	}
	return nil
}

// ok prints what was found to be well.
func (c *checker) ok(about, found string, facts ...any) {
	c.line("ok  ", about, fmt.Sprintf(found, facts...), "")
}

// warn prints what works but will surprise, and how to mend it.
func (c *checker) warn(about, found, mend string) { c.line("warn", about, found, mend) }

// fail prints what must be mended, and how.
func (c *checker) fail(about, found, mend string) {
	c.failing = true
	c.line("FAIL", about, found, mend)
}

func (c *checker) line(level, about, found, mend string) {
	text := found
	if mend != "" {
		text += ". " + mend
	}
	fmt.Fprintf(c.out, "%s  %-22s %s.\n", level, about, bot.Clean(text))
}

// within gives one neighbour its time.
func within(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, checkTime)
}
