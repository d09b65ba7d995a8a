package settings

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// refuseUnknown stops at a variable or flag that means nothing: a slip of the pen there must not silently leave a default.
func (l *loader) refuseUnknown() *Error {
	if err := l.unknownVariable(); err != nil {
		return err
	}
	return l.unknownFlag()
}

func (l *loader) unknownVariable() *Error {
	var known []string
	for _, d := range l.table {
		known = append(known, d.variable)
		if d.filed() {
			known = append(known, fileVariable(d.variable))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(l.environ)) {
		if strings.HasPrefix(name, "KVITT_") && !slices.Contains(known, name) {
			return &Error{Setting: plain(name), Value: shownUnder(name, l.environ[name]), Want: "no such variable" + hint(name, known)}
		}
	}
	return nil
}

func (l *loader) unknownFlag() *Error {
	var flags []string
	for _, d := range flagged(l.table, l.options.Command) {
		flags = append(flags, flagName(d.variable))
	}
	for _, name := range slices.Sorted(maps.Keys(l.options.Flags)) {
		if slices.Contains(flags, name) {
			continue
		}
		return UnknownFlag(l.options.Command, name, l.options.Flags[name], flags)
	}
	return nil
}

// UnknownFlag is the error about a flag that a command does not have, unlike those that are known, all without dashes.
func UnknownFlag(command Command, name, value string, known []string) *Error {
	e := &Error{Flag: "--" + plain(name), Value: shownUnder(name, value)}
	e.Want = strings.TrimSpace("no such flag of kvitt " + string(command))
	if near := nearest(name, known); near != "" {
		e.Want += "; did you mean --" + near + "?"
	}
	for _, d := range table(new(Settings), Options{}) {
		if !d.secret || nearest(name, []string{flagName(d.variable)}) == "" {
			continue
		}
		e.Value = `"` + Secret(value).String() + `"`
		e.Want = d.variable + " or " + fileVariable(d.variable) + " in the environment: a secret has no flag"
	}
	return e
}

var (
	kubernetesLink = regexp.MustCompile(`^KVITT_(SERVICE|PORT)(_|$)`)
	variableName   = regexp.MustCompile(`^[A-Z0-9_]{1,80}$`)
	shortName      = regexp.MustCompile(`^[a-z0-9-]{1,80}$`)
	secretName     = regexp.MustCompile(`(?i)secret|token|key|pass|pwd|auth|credential`)
)

// hint guesses how an unknown variable came to be set.
func hint(name string, known []string) string {
	if near := nearest(name, known); near != "" {
		return "; did you mean " + near + "?"
	}
	if kubernetesLink.MatchString(name) {
		return "; Kubernetes sets it for a Service called kvitt unless the pod has enableServiceLinks: false"
	}
	return ""
}

// plain is a name as an error may show it.
func plain(name string) string {
	switch {
	case variableName.MatchString(name):
		return name
	case shortName.MatchString(name):
		return mask(name)
	}
	return Shown(name)
}

// shownUnder hides the whole value when the name alone says that it is a secret.
func shownUnder(name, value string) string {
	if secretName.MatchString(name) {
		return `"` + Secret(value).String() + `"`
	}
	return Shown(value)
}

// nearest is the known name that at most two slips, or a KVITT_ too many or too few, turn into this one; else empty.
func nearest(name string, known []string) string {
	const slips = 2
	best, distance := "", slips+1
	short := strings.TrimPrefix(name, "KVITT_")
	if len(short) <= slips || len(short) > 80 {
		return ""
	}
	for _, k := range known {
		if d := edits(short, strings.TrimPrefix(k, "KVITT_")); d < distance {
			best, distance = k, d
		}
	}
	return best
}

// edits counts the bytes to insert, delete or replace to turn a into b (Levenshtein's distance).
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
