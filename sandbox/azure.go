package sandbox

import (
	"cmp"
	"net/http"
	"regexp"
	"sync"
	"time"
)

// AzureVersion is the version of the billing API whose shapes the pretend Azure speaks, and the only one that it takes.
const AzureVersion = "2024-04-01"

// AzureConfig is what a pretend Azure is made of.
type AzureConfig struct {
	Now func() time.Time // Its clock; default time.Now.

	Tenant   string // The directory (tenant) id.
	ClientID string // The application (client) id of the only application that gets tokens.
	Secret   string // Its client secret; default "kvitt-azure-secret".
	Object   string // The object id of its service principal, which is what roles are given to.

	// Permissions are the application's permissions at Graph; default User.Read.All, GroupMember.Read.All and Application.Read.All.
	Permissions []string

	TokenLife time.Duration // How long a token lives; default an hour less a second, as at Entra.
	PayDelay  time.Duration // From "Pay now" to the status Paid: none by default, at the real portal up to 24 hours.
	WireDelay time.Duration // From a wire to the status Paid; default 5 days, in life up to 10 business days.
}

// Azure is a pretend Azure as far as a reader of invoices needs it: the billing part of the Resource Manager, the part of Microsoft
// Graph that says who somebody is, and the token endpoint of Entra ID. It is as strict as the real ones about tokens, audiences,
// versions, parameters and roles, and able to fail on demand. Money moves in its portal only, never through its API.
//
// All methods may be called at any time from any goroutine. A method that is given a name which does not exist panics, since that is a
// defect of the test.
type Azure struct {
	config AzureConfig
	mux    *http.ServeMux
	flying sync.WaitGroup // Requests of the in-memory transport whose caller may have left.

	mu          sync.Mutex
	serial      int
	accounts    []*AzureAccount
	profiles    []*AzureProfile
	methods     []*AzureMethod
	invoices    []*azureInvoice
	assignments []azureAssignment
	users       []*AzureUser
	groups      []*AzureGroup
	tokens      map[string]azureToken
	calls       []AzureCall
	faults      []*AzureFault
	writes      int
	onCall      func(AzureCall, []byte)
}

// azureRealSecret is how Entra's own client secrets look: three characters, a digit, "Q~", and more.
var azureRealSecret = regexp.MustCompile(`^.{3}\dQ~`)

// NewAzure makes an empty pretend Azure. It panics when the secret looks like a real one: no credential that opens anything belongs here.
func NewAzure(config AzureConfig) *Azure {
	if azureRealSecret.MatchString(config.Secret) {
		panic("sandbox: the client secret looks real; the pretend Azure takes made-up ones only")
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	config.Tenant = cmp.Or(config.Tenant, "7e000000-0000-4000-8000-000000000001")
	config.ClientID = cmp.Or(config.ClientID, "c1000000-0000-4000-8000-000000000001")
	config.Object = cmp.Or(config.Object, "5e000000-0000-4000-8000-000000000001")
	config.Secret = cmp.Or(config.Secret, "kvitt-azure-secret")
	config.TokenLife = cmp.Or(config.TokenLife, time.Hour-time.Second)
	config.WireDelay = cmp.Or(config.WireDelay, 5*24*time.Hour)
	if config.Permissions == nil {
		config.Permissions = []string{"User.Read.All", "GroupMember.Read.All", "Application.Read.All"}
	}
	a := &Azure{config: config, tokens: map[string]azureToken{}}
	a.mux = a.routes()
	return a
}

// Config tells what it is made of, defaults filled in: what an operator would set as AZURE_TENANT_ID, AZURE_CLIENT_ID and so on.
func (a *Azure) Config() AzureConfig { return a.config }

// Handler serves all three far ends over HTTP, on loopback only; their paths tell them apart.
func (a *Azure) Handler() http.Handler { return loopbackOnly(a.mux) }

// Transport serves them in memory, without sockets, so that they may live in a testing/synctest bubble. It answers at the public cloud's
// own host names (each far end at its own only) and at loopback names; any other host does not exist, and a request to it is still
// listed in Calls. A caller that leaves early gets its context's error.
func (a *Azure) Transport() http.RoundTripper { return &azureTransport{azure: a} }

// Wait returns when no request of a Transport is at work any more.
func (a *Azure) Wait() { a.flying.Wait() }

// AzureFar is one of the three far ends.
type AzureFar string

const (
	AzureARM   AzureFar = "arm"   // The Resource Manager: management.azure.com.
	AzureGraph AzureFar = "graph" // Microsoft Graph: graph.microsoft.com.
	AzureEntra AzureFar = "entra" // The token endpoint: login.microsoftonline.com.
)

// azureHosts is where the public cloud has each far end.
var azureHosts = map[string]AzureFar{
	"management.azure.com":      AzureARM,
	"graph.microsoft.com":       AzureGraph,
	"login.microsoftonline.com": AzureEntra,
}

// routes names every operation with the query names that it knows; any other is an error.
func (a *Azure) routes() *http.ServeMux {
	mux := http.NewServeMux()
	add := func(far AzureFar, method, base string, ops map[string]azureOp) {
		for path, op := range ops {
			op.far, op.pattern = far, method+" "+base+path
			mux.HandleFunc(op.pattern, a.serve(op))
		}
	}
	add(AzureARM, http.MethodGet, azureBilling, a.accountOps())
	add(AzureARM, http.MethodGet, azureBilling+"/{account}/billingProfiles/{profile}", a.profileOps())
	add(AzureGraph, http.MethodGet, "/v1.0", a.graphOps())
	add(AzureGraph, http.MethodPost, "/v1.0", map[string]azureOp{"/users/{id}/checkMemberGroups": {run: a.checkGroups}})
	add(AzureEntra, http.MethodPost, "/{tenant}", map[string]azureOp{"/oauth2/v2.0/token": {run: a.issueToken}})
	add(AzureEntra, http.MethodGet, "/{tenant}", map[string]azureOp{"/v2.0/.well-known/openid-configuration": {run: a.describeTenant}})
	add(AzureEntra, http.MethodGet, "/common", map[string]azureOp{"/discovery/instance": {run: a.unknownInstance,
		params: []string{"api-version", "authorization_endpoint"}}})
	mux.HandleFunc("/", a.serve(azureOp{run: a.notThere}))
	return mux
}

// Query names of lists, as armbilling has them.
var (
	azureListNames    = []string{"filter", "skip", "top"}
	azureProfileNames = append([]string{"includeDeleted", "orderBy", "count", "search"}, azureListNames...)
	azureInvoiceNames = append([]string{"periodStartDate", "periodEndDate", "orderBy", "count", "search"}, azureListNames...)
	azureAccountNames = append([]string{"includeAll", "includeAllWithoutBillingProfiles", "includeDeleted", "includePendingAgreement",
		"includeResellee", "legalOwnerOID", "legalOwnerTID", "expand", "search"}, azureListNames...)
)

func (a *Azure) accountOps() map[string]azureOp {
	return map[string]azureOp{
		"":                                  {run: a.listAccounts, params: azureAccountNames},
		"/{account}":                        {run: a.getAccount},
		"/{account}/billingPermissions":     {run: a.listPermissions},
		"/{account}/billingProfiles":        {run: a.listProfiles, params: azureProfileNames},
		"/{account}/billingRoleAssignments": {run: a.listAssignments, params: azureListNames},
		"/{account}/billingRoleDefinitions": {run: a.listDefinitions},
		"/{account}/invoices":               {run: a.listInvoices, params: azureInvoiceNames},
		"/{account}/invoices/{invoice}":     {run: a.getInvoice},
	}
}

func (a *Azure) profileOps() map[string]azureOp {
	return map[string]azureOp{
		"":                        {run: a.getProfile},
		"/billingPermissions":     {run: a.listPermissions},
		"/billingRoleAssignments": {run: a.listAssignments, params: azureListNames},
		"/billingRoleDefinitions": {run: a.listDefinitions},
		"/invoices":               {run: a.listInvoices, params: azureInvoiceNames},
		"/paymentMethodLinks":     {run: a.listMethods},
	}
}

func (a *Azure) graphOps() map[string]azureOp {
	list := []string{"$select", "$top", "$count", "$skiptoken"}
	return map[string]azureOp{
		"/users":                         {run: a.listUsers, params: append([]string{"$filter"}, list...)},
		"/users/{id}":                    {run: a.getUser, params: []string{"$select"}},
		"/groups":                        {run: a.listGroups, params: list},
		"/groups/{id}/transitiveMembers": {run: a.listMembers, params: list},
		"/groups/{id}/transitiveMembers/microsoft.graph.user": {run: a.listMembers, params: list},
		"/servicePrincipals/{id}":                             {run: a.getPrincipal, params: []string{"$select"}},
	}
}
