package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"strings"
	"time"

	"kvitt/billing"
)

// Facts are what a file said of an invoice. They compare with ==.
type Facts struct {
	Number      string         `json:"number"`
	Supplier    string         `json:"supplier"`
	Amount      billing.Money  `json:"amount"`
	Due         billing.Date   `json:"due,omitzero"`
	Description string         `json:"description,omitempty"`
	Reference   string         `json:"reference,omitempty"`
	PayTo       string         `json:"pay_to,omitempty"`
	Link        string         `json:"link,omitempty"`
	Status      billing.Status `json:"status"` // Open, Paid or Void.
}

// Row is one invoice of the ledger as a Shelf keeps it, in JSON: the newest facts, and everything that people recorded on it.
//
// The two do not overwrite each other. As long as a recording stands, the invoice is paid as it was recorded, with that amount, whatever
// files say afterwards; the facts are kept beside it, and are the invoice again once the recording is undone.
type Row struct {
	Facts
	PaidSince  time.Time   `json:"paid_since,omitzero"` // When files began to say paid, the last time that they did; UTC.
	Changed    time.Time   `json:"changed"`             // When anything here last changed, UTC.
	Recordings []Recording `json:"recordings,omitempty"`
}

// Recording is one payment that somebody made elsewhere and noted in Kvitt. It is never deleted, only undone.
type Recording struct {
	Key       string        `json:"key"`
	By        string        `json:"by"` // Slack user id.
	At        time.Time     `json:"at"` // UTC.
	Amount    billing.Money `json:"amount"`
	Method    string        `json:"method"`
	Reference string        `json:"reference,omitempty"`
	Undone    *Undoing      `json:"undone,omitempty"`
}

// Undoing says who took a recording back, when and why.
type Undoing struct {
	By     string    `json:"by"` // Slack user id.
	At     time.Time `json:"at"` // UTC.
	Reason string    `json:"reason"`
}

// Shelf keeps rows. It is the seam to the store; ledgertest.RunShelf proves one.
type Shelf interface {
	// Load returns a row, or an error that wraps billing.ErrNotFound where there is none.
	Load(ctx context.Context, id string) (Row, error)

	// Update changes a row in one atomic step and returns it as stored. A missing row is handed to fn as the zero Row, and created.
	// fn is pure but for what it assigns anew on every run: it may run again when another writer came first.
	// An error of fn is returned as it is, and nothing is stored. After any other error nobody knows whether it was stored.
	Update(ctx context.Context, id string, fn func(*Row) error) (Row, error)

	// Since yields every row that is open (Row.Open) and, unless since is zero, every other that changed at since or later, in any order.
	// Others may be among them, and one that is written meanwhile may come twice or only the next time. A row that cannot be read comes as
	// an error and keeps no other back; any other error is the last thing yielded.
	Since(ctx context.Context, since time.Time) iter.Seq2[Row, error]
}

const prefix = "ledger:"

// ID returns the Invoice.ID of a supplier's invoice number. Both are hashed, because ids stand in logs, keys, buttons and the audit trail, where
// no name belongs, and a supplier can be a person. 64 bits make two of a company's invoices meet once in billions of ledgers,
// or when a supplier looks for two numbers that do; Import refuses the second.
func ID(supplier, number string) string {
	sum := sha256.Sum256([]byte(supplier + "\x00" + number))
	return prefix + hex.EncodeToString(sum[:8])
}

// same reports whether two are of one invoice, by what ID goes by.
func (f Facts) same(other Facts) bool {
	return f.Supplier == other.Supplier && f.Number == other.Number
}

// meets says that two invoices have one id, and renumber what to do about it.
func (f Facts) meets(other Facts) string {
	return fmt.Sprintf("invoice %s of %s has the same id as invoice %s of %s", short(f.Number), short(f.Supplier), short(other.Number), short(other.Supplier))
}

const renumber = "write its number another way, such as with a full stop after it"

// known reports whether an id can be one of ours, so that nothing else is ever looked up.
func known(id string) bool {
	digits, ours := strings.CutPrefix(id, prefix)
	return ours && len(digits) == 16 && strings.Trim(digits, "0123456789abcdef") == ""
}

// Open reports whether the invoice is left to pay, as Invoice says it.
func (r *Row) Open() bool { return r.Status == billing.Open && r.standing() == nil }

// standing returns the recording that settles the invoice, or nil.
func (r *Row) standing() *Recording {
	for i := range r.Recordings {
		if r.Recordings[i].Undone == nil {
			return &r.Recordings[i]
		}
	}
	return nil
}

// recording returns the one with this key, undone or not, or nil.
func (r *Row) recording(key string) *Recording {
	for i := range r.Recordings {
		if r.Recordings[i].Key == key {
			return &r.Recordings[i]
		}
	}
	return nil
}

// Invoice returns the row as everybody outside the ledger sees it.
func (r *Row) Invoice() billing.Invoice {
	invoice := billing.Invoice{
		ID:          ID(r.Supplier, r.Number),
		Number:      r.Number,
		Supplier:    r.Supplier,
		Description: r.Description,
		Reference:   r.Reference,
		PayTo:       r.PayTo,
		AmountDue:   r.Amount,
		Total:       r.Amount,
		Due:         r.Due,
		Status:      r.Status,
		Link:        r.Link,
	}
	if recorded := r.standing(); recorded != nil {
		invoice.Status = billing.Paid
		invoice.Total = recorded.Amount
		invoice.Settlement = billing.Settlement{At: recorded.At, Method: recorded.Method, Key: recorded.Key}
	} else if r.Status == billing.Paid {
		invoice.Settlement = billing.Settlement{At: r.PaidSince}
	}
	if invoice.Status != billing.Open {
		invoice.AmountDue = billing.Money{Currency: invoice.Total.Currency}
	}
	return invoice
}
