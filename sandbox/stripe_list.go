package sandbox

import (
	"fmt"
	"slices"
	"strings"
)

func stripeList(url string, rows []object, more bool) object {
	if rows == nil {
		rows = []object{}
	}
	return object{"object": "list", "url": url, "data": rows, "has_more": more}
}

// page cuts a list as Stripe does: limit 1 to 100 with 10 as default, starting_after and ending_before an id of the list
// (docs.stripe.com/api/pagination).
func (r *stripeRequest) page(url string, rows []object) (object, *stripeError) {
	limit, err := r.number("limit", 10)
	if err != nil {
		return nil, err
	}
	if limit < 1 || limit > 100 {
		return nil, stripeInvalid("parameter_invalid_integer", "limit", fmt.Sprintf("This value must be between 1 and 100; it is %d.", limit))
	}
	after, before := r.form.Get("starting_after"), r.form.Get("ending_before")
	if after != "" && before != "" {
		return nil, stripeInvalid("", "", "You can only specify one of these parameters: ending_before, starting_after.")
	}
	id := after + before
	at := slices.IndexFunc(rows, func(o object) bool { return o["id"] == id })
	switch {
	case id == "":
	case at < 0:
		return nil, stripeInvalid("resource_missing", "starting_after", "No such object: '"+id+"'")
	case after != "":
		rows = rows[at+1:]
	default:
		from := max(at-int(limit), 0)
		return stripeList(url, rows[from:at], from > 0), nil
	}
	cut := min(int(limit), len(rows))
	return stripeList(url, rows[:cut], cut < len(rows)), nil
}

// stripeExpandable is what may be expanded, relative to the object; lists take each with "data." before it.
var stripeExpandable = map[string][]string{
	"/v1/invoices":         {"payments", "payments.data.payment.payment_intent", "default_payment_method", "customer"},
	"/v1/payment_intents":  {"latest_charge"},
	"/v1/invoice_payments": {"payment.payment_intent"},
}

// checkExpand refuses what cannot be expanded, and more than four levels (docs.stripe.com/expand).
func (r *stripeRequest) checkExpand() *stripeError {
	for _, path := range r.expand {
		if strings.Count(path, ".") > 3 {
			return stripeInvalid("", "expand", "You cannot expand more than 4 levels of a property ("+path+").")
		}
		inner := strings.TrimPrefix(path, "data.")
		for root, known := range stripeExpandable {
			if strings.HasPrefix(r.r.URL.Path, root) && slices.Contains(known, inner) {
				inner = ""
			}
		}
		if inner != "" {
			return stripeInvalid("", "expand", "This property cannot be expanded ("+path+").")
		}
	}
	return nil
}
