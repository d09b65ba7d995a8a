package stripe_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kvitt/billing/stripe"
	"kvitt/sandbox"
)

// event is one that Stripe would send; what is given replaces or adds to what is usual.
func event(more ...string) []byte {
	fields := map[string]string{"id": `"evt_1"`, "object": `"event"`, "type": `"invoice.paid"`, "livemode": "false",
		"data": `{"object":{"id":"in_1","object":"invoice","customer":"` + customer + `"}}`}
	for i := 0; i+1 < len(more); i += 2 {
		fields[more[i]] = more[i+1]
	}
	var parts []string
	for name, value := range fields {
		parts = append(parts, fmt.Sprintf("%q:%s", name, value))
	}
	return []byte("{" + strings.Join(parts, ",") + "}")
}

// reads has a Provider read an event that was signed just now.
func (w *world) reads(body []byte) (stripe.Event, error) {
	return w.provider.ReadEvent(w.t.Context(), body, sandbox.StripeSign(body, time.Now(), "whsec_1"), []string{"whsec_1"})
}

func TestOnlyWhatStripeSignedJustNowIsTakenIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.StripeConfig{})
		time.Sleep(24 * time.Hour)
		body, now := event(), time.Now()
		right := sandbox.StripeSign(body, now, "whsec_1")
		stamp, hex, _ := strings.Cut(right, ",v1=")
		for name, c := range map[string]struct {
			header string
			want   error
		}{
			"the right one":                  {right, nil},
			"with one of an older scheme":    {right + ",v0=00", nil},
			"of the old secret":              {sandbox.StripeSign(body, now, "whsec_0"), nil},
			"of both, while they are rolled": {sandbox.StripeSign(body, now, "whsec_other", "whsec_1"), nil},
			"none":                           {"", stripe.ErrUnsigned},
			"no time":                        {"v1=" + hex, stripe.ErrUnsigned},
			"words for a time":               {"t=now,v1=" + hex, stripe.ErrUnsigned},
			"no signature":                   {stamp, stripe.ErrSignature},
			"not hexadecimal":                {stamp + ",v1=zz", stripe.ErrSignature},
			"a broken pair":                  {right + ",v1", stripe.ErrUnsigned},
			"of another secret":              {sandbox.StripeSign(body, now, "whsec_other"), stripe.ErrSignature},
			"of an empty secret":             {sandbox.StripeSign(body, now, ""), stripe.ErrSignature},
			"of another body":                {sandbox.StripeSign(append(event(), ' '), now, "whsec_1"), stripe.ErrSignature},
			"of an older scheme only":        {stamp + ",v0=" + hex, stripe.ErrSignature},
			"as old as may be":               {sandbox.StripeSign(body, now.Add(-5*time.Minute), "whsec_1"), nil},
			"too old":                        {sandbox.StripeSign(body, now.Add(-5*time.Minute-time.Second), "whsec_1"), stripe.ErrStale},
			"as far ahead as may be":         {sandbox.StripeSign(body, now.Add(5*time.Minute), "whsec_1"), nil},
			"of the future":                  {sandbox.StripeSign(body, now.Add(5*time.Minute+time.Second), "whsec_1"), stripe.ErrStale},
			"an old one with a new time":     {strings.Replace(sandbox.StripeSign(body, now.Add(-time.Hour), "whsec_1"), "v1=", stamp+",v1=", 1), stripe.ErrSignature},
			"a new time before an old one":   {stamp + "," + sandbox.StripeSign(body, now.Add(-time.Hour), "whsec_1"), stripe.ErrStale},
		} {
			if _, err := w.provider.ReadEvent(t.Context(), body, c.header, []string{"whsec_0", "whsec_1"}); !errors.Is(err, c.want) || c.want == nil && err != nil {
				t.Errorf("a signature %s: %v, want %v", name, err, c.want)
			}
		}
	})
}

func TestAnEventIsAReasonToLookAtAnInvoiceOfOurs(t *testing.T) {
	w := newWorld(t, sandbox.StripeConfig{})
	look := stripe.Event{ID: "evt_1", Invoice: "stripe:in_1"}
	nothing := func(why string) stripe.Event { return stripe.Event{ID: "evt_1", Why: why} }
	for name, c := range map[string]struct {
		body []byte
		want stripe.Event
	}{
		"as usual":                        {event(), look},
		"of an API version long ago":      {event("api_version", `"2019-03-14"`), look},
		"of an API version to come":       {event("api_version", `"2031-01-01.zinnia"`), look},
		"with its customer whole":         {event("data", `{"object":{"id":"in_1","object":"invoice","customer":{"id":"`+customer+`"}}}`), look},
		"of our own account":              {event("account", `"acct_1Kvitt"`), look},
		"of another account":              {event("account", `"acct_other"`), nothing("other account")},
		"of live mode":                    {event("livemode", "true"), nothing("other mode")},
		"of another customer":             {event("data", `{"object":{"id":"in_1","object":"invoice","customer":"cus_other"}}`), nothing("other customer")},
		"of another kind":                 {event("type", `"charge.refunded"`), nothing("other type")},
		"of a kind that is not yet":       {event("type", `"invoice.forgotten"`), nothing("other type")},
		"about something else":            {event("data", `{"object":{"id":"ch_1","object":"charge"}}`), nothing("other type")},
		"about an id that is none":        {event("data", `{"object":{"id":"../in_1","object":"invoice","customer":"`+customer+`"}}`), nothing("other type")},
		"thin, of Stripe's second series": {event("object", `"v2.core.event"`), nothing("other type")},
	} {
		if got, err := w.reads(c.body); err != nil || got != c.want {
			t.Errorf("an event %s: %+v and %v, want %+v", name, got, err, c.want)
		}
	}
	for _, kind := range []string{"paid", "payment_failed", "payment_action_required", "finalized", "updated", "voided", "marked_uncollectible", "overdue"} {
		if got, err := w.reads(event("type", `"invoice.`+kind+`"`)); err != nil || got != look {
			t.Errorf("invoice.%s: %+v and %v", kind, got, err)
		}
	}
	for _, body := range []string{"", "null", "{", "[]", `{"id":"evt_1"}`, `{"object":"event"}`, `{"id":7,"object":"event"}`} {
		if _, err := w.reads([]byte(body)); !errors.Is(err, stripe.ErrUnreadable) {
			t.Errorf("%q: %v, want ErrUnreadable", body, err)
		}
	}
}

func TestALiveKeyTakesLiveEventsOnly(t *testing.T) {
	p, err := stripe.New(stripe.Config{Key: "rk_live_x", Customers: []string{customer}})
	if err != nil {
		t.Fatal(err)
	}
	for body, want := range map[string]string{string(event()): "other mode", string(event("livemode", "true")): ""} {
		got, err := p.ReadEvent(t.Context(), []byte(body), sandbox.StripeSign([]byte(body), time.Now(), "whsec_1"), []string{"whsec_1"})
		if err != nil || got.Why != want {
			t.Errorf("%s: %+v and %v", body, got, err)
		}
	}
}

// FuzzEvent reads anything that is signed, and anything as a signature.
func FuzzEvent(f *testing.F) {
	f.Add(event(), "t=1,v1=00")
	f.Add(event("data", `{"object":{"id":"in_1","object":"invoice","customer":{"id":{}}}}`), "t=,v1=,t=1")
	f.Add([]byte(`{"id":"evt_1","object":"event","data":[]}`), "=")
	p, err := stripe.New(stripe.Config{Key: "sk_test_x", APIURL: "http://127.0.0.1:1", Customers: []string{customer}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte, header string) {
		if _, err := p.ReadEvent(t.Context(), body, header, []string{"whsec_1"}); err == nil {
			t.Fatalf("%q signs %q", header, body)
		}
		if strings.Contains(string(body), "account") {
			return // It would be asked for.
		}
		got, err := p.ReadEvent(t.Context(), body, sandbox.StripeSign(body, time.Now(), "whsec_1"), []string{"whsec_1"})
		if err == nil && (got.ID == "" || (got.Invoice == "") == (got.Why == "")) {
			t.Fatalf("%q is %+v", body, got)
		}
	})
}
