package flows

import (
	"cmp"
	"time"

	"kvitt/store"
)

// byKvitt is who did what no person did.
const byKvitt = "kvitt"

// note adds an audit entry that is stored with the record in one write: who did what, and the facts as pairs of a name and a
// value, empty ones left out. People are named by their Slack user ids.
func (r *Record) note(at time.Time, who, what string, pairs ...string) {
	facts := map[string]string{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			facts[pairs[i]] = pairs[i+1]
		}
	}
	r.notes = append(r.notes, store.Note{At: at.UTC(), Who: who, What: what, Facts: facts})
}

func orText(a, b string) string { return cmp.Or(a, b) }

func orTime(t, or time.Time) time.Time {
	if t.IsZero() {
		return or
	}
	return t
}
