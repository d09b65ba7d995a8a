package sandbox_test

import (
	"encoding/json"
	"strings"
	"testing"
)

// payloadTypes are the types that Bolt documents for the body of each listener in sandbox/judge/listeners.mjs.
var payloadTypes = map[string]string{
	"action pay":                        "bolt.BlockAction<bolt.ButtonAction> & { channel: object; message: object; state: object }",
	"action open":                       "bolt.BlockAction<bolt.ButtonAction>",
	"action later":                      "bolt.BlockAction<bolt.StaticSelectAction>",
	"action more":                       "bolt.BlockAction<bolt.OverflowAction>",
	"action supplier":                   "bolt.BlockAction<bolt.ExternalSelectAction>",
	"action replace":                    "bolt.BlockAction<bolt.ButtonAction>",
	"action remove":                     "bolt.BlockAction<bolt.ButtonAction>",
	"action again":                      inView("bolt.BlockAction<bolt.ButtonAction>"),
	"action language":                   inView("bolt.BlockAction<bolt.ButtonAction>"),
	"options supplier":                  "bolt.BlockSuggestion",
	"options zoo_external_select":       "bolt.BlockSuggestion",
	"options zoo_multi_external_select": "bolt.BlockSuggestion",
	"view form":                         "bolt.ViewSubmitAction",
	"view zoo":                          "bolt.ViewSubmitAction",
	"view form closed":                  "bolt.ViewClosedAction",
	"command /judge":                    "bolt.SlashCommand",
	"event app_home_opened":             "bolt.EnvelopedEvent<slack.AppHomeOpenedEvent>",
	"event app_uninstalled":             "bolt.EnvelopedEvent<slack.AppUninstalledEvent>",
	"event tokens_revoked":              "bolt.EnvelopedEvent<slack.TokensRevokedEvent>",
}

// inView is a click in a view: Bolt's type asks for a response_url there as well, which Slack does not send.
func inView(kind string) string { return "Omit<" + kind + ", 'response_url'> & { view: object }" }

// payloadType is the type of what a listener hears; those of the zoo are named after the element.
func payloadType(listener string) string {
	kind, zoo := strings.CutPrefix(listener, "action zoo_")
	switch {
	case !zoo:
		return payloadTypes[listener]
	case kind == "datetimepicker": // Bolt has no type for it.
		return "bolt.BlockAction<bolt.BasicElementAction<'datetimepicker'> & { selected_date_time: number }>"
	}
	words := strings.Split(kind, "_")
	for i, word := range words {
		words[i] = strings.ToUpper(word[:1]) + word[1:]
	}
	kind = "bolt.BlockAction<bolt." + strings.Join(words, "") + "Action>"
	if strings.HasSuffix(kind, "InputAction>") {
		return inView(kind)
	}
	return kind
}

// argTypes are the types of what Bolt sends with a method: what Slack's own types allow is not to be refused.
func argTypes(method string) map[string]string {
	args := map[string]string{"blocks": "slack.KnownBlock[]", "metadata": "slack.MessageMetadata", "view": "Modal"}
	if method == "views.publish" {
		args["view"] = "Home"
	}
	return args
}

// withoutEcho leaves out what Slack only repeats, and what the compiler would take long over: the blocks, which are checked where Bolt sends them.
func withoutEcho(t *testing.T, raw json.RawMessage) map[string]any {
	t.Helper()
	var tree map[string]any
	if err := json.Unmarshal(raw, &tree); err != nil {
		t.Fatal(err)
	}
	var prune func(any)
	prune = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, item := range v {
				prune(item)
			}
		case map[string]any:
			if _, list := v["blocks"].([]any); list {
				v["blocks"] = []any{}
			}
			for _, item := range v {
				prune(item)
			}
		}
	}
	prune(tree)
	return tree
}

// answerTypes are the types of the answers of each method as Slack recorded them; all their fields are optional, none may be unknown.
var answerTypes = map[string]string{
	"auth.test": "Wire<api.AuthTestResponse>", "apps.connections.open": "Wire<api.AppsConnectionsOpenResponse>", "bots.info": "Wire<api.BotsInfoResponse>",
	"chat.delete": "Wire<api.ChatDeleteResponse>", "chat.getPermalink": "Wire<api.ChatGetPermalinkResponse>", "chat.postEphemeral": "Wire<api.ChatPostEphemeralResponse>",
	"chat.postMessage": "Wire<api.ChatPostMessageResponse>", "chat.update": "Wire<api.ChatUpdateResponse>", "conversations.history": "Wire<api.ConversationsHistoryResponse>",
	"conversations.info": "Wire<api.ConversationsInfoResponse>", "conversations.members": "Wire<api.ConversationsMembersResponse>",
	"conversations.open": "Wire<api.ConversationsOpenResponse>", "conversations.replies": "Wire<api.ConversationsRepliesResponse>", "team.info": "Wire<api.TeamInfoResponse>",
	"users.info": "Wire<api.UsersInfoResponse>", "users.list": "Wire<api.UsersListResponse>", "views.open": "Wire<api.ViewsOpenResponse>",
	"views.publish": "Wire<api.ViewsPublishResponse>", "views.push": "Wire<api.ViewsPushResponse>", "views.update": "Wire<api.ViewsUpdateResponse>",
}

// plainly leaves out "enterprise": null, too. Slack sends it outside Enterprise Grid, Bolt looks out for it, and Bolt's types deny it.
func plainly(t *testing.T, payload json.RawMessage) map[string]any {
	t.Helper()
	fields := withoutEcho(t, payload)
	if fields["enterprise"] == nil {
		delete(fields, "enterprise")
	}
	return fields
}

func asJSON(t *testing.T, v any) json.RawMessage {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
