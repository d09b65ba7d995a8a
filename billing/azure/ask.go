package azure

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	azcloud "github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/billing/armbilling"

	"kvitt/billing"
)

const (
	// longestWait is up to when azcore waits by itself for a service that asks for patience. Longer than that, the service is left alone
	// for as long as it says, and whoever asks meanwhile is told so at once.
	longestWait = 4 * time.Second

	maxPages = 400 // 20 000 invoices.
)

// patience is how azcore repeats what did not come through, within the time that a method has. It repeats nothing that is not a question.
var patience = policy.RetryOptions{MaxRetries: 2, MaxRetryDelay: longestWait}

// connect makes the clients.
func (p *Provider) connect(at place, transport http.RoundTripper) error {
	telemetry := policy.TelemetryOptions{ApplicationID: "kvitt"}
	client := policy.ClientOptions{
		Cloud: azcloud.Configuration{
			ActiveDirectoryAuthorityHost: publicAuthority, // Not used: the credential has its own.
			Services:                     map[azcloud.ServiceName]azcloud.ServiceConfiguration{azcloud.ResourceManager: {Endpoint: at.endpoint, Audience: at.audience}},
		},
		Retry:                           patience,
		Telemetry:                       telemetry,
		Transport:                       at.door(plain(transport)),
		PerCallPolicies:                 []policy.Policy{tap{at.endpoint}},
		InsecureAllowCredentialWithHTTP: at.plainEndpoint,
	}
	var err error
	p.billing, err = armbilling.NewClientFactory("", p.credential, &arm.ClientOptions{ClientOptions: client, DisableRPRegistration: true})
	if err != nil {
		return fmt.Errorf("%w: %w", ErrEndpoint, err)
	}
	p.graphURL = at.graph
	token := runtime.NewBearerTokenPolicy(p.credential, []string{p.scopes.graph}, &policy.BearerTokenOptions{InsecureAllowCredentialWithHTTP: at.plainHTTP})
	p.graph = runtime.NewPipeline("kvitt", "", runtime.PipelineOptions{PerRetry: []policy.Policy{token}}, &policy.ClientOptions{
		Retry: patience, Telemetry: telemetry, Transport: at.graphDoor(plain(transport)),
	})
	return nil
}

// tap takes the body of an answer for ourselves and leaves the SDK only the address of the next page, made absolute: the service sends it without a host
// (recorded by Azure's own command line), and the SDK would follow it to any host, with the token.
type tap struct{ endpoint string }

// bodyKey finds in a context where the body is to go.
type bodyKey struct{}

func (t tap) Do(req *policy.Request) (*http.Response, error) {
	resp, err := req.Next()
	body, wanted := req.Raw().Context().Value(bodyKey{}).(*[]byte)
	if err != nil || !wanted || resp.StatusCode != http.StatusOK {
		return resp, err
	}
	if *body, err = runtime.Payload(resp); err != nil {
		return nil, err
	}
	var page struct {
		NextLink string `json:"nextLink"`
	}
	if err := json.Unmarshal(*body, &page); err != nil {
		return nil, &refusal{"what was answered cannot be read"}
	}
	left, err := next(req.Raw().URL, page.NextLink, t.endpoint)
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(left))
	return resp, nil
}

// next is all that the SDK gets to see of a page. The error is a *refusal for a link to elsewhere.
func next(asked *url.URL, link, endpoint string) ([]byte, error) {
	if link == "" {
		return []byte("{}"), nil
	}
	u, err := asked.Parse(link)
	if err != nil {
		return nil, &refusal{"the address of the next page cannot be read"}
	}
	if originOf(u) != endpoint {
		return nil, &refusal{"the next page is said to be at " + originOf(u) + ", where Kvitt sends no token"}
	}
	return json.Marshal(map[string]string{"nextLink": u.String()})
}

// ask makes one request with the SDK and returns what was answered, as it was sent. about is for whom to be patient: an account, or Graph.
// The errors are explain's, and errResting.
func (p *Provider) ask(ctx context.Context, about, what string, call func(context.Context) error) ([]byte, error) {
	if until, resting := p.rest.until(about, p.now()); resting {
		return nil, fmt.Errorf("%s: %w: it asked not to be asked again before %s", what, errResting, until.UTC().Format("15:04:05 MST"))
	}
	ctx, cancel := limit(ctx)
	defer cancel()
	var body []byte
	err := call(context.WithValue(ctx, bodyKey{}, &body))
	if err != nil {
		p.rest.heed(about, err, p.now())
		return nil, explain(what, err)
	}
	return body, nil
}

// rows asks for a list, page by page, and yields its rows as they were sent. An error ends it.
func rows[T any](ctx context.Context, p *Provider, about, what string, pager *runtime.Pager[T]) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		for n := 0; pager.More(); n++ {
			var page []json.RawMessage
			body, err := p.ask(ctx, about, what, func(ctx context.Context) error {
				_, err := pager.NextPage(ctx)
				return err
			})
			if err == nil && (n >= maxPages || listIn(body, &page) != nil) {
				err = fmt.Errorf("%s: %w: what answers is not Azure, or its list has no end", what, billing.ErrUnavailable)
			}
			if err != nil {
				yield(nil, err)
				return
			}
			for _, row := range page {
				if !yield(row, nil) {
					return
				}
			}
		}
	}
}

// listIn reads the rows of a list. An answer without a list is no empty list: of roles that would be a plain no.
func listIn[T any](body []byte, rows *[]T) error {
	var page struct {
		Value json.RawMessage `json:"value"`
	}
	if err := json.Unmarshal(body, &page); err != nil {
		return err
	}
	if page.Value == nil {
		return errors.New("it holds no list")
	}
	return json.Unmarshal(page.Value, rows)
}

// errResting is an ErrUnavailable that says nothing about other accounts.
var errResting = fmt.Errorf("%w for now", billing.ErrUnavailable)

// rest remembers who asked to be left alone. It is courtesy, and lost without harm.
type rest struct {
	mu   sync.Mutex
	till map[string]time.Time
}

func (r *rest) until(about string, now time.Time) (time.Time, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	till := r.till[about]
	return till, now.Before(till)
}

// heed takes note of Retry-After (RFC 9110, section 10.2.3), up to a day.
func (r *rest) heed(about string, err error, now time.Time) {
	refused, ok := errors.AsType[*azcore.ResponseError](err)
	if !ok || refused.RawResponse == nil {
		return
	}
	wait := retryAfter(refused.RawResponse.Header.Get("Retry-After"), now)
	if wait <= longestWait {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.till == nil {
		r.till = map[string]time.Time{}
	}
	r.till[about] = now.Add(min(wait, 24*time.Hour))
}

func retryAfter(header string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(header); err == nil {
		return time.Duration(min(seconds, 24*60*60)) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil {
		return at.Sub(now)
	}
	return 0
}
