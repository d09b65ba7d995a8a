package settings

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"
)

// parse reads a command line as main does.
func parse(t *testing.T, command Command, arguments ...string) (map[string]string, string, error) {
	t.Helper()
	flags := NewFlags(command)
	var cli struct {
		Run struct{ kong.Plugins } `cmd:""`
	}
	cli.Run.Plugins = kong.Plugins{flags.Struct()}
	var help strings.Builder
	parser, err := kong.New(&cli, kong.Writers(&help, &help), kong.Exit(func(int) {}))
	if err != nil {
		t.Fatal(err)
	}
	_, err = parser.Parse(append([]string{"run"}, arguments...))
	return flags.Given(), help.String(), err
}

func TestKongReadsEveryFlagOfTheTable(t *testing.T) {
	var arguments []string
	want := map[string]string{}
	for _, d := range flagged(table(new(Settings), Options{}), Serve) {
		arguments = append(arguments, "--"+flagName(d.variable)+"=v,1 ${x}")
		want[flagName(d.variable)] = "v,1 ${x}"
	}
	got, _, err := parse(t, Serve, arguments...)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
	for _, flag := range []string{"listen", "ops-listen", "redis-url", "slack-api-url", "stripe-api-url", "stripe-customers", "graph-endpoint"} {
		if _, ok := want[flag]; !ok {
			t.Errorf("there is no --%s", flag)
		}
	}
}

func TestAFlagThatWasNotGivenIsNotAnEmptyOne(t *testing.T) {
	got, _, err := parse(t, Serve, "--listen", ":1", "--channels=", "--reminders=-1,0")
	if diff := cmp.Diff(map[string]string{"listen": ":1", "channels": "", "reminders": "-1,0"}, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

func TestACommandTakesItsOwnFlagsOnlyAndNoSecret(t *testing.T) {
	if _, _, err := parse(t, Demo, "--data=/srv"); err == nil {
		t.Error("demo took --data")
	}
	if _, _, err := parse(t, Serve, "--slack-bot-token=xoxb-1"); err == nil {
		t.Error("a secret could be given as a flag")
	}
	if got, _, err := parse(t, Import, "--data=/srv"); err != nil || got["data"] != "/srv" {
		t.Error(got, err)
	}
}

func TestHelpShowsEveryFlagAndEverySecret(t *testing.T) {
	_, help, _ := parse(t, Serve, "--help")
	help += Help(Serve)
	for _, d := range table(new(Settings), Options{}) {
		if !strings.Contains(help, "["+d.variable+";") || !d.secret && !d.lent && !strings.Contains(help, "--"+flagName(d.variable)+"=") {
			t.Errorf("%s is missing in\n%s", d.variable, help)
		}
	}
	if strings.Contains(help, "`") {
		t.Errorf("Markdown in\n%s", help)
	}
	if _, demo, _ := parse(t, Demo, "--help"); !strings.Contains(strings.Join(strings.Fields(demo), " "), "default 127.0.0.1:0]") {
		t.Errorf("demo's own default is missing in\n%s", demo)
	}
	if Help(Demo) != "" {
		t.Error("demo asks for secrets")
	}
}

func TestTheTableIsWellMade(t *testing.T) {
	var variables, flags []string
	for _, d := range table(new(Settings), Options{}) {
		if slices.Contains(variables, d.variable) || slices.Contains(flags, flagName(d.variable)) {
			t.Errorf("%s is there twice", d.variable)
		}
		variables, flags = append(variables, d.variable), append(flags, flagName(d.variable))
		if d.meaning == "" || len(d.commands) == 0 || (d.fallback == "") == (d.unset == "") {
			t.Errorf("%s: incomplete", d.variable)
		}
		if strings.ContainsAny(d.meaning+d.fallback+d.unset, "|\n") {
			t.Errorf("%s: breaks the table of the README", d.variable)
		}
		if d.fallback != "" && d.parse(d.fallback) != nil {
			t.Errorf("%s: its own default cannot be read", d.variable)
		}
	}
	if rows := strings.Count(Markdown(), "\n"); rows != len(variables)+2 {
		t.Errorf("the README gets %d lines", rows)
	}
}

func TestTheReadmeHoldsTheTable(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil || !strings.Contains(string(readme), Markdown()) {
		t.Errorf("README.md does not hold this table (%v):\n\n%s", err, Markdown())
	}
}
