package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// pages are the documents of the repository.
func pages(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/reports/*.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, found...)
	}
	return all
}

func read(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestEveryLinkInADocumentLeadsSomewhere(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#]+)(?:#[^)]*)?\)`)
	links := 0
	for _, page := range pages(t) {
		for _, m := range link.FindAllStringSubmatch(read(t, page), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			links++
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), m[1])); err != nil {
				t.Errorf("%s links to %s, which is not there", page, m[1])
			}
		}
	}
	if links == 0 {
		t.Error("no document has a link")
	}
}

// What the documents call proven has to be: each test, story and mutant that they name exists.
func TestEveryProofThatADocumentNamesExists(t *testing.T) {
	var functions []string
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)\w+)\(`)
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && d.Name() == "node_modules" {
			return fs.SkipDir
		}
		if err == nil && strings.HasSuffix(path, "_test.go") || filepath.Base(filepath.Dir(path)) == "storetest" || filepath.Base(filepath.Dir(path)) == "billingtest" {
			if !d.IsDir() {
				for _, m := range declared.FindAllStringSubmatch(read(t, path), -1) {
					functions = append(functions, m[1])
				}
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`\b((?:Test|Fuzz)[A-Z]\w+)`)
	story := regexp.MustCompile(`\bstory (\d\d)\b`)
	proofs := 0
	for _, page := range pages(t) {
		text := read(t, page)
		for _, m := range named.FindAllStringSubmatch(text, -1) {
			is := func(name string) bool {
				return name == m[1] || filepath.Base(page) == "mutants.md" && strings.HasPrefix(name, m[1])
			} // There it is a pattern.
			if proofs++; !slices.ContainsFunc(functions, is) {
				t.Errorf("%s names %s, which is no test", page, m[1])
			}
		}
		for _, m := range story.FindAllStringSubmatch(text, -1) {
			if found, _ := filepath.Glob("testdata/stories/" + m[1] + "-*.txtar"); len(found) == 0 {
				t.Errorf("%s names story %s, which is not there", page, m[1])
			}
		}
	}
	if proofs == 0 {
		t.Error("no document names a test")
	}
}

func TestEveryMutantIsInTheReport(t *testing.T) {
	report := read(t, "docs/mutants.md")
	mutants, err := filepath.Glob("testdata/mutants/*.txtar")
	if err != nil || len(mutants) < 25 {
		t.Fatalf("%d mutants, %v", len(mutants), err)
	}
	for _, path := range mutants {
		name := strings.TrimSuffix(filepath.Base(path), ".txtar")
		if !strings.Contains(report, "| "+name+" |") {
			t.Errorf("%s is not in docs/mutants.md; run make mutants", name)
		}
	}
	if slices.ContainsFunc(strings.Split(report, "\n"), func(line string) bool { return strings.Contains(line, "SURVIVED") }) {
		t.Error("docs/mutants.md tells of a mutant that no test noticed")
	}
}
