package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"kvitt/store"
)

// nasty is what a reason given by a person may hold: formulas, separators, line breaks.
const nasty = "=HYPERLINK(\"https://evil.example\");=1+1,\\n\r\n\t'Æøå\u2028"

// deeds are the audit trails of a team, by kind and id, each entry a word.
type deeds map[string][]string

// done is what most tests begin with.
func done() deeds {
	return deeds{"invoice/INV-1": {"seen", "begun", "paid", "confirmed"}, "invoice/INV-2": {"seen", "denied"}, "person/U1": {"pinned"}}
}

// folderWith is a store whose trails say what was done.
func folderWith(t *testing.T, d deeds) string {
	t.Helper()
	data := filepath.Join(shortFolder(t), "data")
	backend, err := store.OpenFile(t.Context(), data, store.FileOptions{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Close()
	for key, words := range d {
		for i, word := range words {
			act(t, backend, key, i, word)
		}
	}
	return data
}

func act(t *testing.T, backend store.Backend, key string, i int, word string) {
	t.Helper()
	kind, id, _ := strings.Cut(key, "/")
	at := time.Date(2026, 3, 1, 9, 0, i, 123456789, time.UTC)
	_, err := store.Of[int](backend, "T1", kind).Update(t.Context(), id, func(*int) (store.Next, error) {
		return store.Next{Audit: []store.Note{{At: at, Who: "U1", What: word, Facts: map[string]string{"reason": nasty, "amount": "-12.00 USD"}}}}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// audits runs an audit command on a folder.
func audits(t *testing.T, data string, args ...string) said {
	t.Helper()
	return kvitt(t, []string{"KVITT_DATA=" + data}, append([]string{"audit"}, args...)...)
}

// exported is a new export of a folder.
func exported(t *testing.T, data, format string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "trail."+format)
	if got := audits(t, data, "export", path); got.code != well {
		t.Fatalf("the export exited with %d: %s", got.code, got.err)
	}
	return path
}

func TestAuditExportsAreFoundAgain(t *testing.T) {
	data := folderWith(t, done())
	for _, format := range []string{"csv", "jsonl"} {
		path := exported(t, data, format)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %s", path, info.Mode())
		}
		if again := audits(t, data, "export", "--format", format); again.code != well || again.out != string(text) {
			t.Errorf("standard output is not what is in the file: %d %s", again.code, again.err)
		}
		got := audits(t, data, "verify", "--head", path)
		if got.code != well || !strings.Contains(got.out, "entries: 7, chains: 3") || !strings.Contains(got.out, path) || strings.Contains(got.out, "cannot know") {
			t.Errorf("exit code %d, %q, %q", got.code, got.out, got.err)
		}
		checkLines(t, string(text))
	}
	if got := audits(t, data, "verify"); got.code != well || !strings.Contains(got.out, "entries: 7, chains: 3") || !strings.Contains(got.out, "cannot know") || !strings.Contains(got.out, "--head FILE") {
		t.Errorf("exit code %d, %q, %q", got.code, got.out, got.err)
	}
	if got := audits(t, data, "export"); !strings.HasPrefix(got.out, strings.Join(columns, ",")+"\n") {
		t.Errorf("the default is not CSV: %.80q", got.out)
	}
}

// checkLines holds an export of done against the store's order.
func checkLines(t *testing.T, text string) {
	t.Helper()
	var records []string
	for line, err := range readLines("it", strings.NewReader(text)) {
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, strings.TrimSpace(fmt.Sprint(line.Record, " ", line.Key.ID, " ", line.What)))
		if line.Record == entryRecord && (line.Facts["reason"] != nasty || line.Key.Team != "T1" || line.At.Nanosecond() != 123456789) {
			t.Errorf("an entry became %+v", line)
		}
	}
	want := []string{"entry INV-1 seen", "entry INV-1 begun", "entry INV-1 paid", "entry INV-1 confirmed", "head INV-1",
		"entry INV-2 seen", "entry INV-2 denied", "head INV-2", "entry U1 pinned", "head U1", "end"}
	if !slices.Equal(records, want) {
		t.Errorf("the lines are %q", records)
	}
}

func TestAuditExportIsWrittenWholeOrNotAtAll(t *testing.T) {
	data, folder := folderWith(t, done()), t.TempDir()
	path := filepath.Join(folder, "trail.csv")
	tamper(t, data, func(audit, _ *bolt.Bucket) error { return audit.Put(entryKey(4), []byte("{")) })
	if got := audits(t, data, "export", path); got.code != failed {
		t.Errorf("exit code %d, %q", got.code, got.err)
	}
	if got := audits(t, data, "export"); got.code != failed || strings.Contains(got.out, "\nend,") {
		t.Errorf("on standard output: exit code %d, %q", got.code, got.out)
	}
	if left, _ := os.ReadDir(folder); len(left) > 0 {
		t.Errorf("it left %v", left)
	}
	if err := os.WriteFile(path, []byte("proof"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := audits(t, folderWith(t, done()), "export", path); got.code != failed || !strings.Contains(got.err, "exists already") {
		t.Errorf("exit code %d, %q", got.code, got.err)
	}
	if text, _ := os.ReadFile(path); string(text) != "proof" {
		t.Errorf("an earlier file was replaced by %q", text)
	}
}

func TestAuditCommandsRefuseWhatTheyCannotDo(t *testing.T) {
	data := folderWith(t, done())
	for name, c := range map[string]struct {
		data string
		args []string
		code int
		err  string
	}{
		"an unknown format":   {data, []string{"export", "--format", "xml"}, refused, `--format is "xml"; expected csv or jsonl`},
		"no store":            {t.TempDir(), []string{"verify"}, failed, "there is no store in"},
		"no store to export":  {t.TempDir(), []string{"export"}, failed, "there is no store in"},
		"no such file":        {data, []string{"verify", "--head", "/nowhere/trail.csv"}, failed, "/nowhere/trail.csv"},
		"a file without name": {data, []string{"verify", "--head="}, failed, "the earlier export"},
		"a folder":            {data, []string{"verify", "--head", data}, failed, "line 1"},
		"nowhere to write":    {data, []string{"export", "/nowhere/trail.csv"}, failed, "/nowhere/trail.csv"},
	} {
		t.Run(name, func(t *testing.T) {
			got := audits(t, c.data, c.args...)
			if got.code != c.code || !strings.Contains(got.err, c.err) || strings.Count(got.err, "\n") != 1 || got.out != "" {
				t.Errorf("exit code %d, %q, %q", got.code, got.out, got.err)
			}
			if _, err := os.Stat(filepath.Join(c.data, store.FileName)); c.data != data && err == nil {
				t.Error("it made a store")
			}
		})
	}
}
