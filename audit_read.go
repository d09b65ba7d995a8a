package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"kvitt/store"
)

// lineLimit bounds one line of an export, in bytes.
const lineLimit = 16 << 20

// readLines reads an export in either format. It ends with an error that names the line unless the export is whole; one that was cut down
// to its heads and its end is whole too. name says whose lines they are.
func readLines(name string, from io.Reader) iter.Seq2[auditLine, error] {
	return func(yield func(auditLine, error) bool) {
		r := &lineReader{in: bufio.NewReaderSize(from, 64<<10)}
		for {
			line, err := r.next()
			if err == io.EOF {
				return
			}
			if err != nil {
				yield(auditLine{}, fmt.Errorf("%s, line %d: %w", name, r.number, err))
				return
			}
			if !yield(line, nil) {
				return
			}
		}
	}
}

// lineReader reads the lines of an export.
type lineReader struct {
	in     *bufio.Reader
	number int // Of the line read last, counted from 1.
	decode func([]byte) (auditLine, error)

	chains, entries int64
	ended           bool
}

// next is the next line, or io.EOF after the end.
func (r *lineReader) next() (auditLine, error) {
	text, err := r.text()
	if err == io.EOF && !r.ended {
		return auditLine{}, errors.New("its last line is missing: it was cut off, or is no export of kvitt audit export")
	}
	if err != nil {
		return auditLine{}, err
	}
	if r.ended {
		return auditLine{}, errors.New("something follows the last line of the export")
	}
	if r.decode == nil {
		text = bytes.TrimPrefix(text, []byte("\uFEFF")) // Spreadsheets write one.
		switch {
		case bytes.HasPrefix(text, []byte("{")):
			r.decode = decodeJSON
		case string(text) == strings.Join(columns, ","):
			r.decode = decodeRow
			return r.next()
		default:
			return auditLine{}, errors.New("this is no export of kvitt audit export")
		}
	}
	line, err := r.decode(text)
	if err != nil {
		return auditLine{}, err
	}
	return line, r.accept(line)
}

// text is the next line without its break.
func (r *lineReader) text() ([]byte, error) {
	var text []byte
	for {
		part, err := r.in.ReadSlice('\n')
		text = append(text, part...)
		if err == io.EOF && len(text) == 0 {
			return nil, io.EOF
		}
		if err != nil && err != io.EOF && !errors.Is(err, bufio.ErrBufferFull) {
			r.number++
			return nil, fmt.Errorf("reading it went wrong: %w", err)
		}
		if len(text) > lineLimit {
			r.number++
			return nil, fmt.Errorf("it is longer than %d MiB", lineLimit>>20)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			r.number++
			return bytes.TrimRight(text, "\r\n"), nil
		}
	}
}

// accept counts a line, and holds the end against the counts.
func (r *lineReader) accept(line auditLine) error {
	switch line.Record {
	case errorRecord:
		return errors.New(line.Error)
	case endRecord:
		r.ended = true
		if line.Chains != r.chains || r.entries > 0 && line.Entries != r.entries {
			return fmt.Errorf("the export says that it has %d chains and %d entries, but has %d and %d: lines are missing or were added",
				line.Chains, line.Entries, r.chains, r.entries)
		}
		return nil
	case headRecord:
		r.chains++
	case entryRecord:
		r.entries++
	default:
		return fmt.Errorf("there is no record %.40q; a newer kvitt may have written it", line.Record)
	}
	return line.Key.Check()
}

func decodeJSON(text []byte) (auditLine, error) {
	var w wire
	if err := json.Unmarshal(text, &w); err != nil {
		return auditLine{}, fmt.Errorf("this is no line of an export: %w", err)
	}
	return auditLine{Record: w.Record, Chains: w.Chains, Entries: w.Entries, Error: w.Error, Entry: store.Entry{
		Key: store.Key{Team: w.Team, Kind: w.Kind, ID: w.ID}, Seq: w.Seq, At: w.At, Who: w.Who, What: w.What, Facts: w.Facts, Prev: w.Prev, Hash: w.Hash,
	}}, nil
}

func decodeRow(text []byte) (line auditLine, err error) {
	cells, err := csv.NewReader(bytes.NewReader(text)).Read()
	if err != nil || len(cells) != len(columns) {
		return line, fmt.Errorf("this is no row of %d cells", len(columns))
	}
	value := func(column string) string { return cells[slices.Index(columns, column)] }
	line.Record = value("record")
	if line.Record == endRecord {
		var n amount
		if err := json.Unmarshal([]byte(value("facts")), &n); err != nil {
			return line, fmt.Errorf("the amounts of the last line: %w", err)
		}
		line.Chains, line.Entries = n.Chains, n.Entries
		return line, nil
	}
	line.Key = store.Key{Team: uncell(value("team")), Kind: uncell(value("kind")), ID: uncell(value("id"))}
	line.Hash = uncell(value("hash"))
	if line.Seq, err = strconv.ParseInt(value("seq"), 10, 64); err != nil {
		return line, fmt.Errorf("the number %.40q is none", value("seq"))
	}
	if line.Record != entryRecord {
		return line, nil
	}
	line.Who, line.What, line.Prev = uncell(value("who")), uncell(value("what")), uncell(value("prev"))
	if line.At, err = time.Parse(time.RFC3339Nano, value("at")); err != nil {
		return line, fmt.Errorf("the time %.40q is none", value("at"))
	}
	if err = json.Unmarshal([]byte(value("facts")), &line.Facts); err != nil {
		return line, fmt.Errorf("the facts: %w", err)
	}
	return line, nil
}
