package ledger

import (
	"bytes"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"kvitt/billing"
)

const (
	maxBytes    = 10 << 20
	maxInvoices = 50_000
	tooMany     = "the file has more than 50,000 invoices; split it"
)

// columns are what a file may say of an invoice; the first four must be there.
var columns = []string{"number", "supplier", "amount", "currency", "due", "description", "reference", "pay_to", "link", "status"}

const required = 4

// longest is how many characters a text may have. Slack shows far less; what is longer is a mistake in the file.
var longest = map[string]int{"number": 1000, "supplier": 1000, "description": 10_000, "reference": 1000, "pay_to": 1000, "link": 2000}

// record is one invoice of a file before anybody looked at what it says: texts by column.
type record struct {
	line   int
	fields map[string]string
}

// listed is what a file says of one invoice, and on which line.
type listed struct {
	Facts
	line int
}

// read reads a whole file, or returns an *ImportError.
func read(name string, r io.Reader) ([]listed, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", name, err)
	}
	var wrong problems
	var records []record
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	switch start := bytes.TrimSpace(data[:min(len(data), 1024)]); {
	case len(data) > maxBytes:
		wrong.add(0, "", "the file has more than 10 MiB; split it")
	case bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")):
		wrong.add(0, "", "the file is UTF-16; save it as UTF-8 (in Excel: \"CSV UTF-8\")")
	case bytes.HasPrefix(start, []byte("[")) || bytes.HasPrefix(start, []byte("{")):
		records = readJSON(data, &wrong)
	default:
		records = readCSV(data, &wrong)
	}
	all := judge(records, &wrong)
	return all, wrong.err(name)
}

// judge turns records into facts, and finds what is wrong with each and between them.
func judge(records []record, wrong *problems) []listed {
	all := make([]listed, 0, len(records))
	seen := places{}
	for _, rec := range records {
		invoice := listed{rec.facts(wrong), rec.line}
		all = append(all, invoice)
		if invoice.Number != "" && invoice.Supplier != "" {
			seen.take(ID(invoice.Supplier, invoice.Number), invoice, wrong)
		}
	}
	return all
}

// places is where in a file the invoice of each id is.
type places map[string]listed

// take gives an id to an invoice, unless another line has it.
func (p places) take(id string, invoice listed, wrong *problems) {
	first, taken := p[id]
	switch {
	case !taken:
		p[id] = invoice
	case first.same(invoice.Facts):
		wrong.add(invoice.line, "", "invoice %s of %s is on line %d already", short(invoice.Number), short(invoice.Supplier), first.line)
	default:
		wrong.add(invoice.line, "", "%s, which is on line %d: %s", invoice.meets(first.Facts), first.line, renumber)
	}
}

// facts reads what a record says, and adds what is wrong with it.
func (rec record) facts(wrong *problems) Facts {
	for _, column := range columns {
		rec.checkText(column, wrong)
	}
	f := Facts{
		Number:      rec.fields["number"],
		Supplier:    rec.fields["supplier"],
		Description: rec.fields["description"],
		Reference:   rec.fields["reference"],
		PayTo:       rec.fields["pay_to"],
		Link:        rec.fields["link"],
		Status:      billing.Open,
	}
	f.Amount = rec.amount(wrong)
	if due := rec.fields["due"]; due != "" {
		var err error
		if f.Due, err = billing.ParseDate(due); err != nil {
			wrong.add(rec.line, "due", "%v", err)
		}
	}
	if status := rec.fields["status"]; status != "" {
		f.Status = billing.Status(strings.ToLower(status))
		if !slices.Contains([]billing.Status{billing.Open, billing.Paid, billing.Void}, f.Status) {
			wrong.add(rec.line, "status", "%q is not open, paid or void", short(status))
		}
	}
	if f.Link != "" && !isPage(f.Link) {
		wrong.add(rec.line, "link", "%q is not the https address of a page that asks for sign-in", short(f.Link))
	}
	return f
}

// checkText trims a field and finds what is wrong with it as a text.
func (rec record) checkText(column string, wrong *problems) {
	text := strings.TrimSpace(rec.fields[column])
	rec.fields[column] = text
	switch limit := longest[column]; {
	case text == "" && slices.Contains(columns[:required], column):
		wrong.add(rec.line, column, "is missing")
	case !utf8.ValidString(text):
		wrong.add(rec.line, column, "is not UTF-8; save the file as UTF-8 (in Excel: \"CSV UTF-8\")")
	case strings.Contains(text, "\x00") && slices.Contains(columns[:2], column):
		wrong.add(rec.line, column, "holds a NUL character, which separates the two in an ID")
	case limit > 0 && utf8.RuneCountInString(text) > limit:
		wrong.add(rec.line, column, "has %d characters; at most %d fit", utf8.RuneCountInString(text), limit)
	}
}

// amount reads the amount in its currency, and puts what is wrong where it is wrong.
func (rec record) amount(wrong *problems) billing.Money {
	text, currency := rec.fields["amount"], rec.fields["currency"]
	if currency == "" || text == "" {
		return billing.Money{}
	}
	if _, err := billing.Decimals(currency); err != nil {
		wrong.add(rec.line, "currency", "%v", err)
		return billing.Money{}
	}
	amount, err := billing.ParseAmount(text, currency)
	if err != nil {
		wrong.add(rec.line, "amount", "%v", err)
	}
	return amount
}

// isPage reports whether a link is https, and holds no password. That the page asks for sign-in is the word of whoever wrote the file.
func isPage(link string) bool {
	u, err := url.Parse(link)
	return err == nil && u.Scheme == "https" && u.Hostname() != "" && u.User == nil
}

// short keeps a message about a wrong text readable.
func short(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}
