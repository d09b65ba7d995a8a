package main

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
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
	functions, proofs := testFunctions(t), map[string]int{}
	for _, page := range pages(t) {
		text := read(t, page)
		for _, m := range regexp.MustCompile(`\b((?:Test|Fuzz)[A-Z]\w+)`).FindAllStringSubmatch(text, -1) {
			is := func(name string) bool {
				return name == m[1] || filepath.Base(page) == "mutants.md" && strings.HasPrefix(name, m[1])
			} // There it is a pattern.
			if proofs["tests"]++; !slices.ContainsFunc(functions, is) {
				t.Errorf("%s names %s, which is no test", page, m[1])
			}
		}
		for _, number := range storiesNamed(text) {
			if found, _ := filepath.Glob("testdata/stories/" + number + "-*.txtar"); len(found) == 0 {
				t.Errorf("%s names story %s, which is not there", page, number)
			}
			proofs["stories"]++
		}
		for _, name := range mutantsNamed(text) {
			if _, err := os.Stat("testdata/mutants/" + name + ".txtar"); err != nil {
				t.Errorf("%s names the mutant %s, which is not there", page, name)
			}
			proofs["mutants"]++
		}
	}
	if proofs["tests"] < 100 || proofs["stories"] < 15 || proofs["mutants"] < 40 {
		t.Errorf("the documents name only %v", proofs)
	}
}

// testFunctions are the names of all tests, those of the suites that other packages run among them.
func testFunctions(t *testing.T) (names []string) {
	t.Helper()
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)\w+)\(`)
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && d.Name() == "node_modules" {
			return fs.SkipDir
		}
		suite := slices.Contains([]string{"storetest", "billingtest"}, filepath.Base(filepath.Dir(path)))
		if err == nil && !d.IsDir() && (suite || strings.HasSuffix(path, "_test.go")) {
			for _, m := range declared.FindAllStringSubmatch(read(t, path), -1) {
				names = append(names, m[1])
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// storiesNamed are the numbers in "story 05", "stories 66, 67 and 72" and "stories 63 to 65 and 69".
func storiesNamed(text string) (numbers []string) {
	list := regexp.MustCompile(`(?i)\bstor(?:y|ies)((?:\s+(?:and\s+|to\s+)?\d\d\b,?)+)`)
	span := regexp.MustCompile(`(\d\d)(?:\s+to\s+(\d\d))?`)
	for _, m := range list.FindAllStringSubmatch(text, -1) {
		for _, ends := range span.FindAllStringSubmatch(m[1], -1) {
			from, _ := strconv.Atoi(ends[1])
			to, _ := strconv.Atoi(cmp.Or(ends[2], ends[1]))
			for n := from; n <= to; n++ {
				numbers = append(numbers, fmt.Sprintf("%02d", n))
			}
		}
	}
	return numbers
}

// mutantsNamed are the names in "mutant second-charge" and "mutants blind-release and edit-trusted", and those of a table of mutants.
func mutantsNamed(text string) (names []string) {
	name := regexp.MustCompile(`\b[a-z]+(?:-[a-z]+)+\b`)
	list := regexp.MustCompile(`\bmutants?((?:\s+(?:and\s+)?[a-z]+(?:-[a-z]+)+\b,?)+)`)
	for _, m := range list.FindAllStringSubmatch(text, -1) {
		names = append(names, name.FindAllString(m[1], -1)...)
	}
	_, table, _ := strings.Cut(text, "| mutants |\n|---|---|\n")
	for row := range strings.Lines(table) {
		if cells := strings.Split(row, "|"); len(cells) == 4 {
			names = append(names, name.FindAllString(cells[2], -1)...)
		}
	}
	return names
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
