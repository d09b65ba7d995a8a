package sandbox

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// The reading methods: who and what is there (https://docs.slack.dev/reference/methods).

func (s *Slack) apiTest(args Args) (object, error) {
	if args["error"] != "" {
		return nil, refuse(args["error"])
	}
	return object{"args": args}, nil
}

func (s *Slack) authTest(Args) (object, error) {
	return object{
		"url": "https://" + s.cfg.TeamDomain + ".slack.com/", "team": s.cfg.TeamName, "user": s.people[s.cfg.BotUserID].Name,
		"team_id": s.cfg.TeamID, "user_id": s.cfg.BotUserID, "bot_id": s.cfg.BotID, "is_enterprise_install": false,
	}, nil
}

func (s *Slack) teamInfo(Args) (object, error) {
	return object{"team": object{"id": s.cfg.TeamID, "name": s.cfg.TeamName, "domain": s.cfg.TeamDomain, "email_domain": "", "icon": object{}}}, nil
}

func (s *Slack) botInfo(args Args) (object, error) {
	if bot := args["bot"]; bot != "" && bot != s.cfg.BotID {
		return nil, refuse("bot_not_found")
	}
	bot := s.botProfile()
	delete(bot, "team_id")
	bot["user_id"] = s.cfg.BotUserID
	return object{"bot": bot}, nil
}

func (s *Slack) userInfo(args Args) (object, error) {
	if err := args.missing("user"); err != nil {
		return nil, err
	}
	p := s.people[args["user"]]
	if p == nil {
		return nil, refuse("user_not_found")
	}
	return object{"user": s.user(p, args.flag("include_locale"))}, nil
}

func (s *Slack) userByEmail(args Args) (object, error) {
	if err := args.missing("email"); err != nil {
		return nil, err
	}
	for _, id := range s.names {
		if p := s.people[id]; strings.EqualFold(p.Email, args["email"]) && !p.Deleted && !s.stranger(p) {
			return object{"user": s.user(p, false)}, nil
		}
	}
	return nil, refuse("users_not_found")
}

func (s *Slack) userList(args Args) (object, error) {
	ids, next, err := pageOf(s.names, args, 200)
	if err != nil {
		return nil, err
	}
	users := []object{}
	for _, id := range ids {
		users = append(users, s.user(s.people[id], args.flag("include_locale")))
	}
	return object{"members": users, "cache_ts": s.cfg.Now().Unix(), "response_metadata": object{"next_cursor": next}}, nil
}

// pageOf cuts one page out of all; the cursor is the place where the next one begins.
func pageOf[T any](all []T, args Args, size int) (page []T, next string, err error) {
	from := 0
	if cursor := args["cursor"]; cursor != "" {
		if from, err = strconv.Atoi(cursor); err != nil || from < 0 || from > len(all) {
			return nil, "", refuse("invalid_cursor")
		}
	}
	to := min(len(all), from+args.limit(size))
	if to < len(all) {
		next = strconv.Itoa(to)
	}
	return all[from:to], next, nil
}

// user is a person as users.info has it. Slack leaves most out for deleted people and for strangers, and the e-mail
// address without users:read.email.
func (s *Slack) user(p *Person, locale bool) object {
	profile := object{"real_name": p.RealName, "display_name": p.Name, "team": p.Team}
	if s.need("users:read.email") == nil && p.Email != "" && !s.stranger(p) {
		profile["email"] = p.Email
	}
	out := object{
		"id": p.ID, "team_id": p.Team, "name": p.Name, "deleted": p.Deleted, "profile": profile, "is_bot": p.Bot,
		"is_app_user": false, "updated": 1700000000,
	}
	if p.Deleted {
		return out
	}
	zone, offset := p.TZ, 0
	if at, err := time.LoadLocation(p.TZ); err == nil {
		zone, offset = s.cfg.Now().In(at).Zone()
	}
	for name, value := range map[string]any{
		"real_name": p.RealName, "color": "9f69e7", "tz": p.TZ, "tz_label": zone, "tz_offset": offset, "is_admin": p.Admin || p.Owner, "is_owner": p.Owner,
		"is_primary_owner": false, "is_restricted": p.Guest || p.SingleChannel, "is_ultra_restricted": p.SingleChannel,
	} {
		out[name] = value
	}
	if s.stranger(p) {
		out["is_stranger"] = true
	}
	if locale {
		out["locale"] = p.Locale
	}
	return out
}

// seen returns a conversation that the app may know of, if the scope of its kind with the given ending is granted.
func (s *Slack) seen(args Args, ending string) (*Channel, error) {
	if err := args.missing("channel"); err != nil {
		return nil, err
	}
	c := s.channels[args["channel"]]
	if c == nil || ((c.Private || c.IM != "") && !c.has(s.cfg.BotUserID)) {
		return nil, refuse("channel_not_found")
	}
	kind := "channels:"
	if c.IM != "" {
		kind = "im:"
	} else if c.Private {
		kind = "groups:"
	}
	return c, s.need(kind + ending)
}

func (s *Slack) channelInfo(args Args) (object, error) {
	c, err := s.seen(args, "read")
	if err != nil {
		return nil, err
	}
	out := s.conversation(c)
	if args.flag("include_locale") {
		out["locale"] = c.Locale
	}
	if args.flag("include_num_members") {
		out["num_members"] = len(c.Members)
	}
	return object{"channel": out}, nil
}

func (s *Slack) conversation(c *Channel) object {
	out := object{
		"id": c.ID, "created": 1700000000, "is_archived": c.Archived, "is_im": c.IM != "", "is_org_shared": false,
		"is_mpim": false, "context_team_id": s.cfg.TeamID,
	}
	if c.IM != "" {
		out["user"] = c.IM
		out["is_user_deleted"] = s.people[c.IM].Deleted
		return out
	}
	for name, value := range map[string]any{
		"name": c.Name, "name_normalized": c.Name, "is_channel": !c.Private, "is_group": c.Private, "is_private": c.Private, "is_general": false,
		"is_shared": c.Shared, "is_ext_shared": c.Shared, "is_member": c.has(s.cfg.BotUserID), "is_pending_ext_shared": false,
	} {
		out[name] = value
	}
	return out
}

func (s *Slack) members(args Args) (object, error) {
	c, err := s.seen(args, "read")
	if err != nil {
		return nil, err
	}
	ids, next, err := pageOf(c.Members, args, 100)
	if err != nil {
		return nil, err
	}
	return object{"members": slices.Clone(ids), "response_metadata": object{"next_cursor": next}}, nil
}

func (s *Slack) openConversation(args Args) (object, error) {
	if id := args["channel"]; id != "" {
		c := s.channels[id]
		if c == nil || c.IM == "" {
			return nil, refuse("channel_not_found")
		}
		return object{"no_op": true, "already_open": true, "channel": object{"id": c.ID}}, nil
	}
	ids := strings.Split(args["users"], ",")
	switch p := s.people[ids[0]]; {
	case args["users"] == "":
		return nil, refuse("users_list_not_supplied")
	case len(ids) > 1:
		// Group messages are beyond the sandbox, and Kvitt opens none.
		return nil, refuse("too_many_users")
	case p == nil:
		return nil, refuse("user_not_found")
	case p.Deleted:
		return nil, refuse("user_disabled")
	case p.Bot:
		return nil, refuse("cannot_dm_bot")
	case s.stranger(p):
		return nil, refuse("user_not_visible")
	default:
		already := p.dm != ""
		channel := object{"id": s.openDM(p).ID}
		if args.flag("return_im") {
			channel = s.conversation(s.openDM(p))
			delete(channel, "is_mpim")
			delete(channel, "is_user_deleted")
		}
		return object{"no_op": already, "already_open": already, "channel": channel}, nil
	}
}
