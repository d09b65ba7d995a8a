package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"syscall"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// openBolt opens the file and looks whether it is whole.
func openBolt(path string, opts FileOptions) (db *bolt.DB, err error) {
	// bbolt reads the file as memory and trusts it: a page that is not there is
	// a fault, and a page that makes no sense a panic. The lock then stays until
	// the process ends, because nobody can reach the memory to give it back.
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = &DamagedError{What: path, Err: fmt.Errorf("%v", p)}
		}
	}()
	db, err = bolt.Open(path, 0o600, &bolt.Options{Timeout: lockWait, NoSync: opts.NoSync, ReadOnly: opts.Look, NoStatistics: true})
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, fmt.Errorf("%s: %w: stop that one first, or use another folder (KVITT_DATA)", path, ErrInUse)
	}
	if _, refused := errors.AsType[syscall.Errno](err); refused {
		return nil, fmt.Errorf("%w: %s cannot be opened: %w", ErrUnavailable, path, err)
	}
	if err != nil {
		return nil, &DamagedError{What: path, Err: err}
	}
	if err := whole(db, path); err != nil {
		return nil, errors.Join(&DamagedError{What: path, Err: err}, db.Close())
	}
	return db, nil
}

// whole looks at every page once. The size comes first: the check runs in a
// goroutine of its own, where a missing page could not be caught.
func whole(db *bolt.DB, path string) error {
	return db.View(func(tx *bolt.Tx) error {
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		if info.Size() < tx.Size() {
			return fmt.Errorf("it should be %d bytes long and is %d", tx.Size(), info.Size())
		}
		var first error
		for err := range tx.Check() {
			if first == nil {
				first = err
			}
		}
		return first
	})
}

// settle writes the layout into a new file, turns an older one into this one,
// and refuses one it does not know.
func (f *File) settle(ctx context.Context) error {
	return f.update(ctx, "open", func(tx *bolt.Tx) error {
		if name, _ := tx.Cursor().First(); name == nil {
			return create(tx)
		}
		found, err := f.layout(tx)
		if err != nil {
			return err
		}
		if err := upgrade(tx, tx.Bucket(metaBucket), found); err != nil {
			return err
		}
		return f.complete(tx, buckets)
	})
}

// recognise refuses what settle does, and changes nothing.
func (f *File) recognise(ctx context.Context) error {
	return f.view(ctx, "open", func(tx *bolt.Tx) error {
		if name, _ := tx.Cursor().First(); name == nil {
			return ErrNotFound
		}
		found, err := f.layout(tx)
		if err != nil {
			return err
		}
		return f.complete(tx, slices.DeleteFunc(slices.Clone(buckets), func(name []byte) bool {
			return found < layoutVersion && bytes.Equal(name, listsBucket)
		}))
	})
}

// layout reads the layout of a file that is not empty.
func (f *File) layout(tx *bolt.Tx) (int, error) {
	meta := tx.Bucket(metaBucket)
	if meta == nil {
		return 0, &DamagedError{What: f.path, Err: errors.New("it is a file of another program")}
	}
	return known(f.path, string(meta.Get(layoutKey)), layoutVersion)
}

// complete looks whether no part is missing.
func (f *File) complete(tx *bolt.Tx, parts [][]byte) error {
	for _, name := range parts {
		if tx.Bucket(name) == nil {
			return &DamagedError{What: f.path, Err: fmt.Errorf("its part %q is missing", name)}
		}
	}
	return nil
}

// known reads the layout of a store, and refuses one that this program does not know.
func known(where, layout string, newest int) (int, error) {
	found, err := strconv.Atoi(layout)
	switch {
	case err != nil:
		return 0, &DamagedError{What: where, Err: fmt.Errorf("its layout: %w", err)}
	case found < 1:
		return 0, &DamagedError{What: where, Err: fmt.Errorf("its layout is %d, which no version has written", found)}
	case found > newest:
		return 0, &LayoutError{Path: where, Found: found, Known: newest}
	}
	return found, nil
}

// upgrade turns an older layout into this one.
func upgrade(tx *bolt.Tx, meta *bolt.Bucket, found int) error {
	if found >= layoutVersion {
		return nil
	}
	if _, err := tx.CreateBucketIfNotExists(listsBucket); err != nil {
		return err
	}
	return meta.Put(layoutKey, []byte(strconv.Itoa(layoutVersion)))
}

func create(tx *bolt.Tx) error {
	for _, name := range buckets {
		if _, err := tx.CreateBucket(name); err != nil {
			return err
		}
	}
	return tx.Bucket(metaBucket).Put(layoutKey, []byte(strconv.Itoa(layoutVersion)))
}
