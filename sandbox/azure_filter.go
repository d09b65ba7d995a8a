package sandbox

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// azureClause is one comparison that the pretend Graph knows. Two quotes in a text are one.
var azureClause = regexp.MustCompile(`^(?:(id|mail|userPrincipalName) eq '((?:[^']|'')*)'|proxyAddresses/any\((\w+):(\w+) eq '((?:[^']|'')*)'\))`)

// azureFilter reads $filter: comparisons of mail, userPrincipalName, id and proxyAddresses, joined by "or". Those of proxyAddresses are an advanced query
// here. (Graph's own table has them work without; whoever sends both header and $count is right either way.)
func azureFilter(query url.Values, advanced bool) (func(*AzureUser) bool, *azureError) {
	if !query.Has("$filter") {
		return func(*AzureUser) bool { return true }, nil
	}
	rest := query.Get("$filter")
	var any []func(*AzureUser) bool
	for {
		found := azureClause.FindStringSubmatch(rest)
		if found == nil || found[3] != found[4] {
			return nil, azureInvalid("BadRequest", "Invalid filter clause: the pretend Graph does not understand it here: "+rest)
		}
		if found[3] != "" && !advanced {
			return nil, azureInvalid("Request_UnsupportedQuery", "Unsupported or invalid query filter clause specified for property 'proxyAddresses' of resource 'User'.")
		}
		any = append(any, azureComparison(found))
		if rest = rest[len(found[0]):]; rest == "" {
			return func(u *AzureUser) bool {
				return slices.ContainsFunc(any, func(matches func(*AzureUser) bool) bool { return matches(u) })
			}, nil
		}
		var joined bool
		if rest, joined = strings.CutPrefix(rest, " or "); !joined {
			return nil, azureInvalid("BadRequest", "Invalid filter clause: the pretend Graph only knows \"or\" here: "+rest)
		}
	}
}

// azureComparison is what one clause asks of a user; upper and lower case are the same to Graph.
func azureComparison(found []string) func(*AzureUser) bool {
	value := strings.ReplaceAll(found[2]+found[5], "''", "'")
	switch found[1] {
	case "id":
		return func(u *AzureUser) bool { return strings.EqualFold(u.ID, value) }
	case "mail":
		return func(u *AzureUser) bool { return u.Mail != "" && strings.EqualFold(u.Mail, value) }
	case "userPrincipalName":
		return func(u *AzureUser) bool { return strings.EqualFold(u.UPN, value) }
	}
	return func(u *AzureUser) bool {
		return slices.ContainsFunc(u.Proxies, func(proxy string) bool { return strings.EqualFold(proxy, value) })
	}
}
