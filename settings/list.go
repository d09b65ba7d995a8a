package settings

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// list makes a parser of comma-separated items out of a parser of one. Empty items are skipped, so that "${A},${B}" with an
// empty B works. Items are named by their position, because an item may be a secret.
func list[T any](one func(string) (T, error)) func(string) ([]T, error) {
	return func(value string) ([]T, error) {
		items, err := split(value)
		if err != nil {
			return nil, err
		}
		parsed := make([]T, 0, len(items))
		for i, item := range items {
			p, err := one(item)
			if err != nil {
				return nil, fmt.Errorf("%w (item %d is not)", err, i+1)
			}
			parsed = append(parsed, p)
		}
		return parsed, nil
	}
}

// split returns the items of a comma-separated list, trimmed: at least one, each once.
func split(value string) ([]string, error) {
	var items []string
	seen := map[string]bool{}
	for item := range strings.SplitSeq(value, ",") {
		item = strings.TrimSpace(item)
		if item == "" {
			continue
		}
		if seen[item] {
			return nil, fmt.Errorf("each item once (item %d is a repetition)", len(items)+1)
		}
		seen[item] = true
		items = append(items, item)
	}
	if len(items) == 0 {
		return nil, errors.New("at least one item")
	}
	return items, nil
}

// whole reads a whole number, with or without a sign, from low to high.
func whole(value string, low, high int) (int, bool) {
	n, err := strconv.Atoi(value)
	return n, err == nil && low <= n && n <= high
}
