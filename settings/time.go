package settings

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// reminders reads "-7,-1,0,+1,every 7": days relative to the due date, and at most one repeat.
func reminders(value string) (Reminders, error) {
	var r Reminders
	items, err := split(strings.ToLower(value))
	if err != nil {
		return r, err
	}
	for _, item := range items {
		if every, ok := strings.CutPrefix(item, "every "); ok {
			n, ok := whole(strings.TrimSpace(every), 1, 365)
			if !ok || r.Every != 0 {
				return Reminders{}, errors.New("one repeat at most, of 1 to 365 days, such as every 7")
			}
			r.Every = n
			continue
		}
		offset, ok := whole(item, -365, 365)
		if !ok || slices.Contains(r.Offsets, offset) {
			return Reminders{}, errors.New("days from -365 to +365, each once, and optionally a repeat, such as -7,-1,0,+1,every 7")
		}
		r.Offsets = append(r.Offsets, offset)
	}
	if len(r.Offsets) == 0 {
		return Reminders{}, errors.New("at least one day beside the repeat, such as 0,every 7")
	}
	slices.Sort(r.Offsets)
	return r, nil
}

var (
	hoursShape = regexp.MustCompile(`^(\S+?)\s*-\s*(\S+)$`)
	clockShape = regexp.MustCompile(`^(\d{1,2}):(\d{2})$`)
)

// hours reads "09:00-17:00"; 24:00 is the end of the day.
func hours(value string) (Hours, error) {
	parts := hoursShape.FindStringSubmatch(value)
	if parts != nil {
		from, okFrom := minutes(parts[1])
		to, okTo := minutes(parts[2])
		if okFrom && okTo && from < to {
			return Hours{From: from, To: to}, nil
		}
	}
	return Hours{}, errors.New("two times of one day, the earlier first, such as 09:00-17:00 or 00:00-24:00")
}

func minutes(clock string) (int, bool) {
	parts := clockShape.FindStringSubmatch(clock)
	if parts == nil {
		return 0, false
	}
	h, okHour := whole(parts[1], 0, 24)
	m, okMinute := whole(parts[2], 0, 59)
	total := h*60 + m
	return total, okHour && okMinute && total <= 24*60
}

var dayNames = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"} // By time.Weekday.

// days reads "mon-fri" or "mon,wed,fri"; a range may go over the end of the week.
func days(value string) ([7]bool, error) {
	var allowed [7]bool
	items, err := split(strings.ToLower(value))
	if err != nil {
		return allowed, err
	}
	for _, item := range items {
		first, last, isRange := strings.Cut(item, "-")
		if !isRange {
			last = first
		}
		from := slices.Index(dayNames, strings.TrimSpace(first))
		to := slices.Index(dayNames, strings.TrimSpace(last))
		if from < 0 || to < 0 {
			return [7]bool{}, errors.New("days such as mon-fri or mon,wed,fri")
		}
		for day := from; ; day = (day + 1) % 7 {
			allowed[day] = true
			if day == to {
				break
			}
		}
	}
	return allowed, nil
}

// zone refuses "Local": it would move every due date with the machine.
func zone(value string) (*time.Location, error) {
	location, err := time.LoadLocation(value)
	if err != nil || location == time.Local {
		return nil, errors.New("a name of the time zone database, such as Europe/Oslo or UTC")
	}
	return location, nil
}

func locale(value string) (string, error) {
	language := strings.ToLower(value)
	if language != "en" && language != "nb" {
		return "", errors.New("en or nb")
	}
	return language, nil
}

// Schedule says when something is to be done next. It is a cron.Schedule; the zero Schedule must not be asked.
type Schedule struct {
	Spec string // As written.

	next cron.Schedule
	zone *time.Location
}

// Next is the first time after t, in the zone of KVITT_ZONE unless Spec begins with a CRON_TZ of its own. What falls into the
// hour that a change of clocks skips is left out that day, and in the hour that it repeats comes twice
// (robfig/cron v3.0.1).
func (s Schedule) Next(t time.Time) time.Time { return s.next.Next(t.In(s.zone)) }

// String is the schedule as written.
func (s Schedule) String() string { return s.Spec }

// schedule reads a cron expression of five fields, or a descriptor such as @every 5m or @hourly.
func schedule(value string) (Schedule, error) {
	want := errors.New("a cron expression of five fields, or @every with whole seconds, such as @every 15m")
	if strings.HasPrefix(value, "TZ=") || strings.HasPrefix(value, "CRON_TZ=") {
		if !strings.Contains(value, " ") {
			return Schedule{}, want // The parser would panic (robfig/cron v3.0.1).
		}
	}
	next, err := cron.ParseStandard(value)
	if err != nil || !wholeSeconds(value) {
		return Schedule{}, want
	}
	// The parser looks five years ahead. These begin with a leap year, so whatever can happen at all happens in them.
	if next.Next(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).Add(-time.Second)).IsZero() {
		return Schedule{}, errors.New("a cron expression that comes true some day; this one never does")
	}
	return Schedule{Spec: value, next: next, zone: time.UTC}, nil
}

// wholeSeconds refuses what the parser would round to whole seconds without a word.
func wholeSeconds(spec string) bool {
	_, every, ok := strings.Cut(spec, "@every ")
	if !ok {
		return true
	}
	d, err := time.ParseDuration(every)
	return err == nil && d >= time.Second && d%time.Second == 0
}
