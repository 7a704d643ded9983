package peer

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
)

// Guard decides which addresses the hub may call: public ones, and those that
// the operator listed. Parties choose the URLs that the hub calls, so without
// it they could make the hub reach into its own network.
type Guard struct {
	allow []netip.Prefix
}

// NewGuard returns a Guard that lets the hub call these prefixes although they
// are not public.
func NewGuard(allow []netip.Prefix) Guard { return Guard{allow: allow} }

// dialTimeout bounds connecting: a host that does not take a connection within
// it counts as not connected.
const dialTimeout = 5 * time.Second

// special are the ranges that are neither private nor loopback by netip, and
// yet lead nowhere that a party's platform could be.
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("64:ff9b::/96"),
	netip.MustParsePrefix("64:ff9b:1::/48"),
	netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("2002::/16"),
}

// Permits says whether the hub may call an address.
func (g Guard) Permits(ip netip.Addr) bool {
	ip = ip.Unmap()
	for _, p := range g.allow {
		if p.Contains(ip) {
			return true
		}
	}
	for _, p := range special {
		if p.Contains(ip) {
			return false
		}
	}
	return ip.IsGlobalUnicast() && !ip.IsPrivate()
}

// Check says whether the hub may call a URL: http or https, with a host whose
// addresses it may call. Errors are faults of kind NotConnected.
func (g Guard) Check(ctx context.Context, rawURL string) error {
	u, err := callable(rawURL)
	if err != nil {
		return err
	}
	_, err = g.resolve(ctx, u.Hostname())
	return err
}

// callable reads a URL that can be called. User information is refused: it has
// no place in OCPI, and parsers differ in where the host begins after it.
func callable(rawURL string) (*url.URL, error) {
	u, err := url.Parse(rawURL)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fault.New(fault.NotConnected, "the URL must be absolute, with http or https and without user information")
	}
	return u, nil
}

// resolve looks the host up and returns the first address that may be called.
// The connection is made to that very address: looking the name up a second
// time could give another one.
func (g Guard) resolve(ctx context.Context, host string) (netip.Addr, error) {
	addrs, err := lookup(ctx, strings.Trim(host, "[]"))
	if err != nil {
		return netip.Addr{}, fault.Wrap(fault.NotConnected, err, "host %s cannot be resolved", host)
	}
	for _, a := range addrs {
		if g.Permits(a) {
			return a.Unmap(), nil
		}
	}
	return netip.Addr{}, fault.New(fault.NotConnected,
		"host %s has no address that the hub may call: the operator can list it in egress.allow", host)
}

func lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a}, nil
	}
	return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
}

// dial connects to host:port, only to an address that the guard permits. The
// client dials without a context of its own; what is left of the call's time
// bounds it, and dialTimeout.
func (g Guard) dial(hostport string, left time.Duration) (net.Conn, error) {
	if left <= 0 || left > dialTimeout {
		left = dialTimeout
	}
	ctx, cancel := context.WithTimeout(context.Background(), left)
	defer cancel()
	host, port, err := net.SplitHostPort(hostport)
	if err != nil {
		return nil, fmt.Errorf("address %q: %w", hostport, err)
	}
	ip, err := g.resolve(ctx, host)
	if err != nil {
		return nil, err
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", net.JoinHostPort(ip.String(), port))
	if err != nil {
		return nil, err
	}
	return check(conn), nil
}
