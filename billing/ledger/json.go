package ledger

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// readJSON reads an array of objects with the names of the columns. Values are texts; an amount may be a number too, which is read as it is
// written and never becomes a float. null is the same as leaving the name out.
func readJSON(data []byte, wrong *problems) []record {
	if !utf8.Valid(data) {
		wrong.add(0, "", "the file is not UTF-8")
		return nil
	}
	in := jsonFile{data: data, decoder: json.NewDecoder(bytes.NewReader(data)), wrong: wrong}
	in.decoder.UseNumber()
	if token, err := in.decoder.Token(); err != nil || token != json.Delim('[') {
		wrong.add(in.line(), "", "the file must be an array of objects: [{\"number\": …}, …]")
		return nil
	}
	var records []record
	for read := 0; in.decoder.More(); read++ {
		if read == maxInvoices {
			wrong.add(0, "", tooMany)
			return nil
		}
		rec, err := in.record()
		if err != nil {
			wrong.add(in.line(), "", "this is not JSON from here on: %v", err)
			return nil
		}
		if rec.fields != nil {
			records = append(records, rec)
		}
	}
	if _, err := in.decoder.Token(); err != nil {
		wrong.add(in.line(), "", "the array has no end; is the file cut off?")
	} else if _, err := in.decoder.Token(); !errors.Is(err, io.EOF) {
		wrong.add(in.line(), "", "there is something after the end of the array")
	}
	return records
}

type jsonFile struct {
	data    []byte
	decoder *json.Decoder
	wrong   *problems

	counted int64 // How far lines are counted, so that a long file is not counted from its start each time.
	lines   int
}

// line is the line of the next thing to be read.
func (in *jsonFile) line() int {
	at := in.decoder.InputOffset()
	for at < int64(len(in.data)) && strings.ContainsRune(" \t\r\n,", rune(in.data[at])) {
		at++
	}
	in.lines += bytes.Count(in.data[in.counted:at], []byte("\n"))
	in.counted = at
	return in.lines + 1
}

// record reads one element of the array; it has no fields where that is no object. The error is a mistake in the JSON itself;
// every other is added to what is wrong.
func (in *jsonFile) record() (record, error) {
	rec := record{line: in.line()}
	var raw json.RawMessage
	if err := in.decoder.Decode(&raw); err != nil {
		return rec, err
	}
	object := json.NewDecoder(bytes.NewReader(raw))
	object.UseNumber()
	if start, err := object.Token(); err != nil || start != json.Delim('{') {
		in.wrong.add(rec.line, "", "is not an object with names and values")
		return rec, nil
	}
	rec.fields = map[string]string{}
	for object.More() {
		name, err := object.Token()
		if err != nil {
			return rec, err
		}
		var value any
		if err := object.Decode(&value); err != nil {
			return rec, err
		}
		in.field(rec, name.(string), value)
	}
	return rec, nil
}

// field puts one value into the record, or says what is wrong with it.
func (in *jsonFile) field(rec record, name string, value any) {
	_, twice := rec.fields[name]
	number, isNumber := value.(json.Number)
	text, isText := value.(string)
	switch {
	case !slices.Contains(columns, name):
		in.wrong.add(rec.line, "", "there is no name %q; the names are %s", short(name), strings.Join(columns, ", "))
	case twice:
		in.wrong.add(rec.line, name, "is there twice")
	case isText:
		rec.fields[name] = text
	case isNumber && name == "amount":
		rec.fields[name] = number.String()
	case value != nil:
		in.wrong.add(rec.line, name, "must be a text in quotes")
		rec.fields[name] = fmt.Sprint(value) // So that it is not called missing as well.
	}
}
