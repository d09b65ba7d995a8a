package settings

import (
	"errors"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

var hostname = regexp.MustCompile(`^[0-9A-Za-z]([0-9A-Za-z_.-]{0,251}[0-9A-Za-z])?$`)

// address reads host:port to listen on. A name of a port is refused: which number it means depends on the machine.
func address(value string) (string, error) {
	want := errors.New("host:port, such as 127.0.0.1:8080 or :8080")
	host, port, err := net.SplitHostPort(value)
	if err != nil || !isPort(port) {
		return "", want
	}
	if _, err := netip.ParseAddr(host); err != nil && host != "" && !hostname.MatchString(host) {
		return "", want
	}
	return value, nil
}

func isPort(port string) bool {
	_, ok := whole(port, 0, 65535)
	return ok && strings.Trim(port, "0123456789") == ""
}

// webURL reads an address that is safe to send credentials to.
func webURL(value string) (*url.URL, error) {
	u, err := url.Parse(value)
	if err != nil || u.Hostname() == "" || u.Port() != "" && !isPort(u.Port()) {
		return nil, errors.New("a URL such as https://host/")
	}
	u.Host = strings.ToLower(u.Host) // Whoever compares it later does so letter by letter.
	switch {
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || strings.Contains(value, "#"):
		return nil, errors.New("a URL without user, query and fragment")
	case u.Scheme == "https", u.Scheme == "http" && isLoopback(u.Hostname()):
		return u, nil
	}
	return nil, errors.New("https, or http on loopback (localhost, 127.0.0.1, [::1])")
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// baseURL reads a URL to which names of methods are appended.
func baseURL(value string) (string, error) {
	u, err := webURL(value)
	if err != nil {
		return "", err
	}
	if !strings.HasSuffix(u.Path, "/") {
		return "", errors.New(`a URL that ends in "/", such as https://slack.com/api/`)
	}
	return u.String(), nil
}

// origin reads scheme and host, and returns them without a trailing slash.
func origin(value string) (string, error) {
	u, err := webURL(value)
	if err != nil {
		return "", err
	}
	if u.Path != "" && u.Path != "/" {
		return "", errors.New("scheme and host only, such as https://host")
	}
	return u.Scheme + "://" + u.Host, nil
}

// redisURL checks the shape; the rest is judge's to say, nil asks nobody. go-redis would take "h:1,h2:2" for one host without a word, so a comma is
// refused here.
func redisURL(judge func(address string) error) func(string) (Secret, error) {
	return func(value string) (Secret, error) {
		if strings.Contains(value, ",") {
			return "", errors.New("no comma: write further addresses as ?addr=host:port")
		}
		u, err := url.Parse(value)
		if err != nil || u.Host == "" && u.Scheme != "unix" || u.Path == "" && u.Scheme == "unix" || !slices.Contains([]string{"redis", "rediss", "unix"}, u.Scheme) {
			return "", errors.New("redis://host:port/0, rediss://host:port/0 or unix:///path")
		}
		if judge != nil {
			err = judge(value)
		}
		return Secret(value), err
	}
}

// folder accepts every path that can be shown on one line.
func folder(value string) (string, error) {
	if strings.ContainsFunc(value, unicode.IsControl) {
		return "", errors.New("the path of a folder")
	}
	return value, nil
}
