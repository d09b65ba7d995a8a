//go:build !race

package year

// A year takes seconds; under the race detector it takes a minute, and a small one is enough for what that looks for.
const (
	usualSeeds    = 5
	usualInvoices = 40
)
