package sandbox

import (
	"cmp"
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"slices"
	"time"
)

//go:embed web
var web embed.FS

// Page serves a page to click in: a Slack client for the people of s who are Playable, and beside it a panel, unless that is nil, which listens to s
// and to its Stripe from then on. It takes requests from this machine only, writes (POST) only from its own page and as
// application/json, and acts as playable people only.
func Page(s *Slack, beside *Panel) http.Handler {
	p := &page{slack: s}
	files, err := fs.Sub(web, "web")
	if err != nil {
		panic(err) // The folder is part of the program.
	}
	mux := http.NewServeMux()
	mux.Handle("GET /", http.FileServerFS(files))
	mux.HandleFunc("GET /events", p.events)
	mux.HandleFunc("GET /state", p.state)
	mux.HandleFunc("POST /act", p.act)
	if beside == nil {
		mux.HandleFunc("GET /panel", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	} else {
		panel := newPanel(s, beside)
		p.log = panel.log
		mux.HandleFunc("GET /panel", panel.look)
		mux.HandleFunc("GET /panel/entry", panel.entry)
		mux.HandleFunc("POST /panel", panel.act)
	}
	guard := http.NewCrossOriginProtection()
	return loopbackOnly(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("X-Frame-Options", "DENY")
		w.Header().Set("Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
		guard.Handler(mux).ServeHTTP(w, r)
	}))
}

type page struct {
	slack *Slack
	log   *wireLog // Nil without a panel.
}

const (
	settle    = 30 * time.Millisecond // changes that come together are told together
	keepAlive = 15 * time.Second
)

// events tells the page, as Server-Sent Events, that something changed; it then asks for /state, or for /panel.
func (p *page) events(w http.ResponseWriter, r *http.Request) {
	out := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	seq, next := p.slack.Changed()
	fmt.Fprintf(w, "event: change\ndata: %d\n\n", seq)
	beside, nextBeside := p.log.changed()
	beat := time.NewTicker(keepAlive)
	defer beat.Stop()
	for out.Flush() == nil {
		select {
		case <-r.Context().Done():
			return
		case <-beat.C:
			fmt.Fprint(w, ": still here\n\n")
			continue
		case <-next:
		case <-nextBeside:
		}
		select {
		case <-r.Context().Done():
			return
		case <-time.After(settle):
		}
		was, wasBeside := seq, beside
		if seq, next = p.slack.Changed(); seq != was {
			fmt.Fprintf(w, "event: change\ndata: %d\n\n", seq)
		}
		if beside, nextBeside = p.log.changed(); beside != wasBeside {
			fmt.Fprintf(w, "event: panel\ndata: %d\n\n", beside)
		}
	}
}

func (p *page) state(w http.ResponseWriter, r *http.Request) {
	state, ok := p.slack.screen(r.URL.Query().Get("as"))
	if !ok {
		http.Error(w, "nobody on this page has that id", http.StatusNotFound)
		return
	}
	writeJSON(w, state)
}

// deed is the body of POST /act.
type deed struct {
	As      string          `json:"as"`
	Kind    string          `json:"kind"`
	Channel string          `json:"channel"`
	TS      string          `json:"ts"`
	View    string          `json:"view"`
	Block   string          `json:"block_id"`
	Action  string          `json:"action_id"`
	Value   string          `json:"value"`
	Option  json.RawMessage `json:"selected_option"`
	Options []string        `json:"selected_options"`
	Date    string          `json:"selected_date"`
	Text    string          `json:"text"`
}

// readDeed reads the body of a POST; false when it was refused.
func readDeed(w http.ResponseWriter, r *http.Request, deed any) bool {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != "application/json" {
		http.Error(w, "the body must be application/json", http.StatusUnsupportedMediaType)
		return false
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(deed); err != nil {
		http.Error(w, "the body is no act: "+err.Error(), http.StatusBadRequest)
		return false
	}
	return true
}

func (p *page) act(w http.ResponseWriter, r *http.Request) {
	var d deed
	if !readDeed(w, r, &d) {
		return
	}
	answer := object{"ok": true}
	if err := p.do(r.Context(), d, answer); err != nil {
		answer = object{"ok": false, "error": err.Error()}
	}
	writeJSON(w, answer)
}

// do carries out one act; what it has to tell besides goes into answer.
func (p *page) do(ctx context.Context, d deed, answer object) error {
	s, at := p.slack, Spot{Channel: d.Channel, TS: d.TS, View: d.View, Block: d.Block, Action: d.Action}
	if !s.playable(d.As) {
		return fmt.Errorf("acting as %q: %w", d.As, ErrNotThere)
	}
	switch d.Kind {
	case "press":
		return s.Press(ctx, d.As, at, Choose(d.chosen()...))
	case "input":
		if chosen := d.chosen(); chosen != nil {
			return s.Input(ctx, d.As, at, chosen...)
		}
		return s.Input(ctx, d.As, at, d.Value)
	case "options":
		found, err := s.Options(ctx, d.As, at, d.Value)
		list := []object{}
		for _, o := range found {
			list = append(list, object{"text": object{"type": "plain_text", "text": o.Text}, "value": o.Value})
		}
		answer["options"] = list
		return err
	case "submit":
		return s.Submit(ctx, d.As, d.View)
	case "close":
		return s.Close(ctx, d.As, d.View)
	case "home":
		return s.OpenHome(ctx, d.As)
	case "command":
		return s.Command(ctx, d.As, d.Channel, d.Text)
	case "read":
		s.Read(d.As, d.Channel)
		return nil
	case "dismiss":
		return s.Dismiss(d.As, d.Channel, d.TS)
	}
	return fmt.Errorf("no act is called %q", d.Kind)
}

// chosen lists what was chosen in a menu; null and nothing choose nothing.
func (d deed) chosen() []string {
	var value string
	json.Unmarshal(d.Option, &value)
	if value = cmp.Or(value, d.Date); value != "" {
		return []string{value}
	}
	return slices.Clone(d.Options)
}
