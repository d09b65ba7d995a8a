package azure

import (
	"cmp"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

// cloud is one of Microsoft's clouds (learn.microsoft.com/azure/azure-government/compare-azure-government-global-azure,
// learn.microsoft.com/azure/china/resources-developer-guide, learn.microsoft.com/graph/deployments).
type cloud struct {
	endpoint string // Azure Resource Manager.
	audience string // For whom its tokens are; as in azcore/arm/runtime.
	graph    string
	portal   string
}

var publicCloud = cloud{"https://management.azure.com", "https://management.core.windows.net/", "https://graph.microsoft.com", "https://portal.azure.com"}

var otherClouds = []cloud{
	{"https://management.usgovcloudapi.net", "https://management.core.usgovcloudapi.net/", "https://graph.microsoft.us", "https://portal.azure.us"},
	{"https://management.chinacloudapi.cn", "https://management.core.chinacloudapi.cn/", "https://microsoftgraph.chinacloudapi.cn", "https://portal.azure.cn"},
}

// place is where one Provider asks, and for whom its tokens are.
type place struct {
	endpoint, graph, portal  string
	audience, graphAudience  string
	plainEndpoint, plainHTTP bool // http, on loopback.
}

// scopes are what tokens are asked for.
type scopes struct {
	endpoint, graph string
}

func (p place) scopes() scopes {
	return scopes{endpoint: p.audience + "/.default", graph: p.graphAudience + "/.default"}
}

// whereabouts settles the addresses. An endpoint of none of Microsoft's clouds, as in tests, takes tokens of the public cloud.
func whereabouts(c Config) (place, error) {
	endpoint, err := origin(cmp.Or(c.Endpoint, publicCloud.endpoint))
	if err != nil {
		return place{}, err
	}
	of := publicCloud
	for _, other := range otherClouds {
		if other.endpoint == endpoint {
			of = other
		}
	}
	at := place{endpoint: endpoint, audience: of.audience, graphAudience: of.graph}
	if at.graph, err = origin(cmp.Or(c.GraphEndpoint, of.graph)); err != nil {
		return place{}, err
	}
	if at.portal, err = origin(cmp.Or(c.Portal, of.portal)); err != nil {
		return place{}, err
	}
	for _, known := range otherClouds {
		if at.graph == known.graph {
			at.graphAudience = known.graph
		}
	}
	at.plainEndpoint = strings.HasPrefix(at.endpoint, "http:")
	at.plainHTTP = strings.HasPrefix(at.graph, "http:")
	return at, nil
}

// origin checks an address and returns its scheme and host, lower case and without a port that goes without saying.
func origin(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return "", fmt.Errorf("%q: %w", address, ErrEndpoint)
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		return "", fmt.Errorf("%q: %w", address, ErrEndpoint)
	}
	return originOf(u), nil
}

func originOf(u *url.URL) string {
	scheme, host := strings.ToLower(u.Scheme), strings.ToLower(u.Host)
	if scheme == "https" {
		host = strings.TrimSuffix(host, ":443")
	}
	return scheme + "://" + host
}

func loopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}
