package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"

	"kvitt/store"
	"kvitt/store/redistest"
)

// tamper changes the store behind Kvitt's back.
func tamper(t *testing.T, data string, change func(audit, docs *bolt.Bucket) error) {
	t.Helper()
	db, err := bolt.Open(filepath.Join(data, store.FileName), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Update(func(tx *bolt.Tx) error { return change(tx.Bucket([]byte("audit")), tx.Bucket([]byte("docs"))) }); err != nil {
		t.Fatal(err)
	}
}

// entryKey is where an entry of INV-1 lies; see store/layout.go.
func entryKey(seq byte) []byte {
	return append([]byte("T1\x00invoice\x00INV-1\x00"), 0, 0, 0, 0, 0, 0, 0, seq)
}

func TestAuditNamesTheFirstAlteredEntry(t *testing.T) {
	for name, c := range map[string]struct {
		change func(audit, docs *bolt.Bucket) error
		named  string
	}{
		"one byte": {func(audit, _ *bolt.Bucket) error {
			return audit.Put(entryKey(3), []byte(strings.Replace(string(audit.Get(entryKey(3))), `"paid"`, `"qaid"`, 1)))
		}, "audit entry 3 of T1/invoice/INV-1 was changed"},
		"one taken out": {func(audit, _ *bolt.Bucket) error { return audit.Delete(entryKey(2)) }, "audit entry 2 of T1/invoice/INV-1 is missing"},
		"the first":     {func(audit, _ *bolt.Bucket) error { return audit.Delete(entryKey(1)) }, "audit entry 1 of T1/invoice/INV-1 is missing"},
		"the last":      {func(audit, _ *bolt.Bucket) error { return audit.Delete(entryKey(4)) }, "audit entry 4 of T1/invoice/INV-1 is missing"},
		"two exchanged": {func(audit, _ *bolt.Bucket) error {
			second, third := slices.Clone(audit.Get(entryKey(2))), slices.Clone(audit.Get(entryKey(3)))
			return errors.Join(audit.Put(entryKey(2), third), audit.Put(entryKey(3), second))
		}, "audit entry 2 of T1/invoice/INV-1"},
		"one put in between": {func(audit, _ *bolt.Bucket) error {
			for seq := byte(4); seq > 2; seq-- {
				if err := audit.Put(entryKey(seq+1), slices.Clone(audit.Get(entryKey(seq)))); err != nil {
					return err
				}
			}
			return audit.Put(entryKey(3), slices.Clone(audit.Get(entryKey(2))))
		}, "audit entry 3 of T1/invoice/INV-1"},
		"one put behind":    {func(audit, _ *bolt.Bucket) error { return audit.Put(entryKey(5), audit.Get(entryKey(4))) }, "audit entry 5 of T1/invoice/INV-1"},
		"the record's head": {func(_, docs *bolt.Bucket) error { return docs.Delete([]byte("T1\x00invoice\x00INV-1")) }, "audit entry 1 of T1/invoice/INV-1 is one too many"},
		"the record's hash": {func(_, docs *bolt.Bucket) error {
			key := []byte("T1\x00invoice\x00INV-1")
			before, after, _ := strings.Cut(string(docs.Get(key)), `"hash":"`)
			return docs.Put(key, []byte(before+`"hash":"-`+after[1:]))
		}, "audit entry 4 of T1/invoice/INV-1 is not the one that its record names"},
		"a whole trail": {func(audit, _ *bolt.Bucket) error {
			for seq := range byte(4) {
				if err := audit.Delete(entryKey(seq + 1)); err != nil {
					return err
				}
			}
			return nil
		}, "audit entry 1 of T1/invoice/INV-1 is missing"},
		"no entry at all": {func(audit, _ *bolt.Bucket) error { return audit.Put(entryKey(2), []byte("{")) }, "audit entry 2 of T1/invoice/INV-1 cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			data := folderWith(t, done())
			before := exported(t, data, "jsonl")
			tamper(t, data, c.change)
			for _, args := range [][]string{{"verify"}, {"verify", "--head", before}} {
				if got := audits(t, data, args...); got.code != failed || !strings.Contains(got.err, c.named) || got.out != "" {
					t.Errorf("%v: exit code %d, %q, %q", args, got.code, got.out, got.err)
				}
			}
		})
	}
}

// In Redis a trail is a list, and the number of an entry its place in it.
func TestAuditNamesTheFirstEntryThatWasAlteredInRedis(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	const trail, doc = "{kvitt}:trail\x00T1\x00invoice\x00INV-1", "{kvitt}:doc\x00T1\x00invoice\x00INV-1"
	entry := func(n string) string { return s.Must("LINDEX", trail, n) }
	for name, c := range map[string]struct {
		change func()
		named  string
	}{
		"nothing":        {func() {}, ""},
		"one word":       {func() { s.Must("LSET", trail, "2", strings.Replace(entry("2"), `"paid"`, `"qaid"`, 1)) }, "audit entry 3 of T1/invoice/INV-1 was changed"},
		"one taken out":  {func() { s.Must("LREM", trail, "1", entry("1")) }, "audit entry 2 of T1/invoice/INV-1"},
		"the last":       {func() { s.Must("RPOP", trail) }, "audit entry 4 of T1/invoice/INV-1 is missing"},
		"one put in":     {func() { s.Must("LINSERT", trail, "BEFORE", entry("2"), entry("0")) }, "audit entry 3 of T1/invoice/INV-1"},
		"one put behind": {func() { s.Must("RPUSH", trail, entry("3")) }, "audit entry 5 of T1/invoice/INV-1"},
		"two exchanged": {func() {
			second, third := entry("1"), entry("2")
			s.Must("LSET", trail, "1", third)
			s.Must("LSET", trail, "2", second)
		}, "audit entry 2 of T1/invoice/INV-1"},
		"a whole trail":     {func() { s.Must("DEL", trail) }, "audit entry 1 of T1/invoice/INV-1 is missing"},
		"the record's head": {func() { s.Must("DEL", doc) }, "audit entry 1 of T1/invoice/INV-1 is one too many"},
	} {
		s.Must("FLUSHALL")
		memory, err := store.OpenRedis(t.Context(), s.URL(), store.RedisOptions{})
		must(t, err)
		for i, word := range done()["invoice/INV-1"] {
			act(t, memory, "invoice/INV-1", i, word)
		}
		must(t, memory.Close())
		c.change()
		got := kvitt(t, []string{"REDIS_URL=" + s.URL()}, "audit", "verify")
		if (got.code == well) != (c.named == "") || !strings.Contains(got.err, c.named) {
			t.Errorf("%s: exit code %d, %q", name, got.code, got.err)
		}
	}
}

func TestAuditOnlyAnEarlierExportTells(t *testing.T) {
	for name, c := range map[string]struct {
		now   func(deeds)
		named string // Empty: all is well.
	}{
		"nothing new":     {func(deeds) {}, ""},
		"more of all":     {func(d deeds) { d["invoice/INV-0"], d["person/U1"] = []string{"seen"}, append(d["person/U1"], "pinned") }, ""},
		"cut off":         {func(d deeds) { d["invoice/INV-1"] = d["invoice/INV-1"][:3] }, "audit entry 4 of T1/invoice/INV-1 is missing"},
		"the last, cut":   {func(d deeds) { d["invoice/INV-2"] = d["invoice/INV-2"][:1] }, "audit entry 2 of T1/invoice/INV-2 is missing"},
		"rewritten":       {func(d deeds) { d["invoice/INV-1"][1] = "declined" }, "T1/invoice/INV-1 is not the one"},
		"last rewritten":  {func(d deeds) { d["person/U1"][0] = "freed" }, "audit entry 1 of T1/person/U1 is not the one"},
		"gone":            {func(d deeds) { delete(d, "invoice/INV-2") }, "T1/invoice/INV-2 is missing, and its whole trail with it"},
		"the first gone":  {func(d deeds) { delete(d, "invoice/INV-1") }, "T1/invoice/INV-1 is missing, and its whole trail with it"},
		"the last gone":   {func(d deeds) { delete(d, "person/U1") }, "T1/person/U1 is missing, and its whole trail with it"},
		"all of it":       {func(d deeds) { clear(d) }, "T1/invoice/INV-1 is missing, and its whole trail with it"},
		"two, cut at end": {func(d deeds) { d["person/U1"], d["invoice/INV-1"] = nil, d["invoice/INV-1"][:1] }, "audit entry 2 of T1/invoice/INV-1 is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			before := folderWith(t, done())
			d := done()
			c.now(d)
			after := folderWith(t, d) // As somebody would leave it who can count hashes.
			if got := audits(t, after, "verify"); got.code != well {
				t.Errorf("without an earlier export it exited with %d: %s", got.code, got.err)
			}
			for _, format := range []string{"csv", "jsonl"} {
				path := exported(t, before, format)
				got := audits(t, after, "verify", "--head", path)
				if want := c.named != ""; (got.code == failed) != want || !strings.Contains(got.err, c.named) || want && !strings.Contains(got.err, path) {
					t.Errorf("against all of %s: exit code %d, %q", path, got.code, got.err)
				}
				got = audits(t, after, "verify", "--head", heads(t, path))
				if want := c.named != ""; (got.code == failed) != want {
					t.Errorf("against the heads of %s: exit code %d, %q", path, got.code, got.err)
				}
			}
		})
	}
}

// heads is an export without its entries.
func heads(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := slices.DeleteFunc(strings.SplitAfter(string(text), "\n"), func(line string) bool {
		return strings.HasPrefix(line, "entry,") || strings.HasPrefix(line, `{"record":"entry"`)
	})
	short := path + ".heads"
	if err := os.WriteFile(short, []byte(strings.Join(lines, "")), 0o600); err != nil {
		t.Fatal(err)
	}
	return short
}

func TestAuditExportShowsAnAlteredTrailAndSaysSo(t *testing.T) {
	data := folderWith(t, done())
	tamper(t, data, func(audit, _ *bolt.Bucket) error { return audit.Delete(entryKey(2)) })
	path := filepath.Join(t.TempDir(), "trail.csv")
	got := audits(t, data, "export", path)
	if got.code != failed || !strings.Contains(got.err, "audit entry 2 of T1/invoice/INV-1 is missing") {
		t.Errorf("exit code %d, %q", got.code, got.err)
	}
	if text, _ := os.ReadFile(path); strings.Count(string(text), "\nentry,") != 6 || !strings.Contains(string(text), "\nend,") {
		t.Errorf("the export is not complete:\n%s", text)
	}
	if got := audits(t, folderWith(t, done()), "verify", "--head", path); got.code != failed || !strings.Contains(got.err, path+" proves nothing") {
		t.Errorf("such a file counts as proof: exit code %d, %q", got.code, got.err)
	}
}
