package main

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"kvitt/store"
)

// The formats of an export.
const (
	formatCSV   = "csv"
	formatJSONL = "jsonl"
)

// The kinds of lines.
const (
	entryRecord = "entry"
	headRecord  = "head"  // After the entries of a chain: its end, as the chain's document names it.
	endRecord   = "end"   // The last line. Without it an export was cut off.
	errorRecord = "error" // Instead of the end, and only through the control socket: why there is no more.
)

// auditLine is one line of the audit trail on its way: in an export, or through the control socket.
type auditLine struct {
	Record      string
	store.Entry // A head has Key, Seq and Hash only.

	Chains, Entries int64  // How much there was before the end.
	Error           string // Of errorRecord.
}

// place orders entries and heads as the trail does.
func (l auditLine) place(other auditLine) int {
	return cmp.Or(cmp.Compare(l.Key.Team, other.Key.Team), cmp.Compare(l.Key.Kind, other.Key.Kind), cmp.Compare(l.Key.ID, other.Key.ID),
		cmp.Compare(l.Seq, other.Seq))
}

// wire is every field that a line may have as JSON.
type wire struct {
	Record  string            `json:"record"`
	Team    string            `json:"team"`
	Kind    string            `json:"kind"`
	ID      string            `json:"id"`
	Seq     int64             `json:"seq"`
	At      time.Time         `json:"at"`
	Who     string            `json:"who"`
	What    string            `json:"what"`
	Facts   map[string]string `json:"facts"`
	Prev    string            `json:"prev"`
	Hash    string            `json:"hash"`
	Chains  int64             `json:"chains"`
	Entries int64             `json:"entries"`
	Error   string            `json:"error"`
}

// lineWriter returns what writes lines in a format. Whoever calls it flushes out.
func lineWriter(format string, out *bufio.Writer) func(auditLine) error {
	if format == formatJSONL {
		return func(l auditLine) error {
			_, err := out.Write(append(asJSON(l.object()), '\n'))
			return err
		}
	}
	rows := csv.NewWriter(out) // It adds no buffer of its own to a bufio.Writer.
	begun := false
	return func(l auditLine) error {
		if !begun {
			begun = true
			if err := rows.Write(columns); err != nil {
				return err
			}
		}
		return rows.Write(l.row())
	}
}

// object is the line with the fields that it has.
func (l auditLine) object() any {
	type place struct {
		Record string `json:"record"`
		Team   string `json:"team"`
		Kind   string `json:"kind"`
		ID     string `json:"id"`
		Seq    int64  `json:"seq"`
	}
	at := place{l.Record, l.Key.Team, l.Key.Kind, l.Key.ID, l.Seq}
	switch l.Record {
	case entryRecord:
		return struct {
			place
			At    time.Time         `json:"at"`
			Who   string            `json:"who"`
			What  string            `json:"what"`
			Facts map[string]string `json:"facts,omitempty"`
			Prev  string            `json:"prev"`
			Hash  string            `json:"hash"`
		}{at, l.At.UTC(), l.Who, l.What, l.Facts, l.Prev, l.Hash}
	case headRecord:
		return struct {
			place
			Hash string `json:"hash"`
		}{at, l.Hash}
	case endRecord:
		return struct {
			Record string `json:"record"`
			amount
		}{l.Record, amount{l.Chains, l.Entries}}
	}
	return struct {
		Record string `json:"record"`
		Error  string `json:"error"`
	}{l.Record, l.Error}
}

// amount is how much an export holds. In CSV it stands in the column of the facts.
type amount struct {
	Chains  int64 `json:"chains"`
	Entries int64 `json:"entries"`
}

// columns are the header of the CSV form.
var columns = []string{"record", "team", "kind", "id", "seq", "at", "who", "what", "facts", "prev", "hash"}

// row is the line in the order of columns. No cell holds a line break, so that a row is a line, and no spreadsheet takes one for a formula.
func (l auditLine) row() []string {
	key := []string{l.Record, cell(l.Key.Team), cell(l.Key.Kind), cell(l.Key.ID), strconv.FormatInt(l.Seq, 10)}
	switch l.Record {
	case entryRecord:
		facts := "{}"
		if len(l.Facts) > 0 {
			facts = string(asJSON(l.Facts))
		}
		return append(key, l.At.UTC().Format(time.RFC3339Nano), cell(l.Who), cell(l.What), strings.ReplaceAll(facts, ";", `\u003b`), cell(l.Prev), cell(l.Hash))
	case headRecord:
		return append(key, "", "", "", "", "", cell(l.Hash))
	}
	return []string{l.Record, "", "", "", "", "", "", "", string(asJSON(amount{l.Chains, l.Entries})), "", ""}
}

// The semicolon is among these because it separates cells where the comma separates decimals, as in Norway: what follows it would be a
// cell of its own.
var (
	toCell   = strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\r", `\r`, "\t", `\t`, ";", `\u003b`)
	fromCell = strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\r`, "\r", `\t`, "\t", `\u003b`, ";")
)

// formulaSigns begin a formula in a spreadsheet (owasp.org/www-community/attacks/CSV_Injection). The apostrophe is ours: it keeps a cell
// text, and text that begins with one gets another.
const formulaSigns = "=+-@＝＋－＠'"

// cell is text for a spreadsheet, and uncell reads it back.
func cell(text string) string {
	text = toCell.Replace(text)
	if strings.IndexAny(text, formulaSigns) == 0 {
		return "'" + text
	}
	return text
}

func uncell(text string) string { return fromCell.Replace(strings.TrimPrefix(text, "'")) }

// asJSON is a value that JSON can always hold, on one line.
func asJSON(value any) []byte {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(value)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
