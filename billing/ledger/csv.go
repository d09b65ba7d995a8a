package ledger

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
)

// readCSV reads RFC 4180 with "," or ";" between fields.
func readCSV(data []byte, wrong *problems) []record {
	reader := csv.NewReader(bytes.NewReader(data))
	reader.Comma = separator(data)
	reader.FieldsPerRecord = -1
	header := readHeader(reader, wrong)
	if header == nil {
		return nil
	}
	var records []record
	for range maxInvoices + 1 {
		fields, err := nextLine(reader)
		if errors.Is(err, io.EOF) {
			return records
		}
		if parse, ok := errors.AsType[*csv.ParseError](err); ok {
			wrong.add(parse.StartLine, "", "quotes are wrong: a field with a quote in it is put in quotes, and the quote doubled")
			continue
		}
		line, _ := reader.FieldPos(0)
		if len(fields) != len(header) {
			wrong.add(line, "", "has %d fields where the header has %d; put a field with %q in it in quotes", len(fields), len(header), reader.Comma)
			continue
		}
		records = append(records, named(line, header, fields))
	}
	wrong.add(0, "", tooMany)
	return nil
}

// nextLine passes over lines without any field, as spreadsheets leave them at the end.
func nextLine(reader *csv.Reader) ([]string, error) {
	for {
		fields, err := reader.Read()
		if err != nil || strings.Join(fields, "") != "" {
			return fields, err
		}
	}
}

// separator is whichever of the two the header has more of: no column's name has one.
func separator(data []byte) rune {
	header, _, _ := bytes.Cut(data, []byte("\n"))
	if bytes.Count(header, []byte(";")) > bytes.Count(header, []byte(",")) {
		return ';'
	}
	return ','
}

// readHeader returns the columns of the file in their order, or nil where its lines cannot be read for lack of one.
func readHeader(reader *csv.Reader, wrong *problems) []string {
	header, err := reader.Read()
	if err != nil {
		wrong.add(1, "", "the first line must be the header %s", strings.Join(columns, ","))
		return nil
	}
	line, _ := reader.FieldPos(0)
	seen := map[string]bool{}
	for i, written := range header {
		name := strings.ToLower(strings.TrimSpace(written))
		header[i] = name
		switch {
		case !slices.Contains(columns, name):
			wrong.add(line, "", "there is no column %q; the columns are %s", short(written), strings.Join(columns, ","))
		case seen[name]:
			wrong.add(line, name, "is a column twice")
		}
		seen[name] = true
	}
	complete := true
	for _, name := range columns[:required] {
		if !seen[name] {
			wrong.add(line, name, "the header lacks this column")
			complete = false
		}
	}
	if !complete {
		return nil
	}
	return header
}

func named(line int, header, fields []string) record {
	rec := record{line: line, fields: make(map[string]string, len(header))}
	for i, name := range header {
		rec.fields[name] = fields[i]
	}
	return rec
}
