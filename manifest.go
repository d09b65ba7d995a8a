package main

import (
	_ "embed"
	"io"
	"net/url"
	"regexp"
	"strings"

	"kvitt/settings"
)

// socketManifest is the Slack app for Socket Mode. For HTTP only what manifestFor changes is different.
//
//go:embed manifest.yml
var socketManifest string

// eventsPath is where Slack sends everything in HTTP mode.
const eventsPath = "/slack/events"

// printManifest writes the Slack app manifest: for Socket Mode, or for HTTP when base says where Kvitt can be reached. It answers
// *settings.Error for a base that Slack cannot use.
func printManifest(base *string, out io.Writer) error {
	manifest := socketManifest
	if base != nil {
		door, err := eventsURL(*base)
		if err != nil {
			return err
		}
		manifest = manifestFor(door)
	}
	_, err := io.WriteString(out, manifest)
	return err
}

// eventsURL is the address of eventsPath. A path before it is kept, as a proxy may have one; a base that ends in eventsPath has it already.
func eventsURL(base string) (string, error) {
	u, err := url.Parse(base)
	refuse := func(value, want string) (string, error) {
		return "", &settings.Error{Flag: "--url", Value: settings.Shown(value), Want: want}
	}
	switch {
	case err != nil || u.Hostname() == "" || u.Opaque != "":
		return refuse(base, "where Slack reaches Kvitt, such as https://kvitt.example.com")
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || strings.Contains(base, "#"):
		return refuse(u.Redacted(), "a URL without user, query and fragment, such as https://kvitt.example.com")
	case u.Scheme != "https":
		return refuse(base, "https: Slack sends to nothing else")
	}
	path := strings.TrimRight(u.EscapedPath(), "/")
	door := "https://" + u.Host + strings.TrimSuffix(path, eventsPath) + eventsPath
	if len(door) > 3000 {
		return refuse(base[:40]+"…", "at most 3000 characters")
	}
	return door, nil
}

// slashCommand is the first line of a slash command in manifest.yml.
var slashCommand = regexp.MustCompile(`(?m)^( +)- command: .*\n`)

// manifestFor is the manifest for HTTP. It edits the text, so that every comment stays where it is.
func manifestFor(door string) string {
	text := slashCommand.ReplaceAllString(socketManifest, "$0$1  url: "+strings.ReplaceAll(door, "$", "$$")+"\n")
	return strings.NewReplacer(
		"# For Socket Mode, so that nothing of yours has to be reachable from outside.", "# For HTTP: Slack must reach the addresses below.",
		"  event_subscriptions:\n", "  event_subscriptions:\n    request_url: "+door+"\n",
		"    is_enabled: true\n", "    is_enabled: true\n    request_url: "+door+"\n    message_menu_options_url: "+door+"\n",
		"socket_mode_enabled: true", "socket_mode_enabled: false",
	).Replace(text)
}
