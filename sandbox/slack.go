package sandbox

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// AllScopes are the bot scopes that a pretend Slack grants unless told otherwise: everything that Kvitt may want.
var AllScopes = []string{
	"chat:write", "commands", "users:read", "users:read.email", "chat:write.public", "im:write", "channels:history", "groups:history",
	"im:history", "channels:read", "groups:read", "im:read", "team:read",
}

// SlackConfig says what the pretend Slack is like. The zero value works: everything has a default.
type SlackConfig struct {
	BotToken      string           // default "xoxb-sandbox"
	AppToken      string           // default "xapp-sandbox"
	SigningSecret string           // default "sandbox-signing-secret"
	Scopes        []string         // granted to the bot token; nil means AllScopes
	Now           func() time.Time // default time.Now
	TeamID        string           // default "T0SANDBOX"
	TeamName      string           // default "Sandbox"
	TeamDomain    string           // default "sandbox"
	AppID         string           // default "A0KVITT000"
	BotID         string           // default "B0KVITT000"
	BotUserID     string           // default "U0KVITT000"
	BotName       string           // default "Kvitt"
	RequestURL    string           // where Slack's signed requests go (HTTP mode); empty means Socket Mode
	RequestClient *http.Client     // carries them; default a client of its own; one with an in-memory Transport works in a bubble
	AckTimeout    time.Duration    // how long Slack waits for an acknowledgement; default 3 s
	NoHome        bool             // the Home tab is off: views.publish answers not_enabled
	NoMessagesTab bool             // the Messages tab is off: direct messages answer messages_tab_disabled
	Unpaced       bool             // switches off the limit of 1 message a second and channel (burst 5)
}

// Slack is a pretend Slack workspace with one app installed. It is safe for concurrent use.
type Slack struct {
	cfg   SlackConfig
	hands sync.WaitGroup // sockets and in-memory connections

	mu        sync.Mutex
	base      string // scheme and host that the bot reached us by; response_urls and the socket live there
	serial    int64
	lastTS    int64
	seq       uint64
	changed   chan struct{}
	people    map[string]*Person
	names     []string // ids of people in the order in which they came
	channels  map[string]*Channel
	rooms     []string // ids of channels in the order in which they came
	messages  map[string][]*Message
	pace      map[string]*bucket
	triggers  map[string]*trigger
	views     map[string]*View
	modals    map[string][]*View
	homes     map[string]*View
	responses map[string]*response
	read      map[[2]string]string // person, channel -> ts last seen
	trouble   map[string]string
	offered   map[string][]object // options that an external_select was given, by person and spot
	calls     []Call
	faults    []*fault
	onCall    func(Call)
	onApply   func(string, Args)
	onSend    func(Sent)
	tickets   map[string]time.Time
	sockets   []*socket
	turn      int
	pending   map[string]chan Ack
	flaws     socketFlaws
	ended     bool
}

// realToken is the shape of tokens that open a real workspace (https://api.slack.com/concepts/token-types).
var realToken = regexp.MustCompile(`^(xox[bp]-\d{9,}-\d{9,}-|xapp-1-A[0-9A-Z]{8,}-\d{9,}-)\w{20,}$`)

// NewSlack makes a workspace with the bot in it and nobody else. It panics when a token has the shape of a real one: no
// credential that opens anything belongs here.
func NewSlack(cfg SlackConfig) *Slack {
	if realToken.MatchString(cfg.BotToken) || realToken.MatchString(cfg.AppToken) {
		panic("sandbox: a token looks real; the pretend Slack takes made-up ones only")
	}
	cfg.BotToken = cmp.Or(cfg.BotToken, "xoxb-sandbox")
	cfg.AppToken = cmp.Or(cfg.AppToken, "xapp-sandbox")
	cfg.SigningSecret = cmp.Or(cfg.SigningSecret, "sandbox-signing-secret")
	cfg.TeamID = cmp.Or(cfg.TeamID, "T0SANDBOX")
	cfg.TeamName = cmp.Or(cfg.TeamName, "Sandbox")
	cfg.TeamDomain = cmp.Or(cfg.TeamDomain, "sandbox")
	cfg.AppID = cmp.Or(cfg.AppID, "A0KVITT000")
	cfg.BotID = cmp.Or(cfg.BotID, "B0KVITT000")
	cfg.BotUserID = cmp.Or(cfg.BotUserID, "U0KVITT000")
	cfg.BotName = cmp.Or(cfg.BotName, "Kvitt")
	cfg.AckTimeout = cmp.Or(cfg.AckTimeout, 3*time.Second)
	if cfg.Scopes == nil {
		cfg.Scopes = slices.Clone(AllScopes)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.RequestClient == nil {
		cfg.RequestClient = &http.Client{}
	}
	s := &Slack{
		cfg: cfg, base: "http://127.0.0.1", changed: make(chan struct{}),
		people: map[string]*Person{}, channels: map[string]*Channel{}, messages: map[string][]*Message{}, pace: map[string]*bucket{},
		triggers: map[string]*trigger{}, views: map[string]*View{}, modals: map[string][]*View{}, homes: map[string]*View{},
		responses: map[string]*response{}, read: map[[2]string]string{}, trouble: map[string]string{},
		offered: map[string][]object{}, tickets: map[string]time.Time{}, pending: map[string]chan Ack{},
	}
	s.AddPerson(Person{ID: cfg.BotUserID, Name: strings.ToLower(cfg.BotName), RealName: cfg.BotName, Bot: true})
	return s
}

// Config returns the configuration with every default filled in.
func (s *Slack) Config() SlackConfig { return s.cfg }

// Handler serves everything that a bot reaches at Slack: /api/<method>, /link (Socket Mode) and the response_urls. It answers
// 403 to a host or a caller that is not loopback.
func (s *Slack) Handler() http.Handler { return loopbackOnly(s.routes()) }

func (s *Slack) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/api/{method}", s.serveAPI)
	mux.HandleFunc("/link", s.serveLink)
	mux.HandleFunc("/link/", s.serveLink)
	mux.HandleFunc("POST /actions/", s.serveResponse)
	mux.HandleFunc("POST /commands/", s.serveResponse)
	return mux
}

// loopbackOnly refuses what did not come from this machine: the host name as well, or a page elsewhere could rebind its own.
func loopbackOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		from, err := netip.ParseAddrPort(r.RemoteAddr)
		if !loopbackHost(r.Host) || (err == nil && !from.Addr().Unmap().IsLoopback()) {
			http.Error(w, "the sandbox answers on loopback only", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func loopbackHost(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && addr.IsLoopback()
}

// newID makes an id as Slack does: a letter for the kind and capitals and digits.
func (s *Slack) newID(kind string) string {
	s.serial++
	return fmt.Sprintf("%s0%08s", kind, strings.ToUpper(strconv.FormatInt(1_000_000+s.serial*7919, 36)))
}

// nextTS makes the ts of a message: a string, unique and growing, with six decimals.
func (s *Slack) nextTS() string {
	s.lastTS = max(s.lastTS+1, s.cfg.Now().UnixMicro())
	return fmt.Sprintf("%d.%06d", s.lastTS/1e6, s.lastTS%1e6)
}

// touch tells everybody who waits that something visible changed. The lock is held.
func (s *Slack) touch() {
	s.seq++
	close(s.changed)
	s.changed = make(chan struct{})
}

type object = map[string]any

// encode writes v as Slack writes JSON: without Go's escaping of <, > and &, which would hide them from whoever reads along.
func encode(v any) json.RawMessage {
	var out strings.Builder
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err) // Only maps, strings and raw JSON that was parsed before come here.
	}
	return json.RawMessage(strings.TrimSuffix(out.String(), "\n"))
}
