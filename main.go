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
	"kvitt/store"
)

// version is set by the linker for a release: -ldflags "-X main.version=v1.2.3".
var version = "development"

func main() {
	slog.SetDefault(logger(os.Stderr, slog.LevelInfo)) // Libraries that write to the log of the standard library write in this form, too.
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
	Check    struct{ kong.Plugins } `cmd:"" help:"Try every setting against the real services. Changes and posts nothing."`
	Invoices struct {
		Import struct {
			kong.Plugins
			File string `arg:"" help:"A CSV or JSON file; - is standard input."`
		} `cmd:"" help:"Load invoices into the ledger."`
	} `cmd:"" help:"The invoices of the ledger."`
	Audit struct {
		Export struct {
			kong.Plugins
			Format string `help:"csv or jsonl; default: as FILE is named, else csv." placeholder:"…"`
			File   string `arg:"" optional:"" help:"A new or an empty file, or a pipe; it never replaces what is in a file. Without it, or with -: standard output."`
		} `cmd:"" help:"Write the audit trail, with the head of every chain."`
		Verify struct {
			kong.Plugins
			Head *string `help:"An earlier export, kept elsewhere: nothing in it may be missing or different now." placeholder:"FILE"`
		} `cmd:"" help:"Check that nothing in the audit trail was altered."`
	} `cmd:"" help:"The audit trail: who did what, and when."`
	People struct {
		Erase struct {
			kong.Plugins
			User string `arg:"" help:"Their Slack user id, such as U012AB3CD."`
		} `cmd:"" help:"Erase the name and the language that Kvitt remembers of a person."`
	} `cmd:"" help:"The people whom Kvitt knows."`
	Manifest struct {
		URL *string `help:"Where Slack reaches Kvitt, such as https://kvitt.example.com: prints the manifest for HTTP." placeholder:"https://…"`
	} `cmd:"" help:"Print the Slack app manifest, for Socket Mode unless --url is given."`
	Version struct{} `cmd:"" help:"Version, commit and Go version."`
}

// run is main without the process: it returns the exit code.
func run(ctx context.Context, args, environ []string, out, errOut io.Writer) int {
	std := streams{out: out, err: errOut, log: logger(errOut, slog.LevelInfo)}
	flags := map[settings.Command]*settings.Flags{}
	for _, c := range []settings.Command{settings.Demo, settings.Serve, settings.Check, settings.Import, settings.Export, settings.Verify, settings.Erase, "manifest"} {
		flags[c] = settings.NewFlags(c)
	}
	var cli commandLine
	cli.Demo.Plugins = kong.Plugins{flags[settings.Demo].Struct()}
	cli.Serve.Plugins = kong.Plugins{flags[settings.Serve].Struct()}
	cli.Check.Plugins = kong.Plugins{flags[settings.Check].Struct()}
	cli.Invoices.Import.Plugins = kong.Plugins{flags[settings.Import].Struct()}
	cli.Audit.Export.Plugins = kong.Plugins{flags[settings.Export].Struct()}
	cli.Audit.Verify.Plugins = kong.Plugins{flags[settings.Verify].Struct()}
	cli.People.Erase.Plugins = kong.Plugins{flags[settings.Erase].Struct()}
	exited := false
	parser, err := kong.New(&cli, kong.Name("kvitt"), kong.Description("Gets invoices paid, from Slack."), kong.Writers(out, errOut),
		kong.Exit(func(int) { exited = true }), kong.Help(help))
	if err != nil {
		fmt.Fprintln(errOut, err)
		return failed
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(joined(args))
	if exited {
		return well
	}
	if err != nil {
		fmt.Fprintf(errOut, "kvitt: %s\n", oneLine(refusal(err)))
		return refused
	}
	return dispatch(ctx, parsed.Command(), &cli, flags, environ, std)
}

// help also lists what is set by variables alone.
func help(options kong.HelpOptions, ctx *kong.Context) error {
	if err := kong.DefaultHelpPrinter(options, ctx); err != nil {
		return err
	}
	if secrets := settings.Help(commandOf(ctx.Command())); secrets != "" {
		_, err := fmt.Fprintf(ctx.Stdout, "\n%s", secrets)
		return err
	}
	return nil
}

// commandOf is a command as settings knows it: without its arguments.
func commandOf(parsed string) settings.Command {
	word, _, _ := strings.Cut(parsed, " <")
	return settings.Command(word)
}

func dispatch(ctx context.Context, command string, cli *commandLine, flags map[settings.Command]*settings.Flags, environ []string, std streams) int {
	name := commandOf(command)
	if name == "version" { // It answers whatever is set.
		fmt.Fprintln(std.out, versionLine())
		return well
	}
	set, err := settings.Load(settings.Options{Command: name, Environ: environ, Flags: flags[name].Given(), Amount: knownAmount, Redis: store.CheckAddress})
	if err != nil {
		return exitCode(err, std)
	}
	switch name {
	case settings.Demo:
		err = demo(ctx, set, std)
	case settings.Serve:
		err = serve(ctx, set, std)
	case settings.Check:
		err = check(ctx, set, std)
	case settings.Import:
		err = importInvoices(ctx, set, cli.Invoices.Import.File, std)
	case settings.Export:
		err = exportAudit(ctx, set, cli.Audit.Export.Format, cli.Audit.Export.File, std)
	case settings.Verify:
		err = verifyAudit(ctx, set, cli.Audit.Verify.Head, std)
	case settings.Erase:
		err = erasePerson(ctx, set, cli.People.Erase.User, std)
	case "manifest":
		err = printManifest(cli.Manifest.URL, std.out)
	}
	return exitCode(err, std)
}

func knownAmount(code, amount string) error {
	_, err := billing.ParseAmount(amount, code)
	return err
}

// exitCode tells what went wrong, unless that was done already.
func exitCode(err error, std streams) int {
	if err == nil {
		return well
	}
	if wrong, ok := errors.AsType[*settings.Error](err); ok {
		fmt.Fprintf(std.err, "kvitt: %s\n", oneLine(wrong))
		return refused
	}
	if !errors.Is(err, errTold) {
		fmt.Fprintf(std.err, "kvitt: %s\n", err)
	}
	return failed
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
