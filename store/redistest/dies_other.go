//go:build !linux

package redistest

import "syscall"

// diesWithUs can promise nothing here: a test that is killed leaves its servers.
func diesWithUs() *syscall.SysProcAttr { return nil }
