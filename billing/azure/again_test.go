package azure_test

import (
	"os"
	"os/exec"
	"testing"
)

// again runs this one test in a process of its own, with another environment.
func again(t *testing.T, environ ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), environ...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v:\n%s", err, out)
	}
}
