package sandbox

import (
	"embed"
	"errors"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
)

//go:embed portal
var portalFiles embed.FS

var portalPages = template.Must(template.ParseFS(portalFiles, "portal/portal.html"))

// PortalHandler serves a page that stands for the Azure portal's invoices, where a person pays. The real portal's links keep the invoice
// in a fragment ("#view/Microsoft_Azure_GTM/InvoiceDetailsBlade/invoiceId/G…"), also below a tenant's path; they work here once their
// scheme and host are this page's. It takes requests from this machine only, and writes (POST) from its own pages only.
func (a *Azure) PortalHandler() http.Handler {
	files, err := fs.Sub(portalFiles, "portal")
	if err != nil {
		panic(err) // The folder is part of the program.
	}
	p := &portal{azure: a}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", p.list)
	mux.HandleFunc("GET /{tenant}/{$}", p.list)
	mux.HandleFunc("GET /{tenant}", p.list)
	mux.Handle("GET /portal.css", http.FileServerFS(files))
	mux.Handle("GET /portal.js", http.FileServerFS(files))
	mux.HandleFunc("GET /invoice/{number}", p.invoice)
	mux.HandleFunc("POST /invoice/{number}/pay", p.act(func(inv *azureInvoice, method string) error { return a.pay(inv, method) }))
	mux.HandleFunc("POST /invoice/{number}/decline", p.act(func(inv *azureInvoice, _ string) error { return a.decline(inv, AzureBankDeclined) }))
	mux.HandleFunc("POST /invoice/{number}/wire", p.act(func(inv *azureInvoice, _ string) error { return a.wire(inv) }))
	guard := http.NewCrossOriginProtection().Handler(mux)
	return loopbackOnly(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Content-Security-Policy",
			"default-src 'none'; style-src 'self'; script-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
		guard.ServeHTTP(w, r)
	}))
}

type portal struct{ azure *Azure }

// portalPage is what a page is made from.
type portalPage struct {
	Title    string
	Alert    string
	Invoice  portalInvoice
	Invoices []portalInvoice
}

func (p *portal) list(w http.ResponseWriter, _ *http.Request) {
	p.azure.mu.Lock()
	defer p.azure.mu.Unlock()
	p.azure.settle()
	page := portalPage{Title: "Invoices"}
	for _, inv := range p.azure.invoices {
		page.Invoices = append(page.Invoices, p.azure.portalInvoice(inv))
	}
	p.show(w, http.StatusOK, "list", page)
}

func (p *portal) invoice(w http.ResponseWriter, r *http.Request) {
	p.azure.mu.Lock()
	defer p.azure.mu.Unlock()
	p.azure.settle()
	p.showInvoice(w, r, http.StatusOK, "")
}

// act does what a person asked for and leads back to the invoice, which tells of a payment that failed. What cannot be done is said at once.
func (p *portal) act(do func(inv *azureInvoice, method string) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
		if err := r.ParseForm(); err != nil {
			http.Error(w, "the form could not be read", http.StatusBadRequest)
			return
		}
		p.azure.mu.Lock()
		defer p.azure.mu.Unlock()
		p.azure.settle()
		inv := p.azure.findInvoice(r.PathValue("number"))
		if inv == nil {
			http.NotFound(w, r)
			return
		}
		if err := do(inv, r.PostForm.Get("method")); err != nil && !errors.Is(err, ErrAzureDeclined) {
			p.showInvoice(w, r, http.StatusConflict, err.Error())
			return
		}
		http.Redirect(w, r, "/invoice/"+url.PathEscape(inv.Number), http.StatusSeeOther)
	}
}

func (p *portal) showInvoice(w http.ResponseWriter, r *http.Request, status int, alert string) {
	inv := p.azure.findInvoice(r.PathValue("number"))
	if inv == nil {
		http.NotFound(w, r)
		return
	}
	p.show(w, status, "invoice", portalPage{Title: "Invoice " + inv.Number, Alert: alert, Invoice: p.azure.portalInvoice(inv)})
}

func (p *portal) show(w http.ResponseWriter, status int, name string, page portalPage) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	portalPages.ExecuteTemplate(w, name, page) // What fails here is the connection.
}
