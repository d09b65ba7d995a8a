package bot

import (
	"cmp"
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"slices"

	"github.com/gorilla/websocket"
)

type dial func(ctx context.Context, network, address string) (net.Conn, error)

// dialer goes the same way as the calls of the Web API. Its write buffer holds any acknowledgement in one frame: Slack ignores
// fragments, as slack-go's authors found.
func (k *socket) dialer() *websocket.Dialer {
	d := &websocket.Dialer{Proxy: http.ProxyFromEnvironment, HandshakeTimeout: dialTime, WriteBufferSize: 32 << 10}
	reach := dial(new(net.Dialer).DialContext)
	if t, ok := k.bot.http.Transport.(*http.Transport); ok {
		d.Proxy = t.Proxy
		if t.DialContext != nil {
			reach = t.DialContext
		}
		if t.TLSClientConfig != nil {
			d.TLSClientConfig = t.TLSClientConfig.Clone()
			d.TLSClientConfig.NextProtos = nil
		}
	}
	if proxied(d) {
		// TLS then begins above what is dialled here, and a frame could not be put in between: the peer's own pings have to do.
		d.NetDialContext = k.dial(reach, nil, false)
		return d
	}
	d.Proxy = nil
	d.NetDialContext = k.dial(reach, nil, true)
	d.NetDialTLSContext = k.dial(reach, cmp.Or(d.TLSClientConfig, &tls.Config{}), true)
	return d
}

// proxied tells whether a proxy is on the way to any of Slack's websockets.
func proxied(d *websocket.Dialer) bool {
	if d.Proxy == nil {
		return false
	}
	return slices.ContainsFunc([]string{"wss-primary.slack.com", "wss-backup.slack.com"}, func(host string) bool {
		proxy, err := d.Proxy(&http.Request{URL: &url.URL{Scheme: "https", Host: host}})
		return proxy != nil || err != nil
	})
}

// dial makes a line, within TLS where it is configured.
func (k *socket) dial(reach dial, secure *tls.Config, pings bool) dial {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		// The client asks for an address and dials it, again and again: who slows the one down slows the other, too.
		if err := k.bot.pace.method(openSocket).take(ctx, somebody); err != nil {
			return nil, err
		}
		conn, err := reach(ctx, network, address)
		if err != nil {
			return nil, err
		}
		if secure == nil {
			return newLine(conn, pings), nil
		}
		own := secure.Clone()
		if host, _, err := net.SplitHostPort(address); err == nil && own.ServerName == "" {
			own.ServerName = host
		}
		inside := tls.Client(conn, own)
		if err := inside.HandshakeContext(ctx); err != nil {
			conn.Close()
			return nil, err
		}
		return newLine(inside, pings), nil
	}
}
