package azure

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"kvitt/billing"
)

const (
	graphName = "Microsoft Graph"
	fields    = "id,mail,userPrincipalName,accountEnabled,userType,proxyAddresses"

	groupsAtOnce = 20 // The limit of checkMemberGroups (learn.microsoft.com/graph/api/user-checkmembergroups).
	idsAtOnce    = 15 // The limit of "in" (learn.microsoft.com/graph/filter-query-parameter).
	usersAtOnce  = 100
)

// user is somebody as Graph tells it. Reading users takes the application permission User.Read.All, reading their groups GroupMember.Read.All besides.
type user struct {
	ID        string   `json:"id"`
	Mail      string   `json:"mail"`
	Principal string   `json:"userPrincipalName"`
	Enabled   bool     `json:"accountEnabled"`
	Type      string   `json:"userType"`
	Addresses []string `json:"proxyAddresses"`
}

// full leaves out disabled accounts and guests, and whoever is not said to be a member.
func (u user) full() bool {
	return u.Enabled && strings.EqualFold(u.Type, "Member") && guid.MatchString(u.ID)
}

// has says whether an address is this user's; what the service filtered is looked at again.
func (u user) has(email string) bool {
	is := func(s string) bool { return strings.EqualFold(s, email) || strings.EqualFold(s, "smtp:"+email) }
	return is(u.Mail) || is(u.Principal) || slices.ContainsFunc(u.Addresses, is)
}

// person finds the one full member who somebody is. found is false for nobody, for several, and for a disabled account or guest.
func (p *Provider) person(ctx context.Context, who billing.Person, maxAge time.Duration) (one user, found bool, err error) {
	key := "object " + strings.ToLower(who.Object)
	ask := func() ([]user, error) { return p.askByObject(ctx, who.Object) }
	switch {
	case who.Object != "" && !guid.MatchString(who.Object):
		return user{}, false, nil
	case who.Object == "" && !address(who.Email):
		return user{}, false, nil
	case who.Object == "":
		key = "mail " + strings.ToLower(who.Email)
		ask = func() ([]user, error) { return p.askByEmail(ctx, who.Email) }
	}
	users, err := p.people.get(key, p.now(), maxAge, ask)
	if err != nil || len(users) != 1 || !users[0].full() {
		return user{}, false, err
	}
	return users[0], true, nil
}

// address keeps out what is no e-mail address, so that no empty or odd one is anybody's.
func address(email string) bool {
	odd := func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }
	local, domain, ok := strings.Cut(email, "@")
	return ok && local != "" && domain != "" && len(email) <= 254 && !strings.ContainsFunc(email, odd)
}

func (p *Provider) askByObject(ctx context.Context, object string) ([]user, error) {
	var u user
	err := p.askGraph(ctx, "a person", "/v1.0/users/"+object+"?$select="+fields, nil, &u)
	if status(err) == http.StatusNotFound {
		return nil, nil
	}
	if u.ID = strings.ToLower(u.ID); err == nil && u.ID != strings.ToLower(object) {
		err = fmt.Errorf("a person: %w: what answers is not %s", billing.ErrUnavailable, graphName)
	}
	if err != nil {
		return nil, err
	}
	return []user{u}, nil
}

// askByEmail looks for the address as somebody's own, and only where it is nobody's as an alias. That, like the members of a group, is an advanced query
// (learn.microsoft.com/graph/aad-advanced-queries): it takes $count, and an index that may be a little behind.
func (p *Provider) askByEmail(ctx context.Context, email string) ([]user, error) {
	quoted := "'" + strings.ReplaceAll(email, "'", "''") + "'"
	alias := "'smtp:" + quoted[1:]
	own, aliased := "mail eq "+quoted+" or userPrincipalName eq "+quoted, "proxyAddresses/any(x:x eq "+alias+")"
	for _, query := range []string{"?$filter=" + url.QueryEscape(own), "?$count=true&$filter=" + url.QueryEscape(aliased)} {
		users, err := p.askUsers(ctx, "a person", "/v1.0/users"+query+"&$select="+fields, 3)
		users = slices.DeleteFunc(users, func(u user) bool { return !u.has(email) })
		if err != nil || len(users) > 0 {
			return users, err
		}
	}
	return nil, nil
}

// usersOf reads those of the ids that are users; others are groups, applications, or of another tenant.
func (p *Provider) usersOf(ctx context.Context, ids []string, maxAge time.Duration) ([]user, error) {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	return p.people.get("ids "+strings.Join(ids, ","), p.now(), maxAge, func() ([]user, error) {
		var all []user
		for chunk := range slices.Chunk(ids, idsAtOnce) {
			filter := "id in ('" + strings.Join(chunk, "','") + "')"
			users, err := p.askUsers(ctx, "the people with a role", "/v1.0/users?$select="+fields+"&$filter="+url.QueryEscape(filter), len(chunk))
			if err != nil {
				return nil, err
			}
			all = append(all, slices.DeleteFunc(users, func(u user) bool { return !slices.Contains(chunk, u.ID) })...)
		}
		return all, nil
	})
}

// memberOf says in which of the groups somebody is, those within others included. Ids that are no groups are passed over.
func (p *Provider) memberOf(ctx context.Context, id string, groups []string, maxAge time.Duration) ([]string, error) {
	return p.groups.get(id+" "+strings.Join(groups, ","), p.now(), maxAge, func() ([]string, error) {
		var in []string
		for chunk := range slices.Chunk(groups, groupsAtOnce) {
			var answer []string
			if _, err := askGraphList(ctx, p, "the groups of a person", "/v1.0/users/"+id+"/checkMemberGroups", map[string]any{"groupIds": chunk}, &answer); err != nil {
				return nil, err
			}
			for _, group := range answer {
				in = append(in, strings.ToLower(group))
			}
		}
		return in, nil
	})
}

// membersOf lists at most so many members of a group, those of groups within it included; none for what is no group.
func (p *Provider) membersOf(ctx context.Context, group string, most int, maxAge time.Duration) ([]user, error) {
	return p.members.get(group, p.now(), maxAge, func() ([]user, error) {
		users, err := p.askUsers(ctx, "the members of a group", "/v1.0/groups/"+group+"/transitiveMembers/microsoft.graph.user?$count=true&$select="+fields, most)
		if status(err) == http.StatusNotFound {
			return nil, nil
		}
		return users, err
	})
}

// askUsers reads a list of users over its pages, until there are more than enough.
func (p *Provider) askUsers(ctx context.Context, what, path string, enough int) ([]user, error) {
	var all []user
	link := path + "&$top=" + fmt.Sprint(min(enough+1, usersAtOnce))
	for range maxPages {
		var page []user
		next, err := askGraphList(ctx, p, what, link, nil, &page)
		if err != nil {
			return nil, err
		}
		for _, u := range page {
			u.ID = strings.ToLower(u.ID)
			all = append(all, u)
		}
		if next == "" || len(all) > enough {
			return all, nil
		}
		link = next
	}
	return nil, fmt.Errorf("%s: %w: the list has no end", what, billing.ErrUnavailable)
}

// askGraphList asks Graph for a page of a list, and returns the address of the next one.
func askGraphList[T any](ctx context.Context, p *Provider, what, link string, body any, page *[]T) (next string, err error) {
	var raw json.RawMessage
	if err := p.askGraph(ctx, what, link, body, &raw); err != nil {
		return "", err
	}
	var more struct {
		Next string `json:"@odata.nextLink"`
	}
	if listIn(raw, page) != nil || json.Unmarshal(raw, &more) != nil {
		return "", fmt.Errorf("%s: %w: what answers is not %s", what, billing.ErrUnavailable, graphName)
	}
	return more.Next, nil
}

// askGraph asks Graph one question: a GET, or with a body a POST. A link to another host is refused at the door.
func (p *Provider) askGraph(ctx context.Context, what, link string, body, into any) error {
	base, err := url.Parse(p.graphURL)
	if err == nil {
		base, err = base.Parse(strings.ReplaceAll(link, " ", "%20"))
	}
	if err != nil {
		return fmt.Errorf("%s: %w: the address of the next page cannot be read", what, billing.ErrUnavailable)
	}
	_, err = p.ask(ctx, graphName, what+" at "+graphName, func(ctx context.Context) error {
		method := http.MethodGet
		if body != nil {
			method = http.MethodPost
		}
		req, err := runtime.NewRequest(ctx, method, base.String())
		if err != nil {
			return err
		}
		req.Raw().Header.Set("Accept", "application/json")
		if strings.Contains(link, "$count=true") {
			req.Raw().Header.Set("ConsistencyLevel", "eventual")
		}
		if body != nil {
			if err := runtime.MarshalAsJSON(req, body); err != nil {
				return err
			}
		}
		resp, err := p.graph.Do(req)
		if err != nil {
			return err
		}
		if !runtime.HasStatusCode(resp, http.StatusOK) {
			return runtime.NewResponseError(resp)
		}
		return runtime.UnmarshalAsJSON(resp, into)
	})
	return err
}
