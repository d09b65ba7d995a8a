package main

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"kvitt/settings"
)

var negative = regexp.MustCompile(`^-\d`)

// joined puts what begins with a negative number behind the flag before it, as "--reminders -3,-1,0" means it: kong would take it for flags.
func joined(args []string) []string {
	var all []string
	for i, arg := range args {
		if arg == "--" {
			return append(all, args[i:]...)
		}
		if last := len(all) - 1; last >= 0 && negative.MatchString(arg) && strings.HasPrefix(all[last], "--") && !strings.Contains(all[last], "=") {
			all[last] += "=" + arg
			continue
		}
		all = append(all, arg)
	}
	return all
}

// refusal is what is wrong with a command line that kong could not read, with what looks like a secret masked. Kong's own words repeat it.
func refusal(err error) error {
	wrong, ok := errors.AsType[*kong.ParseError](err)
	if !ok {
		return err
	}
	ctx := wrong.Context
	command := commandOf(ctx.Command())
	words := strings.TrimSpace("kvitt " + string(command))
	rest := ctx.Path[len(ctx.Path)-1].Remainder()
	literal := len(rest) > 0 && rest[0] == "--"
	if literal {
		rest = rest[1:]
	}
	switch {
	case len(rest) == 0: // Something is missing, so there is nothing to repeat.
		return fmt.Errorf("%w; %s --help lists what there is", err, words)
	case !literal && strings.HasPrefix(rest[0], "--"):
		return wrongFlag(command, ctx.Flags(), rest)
	}
	return fmt.Errorf("%s has no place for %s; %s --help lists what there is", words, settings.Shown(rest[0]), words)
}

// wrongFlag is what is wrong with the flag that the rest of a command line begins with.
func wrongFlag(command settings.Command, flags []*kong.Flag, rest []string) *settings.Error {
	name, value, given := strings.Cut(strings.TrimPrefix(rest[0], "--"), "=")
	var known []string
	for _, flag := range flags {
		known = append(known, flag.Name)
	}
	switch {
	case slices.Contains(known, name) && given:
		return &settings.Error{Flag: "--" + name, Value: settings.Shown(value), Want: "no value"}
	case slices.Contains(known, name):
		return &settings.Error{Flag: "--" + name, Want: fmt.Sprintf("a value; one that begins with a dash is written --%s=…", name)}
	case !given && len(rest) > 1 && !strings.HasPrefix(rest[1], "-"):
		value = rest[1]
	}
	return settings.UnknownFlag(command, name, value, known)
}
