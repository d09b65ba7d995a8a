package azure_test

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"kvitt/billing"
	"kvitt/billing/azure"
)

// The names are shaped like real ones: an account of a customer agreement, its profile, and people of one tenant.
const (
	account = "0c5458e6-94ab-5426-f223-7863d1cf0767:fca57e15-9617-418c-8b88-8273b65ab3ab_2019-05-31"
	profile = "2WZB-ABCD-BG7-TGB"
	tenant  = "7d1ad2a5-5c4b-4d5e-9b5a-1d3c9b0a2f11"
)

// object is a JSON object, as loose as what is sent.
type object = map[string]any

// world is a pretend Azure Resource Manager and Graph at once: an http.Handler, so that it stands behind a socket or a RoundTripper.
type world struct {
	mu       sync.Mutex
	mux      *http.ServeMux
	account  object              // Properties of the account.
	invoices []object            // Whole rows, in the order of the list.
	links    []object            // Payment methods of the profile.
	roles    map[string][]object // Properties of role assignments by the path of their scope.
	users    []object
	members  map[string][]string         // Ids of users by the id of their group.
	faults   map[string]http.HandlerFunc // By the last part of a path.
	edit     func(page object, n int)    // Changes a page of invoices before it is sent.
	asked    []*http.Request             // Every request that came.
	hanging  bool
	now      func() time.Time
	log      *syncBuilder
}

func newWorld() *world {
	w := &world{
		account: object{"agreementType": "MicrosoftCustomerAgreement", "accountType": "Enterprise", "displayName": "Contoso"},
		roles:   map[string][]object{}, members: map[string][]string{}, faults: map[string]http.HandlerFunc{}, now: time.Now, log: &syncBuilder{},
	}
	const at = "/providers/Microsoft.Billing/billingAccounts/{account}"
	w.mux = http.NewServeMux()
	w.mux.HandleFunc("GET "+at, func(rw http.ResponseWriter, _ *http.Request) {
		reply(rw, object{"name": account, "properties": w.account})
	})
	w.mux.HandleFunc("GET "+at+"/invoices", w.listInvoices)
	w.mux.HandleFunc("GET "+at+"/billingProfiles/{profile}/invoices", w.listInvoices)
	w.mux.HandleFunc("GET "+at+"/invoices/{name}", w.getInvoice)
	w.mux.HandleFunc("GET "+at+"/billingProfiles", func(rw http.ResponseWriter, _ *http.Request) { reply(rw, object{"value": []object{{"name": profile}}}) })
	w.mux.HandleFunc("GET "+at+"/billingProfiles/{profile}/paymentMethodLinks", func(rw http.ResponseWriter, _ *http.Request) { reply(rw, object{"value": w.links}) })
	w.mux.HandleFunc("GET "+at+"/billingRoleAssignments", w.listRoles)
	w.mux.HandleFunc("GET "+at+"/billingProfiles/{profile}/billingRoleAssignments", w.listRoles)
	w.directory()
	return w
}

func (w *world) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	hanging := w.hanging
	w.asked = append(w.asked, r)
	fault := w.faults[r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]]
	w.mu.Unlock()
	if hanging {
		<-r.Context().Done()
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if fault != nil {
		fault(rw, r)
		return
	}
	w.mux.ServeHTTP(rw, r)
}

// RoundTrip is the world without a socket.
func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	resp := rec.Result()
	resp.Request = r
	return resp, nil
}

func reply(rw http.ResponseWriter, body any) {
	rw.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(rw).Encode(body)
}

func fail(rw http.ResponseWriter, status int, code string) {
	rw.Header().Set("Content-Type", "application/json")
	rw.Header().Set("x-ms-request-id", rand.Text()) // As each request has its own.
	rw.WriteHeader(status)
	_ = json.NewEncoder(rw).Encode(object{"error": object{"code": code, "message": "A message with a secret in it."}})
}

// listInvoices pages as the service was recorded to: 50 rows, and a link to the next page that has no host and a space in it.
func (w *world) listInvoices(rw http.ResponseWriter, r *http.Request) {
	from, _ := strconv.Atoi(r.URL.Query().Get("$skiptoken"))
	rows := w.invoices
	if name := r.PathValue("profile"); name != "" {
		rows = slices.DeleteFunc(slices.Clone(rows), func(row object) bool {
			return !strings.HasSuffix(fmt.Sprint(row["properties"].(object)["billingProfileId"]), name)
		})
	}
	to := min(from+50, len(rows))
	page := object{"value": rows[from:to]}
	if to < len(rows) {
		page["nextLink"] = r.URL.EscapedPath() + "?api-version=2024-04-01&$skiptoken=" + strconv.Itoa(to) + "&periodStartDate=2000-01-01 00:00:00Z"
	}
	if w.edit != nil {
		w.edit(page, from/50)
	}
	reply(rw, page)
}

func (w *world) getInvoice(rw http.ResponseWriter, r *http.Request) {
	for _, row := range w.invoices {
		if row["name"] == r.PathValue("name") {
			reply(rw, row)
			return
		}
	}
	fail(rw, http.StatusNotFound, "NotFound")
}

// put adds an invoice as the service was recorded to write one, and returns its properties.
func (w *world) put(number, value string, due billing.Date) object {
	w.mu.Lock()
	defer w.mu.Unlock()
	properties := object{
		"status": "Due", "documentType": "Invoice", "invoiceType": "AzureServices", "isMonthlyInvoice": true,
		"amountDue":              object{"currency": "EUR", "value": json.Number(value)},
		"totalAmount":            object{"currency": "EUR", "value": json.Number(value)},
		"dueDate":                due.String() + "T12:06:48.3523686Z",
		"invoiceDate":            due.AddDays(-30).String() + "T12:06:48.3523686Z",
		"invoicePeriodStartDate": "2026-01-01T00:00:00Z", "invoicePeriodEndDate": "2026-01-31T23:59:59.9999999Z",
		"billingProfileId":          accountPath + "/billingProfiles/" + profile,
		"billingProfileDisplayName": "Nordlys AS", "purchaseOrderNumber": "",
		"documents": []object{{"kind": "Invoice", "url": "https://management.azure.com/download?downloadToken=secret", "source": "DRS"}},
	}
	w.invoices = append(w.invoices, object{"id": accountPath + "/invoices/" + number, "name": number, "type": "Microsoft.Billing/billingAccounts/invoices", "properties": properties})
	return properties
}

const accountPath = "/providers/Microsoft.Billing/billingAccounts/" + account

func id(number string) string { return "azure:" + account + "/" + number }

// of finds the properties of an invoice by its id, for a hook that changes them.
func (w *world) of(id string) object {
	for _, row := range w.invoices {
		if strings.HasSuffix(id, "/"+row["name"].(string)) {
			return row["properties"].(object)
		}
	}
	return nil
}

// change changes an invoice while nobody asks.
func (w *world) change(id string, do func(object)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	do(w.of(id))
}

func (w *world) paid(id string) {
	w.change(id, func(o object) {
		o["payments"] = []object{{"amount": o["amountDue"], "date": w.now().UTC().Format(time.RFC3339Nano), "paymentMethodFamily": "CreditCard",
			"paymentMethodType": "visa", "paymentType": "Charged"}}
		o["status"], o["amountDue"] = "Paid", object{"currency": "EUR", "value": 0.0}
	})
}

// config is how a Provider is connected to the world without a socket.
func (w *world) config() azure.Config {
	return azure.Config{Accounts: []azure.Account{{Account: account}}, Credential: token{}, Transport: w, Now: w.now,
		Log: slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
}

func (w *world) provider(t *testing.T, change ...func(*azure.Config)) *azure.Provider {
	t.Helper()
	c := w.config()
	for _, do := range change {
		do(&c)
	}
	p, err := azure.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// count says how many requests came for paths that end so.
func (w *world) count(suffix string) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range w.asked {
		if path, _ := url.PathUnescape(r.URL.EscapedPath()); strings.HasSuffix(path, suffix) {
			n++
		}
	}
	return n
}

func (w *world) fault(last string, do http.HandlerFunc) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults[last] = do
}

func refuse(status int, code string) http.HandlerFunc {
	return func(rw http.ResponseWriter, _ *http.Request) { fail(rw, status, code) }
}
