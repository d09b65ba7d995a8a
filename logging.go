package main

import (
	"context"
	"io"
	"log/slog"
	"os"

	"kvitt/bot"
)

// logger writes text for a person at a terminal, and JSON lines for everything else. Lines about a click carry its trace, from the acknowledgement
// to the confirmation.
func logger(w io.Writer, level slog.Level) *slog.Logger {
	options := &slog.HandlerOptions{Level: level}
	if file, ok := w.(*os.File); ok {
		if info, err := file.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			return slog.New(traced{slog.NewTextHandler(w, options)})
		}
	}
	return slog.New(traced{slog.NewJSONHandler(w, options)})
}

// traced adds the trace of the context that a line is logged with.
type traced struct{ slog.Handler }

func (h traced) Handle(ctx context.Context, r slog.Record) error {
	if id := bot.Trace(ctx); id != "" {
		r = r.Clone()
		r.AddAttrs(slog.String("trace", id))
	}
	return h.Handler.Handle(ctx, r)
}

func (h traced) WithAttrs(attrs []slog.Attr) slog.Handler { return traced{h.Handler.WithAttrs(attrs)} }

func (h traced) WithGroup(name string) slog.Handler { return traced{h.Handler.WithGroup(name)} }
