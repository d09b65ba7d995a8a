package settings

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"
)

// ledgerOnly is the least that an operator can set.
var ledgerOnly = []string{
	"SLACK_BOT_TOKEN=xoxb-1-bot", "SLACK_APP_TOKEN=xapp-1-app", "KVITT_BILLING=ledger", "KVITT_ADMINS=U1,bo@example.com",
}

var withStripe = []string{
	"SLACK_BOT_TOKEN=xoxb-1-bot", "SLACK_SIGNING_SECRET=0123456789abcdef0123456789abcdef", "KVITT_BILLING=stripe,ledger",
	"KVITT_ADMINS=U1", "STRIPE_API_KEY=sk_test_1", "KVITT_STRIPE_CUSTOMERS=cus_1",
}

// with replaces variables: "A=1" sets A, "A=" takes it away.
func with(environ []string, changes ...string) []string {
	return append(slices.Clone(changes), environ...) // The first wins.
}

func mustLoad(t *testing.T, o Options) Settings {
	t.Helper()
	s, err := Load(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func wantError(t *testing.T, o Options, want string) {
	t.Helper()
	s, err := Load(o)
	if err == nil || err.Error() != want {
		t.Errorf("got error  %v\nwant error %s", err, want)
	}
	if !cmp.Equal(s, Settings{}, cmp.AllowUnexported(Schedule{})) {
		t.Errorf("got settings beside the error: %v", s)
	}
}

func TestTheLeastThatAnOperatorSetsGetsTheDocumentedDefaults(t *testing.T) {
	s, err := Load(Options{Command: Serve, Environ: ledgerOnly})
	if err != nil {
		t.Fatal(err)
	}
	want := Settings{
		Slack:     SlackSettings{BotToken: "xoxb-1-bot", AppToken: "xapp-1-app", APIURL: "https://slack.com/api/"},
		Listen:    "127.0.0.1:8080",
		Data:      "./kvitt-data",
		Billing:   []string{Ledger},
		Admins:    []string{"U1", "bo@example.com"},
		Reminders: Reminders{Offsets: []int{-7, -1, 0, 1, 3}, Every: 7},
		Hours:     Hours{From: 540, To: 1020},
		Days:      [7]bool{false, true, true, true, true, true, false},
		Zone:      time.UTC, Locale: "en", DigestFrom: 4,
		LedgerMethods: []string{"Bank transfer", "Card"},
	}
	sync, sweep := s.Sync, s.Sweep
	s.Sync, s.Sweep = Schedule{}, Schedule{}
	if diff := cmp.Diff(want, s, cmp.AllowUnexported(Schedule{}), cmp.Comparer(func(a, b *time.Location) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	if got := sync.Next(now).Sub(now); got != 15*time.Minute {
		t.Errorf("the next sync is after %v", got)
	}
	if got := sweep.Next(now).Sub(now); got != 30*time.Second {
		t.Errorf("the next sweep is after %v", got)
	}
}

func TestAFlagWinsOverItsVariableEvenOverABrokenOne(t *testing.T) {
	s := mustLoad(t, Options{Command: Serve, Environ: with(ledgerOnly, "KVITT_LISTEN=nonsense"), Flags: map[string]string{"listen": ":1"}})
	if s.Listen != ":1" {
		t.Errorf("listens on %s", s.Listen)
	}
}

func TestAnEmptyVariableIsAnUnsetOneAndAnEmptyFlagUnsetsIt(t *testing.T) {
	environ := with(ledgerOnly, "KVITT_LISTEN=", "KVITT_ZONE=  ", "SLACK_APP_TOKEN_FILE=", "KVITT_CHANNELS=C1")
	s := mustLoad(t, Options{Command: Serve, Environ: environ, Flags: map[string]string{"channels": ""}})
	if s.Listen != "127.0.0.1:8080" || s.Zone != time.UTC || s.Channels != nil {
		t.Errorf("got %s, %s, %s", s.Listen, s.Zone, s.Channels)
	}
	wantError(t, Options{Command: Serve, Environ: with(ledgerOnly, "SLACK_BOT_TOKEN=")},
		"SLACK_BOT_TOKEN is not set; expected the bot token (xoxb-…), or SLACK_BOT_TOKEN_FILE with a file's path")
}

func TestASecretMayComeFromAFileWithOneLineBreakAtItsEnd(t *testing.T) {
	files := map[string]string{"/run/bot": "xoxb-1-file\n", "/run/windows": "xoxb-1-file\r\n", "/run/two": "xoxb-1-file\n\n", "/run/empty": "\n"}
	read := func(path string) ([]byte, error) {
		if content, ok := files[path]; ok {
			return []byte(content), nil
		}
		return nil, &fs.PathError{Op: "open", Path: path, Err: errors.New("no such file")}
	}
	from := func(path string) Options {
		return Options{Command: Serve, Environ: with(ledgerOnly, "SLACK_BOT_TOKEN=", "SLACK_BOT_TOKEN_FILE="+path), ReadFile: read}
	}
	for _, path := range []string{"/run/bot", "/run/windows"} {
		if s := mustLoad(t, from(path)); s.Slack.BotToken.Reveal() != "xoxb-1-file" {
			t.Errorf("%s: %q", path, s.Slack.BotToken.Reveal())
		}
	}
	wantError(t, from("/run/two"), `SLACK_BOT_TOKEN_FILE is "xoxb-…"; expected the bot token (xoxb-…), `+
		"without spaces, line breaks and other characters around it")
	wantError(t, from("/run/empty"), `SLACK_BOT_TOKEN_FILE is "/run/empty"; expected a file with something in it; this one is empty`)
	wantError(t, from("/run/none"), `SLACK_BOT_TOKEN_FILE is "/run/none"; expected a file that can be read (no such file)`)
	wantError(t, from("xoxb-1-itself"), `SLACK_BOT_TOKEN_FILE is "xoxb-…"; expected a file that can be read (no such file)`)

	both := from("/run/bot")
	both.Environ = with(both.Environ, "SLACK_BOT_TOKEN=xoxb-1-other")
	wantError(t, both, `SLACK_BOT_TOKEN is "xoxb-…"; expected it unset beside SLACK_BOT_TOKEN_FILE: only one of the two can count`)
}

func TestTheAddressOfRedisMayComeFromAFileAndKeepsItsFlag(t *testing.T) {
	for _, command := range []Command{Serve, Check, Import, Export, Verify, Erase} {
		o := Options{Command: command, Environ: with(ledgerOnly, "REDIS_URL_FILE=/run/redis"),
			ReadFile: func(string) ([]byte, error) { return []byte(" redis://:pw@h:1/0\n"), nil }}
		if s := mustLoad(t, o); s.RedisURL.Reveal() != "redis://:pw@h:1/0" {
			t.Errorf("%s looks for the store in %q", command, s.RedisURL.Reveal())
		}
		o.Flags = map[string]string{"redis-url": "redis://h:2"}
		if s := mustLoad(t, o); s.RedisURL.Reveal() != "redis://h:2" {
			t.Errorf("%s does not let the flag win: %q", command, s.RedisURL.Reveal())
		}
		o.Flags = nil
		blank := o
		blank.ReadFile = func(string) ([]byte, error) { return []byte(" \n"), nil }
		wantError(t, blank, `REDIS_URL_FILE is "/run/redis"; expected a file with something in it; this one is empty`)
		o.Environ = with(o.Environ, "REDIS_URL=redis://:pw@h:3")
		wantError(t, o, `REDIS_URL is "redis://…@h:3"; expected it unset beside REDIS_URL_FILE: only one of the two can count`)
	}
}

func TestAFileOnDiskIsReadWithoutBeingTold(t *testing.T) {
	_, err := Load(Options{Command: Serve, Environ: with(ledgerOnly, "SLACK_BOT_TOKEN=", "SLACK_BOT_TOKEN_FILE="+t.TempDir())})
	if err == nil || !strings.Contains(err.Error(), "is a directory") {
		t.Errorf("got %v", err)
	}
}

func TestDemoTakesNothingButItsAddress(t *testing.T) {
	environ := []string{"SLACK_BOT_TOKEN=nonsense", "STRIPE_API_KEY=sk_live_1", "KVITT_DATA=/srv", "KVITT_BILLING=nonsense",
		"REDIS_URL=nonsense", "SLACK_APP_TOKEN_FILE=/none"}
	for address, environ := range map[string][]string{"127.0.0.1:0": environ, ":81": with(environ, "KVITT_LISTEN=:81")} {
		s, err := Load(Options{Command: Demo, Environ: environ})
		if diff := cmp.Diff(Settings{Listen: address}, s, cmp.AllowUnexported(Schedule{})); err != nil || diff != "" {
			t.Error(err, diff)
		}
	}
	wantError(t, Options{Command: Demo, Flags: map[string]string{"data": "/srv"}},
		`--data is "/srv"; expected no such flag of kvitt demo`)
	wantError(t, Options{Command: Demo, Environ: []string{"KVITT_DEMO=1"}},
		`KVITT_DEMO is "1"; expected no such variable`)
}

func TestImportTakesOnlyWhereTheStoreIs(t *testing.T) {
	for _, command := range []Command{Import, Export, Verify, Erase} {
		environ := []string{"KVITT_DATA=/srv", "KVITT_BILLING=nonsense", "SLACK_BOT_TOKEN=nonsense"}
		s, err := Load(Options{Command: command, Environ: environ})
		if diff := cmp.Diff(Settings{Data: "/srv"}, s, cmp.AllowUnexported(Schedule{})); err != nil || diff != "" {
			t.Error(err, diff)
		}
		s = mustLoad(t, Options{Command: command, Environ: with(environ, "REDIS_URL=redis://:pw@h/0")})
		if s.RedisURL.Reveal() != "redis://:pw@h/0" {
			t.Errorf("%s looks for the store in %s", command, s.RedisURL)
		}
	}
}

func TestSchedulesCountInTheOperatorsZone(t *testing.T) {
	s := mustLoad(t, Options{Command: Serve, Environ: with(ledgerOnly, "KVITT_ZONE=Europe/Oslo", "KVITT_SYNC=0 9 * * *",
		"KVITT_SWEEP=CRON_TZ=Asia/Tokyo 0 9 * * *")})
	night := time.Date(2026, 1, 15, 0, 30, 0, 0, time.UTC)
	if got := s.Sync.Next(night); !got.Equal(time.Date(2026, 1, 15, 8, 0, 0, 0, time.UTC)) {
		t.Errorf("nine in Oslo is %v", got.UTC())
	}
	if got := s.Sweep.Next(night.Add(-time.Hour)); !got.Equal(time.Date(2026, 1, 15, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("nine in Tokyo is %v", got.UTC())
	}
}

func TestAzureIsAskedOnceAnHour(t *testing.T) {
	environ := with(ledgerOnly, "KVITT_BILLING=azure,ledger", "KVITT_AZURE_ACCOUNTS=123")
	if s := mustLoad(t, Options{Command: Serve, Environ: environ}); s.Sync.Spec != "@every 1h" {
		t.Errorf("asks %s", s.Sync)
	}
	if s := mustLoad(t, Options{Command: Serve, Environ: with(environ, "KVITT_SYNC=@every 2m")}); s.Sync.Spec != "@every 2m" {
		t.Errorf("asks %s", s.Sync)
	}
}

func TestWhatIsSetInVainIsNamed(t *testing.T) {
	environ := with(ledgerOnly, "SLACK_SIGNING_SECRET=s", "STRIPE_API_KEY=sk_test_1", "KVITT_STRIPE_CUSTOMERS=cus_1",
		"REDIS_URL=redis://h", "KVITT_DATA=/srv", "KVITT_LEDGER_METHODS=Bank", "KVITT_IDENTITIES=U1=a")
	want := []string{"SLACK_SIGNING_SECRET", "KVITT_DATA", "KVITT_IDENTITIES", "STRIPE_API_KEY", "KVITT_STRIPE_CUSTOMERS"}
	if diff := cmp.Diff(want, mustLoad(t, Options{Command: Check, Environ: environ}).Idle); diff != "" {
		t.Error(diff)
	}
	if idle := mustLoad(t, Options{Command: Serve, Environ: withStripe}).Idle; idle != nil {
		t.Errorf("in vain: %s", idle)
	}
}

func TestTheSameAddressForBothDoorsIsOneDoor(t *testing.T) {
	environ := with(ledgerOnly, "KVITT_LISTEN=:9000", "KVITT_OPS_LISTEN=:9000")
	if s := mustLoad(t, Options{Command: Serve, Environ: environ}); s.OpsListen != "" {
		t.Errorf("operators listen on %s", s.OpsListen)
	}
	if s := mustLoad(t, Options{Command: Serve, Environ: with(environ, "KVITT_OPS_LISTEN=:9001")}); s.OpsListen != ":9001" {
		t.Errorf("operators listen on %s", s.OpsListen)
	}
	const free = "127.0.0.1:0" // A free port for each.
	if s := mustLoad(t, Options{Command: Serve, Environ: with(environ, "KVITT_LISTEN="+free, "KVITT_OPS_LISTEN="+free)}); s.OpsListen != free {
		t.Errorf("operators listen on %q, not on a free port of their own", s.OpsListen)
	}
}
