package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"kvitt/billing"
	"kvitt/billing/azure"
	"kvitt/billing/stripe"
	"kvitt/settings"
)

// billing asks every billing service for its invoices, as a sync does. Those of the ledger were read with the store.
func (c *checker) billing(ctx context.Context) {
	for _, name := range c.set.Billing {
		if name == settings.Ledger {
			continue
		}
		provider, err := c.app.provider(name)
		if err != nil {
			c.fail(name, err.Error(), "Correct the settings of "+name)
			continue
		}
		c.invoices(ctx, provider)
	}
}

// invoices counts what a billing service lists.
func (c *checker) invoices(ctx context.Context, p billing.Provider) {
	ctx, cancel := context.WithTimeout(ctx, 4*checkTime)
	defer cancel()
	about, open, dateless, some := p.Name(), 0, 0, ""
	for inv, err := range p.Invoices(ctx, time.Time{}) {
		switch {
		case errors.Is(err, billing.ErrSetup):
			c.fail(about, err.Error(), whatToSet(about))
			return
		case errors.Is(err, billing.ErrUnavailable):
			c.fail(about, err.Error(), "Try again; see that it can be reached from this machine")
			return
		case err != nil:
			c.fail(about, "an invoice cannot be read, and is not reminded of: "+err.Error(), "Look at it in the billing service")
		case inv.Status == billing.Open && inv.AmountDue.Minor > 0:
			open, some = open+1, inv.ID
			if inv.Due.IsZero() {
				dateless++
			}
		}
	}
	found := fmt.Sprintf("it answers; open invoices: %d", open)
	if dateless > 0 {
		found += fmt.Sprintf(", of which %d without a due date: listed, never reminded of", dateless)
	}
	c.ok(about, "%s", found)
	switch p := p.(type) {
	case *stripe.Provider:
		c.stripe(ctx, p, some)
	case *azure.Provider:
		c.azure(ctx, p)
	}
}

// azure tells what azure's own look found.
func (c *checker) azure(ctx context.Context, p *azure.Provider) {
	for _, f := range p.Look(ctx) {
		switch unnamed := f.Level == azure.Name && len(c.set.Admins) == 0; {
		case f.Level == azure.Fail, unnamed:
			c.fail(f.About, f.Found, f.Mend)
		case f.Level == azure.Warn, f.Level == azure.Name:
			c.warn(f.About, f.Found, f.Mend)
		default:
			c.ok(f.About, "%s", f.Found)
		}
	}
}

func whatToSet(service string) string {
	if service == settings.Stripe {
		return "Look at STRIPE_API_KEY (of the account that issues the invoices; a restricted key needs to read invoices) and at KVITT_STRIPE_CUSTOMERS"
	}
	if service == settings.Azure {
		return "See that KVITT_AZURE_ACCOUNTS is right, and that Kvitt's application has a role there"
	}
	return "Look at its settings"
}

// times warns of schedules that are legal and will surprise.
func (c *checker) times() {
	now := c.app.now()
	c.ok("KVITT_ZONE", "%s, where it is %s now", c.set.Zone, now.In(c.set.Zone).Format("Monday 15:04"))
	if c.set.Zone.String() == "UTC" {
		c.warn("KVITT_ZONE", "due dates are days in UTC", "Name the zone of your company, such as Europe/Oslo, or a reminder may seem a day off")
	}
	if gap(c.set.Sweep, now) > 30*time.Second {
		c.warn("KVITT_SWEEP", "sweeps are "+gap(c.set.Sweep, now).String()+" apart, and what a crash left behind may wait that long", "Leave it at @every 30s")
	}
	if gap(c.set.Sync, now) > 4*time.Hour {
		c.warn("KVITT_SYNC", "billing services are asked every "+gap(c.set.Sync, now).String()+" only: what is paid there is told late", "Ask more often")
	}
	for name, schedule := range map[string]settings.Schedule{"KVITT_SWEEP": c.set.Sweep, "KVITT_SYNC": c.set.Sync} {
		if at := schedule.Next(now); at.Hour() < 4 && gap(schedule, now) >= 20*time.Hour {
			c.warn(name, "it is due at "+at.Format("15:04")+" only, an hour that a change of clocks may skip or repeat", "Choose one from 04:00 on, or @every")
		}
	}
}

// gap is the time between two runs of a schedule.
func gap(s settings.Schedule, now time.Time) time.Duration {
	next := s.Next(now)
	return s.Next(next).Sub(next)
}

// doors looks whether the HTTP doors can be opened, or are held by a Kvitt that runs.
func (c *checker) doors(ctx context.Context) {
	ops := cmp.Or(c.set.OpsListen, c.set.Listen)
	c.listen(ctx, "KVITT_LISTEN", c.set.Listen, ops)
	if c.set.OpsListen != "" {
		c.listen(ctx, "KVITT_OPS_LISTEN", c.set.OpsListen, ops)
		return
	}
	if host, _, err := net.SplitHostPort(c.set.Listen); err == nil && !isLoopback(host) {
		c.warn("KVITT_LISTEN", c.set.Listen+" is open to other machines, with healthz, readyz and metrics", "Move those with KVITT_OPS_LISTEN=127.0.0.1:9090")
	}
}

// listen looks at one address. A Kvitt that runs answers at ops, whichever it holds.
func (c *checker) listen(ctx context.Context, about, address, ops string) {
	listener, err := net.Listen("tcp", address)
	if err == nil {
		_ = listener.Close()
		c.ok(about, "%s is free", address)
		return
	}
	if answersHealthz(ctx, ops) {
		c.ok(about, "%s is held by a Kvitt that runs", address)
		return
	}
	c.fail(about, fmt.Sprintf("%s cannot be listened on: %v", address, err), "Stop what holds it, or choose another address")
}

// answersHealthz tells whether a Kvitt, or something like it, listens at an address.
func answersHealthz(ctx context.Context, address string) bool {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	if host == "" || net.ParseIP(host).IsUnspecified() {
		host = "127.0.0.1"
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/healthz", nil)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
