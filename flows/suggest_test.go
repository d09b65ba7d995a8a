package flows

import (
	"context"
	"fmt"
	"testing"

	"kvitt/billing"
	"kvitt/bot"
	"kvitt/sandbox"
)

// purse is a counter at which somebody has more payment methods than a menu of Slack's holds.
type purse struct{ counter }

func (purse) Methods(context.Context, billing.Invoice) ([]billing.Method, error) {
	methods := []billing.Method{{ID: visa.ID, Short: visa.Short, Expires: visa.Expires, Default: true}}
	for i := range 3 * bot.MaxOptions {
		methods = append(methods, billing.Method{ID: fmt.Sprintf("pm_%d", i), Short: fmt.Sprintf("Mastercard •••• %04d", i)})
	}
	return methods, nil
}

func TestOfManyMethodsEachCanBeFoundAndChosen(t *testing.T) {
	atTheDesk(t, "", func(o *desk) {
		o.Providers = []billing.Provider{purse{o.Providers[0].(counter)}}
		o.settled(o.Command(o.Context(), asha, finance, "/invoices"))
		o.press(asha, ActPay)
		view := o.Modals(asha)[0]
		menu := sandbox.Spot{View: view.ID, Block: blockMethod, Action: actMethod}
		for typed, want := range map[string]int{"": bot.MaxOptions, "0250": 1, "  MASTERCARD 029 ": 11, "visa": 1, "4242 04/27": 1, "giro": 0} {
			found, err := o.Options(o.Context(), asha, menu, typed)
			if err != nil || len(found) != want {
				t.Errorf("%q finds %d, want %d, %v", typed, len(found), want, err)
			}
		}
		found, err := o.Options(o.Context(), asha, menu, "0250")
		must(err)
		o.settled(o.Input(o.Context(), asha, menu, found[0].Value))
		o.settled(o.Submit(o.Context(), asha, view.ID))
		var chosen []string
		for _, inv := range o.Providers[0].(purse).invoices {
			if rec, err := o.Records.Load(o.Context(), inv.ID); err == nil && rec.Attempt != nil {
				chosen = append(chosen, rec.Attempt.Method.ID)
			}
		}
		if len(chosen) != 1 || chosen[0] != "pm_250" {
			t.Errorf("the payments begun are by %q", chosen)
		}
	})
}

func TestNobodyButABillingAdminFindsMethods(t *testing.T) {
	atTheDesk(t, "", func(o *desk) {
		meta := shown{Invoice: o.Providers[0].(counter).invoices[0].ID, Minor: 1, Currency: "USD"}.meta()
		for user, want := range map[string]int{asha: 1, kim: 0, gus: 0} {
			found, err := o.suggestMethods(o.Context(), bot.Click{User: user, Meta: meta})
			if err != nil || len(found) != want {
				t.Errorf("%s finds %v, %v", user, found, err)
			}
		}
	})
}
