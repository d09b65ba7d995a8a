//go:build race

package year

const (
	usualSeeds    = 1
	usualInvoices = 4
)
