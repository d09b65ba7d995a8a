package bot

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// session is one connection, from hello to its end. One goroutine reads and one writes, so that a peer that does not read
// cannot keep us from reading.
type session struct {
	socket  *socket
	conn    *websocket.Conn
	out     chan []byte   // Acknowledgements to write.
	pongs   chan string   // Pings to answer.
	leaving chan struct{} // Closed when the next connection should be made.
	leave   sync.Once
	quit    chan struct{} // Closed when we hang up, by hangUp only.
	over    chan struct{} // Closed when nothing is read any more.

	mu        sync.Mutex
	greeted   bool
	lastFrame time.Time
	going     bool // Slack said disconnect: listen on, but for a while only.
}

func newSession(k *socket, conn *websocket.Conn) *session {
	return &session{socket: k, conn: conn, out: make(chan []byte, maxUnwritten), pongs: make(chan string, 1),
		leaving: make(chan struct{}), quit: make(chan struct{}), over: make(chan struct{})}
}

// envelope is everything that Slack sends over the socket.
type envelope struct {
	ID          string          `json:"envelope_id"`
	Type        string          `json:"type"`
	Payload     json.RawMessage `json:"payload"`
	Reason      string          `json:"reason"`
	Connections int             `json:"num_connections"`
}

func (s *session) read() {
	defer s.end()
	s.conn.SetReadLimit(maxEnvelope)
	s.conn.SetPingHandler(func(data string) error {
		s.heard()
		select {
		case s.pongs <- data:
		default: // One pong answers many pings.
		}
		return nil
	})
	s.conn.SetPongHandler(func(string) error { s.heard(); return nil })
	s.heard()
	for {
		_, raw, err := s.conn.ReadMessage()
		if err != nil {
			s.socket.bot.log.Info("a connection to Slack ended", "error", err)
			return
		}
		s.heard()
		s.frame(raw)
	}
}

func (s *session) end() {
	s.conn.Close()
	close(s.over)
	s.leave.Do(func() { close(s.leaving) })
	s.socket.mu.Lock()
	defer s.socket.mu.Unlock()
	delete(s.socket.sessions, s)
}

// write writes what there is to write, and asks for a sign of life, until the connection is over or we hang up.
func (s *session) write() {
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	for {
		select {
		case raw := <-s.out:
			s.writeText(raw)
		case data := <-s.pongs:
			s.conn.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(writeTime))
		case <-tick.C:
			s.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeTime))
		case <-s.over:
			return
		case <-s.quit:
			s.sayGoodbye()
			return
		}
	}
}

// sayGoodbye writes what is left and ends the reading.
func (s *session) sayGoodbye() {
	for len(s.out) > 0 {
		s.writeText(<-s.out)
	}
	s.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), time.Now().Add(time.Second))
	s.conn.Close()
}

func (s *session) writeText(raw []byte) {
	s.conn.SetWriteDeadline(time.Now().Add(writeTime))
	if err := s.conn.WriteMessage(websocket.TextMessage, raw); err != nil {
		s.unwritten(err)
		s.conn.Close()
	}
}

// unwritten counts and logs an acknowledgement that did not get out: the person sees an error of Slack's.
func (s *session) unwritten(err error) {
	s.socket.bot.log.Warn("an acknowledgement was not written", "error", err)
	s.socket.bot.observe("socket", "", "unwritten", 0)
}

func (s *session) heard() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lastFrame = time.Now()
	if !s.going {
		s.conn.SetReadDeadline(s.lastFrame.Add(silence))
	}
}

func (s *session) fresh() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.greeted && time.Since(s.lastFrame) < freshFrame
}

// frame never blocks.
func (s *session) frame(raw []byte) {
	b := s.socket.bot
	var e envelope
	if err := decode(raw, &e); err != nil {
		b.log.Warn("Slack sent what is no envelope", "bytes", len(raw))
		b.observe("door", "", "unreadable", 0)
		return
	}
	switch e.Type {
	case "hello":
		s.mu.Lock()
		s.greeted = true
		s.mu.Unlock()
		b.log.Info("Slack said hello", "connections", e.Connections)
		b.observe("socket", "", "ok", 0)
	case "disconnect":
		s.disconnect(e.Reason)
	default:
		s.take(e)
	}
}

// disconnect makes room for the next connection and listens on for a while: Slack announces its restarts ten seconds ahead.
func (s *session) disconnect(reason string) {
	s.socket.bot.log.Info("Slack asks for a new connection", "reason", Clip(Clean(reason), 40))
	s.mu.Lock()
	s.going = true
	s.conn.SetReadDeadline(time.Now().Add(overlap))
	s.mu.Unlock()
	s.leave.Do(func() { close(s.leaving) })
}

func (s *session) take(e envelope) {
	b := s.socket.bot
	ack := func(raw json.RawMessage) { s.acknowledge(e.ID, raw) }
	var c Click
	var err error
	switch e.Type {
	case "interactive":
		c, err = parseInteraction(e.Payload, b.cfg.Now())
	case "slash_commands":
		c, err = parseCommand(e.Payload, b.cfg.Now())
	case "events_api":
		c, err = parseEvent(e.Payload, b.cfg.Now())
	default:
		err = fmt.Errorf("%w: its type is %q", errUnreadable, Clip(Clean(e.Type), 40))
	}
	if err != nil {
		// Acknowledged nevertheless: it would come again, and would be no more readable.
		b.log.Warn("cannot read what Slack sent", "error", err)
		b.observe("door", "", "unreadable", 0)
		ack(nil)
		return
	}
	b.dispatch(c, ack)
}

// acknowledge puts an acknowledgement in line to be written.
func (s *session) acknowledge(envelopeID string, payload json.RawMessage) {
	if envelopeID == "" {
		return
	}
	raw, err := json.Marshal(struct {
		ID      string          `json:"envelope_id"`
		Payload json.RawMessage `json:"payload,omitempty"`
	}{envelopeID, payload})
	if err != nil {
		s.unwritten(err)
		return
	}
	select {
	case <-s.over:
		s.unwritten(net.ErrClosed)
	case s.out <- raw:
	default:
		s.unwritten(errors.New("too many are waiting"))
	}
}
