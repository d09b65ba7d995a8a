// Package sandbox holds pretend worlds: the far ends that Kvitt talks to, small enough to run in a test and strict enough
// that what works here works there. Slack stands in slack*.go, Stripe in stripe*.go, Azure in azure*.go; page.go serves a page to click in.
//
// A pretend world promises the real one's shapes, limits and refusals as published by its owner, faults on demand, and that
// nothing leaves this machine: handlers answer loopback hosts only, and credentials that look real are refused at the start.
// Everything can be reached over a socket, or in memory inside a testing/synctest bubble.
//
// It never imports anything else of this module, so every room may use it in tests, and no decision of the bot may live here.
package sandbox
