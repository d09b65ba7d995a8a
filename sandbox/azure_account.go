package sandbox

import "slices"

// azureBilling is the path of everything that the billing API has.
const azureBilling = "/providers/Microsoft.Billing/billingAccounts"

func (a *AzureAccount) id() string { return azureBilling + "/" + a.Name }

func (p *AzureProfile) id() string {
	return azureBilling + "/" + p.Account + "/billingProfiles/" + p.Name
}

// findScope is the account of the path, and its profile where the path names one, provided that the caller may read it.
func (a *Azure) findScope(req *azureRequest) (*AzureAccount, *AzureProfile, *azureError) {
	account, profile, err := a.lookScope(req)
	if err == nil && !a.mayRead(req, account, profile) {
		err = azureForbidden(req.r.URL.Path)
	}
	return account, profile, err
}

// lookScope is findScope for whoever asks.
func (a *Azure) lookScope(req *azureRequest) (*AzureAccount, *AzureProfile, *azureError) {
	account := a.findAccount(req.r.PathValue("account"))
	if account == nil {
		return nil, nil, azureMissing("The billing account '" + req.r.PathValue("account") + "' was not found.")
	}
	name := req.r.PathValue("profile")
	if name == "" {
		return account, nil, nil
	}
	profile := a.findProfile(account.Name, name)
	if profile == nil {
		return nil, nil, azureMissing("The billing profile '" + name + "' was not found.")
	}
	return account, profile, nil
}

// mayRead tells whether the caller may read an account, or the given profile of it. A role on the account reaches every profile.
func (a *Azure) mayRead(req *azureRequest, account *AzureAccount, profile *AzureProfile) bool {
	holders := a.holders(req.token.object)
	if slices.ContainsFunc(account.Readers, func(reader string) bool { return slices.Contains(holders, reader) }) {
		return true
	}
	return slices.ContainsFunc(a.assignments, func(held azureAssignment) bool {
		return held.reaches(account, profile) && azureRoles[held.Role].reads && slices.Contains(holders, held.Principal)
	})
}

// mayEnter tells whether the caller may read the account, or at least one profile of it.
func (a *Azure) mayEnter(req *azureRequest, account *AzureAccount) bool {
	for _, profile := range a.profiles {
		if profile.Account == account.Name && a.mayRead(req, account, profile) {
			return true
		}
	}
	return a.mayRead(req, account, nil)
}

func (a *Azure) listAccounts(req *azureRequest) (object, *azureError) {
	rows := []object{}
	for _, account := range a.accounts {
		if a.mayEnter(req, account) {
			rows = append(rows, a.renderAccount(req, account))
		}
	}
	return req.page(rows, false)
}

func (a *Azure) getAccount(req *azureRequest) (object, *azureError) {
	account, _, err := a.lookScope(req)
	switch {
	case err != nil:
		return nil, err
	case !a.mayEnter(req, account):
		return nil, azureForbidden(account.id())
	}
	return a.renderAccount(req, account), nil
}

// renderAccount has the shapes of the SDK's examples and of the Azure CLI's recordings of 2024-04-01. Who holds a role on a profile only
// sees the account without read access to it.
func (a *Azure) renderAccount(req *azureRequest, account *AzureAccount) object {
	p := object{"accountStatus": "Active", "displayName": account.Display, "hasReadAccess": a.mayRead(req, account, nil),
		"soldTo": object{"companyName": account.Display, "country": account.Country}}
	switch account.Agreement {
	case AzureEA:
		p["agreementType"], p["accountType"], p["accountSubType"] = "EnterpriseAgreement", "Enterprise", "None"
		p["enrollmentDetails"] = object{"billingCycle": "Monthly", "channel": "EaDirect", "cloud": "Azure Commercial",
			"countryCode": account.Country, "currency": "USD"}
	case AzureMOSP:
		p["agreementType"], p["accountType"] = "MicrosoftOnlineServicesProgram", "Individual"
		p["hasNoBillingProfiles"] = true
	default:
		p["agreementType"], p["accountType"], p["accountSubType"] = "MicrosoftCustomerAgreement", "Business", "Professional"
		p["primaryBillingTenantId"] = a.config.Tenant
		p["billingRelationshipTypes"], p["qualifications"] = []string{"Direct"}, []string{"Commercial"}
		if account.Agreement == AzureEnterprise {
			// Payment terms, which a representative grants, are for "account type Enterprise" (armbilling, AccountsClient.BeginAddPaymentTerms).
			p["accountType"], p["accountSubType"] = "Enterprise", "Enterprise"
		}
	}
	return azureResource(account.id(), account.Name, "Microsoft.Billing/billingAccounts", p)
}

func (a *Azure) listProfiles(req *azureRequest) (object, *azureError) {
	account, _, err := a.lookScope(req)
	switch {
	case err != nil:
		return nil, err
	case !a.mayEnter(req, account):
		return nil, azureForbidden(account.id())
	}
	rows := []object{}
	for _, profile := range a.profiles {
		if profile.Account == account.Name && a.mayRead(req, account, profile) {
			rows = append(rows, renderProfile(account, profile))
		}
	}
	return req.page(rows, true)
}

func (a *Azure) getProfile(req *azureRequest) (object, *azureError) {
	account, profile, err := a.findScope(req)
	if err != nil {
		return nil, err
	}
	return renderProfile(account, profile), nil
}

func renderProfile(account *AzureAccount, profile *AzureProfile) object {
	return azureResource(profile.id(), profile.Name, "Microsoft.Billing/billingAccounts/billingProfiles", object{
		"displayName": profile.Display, "currency": profile.Currency, "status": "Active", "spendingLimit": "Off", "hasReadAccess": true,
		"invoiceDay": 5, "invoiceEmailOptIn": true, "poNumber": "", "systemId": profile.Name, "tags": object{},
		"billTo": object{"companyName": account.Display, "country": account.Country},
	})
}

// listMethods lists the payment methods that can be used for a profile. The real one says nothing of which is the default.
func (a *Azure) listMethods(req *azureRequest) (object, *azureError) {
	_, profile, err := a.findScope(req)
	if err != nil {
		return nil, err
	}
	rows := []object{}
	for _, m := range a.methods {
		if m.Account != profile.Account || m.Profile != profile.Name {
			continue
		}
		rows = append(rows, azureResource(profile.id()+"/paymentMethodLinks/"+m.ID, m.ID,
			"Microsoft.Billing/billingAccounts/billingProfiles/paymentMethodLinks", object{
				"paymentMethodId": "/providers/Microsoft.Billing/paymentMethods/" + m.ID, "family": m.Family, "paymentMethodType": m.Type,
				"displayName": m.Display, "lastFourDigits": m.Last4, "expiration": m.Expiration, "status": m.Status,
				"logos": []object{{"mimeType": "image/svg+xml", "url": "https://logos.example/" + m.Type + ".svg"}},
			}))
	}
	return req.page(rows, false)
}

func azureResource(id, name, kind string, properties object) object {
	return object{"id": id, "name": name, "type": kind, "properties": properties}
}
