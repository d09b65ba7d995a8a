package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// Socket Mode, after https://docs.slack.dev/apis/events-api/using-socket-mode.

const (
	mostSockets   = 10
	pingEvery     = 10 * time.Second
	ticketLife    = 30 * time.Second
	largestAck    = 20_480 // bytes; Slack drops what is larger without a word
	leaveAfter    = 10 * time.Second
	socketTimeout = 5 * time.Second
)

// socketFlaws are what is wrong with sockets at the moment.
type socketFlaws struct {
	noPings       bool
	helloAndClose bool
	duplicates    int
}

// socket is one Socket Mode connection.
type socket struct {
	conn    *websocket.Conn
	writing sync.Mutex
	leave   chan struct{} // closed when Slack is about to cut it
	once    sync.Once

	frozen  bool // half-open: nothing comes out and nothing gets in; guarded by Slack.mu
	leaving bool // gets no more payloads; guarded by Slack.mu
}

func (s *Slack) openConnection(Args) (object, error) {
	ticket := strings.ToLower(s.newID("t"))
	s.tickets[ticket] = s.cfg.Now()
	address := "ws" + strings.TrimPrefix(s.base, "http")
	return object{"url": fmt.Sprintf("%s/link/?ticket=%s&app_id=%s", address, ticket, s.cfg.AppID)}, nil
}

// serveLink is the far end of a socket, from its ticket to its close.
func (s *Slack) serveLink(w http.ResponseWriter, r *http.Request) {
	if !s.useTicket(r.URL.Query().Get("ticket")) || !s.begin() {
		http.Error(w, "invalid ticket", http.StatusForbidden)
		return
	}
	defer s.hands.Done()
	// Clients send Slack's own origin, so it says nothing here.
	up := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }, ReadBufferSize: 32 << 10, WriteBufferSize: 32 << 10}
	conn, err := up.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	k := &socket{conn: conn, leave: make(chan struct{})}
	defer conn.Close()
	if !s.greet(k) {
		return
	}
	defer s.forget(k)
	done := make(chan struct{})
	var pings sync.WaitGroup
	pings.Go(func() { s.ping(k, done) })
	s.listen(k)
	close(done)
	pings.Wait()
}

func (s *Slack) useTicket(ticket string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, ok := s.tickets[ticket]
	delete(s.tickets, ticket)
	return ok && s.cfg.Now().Sub(at) <= ticketLife
}

// greet says hello, or that there are too many of them.
func (s *Slack) greet(k *socket) bool {
	s.mu.Lock()
	n, flawed := len(s.sockets)+1, s.flaws.helloAndClose
	s.mu.Unlock()
	if n > mostSockets {
		k.write(goodbye("too_many_websockets"))
		return false
	}
	hello := object{"type": "hello", "num_connections": n, "connection_info": object{"app_id": s.cfg.AppID},
		"debug_info": object{"host": "applink-sandbox", "build_number": 1, "approximate_connection_time": 18060}}
	if k.write(encode(hello)) != nil || flawed {
		return false
	}
	s.mu.Lock()
	s.sockets = append(s.sockets, k)
	s.touch()
	s.mu.Unlock()
	return true
}

func (s *Slack) forget(k *socket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sockets = slices.DeleteFunc(s.sockets, func(other *socket) bool { return other == k })
	s.touch()
}

// listen reads acknowledgements until the connection ends.
func (s *Slack) listen(k *socket) {
	pong := k.conn.PingHandler()
	k.conn.SetPingHandler(func(data string) error {
		if s.isFrozen(k) {
			return nil
		}
		return pong(data)
	})
	for {
		_, raw, err := k.conn.ReadMessage()
		if err != nil {
			return
		}
		var ack struct {
			EnvelopeID string          `json:"envelope_id"`
			Payload    json.RawMessage `json:"payload"`
		}
		if s.isFrozen(k) || len(raw) >= largestAck || json.Unmarshal(raw, &ack) != nil {
			continue
		}
		s.mu.Lock()
		waiting := s.pending[ack.EnvelopeID]
		delete(s.pending, ack.EnvelopeID)
		s.mu.Unlock()
		if waiting != nil {
			waiting <- Ack{Status: http.StatusOK, Payload: payloadOrNil(ack.Payload)}
		}
	}
}

// payloadOrNil makes no difference between no payload and an empty one, as Slack does.
func payloadOrNil(raw json.RawMessage) json.RawMessage {
	if slices.Contains([]string{"", "{}", "null", `""`}, string(raw)) {
		return nil
	}
	return raw
}

// ping keeps the line alive until done, or cuts it some time after Slack said goodbye.
func (s *Slack) ping(k *socket, done chan struct{}) {
	beat := time.NewTicker(pingEvery)
	defer beat.Stop()
	leave := k.leave
	var cut <-chan time.Time
	for {
		select {
		case <-done:
			return
		case <-cut:
			k.conn.Close()
			return
		case <-leave:
			leave, cut = nil, time.After(leaveAfter)
		case <-beat.C:
			if s.quiet(k) {
				continue
			}
			deadline := time.Now().Add(socketTimeout)
			if k.conn.WriteControl(websocket.PingMessage, []byte("Ping from applink-sandbox"), deadline) != nil {
				return
			}
		}
	}
}

func (s *Slack) quiet(k *socket) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return k.frozen || s.flaws.noPings
}

func (s *Slack) isFrozen(k *socket) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return k.frozen
}

func (k *socket) write(frame []byte) error {
	k.writing.Lock()
	defer k.writing.Unlock()
	k.conn.SetWriteDeadline(time.Now().Add(socketTimeout))
	return k.conn.WriteMessage(websocket.TextMessage, frame)
}

// envelope sends a payload over one of the sockets and waits for its acknowledgement.
func (s *Slack) envelope(ctx context.Context, kind Kind, raw json.RawMessage, d delivery) (Ack, error) {
	answer := make(chan Ack, 1)
	id, k := s.enlist(answer)
	if k == nil {
		return Ack{}, ErrNotConnected
	}
	defer s.delist(id)
	frame := encode(object{"envelope_id": id, "type": kind, "payload": raw, "accepts_response_payload": kind != Event,
		"retry_attempt": d.retry, "retry_reason": d.retryReason})
	if !s.isFrozen(k) {
		if err := k.write(frame); err != nil {
			return Ack{}, errors.Join(ErrNotConnected, err)
		}
	}
	select {
	case ack := <-answer:
		return ack, nil
	case <-ctx.Done():
		return Ack{}, ErrNoAck
	}
}

// enlist picks the next socket in turn and an id to be acknowledged.
func (s *Slack) enlist(answer chan Ack) (string, *socket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serial++
	id := fmt.Sprintf("%08x-0000-4000-8000-%012x", uint32(s.cfg.Now().Unix()), s.serial)
	for range s.sockets {
		s.turn++
		if k := s.sockets[s.turn%len(s.sockets)]; !k.leaving {
			s.pending[id] = answer
			return id, k
		}
	}
	return "", nil
}

func (s *Slack) delist(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.pending, id)
}
