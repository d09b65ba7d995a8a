package azure

import (
	"sync"
	"time"
)

// most is how many answers of one kind are kept; a company has some hundred people and a handful of accounts.
const most = 5000

// memory keeps answers with the moment at which they were asked for. The zero value is empty.
type memory[K comparable, V any] struct {
	mu   sync.Mutex
	kept map[K]answer[V]
}

type answer[V any] struct {
	value V
	asked time.Time
}

// get returns what is not older than maxAge, or asks; with 0 it always asks. Errors are not kept, and leave what is kept as it is.
func (m *memory[K, V]) get(key K, now time.Time, maxAge time.Duration, ask func() (V, error)) (V, error) {
	if old, ok := m.last(key); ok && maxAge > 0 && now.Sub(old.asked) <= maxAge {
		return old.value, nil
	}
	value, err := ask()
	if err != nil {
		return value, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.kept == nil || len(m.kept) >= most {
		m.kept = map[K]answer[V]{}
	}
	m.kept[key] = answer[V]{value, now}
	return value, nil
}

// last is what is kept, however old.
func (m *memory[K, V]) last(key K) (answer[V], bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	old, ok := m.kept[key]
	return old, ok
}
