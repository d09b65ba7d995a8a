package settings

import (
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"strconv"
	"strings"
)

// Secret is a value that must not be read over anybody's shoulder. However it is printed, logged or encoded, only the public
// start that says what kind of secret it is remains ("xoxb-…"), or "…" where there is none; empty stays empty.
type Secret string

// Reveal returns the secret itself, for whoever sends it to the service it belongs to.
func (s Secret) Reveal() string { return string(s) }

// String returns the masked secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return kindOfSecret.FindString(string(s)) + "…"
}

// Format writes the masked secret, whatever the verb and its flags.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue is the masked secret.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText writes the masked secret, so that JSON shows no more than a log line. It returns no error.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Where a secret may hide in a value that should hold none.
// Token prefixes: https://docs.slack.dev/authentication/tokens and https://docs.stripe.com/keys.
var (
	kindOfSecret   = regexp.MustCompile(`(?i)^(?:xoxe\.)?(?:xox[a-z]-|xapp-|[sr]k_(?:live_|test_)?|whsec_)`)
	tokenInside    = regexp.MustCompile(`(?is)(xox[a-z]?[-.]?|xapp-?|[sr]k_(?:live_|test_)?|whsec_).*`)
	hexInside      = regexp.MustCompile(`(?i)[0-9a-f]{32,}`) // A Slack signing secret is 32 hexadecimal digits.
	userInside     = regexp.MustCompile(`(?s):(//)?.*@`)
	passwordInside = regexp.MustCompile(`(?is)((?:pass|secret|token|key)[a-z_]*=).*`)
)

// mask hides what looks like a secret inside a value that is not supposed to be one: a token put into the wrong variable, or
// the user and password of a URL. It hides too much rather than too little: from a token on, nothing is shown.
func mask(value string) string {
	value = tokenInside.ReplaceAllString(value, "${1}…")
	if at := strings.LastIndex(value, "@"); at >= 0 && passwordInside.MatchString(value[:at]) {
		value = value[:at+1] + "…" // What follows may be the rest of the password.
	}
	value = userInside.ReplaceAllString(value, ":${1}…@")
	value = passwordInside.ReplaceAllString(value, "${1}…")
	return hexInside.ReplaceAllString(value, "…")
}

// Shown is a value as an error may quote it: with what looks like a secret masked, on one line, at most 80 characters long.
func Shown(value string) string {
	runes := []rune(mask(value))
	if len(runes) > 80 {
		runes = append(runes[:79], '…')
	}
	return strconv.Quote(string(runes))
}
