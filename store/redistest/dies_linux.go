package redistest

import "syscall"

// diesWithUs ends a server even when the test is killed and cleans up nothing.
func diesWithUs() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
