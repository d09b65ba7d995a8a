package sandbox

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// AzureUser is a person in the directory.
type AzureUser struct {
	ID       string // Object id; default: the next free one.
	Name     string // Default: what stands before the "@" of Mail.
	Mail     string // Empty: null.
	UPN      string // userPrincipalName; default: Mail.
	Disabled bool
	Guest    bool     // userType Guest; in life with a UPN such as "ada_fjord.example#EXT#@contoso.onmicrosoft.com".
	Proxies  []string // proxyAddresses such as "smtp:alias@fjord.example"; the primary one is added by itself.
}

// AzureGroup is a group in the directory.
type AzureGroup struct {
	ID      string // Object id; default: the next free one.
	Name    string // Default "Finance".
	Members []string
}

// AddUser adds a person and returns the object id.
func (a *Azure) AddUser(user AzureUser) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	user.ID = cmp.Or(user.ID, a.newGUID())
	user.UPN = cmp.Or(user.UPN, user.Mail)
	before, _, _ := strings.Cut(user.Mail, "@")
	user.Name = cmp.Or(user.Name, before)
	if user.Mail != "" {
		user.Proxies = append([]string{"SMTP:" + user.Mail}, user.Proxies...)
	}
	a.users = append(a.users, &user)
	return user.ID
}

// AddGroup adds a group and returns the object id. Its members may be groups.
func (a *Azure) AddGroup(group AzureGroup) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	group.ID, group.Name = cmp.Or(group.ID, a.newGUID()), cmp.Or(group.Name, "Finance")
	a.groups = append(a.groups, &group)
	return group.ID
}

// ChangeUser alters a person: disabled, renamed, made a guest.
func (a *Azure) ChangeUser(id string, how func(*AzureUser)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	user := a.findUser(id)
	if user == nil {
		panic("sandbox: the pretend Azure has no user " + id)
	}
	how(user)
}

// ChangeGroup alters a group: who is in it.
func (a *Azure) ChangeGroup(id string, how func(*AzureGroup)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	group := a.findGroup(id)
	if group == nil {
		panic("sandbox: the pretend Azure has no group " + id)
	}
	how(group)
}

func (a *Azure) findUser(id string) *AzureUser {
	for _, user := range a.users {
		if user.ID == id {
			return user
		}
	}
	return nil
}

func (a *Azure) findGroup(id string) *AzureGroup {
	for _, group := range a.groups {
		if group.ID == id {
			return group
		}
	}
	return nil
}

// holders lists a principal and every group that it is in, at any depth.
func (a *Azure) holders(principal string) []string {
	found := []string{principal}
	for at := 0; at < len(found); at++ {
		for _, group := range a.groups {
			if slices.Contains(group.Members, found[at]) && !slices.Contains(found, group.ID) {
				found = append(found, group.ID)
			}
		}
	}
	return found
}

// permit checks that the application has one of the permissions that allow an operation.
func (a *Azure) permit(enough ...string) *azureError {
	enough = append(enough, "Directory.Read.All")
	if slices.ContainsFunc(a.config.Permissions, func(held string) bool { return slices.Contains(enough, held) }) {
		return nil
	}
	return azureDenied()
}

func (a *Azure) getUser(req *azureRequest) (object, *azureError) {
	if err := a.permit("User.Read.All"); err != nil {
		return nil, err
	}
	id := req.r.PathValue("id")
	for _, user := range a.users {
		if user.ID == id || strings.EqualFold(user.UPN, id) {
			return req.selected("users/$entity", user.render())
		}
	}
	return nil, azureNoResource(id)
}

func (a *Azure) getPrincipal(req *azureRequest) (object, *azureError) {
	if err := a.permit("Application.Read.All"); err != nil {
		return nil, err
	}
	id := req.r.PathValue("id")
	if id != a.config.Object {
		return nil, azureNoResource(id)
	}
	return req.selected("servicePrincipals/$entity", object{"id": id, "appId": a.config.ClientID, "displayName": "Kvitt", "accountEnabled": true,
		"servicePrincipalType": "Application", "appOwnerOrganizationId": a.config.Tenant})
}

// checkGroups answers which of at most 20 groups a person is in, at any depth (learn.microsoft.com/graph/api/directoryobject-checkmembergroups).
func (a *Azure) checkGroups(req *azureRequest) (object, *azureError) {
	if err := a.permit("User.Read.All"); err != nil {
		return nil, err
	}
	if err := a.permit("GroupMember.Read.All", "Group.Read.All"); err != nil {
		return nil, err
	}
	id := req.r.PathValue("id")
	if a.findUser(id) == nil {
		return nil, azureNoResource(id)
	}
	var asked struct {
		GroupIDs []string `json:"groupIds"`
	}
	switch {
	case !strings.HasPrefix(req.r.Header.Get("Content-Type"), "application/json"):
		return nil, azureInvalid("RequestBodyRead", "The body must be application/json.")
	case json.Unmarshal(req.body, &asked) != nil || len(asked.GroupIDs) == 0:
		return nil, azureInvalid("Request_BadRequest", "The body must be an object with groupIds.")
	case len(asked.GroupIDs) > 20:
		return nil, azureInvalid("Request_BadRequest", fmt.Sprintf("At most 20 groupIds can be checked; there are %d.", len(asked.GroupIDs)))
	}
	in := slices.DeleteFunc(asked.GroupIDs, func(group string) bool { return !slices.Contains(a.holders(id)[1:], group) })
	return object{"@odata.context": azureContext + "Collection(Edm.String)", "value": in}, nil
}

func azureNoResource(id string) *azureError {
	return &azureError{status: http.StatusNotFound, code: "Request_ResourceNotFound",
		message: "Resource '" + id + "' does not exist or one of its queried reference-property objects are not present."}
}

func (u *AzureUser) render() object {
	row := object{"@odata.type": "#microsoft.graph.user", "id": u.ID, "displayName": u.Name, "givenName": nil, "surname": nil, "jobTitle": nil,
		"mail": u.Mail, "mobilePhone": nil, "officeLocation": nil, "preferredLanguage": nil, "businessPhones": []string{},
		"userPrincipalName": u.UPN, "accountEnabled": !u.Disabled, "userType": "Member", "proxyAddresses": append([]string{}, u.Proxies...)}
	if u.Mail == "" {
		row["mail"] = nil
	}
	if u.Guest {
		row["userType"] = "Guest"
	}
	return row
}

func (g *AzureGroup) render() object {
	return object{"@odata.type": "#microsoft.graph.group", "id": g.ID, "displayName": g.Name, "mail": nil, "securityEnabled": true}
}
