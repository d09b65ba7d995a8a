package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"kvitt/settings"
)

// errDoor says that an HTTP door broke while serving.
var errDoor = errors.New("an HTTP door broke")

// doors are the HTTP doors: health and metrics, and where Slack and Stripe knock.
type doors struct {
	app      *app
	open     atomic.Bool // Slack has said who we are, so that requests can be judged.
	stopping atomic.Bool
	servers  []*http.Server
	serving  sync.WaitGroup
}

// openDoors listens at once, so that an address that is taken is told before anything else; broken is called if a door breaks later.
func openDoors(a *app, broken context.CancelCauseFunc) (*doors, error) {
	d := &doors{app: a}
	ops := http.NewServeMux()
	ops.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	ops.HandleFunc("GET /readyz", d.readyz)
	ops.Handle("GET /metrics", a.metrics.handler())
	public := ops
	if a.settings.OpsListen != "" {
		public = http.NewServeMux()
		if err := d.listen(a.settings.OpsListen, ops, broken); err != nil {
			return nil, err
		}
	}
	if !a.settings.Slack.SocketMode() {
		public.HandleFunc("POST "+eventsPath, d.slackEvents)
	}
	if a.settings.Bills(settings.Stripe) && len(a.settings.Stripe.WebhookSecrets) > 0 {
		public.HandleFunc("POST /stripe/webhook", d.stripeWebhook)
	}
	if err := d.listen(a.settings.Listen, public, broken); err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

func (d *doors) listen(address string, handler http.Handler, broken context.CancelCauseFunc) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("the HTTP doors cannot listen on %s; stop what holds it, such as another kvitt serve, or choose another KVITT_LISTEN or KVITT_OPS_LISTEN: %w", address, err)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 15 * time.Second,
		IdleTimeout: time.Minute, MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(d.app.log.Handler(), slog.LevelError)}
	d.servers = append(d.servers, server)
	d.app.log.Info("listening", "address", listener.Addr().String())
	d.serving.Go(func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			broken(fmt.Errorf("%w: %w", errDoor, err))
		}
	})
	return nil
}

// connected lets Slack's and Stripe's requests in. Stripe's are turned away again when ctx ends: nobody would look at what they are about any more,
// and Stripe repeats them. Of Slack's, the bot itself knows which it still takes.
func (d *doors) connected(ctx context.Context) {
	d.open.Store(true)
	context.AfterFunc(ctx, func() { d.stopping.Store(true) })
}

func (d *doors) slackEvents(w http.ResponseWriter, r *http.Request) {
	if !d.open.Load() {
		http.Error(w, "starting", http.StatusServiceUnavailable)
		return
	}
	d.app.bot.Handler().ServeHTTP(w, r)
}

func (d *doors) readyz(w http.ResponseWriter, r *http.Request) {
	state, ready := d.app.readiness(r.Context())
	w.Header().Set("Content-Type", "application/json")
	if !ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(state)
}

func (d *doors) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	for _, server := range d.servers {
		if server.Shutdown(ctx) != nil {
			_ = server.Close()
		}
	}
	d.serving.Wait()
}
