package year

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// archive is a folder of what happened in the years that were lived already, so that hundreds of long ones can be lived in several sittings. Years are kept
// apart by the very program and the settings that lived them: a Kvitt that was changed begins anew. A year that broke a promise is not kept.
type archive string

// lived is one year in the archive.
type lived struct {
	Took   time.Duration             `json:"took"`
	Counts map[string]map[string]int `json:"counts"` // By heading and name.
}

// openArchive makes the folder if there is none; without a name there is no archive, and every year is lived.
func openArchive(folder string) archive {
	if folder == "" {
		return ""
	}
	program, err := os.Executable()
	must(err)
	body, err := os.ReadFile(program)
	must(err)
	sum := sha256.Sum256(fmt.Appendf(body, "%d %d %d %d", *invoices, *admins, *channels, *replicas))
	folder = filepath.Join(folder, fmt.Sprintf("%x", sum[:8]))
	must(os.MkdirAll(folder, 0o755))
	return archive(folder)
}

func (a archive) file(seed int) string {
	return filepath.Join(string(a), fmt.Sprintf("seed-%d.json", seed))
}

// find adds what is kept of a year, if it was lived already. What cannot be read is lived again.
func (a archive) find(t *testing.T, seed int, to counts) (took time.Duration, found bool) {
	if a == "" {
		return 0, false
	}
	body, err := os.ReadFile(a.file(seed))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, false
	}
	var year lived
	if err == nil {
		err = json.Unmarshal(body, &year)
	}
	if err != nil {
		t.Logf("year %d is lived again, because what was kept of it cannot be read: %v", seed, err)
		return 0, false
	}
	for heading, names := range year.Counts {
		for name, n := range names {
			to.plus(heading, name, n)
		}
	}
	return year.Took, true
}

// keep writes a year down, whole or not at all.
func (a archive) keep(seed int, took time.Duration, of counts) {
	if a == "" {
		return
	}
	year := lived{took, map[string]map[string]int{}}
	for k, n := range of.all {
		if year.Counts[k[0]] == nil {
			year.Counts[k[0]] = map[string]int{}
		}
		year.Counts[k[0]][k[1]] = n
	}
	body, err := json.MarshalIndent(year, "", "\t")
	must(err)
	fresh, err := os.Create(a.file(seed) + ".new")
	must(err)
	_, err = fresh.Write(body)
	must(errors.Join(err, fresh.Sync(), fresh.Close())) // Or a machine that dies may keep the name and not what is in it.
	must(os.Rename(fresh.Name(), a.file(seed)))
}

func TestAYearThatIsKeptIsNotLivedAgainUnlessItCannotBeRead(t *testing.T) {
	a, lived := archive(t.TempDir()), newCounts()
	lived.plus("faults met", "crash", 2)
	a.keep(1, time.Minute, lived)
	found := newCounts()
	if took, kept := a.find(t, 1, found); !kept || took != time.Minute || !maps.Equal(found.all, lived.all) {
		t.Errorf("what was kept is %v of %s, %t", found.all, took, kept)
	}
	must(os.Truncate(a.file(1), 20))
	for seed, name := range []string{"was never lived", "was cut"} {
		found := newCounts()
		if _, kept := a.find(t, seed, found); kept || len(found.all) > 0 {
			t.Errorf("the year that %s counts as lived: %v", name, found.all)
		}
	}
}
