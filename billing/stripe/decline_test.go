package stripe

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	api "github.com/stripe/stripe-go/v85"

	"kvitt/billing"
)

// generic are the decline codes of which people are told no more than that the bank declined: fraud-like ones, those that Stripe asks not to tell
// (docs.stripe.com/declines/codes), and those of which nothing else can be said than to ask the bank.
var generic = []string{
	"fraudulent", "lost_card", "stolen_card", "pickup_card", "restricted_card", "merchant_blacklist", "security_violation", "transaction_not_allowed",
	"call_issuer", "do_not_honor", "do_not_try_again", "duplicate_transaction", "generic_decline", "no_action_taken", "not_permitted",
	"offline_pin_required", "online_or_offline_pin_required", "stop_payment_order", "testmode_decline",
}

// A library that knows more codes makes this fail until somebody has sorted them.
func TestEveryDeclineCodeIsSortedOnPurpose(t *testing.T) {
	codes := declineCodes(t)
	if len(codes) < 40 {
		t.Fatalf("the library lists %d codes", len(codes))
	}
	for _, code := range codes {
		sorted := family(&api.Error{Code: "card_declined", DeclineCode: api.DeclineCode(code)})
		switch {
		case code == string(api.DeclineCodeAuthenticationRequired):
			if !asksPerson(&api.Error{DeclineCode: api.DeclineCodeAuthenticationRequired}) {
				t.Error("authentication is not asked of the person")
			}
		case (sorted == billing.Generic) != slices.Contains(generic, code):
			t.Errorf("%s is told as %q", code, sorted)
		}
	}
}

// declineCodes are those that the library declares.
func declineCodes(t *testing.T) (codes []string) {
	dir, err := exec.Command("go", "list", "-f", "{{.Dir}}", "github.com/stripe/stripe-go/v85").Output()
	if err != nil {
		t.Fatal(err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(strings.TrimSpace(string(dir)), "error.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) == 0 || !strings.HasPrefix(spec.Names[0].Name, "DeclineCode") {
			return true
		}
		code, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		codes = append(codes, code)
		return true
	})
	return codes
}
