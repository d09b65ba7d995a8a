package stripe_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kvitt/billing"
	"kvitt/sandbox"
)

func TestAnAnswerThatComesTooLateIsFoundByLooking(t *testing.T) {
	story(t, sandbox.StripeConfig{}, func(t *testing.T, w *world, p billing.Payment) {
		w.fail(sandbox.StripeSlowAfter, time.Minute)
		w.pays(p, billing.Settled)
		w.charged(p, 1)
	})
}

func TestARequestStillAtWorkIsUnclearAndChargesOnce(t *testing.T) {
	for _, noGuard := range []bool{false, true} {
		story(t, sandbox.StripeConfig{NoGuardButTheKey: noGuard}, func(t *testing.T, w *world, p billing.Payment) {
			w.fail(sandbox.StripeSlowBefore, time.Minute)
			w.pays(p, billing.Unclear)
			w.pays(p, billing.Unclear) // Stripe: 409 idempotency_key_in_use.
			time.Sleep(2 * time.Minute)
			w.pays(p, billing.Settled)
			w.charged(p, 1)
		})
	}
}

func TestNothingDefiniteIsSaidWhileAnEarlierRequestMayBeAtWork(t *testing.T) {
	story(t, sandbox.StripeConfig{}, func(t *testing.T, w *world, p billing.Payment) {
		w.fail(sandbox.StripeSlowBefore, time.Minute)
		w.pays(p, billing.Unclear)
		time.Sleep(20 * time.Second)
		w.stripe.AddMethod(sandbox.StripeMethod{ID: "pm_new", Customer: customer})
		gone := p
		gone.Method = "pm_gone"
		w.pays(gone, billing.Unclear)
		gone.Amount.Minor--
		w.pays(gone, billing.Unclear)
		time.Sleep(2 * time.Minute)
		w.says(p, billing.Settled)
	})
}

func TestA500AfterTheChargeIsSettledAndOneBeforeItStaysUnclear(t *testing.T) {
	story(t, sandbox.StripeConfig{}, func(t *testing.T, w *world, p billing.Payment) {
		w.fail(sandbox.StripeBroken500After)
		w.pays(p, billing.Settled)
		w.pays(p, billing.Settled)
		w.charged(p, 1)
	})
	story(t, sandbox.StripeConfig{}, func(t *testing.T, w *world, p billing.Payment) {
		w.fail(sandbox.StripeBroken500Before)
		w.pays(p, billing.Unclear)
		w.pays(p, billing.Unclear) // Stripe repeats the 500 for this key.
		w.charged(p, 0)
	})
}

func TestADeadKeyIsNeverSentAgain(t *testing.T) {
	story(t, sandbox.StripeConfig{NoGuardButTheKey: true}, func(t *testing.T, w *world, p billing.Payment) {
		w.fail(sandbox.StripeBroken500Before)
		w.pays(p, billing.Unclear)
		time.Sleep(w.provider.KeyLife())
		before := w.sent()
		w.pays(p, billing.Unclear)
		w.says(p, billing.Unclear)
		if w.sent() != before {
			t.Error("a request went out with a dead key")
		}
		w.charged(p, 0)
	})
}

func TestAKeyIsDeadInTimeHoweverTheClockJumped(t *testing.T) {
	story(t, sandbox.StripeConfig{NoGuardButTheKey: true}, func(t *testing.T, w *world, p billing.Payment) {
		p.Started = time.Now().Add(2 * time.Hour) // Sent by a clock an hour ahead, as it looks by one that is an hour behind.
		w.fail(sandbox.StripeBroken500Before)
		w.pays(p, billing.Unclear)
		time.Sleep(24 * time.Hour) // Stripe may have forgotten the key.
		before := w.sent()
		w.pays(p, billing.Unclear)
		if w.sent() != before {
			t.Error("a request went out with a key that Stripe may have forgotten")
		}
	})
}

func TestALimitedRequestCanBeRepeated(t *testing.T) {
	for _, kind := range []sandbox.StripeFaultKind{sandbox.StripeRateLimit, sandbox.StripeLockTimeout} {
		story(t, sandbox.StripeConfig{}, func(t *testing.T, w *world, p billing.Payment) {
			w.fail(kind)
			w.pays(p, billing.NotStarted)
			w.pays(p, billing.Settled)
			w.charged(p, 1)
		})
	}
}

func TestAnAnswerThatIsNotStripesIsUnclear(t *testing.T) {
	story(t, sandbox.StripeConfig{}, func(t *testing.T, w *world, p billing.Payment) {
		w.fail(sandbox.StripeNotStripe)
		w.pays(p, billing.Unclear)
		w.pays(p, billing.Settled)
		w.charged(p, 1)
	})
}

func TestAnAnswerAboutSomethingElseIsUnclear(t *testing.T) {
	story(t, sandbox.StripeConfig{}, func(t *testing.T, w *world, p billing.Payment) {
		w.provider = w.connect(&http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, "/pay") {
				return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("{}")), Request: r}, nil
			}
			return w.stripe.Transport().RoundTrip(r)
		})}, "")
		w.pays(p, billing.Unclear)
	})
}

func TestARedirectIsNotFollowedWithThePayment(t *testing.T) {
	story(t, sandbox.StripeConfig{}, func(t *testing.T, w *world, p billing.Payment) {
		elsewhere := 0
		client := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			switch {
			case r.URL.Host != "api.stripe.com":
				elsewhere++
			case strings.HasSuffix(r.URL.Path, "/pay"):
				return &http.Response{StatusCode: 307, Header: http.Header{"Location": {"https://elsewhere.example/"}}, Body: http.NoBody, Request: r}, nil
			}
			return w.stripe.Transport().RoundTrip(r)
		})}
		w.provider = w.connect(client, "")
		w.pays(p, billing.Unclear)
		if elsewhere > 0 {
			t.Error("the payment went to another host")
		}
	})
}

// A gateway with nothing to tell but the invoice itself: no events, no payments, no charges.
func TestALostAnswerIsFoundWhereOnlyTheInvoiceCanBeRead(t *testing.T) {
	story(t, sandbox.StripeConfig{NoGuardButTheKey: true}, func(t *testing.T, w *world, p billing.Payment) {
		w.provider = w.connect(&http.Client{Transport: poor(w.stripe.Transport())}, "")
		w.fail(sandbox.StripeCutAfter)
		w.pays(p, billing.Settled)
		w.says(p, billing.Settled)
		w.pays(p, billing.Settled)
		w.charged(p, 1)
	})
	story(t, sandbox.StripeConfig{}, func(t *testing.T, w *world, p billing.Payment) {
		w.provider = w.connect(&http.Client{Transport: poor(w.stripe.Transport())}, "")
		w.stripe.SettleElsewhere(raw(p.Invoice))
		time.Sleep(time.Second)
		p.Started = time.Now()
		w.pays(p, billing.Elsewhere)
	})
}

func TestAClockThatIsAheadMakesNobodyElseOfThePayer(t *testing.T) {
	for _, ahead := range []time.Duration{time.Minute, 10 * time.Minute, time.Hour} {
		story(t, sandbox.StripeConfig{}, func(t *testing.T, w *world, p billing.Payment) {
			p.Started = time.Now().Add(ahead)
			w.fail(sandbox.StripeCutAfter)
			w.pays(p, billing.Settled)
			w.says(p, billing.Settled) // As it is asked after a crash.
			w.charged(p, 1)
		})
		story(t, sandbox.StripeConfig{NoGuardButTheKey: true}, func(t *testing.T, w *world, p billing.Payment) {
			w.provider = w.connect(&http.Client{Transport: poor(w.stripe.Transport())}, "")
			p.Started = time.Now().Add(ahead)
			w.fail(sandbox.StripeCutAfter)
			w.pays(p, billing.Settled)
			w.charged(p, 1)
		})
	}
}

func TestWhileTheEventsCannotBeReadClocksAloneSpeakAgainstNobody(t *testing.T) {
	story(t, sandbox.StripeConfig{}, func(t *testing.T, w *world, p billing.Payment) {
		p.Started = time.Now().Add(time.Hour) // By a clock that is ahead.
		w.fail(sandbox.StripeCutAfter)
		w.pays(p, billing.Settled)
		w.stripe.Fail(sandbox.StripeFault{Op: "GET /v1/events", Kind: sandbox.StripeBroken500Before, Times: -1})
		w.says(p, billing.Unclear)
		w.stripe.Mend()
		w.says(p, billing.Settled)
	})
}

// poor is a service that expands nothing and has neither events nor payment intents.
func poor(next http.RoundTripper) http.RoundTripper {
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		if strings.HasPrefix(r.URL.Path, "/v1/events") || strings.HasPrefix(r.URL.Path, "/v1/payment_intents") {
			r = r.Clone(r.Context())
			r.URL.Path = "/v1/unknown"
		}
		r.URL.RawQuery = strings.ReplaceAll(r.URL.RawQuery, "expand[0]=payments.data.payment.payment_intent", "")
		return next.RoundTrip(r)
	})
}

func TestOverARealConnectionACutAnswerIsFoundAndChargedOnce(t *testing.T) {
	w := newWorld(t, sandbox.StripeConfig{})
	server := httptest.NewServer(w.stripe.Handler())
	defer server.Close()
	w.provider = w.connect(server.Client(), server.URL)
	id := "stripe:" + w.stripe.AddInvoice(sandbox.StripeInvoice{Customer: customer, Total: 5000})

	var found []billing.Invoice
	for invoice, err := range w.provider.Invoices(t.Context(), time.Time{}) {
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, invoice)
	}
	if len(found) != 1 || found[0].ID != id {
		t.Fatalf("found %+v", found)
	}
	methods, err := w.provider.Methods(t.Context(), found[0])
	if err != nil || !methods[0].Default {
		t.Fatalf("methods are %+v, %v", methods, err)
	}

	w.fail(sandbox.StripeCutAfter)
	p := billing.Payment{Invoice: id, Key: "kvitt-1", Method: methods[0].ID, Amount: found[0].AmountDue, Started: time.Now()}
	w.pays(p, billing.Settled)
	w.pays(p, billing.Settled)
	w.charged(p, 1)
}
