package bot

import (
	"bytes"
	"context"
	"net"
	"sync/atomic"
	"time"
)

// line is a connection that closes itself when nothing was heard for too long. A peer that is gone, after a laptop's sleep or behind a forgetful NAT,
// never says so. Slack's own pings are too far apart to tell in time, so a line pings, too; slack-go does not. A peer that has answered a ping and then says nothing
// is believed to be gone after hush, any other only after silence.
//
// A line that pings is handed whole frames, unencrypted, and nothing but these once something was heard: it writes its own in between.
type line struct {
	net.Conn
	alarm   *time.Timer
	writing chan struct{} // Holds whoever writes a frame. No mutex: it is kept while the peer takes its time.
	until   atomic.Pointer[time.Time]
	closed  context.Context
	hangUp  context.CancelFunc

	pings, answered bool // Whether it is still to begin to ping, and whether the peer has answered. For the reader only.
}

func newLine(conn net.Conn, pings bool) *line {
	closed, hangUp := context.WithCancel(context.Background())
	l := &line{Conn: conn, writing: make(chan struct{}, 1), closed: closed, hangUp: hangUp, pings: pings}
	l.alarm = time.AfterFunc(silence, func() { l.Close() })
	return l
}

// Frames of a websocket (RFC 6455, section 5): a client masks what it sends, here with zeros; a server does not.
const (
	pingFrame = "\x89\x85\x00\x00\x00\x00kvitt"
	pongFrame = "\x8a\x05kvitt"
)

// Read puts the alarm off for as long as something comes in. Once the peer has begun to answer the handshake, it takes frames, and the
// line pings.
func (l *line) Read(p []byte) (int, error) {
	n, err := l.Conn.Read(p)
	if n == 0 {
		return n, err
	}
	if l.pings {
		l.pings = false
		go l.ping()
	}
	l.answered = l.answered || bytes.Contains(p[:n], []byte(pongFrame))
	if l.answered {
		l.alarm.Reset(hush)
	} else {
		l.alarm.Reset(silence)
	}
	return n, err
}

// SetWriteDeadline is for what is written with Write from now on. What is left of it must not end a ping, nor a ping's that of an acknowledgement.
func (l *line) SetWriteDeadline(at time.Time) error {
	l.until.Store(&at)
	return nil
}

// Write writes what gorilla/websocket hands over: one whole frame, for its buffer holds any acknowledgement.
func (l *line) Write(p []byte) (int, error) { return l.write(p, l.until.Load()) }

func (l *line) write(p []byte, until *time.Time) (int, error) {
	select {
	case l.writing <- struct{}{}:
	case <-l.closed.Done():
		return 0, net.ErrClosed
	}
	defer func() { <-l.writing }()
	if until != nil {
		if err := l.Conn.SetWriteDeadline(*until); err != nil {
			return 0, err
		}
	}
	n, err := l.Conn.Write(p)
	if err != nil {
		l.Close() // Nothing may follow half a frame.
	}
	return n, err
}

// ping asks again and again whether the peer is there. One that takes nothing in for so long is gone, too.
func (l *line) ping() {
	defer l.Close()
	beat := time.NewTicker(pingEvery)
	defer beat.Stop()
	for now := time.Now(); ; { // At once, so that a peer that hangs after its first words is known by then to answer pings.
		if _, err := l.write([]byte(pingFrame), new(now.Add(hush))); err != nil {
			return
		}
		select {
		case <-l.closed.Done():
			return
		case now = <-beat.C:
		}
	}
}

// Close stops the alarm and the pings, too.
func (l *line) Close() error {
	l.alarm.Stop()
	l.hangUp()
	return l.Conn.Close()
}
