package ledger

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing that keeps a file from being imported.
type Problem struct {
	Line   int    // From 1; where the record begins. 0 where it is the whole file.
	Column string // As in the header; empty where it is the whole line.
	Reason string // For the person who made the file.
}

func (p Problem) String() string {
	switch {
	case p.Line == 0:
		return p.Reason
	case p.Column == "":
		return fmt.Sprintf("line %d: %s", p.Line, p.Reason)
	}
	return fmt.Sprintf("line %d, %s: %s", p.Line, p.Column, p.Reason)
}

// ImportError is returned by Ledger.Import for a file with anything wrong in it. Nothing of it was imported.
type ImportError struct {
	File     string
	Problems []Problem // By line; never empty, and at most 100,000.
}

// Error is a text of several lines, one for each problem, to be shown as it is.
func (e *ImportError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: nothing was imported. Mend this, and import it again:", e.File)
	for _, p := range e.Problems {
		b.WriteString("\n  " + p.String())
	}
	return b.String()
}

// problems collects what is wrong while a file is read to its end.
type problems []Problem

// maxProblems is more than any file has that somebody means to mend; what has more is no list of invoices.
const maxProblems = 100_000

func (ps *problems) add(line int, column, format string, args ...any) {
	if len(*ps) >= maxProblems {
		return
	}
	*ps = append(*ps, Problem{Line: line, Column: column, Reason: fmt.Sprintf(format, args...)})
}

// err returns an *ImportError if anything was added.
func (ps problems) err(file string) error {
	if len(ps) == 0 {
		return nil
	}
	slices.SortStableFunc(ps, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	return &ImportError{File: file, Problems: ps}
}
