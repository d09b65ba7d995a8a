// Package judge lets Slack's own Node packages say whether something is Slack's: @slack/bolt as an app (Start), and the types of
// @slack/types, @slack/bolt and @slack/web-api as a compiler reads them (Types). So nobody has to trust our reading of Slack's pages.
//
// It promises that node never outlives the test, that npm is asked once for each package-lock.json, and that a machine without
// them fails the test and says what to do. It is for tests only, and nothing that knows Slack in Go may enter it.
package judge

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// files are embedded so that the go command runs the tests again when one of them changes.
//
//go:embed *.mjs *.ts package.json package-lock.json .npmrc tsconfig.json
var files embed.FS

const (
	module      = "node_modules"
	stamp       = ".kvitt" // Inside module: the digest of the lock file that it was installed from.
	installTime = 3 * time.Minute
)

// installed returns the folder that holds the app and its packages. Whoever comes first installs them; the others wait.
func installed(t testing.TB) string {
	t.Helper()
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("%s is not there, so Slack's own packages cannot judge anything: run `make tools`, or install Node.js 20 or later", program)
		}
	}
	folder := filepath.Join(root(t), "sandbox", "judge")
	lock, err := os.Open(filepath.Join(folder, "package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatalf("waiting for another test that installs the Node packages: %v", err)
	}
	sum := sha256.Sum256(read(t, "package-lock.json"))
	want, path := hex.EncodeToString(sum[:]), filepath.Join(folder, module, stamp)
	if have, err := os.ReadFile(path); err == nil && string(have) == want {
		return folder
	}
	install(t, folder)
	if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
	return folder
}

func install(t testing.TB, folder string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), installTime)
	defer cancel()
	npm := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
	npm.Dir = folder
	if out, err := npm.CombinedOutput(); err != nil {
		t.Fatalf("npm could not install what %s/package-lock.json names (it needs Node.js 20 and a registry): %v\n%s", folder, err, out)
	}
}

// root is the folder of go.mod.
func root(t testing.TB) string {
	t.Helper()
	at, err := os.Getwd()
	for ; err == nil; at = filepath.Dir(at) {
		if _, missing := os.Stat(filepath.Join(at, "go.mod")); missing == nil {
			return at
		}
		if at == filepath.Dir(at) {
			break
		}
	}
	t.Fatalf("there is no go.mod in %s or above (%v)", at, err)
	return ""
}
