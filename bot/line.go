package bot

import (
	"context"
	"net"
	"net/http"
	"time"

	"github.com/gorilla/websocket"
)

// dialer goes the same way as the calls of the Web API. Its write buffer holds any acknowledgement in one frame: Slack ignores
// fragments, as slack-go's authors found.
func (k *socket) dialer() *websocket.Dialer {
	d := &websocket.Dialer{Proxy: http.ProxyFromEnvironment, HandshakeTimeout: dialTime, WriteBufferSize: 32 << 10}
	dial := new(net.Dialer).DialContext
	if t, ok := k.bot.http.Transport.(*http.Transport); ok {
		d.Proxy = t.Proxy
		if t.DialContext != nil {
			dial = t.DialContext
		}
		if t.TLSClientConfig != nil {
			d.TLSClientConfig = t.TLSClientConfig.Clone()
			d.TLSClientConfig.NextProtos = nil
		}
	}
	d.NetDialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		// The client asks for an address and dials it, again and again: who slows the one down slows the other, too.
		if err := k.bot.pace.method(openSocket).take(ctx, somebody); err != nil {
			return nil, err
		}
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &line{conn, time.AfterFunc(silence, func() { conn.Close() })}, nil
	}
	return d
}

// line is a connection that closes itself when nothing was heard for too long. A peer that is gone, after a laptop's sleep or
// behind a forgetful NAT, never says so.
type line struct {
	net.Conn
	alarm *time.Timer
}

// Read puts the alarm off for as long as something comes in.
func (l *line) Read(p []byte) (int, error) {
	n, err := l.Conn.Read(p)
	if n > 0 {
		l.alarm.Reset(silence)
	}
	return n, err
}

// Close stops the alarm, too.
func (l *line) Close() error {
	l.alarm.Stop()
	return l.Conn.Close()
}
