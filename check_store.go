package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"kvitt/billing/ledger"
	"kvitt/flows"
	"kvitt/settings"
	"kvitt/store"
)

// store looks whether what the bot remembers can be kept, and reads what the rest needs of it. It is closed again before anybody else is asked: a
// serve could not start meanwhile.
func (c *checker) store(ctx context.Context) {
	backend := c.open(ctx)
	if backend != nil {
		defer backend.Close()
	}
	if backend != nil && c.team != "" {
		c.pinned(ctx, backend)
	}
	if c.set.Bills(settings.Ledger) {
		c.ledger(ctx, backend)
	}
}

// open returns nil where there is no store to look at.
func (c *checker) open(ctx context.Context) store.Backend {
	ctx, cancel := within(ctx)
	defer cancel()
	if c.set.RedisURL != "" {
		return c.redis(ctx)
	}
	return c.file(ctx)
}

// pinned reads whom the billing admins' e-mail addresses are pinned to.
func (c *checker) pinned(ctx context.Context, backend store.Backend) {
	ctx, cancel := within(ctx)
	defer cancel()
	pins, err := pinsOf(ctx, backend, c.team)
	if err != nil {
		c.fail("store", "what it holds cannot be read: "+err.Error(), "Restore it from a copy")
	}
	c.pins = pins
}

// ledger counts the ledger's invoices, if the store can be looked at.
func (c *checker) ledger(ctx context.Context, backend store.Backend) {
	if backend == nil {
		c.ok(settings.Ledger, "its invoices are in the store; ways to pay: %s", strings.Join(c.set.LedgerMethods, ", "))
		return
	}
	rows := newShelf(backend)
	rows.look = true
	c.invoices(ctx, ledger.New(rows, c.set.LedgerMethods, c.app.now))
}

// file opens the embedded store to look at it, if there is one and nobody holds it. It returns nil otherwise.
func (c *checker) file(ctx context.Context) store.Backend {
	const about = "KVITT_DATA"
	c.mode(c.set.Data)
	backend, err := store.OpenFile(ctx, c.set.Data, store.FileOptions{Log: c.app.log, Look: true})
	switch {
	case errors.Is(err, store.ErrNotFound):
		c.place(c.set.Data)
	case errors.Is(err, store.ErrInUse):
		c.held(ctx)
	case err != nil:
		c.fail(about, err.Error(), "Mend that, or choose another folder")
	default:
		c.writable(c.set.Data)
		return backend
	}
	return nil
}

// writable looks whether a store that can be read can be written: its file, and the folder, where kvitt serve makes its socket.
func (c *checker) writable(folder string) {
	const write = 2
	for _, path := range []string{folder, filepath.Join(folder, store.FileName)} {
		if err := syscall.Access(path, write); err != nil {
			c.fail("KVITT_DATA", fmt.Sprintf("%s cannot be written: %v", path, err), "Make it writable for the user that runs Kvitt, or choose another folder")
			return
		}
	}
	c.ok("KVITT_DATA", "the embedded store in %s can be read and written", folder)
}

// mode warns of a folder in which others can put another store in the place of Kvitt's. Kvitt makes it with 0700.
func (c *checker) mode(folder string) {
	const othersWrite = 0o022
	if info, err := os.Stat(folder); err == nil && info.IsDir() && info.Mode()&othersWrite != 0 {
		c.warn("KVITT_DATA", fmt.Sprintf("others may write to the folder %s (mode %04o), and whoever can put another store there can have Kvitt pay an open invoice", folder, info.Mode().Perm()),
			"Take that from them: chmod go-w "+folder)
	}
}

// held asks the serve that holds the store for the pins.
func (c *checker) held(ctx context.Context) {
	err := throughControl(ctx, c.set.Data, http.MethodGet, "/pins", nil, func(body io.Reader) error {
		return json.NewDecoder(body).Decode(&c.pins)
	})
	if err != nil {
		c.warn("KVITT_DATA", "the embedded store is held by another process, which cannot be asked: "+err.Error(), "Check again when kvitt serve has started, or is stopped")
		return
	}
	c.ok("KVITT_DATA", "the embedded store in %s is held by the kvitt serve that runs", c.set.Data)
}

// place looks whether a folder that is not there, or is empty, can be used.
func (c *checker) place(folder string) {
	existing, err := filepath.Abs(folder)
	for err == nil {
		if _, missing := os.Stat(existing); !errors.Is(missing, fs.ErrNotExist) || existing == filepath.Dir(existing) {
			break
		}
		existing = filepath.Dir(existing)
	}
	const write, search = 2, 1
	if info, statErr := os.Stat(existing); err == nil && statErr == nil && !info.IsDir() {
		err = errors.New("it is no folder")
	}
	if err == nil {
		err = syscall.Access(existing, write|search)
	}
	if err != nil {
		c.fail("KVITT_DATA", fmt.Sprintf("the folder %s cannot be used: %v", folder, err), "Make it writable for the user that runs Kvitt, or choose another folder")
		return
	}
	c.ok("KVITT_DATA", "%s can be written; the embedded store is made there when kvitt serve first starts", folder)
}

// pinsOf reads whom the e-mail addresses of KVITT_ADMINS were pinned to.
func pinsOf(ctx context.Context, backend store.Backend, team string) (map[string]flows.Pin, error) {
	pins := map[string]flows.Pin{}
	for item, err := range store.Of[flows.Pin](backend, team, pinKind).All(ctx) {
		if err != nil {
			return nil, err
		}
		pins[item.ID] = item.Rec
	}
	return pins, nil
}

// sendPins is how a serve that holds the store tells the pins.
func sendPins(a *app, w http.ResponseWriter, r *http.Request) {
	pins, err := pinsOf(r.Context(), a.backend, *a.team.Load())
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	_ = json.NewEncoder(w).Encode(pins)
}
