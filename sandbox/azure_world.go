package sandbox

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// AzureAgreement is under which agreement a billing account buys; it decides how its invoices can be paid.
type AzureAgreement string

const (
	AzureOnline     AzureAgreement = "MCA online"     // Microsoft Customer Agreement bought online: by card.
	AzureEnterprise AzureAgreement = "MCA enterprise" // The same through a representative: by wire, or by card up to 50,000 USD.
	AzureMOSP       AzureAgreement = "MOSP"           // Microsoft Online Services Program: by card, and there are no billing roles.
	AzureEA         AzureAgreement = "EA"             // Enterprise Agreement: by wire only.
)

// AzureAccount is a billing account to put into the pretend Azure.
type AzureAccount struct {
	Name      string         // Default: the next free one, in the agreement's own form.
	Display   string         // Default "Fjord Finance AS".
	Agreement AzureAgreement // Default AzureOnline.
	Country   string         // Of soldTo; default "NO".
	Readers   []string       // Principals who may read it without a billing role, as subscription roles allow under MOSP.
}

// AzureProfile is a billing profile to put into the pretend Azure; MOSP and EA have none.
type AzureProfile struct {
	Account  string
	Name     string // Default: the next free one.
	Display  string // Default "Engineering".
	Currency string // Default "USD".
}

// AzureMethod is a payment method of a billing profile; under MOSP, where it has no profile, one that only the portal shows.
type AzureMethod struct {
	ID         string // Default: the next free one.
	Account    string
	Profile    string
	Type       string // Default "visa".
	Display    string // Default "Visa".
	Last4      string // Default "4242".
	Expiration string // Default "1/2035", which is how Azure writes it.
	Family     string // Default "CreditCard".
	Status     string // Default "active".

	// Decline is why every payment by it fails: AzureBankDeclined, AzureCardExpired, AzureWrongDetails or "Other".
	Decline string
}

// AddAccount adds a billing account and returns its name.
func (a *Azure) AddAccount(account AzureAccount) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	account.Agreement = cmp.Or(account.Agreement, AzureOnline)
	account.Display = cmp.Or(account.Display, "Fjord Finance AS")
	account.Country = cmp.Or(account.Country, "NO")
	if account.Name == "" {
		switch account.Agreement {
		case AzureEA:
			a.serial++
			account.Name = fmt.Sprintf("%07d", 6_000_000+a.serial)
		case AzureMOSP:
			account.Name = a.newGUID()
		default:
			account.Name = a.newGUID() + ":" + a.newGUID() + "_2019-05-31"
		}
	}
	a.accounts = append(a.accounts, &account)
	return account.Name
}

// AddProfile adds a billing profile and returns its name.
func (a *Azure) AddProfile(profile AzureProfile) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	account := a.mustAccount(profile.Account)
	if account.Agreement == AzureEA || account.Agreement == AzureMOSP {
		panic("sandbox: an account under " + string(account.Agreement) + " has no billing profiles")
	}
	a.serial++
	profile.Name = cmp.Or(profile.Name, fmt.Sprintf("KV%02X-FJRD-BG7-TGB", a.serial))
	profile.Display = cmp.Or(profile.Display, "Engineering")
	profile.Currency = cmp.Or(profile.Currency, "USD")
	a.profiles = append(a.profiles, &profile)
	return profile.Name
}

// AddMethod adds a payment method and returns its id.
func (a *Azure) AddMethod(method AzureMethod) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	if method.Profile != "" {
		a.mustProfile(method.Account, method.Profile)
	}
	a.serial++
	method.ID = cmp.Or(method.ID, fmt.Sprintf("KVPM%08d", a.serial))
	method.Type = cmp.Or(method.Type, "visa")
	method.Display = cmp.Or(method.Display, "Visa")
	method.Last4 = cmp.Or(method.Last4, "4242")
	method.Expiration = cmp.Or(method.Expiration, "1/2035")
	method.Family = cmp.Or(method.Family, "CreditCard")
	method.Status = cmp.Or(method.Status, "active")
	a.methods = append(a.methods, &method)
	return method.ID
}

// ChangeMethod alters a payment method: it expires, is declined from now on, or becomes inactive.
func (a *Azure) ChangeMethod(id string, how func(*AzureMethod)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	at := slices.IndexFunc(a.methods, func(m *AzureMethod) bool { return m.ID == id })
	if at < 0 {
		panic("sandbox: the pretend Azure has no payment method " + id)
	}
	how(a.methods[at])
}

// OnCall has fn called with every further request and the body of its answer once it is answered or cut off; nil ends it. Answers that
// hold a token are not told.
func (a *Azure) OnCall(fn func(AzureCall, []byte)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.onCall = fn
}

// Calls lists every request that arrived, oldest first.
func (a *Azure) Calls() []AzureCall {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.calls)
}

// Writes counts the requests that would have changed something, all of them refused. A bot that only reads leaves it at 0.
func (a *Azure) Writes() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.writes
}

func (a *Azure) findAccount(name string) *AzureAccount {
	for _, account := range a.accounts {
		if account.Name == name {
			return account
		}
	}
	return nil
}

func (a *Azure) findProfile(account, name string) *AzureProfile {
	for _, profile := range a.profiles {
		if profile.Account == account && profile.Name == name {
			return profile
		}
	}
	return nil
}

func (a *Azure) mustAccount(name string) *AzureAccount {
	account := a.findAccount(name)
	if account == nil {
		panic("sandbox: the pretend Azure has no billing account " + name)
	}
	return account
}

func (a *Azure) mustProfile(account, name string) *AzureProfile {
	profile := a.findProfile(account, name)
	if profile == nil {
		panic("sandbox: the pretend Azure has no billing profile " + name + " in " + account)
	}
	return profile
}

// azureTime writes an instant as the billing API does: UTC, with seven digits of a second.
func azureTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.0000000Z") }
