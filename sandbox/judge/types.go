package judge

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Claim says that a value is of a type of Slack's.
type Claim struct {
	What  string          // Names it when it is not.
	Type  string          // A TypeScript type, made of what head.ts and doors.ts import and define.
	Value json.RawMessage //
	Open  bool            // It may hold more than the type names, as a payload may; what an app sends may not.
}

// Types compiles the claims with tsc --strict, and fails the test for each that does not hold.
func Types(t testing.TB, claims []Claim) {
	t.Helper()
	folder, work := installed(t), t.TempDir()
	source, whose := written(t, claims)
	for name, content := range map[string][]byte{"types.ts": source, "tsconfig.json": read(t, "tsconfig.json"), "package.json": []byte(`{"type":"module"}`)} {
		if err := os.WriteFile(filepath.Join(work, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(folder, module), filepath.Join(work, module)); err != nil {
		t.Fatal(err)
	}
	tsc := exec.CommandContext(t.Context(), "node", filepath.Join(module, "typescript", "bin", "tsc"), "-p", ".")
	tsc.Dir = work
	if out, err := tsc.CombinedOutput(); err != nil {
		complain(t, strings.Split(string(source), "\n"), whose, out, err)
	}
}

// written makes one TypeScript file of all claims, the same one once. whose says by line what is claimed there.
func written(t testing.TB, claims []Claim) (source []byte, whose []string) {
	t.Helper()
	text := bytes.NewBuffer(read(t, "head.ts"))
	for _, c := range claims {
		if c.Open || strings.Contains(c.Type, "bolt.") || strings.Contains(c.Type, "api.") {
			text.Write(read(t, "doors.ts"))
			break
		}
	}
	whose = make([]string, bytes.Count(text.Bytes(), []byte("\n")))
	told := map[string]bool{}
	for _, c := range claims {
		var one bytes.Buffer
		if err := json.Indent(&one, c.Value, "", "  "); err != nil {
			t.Fatalf("%s: %v", c.What, err)
		}
		line, is := "("+one.String()+" satisfies "+c.Type+");\n", " as "
		if c.Open {
			line, is = "open<"+c.Type+">()("+one.String()+");\n", atLeast
		}
		if told[line] {
			continue
		}
		told[line] = true
		text.WriteString(line)
		for range strings.Count(line, "\n") {
			whose = append(whose, c.What+is+c.Type)
		}
	}
	return text.Bytes(), whose
}

const (
	atLeast = " as at least "
	unknown = "error TS2353" // "… may only specify known properties": what tsc adds where something else is wrong.
)

var tscError = regexp.MustCompile(`(?m)^types\.ts\((\d+),\d+\): (.*(?:\n  .*)*)`)

// complain names the claim behind every error that tsc found.
func complain(t testing.TB, source, whose []string, out []byte, err error) {
	t.Helper()
	found := tscError.FindAllStringSubmatch(string(out), -1)
	for _, f := range found {
		n, _ := strconv.Atoi(f[1])
		if strings.Contains(whose[n-1], atLeast) && strings.HasPrefix(f[2], unknown) {
			continue
		}
		t.Errorf("%s, at %s: %s", whose[n-1], strings.TrimSpace(source[n-1]), f[2])
	}
	if !t.Failed() {
		t.Errorf("tsc: %v\n%s", err, out)
	}
}

func read(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := files.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
