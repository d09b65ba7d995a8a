package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"kvitt/store/redistest"
)

func TestCheckWarnsOfARedisThatOthersCouldReach(t *testing.T) {
	t.Parallel()
	const open, bare, blind = "not encrypted", "no password", "skip_verify"
	for address, want := range map[string][]string{
		"redis://redis:6379/0":             {open, bare},
		"redis://:pw@10.0.0.7:6379/0":      {open},
		"redis://kvitt:pw@redis":           {open},
		"redis://kvitt@redis":              {open, bare},
		"redis://kvitt:@redis":             {open, bare},
		"rediss://redis:6379":              {bare},
		"rediss://kvitt:pw@redis:6379":     {},
		"rediss://kvitt:pw@[2001:db8::7]":  {},
		"redis://kvitt:pw@[2001:db8::7]":   {open},
		"redis://localhost:6379/0":         {},
		"redis://127.0.0.1:6379":           {},
		"redis://[::1]:6379":               {},
		"redis://:6379":                    {}, // go-redis reads localhost.
		"unix:///run/redis.sock":           {},
		"unix://kvitt:pw@/run/redis.sock":  {},
		"unix:///run/redis.sock?db=1":      {},
		"rediss://:pw@redis?skip_verify=1": {blind},
		"rediss://redis?skip_verify=true":  {blind, bare},
		"rediss://:pw@redis?skip_verify=0": {},
		"rediss://:pw@redis?skip_verify=":  {},
		"rediss://localhost?skip_verify=1": {blind}, // The end of a tunnel.

		"redis://127.0.0.1:7000?addr=127.0.0.1:7001&addr=localhost:7002": {},
		"redis://127.0.0.1:7000?addr=127.0.0.1:7001&addr=redis-3:7002":   {open, bare},
		"redis://:pw@127.0.0.1:7000?addr=redis-2:7002":                   {open},
		"rediss://:pw@redis-1?addr=redis-2:7002":                         {},

		"redis://127.0.0.1:26379?master_name=kvitt&addr=127.0.0.1:26380": {},
		"rediss://s-1?master_name=kvitt&password=pw":                     {},
		"redis://s-1?master_name=kvitt&password=pw&addr=s-2:26379":       {open},
		"rediss://:for-sentinel@s-1?master_name=kvitt":                   {bare}, // That password is Sentinel's, not Redis'.

		"redis://:hun/ter@redis": {}, // No address: what keeps it from being opened says so.
		"":                       {},
	} {
		var found []string
		for _, f := range exposed(address) {
			found = append(found, f.What)
			if !strings.Contains(f.What, "have Kvitt pay") || f.Mend == "" {
				t.Errorf("%s: %q does not say what is at stake, or %q not how to mend it", address, f.What, f.Mend)
			}
		}
		if len(found) != len(want) {
			t.Errorf("of %s it says %q, want %q", address, found, want)
		}
		for _, word := range want {
			if !strings.Contains(strings.Join(found, "\n"), word) {
				t.Errorf("of %s it does not say %q: %q", address, word, found)
			}
		}
	}
}

func TestCheckTellsWhatItThinksOfTheAddressOfRedis(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	lines := strings.Join(o.checked(failed, "REDIS_URL=redis://:hunter2@0.0.0.0:1"), "\n") // Nobody listens there, and it is no name of loopback.
	if !strings.Contains(lines, "warn  REDIS_URL              the way to Redis is not encrypted") || strings.Contains(lines, "hunter2") {
		t.Errorf("it says:\n%s", lines)
	}
}

func TestAnAddressOfRedisThatCannotBeReadStopsEveryCommandBeforeItConnects(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	commands := [][]string{{"serve"}, {"check"}, {"invoices", "import", write(t, list(false))}, {"audit", "export"}, {"audit", "verify"}, {"people", "erase", "U1"}}
	for i, address := range []string{"/abc", "/0/1", "?no_such=1", "?dial_timeout=x", "/x?addr=127.0.0.1:2", "/3?addr=127.0.0.1:2", "?addr=x", "?db=0&addr=127.0.0.1:2",
		"?master_name=", "?master_name=kvitt&addr=x", "?pool_size=-1", "?client_name=%zz"} {
		got := kvitt(t, o.settings("REDIS_URL=redis://:hunter2@127.0.0.1:1"+address), commands[i%len(commands)]...)
		line := regexp.MustCompile(`^kvitt: REDIS_URL is "redis://…@127\.0\.0\.1:1[^"]*"; expected redis://.*\n$`)
		if got.code != refused || got.out != "" || !line.MatchString(got.err) {
			t.Errorf("%s: %v exited with %d and said %q %q", address, commands[i%len(commands)], got.code, got.out, got.err)
		}
	}
	for _, command := range commands {
		if got := kvitt(t, o.settings("REDIS_URL=unix:///run/redis.sock?master_name=kvitt"), command...); got.code != refused || !strings.Contains(got.err, "kvitt: REDIS_URL is") {
			t.Errorf("%v exited with %d and said %q", command, got.code, got.err)
		}
	}
	if n := len(o.slack.Calls()); n > 0 {
		t.Errorf("Slack was asked %d times", n)
	}
}

// What the user may write with is proven by TestAUserWithFewRightsIsEnough of the package store.
func TestTheUserOfThePageIsAllThatRedisNeeds(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("docs/operating.md")
	must(t, err)
	acl := regexp.MustCompile(`(?m)^ACL SETUSER .*`).FindString(string(page))
	redis := redistest.Start(t, redistest.AppendOnly...)
	redis.Must(strings.Fields(acl)...)
	for _, line := range newOffice(t).checked(well, "REDIS_URL=redis://kvitt:password@"+redis.Addr) {
		if strings.Contains(line, "REDIS_URL") && !strings.HasPrefix(line, "ok") {
			t.Errorf("with the user of docs/operating.md it says: %s", line)
		}
	}
	for _, command := range [][]string{{"FLUSHALL"}, {"KEYS", "*"}, {"CONFIG", "SET", "appendonly", "no"}, {"GET", "another"}, {"ACL", "LIST"}} {
		if answer := redis.Must(append([]string{"ACL", "DRYRUN", "kvitt"}, command...)...); answer == "OK" {
			t.Errorf("that user may %s", strings.Join(command, " "))
		}
	}
}

func TestCheckWarnsOfAFolderThatOthersMayWrite(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	folder := t.TempDir()
	for mode, warns := range map[os.FileMode]bool{0o700: false, 0o755: false, 0o775: true, 0o757: true} {
		must(t, os.Chmod(folder, mode))
		lines := strings.Join(o.checked(well, "KVITT_DATA="+folder), "\n")
		if said := strings.Contains(lines, "warn  KVITT_DATA             others may write to the folder "+folder); said != warns {
			t.Errorf("of a folder with mode %o it says:\n%s", mode, lines)
		}
	}
}
