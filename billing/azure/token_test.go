package azure_test

import (
	"context"
	"encoding/base64"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

const secretToken = "eyJhbGciOiJub25lIn0." // A header that says: no signature.

// token is a credential with a token in it, of the bot in the tenant of the people; or one that says nothing, or an error.
type token struct {
	claims string // Default: the bot of our tenant.
	opaque bool
	err    error
}

func (c token) GetToken(ctx context.Context, _ policy.TokenRequestOptions) (azcore.AccessToken, error) {
	if err := ctx.Err(); err != nil {
		return azcore.AccessToken{}, err
	}
	if c.err != nil {
		return azcore.AccessToken{}, c.err
	}
	claims := c.claims
	if claims == "" {
		claims = `{"tid":"` + tenant + `","oid":"` + bot + `","appid":"` + botApp + `","idtyp":"app","appidacr":"1"}`
	}
	text := secretToken + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".c2ln"
	if c.opaque {
		text = "opaque"
	}
	return azcore.AccessToken{Token: text, ExpiresOn: time.Now().Add(time.Hour)}, nil
}

const (
	bot    = "b0000000-0000-4000-8000-000000000001"
	botApp = "b0000000-0000-4000-8000-000000000002"
)

// syncBuilder is a log that several goroutines may write.
type syncBuilder struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *syncBuilder) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *syncBuilder) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
