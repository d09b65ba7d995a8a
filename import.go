package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"kvitt/billing/ledger"
	"kvitt/settings"
	"kvitt/store"
)

// importInvoices loads a file into the ledger: through the control socket when a serve holds the store, else straight into it.
func importInvoices(ctx context.Context, set settings.Settings, path string, std streams) error {
	file, name := io.Reader(os.Stdin), "standard input"
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return fmt.Errorf("the file of invoices: %w", err)
		}
		defer f.Close()
		file, name = f, filepath.Base(path)
	}
	report, err := importFile(ctx, set, name, file, std)
	if err != nil {
		return err
	}
	fmt.Fprintf(std.out, "%d added, %d updated, %d unchanged\n", report.Added, report.Updated, report.Unchanged)
	for _, line := range report.Disputed {
		fmt.Fprintln(std.err, line)
	}
	return nil
}

func importFile(ctx context.Context, set settings.Settings, name string, file io.Reader, std streams) (ledger.Report, error) {
	backend, err := openStore(ctx, set, std)
	if errors.Is(err, store.ErrInUse) {
		return importThrough(ctx, set.Data, name, file)
	}
	if err != nil {
		return ledger.Report{}, err
	}
	defer backend.Close()
	return newLedger(backend, nil, time.Now).Import(ctx, name, file)
}

// importLimit bounds a file on its way through the control socket; ledger.Import has the same limit.
const importLimit = 10 << 20

// imported is the answer to an import through the socket.
type imported struct {
	Report ledger.Report
	Error  string
}

func receiveImport(a *app, w http.ResponseWriter, r *http.Request) {
	report, err := newLedger(a.backend, nil, a.clock.now).Import(r.Context(), r.URL.Query().Get("name"), http.MaxBytesReader(w, r.Body, importLimit+1))
	answer := imported{Report: report}
	if err != nil {
		answer.Error = err.Error()
	}
	_ = json.NewEncoder(w).Encode(answer)
}

// importThrough sends a file to the serve that holds the store.
func importThrough(ctx context.Context, data, name string, file io.Reader) (ledger.Report, error) {
	var answer imported
	err := throughControl(ctx, data, http.MethodPost, "/invoices/import?name="+url.QueryEscape(name), file, func(body io.Reader) error {
		if err := json.NewDecoder(body).Decode(&answer); err != nil {
			return fmt.Errorf("the answer of the kvitt that holds %s: %w", data, err)
		}
		return nil
	})
	if err == nil && answer.Error != "" {
		err = errors.New(answer.Error)
	}
	return answer.Report, err
}
