package main

import (
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
)

// Stories are the days of a finance team as text (testdata/stories/*.txtar), run against the whole bot in bubble time: the pretend Slack and the
// pretend Stripe are reached in memory, everything between them is serve's own wiring. Every line is one act or one expectation; after an act
// the team leaves the bot a few seconds.
func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/stories/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			folder := t.TempDir()
			synctest.Test(t, func(t *testing.T) { tell(t, newStage(t, folder, archive), string(archive.Comment)) })
		})
	}
}

// breath is how long the team leaves the bot after each act.
const breath = 4 * time.Second

// tell runs a story line by line; the first line that is not true ends it.
func tell(t *testing.T, s *stage, script string) {
	defer s.close()
	for i, line := range strings.Split(script, "\n") {
		words := split(line)
		if len(words) == 0 {
			continue
		}
		do, known := verbs[words[0]]
		if !known {
			t.Fatalf("line %d: nobody knows how to %q", i+1, words[0])
		}
		if err := do(s, words[1:]); err != nil {
			t.Fatalf("line %d: %s\n%v\n\n%s", i+1, strings.TrimSpace(line), err, s.scene())
		}
	}
}

// verbs are what a line may begin with.
var verbs = map[string]func(*stage, []string) error{
	"at": (*stage).at, "wait": (*stage).wait, "set": (*stage).set,
	"invoice": (*stage).invoice, "import": (*stage).importFile, "elsewhere": (*stage).elsewhere, "amount": (*stage).amount, "void": (*stage).void,
	"press": (*stage).press, "later": (*stage).later, "choose": (*stage).choose, "write": (*stage).write, "submit": (*stage).submit, "pay": (*stage).pay, "home": (*stage).home, "type": (*stage).typed,
	"guest": (*stage).guest, "share": (*stage).share, "store": (*stage).reachable, "fault": (*stage).fault, "authenticate": (*stage).authenticate, "clear": (*stage).clear, "debit": (*stage).debit, "mend": (*stage).mend, "stop": (*stage).stop, "crash": (*stage).crash, "restart": (*stage).restart,
	"azure": (*stage).azureDoes, "approve": (*stage).approve, "keep": (*stage).keep, "stale": (*stage).pressStale,
	"slack": (*stage).slackDay, "close": (*stage).closeModal,
	"expect": (*stage).expect, "never": (*stage).never,
}

// split cuts a line into words; "several words" in quotes are one, and # begins a comment where a channel's name does not.
func split(line string) []string {
	var words []string
	for rest := strings.TrimSpace(line); rest != "" && !strings.HasPrefix(rest, "# "); rest = strings.TrimSpace(rest) {
		if quoted, found := strings.CutPrefix(rest, `"`); found {
			word, after, _ := strings.Cut(quoted, `"`)
			words, rest = append(words, word), after
			continue
		}
		word, after, _ := strings.Cut(rest, " ")
		words, rest = append(words, word), after
	}
	return words
}
