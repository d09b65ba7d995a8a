package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The page says which test proves what, and of every scope and every secret what it can do.
func TestTheSecurityPageNamesWhatIsThere(t *testing.T) {
	t.Parallel()
	page := read(t, "docs/security.md")
	named := regexp.MustCompile("`(Test|Fuzz)[A-Z][A-Za-z0-9]+`").FindAllString(page, -1) // TestEveryProofThatADocumentNamesExists looks for each.
	if len(named) < 40 {
		t.Errorf("the page names %d tests", len(named))
	}
	for _, name := range append(manifestScopes(), "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "STRIPE_API_KEY", "STRIPE_WEBHOOK_SECRET", "AZURE_CLIENT_SECRET", "REDIS_URL") {
		if !strings.Contains(page, "`"+name+"`") {
			t.Errorf("the page does not say what %s can do", name)
		}
	}
}

// documented are the commands under a heading of docs/security.md, block by block.
func documented(t *testing.T, heading string) []string {
	t.Helper()
	page, err := os.ReadFile("docs/security.md")
	must(t, err)
	_, after, found := strings.Cut(string(page), "\n### "+heading+"\n")
	if !found {
		t.Fatalf("docs/security.md has no heading %q", heading)
	}
	section, _, _ := strings.Cut(after, "\n#")
	var blocks []string
	for _, match := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(section, -1) {
		blocks = append(blocks, match[1])
	}
	return blocks
}

// asWritten runs commands as the page has them, in a folder whose ./kvitt is this Kvitt.
func asWritten(t *testing.T, commands string, environ ...string) (string, error) {
	t.Helper()
	folder := t.TempDir()
	script := fmt.Sprintf("#!/bin/sh\n%s exec %s \"$@\"\n", actAsKvitt, os.Args[0])
	must(t, os.WriteFile(filepath.Join(folder, "kvitt"), []byte(script), 0o700))
	cmd := exec.CommandContext(t.Context(), "sh", "-euc", commands)
	cmd.Dir, cmd.Env = folder, append([]string{"PATH=" + os.Getenv("PATH")}, environ...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}
