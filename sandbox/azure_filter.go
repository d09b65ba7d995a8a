package sandbox

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// The comparisons that the pretend Graph knows. Two quotes in a text are one.
var (
	azureEquals = regexp.MustCompile(`^(id|mail|userPrincipalName) eq '((?:[^']|'')*)'`)
	azureAlias  = regexp.MustCompile(`^proxyAddresses/any\((\w+):(\w+) eq '((?:[^']|'')*)'\)`)
	azureOneOf  = regexp.MustCompile(`^id in \('([^']*)'((?:, ?'[^']*')*)\)`)
)

// azureFilter reads $filter: comparisons joined by "or".
func azureFilter(query url.Values, advanced bool) (func(*AzureUser) bool, *azureError) {
	if !query.Has("$filter") {
		return func(*AzureUser) bool { return true }, nil
	}
	var clauses []func(*AzureUser) bool
	for rest := query.Get("$filter"); ; {
		length, matches, err := azureComparison(rest, advanced)
		if err != nil {
			return nil, err
		}
		clauses = append(clauses, matches)
		if rest = rest[length:]; rest == "" {
			return func(u *AzureUser) bool {
				return slices.ContainsFunc(clauses, func(matches func(*AzureUser) bool) bool { return matches(u) })
			}, nil
		}
		var joined bool
		if rest, joined = strings.CutPrefix(rest, " or "); !joined {
			return nil, azureInvalid("BadRequest", "Invalid filter clause: the pretend Graph only knows \"or\" here: "+rest)
		}
	}
}

// azureComparison reads one comparison at the beginning of a filter: how long it is, and what it asks of a user. Upper and lower case are
// the same to Graph. Aliases are an advanced query here; Graph's own table has them work without, but whoever sends both header and
// $count is right either way. The operator "in" takes 15 values (learn.microsoft.com/graph/filter-query-parameter).
func azureComparison(filter string, advanced bool) (int, func(*AzureUser) bool, *azureError) {
	plain := func(quoted string) string { return strings.ReplaceAll(quoted, "''", "'") }
	if found := azureEquals.FindStringSubmatch(filter); found != nil {
		value, read := plain(found[2]), map[string]func(*AzureUser) string{
			"id": func(u *AzureUser) string { return u.ID }, "mail": func(u *AzureUser) string { return u.Mail },
			"userPrincipalName": func(u *AzureUser) string { return u.UPN },
		}[found[1]]
		return len(found[0]), func(u *AzureUser) bool { return value != "" && strings.EqualFold(read(u), value) }, nil
	}
	if found := azureAlias.FindStringSubmatch(filter); found != nil && found[1] == found[2] {
		if !advanced {
			return 0, nil, azureInvalid("Request_UnsupportedQuery",
				"Unsupported or invalid query filter clause specified for property 'proxyAddresses' of resource 'User'.")
		}
		value := plain(found[3])
		return len(found[0]), func(u *AzureUser) bool {
			return slices.ContainsFunc(u.Proxies, func(proxy string) bool { return strings.EqualFold(proxy, value) })
		}, nil
	}
	if found := azureOneOf.FindStringSubmatch(filter); found != nil {
		ids := strings.Split(strings.ToLower(strings.ReplaceAll(found[1]+found[2], "'", "")), ",")
		if len(ids) > 15 {
			return 0, nil, azureInvalid("BadRequest", "Invalid filter clause: Too many child clauses: "+strconv.Itoa(len(ids))+". Max allowed: 15.")
		}
		return len(found[0]), func(u *AzureUser) bool {
			return slices.ContainsFunc(ids, func(id string) bool { return strings.TrimSpace(id) == strings.ToLower(u.ID) })
		}, nil
	}
	return 0, nil, azureInvalid("BadRequest", "Invalid filter clause: the pretend Graph does not understand it here: "+filter)
}
