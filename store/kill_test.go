package store_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"kvitt/store"
)

// TestWhatWasAcknowledgedSurvivesAKill lets a child write until it is killed.
func TestWhatWasAcknowledgedSurvivesAKill(t *testing.T) {
	if dir := os.Getenv("STORE_TEST_WRITE"); dir != "" {
		writeForEver(t, dir)
	}
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	child := exec.CommandContext(ctx, os.Args[0], "-test.run=^"+t.Name()+"$")
	child.Env = append(os.Environ(), "STORE_TEST_WRITE="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	acknowledged := 0
	for acknowledged < 50 {
		if _, err := fmt.Fscanln(out, &acknowledged); err != nil {
			t.Fatal(err)
		}
	}
	cancel() // Kills it in the middle of whatever it does.
	_ = child.Wait()
	f := open(t, dir, store.FileOptions{})
	recs := store.Of[int](f, "T1", "count")
	n, err := recs.Load(t.Context(), "1")
	if err != nil || n < acknowledged {
		t.Errorf("%d writes are there (%v), %d were acknowledged", n, err, acknowledged)
	}
	if head, err := store.Verify(recs.Trail(t.Context(), "1")); err != nil || head.Seq != int64(n) {
		t.Errorf("the trail ends at %d (%v), the record at %d", head.Seq, err, n)
	}
}

func writeForEver(t *testing.T, dir string) {
	f := open(t, dir, store.FileOptions{})
	recs := store.Of[int](f, "T1", "count")
	for {
		n, err := recs.Update(t.Context(), "1", func(n *int) (store.Next, error) {
			*n++
			return store.Next{Audit: []store.Note{{Who: "U1", What: "counted"}}}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println(n)
	}
}
