package settings

import (
	"fmt"
	"slices"
	"strings"
)

// Help lists in plain text the secrets that a command takes and what is for azidentity, which have no flag and so are in no list of its flags. It is
// empty for a command that takes none.
func Help(command Command) string {
	var b strings.Builder
	for _, d := range table(new(Settings), Options{}) {
		if (d.secret || d.lent) && slices.Contains(d.commands, command) {
			fmt.Fprintf(&b, "  %s\n", d.help(command))
		}
	}
	if b.Len() == 0 {
		return ""
	}
	return "These have no flag. Set the variable, or the variable with _FILE after its name to the path of a file:\n\n" + b.String()
}

// Markdown is the table of all settings for the README, which a test keeps equal to it.
func Markdown() string {
	var b strings.Builder
	b.WriteString("| variable | meaning | default |\n|---|---|---|\n")
	for _, d := range table(new(Settings), Options{}) {
		meaning := d.meaning
		if d.secret {
			meaning += " (secret)"
		}
		otherwise := d.unset
		if d.fallback != "" {
			otherwise = "`" + d.fallback + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", d.variable, meaning, otherwise)
	}
	return b.String()
}
