package azure_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"kvitt/billing"
)

// People and groups of the tenant.
const (
	asha     = "a0000000-0000-4000-8000-00000000000a"
	bo       = "a0000000-0000-4000-8000-00000000000b"
	treasury = "c0000000-0000-4000-8000-00000000000c"

	profilePath = accountPath + "/billingProfiles/" + profile
)

// roles are the ids of the role definitions, as in armbilling's examples.
const (
	accountOwner       = "50000000-aaaa-bbbb-cccc-100000000000"
	accountContributor = "50000000-aaaa-bbbb-cccc-100000000001"
	accountReader      = "50000000-aaaa-bbbb-cccc-100000000002"
	profileOwner       = "40000000-aaaa-bbbb-cccc-100000000000"
	profileReader      = "40000000-aaaa-bbbb-cccc-100000000002"
	invoiceManager     = "40000000-aaaa-bbbb-cccc-100000000004"
)

// directory is Graph, as much as is asked of it.
func (w *world) directory() {
	w.mux.HandleFunc("GET /v1.0/users", w.findUsers)
	w.mux.HandleFunc("GET /v1.0/users/{id}", func(rw http.ResponseWriter, r *http.Request) {
		for _, u := range w.users {
			if u["id"] == r.PathValue("id") {
				reply(rw, u)
				return
			}
		}
		fail(rw, http.StatusNotFound, "Request_ResourceNotFound")
	})
	w.mux.HandleFunc("POST /v1.0/users/{id}/checkMemberGroups", w.checkMembers)
	w.mux.HandleFunc("GET /v1.0/groups", func(rw http.ResponseWriter, _ *http.Request) { reply(rw, object{"value": []object{}}) })
	w.mux.HandleFunc("GET /v1.0/groups/{id}/transitiveMembers/microsoft.graph.user", func(rw http.ResponseWriter, r *http.Request) {
		ids, ok := w.members[r.PathValue("id")]
		if !ok {
			fail(rw, http.StatusNotFound, "Request_ResourceNotFound")
			return
		}
		w.replyUsers(rw, r, func(u object) bool { return slices.Contains(ids, u["id"].(string)) })
	})
}

// findUsers understands the three filters that are documented for what the Provider asks, and nothing else.
func (w *world) findUsers(rw http.ResponseWriter, r *http.Request) {
	filter := r.URL.Query().Get("$filter")
	quoted := func(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
	w.replyUsers(rw, r, func(u object) bool {
		mail, _ := u["mail"].(string)
		name, _ := u["userPrincipalName"].(string)
		aliases, _ := u["proxyAddresses"].([]string)
		same := func(a, b string) bool { return strings.EqualFold(a, b) }
		switch {
		case filter == "":
			return true
		case strings.HasPrefix(filter, "id in ("):
			return strings.Contains(filter, quoted(u["id"].(string)))
		case strings.HasPrefix(filter, "mail eq "):
			return same(filter, "mail eq "+quoted(mail)+" or userPrincipalName eq "+quoted(mail)) || same(filter, "mail eq "+quoted(name)+" or userPrincipalName eq "+quoted(name))
		case strings.HasPrefix(filter, "proxyAddresses/any") && r.Header.Get("ConsistencyLevel") == "eventual" && r.URL.Query().Get("$count") == "true":
			return slices.ContainsFunc(aliases, func(alias string) bool { return same(filter, "proxyAddresses/any(x:x eq "+quoted(alias)+")") })
		}
		return false
	})
}

// replyUsers pages like Graph: two at a time, and the next page at an absolute address.
func (w *world) replyUsers(rw http.ResponseWriter, r *http.Request, match func(object) bool) {
	found := slices.DeleteFunc(slices.Clone(w.users), func(u object) bool { return !match(u) })
	var from int
	_, _ = fmt.Sscan(r.URL.Query().Get("$skiptoken"), &from)
	to := min(from+2, len(found))
	page := object{"value": found[from:to]}
	if to < len(found) {
		next := *r.URL
		next.Host, next.Scheme = "graph.microsoft.com", "https"
		query := next.Query()
		query.Set("$skiptoken", fmt.Sprint(to))
		next.RawQuery = query.Encode()
		page["@odata.nextLink"] = next.String()
	}
	reply(rw, page)
}

func (w *world) checkMembers(rw http.ResponseWriter, r *http.Request) {
	var body struct {
		GroupIDs []string `json:"groupIds"`
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil || len(body.GroupIDs) > 20 {
		fail(rw, http.StatusBadRequest, "Request_BadRequest")
		return
	}
	in := slices.DeleteFunc(body.GroupIDs, func(id string) bool { return !slices.Contains(w.members[id], r.PathValue("id")) })
	reply(rw, object{"value": in})
}

func (w *world) listRoles(rw http.ResponseWriter, r *http.Request) {
	scope := strings.TrimSuffix(r.URL.Path, "/billingRoleAssignments")
	rows := []object{}
	for _, properties := range w.roles[scope] {
		rows = append(rows, object{"name": "x", "properties": properties})
	}
	reply(rw, object{"value": rows})
}

// give assigns a role as real answers do: without the type of the principal.
func (w *world) give(scope, role, principal string) object {
	properties := object{"principalId": principal, "principalTenantId": tenant, "scope": scope,
		"roleDefinitionId": scope + "/billingRoleDefinitions/" + role, "modifiedOn": "0001-01-01T00:00:00+00:00"}
	w.roles[scope] = append(w.roles[scope], properties)
	return properties
}

// member adds a full member of the tenant and returns them for a change.
func (w *world) member(id, email string) object {
	u := object{"id": id, "mail": email, "userPrincipalName": strings.Replace(email, "@", "@upn.", 1), "accountEnabled": true, "userType": "Member"}
	w.users = append(w.users, u)
	return u
}

func byMail(email string) billing.Person { return billing.Person{Email: email} }
