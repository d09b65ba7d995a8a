package sandbox_test

import (
	"bufio"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"kvitt/sandbox"
)

// opened is the page behind a real listener, its bot answering everything.
func opened(t *testing.T) (*sandbox.Slack, *bot, *httptest.Server) {
	b := &bot{t: t}
	s := fjord(sandbox.SlackConfig{RequestURL: "http://bot.sandbox/", RequestClient: b.client()})
	server := httptest.NewServer(sandbox.Page(s, nil))
	t.Cleanup(server.Close)
	return s, b, server
}

type screen struct {
	Me     string
	People []struct{ ID, Name, Locale string }

	Conversations []struct {
		ID, Name, Kind string
		Unread         int
	}
	Messages map[string][]struct {
		TS, Text  string
		Blocks    []map[string]any
		Ephemeral bool
	}
	Home   map[string]any
	Modals []struct {
		ID     string
		Title  map[string]any
		State  map[string]any
		Errors map[string]string
		Busy   bool
	}
	Trouble string
}

func look(t *testing.T, server *httptest.Server, as string) screen {
	t.Helper()
	res, err := server.Client().Get(server.URL + "/state?as=" + as)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var out screen
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil || res.StatusCode != 200 {
		t.Fatalf("%d %v", res.StatusCode, err)
	}
	return out
}

func act(t *testing.T, server *httptest.Server, body string) map[string]any {
	t.Helper()
	res, err := server.Client().Post(server.URL+"/act", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var out map[string]any
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestThePageShowsAPersonsOwnScreen(t *testing.T) {
	s, _, server := opened(t)
	at := due(t, inMemory(s), asha)
	api := inMemory(s)
	if _, err := api.PostEphemeralContext(t.Context(), finance, bo, text("for Bo")); err != nil {
		t.Fatal(err)
	}
	mine, his := look(t, server, asha), look(t, server, bo)
	if len(mine.People) != 2 || mine.Me != asha || mine.People[0].ID != asha {
		t.Errorf("people: %+v", mine.People)
	}
	if len(mine.Messages[at.Channel]) != 1 || len(mine.Messages[at.Channel][0].Blocks) != 1 || len(his.Messages[at.Channel]) != 0 {
		t.Error("a direct message is missing, or shown to somebody else")
	}
	if len(his.Messages[finance]) != 1 || !his.Messages[finance][0].Ephemeral || len(mine.Messages[finance]) != 0 {
		t.Error("an ephemeral message is missing, or shown to somebody else")
	}
	for _, c := range his.Conversations {
		if c.ID == secret || c.Kind == "dm" && c.ID != "" || c.ID == finance && c.Unread != 1 {
			t.Errorf("Bo sees %+v", c)
		}
	}
	act(t, server, `{"as":"`+bo+`","kind":"read","channel":"`+finance+`"}`)
	if c := look(t, server, bo).Conversations[0]; c.Unread != 0 {
		t.Errorf("after reading: %+v", c)
	}
	if res, _ := server.Client().Get(server.URL + "/state?as=" + guest); res.StatusCode != 404 {
		t.Errorf("somebody who is not playable: %d", res.StatusCode)
	}
	if first := look(t, server, ""); first.Me != asha {
		t.Errorf("without a name: %q", first.Me)
	}
}

func TestTheHandsWorkThroughThePage(t *testing.T) {
	s, b, server := opened(t)
	api := inMemory(s)
	at := due(t, api, asha)
	where := `"as":"` + asha + `","channel":"` + at.Channel + `","ts":"` + at.TS + `","block_id":"controls"`
	if got := act(t, server, `{"kind":"press","action_id":"later","selected_option":"1d",`+where+`}`); got["ok"] != true {
		t.Error(got)
	}
	if got := act(t, server, `{"kind":"press","action_id":"pay",`+where+`}`); got["ok"] != true {
		t.Error(got)
	}
	v, err := api.OpenViewContext(t.Context(), b.last().TriggerID, form("Pay"))
	if err != nil {
		t.Fatal(err)
	}
	in := `"as":"` + asha + `","view":"` + v.ID + `"`
	for _, body := range []string{
		`{"kind":"input","block_id":"method","action_id":"method","selected_option":"visa",` + in + `}`,
		`{"kind":"input","block_id":"note","action_id":"note","value":"thanks",` + in + `}`,
	} {
		if got := act(t, server, body); got["ok"] != true {
			t.Errorf("%s: %v", body, got)
		}
	}
	if m := look(t, server, asha).Modals; len(m) != 1 || m[0].State["values"] == nil {
		t.Fatalf("modals: %+v", m)
	}
	b.answers("application/json", `{"response_action":"errors","errors":{"method":"Declined."}}`)
	if got := act(t, server, `{"kind":"submit",`+in+`}`); got["ok"] != true {
		t.Error(got)
	}
	if m := look(t, server, asha).Modals; m[0].Errors["method"] != "Declined." || m[0].Busy {
		t.Errorf("modals: %+v", m)
	}
	for _, body := range []string{`{"kind":"close",` + in + `}`, `{"kind":"home","as":"` + asha + `"}`} {
		if got := act(t, server, body); got["ok"] != true {
			t.Errorf("%s: %v", body, got)
		}
	}
	for _, body := range []string{`{"kind":"dance","as":"` + asha + `"}`, `{"kind":"home","as":"` + guest + `"}`} {
		if got := act(t, server, body); got["ok"] != false || got["error"] == "" {
			t.Errorf("%s: %v", body, got)
		}
	}
}

func TestThePageTakesNothingFromElsewhere(t *testing.T) {
	_, _, server := opened(t)
	post := func(kind, header, value string) int {
		r, _ := http.NewRequest("POST", server.URL+"/act", strings.NewReader(`{"kind":"home","as":"`+asha+`"}`))
		r.Header.Set("Content-Type", kind)
		r.Header.Set(header, value)
		if header == "Host" {
			r.Host = value
		}
		res, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res.StatusCode
	}
	for _, c := range []struct {
		kind, header, value string
		status              int
	}{
		{"application/json", "X-None", "", 200}, {"text/plain", "X-None", "", 415}, {"application/json", "Origin", "https://evil.example", 403},
		{"application/json", "Sec-Fetch-Site", "cross-site", 403}, {"application/json", "Host", "evil.example", 403},
	} {
		if got := post(c.kind, c.header, c.value); got != c.status {
			t.Errorf("%+v: %d", c, got)
		}
	}
}

func TestThePageHearsOfChanges(t *testing.T) {
	s, _, server := opened(t)
	res, err := server.Client().Get(server.URL + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	change := func() string {
		for lines.Scan() {
			if seq, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				return seq
			}
		}
		t.Fatal("the stream ended")
		return ""
	}
	first := change()
	due(t, inMemory(s), asha)
	if second := change(); second == first {
		t.Errorf("the same number twice: %s", first)
	}
	if page, _ := server.Client().Get(server.URL + "/"); page.StatusCode != 200 || !strings.HasPrefix(page.Header.Get("Content-Type"), "text/html") {
		t.Errorf("the page itself: %d %s", page.StatusCode, page.Header.Get("Content-Type"))
	}
}
