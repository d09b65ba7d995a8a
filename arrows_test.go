package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// room is what one folder may import of ours, and why not more.
type room struct {
	may   []string // Folders; "" is the root.
	tests []string // Besides, in its tests.
	why   string
}

// rooms is the picture in CONTRIBUTING as a table. A folder's pattern is as path.Match reads it; the first that fits counts.
var rooms = []struct {
	folder string
	room
}{
	{"", room{[]string{"billing", "billing/*", "bot", "flows", "sandbox", "settings", "store"}, []string{"billing/ledger/ledgertest", "store/storetest", "store/redistest"},
		"the wiring uses the rooms, and nobody uses the wiring"}},
	{"scripts/*", room{nil, []string{"scripts/*"}, "a script stands alone"}},
	{"flows", room{[]string{"billing", "bot", "store"}, []string{"billing/*", "flows", "sandbox", "sandbox/judge", "store/storetest"},
		"what the bot does must not know which billing service there is, nor which settings"}},
	{"flows/year", room{nil, []string{"billing", "bot", "flows", "sandbox", "store", "store/storetest"}, "it is tests only; nothing of the product may lean on it"}},
	{"flows/payments", room{nil, []string{"billing", "billing/stripe", "bot", "flows", "sandbox", "store", "store/storetest"},
		"it is tests only; nothing of the product may lean on it"}},
	{"bot", room{nil, []string{"bot", "sandbox"}, "bot is Slack and nothing but Slack; it knows no invoices"}},
	{"settings", room{nil, []string{"settings"}, "settings are read; what they mean is decided where they are used"}},
	{"sandbox", room{nil, []string{"sandbox", "sandbox/judge"}, "the far ends must not share a mistake with what they test"}},
	{"sandbox/judge", room{nil, nil, "Slack's own packages judge; what is judged must not help them"}},
	{"store/redistest", room{nil, []string{"store/redistest"}, "it starts servers, and knows nothing of what is kept there"}},
	{"store/*test", room{[]string{"store"}, nil, "the suite proves the store's own promises"}},
	{"store", room{nil, []string{"store", "store/storetest", "store/redistest"}, "the store keeps records without knowing what they say"}},
	{"billing", room{nil, []string{"billing"}, "the nouns of money lean on nothing"}},
	{"billing/*test", room{[]string{"billing"}, nil, "the suite proves the contract's own promises"}},
	{"billing/*/*test", room{[]string{"billing", "billing/ledger"}, nil, "the suite proves one billing service's own promises"}},
	{"billing/*", room{[]string{"billing"}, []string{"billing/*", "billing/*/*test", "sandbox", "store/storetest"},
		"a billing service knows the nouns of money, and no other service, no Slack, no store"}},
}

// foreign are libraries that one room wraps, so that a break in them is mended in one place.
var foreign = []struct {
	module string
	only   string
	tests  []string // Folders whose tests may use it besides.
}{
	{"github.com/slack-go/slack", "bot", []string{"sandbox"}},
	{"github.com/stripe/stripe-go", "billing/stripe", nil},
	{"github.com/Azure/azure-sdk-for-go", "billing/azure", []string{"sandbox"}},
	{"go.etcd.io/bbolt", "store", []string{""}},
	{"github.com/redis/go-redis", "store", nil},
	{"github.com/alecthomas/kong", "", []string{"settings"}},
}

// clockless are folders whose product code is told the time. A decision that reads the clock itself cannot be tested a year ahead.
var clockless = []string{"flows", "billing", "billing/ledger"}

func TestEveryArrowPointsTheWayOfTheDesign(t *testing.T) {
	eachSource(t, func(folder, name string, file *ast.File) {
		own, known := roomOf(folder)
		if !known {
			t.Errorf("%s: the folder is no known room; give it a line in rooms, and a place in CONTRIBUTING's picture", path.Join(folder, name))
			return
		}
		inTest := strings.HasSuffix(name, "_test.go")
		for _, imported := range imports(file) {
			target, ours := strings.CutPrefix(imported+"/", "kvitt/")
			target = strings.TrimSuffix(target, "/")
			if ours && !fits(own.may, target) && !(inTest && fits(own.tests, target)) {
				t.Errorf("%s imports kvitt/%s, which %s must not: %s", path.Join(folder, name), target, whose(inTest), own.why)
			}
		}
	})
}

func TestEveryWrappedLibraryHasOneRoom(t *testing.T) {
	eachSource(t, func(folder, name string, file *ast.File) {
		inTest := strings.HasSuffix(name, "_test.go")
		for _, imported := range imports(file) {
			for _, f := range foreign {
				if strings.HasPrefix(imported, f.module) && folder != f.only && !(inTest && slices.Contains(f.tests, folder)) {
					t.Errorf("%s imports %s, which only %q wraps: its changes are mended in one place", path.Join(folder, name), imported, f.only)
				}
			}
		}
	})
}

func TestDecisionsAreToldTheTime(t *testing.T) {
	eachSource(t, func(folder, name string, file *ast.File) {
		if strings.HasSuffix(name, "_test.go") || !slices.Contains(clockless, folder) {
			return
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok && isIdent(s.X, "time") && slices.Contains([]string{"Now", "Since", "Until"}, s.Sel.Name) {
				t.Errorf("%s reads the clock with time.%s; take the time as an argument, or from a Now field", path.Join(folder, name), s.Sel.Name)
			}
			return true
		})
	})
}

// eachSource parses every Go file of the module.
func eachSource(t *testing.T, visit func(folder, name string, file *ast.File)) {
	t.Helper()
	seen := 0
	err := filepath.WalkDir(".", func(p string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && p != "." && strings.HasPrefix(entry.Name(), ".") || entry.Name() == "testdata" {
			return filepath.SkipDir
		}
		if entry.IsDir() || !strings.HasSuffix(p, ".go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		seen++
		visit(strings.TrimPrefix(path.Dir(filepath.ToSlash(p)), "."), entry.Name(), file)
		return nil
	})
	if err != nil || seen < 50 {
		t.Fatalf("%d files were read, then: %v; the check must see the whole module", seen, err)
	}
}

func roomOf(folder string) (room, bool) {
	for _, r := range rooms {
		if ok, _ := path.Match(r.folder, folder); ok {
			return r.room, true
		}
	}
	return room{}, false
}

func fits(patterns []string, folder string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { ok, _ := path.Match(pattern, folder); return ok })
}

func imports(file *ast.File) []string {
	var all []string
	for _, spec := range file.Imports {
		name, _ := strconv.Unquote(spec.Path.Value)
		all = append(all, name)
	}
	return all
}

func isIdent(x ast.Expr, name string) bool {
	id, ok := x.(*ast.Ident)
	return ok && id.Name == name
}

func whose(inTest bool) string {
	if inTest {
		return "a test there"
	}
	return "a product file there"
}
