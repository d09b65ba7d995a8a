package main

import (
	"errors"
	"fmt"
	"iter"

	"kvitt/store"
)

// checked passes lines on as long as each is what was written, and ends with *store.BrokenChainError at the first that is not: every chain
// holds, and ends where its document says.
func checked(lines iter.Seq2[auditLine, error]) iter.Seq2[auditLine, error] {
	return checkedBy(lines, false)
}

// unaltered is checked for an earlier export, in which the entries may have been left out.
func unaltered(name string, lines iter.Seq2[auditLine, error]) iter.Seq2[auditLine, error] {
	return func(yield func(auditLine, error) bool) {
		var before auditLine
		for line, err := range checkedBy(lines, true) {
			if broken, ok := errors.AsType[*store.BrokenChainError](err); ok {
				err = fmt.Errorf("%s proves nothing: in it audit entry %d of %s %s; compare with another export", name, broken.Seq, broken.Key, broken.Why)
			}
			if err == nil && line.Record != endRecord {
				if order := before.place(line); order > 0 || order == 0 && before.Record == line.Record {
					err = fmt.Errorf("%s proves nothing: in it audit entry %d of %s is not in its place; compare with another export", name, line.Seq, line.Key)
				}
				before = line
			}
			if !yield(line, err) || err != nil {
				return
			}
		}
	}
}

func checkedBy(lines iter.Seq2[auditLine, error], bare bool) iter.Seq2[auditLine, error] {
	return func(yield func(auditLine, error) bool) {
		c := &inspection{yield: yield, bare: bare}
		var stop func()
		c.next, stop = iter.Pull2(lines)
		defer stop()
		for c.chain() {
		}
	}
}

// inspection is one walk of checked. It goes through the lines chain by chain.
type inspection struct {
	next  func() (auditLine, error, bool)
	yield func(auditLine, error) bool
	bare  bool // A chain may have no entries.

	last    auditLine // The line read last, and how reading it went.
	err     error
	more    bool
	refused bool // Whoever reads wants no more.
}

// chain checks one chain and the line behind it. It answers false when that was all.
func (c *inspection) chain() bool {
	var key store.Key
	head, err := store.Verify(c.entries(&key))
	switch {
	case c.refused || err == nil && !c.more:
		return false
	case err == nil && c.err == nil && c.last.Record == headRecord:
		err = c.ends(key, head)
	case err == nil && c.err == nil && head.Seq > 0:
		err = &store.BrokenChainError{Key: key, Seq: head.Seq, Why: "has no head behind it"}
	}
	if err == nil {
		err = c.err
	}
	if err != nil {
		c.yield(auditLine{}, err)
		return false
	}
	return c.yield(c.last, nil)
}

// entries yields the entries that come next for Verify, and passes on those that it accepted.
func (c *inspection) entries(key *store.Key) iter.Seq2[store.Entry, error] {
	return func(verify func(store.Entry, error) bool) {
		for {
			c.last, c.err, c.more = c.next()
			if !c.more || c.err != nil || c.last.Record != entryRecord {
				return
			}
			if key.ID == "" {
				*key = c.last.Key
			}
			if !verify(c.last.Entry, nil) {
				return
			}
			if c.refused = !c.yield(c.last, nil); c.refused {
				return
			}
		}
	}
}

// ends compares the end of a chain's entries with the head behind them.
func (c *inspection) ends(key store.Key, end store.Head) error {
	named := c.last
	broken := func(seq int64, why string) error { return &store.BrokenChainError{Key: named.Key, Seq: seq, Why: why} }
	switch {
	case end.Seq == 0 && c.bare && named.Seq > 0:
		return nil
	case end.Seq > 0 && named.Key != key:
		return &store.BrokenChainError{Key: key, Seq: end.Seq, Why: "has the head of " + named.Key.String() + " behind it"}
	case end.Seq < named.Seq:
		return broken(end.Seq+1, fmt.Sprintf("is missing: its record names entry %d as the last", named.Seq))
	case end.Seq > named.Seq:
		return broken(named.Seq+1, fmt.Sprintf("is one too many: its record names entry %d as the last", named.Seq))
	case end.Hash != named.Hash:
		return broken(end.Seq, "is not the one that its record names")
	}
	return nil
}

// compared passes today's lines on as long as everything in an earlier export is among them, unchanged. Both are in the trail's order.
func compared(today, earlier iter.Seq2[auditLine, error], name string) iter.Seq2[auditLine, error] {
	return func(yield func(auditLine, error) bool) {
		next, stop := iter.Pull2(earlier)
		defer stop()
		old, oldErr, more := next()
		var before store.Key // Of the entry before this line.
		for line, err := range today {
			for err == nil && more && line.Record != headRecord {
				if err = oldErr; err != nil {
					break
				}
				if line.Record == entryRecord && old.Record != endRecord && old.place(line) > 0 {
					break
				}
				if old.Record != endRecord {
					err = differs(old, line, before, name)
				}
				if err == nil {
					old, oldErr, more = next()
				}
			}
			if !yield(line, err) || err != nil {
				return
			}
			if line.Record == entryRecord {
				before = line.Key
			}
		}
	}
}

// differs says what happened to an earlier line, of which line is at its place or behind it.
func differs(old, line auditLine, before store.Key, name string) error {
	switch {
	case line.Record != entryRecord || old.place(line) < 0:
		if old.Key != before {
			return fmt.Errorf("audit entry %d of %s is missing, and its whole trail with it, but %s has it: the trail was altered", old.Seq, old.Key, name)
		}
		return fmt.Errorf("audit entry %d of %s is missing, but %s has it: the trail was cut off", old.Seq, old.Key, name)
	case old.Hash != line.Hash:
		return fmt.Errorf("audit entry %d of %s is not the one that %s has: the trail was rewritten from there or before", old.Seq, old.Key, name)
	}
	return nil
}
