package settings

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Flags is the flags of one command, made from the settings table in the form that kong reads
// (https://pkg.go.dev/github.com/alecthomas/kong#Plugins):
//
//	flags := settings.NewFlags(settings.Serve)
//	cli.Serve.Plugins = kong.Plugins{flags.Struct()}
//	// after kong has parsed the command line:
//	settings.Load(settings.Options{Flags: flags.Given(), …})
type Flags struct {
	names  []string
	fields reflect.Value // A struct with one *string for each name.
}

// NewFlags makes the flags of a command: one for each of its settings that is neither secret nor for azidentity.
func NewFlags(command Command) *Flags {
	f := new(Flags)
	var fields []reflect.StructField
	for i, d := range flagged(table(new(Settings), Options{}), command) {
		f.names = append(f.names, flagName(d.variable))
		fields = append(fields, reflect.StructField{
			Name: fmt.Sprintf("Flag%d", i),
			Type: reflect.TypeFor[*string](),
			Tag:  reflect.StructTag(fmt.Sprintf(`name:%q help:%q placeholder:"…"`, flagName(d.variable), d.help(command))),
		})
	}
	f.fields = reflect.New(reflect.StructOf(fields))
	return f
}

// Struct is a pointer to a struct with a tagged field for each flag, for kong to fill.
func (f *Flags) Struct() any { return f.fields.Interface() }

// Given returns the flags that kong found on the command line, for Options.Flags.
func (f *Flags) Given() map[string]string {
	given := map[string]string{}
	for i, name := range f.names {
		if value := f.fields.Elem().Field(i); !value.IsNil() {
			given[name] = value.Elem().String()
		}
	}
	return given
}

// flagged returns the settings of a command that have a flag.
func flagged(table []definition, command Command) []definition {
	return slices.DeleteFunc(slices.Clone(table), func(d definition) bool {
		return d.secret || d.lent || !slices.Contains(d.commands, command)
	})
}

// help is what --help says: what the setting means, its variable, and what holds without it.
func (d definition) help(command Command) string {
	otherwise := d.unset
	if fallback := d.fallbackOf(command); fallback != "" {
		otherwise = "default " + fallback
	}
	text := fmt.Sprintf("%s [%s; %s]", d.meaning, d.variable, otherwise)
	return strings.ReplaceAll(text, "`", "")
}
