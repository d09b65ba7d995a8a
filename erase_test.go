package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"

	"kvitt/sandbox"
	"kvitt/store"
	"kvitt/store/redistest"
)

// holding lists the kinds of documents and trails in the embedded store that hold a text.
func holding(t *testing.T, data, text string) (kinds []string) {
	t.Helper()
	db, err := bolt.Open(filepath.Join(data, store.FileName), 0o600, &bolt.Options{ReadOnly: true})
	must(t, err)
	defer db.Close()
	must(t, db.View(func(tx *bolt.Tx) error {
		return tx.ForEach(func(bucket []byte, b *bolt.Bucket) error {
			return b.ForEach(func(key, value []byte) error {
				if strings.Contains(string(key)+string(value), text) {
					kinds = append(kinds, string(bucket)+" "+strings.Split(string(key), "\x00")[1])
				}
				return nil
			})
		})
	}))
	slices.Sort(kinds)
	return slices.Compact(kinds)
}

// What people are called stands in one table, nobody's e-mail address anywhere, and what the page says erases it: while serve runs, and while it does not.
func TestAPersonIsErasedAsThePageSays(t *testing.T) {
	t.Parallel()
	blocks := documented(t, "A person")
	f := newFort(t, 1)
	data, asha, bo := filepath.Join(f.folder, "data"), f.people["asha"], f.people["bo"]
	f.send(f.seal(fmt.Sprintf(signed, slacks), f.payment(f.invoices["0"], "1.2.asha")))
	f.soon("the payment", func() bool { return strings.HasSuffix(f.trail(f.invoices["0"]), "paid") })
	f.soon("everybody's name", func() bool {
		return f.send(f.seal(fmt.Sprintf(signed, slacks), strings.ReplaceAll(f.payment(f.invoices["0"], "1.3.bo"), asha, bo))).StatusCode == http.StatusOK
	})
	f.soon("the confirmation", func() bool { return len(f.slack.Messages(f.slack.DM(asha))) > 0 })
	run := func(who string) (string, error) {
		return asWritten(t, strings.ReplaceAll(strings.Join(blocks, ""), "U012AB3CD", who), "KVITT_DATA="+data)
	}
	if said, err := run(asha); err != nil || !strings.Contains(said, asha) {
		t.Errorf("while serve runs: %s, %v", said, err)
	}
	if said, err := run("U0NOBODY00"); err == nil || !strings.Contains(said, "no name and no language") {
		t.Errorf("of nobody: %s, %v", said, err)
	}
	f.stop()
	for text, want := range map[string][]string{"Asha": nil, `"Bo"`: {"docs person"}, "fjord.example": nil} {
		if got := holding(t, data, text); !slices.Equal(got, want) {
			t.Errorf("%s stands in %v, want %v", text, got, want)
		}
	}
	if said, err := run(bo); err != nil || !strings.Contains(said, bo) {
		t.Errorf("while nothing runs: %s, %v", said, err)
	}
	if got := holding(t, data, `"Bo"`); got != nil {
		t.Errorf("Bo's name stands in %v", got)
	}
	if got := audits(t, data, "verify"); got.code != well {
		t.Errorf("the audit trail: %s", got.err)
	}
	if trail := audits(t, data, "export"); !strings.Contains(trail.out, asha) {
		t.Error("the audit trail does not say any more who paid")
	}
	if said, err := run(bo); err == nil {
		t.Errorf("a second time: %s", said)
	}
}

// Slack goes on telling the name of whoever was deactivated. Once erased it does not come back, and the cards that are shown anew do without it.
func TestTheNameOfWhoeverLeftDoesNotComeBack(t *testing.T) {
	t.Parallel()
	inStory(t, billed+"\npay bo INV-1\nhome asha\nexpect home asha \"Paid by Bo\"", func(s *stage) {
		s.slack.SetPerson(s.people["bo"], func(p *sandbox.Person) { p.Deleted = true })
		s.acts("wait 10m\nhome asha\nexpect home asha \"Paid by Bo\"")
		must(t, eraseIn(s.t.Context(), s.life.store, s.people["bo"], "T0SANDBOX"))
		s.acts("wait 10m\nhome asha\nexpect home asha \"Paid by somebody\"")
		if err := eraseIn(s.t.Context(), s.life.store, s.people["bo"], "T0SANDBOX"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("Bo is remembered again: %v", err)
		}
	})
}

func TestAWorkspaceIsErasedAsThePageSays(t *testing.T) {
	t.Parallel()
	blocks := documented(t, "A workspace")
	if len(blocks) != 2 {
		t.Fatalf("%d blocks of commands, want that of the folder and that of Redis", len(blocks))
	}
	data := folderWith(t, done())
	if said, err := asWritten(t, blocks[0], "KVITT_DATA="+data); err != nil {
		t.Errorf("the folder: %s, %v", said, err)
	}
	if _, err := os.Stat(data); !os.IsNotExist(err) {
		t.Errorf("the folder is still there: %v", err)
	}
	s := redistest.Start(t)
	memory, err := store.OpenRedis(t.Context(), s.URL(), store.RedisOptions{})
	must(t, err)
	for n := range 1500 {
		act(t, memory, fmt.Sprintf("invoice/INV-%d", n), 0, "seen")
	}
	must(t, memory.Close())
	s.Must("SET", "somebody:else", "1")
	if said, err := asWritten(t, blocks[1], "REDIS_URL="+s.URL()); err != nil {
		t.Errorf("Redis: %s, %v", said, err)
	}
	if left := s.Must("KEYS", "*"); left != "somebody:else" {
		t.Errorf("in Redis there is %q", left)
	}
	again, err := store.OpenRedis(t.Context(), s.URL(), store.RedisOptions{})
	must(t, err)
	must(t, again.Close())
}
