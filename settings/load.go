package settings

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// Options is what Load reads.
type Options struct {
	Command Command
	Environ []string          // As os.Environ returns it.
	Flags   map[string]string // The flags that were given, without dashes: {"listen": ":8080"}. An empty value unsets the variable.

	// ReadFile reads the file of a secret; nil: os.ReadFile.
	ReadFile func(path string) ([]byte, error)

	// Amount says what is wrong with an amount of KVITT_APPROVAL_FROM: an unknown currency, too many decimals. The amount is
	// digits with at most one point, the code three capital letters. Its error completes the message. Nil accepts them all.
	Amount func(code, amount string) error

	// Redis says what is expected instead of an address of REDIS_URL that no client can be made of. Nil accepts them all.
	Redis func(address string) error
}

// Load reads the settings of one command. A flag wins over its variable; an empty variable is an unset one; space around a
// value that is not a secret does not count; a secret's file may end in one line break, and must not be empty. A
// variable of another command is left alone, an unknown one that begins with KVITT_ is not.
//
// Every error is an *Error about the first thing that is wrong: an unknown name, then a value in the order of the settings
// table, then a contradiction. The Settings are zero then.
func Load(o Options) (Settings, error) {
	s := new(Settings)
	l := &loader{options: o, settings: s, table: table(s, o), environ: environment(o.Environ), given: map[string]given{}}
	if err := l.refuseUnknown(); err != nil {
		return Settings{}, err
	}
	if err := l.read(); err != nil {
		return Settings{}, err
	}
	l.derive()
	if err := l.refuseContradictions(); err != nil {
		return Settings{}, err
	}
	return *s, nil
}

// loader is one Load under way.
type loader struct {
	options  Options
	settings *Settings
	table    []definition
	environ  map[string]string
	given    map[string]given // What was set, by variable.
}

// given is a value that the operator set, and where.
type given struct {
	value    string
	variable string // KVITT_LISTEN or SLACK_BOT_TOKEN_FILE.
	flag     string // --listen, or empty.
}

func environment(environ []string) map[string]string {
	values := make(map[string]string, len(environ))
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if _, again := values[name]; !again { // The first wins, as in os.Getenv.
			values[name] = value
		}
	}
	return values
}

// read fills the settings of the command from what was given, else from the fallbacks.
func (l *loader) read() *Error {
	for _, d := range l.table {
		if !slices.Contains(d.commands, l.options.Command) {
			continue
		}
		g, err := l.find(d)
		if err != nil {
			return err
		}
		if g.value != "" {
			l.given[d.variable] = g
		}
		value := cmp.Or(g.value, d.fallbackOf(l.options.Command))
		if value == "" {
			continue
		}
		if err := d.parse(value); err != nil {
			return d.wrong(g, err.Error())
		}
	}
	return nil
}

// find returns what was set for a definition; an empty value means nothing.
func (l *loader) find(d definition) (given, *Error) {
	if value, ok := l.options.Flags[flagName(d.variable)]; ok {
		return given{value: strings.TrimSpace(value), variable: d.variable, flag: "--" + flagName(d.variable)}, nil
	}
	g, err := given{value: l.environ[d.variable], variable: d.variable}, (*Error)(nil)
	if d.filed() {
		g, err = l.findFiled(d)
	}
	if !d.secret && !d.lent {
		g.value = strings.TrimSpace(g.value)
	}
	return g, err
}

func (l *loader) findFiled(d definition) (given, *Error) {
	direct := given{value: l.environ[d.variable], variable: d.variable}
	file := fileVariable(d.variable)
	path := l.environ[file]
	switch {
	case path == "":
		return direct, nil
	case direct.value != "":
		return given{}, d.wrong(direct, "it unset beside "+file+": only one of the two can count")
	}
	content, err := l.readFile(path)
	if err != nil {
		return given{}, &Error{Setting: file, Value: Shown(path), Want: "a file that can be read (" + reason(err) + ")"}
	}
	value := strings.TrimSuffix(strings.TrimSuffix(string(content), "\n"), "\r")
	if strings.TrimSpace(value) == "" {
		return given{}, &Error{Setting: file, Value: Shown(path), Want: "a file with something in it; this one is empty"}
	}
	return given{value: value, variable: file}, nil
}

func (l *loader) readFile(path string) ([]byte, error) {
	if l.options.ReadFile != nil {
		return l.options.ReadFile(path)
	}
	return os.ReadFile(path)
}

// reason leaves out the path: somebody may have put the secret there instead.
func reason(err error) string {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err.Error()
	}
	for _, known := range []error{fs.ErrNotExist, fs.ErrPermission} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	return "reading it went wrong"
}

// wrong is the error about a value of this setting; an empty one means that nothing was set.
func (d definition) wrong(g given, want string) *Error {
	e := &Error{Setting: cmp.Or(g.variable, d.variable), Flag: g.flag, Want: want}
	switch {
	case g.value == "":
	case d.secret || g.variable == fileVariable(d.variable): // The wrong file may hold anything.
		e.Value = `"` + Secret(g.value).String() + `"`
	default:
		e.Value = Shown(g.value)
	}
	return e
}

func (d definition) fallbackOf(command Command) string {
	if command == Demo {
		return cmp.Or(d.inDemo, d.fallback)
	}
	return d.fallback
}

// flagName is the variable without KVITT_, in lower case, with dashes.
func flagName(variable string) string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(variable, "KVITT_")), "_", "-")
}

func fileVariable(variable string) string { return variable + "_FILE" }
