package ledger_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"kvitt/billing"
	"kvitt/billing/ledger"
)

// FuzzImport holds that a file is either read or named wrong, line by line, and that what is read can be shown and stored.
func FuzzImport(f *testing.F) {
	for _, file := range []string{
		"number,supplier,amount,currency,due,status\n1,Acme,5.00,EUR,2026-03-08,paid\n2,Acme,\"1,234\",EUR,,\n",
		"number;supplier;amount;currency\r\n1;\"A;\"\"B\";1,5;KWD\r\n\r\n;;;\r\n", "\ufeffnumber,supplier\n", "\"", "number,supplier,amount,currency\n\"1\"x,2,3,4\n",
		`[{"number":"1","supplier":"Acme","amount":5.00,"currency":"EUR"},{"amount":"1"}, 7, [[]], null]`, `[{"number":1e999}]`, "[", "[}", `{"a":`, "[1", "[1 2]", "[\n,\n]",
	} {
		f.Add([]byte(file))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		o := newOffice()
		report, err := o.Import(t.Context(), "fuzz", bytes.NewReader(file))
		if err != nil {
			wrong, ok := errors.AsType[*ledger.ImportError](err)
			if !ok || len(wrong.Problems) == 0 || !strings.HasPrefix(err.Error(), "fuzz: ") {
				t.Fatalf("the error is %v", err)
			}
			for _, p := range wrong.Problems {
				if p.Line < 0 || p.Line > bytes.Count(file, []byte("\n"))+1 || p.Reason == "" {
					t.Fatalf("problem %+v", p)
				}
			}
			return
		}
		seen := 0
		for invoice, err := range o.Invoices(t.Context(), time.Unix(0, 0)) {
			if err != nil {
				t.Fatal(err)
			}
			if _, err := billing.Decimals(invoice.Total.Currency); err != nil || invoice.Total.Minor < 0 || invoice.Number == "" || invoice.Supplier == "" {
				t.Fatalf("imported %+v", invoice)
			}
			seen++
		}
		if seen != report.Added {
			t.Fatalf("%d of %d were imported", seen, report.Added)
		}
		again, err := o.Import(t.Context(), "fuzz", bytes.NewReader(file))
		if err != nil || again.Unchanged != seen || again.Added+again.Updated != 0 {
			t.Fatalf("the second time: %+v, %v", again, err)
		}
	})
}

// FuzzRow holds that whatever a store hands back as a row can be shown, and written again without loss.
func FuzzRow(f *testing.F) {
	for _, row := range []string{
		`{}`, `null`, `{"number":"1","supplier":"Acme","amount":{"minor":1000,"currency":"EUR"},"due":"2026-03-08","status":"open","changed":"2026-03-01T09:00:00Z"}`,
		`{"status":"paid","paid_since":"2026-03-01T09:00:00Z","recordings":[{"key":"k","at":"2026-03-01T09:00:00Z","undone":{"by":"U","reason":"x"}},{"key":"k2"}]}`,
		`{"recordings":[null,{"undone":null}],"amount":{"minor":-5}}`, `{"due":"2026-02-30"}`,
	} {
		f.Add([]byte(row), "k")
	}
	f.Fuzz(func(t *testing.T, data []byte, key string) {
		var row ledger.Row
		if json.Unmarshal(data, &row) != nil {
			return
		}
		invoice := row.Invoice()
		if invoice.Status == billing.Paid && invoice.AmountDue.Minor != 0 {
			t.Fatalf("paid, and %v left", invoice.AmountDue)
		}
		again, err := json.Marshal(row)
		if err != nil {
			t.Fatal(err)
		}
		var back ledger.Row
		if err := json.Unmarshal(again, &back); err != nil {
			t.Fatalf("%s: %v", again, err)
		}
		if back.Invoice() != invoice {
			t.Fatalf("%+v came back as %+v", invoice, back.Invoice())
		}
	})
}
