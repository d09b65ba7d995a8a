package bot

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// Times of Socket Mode. Slack itself pings every few seconds and wants acknowledgements within 3 s
// (docs.slack.dev/apis/events-api/using-socket-mode).
const (
	dialTime    = 10 * time.Second
	pingEvery   = 10 * time.Second
	silence     = 30 * time.Second // Nothing heard for so long, not even an answer to our pings: the connection is dead.
	writeTime   = 3 * time.Second
	overlap     = 15 * time.Second // For which a connection that Slack is about to close, in 10 s, still listens beside the next one.
	freshFrame  = 45 * time.Second
	longEnough  = 10 * time.Second // A connection that lived this long was a good one.
	maxEnvelope = 1 << 20

	maxUnwritten = 1000 // Acknowledgements.
)

// socket keeps one connection of Socket Mode alive.
//
// It speaks the protocol itself rather than through slack-go/socketmode, which never pings (a half-open connection stays unnoticed),
// hides Slack's "disconnect", leaves no overlap, reconnects thousands of times a second to a server that hangs up after hello, and
// drops an envelope for one odd block.
type socket struct {
	bot *Bot

	mu       sync.Mutex
	sessions map[*session]struct{}
	hung     bool
	reading  sync.WaitGroup
}

func newSocket(b *Bot) *socket { return &socket{bot: b, sessions: map[*session]struct{}{}} }

// keep holds a connection until ctx ends, and makes the next one when Slack announces that it closes this one, or it is lost.
// It returns *SetupError for what waiting does not mend. Connections live on until hangUp.
func (k *socket) keep(ctx context.Context) error {
	for failed := 0; ; {
		started := time.Now()
		s, err := k.connect(ctx)
		if err == nil {
			select {
			case <-s.leaving:
			case <-ctx.Done():
			}
		}
		if ctx.Err() != nil {
			return nil
		}
		// One odd answer must not stop a bot that works.
		if setup, fatal := asSetup(err); fatal && failed >= 2 {
			return setup
		}
		if err == nil && time.Since(started) >= longEnough {
			failed = 0
			continue
		}
		failed++
		wait := backoff(failed)
		k.bot.log.Warn("no connection to Slack", "failed", failed, "next_try", wait, "error", err)
		k.bot.observe("socket", "", "lost", 0)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
	}
}

// open asks Slack for the address of a connection. It is good once, for about 30 s, and is a secret.
func (k *socket) open(ctx context.Context) (address string, err error) {
	err = k.bot.call(ctx, openSocket, true, func(ctx context.Context) error {
		var err error
		_, address, err = k.bot.api.StartSocketModeContext(ctx)
		if err == nil && address == "" {
			return errNoAnswer
		}
		return err
	})
	return address, err
}

func (k *socket) connect(ctx context.Context) (*session, error) {
	address, err := k.open(ctx)
	if err != nil {
		return nil, k.explain(err)
	}
	dialing, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	conn, response, err := k.dialer().DialContext(dialing, address, nil)
	if response != nil && response.Body != nil {
		response.Body.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("%w: the connection of Socket Mode could not be made: %w", ErrUnavailable, bare(err))
	}
	s := newSession(k, conn)
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.hung {
		conn.Close()
		return nil, ErrUnavailable
	}
	k.sessions[s] = struct{}{}
	k.reading.Go(s.read)
	k.reading.Go(s.write)
	return s, nil
}

// explain says what an operator must mend: whatever Slack refuses, but not what something between us and Slack answers.
func (k *socket) explain(err error) error {
	if refused, ok := errors.AsType[*RefusedError](err); ok && strings.HasPrefix(refused.Code, "http_") {
		return err
	}
	return k.bot.explain(err, appToken, k.bot.cfg.AppToken, wantAppToken)
}

const wantAppToken = "an app-level token with connections:write, of an app with Socket Mode switched on"

// dialer goes the same way as the calls of the Web API. Its write buffer holds any acknowledgement in one frame: Slack ignores
// fragments, as slack-go's authors found.
func (k *socket) dialer() *websocket.Dialer {
	d := &websocket.Dialer{Proxy: http.ProxyFromEnvironment, HandshakeTimeout: dialTime, WriteBufferSize: 32 << 10}
	if t, ok := k.bot.http.Transport.(*http.Transport); ok {
		d.Proxy, d.NetDialContext = t.Proxy, t.DialContext
		if t.TLSClientConfig != nil {
			d.TLSClientConfig = t.TLSClientConfig.Clone()
			d.TLSClientConfig.NextProtos = nil
		}
	}
	return d
}

// alive tells whether some connection has said hello and was heard from lately.
func (k *socket) alive() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	for s := range k.sessions {
		if s.fresh() {
			return true
		}
	}
	return false
}

// hangUp closes every connection, and waits until nobody reads from them.
func (k *socket) hangUp() {
	k.mu.Lock()
	k.hung = true
	for s := range k.sessions {
		close(s.quit)
	}
	k.mu.Unlock()
	k.reading.Wait()
}
