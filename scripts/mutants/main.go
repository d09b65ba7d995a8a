// Mutants breaks one promise at a time, and looks whether a test notices.
//
// A mutant is a file in testdata/mutants: its comment says in one sentence what it breaks, then "test: PACKAGE NAME" names the test that must fail;
// each file in it holds what stands in that source file and, after a line "=>", what takes its place. The source itself is never touched: the go
// command is given an overlay. A mutant that does not fit the source any more, or does not compile, is an error and not a success.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
)

// mutant is one broken promise.
type mutant struct {
	name, breaks string
	pkg, test    string
	files        []txtar.File
}

func main() {
	only := flag.String("only", "", "part of a mutant's name")
	report := flag.String("report", "", "a Markdown file for the report")
	flag.Parse()
	survived, err := hunt(*only, *report)
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(2)
	}
	if survived > 0 {
		os.Exit(1)
	}
}

// hunt tries every mutant and counts those that no test noticed.
func hunt(only, report string) (survived int, err error) {
	mutants, err := read(only)
	if err != nil {
		return 0, err
	}
	folder, err := os.MkdirTemp("", "mutants-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(folder)
	l := &lab{folder, map[string]string{}}
	var rows strings.Builder
	for _, m := range mutants {
		began := time.Now()
		caught, err := l.try(m)
		if err != nil {
			return survived, fmt.Errorf("%s: %w", m.name, err)
		}
		word := "caught"
		if !caught {
			word = "SURVIVED"
			survived++
		}
		fmt.Printf("%-9s %-28s %s (%s %s, %.0f s)\n", word, m.name, m.breaks, m.pkg, m.test, time.Since(began).Seconds())
		fmt.Fprintf(&rows, "| %s | %s | `%s` in `%s` | %s |\n", m.name, m.breaks, m.test, m.pkg, word)
	}
	fmt.Printf("%d passed, %d failed\n", len(mutants)-survived, survived)
	if report == "" {
		return survived, nil
	}
	head := "# Mutants\n\nEach breaks one promise; the test beside it must fail. Made by `make mutants`.\n\n| mutant | breaks | must fail | result |\n|---|---|---|---|\n"
	return survived, os.WriteFile(report, []byte(head+rows.String()), 0o644)
}

func read(only string) ([]mutant, error) {
	paths, err := filepath.Glob("testdata/mutants/*.txtar")
	if err != nil || len(paths) == 0 {
		return nil, fmt.Errorf("no mutants; run it at the module's root: %w", err)
	}
	var all []mutant
	for _, path := range paths {
		if !strings.Contains(path, only) {
			continue
		}
		archive, err := txtar.ParseFile(path)
		if err != nil {
			return nil, err
		}
		m := mutant{name: strings.TrimSuffix(filepath.Base(path), ".txtar"), files: archive.Files}
		for line := range strings.Lines(string(archive.Comment)) {
			if test, found := strings.CutPrefix(strings.TrimSpace(line), "test: "); found {
				m.pkg, m.test, _ = strings.Cut(test, " ")
			} else if m.breaks == "" {
				m.breaks = strings.TrimSpace(line)
			}
		}
		if m.test == "" || m.breaks == "" || len(m.files) == 0 {
			return nil, fmt.Errorf("%s: it needs a sentence, a test and a file", path)
		}
		all = append(all, m)
	}
	return all, nil
}

// lab holds the tests of each package as they are, built once.
type lab struct {
	folder string
	sound  map[string]string // Test binaries by package.
}

// try runs the named test on the broken source; it is caught if that test fails. The test must pass on the source as it is, or it proves nothing.
func (l *lab) try(m mutant) (caught bool, err error) {
	sound := l.sound[m.pkg]
	if sound == "" {
		sound = filepath.Join(l.folder, fmt.Sprintf("sound-%d.test", len(l.sound)))
		if out, err := build(m.pkg, sound); err != nil {
			return false, fmt.Errorf("%s does not compile as it is: %s", m.pkg, out)
		}
		l.sound[m.pkg] = sound
	}
	if out, err := run(sound, m); err != nil || strings.Contains(out, "no tests to run") {
		return false, fmt.Errorf("%s does not pass on the source as it is: %s", m.test, out)
	}
	overlay, err := breakInto(l.folder, m)
	if err != nil {
		return false, err
	}
	broken := filepath.Join(l.folder, "broken.test")
	if out, err := build(m.pkg, broken, "-overlay", overlay); err != nil {
		return false, fmt.Errorf("it does not compile: %s", out)
	}
	out, err := run(broken, m)
	if _, failed := errors.AsType[*exec.ExitError](err); failed && (strings.Contains(out, "FAIL") || strings.Contains(out, "panic:")) {
		return true, nil
	}
	return false, err
}

// build makes a package's tests, without what only debuggers read.
func build(pkg, binary string, args ...string) (string, error) {
	out, err := exec.Command("go", append(append([]string{"test", "-c", "-vet=off", "-ldflags=-s -w", "-o", binary}, args...), pkg)...).CombinedOutput()
	return string(out), err
}

func run(binary string, m mutant) (string, error) {
	cmd := exec.Command(binary, "-test.timeout", "120s", "-test.run", m.test)
	cmd.Dir = m.pkg
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// breakInto writes the broken files and the overlay that puts them in the place of the real ones.
func breakInto(folder string, m mutant) (overlay string, err error) {
	replace := map[string]string{}
	for i, f := range m.files {
		source, err := os.ReadFile(f.Name)
		if err != nil {
			return "", err
		}
		before, after, found := strings.Cut(string(f.Data), "\n=>\n")
		if !found || strings.Count(string(source), before) != 1 {
			return "", fmt.Errorf("%s does not hold this exactly once: %s", f.Name, before)
		}
		real, err := filepath.Abs(f.Name)
		if err != nil {
			return "", err
		}
		broken := filepath.Join(folder, fmt.Sprintf("%d.go", i))
		replace[real] = broken
		mutated := strings.Replace(string(source), before, strings.TrimSuffix(after, "\n"), 1)
		if err := os.WriteFile(broken, []byte(mutated), 0o644); err != nil {
			return "", err
		}
	}
	raw, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	overlay = filepath.Join(folder, "overlay.json")
	return overlay, os.WriteFile(overlay, raw, 0o644)
}
