package azure_test

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"kvitt/billing"
	"kvitt/billing/azure"
)

// listAll reads the list and counts; the error is the last one.
func listAll(t *testing.T, p *azure.Provider) (n int, last error) {
	t.Helper()
	for _, err := range p.Invoices(t.Context(), time.Time{}) {
		if err != nil {
			last = err
			continue
		}
		n++
	}
	return n, last
}

func TestANextPageElsewhereIsNeverAskedForAndNoTokenIsSent(t *testing.T) {
	for _, link := range []string{
		"https://evil.example.org/providers/x", "//evil.example.org/x", "http://management.azure.com/x", "https://management.azure.com:8443/x",
		"https://management.azure.com@evil.example.org/x", "file:///etc/passwd", "https://[::1", "javascript:0",
	} {
		w := newWorld()
		w.put("G000000001", "1.00", march8)
		w.edit = func(page object, _ int) { page["nextLink"] = link }
		n, err := listAll(t, w.provider(t))
		wantError(t, err, billing.ErrUnavailable)
		if n != 0 || w.count("/invoices") != 1 || len(w.asked) != 1 {
			t.Errorf("%s: %d invoices, and %d requests, want the first page alone", link, n, len(w.asked))
		}
	}
}

func TestANextPageMayBeRelativeOrAbsolute(t *testing.T) {
	for _, prefix := range []string{"", "https://management.azure.com", "https://Management.Azure.com:443"} {
		w := newWorld()
		for i := range 120 {
			w.put(fmt.Sprintf("G%09d", i), "1.00", march8)
		}
		w.edit = func(page object, _ int) {
			if link, ok := page["nextLink"].(string); ok {
				page["nextLink"] = prefix + link
			}
		}
		if n, err := listAll(t, w.provider(t)); n != 120 || err != nil {
			t.Errorf("after %q: %d invoices and %v, want 120", prefix, n, err)
		}
	}
}

func TestPagesThatOverlapYieldNothingTwice(t *testing.T) {
	w := newWorld()
	for i := range 60 {
		w.put(fmt.Sprintf("G%09d", i), "1.00", march8)
	}
	w.edit = func(page object, n int) {
		if n == 1 {
			page["value"] = append([]object{w.invoices[49]}, page["value"].([]object)...)
		}
	}
	if n, err := listAll(t, w.provider(t)); n != 60 || err != nil {
		t.Errorf("%d invoices and %v, want 60", n, err)
	}
}

func TestAListWithoutAnEndEnds(t *testing.T) {
	w := newWorld()
	w.edit = func(page object, _ int) { page["nextLink"] = accountPath + "/invoices?$skiptoken=0" }
	_, err := listAll(t, w.provider(t))
	wantError(t, err, billing.ErrUnavailable)
}

func TestWhatIsNotAzureIsUnavailable(t *testing.T) {
	for _, body := range []string{"<html>Sign in</html>", "[]", `"x"`, `{"value":7}`, `{"value":[],"nextLink":7}`, ""} {
		w := newWorld()
		w.fault("invoices", func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write([]byte(body)) })
		_, err := listAll(t, w.provider(t))
		wantError(t, err, billing.ErrUnavailable)
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	w := newWorld()
	w.fault("invoices", func(rw http.ResponseWriter, r *http.Request) {
		http.Redirect(rw, r, "https://evil.example.org/x", http.StatusTemporaryRedirect)
	})
	_, err := listAll(t, w.provider(t))
	wantError(t, err, billing.ErrUnavailable)
	if len(w.asked) != 1 {
		t.Errorf("%d requests were made, want 1", len(w.asked))
	}
}

func TestAServiceThatAsksForPatienceIsLeftAloneForAsLong(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld()
		w.put("G000000001", "1.00", march8)
		w.fault("invoices", func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Retry-After", "300")
			fail(rw, http.StatusTooManyRequests, "TooManyRequests")
		})
		p := w.provider(t)
		for range 3 {
			began := time.Now()
			_, err := listAll(t, p)
			wantError(t, err, billing.ErrUnavailable)
			if took := time.Since(began); took > time.Second {
				t.Errorf("it took %v to say so", took)
			}
		}
		_, err := p.Invoice(t.Context(), id("G000000001"))
		wantError(t, err, billing.ErrUnavailable)
		if len(w.asked) != 1 {
			t.Errorf("%d requests were made, want 1", len(w.asked))
		}
		w.fault("invoices", nil)
		time.Sleep(301 * time.Second)
		if n, err := listAll(t, p); n != 1 || err != nil {
			t.Errorf("afterwards %d invoices and %v", n, err)
		}
	})
}

func TestAnAccountThatAsksForPatienceKeepsNoOtherBack(t *testing.T) {
	w := newWorld()
	w.put("G000000001", "1.00", march8)
	w.mux.HandleFunc("GET /providers/Microsoft.Billing/billingAccounts/123456/invoices", func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Retry-After", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat))
		fail(rw, http.StatusTooManyRequests, "TooManyRequests")
	})
	p := w.provider(t, func(c *azure.Config) { c.Accounts = []azure.Account{{Account: "123456"}, {Account: account}} })
	if _, err := listAll(t, p); err == nil {
		t.Fatal("the account that is not listed is kept quiet about")
	}
	n, err := listAll(t, p)
	wantError(t, err, billing.ErrUnavailable)
	if n != 1 {
		t.Errorf("%d invoices of the other account are listed, want 1", n)
	}
}

// threshold lets nobody through before all have come.
type threshold struct {
	met    sync.WaitGroup
	beyond http.RoundTripper
}

func (th *threshold) RoundTrip(r *http.Request) (*http.Response, error) {
	th.met.Done()
	th.met.Wait()
	return th.beyond.RoundTrip(r)
}

func TestAPingOfManyAccountsTakesAsLongAsOfOne(t *testing.T) {
	bubble(t, func(t *testing.T) { // Where one waits for the other, it ends with all asleep.
		w := newWorld()
		accounts := []azure.Account{{Account: "1"}, {Account: "2"}, {Account: "3"}}
		for _, a := range accounts {
			w.mux.HandleFunc("GET /providers/Microsoft.Billing/billingAccounts/"+a.Account+"/invoices", func(rw http.ResponseWriter, _ *http.Request) {
				reply(rw, object{"value": []object{}})
			})
		}
		th := &threshold{beyond: w}
		th.met.Add(len(accounts))
		if err := w.provider(t, func(c *azure.Config) { c.Accounts, c.Transport = accounts, th }).Ping(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestShortTroubleIsSatOut(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld()
		w.put("G000000001", "1.00", march8)
		tries := 0
		w.fault("invoices", func(rw http.ResponseWriter, r *http.Request) {
			if tries++; tries < 3 {
				rw.Header().Set("Retry-After", "2")
				fail(rw, http.StatusServiceUnavailable, "Busy")
				return
			}
			w.mux.ServeHTTP(rw, r)
		})
		if n, err := listAll(t, w.provider(t)); n != 1 || err != nil || tries != 3 {
			t.Errorf("%d invoices and %v after %d tries", n, err, tries)
		}
	})
}

func TestEveryAnswerThatIsAnErrorHasItsKind(t *testing.T) {
	for status, want := range map[int]error{400: billing.ErrSetup, 401: billing.ErrSetup, 403: billing.ErrSetup, 404: billing.ErrSetup, 409: billing.ErrUnavailable,
		429: billing.ErrUnavailable, 500: billing.ErrUnavailable, 503: billing.ErrUnavailable, 204: billing.ErrUnavailable} {
		bubble(t, func(t *testing.T) {
			w := newWorld()
			w.fault("invoices", refuse(status, "no code but a secret"))
			_, err := listAll(t, w.provider(t))
			wantError(t, err, want)
			w.fault("G000000001", refuse(status, "Code"))
			_, err = w.provider(t).Invoice(t.Context(), id("G000000001"))
			if status == 404 {
				want = billing.ErrNotFound
			}
			wantError(t, err, want)
			if status == 404 && errors.Is(err, billing.ErrSetup) {
				t.Errorf("an invoice that is not there is an error of setup: %v", err)
			}
		})
	}
}

func TestAPingIsOneSmallRequestHoweverManyInvoicesThereAre(t *testing.T) {
	w := newWorld()
	for i := range 120 {
		w.put(fmt.Sprintf("G%09d", i), "1.00", march8)
		w.paid(id(fmt.Sprintf("G%09d", i)))
	}
	if err := w.provider(t).Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	if asked := w.asked[len(w.asked)-1]; w.count("/invoices") != 1 || len(w.asked) != 1 || asked.URL.Query().Get("top") != "1" {
		t.Errorf("%d requests were made, the last one %s", len(w.asked), asked.URL)
	}
	w.faults["invoices"] = func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusForbidden) }
	wantError(t, w.provider(t).Ping(t.Context()), billing.ErrSetup)
}
