package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

// manifests are the two forms as they are printed.
func manifests(t *testing.T) (socket, http string) {
	t.Helper()
	for _, c := range []struct {
		into *string
		args []string
	}{{&socket, []string{"manifest"}}, {&http, []string{"manifest", "--url", "https://kvitt.example.com"}}} {
		got := kvitt(t, nil, c.args...)
		if got.code != well || got.err != "" {
			t.Fatalf("%v: exit code %d, %q", c.args, got.code, got.err)
		}
		*c.into = got.out
	}
	return socket, http
}

// The schema is Slack's: github.com/slackapi/manifest-schema, schemas/manifest.schema.2.0.0.json.
func TestManifestsAreWhatSlackTakes(t *testing.T) {
	compiler := jsonschema.NewCompiler()
	compiler.UseRegexpEngine(pattern)
	schema, err := compiler.Compile("testdata/manifest.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	socket, http := manifests(t)
	for name, text := range map[string]string{"for Socket Mode": socket, "for HTTP": http} {
		var manifest any
		if err := json.Unmarshal(asJSON(readManifest(t, text)), &manifest); err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(manifest); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if file, err := os.ReadFile("manifest.yml"); err != nil || socket != string(file) {
		t.Errorf("what is printed is not manifest.yml: %v", err)
	}
}

// pattern reads the schema's regular expressions. Those that Go cannot read are about domains, which our manifest has none of: they match
// nothing, so that one would be noticed.
func pattern(text string) (jsonschema.Regexp, error) {
	if re, err := regexp.Compile(text); err == nil {
		return re, nil
	}
	return matchesNothing(text), nil
}

type matchesNothing string

func (matchesNothing) MatchString(string) bool { return false }

func (m matchesNothing) String() string { return string(m) }

func readManifest(t *testing.T, text string) (manifest map[string]any) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(text), &manifest); err != nil {
		t.Fatal(err)
	}
	return manifest
}

func TestManifestForHTTPDiffersOnlyInWhereSlackSends(t *testing.T) {
	socketText, httpText := manifests(t)
	socket, http := flat("", readManifest(t, socketText)), flat("", readManifest(t, httpText))
	const door = "https://kvitt.example.com/slack/events"
	want := maps.Clone(socket)
	for path := range socket {
		if command, ok := strings.CutSuffix(path, "/command"); ok && strings.HasPrefix(path, "/features/slash_commands/") {
			want[command+"/url"] = door
		}
	}
	want["/settings/event_subscriptions/request_url"] = door
	want["/settings/interactivity/request_url"] = door
	want["/settings/interactivity/message_menu_options_url"] = door
	want["/settings/socket_mode_enabled"] = "false"
	if diff := cmp.Diff(want, http); diff != "" {
		t.Error(diff)
	}
	if socket["/settings/socket_mode_enabled"] != "true" || strings.Contains(socketText, "_url") {
		t.Errorf("the manifest for Socket Mode has an address, or Socket Mode off:\n%s", socketText)
	}
	if lost := len(comments(socketText)) - len(comments(httpText)); lost != 0 || strings.Contains(httpText, "Socket Mode") {
		t.Errorf("%d comments were lost, or Socket Mode is told of:\n%s", lost, httpText)
	}
}

// flat is every value by its path.
func flat(path string, value any) map[string]string {
	all := map[string]string{}
	switch value := value.(type) {
	case map[string]any:
		for key, v := range value {
			maps.Copy(all, flat(path+"/"+key, v))
		}
	case []any:
		for i, v := range value {
			maps.Copy(all, flat(fmt.Sprintf("%s/%d", path, i), v))
		}
	default:
		all[path] = fmt.Sprint(value)
	}
	return all
}

func comments(text string) (all []string) {
	for line := range strings.Lines(text) {
		if _, comment, ok := strings.Cut(line, "# "); ok {
			all = append(all, comment)
		}
	}
	return all
}

func TestManifestSendsSlackWhereKvittListens(t *testing.T) {
	for base, door := range map[string]string{
		"https://kvitt.example.com":                "https://kvitt.example.com/slack/events",
		"https://kvitt.example.com/":               "https://kvitt.example.com/slack/events",
		"https://example.com/bots/kvitt/":          "https://example.com/bots/kvitt/slack/events",
		"https://example.com:8443/slack/events":    "https://example.com:8443/slack/events",
		"https://example.com/kvitt/slack/events//": "https://example.com/kvitt/slack/events",
		"https://example.com/$1$0/%20":             "https://example.com/$1$0/%20/slack/events",
	} {
		got := kvitt(t, nil, "manifest", "--url="+base)
		if got.code != well || strings.Count(got.out, ": "+door+"\n") != 4 {
			t.Errorf("%s: exit code %d %s, in\n%s", base, got.code, got.err, got.out)
		}
	}
	for _, base := range []string{
		"", " ", "kvitt.example.com", "http://kvitt.example.com", "http://localhost:8080", "ftp://example.com", "https://", "https:example.com", "https:///slack",
		"https://u:secret@example.com", "https://example.com/?a=1", "https://example.com?", "https://example.com/#a", "https://exa mple.com", "https://example.com:port",
		"https://example.com/\nsettings: {}", "https://example.com/" + strings.Repeat("a", 3000),
	} {
		got := kvitt(t, nil, "manifest", "--url="+base)
		if got.code != refused || got.out != "" || !strings.HasPrefix(got.err, "kvitt: --url is ") || strings.Count(got.err, "\n") != 1 || strings.Contains(got.err, "secret") {
			t.Errorf("%q: exit code %d, %q, %.200q", base, got.code, got.out, got.err)
		}
	}
}

func TestManifestOptionalScopesAreHistoryOnly(t *testing.T) {
	socket, _ := manifests(t)
	var manifest slackManifest
	if err := yaml.Unmarshal([]byte(socket), &manifest); err != nil {
		t.Fatal(err)
	}
	scopes := manifest.OAuth.Scopes
	for _, scope := range scopes.Bot {
		optional := slices.Contains(scopes.Optional, scope)
		if history := strings.HasSuffix(scope, ":history"); history != optional {
			t.Errorf("%s: optional is %t", scope, optional)
		}
	}
	for _, scope := range scopes.Optional {
		if !slices.Contains(scopes.Bot, scope) {
			t.Errorf("%s is optional, but Slack does not ask for it, because it is not under bot as well", scope)
		}
	}
	for line := range strings.Lines(socket) {
		scope, reason, _ := strings.Cut(strings.TrimSpace(line), " # ")
		if name, ok := strings.CutPrefix(scope, "- "); ok && slices.Contains(scopes.Bot, name) && len(strings.TrimSpace(reason)) < 10 {
			t.Errorf("%s has no reason beside it", name)
		}
	}
}

// slackManifest is what the tests read of a manifest.
type slackManifest struct {
	Features struct {
		Commands []struct{ Command string } `yaml:"slash_commands"`
	}
	OAuth struct {
		Scopes struct {
			Bot      []string
			Optional []string `yaml:"bot_optional"`
		}
	} `yaml:"oauth_config"`
}
