package store

import (
	"errors"
	"fmt"
)

// What a store answers; match with errors.Is.
var (
	// ErrNotFound: there is no such document.
	ErrNotFound = errors.New("there is no such record")
	// ErrConflict: somebody else wrote the document first. Load it again.
	ErrConflict = errors.New("somebody else changed the record first; load it and try again")
	// ErrSeen: the id of this write was seen before, so its work is done.
	ErrSeen = errors.New("this was seen before and is done already")
	// ErrLost: the lease ended or went to another sweeper. Drop the work; who
	// holds the document now goes on from what is stored.
	ErrLost = errors.New("the lease on the record is gone; stop working on it")
	// ErrInUse: another process holds the store's file.
	ErrInUse = errors.New("another process is using it")
	// ErrUnavailable: the store cannot do its work now. Try again later.
	ErrUnavailable = errors.New("the store cannot be reached")
	// ErrInvalid: the caller asked for something that no store can do. It is a
	// defect of the caller; trying again does not help.
	ErrInvalid = errors.New("this cannot be stored")

	// Unchanged is for the function given to Records.Update: nothing is to be
	// written, and that is no error.
	//lint:ignore ST1012 It is an answer and no failure, and reads so: return Next{}, store.Unchanged.
	Unchanged = errors.New("unchanged")
)

// LayoutError says that a store was written by a newer version of the program.
type LayoutError struct {
	Path         string
	Found, Known int // The layout found, and the newest that this version knows.
}

func (e *LayoutError) Error() string {
	return fmt.Sprintf("%s has layout %d, and this version of the program knows %d at most: start the newer version again, or restore a copy from before the upgrade",
		e.Path, e.Found, e.Known)
}

// DamagedError says that what is stored cannot be read. Nothing was changed.
type DamagedError struct {
	What string // The file, or the key of the record.
	Err  error
}

func (e *DamagedError) Error() string {
	return fmt.Sprintf("%s cannot be read: %v: it is damaged or was altered; restore it from a copy", e.What, e.Err)
}

func (e *DamagedError) Unwrap() error { return e.Err }

// BrokenChainError names the first audit entry that is not what was written.
type BrokenChainError struct {
	Key Key
	Seq int64  // The place in the chain, counted from 1.
	Why string // What is wrong with the entry at that place.
}

func (e *BrokenChainError) Error() string {
	return fmt.Sprintf("audit entry %d of %s %s: the trail was altered; compare it with an earlier export", e.Seq, e.Key, e.Why)
}
