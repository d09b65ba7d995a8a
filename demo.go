package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"kvitt/sandbox"
	"kvitt/settings"
	"kvitt/store"
)

// demo runs serve's own wiring against pretend far ends on this machine. The bot cannot tell: it speaks Socket Mode and HTTPS' plain sister to
// addresses that happen to be here.
func demo(ctx context.Context, set settings.Settings, std streams) error {
	folder, err := os.MkdirTemp("", "kvitt-demo-")
	if err != nil {
		return fmt.Errorf("the demo's temporary folder: %w", err)
	}
	defer os.RemoveAll(folder)
	far, err := openFarEnds(set.Listen)
	if err != nil {
		return err
	}
	defer far.close()
	world, err := newWorld(far.stripeURL)
	if err != nil {
		return err
	}
	serveSet, err := settings.Load(settings.Options{Command: settings.Serve, Environ: world.environment(far, folder)})
	if err != nil {
		return err
	}
	// Whoever tries the demo looks at the page, and makes trouble there on purpose: the terminal only tells of defects.
	log := logger(std.err, slog.LevelError)
	file, err := store.OpenFile(ctx, serveSet.Data, store.FileOptions{Now: world.clock.Now, Log: log})
	if err != nil {
		return err
	}
	defer file.Close()
	if err := world.fillLedger(ctx, file); err != nil {
		return err
	}
	azure, err := world.azure.wires(far.azureURL, far.portalURL, far.authority)
	if err != nil {
		return err
	}
	backend := &calm{Backend: file}
	far.serve(world, world.panel(backend.hush))
	fmt.Fprintf(std.out, "%s\n", far.pageURL)
	fmt.Fprintln(std.out, "Open this page: a pretend Slack, in which no money moves. Ctrl-C ends it.")
	return serveWith(ctx, newApp(serveSet, backend, wires{Now: world.clock.Now, Log: log, Azure: azure}))
}

// farEnds are the listeners of the pretend worlds.
type farEnds struct {
	page, slack, stripe, azure, portal                net.Listener
	pageURL, slackURL, stripeURL, azureURL, portalURL string
	authority                                         []byte // Of azure's certificate, as PEM.
	servers                                           []*http.Server
	serving                                           sync.WaitGroup
	world                                             *world
}

func openFarEnds(listen string) (*farEnds, error) {
	far := &farEnds{}
	for _, end := range []struct {
		listener *net.Listener
		url      *string
		address  string
	}{{&far.page, &far.pageURL, listen}, {&far.slack, &far.slackURL, "127.0.0.1:0"}, {&far.stripe, &far.stripeURL, "127.0.0.1:0"},
		{&far.azure, &far.azureURL, "127.0.0.1:0"}, {&far.portal, &far.portalURL, "127.0.0.1:0"}} {
		l, err := net.Listen("tcp", end.address)
		if err != nil {
			return nil, fmt.Errorf("the demo cannot listen on %s; choose another KVITT_LISTEN: %w", end.address, err)
		}
		*end.listener, *end.url = l, "http://"+l.Addr().String()
	}
	return far, far.secure()
}

// secure puts TLS before Azure: Microsoft's client sends a secret nowhere else.
func (far *farEnds) secure() error {
	config, authority, err := sandbox.LoopbackTLS(time.Now())
	if err != nil {
		return fmt.Errorf("the demo's own certificate: %w", err)
	}
	far.azure, far.authority = tls.NewListener(far.azure, config), authority
	far.azureURL = "https://" + far.azure.Addr().String()
	return nil
}

func (far *farEnds) serve(w *world, beside *sandbox.Panel) {
	far.world = w
	page := sandbox.Page(w.slack, beside)
	for listener, handler := range map[net.Listener]http.Handler{far.page: page, far.slack: w.slack.Handler(), far.stripe: w.stripe.Handler(),
		far.azure: w.azure.Handler(), far.portal: w.azure.PortalHandler()} {
		server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
		far.servers = append(far.servers, server)
		far.serving.Go(func() {
			if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
				panic(err) // A listener of our own that breaks is nothing a demo can go on with.
			}
		})
	}
}

func (far *farEnds) close() {
	if far.world != nil {
		far.world.slack.Shutdown()
	}
	for _, server := range far.servers {
		_ = server.Close()
	}
	far.serving.Wait()
}
