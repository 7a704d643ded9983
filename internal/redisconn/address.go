package redisconn

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"
)

// address is a URL taken apart. What stands behind it, one server, a cluster or
// sentinels, it does not say: that is asked.
type address struct {
	hosts              []string // host:port, or the path of a socket
	user, password     string
	sentinelUser       string
	sentinelPassword   string
	master             string
	db                 int
	trust              *tls.Config
	caFile             string
	certFile, certsKey string
}

const (
	standardPort = "6379"
	schemeEnd    = "://"
)

// Check says whether a URL can be used. It connects to nothing and opens no
// file. The error does not repeat the URL, which may hold a password.
func Check(raw string) error {
	_, err := parse(raw)
	return err
}

// parse reads redis://[user:password@]host[:port][,host[:port]...][/db][?key=value],
// rediss:// for TLS, unix:///path/of/socket.
func parse(raw string) (address, error) {
	scheme, rest, found := strings.Cut(strings.TrimSpace(raw), schemeEnd)
	if !found {
		return address{}, errors.New("want a URL such as redis://user:password@host:6379")
	}
	rest, query, _ := strings.Cut(rest, "?")
	var a address
	switch scheme {
	case "redis":
	case "rediss":
		a.trust = &tls.Config{MinVersion: tls.VersionTLS12}
	case "unix":
	default:
		return address{}, errors.New("want a URL that begins with redis://, rediss:// (TLS) or unix:// (a socket)")
	}
	hosts, err := a.readUser(rest)
	if err != nil {
		return address{}, err
	}
	if scheme == "unix" {
		err = a.readSocket(hosts)
	} else {
		err = a.readHosts(strings.ReplaceAll(hosts, ","+scheme+schemeEnd, ",")) // redis://a,redis://b
	}
	if err != nil {
		return address{}, err
	}
	return a, a.readQuery(query)
}

// readUser takes user and password off, and returns what follows. A password
// may hold anything: the last @ ends it.
func (a *address) readUser(rest string) (string, error) {
	at := strings.LastIndex(rest, "@")
	if at < 0 {
		return rest, nil
	}
	user, password, both := strings.Cut(rest[:at], ":")
	var err error
	if a.user, err = url.PathUnescape(user); err != nil {
		return "", errors.New("the user is not well escaped: write % as %25")
	}
	if a.password, err = url.PathUnescape(password); err != nil {
		return "", errors.New("the password is not well escaped: write % as %25")
	}
	if strings.Contains(password, schemeEnd) {
		return "", errors.New("name user and password once, before the first host")
	}
	if !both && a.user != "" {
		return "", errors.New("the user has no password: write user:password@host, or :password@host")
	}
	return rest[at+1:], nil
}

func (a *address) readSocket(path string) error {
	if !strings.HasPrefix(path, "/") {
		return errors.New("want the absolute path of a socket after unix://, for example unix:///run/redis/redis.sock")
	}
	a.hosts = []string{path}
	return nil
}

func (a *address) readHosts(rest string) error {
	list, db, _ := strings.Cut(rest, "/")
	if err := a.readDB(db); err != nil {
		return err
	}
	for host := range strings.SplitSeq(list, ",") {
		if host = strings.TrimSpace(host); host == "" {
			return errors.New("a host is empty: want redis://host:6379, or several with a comma between them")
		}
		name, port, err := net.SplitHostPort(host)
		if err != nil {
			name, port = strings.Trim(host, "[]"), standardPort
		}
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || name == "" {
			return fmt.Errorf("host %q: want host or host:port", host)
		}
		a.hosts = append(a.hosts, net.JoinHostPort(name, port))
	}
	return nil
}

func (a *address) readDB(db string) (err error) {
	if db == "" {
		return nil
	}
	if a.db, err = strconv.Atoi(db); err != nil || a.db < 0 {
		return fmt.Errorf("database %q: want a number", db)
	}
	return nil
}

func (a *address) readQuery(query string) error {
	values, err := url.ParseQuery(query)
	if err != nil {
		return errors.New("what follows the question mark is not well escaped")
	}
	for key := range values {
		value := values.Get(key)
		switch key {
		case "master":
			a.master = value
		case "db":
			err = a.readDB(value)
		case "sentinel_user":
			a.sentinelUser = value
		case "sentinel_password":
			a.sentinelPassword = value
		case "ca_file":
			a.caFile = value
		case "cert_file":
			a.certFile = value
		case "key_file":
			a.certsKey = value
		default:
			return fmt.Errorf("%q is no option: there are master, db, sentinel_user, sentinel_password, ca_file, cert_file, key_file", key)
		}
		if err != nil {
			return err
		}
	}
	return a.checkFiles()
}

func (a *address) checkFiles() error {
	switch {
	case (a.certFile == "") != (a.certsKey == ""):
		return errors.New("cert_file and key_file belong together")
	case a.trust == nil && (a.caFile != "" || a.certFile != ""):
		return errors.New("ca_file, cert_file and key_file are for TLS: begin with rediss://")
	}
	return nil
}

// options opens the files that the URL names.
func (a *address) options() (*redis.UniversalOptions, error) {
	if a.caFile != "" {
		pem, err := os.ReadFile(a.caFile)
		if err != nil {
			return nil, fmt.Errorf("ca_file: %w", err)
		}
		a.trust.RootCAs = x509.NewCertPool()
		if !a.trust.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("ca_file %s holds no certificate", a.caFile)
		}
	}
	if a.certFile != "" {
		pair, err := tls.LoadX509KeyPair(a.certFile, a.certsKey)
		if err != nil {
			return nil, fmt.Errorf("cert_file, key_file: %w", err)
		}
		a.trust.Certificates = []tls.Certificate{pair}
	}
	o := bounds()
	o.Addrs, o.Username, o.Password, o.DB, o.TLSConfig = a.hosts, a.user, a.password, a.db, a.trust
	return o, nil
}
