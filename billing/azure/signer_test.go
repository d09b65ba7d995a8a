package azure

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// hanging is an Entra that answers after a minute, whoever gave up meanwhile.
type hanging struct{}

func (hanging) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	time.Sleep(time.Minute)
	return azcore.AccessToken{Token: "late"}, nil
}

func TestWhoWaitsForAnothersTokenWaitsNoLongerThanTheyMay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := signer{hanging{}, make(chan struct{}, 1)}
		go func() { _, _ = s.GetToken(t.Context(), policy.TokenRequestOptions{}) }()
		synctest.Wait()
		ctx, done := context.WithTimeout(t.Context(), 2*time.Second)
		defer done()
		began := time.Now()
		_, err := s.GetToken(ctx, policy.TokenRequestOptions{})
		if took := time.Since(began); !errors.Is(ctx.Err(), context.DeadlineExceeded) || err == nil || took != 2*time.Second {
			t.Errorf("it waited %s and returned %v", took, err)
		}
		time.Sleep(time.Minute)
		if token, err := s.GetToken(t.Context(), policy.TokenRequestOptions{}); err != nil || token.Token != "late" {
			t.Errorf("the next one gets %v, %v", token, err)
		}
	})
}
