package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"kvitt/settings"
	"kvitt/store"
)

// exportAudit writes the whole audit trail to a file, see exportTo. What is altered is written as it is, and told.
func exportAudit(ctx context.Context, set settings.Settings, format, path string, std streams) error {
	format, err := exportFormat(format, path)
	if err != nil {
		return err
	}
	var altered error
	export := func(to io.Writer) error {
		return withTrail(ctx, set, std, func(lines iter.Seq2[auditLine, error]) (err error) {
			out := bufio.NewWriter(to)
			if altered, err = copyTrail(lines, lineWriter(format, out)); err != nil {
				return err
			}
			return out.Flush()
		})
	}
	err = exportTo(ctx, path, std, export)
	if err == nil && altered != nil {
		err = fmt.Errorf("the export is complete and shows the trail as it is now, but %w", altered)
	}
	return err
}

// exportFormat is the format that was asked for, else that of the file's name, else CSV: whoever audits opens it in a spreadsheet.
func exportFormat(format, path string) (string, error) {
	switch {
	case format == formatCSV || format == formatJSONL:
		return format, nil
	case format != "":
		return "", &settings.Error{Flag: "--format", Value: settings.Shown(format), Want: "csv or jsonl"}
	case strings.EqualFold(filepath.Ext(path), ".jsonl"):
		return formatJSONL, nil
	}
	return formatCSV, nil
}

// copyTrail writes every line. altered is the first thing that is wrong with the trail, which does not keep it from being written.
func copyTrail(lines iter.Seq2[auditLine, error], write func(auditLine) error) (altered, err error) {
	next, stop := iter.Pull2(lines)
	defer stop()
	written := func(yield func(auditLine, error) bool) {
		for line, err, more := next(); more; line, err, more = next() {
			if err == nil {
				err = write(line)
			}
			if !yield(line, err) || err != nil {
				return
			}
		}
	}
	_, err = tally(checked(written))
	if _, broken := errors.AsType[*store.BrokenChainError](err); !broken {
		return nil, err
	}
	altered = err
	_, err = tally(written) // What is left of it.
	return altered, err
}

// verifyAudit checks the audit trail, against an earlier export too when head names one, and says what it found.
func verifyAudit(ctx context.Context, set settings.Settings, head *string, std streams) error {
	with := func(today iter.Seq2[auditLine, error]) iter.Seq2[auditLine, error] { return today }
	if head != nil {
		earlier, err := os.Open(*head)
		if err != nil {
			return fmt.Errorf("the earlier export: %w", err)
		}
		defer earlier.Close()
		with = func(today iter.Seq2[auditLine, error]) iter.Seq2[auditLine, error] {
			return compared(today, unaltered(*head, readLines(*head, earlier)), *head)
		}
	}
	var end auditLine
	if err := withTrail(ctx, set, std, func(lines iter.Seq2[auditLine, error]) (err error) {
		end, err = tally(with(checked(lines)))
		return err
	}); err != nil {
		return err
	}
	fmt.Fprintf(std.out, "Nothing was altered: every entry is as it was written (entries: %d, chains: %d).\n", end.Entries, end.Chains)
	if head != nil {
		fmt.Fprintf(std.out, "Everything that is in %s is still here, unchanged.\n", *head)
		return nil
	}
	fmt.Fprintln(std.out, "This cannot know whether somebody who can write the whole store cut entries off or rewrote a chain. "+
		"Export the trail now and then, keep the file elsewhere, and compare with it: kvitt audit verify --head FILE")
	return nil
}

// tally goes through all lines and returns the last one, or the first error.
func tally(lines iter.Seq2[auditLine, error]) (last auditLine, err error) {
	for last, err = range lines {
		if err != nil {
			return last, err
		}
	}
	return last, nil
}

// withTrail gives the audit trail to do: from the store, or from the serve that holds it.
func withTrail(ctx context.Context, set settings.Settings, std streams, do func(iter.Seq2[auditLine, error]) error) error {
	if set.RedisURL == "" { // Verifying a store that was only just made would say that all is well.
		if _, err := os.Stat(filepath.Join(set.Data, store.FileName)); errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("there is no store in %s; set KVITT_DATA to the folder that kvitt serve works on", set.Data)
		}
	}
	backend, err := openStore(ctx, set, std)
	if errors.Is(err, store.ErrInUse) {
		return throughControl(ctx, set.Data, http.MethodGet, "/audit", nil, func(answer io.Reader) error {
			return do(readLines("the answer of the kvitt that holds "+set.Data, answer))
		})
	}
	if err != nil {
		return err
	}
	return errors.Join(do(trail(ctx, backend)), backend.Close())
}

// sendTrail answers a withTrail in another process.
func sendTrail(ctx context.Context, backend store.Backend, to io.Writer) {
	out := bufio.NewWriter(to)
	write := lineWriter(formatJSONL, out)
	for line, err := range trail(ctx, backend) {
		if err != nil {
			line = auditLine{Record: errorRecord, Error: err.Error()}
		}
		if write(line) != nil {
			return
		}
	}
	_ = out.Flush() // Whoever reads misses the end then.
}
