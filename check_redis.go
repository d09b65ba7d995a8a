package main

import (
	"context"
	"errors"
	"net"
	"net/url"
	"slices"
	"strings"

	"kvitt/store"
)

// redis looks whether a server can be used, and is set up to lose nothing. It returns nil if it cannot.
func (c *checker) redis(ctx context.Context) store.Backend {
	const about = "REDIS_URL"
	for _, f := range exposed(c.set.RedisURL.Reveal()) {
		c.warn(about, f.What, f.Mend)
	}
	backend, err := store.OpenRedis(ctx, c.set.RedisURL.Reveal(), store.RedisOptions{Wait: checkTime / 2, Look: true})
	if unsafe, ok := errors.AsType[*store.UnsafeError](err); ok {
		for _, f := range unsafe.Findings {
			c.fail(about, strings.TrimSpace(f.Node+" Redis "+f.What), f.Mend)
		}
		return nil
	}
	if _, newer := errors.AsType[*store.LayoutError](err); newer {
		c.fail(about, err.Error(), "Nothing was changed")
		return nil
	}
	if err != nil {
		c.fail(about, err.Error(), "Start it, or correct the address")
		return nil
	}
	findings, err := backend.Findings(ctx)
	if err != nil {
		c.fail(about, err.Error(), "Start it, or correct the address")
		return backend
	}
	for _, f := range findings {
		c.warn(about, strings.TrimSpace(f.Node+" Redis "+f.What), f.Mend)
	}
	c.ok(about, "%s answers, and is set up as a master that never throws records away", c.set.RedisURL)
	return backend
}

// exposed finds who else could read or write the store by what an address of Redis says, in the forms that store.OpenRedis takes. It names no part
// of the address, which may hold a password in an odd place. What never leaves this machine is fine; nil, too, for what is no address.
func exposed(address string) []store.Finding {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "redis" && u.Scheme != "rediss" {
		return nil
	}
	var all []store.Finding
	if skip := u.Query()["skip_verify"]; u.Scheme == "rediss" && slices.ContainsFunc(skip, func(value string) bool { return value == "true" || value == "1" }) {
		all = append(all, store.Finding{What: "skip_verify takes every certificate: whoever is on the way can pass for Redis, read the password, and have Kvitt pay an open invoice",
			Mend: "Take it out, and make the authority of Redis' certificate one that this machine trusts"})
	}
	if staysHere(u) {
		return all
	}
	if u.Scheme == "redis" {
		all = append(all, store.Finding{What: "the way to Redis is not encrypted: whoever is on it can read the password, write to the store, and so have Kvitt pay an open invoice",
			Mend: "Use rediss:// and TLS in Redis, unless nobody else is on that network"})
	}
	if password, form := passwordOf(u); password == "" {
		all = append(all, store.Finding{What: "there is no password for Redis, which is on another machine: whoever reaches it can write to the store, and so have Kvitt pay an open invoice",
			Mend: "Make a user for Kvitt as docs/operating.md shows, and name it as " + form})
	}
	return all
}

// staysHere tells whether all nodes of an address are this machine. One without a name is, as go-redis reads it.
func staysHere(u *url.URL) bool {
	hosts := []string{u.Hostname()}
	for _, node := range u.Query()["addr"] {
		host, _, _ := net.SplitHostPort(node)
		hosts = append(hosts, host)
	}
	return !slices.ContainsFunc(hosts, func(host string) bool { return host != "" && !isLoopback(host) })
}

// passwordOf is the password for Redis itself and how an address has it: with Sentinel, the one before the host is Sentinel's.
func passwordOf(u *url.URL) (password, form string) {
	if q := u.Query(); q.Has("master_name") {
		return q.Get("password"), "&username=kvitt&password=…"
	}
	password, _ = u.User.Password()
	return password, u.Scheme + "://kvitt:…@"
}
