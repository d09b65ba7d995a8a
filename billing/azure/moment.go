package azure

import (
	"encoding/json"
	"time"

	"kvitt/billing"
)

// moment is a date as the service writes it, in one of several ways. What cannot be read, and 0001-01-01, which the service writes for "none", is zero.
type moment struct {
	at  time.Time // UTC.
	day bool      // Only a day was written: it is that day in every zone.
}

// writings are the ways in which dates were seen: RFC 3339 with up to 7 decimals, the same without a zone (UTC), and bare days. The documentation says
// MM-DD-YYYY of some.
var writings = []struct {
	layout string
	day    bool
}{
	{time.RFC3339, false}, {"2006-01-02T15:04:05", false}, {"2006-01-02 15:04:05Z07:00", false}, {"2006-01-02 15:04:05", false},
	{time.DateOnly, true}, {"01-02-2006", true}, {"01/02/2006", true},
}

// UnmarshalJSON never fails: an odd date must not take its invoice away.
func (m *moment) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) != nil {
		return nil
	}
	for _, w := range writings {
		if at, err := time.Parse(w.layout, text); err == nil && at.Year() >= 2000 {
			*m = moment{at.UTC(), w.day}
			return nil
		}
	}
	return nil
}

func (m moment) known() bool { return !m.at.IsZero() }

// in is the day on which it falls in a zone.
func (m moment) in(zone *time.Location) billing.Date {
	switch {
	case !m.known():
		return billing.Date{}
	case m.day:
		zone = time.UTC
	}
	return billing.DateOf(m.at, zone)
}

func later(a, b moment) moment {
	if a.at.Before(b.at) {
		return b
	}
	return a
}
