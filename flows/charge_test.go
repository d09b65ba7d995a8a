package flows

import (
	"context"
	"testing"

	"kvitt/billing"
)

// shelf is a billing service as far as one invoice can be read.
type shelf struct {
	billing.Provider
	inv billing.Invoice
	err error
}

func (s shelf) Invoice(context.Context, string) (billing.Invoice, error) { return s.inv, s.err }

func TestARecordIsMadeAfterACrashOnlyUnderTheAccountThatWasAgreedTo(t *testing.T) {
	agreed := anInvoice()
	agreed.PayTo, agreed.Reference = "1503.40.12345", "00884112345"
	other := agreed
	other.PayTo = "9999 99 99999"
	a := Attempt{Payee: payee(agreed)}
	j := &job{id: agreed.ID}
	for name, c := range map[string]struct {
		shelf shelf
		want  NoticeKind
	}{
		"the same":       {shelf{inv: agreed}, ""},
		"another":        {shelf{inv: other}, NoticeChanged},
		"cannot be read": {shelf{err: billing.ErrUnavailable}, ""},
	} {
		if n, err := j.sameAccount(t.Context(), c.shelf, a); n.Kind != c.want || err != c.shelf.err {
			t.Errorf("where the account is %s: %q, %v", name, n.Kind, err)
		}
	}
}
