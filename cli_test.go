package main

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// said is what a command wrote, and its exit code.
type said struct {
	code     int
	out, err string
}

// kvitt runs a command in this process.
func kvitt(t *testing.T, environ []string, args ...string) said {
	t.Helper()
	var out, errOut bytes.Buffer
	code := run(t.Context(), args, environ, &out, &errOut)
	return said{code, out.String(), errOut.String()}
}

func TestTheCommandLineExplainsItself(t *testing.T) {
	for _, c := range []struct {
		name     string
		args     []string
		code     int
		out, err string
	}{
		{"version", []string{"version"}, well, "kvitt development, commit", ""},
		{"no word at all", nil, well, "Usage: kvitt <command>", ""},
		{"help", []string{"--help"}, well, "Run the bot.", ""},
		{"help of a command", []string{"serve", "--help"}, well, "--sweep", ""},
		{"what has no flag", []string{"serve", "--help"}, well, "bot token (xoxb-…) [SLACK_BOT_TOKEN; required]", ""},
		{"an unknown command", []string{"pay"}, refused, "", "kvitt --help"},
		{"an unknown flag", []string{"serve", "--swep=@every 1s"}, refused, "", "--swep"},
		{"a secret as a flag", []string{"serve", "--slack-bot-token=xoxb-1"}, refused, "", "slack-bot-token"},
		{"an argument too few", []string{"invoices", "import"}, refused, "", "<file>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := kvitt(t, nil, c.args...)
			if got.code != c.code || !strings.Contains(got.out, c.out) || !strings.Contains(got.err, c.err) {
				t.Errorf("exit code %d, standard output %q, standard error %q", got.code, got.out, got.err)
			}
			if c.code == refused && strings.Count(got.err, "\n") != 1 {
				t.Errorf("a refusal is one line: %q", got.err)
			}
			if strings.Contains(got.err, "xoxb-1") {
				t.Errorf("the secret is shown: %q", got.err)
			}
		})
	}
}

// Whatever is wrong with the command line is told in one line, in the shape in which settings are, and no secret is repeated.
func TestARefusedCommandLineSaysWhatIsWrongAndShowsNoSecret(t *testing.T) {
	for args, want := range map[string]string{
		"serve --swep @daily":                   `--swep is "@daily"; expected no such flag of kvitt serve; did you mean --sweep?`,
		"serve --swep=@daily":                   `--swep is "@daily"; expected no such flag of kvitt serve; did you mean --sweep?`,
		"serve --listen :0 --nonsense":          `--nonsense is ""; expected no such flag of kvitt serve`,
		"serve --nonsense --sweep":              `--nonsense is ""; expected no such flag of kvitt serve`,
		"audit export --formt=csv":              `--formt is "csv"; expected no such flag of kvitt audit export; did you mean --format?`,
		"--nonsense=1 serve":                    `--nonsense is "1"; expected no such flag of kvitt`,
		"version --nonsense":                    `--nonsense is ""; expected no such flag of kvitt version`,
		"serve --slack-bot-token xoxb-hunter2":  `--slack-bot-token is "xoxb-…"; expected SLACK_BOT_TOKEN or SLACK_BOT_TOKEN_FILE in the environment: a secret has no flag`,
		"serve --bottoken=hunter2":              `--bottoken is "…"; expected no such flag of kvitt serve`,
		"serve --nonsense=sk_live_hunter2":      `--nonsense is "sk_live_…"; expected no such flag of kvitt serve`,
		"serve --xoxb-hunter2":                  `--xoxb-… is ""; expected no such flag of kvitt serve`,
		"serve --data --sweep x":                `--data is not set; expected a value; one that begins with a dash is written --data=…`,
		"serve --data":                          `--data is not set; expected a value; one that begins with a dash is written --data=…`,
		"audit export --format":                 `--format is not set; expected a value; one that begins with a dash is written --format=…`,
		"serve --help=xoxb-hunter2":             `--help is "xoxb-…"; expected no value`,
		"serve xoxb-hunter2":                    `kvitt serve has no place for "xoxb-…"`,
		"serve -x xoxb-hunter2":                 `kvitt serve has no place for "-x"`,
		"xapp-hunter2":                          `kvitt has no place for "xapp-…"`,
		"audit whsec_hunter2":                   `kvitt audit has no place for "whsec_…"`,
		"invoices import a.csv sk_live_hunter2": `kvitt invoices import has no place for "sk_live_…"`,
		"invoices import":                       `expected "<file>"`,
		"invoices import --":                    `expected "<file>"`,
		"audit export --format=rk_live_hunter2": `--format is "rk_live_…"; expected csv or jsonl`,
		"manifest --url=xoxb-hunter2":           `--url is "xoxb-…"; expected where Slack reaches Kvitt`,
	} {
		got := kvitt(t, nil, strings.Fields(args)...)
		if got.code != refused || got.out != "" || !strings.HasPrefix(got.err, "kvitt: "+want) || strings.Count(got.err, "\n") != 1 || strings.Contains(got.err, "hunter2") {
			t.Errorf("%s: exit code %d, %q; want %q", args, got.code, got.err, want)
		}
	}
}

// Of commands that need no setting, too; only the version is told whatever is set.
func TestAVariableThatMeansNothingIsRefusedByEveryCommand(t *testing.T) {
	for args, want := range map[string]int{
		"demo": refused, "serve": refused, "check": refused, "invoices import x.csv": refused, "audit export": refused, "audit verify": refused,
		"people erase U012AB3CD": refused, "manifest": refused, "manifest --url https://kvitt.example.com": refused, "version": well,
	} {
		got := kvitt(t, []string{"KVITT_BOGUS=1"}, strings.Fields(args)...)
		if got.code != want || want == refused && (got.out != "" || !strings.HasPrefix(got.err, `kvitt: KVITT_BOGUS is "1"; expected no such variable`)) {
			t.Errorf("%s: exit code %d, %.80q, %q", args, got.code, got.out, got.err)
		}
	}
}

func TestAValueMayBeginWithADash(t *testing.T) {
	for _, args := range [][]string{{"--reminders", "-3,-1,0", "--locale=de"}, {"--reminders=-3,-1,0", "--locale", "de"}} {
		if got := kvitt(t, nil, append([]string{"serve"}, args...)...); !strings.Contains(got.err, `KVITT_LOCALE (--locale) is "de"`) {
			t.Errorf("%q: exit code %d, %q", args, got.code, got.err)
		}
	}
	if got := kvitt(t, nil, "serve", "--reminders", "-3,x"); got.code != refused || !strings.Contains(got.err, `KVITT_REMINDERS (--reminders) is "-3,x"`) {
		t.Errorf("exit code %d, %q", got.code, got.err)
	}
	if got := kvitt(t, nil, "audit", "export", "--", "--format", "-3"); got.code != refused || !strings.Contains(got.err, "has no place for") {
		t.Errorf("behind -- nothing is a flag: exit code %d, %q", got.code, got.err)
	}
}

func TestAGoodFileIsImportedAndSaysHowMuch(t *testing.T) {
	data := "KVITT_DATA=" + filepath.Join(t.TempDir(), "data")
	file := write(t, "number;supplier;amount;currency;due\nA-1;Havn;1250,00;NOK;2030-01-31\nA-2;Havn;9;JPY;\n")
	for _, want := range []string{"2 added, 0 updated, 0 unchanged\n", "0 added, 0 updated, 2 unchanged\n"} {
		if got := kvitt(t, []string{data}, "invoices", "import", file); got.code != well || got.out != want {
			t.Errorf("exit code %d, %q, %q; want %q", got.code, got.out, got.err, want)
		}
	}
}

func TestEveryBadLineIsNamedAndNothingIsImported(t *testing.T) {
	data := "KVITT_DATA=" + filepath.Join(t.TempDir(), "data")
	bad := write(t, "number,supplier,amount,currency,due\nA-1,Havn,12.50,EUR,\nA-2,Havn,\"1,234\",EUR,\nA-3,Havn,1.005,EUR,\nA-4,Havn,1,XYZ,\nA-5,Havn,1,EUR,31.01.2030\nA-1,Havn,12.50,EUR,\n")
	got := kvitt(t, []string{data}, "invoices", "import", bad)
	if got.code != failed {
		t.Errorf("exit code %d, want %d", got.code, failed)
	}
	for _, line := range []string{"line 3", "line 4", "line 5", "line 6", "line 7"} {
		if !strings.Contains(got.err, line) {
			t.Errorf("%s is not named in:\n%s", line, got.err)
		}
	}
	good := write(t, "number,supplier,amount,currency\nA-1,Havn,12.50,EUR\n")
	if got := kvitt(t, []string{data}, "invoices", "import", good); got.out != "1 added, 0 updated, 0 unchanged\n" {
		t.Errorf("after the bad file the good one said %q %q: something had been imported", got.out, got.err)
	}
}

func TestAMissingFileIsToldInPlainWords(t *testing.T) {
	got := kvitt(t, []string{"KVITT_DATA=" + t.TempDir()}, "invoices", "import", "/nowhere/invoices.csv")
	if got.code != failed || !strings.Contains(got.err, "/nowhere/invoices.csv") {
		t.Errorf("exit code %d, %q", got.code, got.err)
	}
}

func TestTheDemoTellsItsAddressTakesNoCredentialAndLeavesNothing(t *testing.T) {
	folder := shortFolder(t)
	t.Setenv("TMPDIR", folder)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	var mu sync.Mutex
	var errOut bytes.Buffer
	code := make(chan int, 1)
	go func() {
		defer in.Close()
		environ := []string{"SLACK_BOT_TOKEN=xoxb-real-token", "SLACK_APP_TOKEN=xapp-real-token", "STRIPE_API_KEY=sk_live_real", "SLACK_API_URL=https://slack.com/api/"}
		code <- run(ctx, []string{"demo"}, environ, in, lockedBuffer{&mu, &errOut})
	}()
	first := make([]byte, 200)
	n, _ := out.Read(first)
	address, _, _ := strings.Cut(string(first[:n]), "\n")
	if resp, err := http.Get(address); err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("the first line is %q, and there: %v %v", address, resp, err)
	} else {
		resp.Body.Close()
	}
	time.Sleep(time.Second) // A credential that is used would be told of, or refused, by now.
	cancelled := time.Now()
	cancel()
	if got := <-code; got != well || time.Since(cancelled) > 5*time.Second {
		t.Errorf("it exited with %d after %s; want 0 within 5 s: %s", got, time.Since(cancelled), errOut.String())
	}
	if strings.Contains(errOut.String(), "real") {
		t.Errorf("a credential was looked at: %s", errOut.String())
	}
	if left, _ := filepath.Glob(filepath.Join(folder, "kvitt-demo-*")); len(left) > 0 {
		t.Errorf("it left %v", left)
	}
}

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "invoices.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
