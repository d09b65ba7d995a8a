package bot

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// Slack's own address is within TLS: the pings have to be, too, and must leave whole what is written besides.
func TestALineWithinTLSPingsAndWritesWholeFrames(t *testing.T) {
	t.Parallel()
	pinged, said := make(chan string, 10), make(chan string, 1000)
	server := httptest.NewTLSServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		conn, err := new(websocket.Upgrader).Upgrade(rw, r, nil)
		if err != nil {
			return
		}
		defer conn.Close()
		pong := conn.PingHandler()
		conn.SetPingHandler(func(data string) error { pinged <- data; return pong(data) })
		for {
			_, text, err := conn.ReadMessage()
			if err != nil {
				close(said)
				return
			}
			said <- string(text)
		}
	}))
	defer server.Close()
	k := newSocket(New(Config{Token: "xoxb-x", AppToken: "xapp-x", APIURL: server.URL + "/", HTTP: server.Client()}))
	conn, _, err := k.dialer().DialContext(t.Context(), strings.Replace(server.URL, "https", "wss", 1), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	go func() { _, _, _ = conn.ReadMessage() }()
	text, sent := strings.Repeat("x", 20<<10), 0
	for began := time.Now(); time.Since(began) < pingEvery+time.Second; time.Sleep(10 * time.Millisecond) {
		if err := conn.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
			t.Fatal(err)
		}
		sent++
		if got := <-said; got != text {
			t.Fatalf("the message %d came as %d bytes", sent, len(got))
		}
	}
	select {
	case data := <-pinged:
		if !strings.HasSuffix(pingFrame, data) || data == "" {
			t.Errorf("the ping says %q", data)
		}
	default:
		t.Error("no ping came")
	}
}

// Behind a proxy TLS begins above what is dialled, and nothing may be written into it.
func TestALineThroughAProxyDoesNotPing(t *testing.T) {
	through := func(*http.Request) (*url.URL, error) { return url.Parse("http://proxy.example:3128") }
	k := newSocket(New(Config{Token: "xoxb-x", AppToken: "xapp-x", HTTP: &http.Client{Transport: &http.Transport{Proxy: through}}}))
	if d := k.dialer(); d.Proxy == nil || d.NetDialTLSContext != nil {
		t.Error("the proxy is passed by")
	}
	if d := newSocket(New(Config{Token: "xoxb-x", AppToken: "xapp-x", HTTP: &http.Client{Transport: &http.Transport{}}})).dialer(); d.NetDialTLSContext == nil {
		t.Error("without a proxy nothing pings")
	}
}
