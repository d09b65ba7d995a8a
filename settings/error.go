package settings

import (
	"fmt"
	"strings"
)

// Error says which setting keeps the program from starting, and what to set instead. It is the only kind of error that
// Load returns, and it holds no secret.
type Error struct {
	Setting string // The variable: "KVITT_LISTEN", or "SLACK_BOT_TOKEN_FILE" when the value came from a file.
	Flag    string // "--listen" when the value came from the command line, else empty.
	Value   string // What was found, quoted and with secrets masked; empty: nothing was set.
	Want    string // What is expected, to be read after "expected".
}

// Error is one line that names the setting, the value and what is expected.
func (e *Error) Error() string {
	name := e.Setting
	switch {
	case name == "":
		name = e.Flag
	case e.Flag != "":
		name += " (" + e.Flag + ")"
	}
	want := strings.Join(strings.Fields(e.Want), " ")
	if e.Value == "" {
		return fmt.Sprintf("%s is not set; expected %s", name, want)
	}
	return fmt.Sprintf("%s is %s; expected %s", name, e.Value, want)
}
