//go:build race

package payments

// With the race detector a batch takes ten times as long, and the one with a 500 before anything happened too long.
const (
	usualPayments = 100
	usualSeed     = 2
)
