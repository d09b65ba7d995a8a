package redistest

import (
	"syscall"
	"unsafe"
)

// Room lets no file of the server grow beyond so many bytes from now on: a full disk, as far as the server can tell. Zero gives it all the room there is.
func (s *Server) Room(bytes uint64) {
	s.t.Helper()
	limit := syscall.Rlimit{Cur: bytes, Max: ^uint64(0)}
	if bytes == 0 {
		limit.Cur = limit.Max
	}
	_, _, failed := syscall.RawSyscall6(syscall.SYS_PRLIMIT64, uintptr(s.cmd.Process.Pid), syscall.RLIMIT_FSIZE, uintptr(unsafe.Pointer(&limit)), 0, 0, 0)
	if failed != 0 {
		s.t.Fatalf("redis-server at %s: its files could not be limited: %v", s.Addr, failed)
	}
}
