package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// controlName is the socket in KVITT_DATA through which other commands reach the store while serve holds it.
const controlName = "kvitt.sock"

// controlMode is that of the store: whoever may read the store may use the socket.
const controlMode = 0o600

// control is serve's side of the socket.
type control struct {
	server  *http.Server
	folder  *os.File // Open as long as the socket is, where its path goes through it.
	serving sync.WaitGroup
}

// socketPathMax is how long the path of a socket may be (sun_path in unix(7)), less some room.
const socketPathMax = 100

// controlPath is where the control socket of a folder is. A path that is too long for a socket goes through the opened folder, which the
// caller closes when it is done; otherwise folder is nil.
func controlPath(data string) (path string, folder *os.File, err error) {
	path = filepath.Join(data, controlName)
	if len(path) <= socketPathMax {
		return path, nil, nil
	}
	if folder, err = os.Open(data); err != nil {
		return "", nil, fmt.Errorf("the folder of the control socket: %w", err)
	}
	return fmt.Sprintf("/proc/self/fd/%d/%s", folder.Fd(), controlName), folder, nil
}

func openControl(a *app) (*control, error) {
	path, folder, err := controlPath(a.settings.Data)
	if err != nil {
		return nil, err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("an old control socket is in the way; remove %s: %w", path, err)
	}
	listener, err := listenPrivately(path)
	if err != nil {
		return nil, fmt.Errorf("the control socket in KVITT_DATA cannot be opened: %w", err)
	}
	if err := os.Chmod(path, controlMode); err != nil { // For systems where the file does not have the mode of its socket.
		return nil, errors.Join(fmt.Errorf("the control socket in KVITT_DATA cannot be kept from other users: %w", err), listener.Close())
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /invoices/import", func(w http.ResponseWriter, r *http.Request) { receiveImport(a, w, r) })
	mux.HandleFunc("GET /pins", onceConnected(a, sendPins))
	mux.HandleFunc("DELETE /people", onceConnected(a, receiveErasure))
	mux.HandleFunc("GET /audit", func(w http.ResponseWriter, r *http.Request) { sendTrail(r.Context(), a.backend, w) })
	c := &control{server: &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ErrorLog: slog.NewLogLogger(a.log.Handler(), slog.LevelError)}, folder: folder}
	c.serving.Go(func() { _ = c.server.Serve(listener) })
	return c, nil
}

// onceConnected turns away what is about the people of a workspace while Slack has not said which one this is.
func onceConnected(a *app, answer func(*app, http.ResponseWriter, *http.Request)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if a.team.Load() == nil {
			http.Error(w, "still waiting for Slack", http.StatusServiceUnavailable)
			return
		}
		answer(a, w, r)
	}
}

// listenPrivately opens a socket whose file has controlMode from its first moment: on Linux a file gets the mode of its socket, less the umask
// (unix_bind in net/unix/af_unix.c). The umask itself is left alone, because it is that of every file that is made meanwhile.
func listenPrivately(path string) (net.Listener, error) {
	config := net.ListenConfig{Control: func(_, _ string, socket syscall.RawConn) error {
		return socket.Control(func(fd uintptr) { _ = syscall.Fchmod(int(fd), controlMode) }) // Elsewhere it may be refused.
	}}
	return config.Listen(context.Background(), "unix", path)
}

// close lets what is under way end within a second, and cuts it off then.
func (c *control) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := c.server.Shutdown(ctx); err != nil {
		_ = c.server.Close()
	}
	c.serving.Wait()
	_ = c.folder.Close() // Nil closes nothing.
}

// throughControl asks the serve that holds the store, and gives its answer to read.
func throughControl(ctx context.Context, data, method, target string, body io.Reader, read func(io.Reader) error) error {
	path, folder, err := controlPath(data)
	if err != nil {
		return err
	}
	defer folder.Close()
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", path)
	}}}
	defer client.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, method, "http://kvitt"+target, body)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("the kvitt that holds %s does not answer on %s; is it starting or stopping? %w", data, path, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusServiceUnavailable {
		return fmt.Errorf("the kvitt that holds %s still waits for Slack; try again when it is connected", data)
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the kvitt that holds %s answers %q; is it another version? stop it, or use its own", data, resp.Status)
	}
	return read(resp.Body)
}
