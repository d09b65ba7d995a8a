package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// FileName is the name of the store's file in its folder.
const FileName = "kvitt.db"

// FileOptions are the knobs of OpenFile; the zero value is right for production.
type FileOptions struct {
	Now func() time.Time // The store's clock; nil is time.Now.
	Log *slog.Logger     // For warnings at open; nil drops them.
	// NoSync does not wait for the disk. It is for tests only: after a crash of
	// the machine the file may be lost.
	NoSync bool
	// Look only looks and changes nothing: a store that is not there yet is not
	// made, but answered ErrNotFound. Only what reads may be called. Nobody else
	// can open the store until it is closed.
	Look bool
}

// File is a Backend in one file on disk (go.etcd.io/bbolt), for one process.
// Every change is on the disk when its call returns. That costs two waits for
// the disk, about a millisecond in all (BenchmarkUpdate), one writer after the
// other; reading waits for nobody, and leases never touch the disk.
type File struct {
	db   *bolt.DB
	path string
	now  func() time.Time
	info os.FileInfo // The file as opened, to notice when it is replaced.

	// turn is held by whoever writes, and guards what follows. It is a channel
	// because a wait for it must end with the context.
	turn   chan struct{}
	leases map[Key]held
	closed bool

	failed atomic.Bool // The last write did not reach the disk.
}

var _ Backend = (*File)(nil)

// lockWait is how long OpenFile waits for a process that is just ending.
const lockWait = 500 * time.Millisecond

// OpenFile opens the store in a folder, or makes it: the folder with mode 0700,
// the file with 0600. All leases of an earlier process are gone.
//
// It answers ErrInUse within a second when another process has the store,
// *LayoutError when a newer version wrote it, *DamagedError when the file is
// not whole, and ErrUnavailable for what the operating system refuses.
func OpenFile(ctx context.Context, dir string, opts FileOptions) (*File, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("%s was not opened: %w", dir, err)
	}
	log := cmp.Or(opts.Log, slog.New(slog.DiscardHandler))
	path := filepath.Join(dir, FileName)
	if opts.Look && !there(path) {
		return nil, fmt.Errorf("%s: %w", path, ErrNotFound)
	}
	if err := prepare(dir, path, opts.Look, log); err != nil {
		return nil, fmt.Errorf("%w: the folder %s cannot be used: %w; choose one that can be written, with KVITT_DATA", ErrUnavailable, dir, err)
	}
	db, err := openBolt(path, opts)
	if err != nil {
		return nil, err
	}
	f := &File{db: db, path: path, now: opts.Now, turn: make(chan struct{}, 1), leases: make(map[Key]held)}
	if f.now == nil {
		f.now = time.Now
	}
	if err := f.ready(ctx, dir, opts.Look); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return f, nil
}

// there tells whether there is anything to look at. A process that died while
// it made the store leaves an empty file, which is none yet.
func there(path string) bool {
	info, err := os.Stat(path)
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR)
	}
	return info.Size() > 0
}

// prepare makes the folder, and closes the file to other users.
func prepare(dir, path string, look bool, log *slog.Logger) error {
	if !look {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o077 != 0 {
		log.Warn("other users of this machine may look into the store's folder; chmod 700 keeps them out", "folder", dir, "mode", info.Mode().Perm().String())
	}
	if look {
		return nil
	}
	if err := os.Chmod(path, 0o600); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// ready settles the layout and puts a new file's name on the disk as well.
func (f *File) ready(ctx context.Context, dir string, look bool) error {
	settle := f.settle
	if look {
		settle = f.recognise
	}
	if err := settle(ctx); err != nil {
		return err
	}
	info, err := os.Stat(f.path)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	f.info = info
	if look {
		return nil
	}
	folder, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	defer folder.Close()
	if err := folder.Sync(); err != nil {
		return fmt.Errorf("%w: the folder %s was not written to disk: %w", ErrUnavailable, dir, err)
	}
	return nil
}

// Ping implements Backend. After a write that did not reach the disk it tries
// one of its own, so that it is well again as soon as the disk is.
func (f *File) Ping(ctx context.Context) error {
	info, err := os.Stat(f.path)
	if err != nil || !os.SameFile(info, f.info) {
		return fmt.Errorf("%w: %s was moved or replaced while in use: stop, put it back, and start again", ErrUnavailable, f.path)
	}
	if !f.failed.Load() {
		return f.view(ctx, "ping", func(*bolt.Tx) error { return nil })
	}
	return f.update(ctx, "ping", func(tx *bolt.Tx) error {
		return tx.Bucket(metaBucket).Put(pingKey, appendTime(nil, f.now()))
	})
}

// Close implements Backend. It waits for the write that is under way.
func (f *File) Close() error {
	f.turn <- struct{}{}
	defer func() { <-f.turn }()
	f.closed = true
	return f.db.Close()
}

// exclusive runs do alone: nobody else writes or leases meanwhile.
func (f *File) exclusive(ctx context.Context, what string, do func() error) error {
	select {
	case f.turn <- struct{}{}:
		defer func() { <-f.turn }()
	case <-ctx.Done():
		return fmt.Errorf("%s: %w", what, ctx.Err())
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if f.closed {
		return fmt.Errorf("%s: %w: it was closed", what, ErrUnavailable)
	}
	return do()
}

// update runs do alone in a transaction and waits for the disk.
func (f *File) update(ctx context.Context, what string, do func(*bolt.Tx) error) error {
	return f.exclusive(ctx, what, func() error {
		var refused error
		err := f.db.Update(func(tx *bolt.Tx) error {
			refused = do(tx)
			return refused
		})
		if refused != nil {
			return fmt.Errorf("%s: %w", what, refused)
		}
		f.failed.Store(err != nil)
		if err != nil {
			return fmt.Errorf("%s: %w: %s could not be written: %w; make room on its disk", what, ErrUnavailable, f.path, err)
		}
		return nil
	})
}

// view runs do in a transaction that reads. It must be short: a write that
// makes the file grow waits for it.
func (f *File) view(ctx context.Context, what string, do func(*bolt.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	err := f.db.View(do)
	if errors.Is(err, bolterrors.ErrDatabaseNotOpen) {
		err = fmt.Errorf("%w: it was closed", ErrUnavailable)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
