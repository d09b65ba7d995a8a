package main

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"kvitt/sandbox"
)

// neededBy is what each method of the Web API that the bot calls needs, as docs.slack.dev/reference/methods says. Of several scopes each
// is for another kind of conversation.
var neededBy = map[string][]string{
	"apps.connections.open": nil, // connections:write, which app-level tokens have and manifests do not.
	"auth.test":             nil,
	"chat.postEphemeral":    {"chat:write"},
	"chat.postMessage":      {"chat:write"},
	"chat.update":           {"chat:write"},
	"conversations.history": {"channels:history", "groups:history", "im:history"},
	"conversations.info":    {"channels:read", "groups:read"},
	"conversations.open":    {"im:write"},
	"conversations.replies": {"channels:history", "groups:history", "im:history"},
	"users.info":            {"users:read"},
	"users.lookupByEmail":   {"users:read.email"},
	"views.open":            nil,
	"views.publish":         nil,
	"views.push":            nil,
	"views.update":          nil,
}

// webMethod is the name of a method of the Web API.
var webMethod = regexp.MustCompile(`^(admin|api|apps|auth|bookmarks|bots|chat|conversations|dnd|emoji|files|migration|pins|reactions|reminders|search|stars|team|usergroups|users|views)(\.[a-zA-Z]+)+$`)

// called are the methods that the bot's source names. It calls none without naming it: that is how it keeps the pace.
func called(t *testing.T) map[string]bool {
	t.Helper()
	files, err := filepath.Glob("bot/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("the bot's source: %v", err)
	}
	names := map[string]bool{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(source, func(n ast.Node) bool {
			if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
				if text, err := strconv.Unquote(literal.Value); err == nil && webMethod.MatchString(text) {
					names[text] = true
				}
			}
			return true
		})
	}
	return names
}

func TestManifestAsksForTheScopesThatTheBotUsesAndNoOther(t *testing.T) {
	text, err := os.ReadFile("manifest.yml")
	if err != nil {
		t.Fatal(err)
	}
	var manifest slackManifest
	if err := yaml.Unmarshal(text, &manifest); err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{"commands": len(manifest.Features.Commands) > 0}
	for name := range called(t) {
		scopes, known := neededBy[name]
		if !known {
			t.Errorf("the bot calls %s: say here which scope it needs", name)
		}
		for _, scope := range scopes {
			used[scope] = true
		}
	}
	for name := range neededBy {
		if !called(t)[name] {
			t.Errorf("the bot does not call %s any more: take it out, and the scope that only it needs", name)
		}
	}
	asked := slices.Sorted(slices.Values(manifest.OAuth.Scopes.Bot))
	if want := slices.Sorted(maps.Keys(used)); !slices.Equal(asked, want) {
		t.Errorf("the manifest asks for %q, the bot uses %q", asked, want)
	}
}

// The pretend Slack enforces scopes, so what the table says is what keeps the bot honest in every other test.
func TestManifestScopesAreThoseThatThePretendSlackAsksFor(t *testing.T) {
	for name, scopes := range neededBy {
		for _, scope := range scopes {
			all := slices.DeleteFunc(slices.Clone(sandbox.AllScopes), func(s string) bool { return s == scope })
			slack := sandbox.NewSlack(sandbox.SlackConfig{Scopes: all})
			me, asha := slack.Config().BotUserID, slack.AddPerson(sandbox.Person{Name: "Asha"})
			place := slack.AddChannel(sandbox.Channel{Name: "finance", Private: strings.HasPrefix(scope, "groups:"), Members: []string{asha, me}})
			if strings.HasPrefix(scope, "im:h") {
				askSlack(t, slack, "conversations.open", url.Values{"users": {asha}})
				place = slack.DM(asha)
			}
			text := askSlack(t, slack, name, url.Values{"channel": {place}, "users": {asha}, "user": {asha}, "ts": {"1.000000"}})
			var said struct{ Error, Needed string }
			if err := json.Unmarshal(text, &said); err != nil || said.Error != "missing_scope" || said.Needed != scope {
				t.Errorf("%s without %s is answered with %s", name, scope, text)
			}
			slack.Shutdown()
		}
	}
}

// askSlack calls a method of the Web API as the bot.
func askSlack(t *testing.T, slack *sandbox.Slack, method string, form url.Values) []byte {
	t.Helper()
	form.Set("token", slack.Config().BotToken)
	request := httptest.NewRequest("POST", "http://127.0.0.1/api/"+method, strings.NewReader(form.Encode()))
	request.RemoteAddr = "127.0.0.1:1" // The sandbox answers on loopback only.
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer := httptest.NewRecorder()
	slack.Handler().ServeHTTP(answer, request)
	return answer.Body.Bytes()
}
