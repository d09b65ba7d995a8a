package sandbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func TestPageLogsBothWaysWithoutTokens(t *testing.T) {
	s := newScene(t)
	at := due(t, inMemory(s.slack), asha)
	act(t, s.page, `{"as":"`+asha+`","kind":"press","action_id":"pay","block_id":"controls","channel":"`+at.Channel+`","ts":"`+at.TS+`"}`)
	act(t, s.page, `{"as":"`+asha+`","kind":"command","channel":"`+finance+`","text":"/invoices due"}`)
	s.pay("kvitt-key")
	var lines []string
	secrets := []string{s.slack.Config().BotToken, s.slack.Config().AppToken, s.slack.Config().SigningSecret, "sk_test_kvitt", `"token":"sandbox"`, "/actions/T", "/commands/T"}
	for _, e := range s.panel().Log {
		lines = append(lines, fmt.Sprintf("%s>%s %s: %s [%s]", e.From, e.To, e.What, e.Line, e.Outcome))
		told := string(s.get(fmt.Sprintf("/panel/entry?seq=%d", e.Seq)))
		for _, secret := range secrets {
			if strings.Contains(told, secret) || strings.Contains(e.Line, secret) {
				t.Errorf("%s tells %q: %s", e.What, secret, told)
			}
		}
	}
	all := strings.Join(lines, "\n")
	for _, want := range []string{"bot>Slack chat.postMessage: asha: ", "Slack>bot block_actions: asha presses “pay” in messages to asha [acknowledged]",
		"Slack>bot /invoices: asha types /invoices due", "/pay: INV-1, with visa •••• 4242 [200]"} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is missing in:\n%s", want, all)
		}
	}
}

func TestPageLogIsBoundedAndQuestionsPushNothingOut(t *testing.T) {
	s := newScene(t)
	s.pay("key")
	ask, _ := http.NewRequest("GET", s.gateway.URL+"/v1/account", nil)
	ask.Header.Set("Authorization", "Bearer sk_test_kvitt")
	for range 500 {
		res, err := s.gateway.Client().Do(ask)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
	}
	shown := s.panel()
	if n := len(shown.Log); n != 101 || !strings.HasSuffix(shown.Log[0].What, "/pay") || shown.Newest != 501 {
		t.Errorf("%d entries, the first %+v, the newest %d", n, shown.Log[0], shown.Newest)
	}
	var later shownPanel
	if err := json.Unmarshal(s.get("/panel?after=499"), &later); err != nil || len(later.Log) != 2 {
		t.Errorf("after 499 come %d (%v)", len(later.Log), err)
	}
	if res, _ := s.page.Client().Get(s.page.URL + "/panel/entry?seq=9"); res.StatusCode != http.StatusNotFound {
		t.Errorf("what was forgotten: %d", res.StatusCode)
	}
}
