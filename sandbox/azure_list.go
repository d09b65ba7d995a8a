package sandbox

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// azurePageSize is the default size of a page and the largest that may be asked for.
const azurePageSize = 50

// page cuts a list as the billing API does: top 1 to 50, skip, and a nextLink that is RELATIVE, with a raw space in its dates, as recorded
// by the Azure CLI (azure-cli, command_modules/billing/tests, test_invoice_list.yaml).
func (r *azureRequest) page(rows []object, counted bool) (object, *azureError) {
	for _, name := range []string{"filter", "orderBy", "expand"} {
		if r.query.Get(name) != "" {
			return nil, azureInvalid("BadRequest", "The pretend Azure does not know '"+name+"'; leave it out.")
		}
	}
	top, err := r.number("top", azurePageSize)
	if err != nil {
		return nil, err
	}
	if top < 1 || top > azurePageSize {
		return nil, azureInvalid("BadRequest", fmt.Sprintf("The value of 'top' must be between 1 and %d; it is %d.", azurePageSize, top))
	}
	from, err := r.number("skip", 0)
	if err != nil {
		return nil, err
	}
	if from < 0 {
		return nil, azureInvalid("BadRequest", "The value of 'skip' must not be negative.")
	}
	if r.query.Has("$skiptoken") {
		if from, top, err = r.readSkipToken(); err != nil {
			return nil, err
		}
	}
	from = min(from, len(rows))
	cut := min(from+top, len(rows))
	list := object{"value": rows[from:cut]}
	if counted {
		list["totalCount"] = len(rows)
	}
	if cut < len(rows) {
		list["nextLink"] = r.nextLink(cut, top)
	}
	return list, nil
}

// nextLink leads to the rest. A client that takes it for an address has no host to ask.
func (r *azureRequest) nextLink(from, top int) string {
	token := base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%s?from=%d&top=%d", r.r.URL.Path, from, top))
	link := fmt.Sprintf("%s?$skiptoken=%s&$top=%d&api-version=%s", r.r.URL.Path, url.QueryEscape(token), top, AzureVersion)
	for _, name := range []string{"periodStartDate", "periodEndDate"} {
		if day, err := r.day(name); err == nil {
			link += "&" + name + "=" + day.Format(azureLinkDay)
		}
	}
	if search := r.query.Get("search"); search != "" {
		link += "&search=" + url.QueryEscape(search)
	}
	return link
}

func (r *azureRequest) readSkipToken() (from, top int, err *azureError) {
	token, failed := base64.StdEncoding.DecodeString(r.query.Get("$skiptoken"))
	inner, mine := strings.CutPrefix(string(token), r.r.URL.Path+"?")
	if failed == nil && mine {
		if n, failed := fmt.Sscanf(inner, "from=%d&top=%d", &from, &top); n == 2 && failed == nil && from >= 0 && top > 0 && top <= azurePageSize {
			return from, top, nil
		}
	}
	return 0, 0, azureInvalid("BadRequest", "The $skiptoken is not one of this list.")
}

// number reads an integer parameter; absent is the default.
func (r *azureRequest) number(name string, otherwise int) (int, *azureError) {
	if !r.query.Has(name) {
		return otherwise, nil
	}
	n, err := strconv.Atoi(r.query.Get(name))
	if err != nil {
		return 0, azureInvalid("BadRequest", "The value of '"+name+"' must be a number; it is '"+r.query.Get(name)+"'.")
	}
	return n, nil
}
