package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"kvitt/flows"
	"kvitt/settings"
	"kvitt/store"
)

// personKind is the kind of documents that hold what people are called and which language they chose.
const personKind = "person"

// erasePerson erases what Kvitt keeps of a person besides their Slack user id: through the control socket when a serve holds the store, else straight in it.
func erasePerson(ctx context.Context, set settings.Settings, user string, std streams) error {
	err := eraseWhereItIs(ctx, set, user, std)
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("of %q no name and no language is remembered; a person's id is in their Slack profile under Copy member ID", user)
	}
	if err == nil {
		fmt.Fprintf(std.out, "Name and language of %s are erased. The audit trail names them by that id only.\n", user)
	}
	return err
}

func eraseWhereItIs(ctx context.Context, set settings.Settings, user string, std streams) error {
	backend, err := openStore(ctx, set, std)
	if errors.Is(err, store.ErrInUse) {
		return throughControl(ctx, set.Data, http.MethodDelete, "/people?id="+url.QueryEscape(user), nil, func(answer io.Reader) error {
			word, err := io.ReadAll(io.LimitReader(answer, 1<<10))
			switch {
			case err != nil:
				return fmt.Errorf("the answer of the kvitt that holds %s: %w", set.Data, err)
			case string(word) == notRemembered:
				return store.ErrNotFound
			case string(word) != erased:
				return fmt.Errorf("the kvitt that holds %s could not erase it: %s", set.Data, word)
			}
			return nil
		})
	}
	if err != nil {
		return err
	}
	defer backend.Close()
	teams, err := teamsIn(ctx, backend)
	if err != nil {
		return err
	}
	return eraseIn(ctx, backend, user, teams...)
}

// What a serve answers that is asked to erase a person; anything else is an error's text.
const (
	erased        = "erased"
	notRemembered = "not remembered"
)

func receiveErasure(a *app, w http.ResponseWriter, r *http.Request) {
	err := eraseIn(r.Context(), a.backend, r.URL.Query().Get("id"), *a.team.Load())
	switch {
	case errors.Is(err, store.ErrNotFound):
		_, _ = io.WriteString(w, notRemembered)
	case err != nil:
		_, _ = io.WriteString(w, err.Error())
	default:
		_, _ = io.WriteString(w, erased)
	}
}

// eraseIn returns store.ErrNotFound where no workspace remembers the person.
func eraseIn(ctx context.Context, backend store.Backend, user string, teams ...string) error {
	missing := store.ErrNotFound
	for _, team := range teams {
		err := flows.Forget(ctx, store.Of[flows.Preference](backend, team, personKind), user)
		switch {
		case err == nil:
			missing = nil
		case !errors.Is(err, store.ErrNotFound):
			return err
		}
	}
	return missing
}

// teamsIn lists the workspaces of a store. One that has ever seen an invoice has an audit trail.
func teamsIn(ctx context.Context, backend store.Backend) (teams []string, err error) {
	for key, err := range backend.Chains(ctx) {
		if err != nil {
			return nil, err
		}
		if len(teams) == 0 || teams[len(teams)-1] != key.Team {
			teams = append(teams, key.Team)
		}
	}
	return teams, nil
}
