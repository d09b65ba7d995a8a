package settings

import (
	"errors"
	"fmt"
	"net/mail"
	"regexp"
	"strings"
)

// What the tokens that people mix up are called. Prefixes: https://docs.slack.dev/authentication/tokens.
var tokenKinds = []struct{ prefix, kind string }{
	{"xoxb-", "a bot token"},
	{"xoxp-", "a user token"},
	{"xapp-", "an app-level token"},
	{"xoxe.", "a rotating token: turn token rotation off for the app"},
	{"xoxe-", "a refresh token"},
	{"xoxa-", "a legacy workspace token"},
}

func botToken(value string) (Secret, error) {
	return slackToken(value, "xoxb-", "the bot token (xoxb-…)")
}

func appToken(value string) (Secret, error) {
	return slackToken(value, "xapp-", "the app-level token (xapp-…)")
}

func slackToken(value, prefix, want string) (Secret, error) {
	if strings.HasPrefix(value, prefix) && len(value) > len(prefix) {
		return oneWord(value, want)
	}
	for _, k := range tokenKinds {
		if k.prefix != prefix && strings.HasPrefix(value, k.prefix) {
			return "", fmt.Errorf("%s; this is %s", want, k.kind)
		}
	}
	return "", errors.New(want)
}

func signingSecret(value string) (Secret, error) {
	const want = "the signing secret, from Basic Information on the app's page"
	if kindOfSecret.MatchString(value) {
		return "", errors.New(want + "; this is a token or a key")
	}
	return oneWord(value, want)
}

// oneWord accepts printable ASCII without spaces: what a header can carry, and what a slip while pasting breaks.
func oneWord(value, want string) (Secret, error) {
	for _, r := range value {
		if r <= ' ' || r > '~' {
			return "", errors.New(want + ", without spaces, line breaks and other characters around it")
		}
	}
	return Secret(value), nil
}

// Slack does not promise more of its ids than these letters, so their length is left open.
var (
	userID    = regexp.MustCompile(`^[UW][0-9A-Z]{1,30}$`)
	channelID = regexp.MustCompile(`^[CG][0-9A-Z]{1,30}$`)
	objectID  = regexp.MustCompile(`^[0-9A-Za-z-]{1,64}$`)
)

func admin(value string) (string, error) {
	if userID.MatchString(value) {
		return value, nil
	}
	if address, err := mail.ParseAddress(value); err == nil && address.Address == value {
		return value, nil
	}
	return "", errors.New("user ids of Slack (U… or W…) or e-mail addresses, comma-separated")
}

func channel(value string) (string, error) {
	if !channelID.MatchString(value) {
		return "", errors.New("channel ids (C… or G…, at the end of a channel's About tab), comma-separated")
	}
	return value, nil
}

// identities reads which Entra identity a Slack person is. Two people with one identity could approve each other's
// payments, so it is one to one.
func identities(value string) (map[string]string, error) {
	pairs, err := split(value)
	if err != nil {
		return nil, err
	}
	of := map[string]string{}
	taken := map[string]bool{}
	for i, pair := range pairs {
		user, object, _ := strings.Cut(pair, "=")
		user, object = strings.TrimSpace(user), strings.TrimSpace(object)
		if !userID.MatchString(user) || !objectID.MatchString(object) {
			return nil, fmt.Errorf("U123=object-id, comma-separated (item %d is not)", i+1)
		}
		if of[user] != "" || taken[strings.ToLower(object)] {
			return nil, fmt.Errorf("each person and each object id once (item %d is a repetition)", i+1)
		}
		of[user] = strings.ToLower(object) // As Entra writes it.
		taken[of[user]] = true
	}
	return of, nil
}
