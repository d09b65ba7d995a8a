package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// A signing secret is exchanged by a restart: from then on the old one opens nothing, the new one does, and what was done before stays done.
func TestASigningSecretIsExchangedByARestart(t *testing.T) {
	t.Parallel()
	f := newFort(t, 2)
	before, after := f.payment(f.invoices["0"], "1.2.asha"), f.payment(f.invoices["1"], "1.3.asha")
	if answer := f.send(f.seal(fmt.Sprintf(signed, slacks), before)); answer.StatusCode != http.StatusOK {
		t.Errorf("status %d", answer.StatusCode)
	}
	f.soon("a charge", func() bool { return len(f.stripe.Charges(f.invoices["0"])) == 1 })
	f.stop()
	f.env["SLACK_SIGNING_SECRET"] = "00112233445566778899aabbccddeeff"
	f.open()
	renewed := fmt.Sprintf(signed, "X-Slack-Request-Timestamp: {{.Now}}\nX-Slack-Signature: "+`{{.SignBy "00112233445566778899aabbccddeeff"}}`)
	for name, c := range map[string]struct {
		request string
		status  int
	}{
		"the old secret":              {f.seal(fmt.Sprintf(signed, slacks), after), http.StatusUnauthorized},
		"what was done, signed again": {f.seal(renewed, before), http.StatusOK},
	} {
		if answer := f.send(c.request); answer.StatusCode != c.status || text(answer) != "" && c.status == http.StatusOK {
			t.Errorf("%s: status %d, %s", name, answer.StatusCode, text(answer))
		}
	}
	if got := f.trail(f.invoices["1"]); got != "seen" {
		t.Errorf("the old secret paid: %s", got)
	}
	if answer := f.send(f.seal(renewed, after)); !strings.Contains(text(answer), "Payment in progress") {
		t.Errorf("the new secret: status %d, %s", answer.StatusCode, text(answer))
	}
	f.soon("a charge", func() bool { return len(f.stripe.Charges(f.invoices["1"])) == 1 })
	if n := len(f.stripe.Charges("")); n != 2 || strings.Contains(f.logged(), "00112233445566778899aabbccddeeff") {
		t.Errorf("%d charges, or the log holds the secret", n)
	}
}
