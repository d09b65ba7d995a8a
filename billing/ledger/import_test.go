package ledger_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kvitt/billing"
	"kvitt/billing/ledger"
	"kvitt/billing/ledger/ledgertest"
)

var morning = time.Date(2026, time.March, 1, 9, 0, 0, 0, time.UTC)

// office is a ledger with a clock that a test moves.
type office struct {
	*ledger.Ledger
	shelf *ledgertest.Memory
	now   time.Time
}

func newOffice() *office {
	o := &office{shelf: &ledgertest.Memory{}, now: morning}
	o.Ledger = ledger.New(o.shelf, []string{"Bank transfer", "Card"}, func() time.Time { return o.now })
	return o
}

// only returns the one invoice that the ledger has, open or not.
func (o *office) only(t *testing.T) billing.Invoice {
	t.Helper()
	var all []billing.Invoice
	for invoice, err := range o.Invoices(t.Context(), time.Unix(0, 0)) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, invoice)
	}
	if len(all) != 1 {
		t.Fatalf("the ledger has %d invoices, want 1", len(all))
	}
	return all[0]
}

// full is an invoice in which every column says something.
var full = billing.Invoice{
	ID:          ledger.ID("Fjord Strøm AS", "2026-17"),
	Number:      "2026-17",
	Supplier:    "Fjord Strøm AS",
	Description: "Power, \"February\"",
	Reference:   "001234567890128",
	PayTo:       "NO93 8601 1117 947",
	AmountDue:   billing.Money{Minor: 123450, Currency: "NOK"},
	Total:       billing.Money{Minor: 123450, Currency: "NOK"},
	Due:         billing.Date{Year: 2026, Month: time.March, Day: 8},
	Status:      billing.Open,
	Link:        "https://invoices.example.com/17",
}

func TestTheSameInvoiceIsReadFromEveryKindOfFile(t *testing.T) {
	const (
		header = "number,supplier,amount,currency,due,description,reference,pay_to,link,status"
		line   = `2026-17,Fjord Strøm AS,1234.50,NOK,2026-03-08,"Power, ""February""",001234567890128,NO93 8601 1117 947,https://invoices.example.com/17,open`
	)
	semicolons := "number;supplier;amount;currency;due;description;reference;pay_to;link;status\n" +
		`2026-17;Fjord Strøm AS;1234,50;NOK;2026-03-08;"Power, ""February""";001234567890128;NO93 8601 1117 947;https://invoices.example.com/17;`
	for name, file := range map[string]string{
		"commas":               header + "\n" + line,
		"a last line end":      header + "\n" + line + "\n",
		"a BOM and CRLF":       "\ufeff" + header + "\r\n" + line + "\r\n",
		"semicolons":           semicolons,
		"empty lines":          header + "\n\n" + line + "\n,,,,,,,,,\n\n",
		"a header in capitals": strings.ToUpper(header) + "\n" + line,
		"another order": "status,link,pay_to,reference,description,due,currency,amount,supplier,number\n" +
			`Open,https://invoices.example.com/17,NO93 8601 1117 947,001234567890128,"Power, ""February""",2026-03-08,NOK,"1234,50",Fjord Strøm AS, 2026-17 `,
		"JSON": `[{"number":"2026-17","supplier":"Fjord Strøm AS","amount":"1234.50","currency":"NOK","due":"2026-03-08","description":"Power, \"February\"",
			"reference":"001234567890128","pay_to":"NO93 8601 1117 947","link":"https://invoices.example.com/17","status":"open"}]`,
		"JSON with a number": "\ufeff \n" + `[{"amount":1234.50,"number":"2026-17","supplier":"Fjord Str\u00f8m AS","currency":"NOK","due":"2026-03-08","description":"Power, \"February\"",
			"reference":"001234567890128","pay_to":"NO93 8601 1117 947","link":"https://invoices.example.com/17","status":null}]`,
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice()
			if report := load(t, o.Ledger, file); report.Added != 1 {
				t.Errorf("%+v", report)
			}
			if diff := cmp.Diff(full, o.only(t)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestFourColumnsAreEnough(t *testing.T) {
	o := newOffice()
	load(t, o.Ledger, "number,supplier,amount,currency\n7,Acme,1200,JPY")
	want := billing.Money{Minor: 1200, Currency: "JPY"}
	if got := o.only(t); got.AmountDue != want || got.Status != billing.Open || !got.Due.IsZero() {
		t.Errorf("%+v", got)
	}
}

func TestAFileWithoutInvoicesImportsNone(t *testing.T) {
	for _, file := range []string{"number,supplier,amount,currency\n", "[]", " [ ]\n"} {
		if report := load(t, newOffice().Ledger, file); report.Added != 0 {
			t.Errorf("%q: %+v", file, report)
		}
	}
}

func TestEveryBadLineIsNamedAndNothingIsImported(t *testing.T) {
	const file = `number,supplier,amount,currency,due,description,link,status
good,Acme,10.00,EUR,2026-03-08,,,
1,Acme,"1,234",EUR,2026-03-08,,,
2,Acme,12.345,USD,08.03.2026,,,
3,Acme,10,EURO,,,,
4,Acme,10,eur,,,,
5,Acme,-10,EUR,,,,late
,,,,2026-03-08,,,
7,Acme,10,EUR,,,http://example.com,
8,Acme,10,EUR,,,javascript:alert(1),
9,Acme,10,EUR,,"two
lines",https://user:secret@example.com/,
good,Acme,10.00,EUR,2026-03-09,,,
11,Acme,1,234.50,EUR,,,,
12,Acme,10,EUR,2026-02-30,,,
13,Acme,"1"0,EUR,,,,
14,` + "Acm\xe9" + `,10,EUR,,,,
`
	const want = `march.csv: nothing was imported. Mend this, and import it again:
  line 3, amount: "1,234" is no amount in EUR: it could mean thousands or decimals; write 1234 if these are thousands
  line 4, amount: "12.345" is no amount in USD: it could mean thousands or decimals; write 12345 if these are thousands
  line 4, due: "08.03.2026" is not a day written as YYYY-MM-DD, such as 2026-03-08
  line 5, currency: "EURO" is not a currency code of ISO 4217, such as EUR
  line 6, currency: "eur" is not a currency code; write EUR
  line 7, amount: "-10" is no amount in EUR: it has a sign; write what is to be paid, without a sign, and leave credit notes out
  line 7, status: "late" is not open, paid or void
  line 8, number: is missing
  line 8, supplier: is missing
  line 8, amount: is missing
  line 8, currency: is missing
  line 9, link: "http://example.com" is not the https address of a page that asks for sign-in
  line 10, link: "javascript:alert(1)" is not the https address of a page that asks for sign-in
  line 11, link: "https://user:secret@example.com/" is not the https address of a page that asks for sign-in
  line 13: invoice good of Acme is on line 2 already
  line 14: has 9 fields where the header has 8; put a field with ',' in it in quotes
  line 15, due: "2026-02-30" is not a day written as YYYY-MM-DD, such as 2026-03-08
  line 16: quotes are wrong: a field with a quote in it is put in quotes, and the quote doubled
  line 17, supplier: is not UTF-8; save the file as UTF-8 (in Excel: "CSV UTF-8")`

	o := newOffice()
	report, err := o.Import(t.Context(), "march.csv", strings.NewReader(file))
	if _, ok := errors.AsType[*ledger.ImportError](err); !ok {
		t.Fatalf("the error is %v", err)
	}
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(ledger.Report{}, report); diff != "" {
		t.Errorf("something was imported: %s", diff)
	}
	for invoice := range o.Invoices(t.Context(), time.Unix(0, 0)) {
		t.Errorf("%s was imported", invoice.Number)
	}
}

func TestABadObjectIsNamedByItsLine(t *testing.T) {
	const file = `[
  {"number": "1", "supplier": "Acme", "amount": 10.00, "currency": "EUR"},
  {"number": "2", "supplier": "Acme", "amount": 10.001, "currency": "EUR", "payto": "x", "Due": ""},

  {"number": 3, "supplier": "Acme", "amount": 1e3, "currency": "EUR"}, 7,
  {"number": "4", "supplier": "Acme", "amount": 1.2345, "currency": "EUR", "amount": 2},
  {"number": "1",
   "supplier": "Acme", "amount": 100, "currency": "EUR"}
]`
	want := []ledger.Problem{
		{Line: 3, Reason: `there is no name "payto"; the names are number, supplier, amount, currency, due, description, reference, pay_to, link, status`},
		{Line: 3, Reason: `there is no name "Due"; the names are number, supplier, amount, currency, due, description, reference, pay_to, link, status`},
		{Line: 3, Column: "amount", Reason: `"10.001" is no amount in EUR: it could mean thousands or decimals; write 10001 if these are thousands`},
		{Line: 5, Column: "number", Reason: "must be a text in quotes"},
		{Line: 5, Reason: "is not an object with names and values"},
		{Line: 5, Column: "amount", Reason: `"1e3" is no amount in EUR: it is not a plain number; write digits only, with one separator before the decimals`},
		{Line: 6, Column: "amount", Reason: "is there twice"},
		{Line: 6, Column: "amount", Reason: `"1.2345" is no amount in EUR: it has more decimals than the currency; EUR has 2`},
		{Line: 7, Reason: "invoice 1 of Acme is on line 2 already"},
	}
	_, err := newOffice().Import(t.Context(), "march.json", strings.NewReader(file))
	wrong, ok := errors.AsType[*ledger.ImportError](err)
	if !ok {
		t.Fatalf("the error is %v", err)
	}
	if diff := cmp.Diff(want, wrong.Problems); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestAnInvoiceNeverTakesTheRowOfAnother(t *testing.T) {
	o := newOffice()
	id := ledger.ID("Acme", "2")
	_, err := o.shelf.Update(t.Context(), id, func(r *ledger.Row) error {
		r.Facts = ledger.Facts{Number: "17", Supplier: "Fjord Strøm AS", Amount: billing.Money{Minor: 500, Currency: "NOK"}, Status: billing.Open}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	before, err := o.shelf.Load(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	_, err = o.Import(t.Context(), "march.csv", strings.NewReader("number,supplier,amount,currency\n1,Acme,5,EUR\n2,Acme,5,EUR\n"))
	const want = `march.csv: nothing was imported. Mend this, and import it again:
  line 3: invoice 2 of Acme has the same id as invoice 17 of Fjord Strøm AS, which is in the ledger: write its number another way, such as with a full stop after it`
	if _, ok := errors.AsType[*ledger.ImportError](err); !ok || err.Error() != want {
		t.Errorf("the error is %v", err)
	}
	after, err := o.shelf.Load(t.Context(), id)
	if diff := cmp.Diff(before, after); err != nil || diff != "" {
		t.Errorf("the other invoice was changed: %v %s", err, diff)
	}
	if _, err := o.shelf.Load(t.Context(), ledger.ID("Acme", "1")); !errors.Is(err, billing.ErrNotFound) {
		t.Errorf("the invoice before it was imported: %v", err)
	}
}

func TestAFileThatIsNoListOfInvoicesIsRefusedAsAWhole(t *testing.T) {
	long := strings.Repeat("x", 1001)
	var many strings.Builder
	many.WriteString("number,supplier,amount,currency\n")
	for i := range 50_001 {
		fmt.Fprintf(&many, "%d,Acme,1,EUR\n", i)
	}
	for _, c := range []struct{ file, want string }{
		{"", "line 1: the first line must be the header number,supplier"},
		{"number,supplier,amount\n1,Acme,5", "line 1, currency: the header lacks this column"},
		{"number,supplier,amount,currency,paid_by\n1,Acme,5,EUR,x", `line 1: there is no column "paid_by"; the columns are number,`},
		{"number,supplier,amount,currency,paid_by\n1,Acme,5,,x", "line 2, currency: is missing"},
		{"number,supplier,amount,currency,number\n1,Acme,5,EUR,2", "line 1, number: is a column twice"},
		{"%PDF-1.7", `line 1: there is no column "%PDF-1.7"`},
		{"\xff\xfen\x00u\x00", "the file is UTF-16"},
		{`{"number":"1"}`, "line 1: the file must be an array of objects"},
		{`[{"number":"1"},` + "\n" + `{"number`, "line 2: this is not JSON from here on"},
		{"[", "line 1: the array has no end; is the file cut off?"},
		{"[] []", "line 1: there is something after the end of the array"},
		{"[\"\xff\"]", "the file is not UTF-8"},
		{"number,supplier,amount,currency\n" + long + ",Acme,1,EUR", "line 2, number: has 1001 characters; at most 1000 fit"},
		{`[{"number":"1\u0000","supplier":"Acme","amount":1,"currency":"EUR"}]`, "line 1, number: holds a NUL character"},
		{many.String(), "the file has more than 50,000 invoices"},
		{"[" + strings.Repeat("7,", 50_001) + "7]", "the file has more than 50,000 invoices"},
		{strings.Repeat(" ", 10<<20) + "x", "the file has more than 10 MiB; split it"},
	} {
		_, err := newOffice().Import(t.Context(), "file", strings.NewReader(c.file))
		if err == nil || !strings.Contains(err.Error(), "\n  "+c.want) {
			t.Errorf("%.60q: %.300v; want %s", c.file, err, c.want)
		}
	}
}

func TestTextFromOutsideIsKeptAsItIs(t *testing.T) {
	nasty := "<!channel> *bold* \u202e\u0007 <https://evil.example|click> & 'x'"
	o := newOffice()
	load(t, o.Ledger, "number,supplier,amount,currency,description\n1,Acme,5,EUR,"+nasty)
	if got := o.only(t).Description; got != nasty {
		t.Errorf("it became %q", got)
	}
}

func TestAnUnreadableFileIsAnError(t *testing.T) {
	broken := errors.New("the disk is gone")
	_, err := newOffice().Import(t.Context(), "march.csv", readerOf{broken})
	if !errors.Is(err, broken) {
		t.Errorf("the error is %v", err)
	}
}

type readerOf struct{ err error }

func (r readerOf) Read([]byte) (int, error) { return 0, r.err }

func TestAnIDNamesNobody(t *testing.T) {
	id := ledger.ID("Kari Nordmann", "2026-17")
	if strings.Contains(id, "Kari") || len(id) != len("ledger:")+16 {
		t.Errorf("the id is %q", id)
	}
	if ledger.ID("ab", "c") == ledger.ID("a", "bc") {
		t.Error("two invoices have one id")
	}
}
