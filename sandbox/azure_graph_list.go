package sandbox

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const azureContext = "https://graph.microsoft.com/v1.0/$metadata#"

// azureHidden are the properties that Graph tells only to whoever names them in $select (learn.microsoft.com/graph/api/resources/user).
var azureHidden = []string{"accountEnabled", "userType", "proxyAddresses", "securityEnabled"}

// selected cuts one object to what $select names.
func (r *azureRequest) selected(context string, row object) (object, *azureError) {
	delete(row, "@odata.type")
	row, err := r.choose(row)
	if err != nil {
		return nil, err
	}
	row["@odata.context"] = azureContext + context
	return row, nil
}

func (r *azureRequest) choose(row object) (object, *azureError) {
	names := strings.Split(r.query.Get("$select"), ",")
	if !r.query.Has("$select") {
		names = slices.DeleteFunc(slices.Collect(maps.Keys(row)), func(name string) bool { return slices.Contains(azureHidden, name) })
	}
	kept := object{}
	for _, name := range names {
		value, known := row[name]
		if known {
			kept[name] = value
			continue
		}
		// A list of members may name what only its people have.
		if row["@odata.type"] != "#microsoft.graph.group" {
			return nil, azureInvalid("BadRequest", "Parsing OData Select and Expand failed: Could not find a property named '"+name+"'.")
		}
	}
	if kind, has := row["@odata.type"]; has {
		kept["@odata.type"] = kind
	}
	return kept, nil
}

// advanced tells whether the request asks for an advanced query: the header ConsistencyLevel: eventual, and $count=true. One without the
// other is an error where it matters (learn.microsoft.com/graph/aad-advanced-queries).
func (r *azureRequest) advanced() (bool, *azureError) {
	eventual := strings.EqualFold(r.r.Header.Get("ConsistencyLevel"), "eventual")
	if r.query.Has("$count") && !eventual {
		return false, azureInvalid("Request_BadRequest", "$count is not currently supported.")
	}
	return eventual && r.query.Get("$count") == "true", nil
}

func (a *Azure) listUsers(req *azureRequest) (object, *azureError) {
	if err := a.permit("User.Read.All"); err != nil {
		return nil, err
	}
	advanced, err := req.advanced()
	if err != nil {
		return nil, err
	}
	matches, err := azureFilter(req.query, advanced)
	if err != nil {
		return nil, err
	}
	rows := []object{}
	for _, user := range a.users {
		if matches(user) {
			row := user.render()
			delete(row, "@odata.type")
			rows = append(rows, row)
		}
	}
	return req.graphPage("users", rows)
}

func (a *Azure) listGroups(req *azureRequest) (object, *azureError) {
	if err := a.permit("GroupMember.Read.All", "Group.Read.All"); err != nil {
		return nil, err
	}
	if _, err := req.advanced(); err != nil {
		return nil, err
	}
	rows := []object{}
	for _, group := range a.groups {
		rows = append(rows, group.render())
	}
	return req.graphPage("groups", rows)
}

// listMembers lists whoever is in a group or in a group of that group. The form that ends in a type asks for an advanced query.
func (a *Azure) listMembers(req *azureRequest) (object, *azureError) {
	if err := a.permit("GroupMember.Read.All", "Group.Read.All"); err != nil {
		return nil, err
	}
	advanced, err := req.advanced()
	if err != nil {
		return nil, err
	}
	onlyUsers := strings.HasSuffix(req.op.pattern, "/microsoft.graph.user")
	if onlyUsers && !advanced {
		return nil, azureInvalid("Request_UnsupportedQuery", "The request uses advanced query features: set ConsistencyLevel: eventual and $count=true.")
	}
	id := req.r.PathValue("id")
	if a.findGroup(id) == nil {
		return nil, azureNoResource(id)
	}
	rows := []object{}
	for _, group := range a.groups {
		if !onlyUsers && slices.Contains(a.holders(group.ID)[1:], id) {
			rows = append(rows, group.render())
		}
	}
	for _, user := range a.users {
		if slices.Contains(a.holders(user.ID)[1:], id) {
			rows = append(rows, user.render())
		}
	}
	return req.graphPage("directoryObjects", rows)
}

// graphPage cuts a list as Graph does: $top 1 to 999 with 100 as default, and a nextLink that is absolute.
func (r *azureRequest) graphPage(context string, rows []object) (object, *azureError) {
	top, err := r.number("$top", 100)
	if err != nil {
		return nil, err
	}
	if top < 1 || top > 999 {
		return nil, azureInvalid("Request_BadRequest", fmt.Sprintf("Invalid page size specified: '%d'. Must be between 1 and 999 inclusive.", top))
	}
	from, failed := strconv.Atoi(r.query.Get("$skiptoken"))
	if r.query.Has("$skiptoken") && (failed != nil || from < 0) {
		return nil, azureInvalid("Request_BadRequest", "The $skiptoken is not one of this list.")
	}
	from = min(from, len(rows))
	cut := min(from+top, len(rows))
	list := object{"@odata.context": azureContext + context}
	if r.query.Get("$count") == "true" {
		list["@odata.count"] = len(rows)
	}
	if cut < len(rows) {
		next := url.URL{Scheme: "https", Host: r.r.Host, Path: r.r.URL.Path}
		if r.r.TLS == nil && r.r.URL.Scheme != "https" {
			next.Scheme = "http"
		}
		query := maps.Clone(r.query)
		query.Set("$skiptoken", strconv.Itoa(cut))
		next.RawQuery = query.Encode()
		list["@odata.nextLink"] = next.String()
	}
	page := []object{}
	for _, row := range rows[from:cut] {
		row, err := r.choose(row)
		if err != nil {
			return nil, err
		}
		page = append(page, row)
	}
	list["value"] = page
	return list, nil
}
