package sandbox_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"testing"
	"time"

	"kvitt/sandbox"
)

func TestTheThrowAwayAuthorityVouchesForLoopbackOnly(t *testing.T) {
	config, authority, err := sandbox.LoopbackTLS(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	block, rest := pem.Decode(authority)
	if block == nil || block.Type != "CERTIFICATE" || len(rest) != 0 {
		t.Fatalf("the authority is %q", authority)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority)
	leaf, err := x509.ParseCertificate(config.Certificates[0].Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	for name, trusted := range map[string]bool{"127.0.0.1": true, "::1": true, "localhost": true, "login.microsoftonline.com": false, "192.0.2.1": false} {
		if _, err := leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: name}); (err == nil) != trusted {
			t.Errorf("%s: %v, trusted should be %v", name, err, trusted)
		}
	}
	root, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if !root.PermittedDNSDomainsCritical || len(root.PermittedIPRanges) != 2 || !root.MaxPathLenZero || root.KeyUsage != x509.KeyUsageCertSign {
		t.Errorf("the authority may vouch for more than it has to: %+v", root)
	}
	if config.MinVersion < tls.VersionTLS12 {
		t.Error("old TLS is taken")
	}
}
