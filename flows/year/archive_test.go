package year

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
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

// find adds what is kept of a year, if it was lived already.
func (a archive) find(seed int, to counts) (took time.Duration, found bool) {
	if a == "" {
		return 0, false
	}
	body, err := os.ReadFile(a.file(seed))
	if err != nil {
		return 0, false
	}
	var year lived
	must(json.Unmarshal(body, &year))
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
	must(os.WriteFile(a.file(seed)+".new", body, 0o644))
	must(os.Rename(a.file(seed)+".new", a.file(seed)))
}
