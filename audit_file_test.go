package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	bolt "go.etcd.io/bbolt"

	"kvitt/store"
)

// textOf is an export of done in a format.
func textOf(t testing.TB, format string) string {
	var b bytes.Buffer
	out := bufio.NewWriter(&b)
	write := lineWriter(format, out)
	end := auditLine{Record: endRecord}
	for _, id := range []string{"INV-1", "INV-2"} {
		key := store.Key{Team: "T1", Kind: "invoice", ID: id}
		entries, head := store.Chain(key, store.Head{}, []store.Note{{Who: "U1", What: "seen"}, {Who: nasty, What: "declined", Facts: map[string]string{"reason": nasty}}})
		for _, e := range entries {
			end.Entries++
			must(t, write(auditLine{Record: entryRecord, Entry: e}))
		}
		end.Chains++
		must(t, write(auditLine{Record: headRecord, Entry: store.Entry{Key: key, Seq: head.Seq, Hash: head.Hash}}))
	}
	must(t, write(end))
	must(t, out.Flush())
	return b.String()
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestAuditExportCutOffAnywhereIsNoticed(t *testing.T) {
	for _, format := range []string{"csv", "jsonl"} {
		whole := textOf(t, format)
		for n := range len(whole) - 1 { // Without its very last line break it is whole.
			if _, err := tally(readLines("it", strings.NewReader(whole[:n]))); err == nil {
				t.Fatalf("%s cut off after %d of %d bytes was taken for whole", format, n, len(whole))
			}
		}
		if _, err := tally(unaltered("it", readLines("it", strings.NewReader("\uFEFF"+strings.ReplaceAll(whole, "\n", "\r\n"))))); err != nil {
			t.Errorf("%s as an editor on Windows saves it: %v", format, err)
		}
	}
}

func TestAuditExportChangedAnywhereProvesNothing(t *testing.T) {
	for _, format := range []string{"csv", "jsonl"} {
		lines := strings.SplitAfter(textOf(t, format), "\n")
		head := slices.IndexFunc(lines, func(line string) bool {
			return strings.HasPrefix(line, "head") || strings.HasPrefix(line, `{"record":"head"`)
		})
		for name, c := range map[string]struct {
			text, says string
		}{
			"empty":           {"", "line 0"},
			"another file":    {"number,supplier\nA-1,Havn\n", "line 1"},
			"another object":  {"{\"a\":1}\n", "line 1"},
			"a changed word":  {strings.Replace(strings.Join(lines, ""), "seen", "Seen", 1), "audit entry 1 of T1/invoice/INV-1 was changed"},
			"a head missing":  {strings.Join(append(append([]string(nil), lines[:head]...), lines[head+1:]...), ""), "proves nothing"},
			"a chain missing": {strings.Join(slices.DeleteFunc(slices.Clone(lines), func(line string) bool { return strings.Contains(line, "INV-1") }), ""), "lines are missing"},
			"a line twice":    {strings.Join(append(append([]string(nil), lines[:head+1]...), lines[head:]...), ""), "proves nothing"},
			"something more":  {strings.Join(lines, "") + "more\n", "follows the last line"},
			"a new record":    {strings.Replace(strings.Join(lines, ""), "head", "tail", 1), "newer"},
			"a bad number":    {strings.NewReplacer(",2,", ",two,", `"seq":2`, `"seq":"two"`).Replace(strings.Join(lines, "")), "line"},
		} {
			_, err := tally(unaltered("FILE", readLines("FILE", strings.NewReader(c.text))))
			if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "FILE") {
				t.Errorf("%s, %s: %v", format, name, err)
			}
		}
	}
}

func TestAuditExportRunsNothingInASpreadsheet(t *testing.T) {
	evil := []string{"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "'=1", "a;=1+1;b", "a\n=1", `a\n=1`, `\u003b`, `"quoted", =1`, "", "plain"}
	key := store.Key{Team: "=T1", Kind: "@kind", ID: "+ID;=1"}
	for _, text := range evil {
		entries, _ := store.Chain(key, store.Head{}, []store.Note{{Who: text, What: text, Facts: map[string]string{text: text}}})
		altered := entries[0] // Hashes are hexadecimal, unless somebody altered the store.
		altered.Prev, altered.Hash = text, text
		for _, line := range []auditLine{
			{Record: entryRecord, Entry: entries[0]}, {Record: entryRecord, Entry: altered}, {Record: headRecord, Entry: store.Entry{Key: key, Seq: 1, Hash: text}},
		} {
			row := rowText(t, line)
			got, err := decodeRow([]byte(row))
			if diff := cmp.Diff(line, got); err != nil || diff != "" {
				t.Errorf("%q is read back as something else: %v %s", text, err, diff)
			}
			runsNothing(t, row)
		}
	}
}

// runsNothing splits a row as spreadsheets do, also where the comma separates decimals.
func runsNothing(t *testing.T, row string) {
	t.Helper()
	if strings.Contains(row, "\n") {
		t.Errorf("it takes more than a line: %q", row)
	}
	for _, comma := range []rune{',', ';', '\t'} {
		r := csv.NewReader(strings.NewReader(row))
		r.Comma, r.LazyQuotes = comma, true
		cells, err := r.Read()
		must(t, err)
		for _, cell := range cells {
			if strings.ContainsAny(cell[:min(1, len(cell))], "=+-@\t\r\n") || strings.HasPrefix(cell, "＝") {
				t.Errorf("%q split at %q has the cell %q", row, comma, cell)
			}
		}
	}
}

// Whatever somebody gives to --head: it is refused or it is read, and what was read is written the same.
func FuzzAuditHeadFile(f *testing.F) {
	for _, format := range []string{"csv", "jsonl"} {
		whole := textOf(f, format)
		f.Add([]byte(whole))
		f.Add([]byte(whole[:len(whole)/2]))
		f.Add([]byte(strings.ToUpper(whole)))
	}
	f.Add([]byte("\uFEFF{"))
	f.Add([]byte(strings.Join(columns, ",") + "\nend,,,,,,,,{},,\n"))
	f.Add([]byte(`{"record":"head","team":"T","kind":"k","id":"i","seq":-9223372036854775808,"hash":"=1"}`))
	f.Fuzz(func(t *testing.T, file []byte) {
		today := textOf(t, formatJSONL)
		_, _ = tally(compared(checked(readLines("today", strings.NewReader(today))), unaltered("FILE", readLines("FILE", bytes.NewReader(file))), "FILE"))
		for line, err := range unaltered("FILE", readLines("FILE", bytes.NewReader(file))) {
			if err != nil || line.Record != entryRecord {
				continue
			}
			got, err := decodeRow([]byte(rowText(t, line)))
			if diff := cmp.Diff(line.sum(), got.sum()); err != nil || diff != "" {
				t.Errorf("%+v is read back as %+v: %v", line, got, err)
			}
		}
	})
}

// sum is what of an entry its hash covers.
func (l auditLine) sum() store.Entry {
	e := l.Entry
	e.At = e.At.UTC()
	if len(e.Facts) == 0 {
		e.Facts = nil
	}
	return e
}

func rowText(t *testing.T, line auditLine) string {
	t.Helper()
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	must(t, w.Write(line.row()))
	w.Flush()
	return strings.TrimSuffix(b.String(), "\n")
}

func TestAuditExportTakesThePlaceOfAnEmptyFileAndOfNothingElse(t *testing.T) {
	data, folder := folderWith(t, done()), t.TempDir()
	path := filepath.Join(folder, "trail.csv")
	must(t, os.WriteFile(path, nil, 0o644))
	want := audits(t, data, "export").out
	if got := audits(t, data, "export", path); got.code != well || read(t, path) != want {
		t.Errorf("into an empty file: exit code %d, %q", got.code, got.err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the export has mode %v: %v", info.Mode(), err)
	}
	must(t, os.WriteFile(path, nil, 0o600))
	broken := folderWith(t, done())
	tamper(t, broken, func(audit, _ *bolt.Bucket) error { return audit.Put(entryKey(4), []byte("{")) })
	if got := audits(t, broken, "export", path); got.code != failed || read(t, path) != "" {
		t.Errorf("an export that ended early: exit code %d, and in the file is %q", got.code, read(t, path))
	}
	err := createWhole(path, func(io.Writer) error { return os.WriteFile(path, []byte("proof"), 0o600) })
	if err == nil || !strings.Contains(err.Error(), "exists already") || read(t, path) != "proof" {
		t.Errorf("what was written meanwhile: %v, and in the file is %q", err, read(t, path))
	}
	if left, _ := os.ReadDir(folder); len(left) != 1 {
		t.Errorf("it left %v", left)
	}
}

func TestAuditExportPoursIntoAPipe(t *testing.T) {
	data, pipe := folderWith(t, done()), filepath.Join(t.TempDir(), "pipe")
	must(t, syscall.Mkfifo(pipe, 0o600))
	want := audits(t, data, "export").out
	p := start(t, []string{"KVITT_DATA=" + data}, "audit", "export", pipe) // It waits for who reads.
	came := make(chan string, 1)
	go func() { text, _ := os.ReadFile(pipe); came <- string(text) }()
	code := p.wait(10 * time.Second)
	if code != well { // Whoever still waits for a writer gets one.
		writer, err := os.OpenFile(pipe, os.O_RDWR, 0)
		must(t, err)
		must(t, writer.Close())
	}
	if text := <-came; code != well || text != want {
		t.Errorf("exit code %d; through the pipe came %q", code, text)
	}
	if got := audits(t, data, "export", "/dev/stdout"); got.code != well || got.out != want {
		t.Errorf("to /dev/stdout: exit code %d, %q, %q", got.code, got.out, got.err)
	}
	p = start(t, []string{"KVITT_DATA=" + data}, "audit", "export", pipe)
	time.Sleep(time.Second) // So that it waits.
	if p.cmd.Process.Signal(syscall.SIGTERM) != nil || p.wait(5*time.Second) != failed || !strings.Contains(p.said(), "nobody reads") {
		t.Errorf("nobody read, and it says: %s", p.said())
	}
}

// Where a container does not run as root, the pipes that it was given are.
func TestAuditExportPoursIntoWhatItWasGivenWhosesoeverItIs(t *testing.T) {
	data := folderWith(t, done())
	want := audits(t, data, "export").out
	for _, path := range []string{"/dev/stderr", "/dev/fd/2"} {
		if got := audits(t, data, "export", path); got.code != well || got.err != want || got.out != "" {
			t.Errorf("to %s: exit code %d, %q, %q", path, got.code, got.out, got.err)
		}
	}
	reader, writer, err := os.Pipe()
	must(t, err)
	defer reader.Close()
	if err := writer.Chown(os.Geteuid()+1, -1); err != nil {
		t.Skip("only root can give a pipe away:", err)
	}
	if got := audits(t, data, "export", fmt.Sprintf("/dev/fd/%d", writer.Fd())); got.code != well {
		t.Errorf("to a pipe of somebody else's: exit code %d, %q", got.code, got.err)
	}
	must(t, writer.Close())
	if text, err := io.ReadAll(reader); err != nil || string(text) != want {
		t.Errorf("through the pipe came %q: %v", text, err)
	}
}

// A socket has no name by which it could be opened anew, as root or not.
func TestAuditExportPoursIntoASocketThatItWasGiven(t *testing.T) {
	data := folderWith(t, done())
	want := audits(t, data, "export").out
	for _, folder := range []string{"/dev/fd", "/proc/self/fd"} {
		pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
		must(t, err)
		ours := os.NewFile(uintptr(pair[0]), "ours")
		came := make(chan string, 1)
		go func() { text, _ := io.ReadAll(ours); came <- string(text) }()
		got := audits(t, data, "export", fmt.Sprintf("%s/%d", folder, pair[1]))
		must(t, syscall.Close(pair[1]))
		if text := <-came; got.code != well || text != want {
			t.Errorf("to a socket in %s: exit code %d, %q; through it came %q", folder, got.code, got.err, text)
		}
		must(t, ours.Close())
	}
}

func TestAuditExportGoesThroughNoPipeThatALinkLeadsTo(t *testing.T) {
	folder := t.TempDir()
	must(t, syscall.Mkfifo(filepath.Join(folder, "pipe"), 0o600))
	must(t, os.Symlink("pipe", filepath.Join(folder, "trail.csv")))
	socket, err := net.Listen("unix", filepath.Join(folder, "socket"))
	must(t, err)
	defer socket.Close()
	for _, name := range []string{"trail.csv", "socket"} {
		if got := audits(t, folderWith(t, done()), "export", filepath.Join(folder, name)); got.code != failed || !strings.Contains(got.err, "exists already") {
			t.Errorf("%s: exit code %d, %q", name, got.code, got.err)
		}
	}
}

func TestAuditExportFollowsNoLink(t *testing.T) {
	folder := t.TempDir()
	must(t, os.Symlink(filepath.Join(folder, "elsewhere.csv"), filepath.Join(folder, "trail.csv")))
	if got := audits(t, folderWith(t, done()), "export", filepath.Join(folder, "trail.csv")); got.code != failed || !strings.Contains(got.err, "exists already") {
		t.Errorf("it followed a link that leads nowhere yet: exit code %d, %q", got.code, got.err)
	}
}
