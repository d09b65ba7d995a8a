//go:build !race

package payments

const (
	usualPayments = 400
	usualSeed     = 1
)
