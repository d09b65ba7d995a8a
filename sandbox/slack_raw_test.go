package sandbox_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"kvitt/sandbox"
)

// rawAnswer is what came back from a call made by hand.
type rawAnswer struct {
	status int
	header http.Header
	fields map[string]any
}

func (a rawAnswer) code() string {
	code, _ := a.fields["error"].(string)
	return code
}

// callRaw calls a method without slack-go; how says where the token goes and what the body is.
func callRaw(t *testing.T, s *sandbox.Slack, method, token, how string, args ...string) rawAnswer {
	t.Helper()
	form := url.Values{}
	for i := 0; i < len(args); i += 2 {
		form.Set(args[i], args[i+1])
	}
	kind, body := "application/x-www-form-urlencoded", ""
	switch how {
	case "form":
		form.Set("token", token)
		body = form.Encode()
	case "header":
		body = form.Encode()
	case "json":
		kind, body = "application/json; charset=utf-8", "{}"
	case "json body":
		kind, body = "application/json", `{"token":"`+token+`"}`
	}
	r, err := http.NewRequestWithContext(t.Context(), "POST", "http://slack.sandbox/api/"+method, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	if how == "header" || how == "json" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := s.Transport().RoundTrip(r)
	if err != nil {
		t.Fatalf("%s: %v", method, err)
	}
	raw, _ := io.ReadAll(res.Body)
	a := rawAnswer{status: res.StatusCode, header: res.Header}
	if err := json.Unmarshal(raw, &a.fields); err != nil {
		t.Fatalf("%s answered %q: %v", method, raw, err)
	}
	return a
}

func FuzzNoRequestBringsTheSandboxDown(f *testing.F) {
	f.Add("chat.postMessage", "application/x-www-form-urlencoded", "token=xoxb-sandbox&channel=C0FINANCE1&text=hi&blocks=%5B%7B%7D%5D")
	f.Add("views.publish", "application/json", `{"user_id":"U0ASHA0001","view":{"type":"home","blocks":[{"type":"divider"}]}}`)
	f.Add("chat.update", "multipart/form-data; boundary=x", "--x\r\n")
	f.Add("conversations.history", "", "token=xoxb-sandbox&channel=C0FINANCE1&oldest=..&cursor=-1")
	f.Fuzz(func(t *testing.T, method, kind, body string) {
		s := fjord(sandbox.SlackConfig{})
		r, err := http.NewRequest("POST", "http://slack.sandbox/api/"+url.PathEscape(method), strings.NewReader(body))
		if err != nil || method == "" || method == "." || method == ".." {
			return
		}
		r.Header.Set("Content-Type", kind)
		r.Header.Set("Authorization", "Bearer xoxb-sandbox")
		res, err := s.Transport().RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		var answer map[string]any
		if json.NewDecoder(res.Body).Decode(&answer) != nil && res.StatusCode == 200 {
			t.Fatalf("no JSON came back")
		}
		if ok, _ := answer["ok"].(bool); !ok && answer["error"] == nil && res.StatusCode == 200 {
			t.Fatalf("a refusal without an error: %v", answer)
		}
	})
}
