package main

import (
	"context"
	"errors"
	"fmt"
	"io"
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
	backend, err := store.OpenFile(ctx, set.Data, store.FileOptions{Log: std.log})
	if errors.Is(err, store.ErrInUse) {
		return importThrough(ctx, set.Data, name, file)
	}
	if err != nil {
		return ledger.Report{}, err
	}
	defer backend.Close()
	return newLedger(backend, nil, time.Now).Import(ctx, name, file)
}
