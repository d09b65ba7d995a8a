package sandbox

import (
	"fmt"
	"html/template"
	"net/http"
	"strings"
)

// The pages of the pretend Stripe that people open by a private link: the hosted invoice page, on which a payment is authenticated, and the
// customer portal, on which a card is added. Whoever has the link needs no key, as at Stripe.

// stripePage is what one of them shows.
type stripePage struct {
	Title, Says string
	Button      string // Empty: nothing can be done.
}

var stripePages = template.Must(template.New("").Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{.Title}}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:26rem;margin:4rem auto;padding:0 1rem;color:#1a1f36}button{font:inherit;padding:.6rem 1.2rem;border:0;border-radius:6px;background:#635bff;color:#fff;cursor:pointer}</style>
</head><body><main><h1>{{.Title}}</h1><p>{{.Says}}</p>{{if .Button}}<form method="post"><button>{{.Button}}</button></form>{{end}}<p><small>A pretend Stripe: no money moves here.</small></p></main></body></html>
`))

func (p stripePage) write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	stripePages.Execute(w, p)
}

func (s *Stripe) pages(mux *http.ServeMux) {
	mux.HandleFunc("GET /i/{account}/{page}", func(w http.ResponseWriter, r *http.Request) { s.hosted(w, r, false) })
	mux.HandleFunc("POST /i/{account}/{page}", func(w http.ResponseWriter, r *http.Request) { s.hosted(w, r, true) })
	mux.HandleFunc("GET /p/session/{session}", func(w http.ResponseWriter, r *http.Request) { s.portal(w, r, false) })
	mux.HandleFunc("POST /p/session/{session}", func(w http.ResponseWriter, r *http.Request) { s.portal(w, r, true) })
}

// hosted is the hosted invoice page.
func (s *Stripe) hosted(w http.ResponseWriter, r *http.Request, confirms bool) {
	id := strings.TrimPrefix(r.PathValue("page"), "test_")
	if confirms {
		_ = s.Authenticate(id) // The page shows what came of it.
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	inv := s.invoices[id]
	if inv == nil || inv.Status == "draft" {
		http.NotFound(w, r)
		return
	}
	left := fmt.Sprintf("%d.%02d %s", inv.remaining()/100, inv.remaining()%100, strings.ToUpper(inv.Currency))
	page := stripePage{Title: inv.Biller + ", invoice " + inv.Number, Says: "To pay: " + left + "."}
	switch {
	case inv.Status != "open":
		page.Says = "This invoice is " + inv.Status + "."
	case inv.intent.status == "processing":
		page.Says = "The payment is on its way through the bank."
	case inv.intent.waits():
		page.Says, page.Button = "Your bank asks you to confirm the payment of "+left+".", "Confirm the payment"
	}
	page.write(w)
}

// waits says whether the last payment waits for the person, or could be tried anew with them.
func (in *stripeIntent) waits() bool {
	return in.status == "requires_action" || in.lastError != nil && in.lastError.code == "authentication_required"
}

// portal is the customer portal's page to add a card.
func (s *Stripe) portal(w http.ResponseWriter, r *http.Request, adds bool) {
	s.mu.Lock()
	customer, known := s.sessions[strings.TrimPrefix(r.PathValue("session"), "test_")]
	s.mu.Unlock()
	if !known {
		http.NotFound(w, r)
		return
	}
	page := stripePage{Title: "Payment methods", Says: "Add a made-up card, then go back and press Pay now again.", Button: "Add Visa •••• 1881"}
	if adds {
		s.AddMethod(StripeMethod{Customer: customer, Last4: "1881", AllowRedisplay: "always"})
		page.Says, page.Button = "Visa •••• 1881 was added. Go back and press Pay now again.", ""
	}
	page.write(w)
}
