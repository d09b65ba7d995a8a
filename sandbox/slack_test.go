package sandbox_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/slack-go/slack"

	"kvitt/sandbox"
)

const (
	asha, bo, guest, gone, other = "U0ASHA0001", "U0BO000001", "U0GUEST001", "U0GONE0001", "U0OTHER001"
	finance, secret, closed, far = "C0FINANCE1", "C0SECRET01", "C0CLOSED01", "C0FAR00001"
)

// fjord is a workspace with two members, a guest, somebody who left, somebody of another team, and four channels.
func fjord(cfg sandbox.SlackConfig) *sandbox.Slack {
	s := sandbox.NewSlack(cfg)
	s.AddPerson(sandbox.Person{ID: asha, Name: "asha", Email: "asha@fjord.example", Playable: true, TZ: "Europe/Oslo", Locale: "nb-NO"})
	s.AddPerson(sandbox.Person{ID: bo, Name: "bo", Email: "bo@fjord.example", Playable: true})
	s.AddPerson(sandbox.Person{ID: guest, Name: "gro", Guest: true})
	s.AddPerson(sandbox.Person{ID: gone, Name: "finn", Email: "finn@fjord.example", Deleted: true})
	s.AddPerson(sandbox.Person{ID: other, Name: "olga", Email: "olga@other.example", Team: "T0OTHER000"})
	bot := s.Config().BotUserID
	s.AddChannel(sandbox.Channel{ID: finance, Name: "finance", Members: []string{bot, asha, bo, guest}})
	s.AddChannel(sandbox.Channel{ID: secret, Name: "secret", Private: true, Members: []string{asha}})
	s.AddChannel(sandbox.Channel{ID: closed, Name: "closed", Archived: true, Members: []string{bot, asha}})
	s.AddChannel(sandbox.Channel{ID: far, Name: "far", Shared: true, Members: []string{asha, other}})
	return s
}

// inMemory is slack-go with the workspace behind it and no socket between.
func inMemory(s *sandbox.Slack) *slack.Client {
	return slack.New(s.Config().BotToken, slack.OptionHTTPClient(&http.Client{Transport: s.Transport()}),
		slack.OptionAPIURL("http://slack.sandbox/api/"), slack.OptionAppLevelToken(s.Config().AppToken))
}

// overHTTP is slack-go with the workspace behind a real listener.
func overHTTP(t *testing.T, s *sandbox.Slack) *slack.Client {
	server := httptest.NewServer(s.Handler())
	t.Cleanup(func() { s.Shutdown(); server.Close() })
	return slack.New(s.Config().BotToken, slack.OptionHTTPClient(server.Client()), slack.OptionAPIURL(server.URL+"/api/"),
		slack.OptionAppLevelToken(s.Config().AppToken))
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	if code == "" && err != nil || code != "" && (err == nil || err.Error() != code) {
		t.Errorf("Slack answered %v, want %q", err, code)
	}
}

func text(words string) slack.MsgOption { return slack.MsgOptionText(words, false) }

func post(t *testing.T, api *slack.Client, channel string, opts ...slack.MsgOption) (string, string) {
	t.Helper()
	id, ts, err := api.PostMessageContext(t.Context(), channel, opts...)
	if err != nil {
		t.Fatalf("posting to %s: %v", channel, err)
	}
	return id, ts
}

func TestTheTokenDecidesWhatMayBeAsked(t *testing.T) {
	s := fjord(sandbox.SlackConfig{BotToken: "xoxb-1", AppToken: "xapp-1"})
	for _, c := range []struct{ method, token, code string }{
		{"auth.test", "xoxb-1", ""}, {"auth.test", "", "not_authed"}, {"auth.test", "xoxb-2", "invalid_auth"},
		{"auth.test", "xapp-1", "not_allowed_token_type"}, {"apps.connections.open", "xoxb-1", "not_allowed_token_type"},
		{"apps.connections.open", "xapp-1", ""}, {"api.test", "", ""}, {"chat.postmessage", "xoxb-1", "unknown_method"},
	} {
		for _, body := range []string{"form", "header", "json"} {
			answer := callRaw(t, s, c.method, c.token, body)
			if got := answer.code(); got != c.code {
				t.Errorf("%s with %q as %s: %q, want %q", c.method, c.token, body, got, c.code)
			}
		}
	}
	if got := callRaw(t, s, "auth.test", "xoxb-1", "json body").code(); got != "not_authed" {
		t.Errorf("a token inside a JSON body was taken: %q", got)
	}
}

func TestAuthTestNamesTheScopes(t *testing.T) {
	s := fjord(sandbox.SlackConfig{Scopes: []string{"chat:write", "commands"}})
	answer := callRaw(t, s, "auth.test", s.Config().BotToken, "form")
	if got := answer.header.Get("X-OAuth-Scopes"); got != "chat:write,commands" {
		t.Errorf("X-OAuth-Scopes: %q", got)
	}
	_, err := inMemory(s).GetUserInfoContext(t.Context(), asha)
	refused, ok := err.(slack.SlackErrorResponse)
	if !ok || refused.Err != "missing_scope" || refused.Needed != "users:read" || refused.Provided != "chat:write,commands" {
		t.Errorf("users.info without its scope: %#v", err)
	}
}

func TestOnlyThisMachineIsAnswered(t *testing.T) {
	s := fjord(sandbox.SlackConfig{})
	for host, want := range map[string]int{"127.0.0.1:80": 200, "localhost": 200, "[::1]:80": 200, "slack.com": 403, "evil.example": 403} {
		r := httptest.NewRequest("POST", "/api/api.test", nil)
		r.Host, r.RemoteAddr = host, "127.0.0.1:5"
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("host %s: %d, want %d", host, w.Code, want)
		}
	}
	r := httptest.NewRequest("POST", "http://localhost/api/api.test", nil)
	w := httptest.NewRecorder()
	if s.Handler().ServeHTTP(w, r); w.Code != 403 {
		t.Errorf("a caller from elsewhere got %d", w.Code)
	}
}

func TestARealTokenIsRefusedAtTheStart(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a token of the real shape was taken")
		}
	}()
	sandbox.NewSlack(sandbox.SlackConfig{BotToken: "xoxb-123456789012-1234567890123-" + strings.Repeat("a", 24)})
}

func TestPeopleAreToldApart(t *testing.T) {
	s := fjord(sandbox.SlackConfig{})
	api := inMemory(s)
	user := func(id string) *slack.User {
		u, err := api.GetUserInfoContext(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	if u := user(asha); u.Locale != "nb-NO" || u.TZ != "Europe/Oslo" || u.TZOffset == 0 || u.Profile.Email != "asha@fjord.example" || u.IsRestricted {
		t.Errorf("a member: %+v", u)
	}
	if !user(guest).IsRestricted || !user(gone).Deleted || !user(other).IsStranger || user(other).TeamID != "T0OTHER000" || !user(s.Config().BotUserID).IsBot {
		t.Error("a guest, somebody gone, a stranger or a bot is not marked as such")
	}
	if user(other).Profile.Email != "" {
		t.Error("the e-mail address of a stranger was told")
	}
	for mail, code := range map[string]string{"ASHA@fjord.example": "", "finn@fjord.example": "users_not_found", "olga@other.example": "users_not_found"} {
		_, err := api.GetUserByEmailContext(t.Context(), mail)
		wantCode(t, err, code)
	}
	_, err := api.GetUserInfoContext(t.Context(), "U0NOBODY00")
	wantCode(t, err, "user_not_found")
	all, err := api.GetUsersContext(t.Context(), slack.GetUsersOptionLimit(2))
	if err != nil || len(all) != 6 {
		t.Errorf("users.list in pages of two: %d people, %v", len(all), err)
	}
	s.SetPerson(asha, func(p *sandbox.Person) { p.SingleChannel, p.Locale = true, "de-DE" })
	if u := user(asha); !u.IsUltraRestricted || !u.IsRestricted || u.Locale != "de-DE" {
		t.Errorf("after the change: %+v", u)
	}
}

func TestWhereABotMayPost(t *testing.T) {
	with := fjord(sandbox.SlackConfig{})
	without := fjord(sandbox.SlackConfig{Scopes: []string{"chat:write"}})
	for _, c := range []struct{ to, with, without string }{
		{finance, "", ""}, {secret, "channel_not_found", "channel_not_found"}, {closed, "is_archived", "is_archived"},
		{far, "", "not_in_channel"}, {"C0NOWHERE0", "channel_not_found", "channel_not_found"}, {asha, "", ""},
		{gone, "channel_not_found", "channel_not_found"}, {other, "channel_not_found", "channel_not_found"},
		{with.Config().BotUserID, "cannot_dm_bot", "cannot_dm_bot"},
	} {
		_, _, err := inMemory(with).PostMessageContext(t.Context(), c.to, text("hi"))
		wantCode(t, err, c.with)
		_, _, err = inMemory(without).PostMessageContext(t.Context(), c.to, text("hi"))
		wantCode(t, err, c.without)
	}
	_, _, err := inMemory(fjord(sandbox.SlackConfig{NoMessagesTab: true})).PostMessageContext(t.Context(), asha, text("hi"))
	wantCode(t, err, "messages_tab_disabled")
}

func TestAPersonsIDIsNoPlaceToUpdate(t *testing.T) {
	s := fjord(sandbox.SlackConfig{})
	api := inMemory(s)
	dm, ts := post(t, api, asha, text("one"))
	if !strings.HasPrefix(dm, "D") || dm != s.DM(asha) {
		t.Fatalf("posted to %q, the direct message is %q", dm, s.DM(asha))
	}
	_, _, _, err := api.UpdateMessageContext(t.Context(), asha, ts, text("two"))
	wantCode(t, err, "channel_not_found")
	_, _, _, err = api.UpdateMessageContext(t.Context(), dm, ts, text("two"))
	wantCode(t, err, "")
	m := s.Messages(dm)[0]
	said := []string{}
	for _, v := range m.Versions {
		said = append(said, v.Text)
	}
	if !slices.Equal(said, []string{"one", "two"}) || !m.Edited {
		t.Errorf("it said %q, edited %v", said, m.Edited)
	}
}

func TestConversationsOpen(t *testing.T) {
	s := fjord(sandbox.SlackConfig{})
	api := inMemory(s)
	for user, code := range map[string]string{asha: "", gone: "user_disabled", other: "user_not_visible", "U0NOBODY00": "user_not_found"} {
		c, _, already, err := api.OpenConversationContext(t.Context(), &slack.OpenConversationParameters{Users: []string{user}})
		wantCode(t, err, code)
		if code == "" && (already || c.ID != s.DM(user)) {
			t.Errorf("opened %q, already %v", c.ID, already)
		}
	}
}

func TestOnlyItsOwnMessagesCanBeChanged(t *testing.T) {
	s := fjord(sandbox.SlackConfig{})
	api := inMemory(s)
	theirs, err := s.Say(asha, finance, "mine")
	if err != nil {
		t.Fatal(err)
	}
	_, _, _, err = api.UpdateMessageContext(t.Context(), finance, theirs, text("yours"))
	wantCode(t, err, "cant_update_message")
	_, _, err = api.DeleteMessageContext(t.Context(), finance, theirs)
	wantCode(t, err, "cant_delete_message")
	_, _, _, err = api.UpdateMessageContext(t.Context(), finance, "1.000001", text("x"))
	wantCode(t, err, "message_not_found")
	_, ts := post(t, api, finance, text("own"))
	_, _, _, err = api.UpdateMessageContext(t.Context(), finance, ts, text(strings.Repeat("x", 4001)))
	wantCode(t, err, "msg_too_long")
	if _, _, err = api.DeleteMessageContext(t.Context(), finance, ts); err != nil {
		t.Error(err)
	}
	if len(s.Messages(finance)) != 1 || len(s.Everything(finance)) != 2 {
		t.Error("a deleted message is still there, or nobody remembers it")
	}
	_, _, _, err = api.UpdateMessageContext(t.Context(), finance, ts, text("x"))
	wantCode(t, err, "message_not_found")
}

func TestTextWithoutBlocksDeletesTheBlocks(t *testing.T) {
	s := fjord(sandbox.SlackConfig{})
	api := inMemory(s)
	_, ts := post(t, api, finance, text("due & <b> <@U1> &amp;"), slack.MsgOptionBlocks(slack.NewDividerBlock()))
	m := s.Messages(finance)[0]
	if !strings.Contains(string(m.Blocks), `"block_id":"`) || m.Text != "due &amp; &lt;b&gt; <@U1> &amp;" {
		t.Errorf("Slack fills in block_ids and escapes: %s %q", m.Blocks, m.Text)
	}
	if _, _, _, err := api.UpdateMessageContext(t.Context(), finance, ts, text("paid")); err != nil {
		t.Fatal(err)
	}
	if m := s.Messages(finance)[0]; m.Blocks != nil || m.Versions[0].Blocks == nil {
		t.Errorf("blocks after an update with text alone: %s", m.Blocks)
	}
}

func TestEphemeralMessagesCannotBeReachedAgain(t *testing.T) {
	s := fjord(sandbox.SlackConfig{})
	api := inMemory(s)
	ts, err := api.PostEphemeralContext(t.Context(), finance, asha, text("for you"))
	if err != nil {
		t.Fatal(err)
	}
	_, _, _, err = api.UpdateMessageContext(t.Context(), finance, ts, text("x"))
	wantCode(t, err, "message_not_found")
	h, err := api.GetConversationHistoryContext(t.Context(), &slack.GetConversationHistoryParameters{ChannelID: finance})
	if err != nil || len(h.Messages) != 0 {
		t.Errorf("history shows %d messages, %v", len(h.Messages), err)
	}
	_, err = api.PostEphemeralContext(t.Context(), finance, other, text("x"))
	wantCode(t, err, "user_not_in_channel")
	if m := s.Messages(finance); len(m) != 1 || m[0].For != asha {
		t.Errorf("eyes see %+v", m)
	}
	if err := s.Dismiss(asha, finance, ts); err != nil || len(s.Messages(finance)) != 0 {
		t.Errorf("dismissing it: %v", err)
	}
}

func TestMetadataComesBackOnlyWhenAskedFor(t *testing.T) {
	s := fjord(sandbox.SlackConfig{})
	api := inMemory(s)
	meta := slack.MsgOptionMetadata(slack.SlackMetadata{EventType: "reminder", EventPayload: map[string]any{"token": "t1"}})
	dm, _ := post(t, api, asha, text("due"), meta)
	for _, all := range []bool{false, true} {
		h, err := api.GetConversationHistoryContext(t.Context(), &slack.GetConversationHistoryParameters{ChannelID: dm, IncludeAllMetadata: all})
		if err != nil || (h.Messages[0].Metadata.EventPayload["token"] == "t1") != all {
			t.Errorf("include_all_metadata=%v: %+v %v", all, h, err)
		}
	}
	for code, payload := range map[string]map[string]any{
		"metadata_too_large": {"x": strings.Repeat("x", 1000)}, "invalid_metadata_schema": {"x": map[string]any{"y": map[string]any{}}},
	} {
		_, _, err := api.PostMessageContext(t.Context(), asha, text("x"), slack.MsgOptionMetadata(slack.SlackMetadata{EventType: "e", EventPayload: payload}))
		wantCode(t, err, code)
	}
}

func TestHistoryPagesAndThreads(t *testing.T) {
	s := fjord(sandbox.SlackConfig{Unpaced: true})
	api := inMemory(s)
	_, parent := post(t, api, finance, text("0"))
	_, reply := post(t, api, finance, text("in thread"), slack.MsgOptionTS(parent))
	post(t, api, finance, text("in thread too"), slack.MsgOptionTS(reply))
	_, last := post(t, api, finance, text("1"))
	ask := &slack.GetConversationHistoryParameters{ChannelID: finance, Limit: 1}
	h, err := api.GetConversationHistoryContext(t.Context(), ask)
	if err != nil || len(h.Messages) != 1 || h.Messages[0].Timestamp != last || !h.HasMore {
		t.Fatalf("the first page: %+v %v", h, err)
	}
	ask.Cursor = h.ResponseMetaData.NextCursor
	h, err = api.GetConversationHistoryContext(t.Context(), ask)
	if err != nil || len(h.Messages) != 1 || h.Messages[0].Timestamp != parent || h.Messages[0].ReplyCount != 2 || h.HasMore {
		t.Fatalf("the second page: %+v %v", h, err)
	}
	replies, _, _, err := api.GetConversationRepliesContext(t.Context(), &slack.GetConversationRepliesParameters{ChannelID: finance, Timestamp: parent})
	if err != nil || len(replies) != 3 || replies[2].Text != "in thread too" {
		t.Errorf("the thread: %+v %v", replies, err)
	}
	h, err = api.GetConversationHistoryContext(t.Context(), &slack.GetConversationHistoryParameters{ChannelID: finance, Oldest: parent})
	if err != nil || len(h.Messages) != 1 {
		t.Errorf("after %s: %d messages, %v", parent, len(h.Messages), err)
	}
	_, _, err = api.PostMessageContext(t.Context(), finance, text("x"), slack.MsgOptionTS("1.000001"))
	wantCode(t, err, "cannot_reply_to_message")
	link, err := api.GetPermalinkContext(t.Context(), &slack.PermalinkParameters{Channel: finance, Ts: parent})
	if err != nil || !strings.Contains(link, "/archives/"+finance+"/p") {
		t.Errorf("permalink %q %v", link, err)
	}
}

func TestHistoryNeedsTheScopeOfItsKindAndMembership(t *testing.T) {
	s := fjord(sandbox.SlackConfig{Scopes: []string{"chat:write", "im:history", "channels:history", "channels:read"}})
	api := inMemory(s)
	dm, _ := post(t, api, asha, text("hi"))
	s.SetChannel(secret, func(c *sandbox.Channel) { c.Members = append(c.Members, s.Config().BotUserID) })
	for id, code := range map[string]string{dm: "", finance: "", far: "not_in_channel", secret: "missing_scope", "C0NOWHERE0": "channel_not_found"} {
		_, err := api.GetConversationHistoryContext(t.Context(), &slack.GetConversationHistoryParameters{ChannelID: id})
		wantCode(t, err, code)
	}
	c, err := api.GetConversationInfoContext(t.Context(), &slack.GetConversationInfoInput{ChannelID: far})
	if err != nil || !c.IsExtShared || c.IsMember {
		t.Errorf("a shared channel: %+v %v", c, err)
	}
	ids, _, err := api.GetUsersInConversationContext(t.Context(), &slack.GetUsersInConversationParameters{ChannelID: finance})
	if err != nil || !slices.Contains(ids, asha) {
		t.Errorf("members %q %v", ids, err)
	}
}

func TestInvalidBlocksAreRefusedInSlacksShape(t *testing.T) {
	s := fjord(sandbox.SlackConfig{})
	long := slack.NewSectionBlock(slack.NewTextBlockObject("mrkdwn", strings.Repeat("x", 3001), false, false), nil, nil)
	_, _, err := inMemory(s).PostMessageContext(t.Context(), finance, text("x"), slack.MsgOptionBlocks(long))
	refused, ok := err.(slack.SlackErrorResponse)
	want := "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"
	if !ok || refused.Err != "invalid_blocks" || len(refused.ResponseMetadata.Messages) != 1 || refused.ResponseMetadata.Messages[0] != "[ERROR] "+want {
		t.Errorf("%#v", err)
	}
	if len(s.Messages(finance)) != 0 {
		t.Error("it was posted all the same")
	}
}
