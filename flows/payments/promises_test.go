package payments

import "kvitt/flows"

// judge looks at the end whether everything came right. What must never happen on the way was looked at when it could have.
func (w *world) judge() {
	for _, b := range w.bills {
		rec := w.record(b)
		stand, said := w.stood(b, "succeeded"), w.slack.confirmations(finance, b.number)
		switch {
		case stand != 1 || w.stood(b, "pending") > 0:
			w.violate(b.number, "at the end %d charges stand: %+v", stand, w.stripe.Charges(b.id))
		case rec.State != flows.Paid || rec.Attempt != nil:
			w.violate(b.number, "charged, and Kvitt thinks that it is %s", rec.State)
		case said == 0:
			w.violate(b.number, "charged, and never confirmed in the finance channel")
		}
		switch {
		case said > 1 && !b.lost:
			w.violate(b.number, "confirmed %d times in the finance channel", said)
		case said > 1:
			w.met("told twice that it is paid, for the store had forgotten")
		}
		if n := len(rec.Payments); n > 0 {
			payer := rec.Payments[n-1].By
			switch {
			case payer == "" && !b.lost:
				w.violate(b.number, "confirmed as paid outside Kvitt")
			case payer == "":
				w.met("confirmed as paid outside Kvitt, for the store had forgotten")
			case w.slack.confirmations("D"+payer, b.number) == 0:
				w.violate(b.number, "%s paid, and was not told so", payer)
			}
		}
		w.met("payments")
	}
}
