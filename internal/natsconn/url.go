package natsconn

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

var errURL = errors.New("want nats://host:port or tls://host:port, several with commas between them")

// VerifyURL says whether s is a list of servers. The error does not repeat it:
// it may hold a password.
func VerifyURL(s string) error {
	for one := range strings.SplitSeq(s, ",") {
		u, err := url.Parse(strings.TrimSpace(one))
		if err != nil || !slices.Contains([]string{"nats", "tls", "ws", "wss"}, u.Scheme) || u.Hostname() == "" {
			return errURL
		}
		if u.RawQuery != "" || u.ForceQuery || strings.Contains(one, "#") || u.Path != "" && u.Path != "/" {
			return errors.New(errURL.Error() + ", without path, query or fragment")
		}
		if u.Port() == "" {
			continue
		}
		if n, err := strconv.ParseUint(u.Port(), 10, 16); err != nil || n == 0 {
			return errURL
		}
	}
	return nil
}

// shown is a list of servers without what may be secret in it.
func shown(s string) string {
	var hosts []string
	for one := range strings.SplitSeq(s, ",") {
		if u, err := url.Parse(strings.TrimSpace(one)); err == nil {
			hosts = append(hosts, u.Scheme+"://"+u.Host)
		}
	}
	return strings.Join(hosts, ",")
}
