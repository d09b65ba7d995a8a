package sandbox

import (
	"fmt"
	"net/http"
)

// azureTransport hands requests to the handler in memory.
type azureTransport struct{ azure *Azure }

// RoundTrip implements http.RoundTripper.
func (t *azureTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	host := r.Host
	if host == "" {
		host = r.URL.Host
	}
	if _, known := azureHosts[host]; !known && !loopbackHost(host) {
		t.azure.record(&azureRequest{r: r, query: r.URL.Query()})
		return nil, fmt.Errorf("the pretend Azure knows no host %q", host)
	}
	return carry(r, &t.azure.flying, t.azure.mux)
}
