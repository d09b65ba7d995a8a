// Kvitt is a Slack bot that gets invoices paid. This package is its command line and its wiring: which settings, which store, which billing services,
// which doors. What the bot does is in flows; nothing is decided here.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	_ "time/tzdata" // Zones on machines that have none, such as an empty container.

	"github.com/alecthomas/kong"

	"kvitt/billing"
	"kvitt/settings"
)

// version is set by the linker for a release: -ldflags "-X main.version=v1.2.3".
var version = "development"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// Exit codes.
const (
	well    = 0
	failed  = 1 // It could not be done.
	refused = 2 // The command line or a setting is wrong; nothing was connected to.
)

// streams are where a command writes.
type streams struct {
	out, err io.Writer
	log      *slog.Logger
}

// commandLine is what kvitt understands.
type commandLine struct {
	Demo     struct{ kong.Plugins } `cmd:"" help:"Try it on this machine: a pretend Slack with a page to click in. Needs no account anywhere."`
	Serve    struct{ kong.Plugins } `cmd:"" help:"Run the bot."`
	Invoices struct {
		Import struct {
			kong.Plugins
			File string `arg:"" help:"A CSV or JSON file; - is standard input."`
		} `cmd:"" help:"Load invoices into the ledger."`
	} `cmd:"" help:"The invoices of the ledger."`
	Version struct{} `cmd:"" help:"Version, commit and Go version."`
}

// run is main without the process: it returns the exit code.
func run(ctx context.Context, args, environ []string, out, errOut io.Writer) int {
	std := streams{out: out, err: errOut, log: logger(errOut, slog.LevelInfo)}
	flags := map[settings.Command]*settings.Flags{}
	for _, c := range []settings.Command{settings.Demo, settings.Serve, settings.Import} {
		flags[c] = settings.NewFlags(c)
	}
	var cli commandLine
	cli.Demo.Plugins = kong.Plugins{flags[settings.Demo].Struct()}
	cli.Serve.Plugins = kong.Plugins{flags[settings.Serve].Struct()}
	cli.Invoices.Import.Plugins = kong.Plugins{flags[settings.Import].Struct()}
	exited := false
	parser, err := kong.New(&cli, kong.Name("kvitt"), kong.Description("Gets invoices paid, from Slack."), kong.Writers(out, errOut),
		kong.Exit(func(int) { exited = true }))
	if err != nil {
		fmt.Fprintln(errOut, err)
		return failed
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	if exited {
		return well
	}
	if err != nil {
		fmt.Fprintf(errOut, "kvitt: %s; kvitt --help lists what there is\n", oneLine(err))
		return refused
	}
	return dispatch(ctx, parsed.Command(), &cli, flags, environ, std)
}

func dispatch(ctx context.Context, command string, cli *commandLine, flags map[settings.Command]*settings.Flags, environ []string, std streams) int {
	name := settings.Command(strings.TrimSuffix(command, " <file>"))
	if name == "version" {
		fmt.Fprintln(std.out, versionLine())
		return well
	}
	set, err := settings.Load(settings.Options{Command: name, Environ: environ, Flags: flags[name].Given(), Amount: func(code, amount string) error {
		_, err := billing.ParseAmount(amount, code)
		return err
	}})
	if err != nil {
		fmt.Fprintf(std.err, "kvitt: %s\n", oneLine(err))
		return refused
	}
	switch name {
	case settings.Demo:
		err = demo(ctx, set, std)
	case settings.Serve:
		err = serve(ctx, set, std)
	case settings.Import:
		err = importInvoices(ctx, set, cli.Invoices.Import.File, std)
	}
	if err != nil && !errors.Is(err, errTold) {
		fmt.Fprintf(std.err, "kvitt: %s\n", err)
	}
	if err != nil {
		return failed
	}
	return well
}

// errTold is returned by a command that has said what is wrong.
var errTold = errors.New("told")

func versionLine() string {
	commit := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				commit = s.Value
			}
		}
	}
	return fmt.Sprintf("kvitt %s, commit %s, %s", version, commit, runtime.Version())
}

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
