package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// exportTo lets fill write where path says: to a standard stream, straight into what keeps nothing, such as a named pipe, or else to a file that is new
// or empty. A standard stream is not opened anew: its pipe may be another user's, as in a container.
func exportTo(ctx context.Context, path string, std streams, fill func(io.Writer) error) error {
	switch path {
	case "", "-", "/dev/stdout", "/dev/fd/1":
		return fill(std.out)
	case "/dev/stderr", "/dev/fd/2":
		return fill(std.err)
	}
	if number, ok := descriptor(path); ok && keepsNothing(path) {
		return hand(number, path, fill)
	}
	if keepsNothing(path) {
		return pour(ctx, path, fill)
	}
	return createWhole(path, fill)
}

// keepsNothing tells a pipe of ours and a device such as a terminal from what could be somebody else's way to the trail: a link that somebody left in a
// folder, or their pipe. Only the system's own links are followed: they lead to what was opened for us, whosever it is.
func keepsNothing(path string) bool {
	look, clean := os.Lstat, filepath.Clean(path)
	given := strings.HasPrefix(clean, "/dev/fd/") || strings.HasPrefix(clean, "/proc/")
	if given {
		look = os.Stat
	}
	info, err := look(path)
	if err != nil {
		return false
	}
	owner, known := info.Sys().(*syscall.Stat_t)
	switch info.Mode().Type() {
	case fs.ModeSocket:
		_, open := descriptor(path)
		return open
	case fs.ModeNamedPipe:
		return given || known && int(owner.Uid) == os.Geteuid()
	case fs.ModeDevice | fs.ModeCharDevice:
		return true
	}
	return false
}

// descriptor is the number of what was opened for us, if path is a name that the system has for such a thing.
func descriptor(path string) (int, bool) {
	clean := filepath.Clean(path)
	for name, number := range map[string]int{"/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2} {
		if clean == name {
			return number, true
		}
	}
	for _, folder := range []string{"/dev/fd/", "/proc/self/fd/"} {
		if name, ok := strings.CutPrefix(clean, folder); ok {
			number, err := strconv.Atoi(name)
			return number, err == nil && number >= 0
		}
	}
	return 0, false
}

// hand writes into what was opened for us, and opens it not anew: that could be refused, where it is another user's, and a socket cannot be.
func hand(number int, path string, fill func(io.Writer) error) error {
	own, err := syscall.Dup(number)
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", path, err)
	}
	syscall.CloseOnExec(own)
	to := os.NewFile(uintptr(own), path)
	return errors.Join(fill(to), to.Close())
}

// pour writes into a pipe or a device. It waits until somebody reads from a pipe.
func pour(ctx context.Context, path string, fill func(io.Writer) error) error {
	to, err := os.OpenFile(path, os.O_WRONLY|syscall.O_NONBLOCK, 0)
	for errors.Is(err, syscall.ENXIO) { // Nobody reads yet. Opening it so that it waits could not be interrupted.
		if ctx.Err() != nil {
			return fmt.Errorf("nothing was written, because nobody reads from %s: %w", path, ctx.Err())
		}
		time.Sleep(20 * time.Millisecond)
		to, err = os.OpenFile(path, os.O_WRONLY|syscall.O_NONBLOCK, 0)
	}
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", path, err)
	}
	return errors.Join(fill(to), to.Close())
}

// createWhole makes a file that only its owner may read, with all that fill writes or not at all. It takes the place of an empty file, as mktemp makes
// one, and of nothing else.
func createWhole(path string, fill func(io.Writer) error) error {
	old, err := os.Lstat(path)
	if err == nil && !empty(old) {
		return errExists(path)
	}
	temp, err := os.CreateTemp(filepath.Dir(path), ".kvitt-export-*") // Mode 0600.
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", path, err)
	}
	defer os.Remove(temp.Name())
	if err := fill(temp); err != nil {
		return errors.Join(err, temp.Close())
	}
	if err := errors.Join(temp.Sync(), temp.Close()); err != nil {
		return fmt.Errorf("%s cannot be written: %w", path, err)
	}
	if old != nil {
		return replaceEmpty(path, temp.Name())
	}
	err = os.Link(temp.Name(), path) // Unlike a rename it never replaces what somebody else made meanwhile.
	if errors.Is(err, fs.ErrExist) {
		return errExists(path)
	}
	if err != nil { // Some file systems have no links, such as those of memory sticks.
		err = os.Rename(temp.Name(), path)
	}
	return err
}

// replaceEmpty puts a file in the place of an empty one, unless somebody wrote into that meanwhile.
func replaceEmpty(path, whole string) error {
	if now, err := os.Lstat(path); err == nil && !empty(now) {
		return errExists(path)
	}
	return os.Rename(whole, path)
}

func empty(file fs.FileInfo) bool { return file.Mode().IsRegular() && file.Size() == 0 }

func errExists(path string) error {
	return fmt.Errorf("%s exists already and may be the only proof of what was; choose another name", path)
}
