package bot

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kvitt/sandbox"
)

const testSecret = "8f742231b10e8888abcd99yyyzzz85a5"

// knock sends a request to a door whose handler for "pay" is counted, and returns the answer and how often it was called.
func knock(t *testing.T, change func(r *http.Request), method, target, kind, body string) (*httptest.ResponseRecorder, int) {
	t.Helper()
	var answer *httptest.ResponseRecorder
	pressed := 0
	synctest.Test(t, func(t *testing.T) {
		b := New(Config{Token: "xoxb-x", SigningSecret: testSecret})
		b.OnPress("pay", func(context.Context, Click) error { pressed++; return nil })
		r := httptest.NewRequest(method, target, strings.NewReader(body))
		r.Header.Set("Content-Type", kind)
		sign(r, testSecret, time.Now(), body)
		if change != nil {
			change(r)
		}
		answer = httptest.NewRecorder()
		b.Handler().ServeHTTP(answer, r)
		synctest.Wait()
	})
	return answer, pressed
}

func sign(r *http.Request, secret string, at time.Time, body string) {
	stamp := strconv.FormatInt(at.Unix(), 10)
	r.Header.Set("X-Slack-Request-Timestamp", stamp)
	r.Header.Set("X-Slack-Signature", sandbox.Sign(secret, stamp, []byte(body)))
}

func pressBody() string {
	return "payload=" + url.QueryEscape(`{"type":"block_actions","team":{"id":"T1"},"user":{"id":"U1"},"trigger_id":"1.2.3","actions":[{"action_id":"pay","action_ts":"1.1"}]}`)
}

func TestTheDoorOpensToSlackOnly(t *testing.T) {
	resign := func(secret string, ago time.Duration) func(*http.Request) {
		return func(r *http.Request) { sign(r, secret, time.Now().Add(-ago), pressBody()) }
	}
	for name, c := range map[string]struct {
		change func(*http.Request)
		status int
	}{
		"signed":                    {nil, 200},
		"signed 4:59 ago":           {resign(testSecret, 299*time.Second), 200},
		"signed 4:59 ahead":         {resign(testSecret, -299*time.Second), 200},
		"signed 5:01 ago":           {resign(testSecret, 301*time.Second), 401},
		"signed 5:01 ahead":         {resign(testSecret, -301*time.Second), 401},
		"another secret":            {resign("another", 0), 401},
		"an empty secret":           {resign("", 0), 401},
		"no signature":              {func(r *http.Request) { r.Header.Del("X-Slack-Signature") }, 401},
		"no timestamp":              {func(r *http.Request) { r.Header.Del("X-Slack-Request-Timestamp") }, 401},
		"an odd timestamp":          {func(r *http.Request) { r.Header.Set("X-Slack-Request-Timestamp", "now") }, 401},
		"a huge timestamp":          {func(r *http.Request) { r.Header.Set("X-Slack-Request-Timestamp", "9223372036854775807") }, 401},
		"another version":           {func(r *http.Request) { r.Header.Set("X-Slack-Signature", "v1="+r.Header.Get("X-Slack-Signature")[3:]) }, 401},
		"half a signature":          {func(r *http.Request) { r.Header.Set("X-Slack-Signature", r.Header.Get("X-Slack-Signature")[:40]) }, 401},
		"another timestamp":         {func(r *http.Request) { r.Header.Set("X-Slack-Request-Timestamp", fmt.Sprint(time.Now().Unix()+1)) }, 401},
		"unsigned, says ssl_check":  {func(r *http.Request) { r.Header.Del("X-Slack-Signature"); r.URL.RawQuery = "ssl_check=1" }, 401},
		"with a charset":            {func(r *http.Request) { r.Header.Set("Content-Type", formBody+"; charset=utf-8") }, 200},
		"another content type":      {func(r *http.Request) { r.Header.Set("Content-Type", "multipart/form-data; boundary=x") }, 400},
		"JSON that is a form":       {func(r *http.Request) { r.Header.Set("Content-Type", jsonBody) }, 400},
		"another method":            {func(r *http.Request) { r.Method = http.MethodGet }, 405},
		"signed and sent once more": {func(r *http.Request) { r.Header.Set("X-Slack-Retry-Num", "1") }, 200},
	} {
		t.Run(name, func(t *testing.T) {
			answer, pressed := knock(t, c.change, http.MethodPost, "/slack/events", formBody, pressBody())
			want := 0
			if c.status == 200 {
				want = 1
			}
			if answer.Code != c.status || pressed != want {
				t.Errorf("status %d, pressed %d times", answer.Code, pressed)
			}
		})
	}
}

func TestOnlyTheSignedBodyIsRead(t *testing.T) {
	smuggled := "/slack/events?" + pressBody()
	for name, body := range map[string]string{"an empty body": "", "another form": "a=b", "a payload of its own": "payload=" + url.QueryEscape(`{"type":"shortcut","user":{"id":"U1"}}`)} {
		t.Run(name, func(t *testing.T) {
			if answer, pressed := knock(t, nil, http.MethodPost, smuggled, formBody, body); pressed != 0 {
				t.Errorf("the query was read: status %d", answer.Code)
			}
		})
	}
}

func TestAnUnsignedSSLCheckGetsAnEmpty200AndIsReadNoFurther(t *testing.T) {
	unsigned := func(r *http.Request) { r.Header.Del("X-Slack-Signature") }
	answer, pressed := knock(t, unsigned, http.MethodPost, "/slack/events", formBody, "ssl_check=1&"+pressBody())
	if answer.Code != 200 || answer.Body.Len() != 0 || pressed != 0 {
		t.Errorf("status %d, body %q, pressed %d times", answer.Code, answer.Body, pressed)
	}
}

func TestSlacksQuestionIsAnsweredWithItsChallenge(t *testing.T) {
	answer, _ := knock(t, nil, http.MethodPost, "/slack/events", jsonBody, `{"type":"url_verification","challenge":"3eZbrw1a","token":"x"}`)
	if answer.Code != 200 || answer.Body.String() != "3eZbrw1a" {
		t.Errorf("status %d, body %q", answer.Code, answer.Body)
	}
}

func TestSizesAndReadability(t *testing.T) {
	for name, c := range map[string]struct {
		kind, body string
		status     int
	}{
		"1 MiB":                {formBody, "payload=" + strings.Repeat("x", maxBody-8), 400},
		"1 MiB and a byte":     {formBody, "payload=" + strings.Repeat("x", maxBody-7), 413},
		"no JSON":              {jsonBody, `{`, 400},
		"an empty body":        {jsonBody, ``, 400},
		"a broken form":        {formBody, "payload=%zz", 400},
		"a form of nothing":    {formBody, "a=b", 400},
		"a payload of nothing": {formBody, "payload=%7B%7D", 400},
		"an unknown payload":   {formBody, "payload=" + url.QueryEscape(`{"type":"moon_rise","user":{"id":"U1"}}`), 200},
		"an unknown type":      {jsonBody, `{"type":"moon_rise"}`, 200},
		"an unknown event":     {jsonBody, `{"type":"event_callback","event":{"type":"moon_rise","user":{"id":"U1"}}}`, 200},
		"an unknown command":   {formBody, "command=/moon&user_id=U1&team_id=T1", 200},
		"an event of nothing":  {jsonBody, `{"type":"event_callback"}`, 400},
	} {
		t.Run(name, func(t *testing.T) {
			if answer, _ := knock(t, nil, http.MethodPost, "/slack/events", c.kind, c.body); answer.Code != c.status {
				t.Errorf("status %d, want %d", answer.Code, c.status)
			}
		})
	}
}

func TestWithoutASecretThereIsNoDoor(t *testing.T) {
	b := New(Config{Token: "xoxb-x", AppToken: "xapp-x"})
	answer := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, "/slack/events", strings.NewReader(pressBody()))
	sign(r, "", time.Now(), pressBody())
	b.Handler().ServeHTTP(answer, r)
	if answer.Code != http.StatusNotFound {
		t.Errorf("status %d", answer.Code)
	}
}

func TestARepeatedEventIsAcknowledgedAndDoneOnce(t *testing.T) {
	story(t, httpMode, func(w *world) {
		opened := 0
		w.bot.OnHome(func(context.Context, Click) error { opened++; return nil })
		w.run()
		payload := map[string]any{"type": "event_callback", "team_id": "T0SANDBOX", "event_id": "Ev1",
			"event": map[string]any{"type": "app_home_opened", "user": w.asha, "tab": "home"}}
		for n := range 3 {
			ack, err := w.slack.Deliver(w.t.Context(), sandbox.Event, payload, sandbox.Retry(n, "http_timeout"))
			if err != nil || ack.Status != 200 {
				w.t.Errorf("%+v, %v", ack, err)
			}
			synctest.Wait()
		}
		if opened != 1 {
			w.t.Errorf("done %d times", opened)
		}
	})
}
