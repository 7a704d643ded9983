package hub

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/ocpihub/ocpihub/hub/admin"
	"github.com/ocpihub/ocpihub/hub/front"
)

// doors are the two ports of the hub.
type doors struct {
	ocpi, admin         net.Listener
	ocpiDoor, adminDoor http.Handler
	connections         *connections // at the OCPI front-end
}

// FrontAddr is the address that the OCPI front-end listens on.
func (h *Hub) FrontAddr() string { return h.doors.ocpi.Addr().String() }

// AdminAddr is the address that the admin API listens on.
func (h *Hub) AdminAddr() string { return h.doors.admin.Addr().String() }

// listen takes both ports first of all: an address in use stops the start
// before anything else has happened.
func (h *Hub) listen(ctx context.Context) error {
	var config net.ListenConfig
	for key, door := range map[string]struct {
		addr string
		at   *net.Listener
	}{
		"listen": {h.cfg.Listen, &h.doors.ocpi}, "admin.listen": {h.cfg.Admin.Listen, &h.doors.admin},
	} {
		l, err := config.Listen(ctx, "tcp", door.addr)
		if err != nil {
			return fmt.Errorf("%s: cannot listen on %s: %w", key, door.addr, err)
		}
		*door.at = l
		h.life.onClose("listener "+key, func() error { return ignoreClosed(l.Close()) })
	}
	if h.cfg.PublicURL == "" {
		h.cfg.PublicURL = "http://" + h.doors.ocpi.Addr().String()
	}
	return nil
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// openDoors makes the handlers behind the ports.
func (h *Hub) openDoors(ctx context.Context) error {
	door := front.New(front.Options{
		Self: h.self(), Versions: h.cfg.Versions, Registry: heardRegistry{h.registry, h.breaker.reset, h.gossip.Say}, Router: h.router, Watcher: h.seen,
		Now: time.Now, Log: h.log, BodyBytes: int64(h.cfg.Limits.BodyBytes),
		Rates: h.rates(), Room: h.cfg.Limits.room(), Refused: h.refused,
	})
	h.doors.ocpiDoor, h.doors.connections = door, newConnections(h.cfg.Limits.Connections)
	h.showLoad(door)
	h.showCounts(context.WithoutCancel(ctx)) // they are read for as long as the door is open
	var err error
	h.doors.adminDoor, err = h.adminDoor()
	return err
}

// serve opens the doors. They are the last to open and the first to close.
func (h *Hub) serve(context.Context) error {
	tlsConfig, err := h.tlsConfig()
	if err != nil {
		return err
	}
	h.open("admin API", h.doors.admin, h.adminServer())
	server := h.frontServer()
	listener := h.doors.ocpi
	if tlsConfig != nil {
		listener = tls.NewListener(listener, tlsConfig)
	}
	h.open("OCPI front-end", listener, server)
	return nil
}

// A connection may wait for a request longer than clients keep one that they do
// not use (90 seconds in Go): a client whose connection is closed while it
// writes does not know whether its request was read. A first request is waited
// for no less than the next, since clients dial more than they need. Whoever
// only keeps connections open loses them when others want room: connections.
const (
	waitForRequest = 2 * time.Minute
	timeForRequest = time.Minute // headers and body
)

// frontServer bounds what strangers can make the hub hold: headers, the time
// to send a request, idle connections. On a new connection net/http counts both
// times from its beginning.
func (h *Hub) frontServer() *http.Server {
	return &http.Server{
		Handler:           h.doors.ocpiDoor,
		ReadHeaderTimeout: waitForRequest,
		ReadTimeout:       waitForRequest + timeForRequest,
		WriteTimeout:      h.cfg.Forward.timeouts().Longest() + time.Minute,
		IdleTimeout:       waitForRequest,
		MaxHeaderBytes:    64 << 10,
		ConnState:         h.doors.connections.state,
		ErrorLog:          slog.NewLogLogger(h.log.Handler(), slog.LevelDebug),
	}
}

// adminServer speaks gRPC and HTTP on one port.
func (h *Hub) adminServer() *http.Server {
	return &http.Server{
		Handler: h.doors.adminDoor, Protocols: admin.Protocols(),
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          slog.NewLogLogger(h.log.Handler(), slog.LevelDebug),
	}
}

// open serves a door in the background; on stop it drains within its bound,
// then closes hard.
func (h *Hub) open(name string, l net.Listener, server *http.Server) {
	go func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			select {
			case h.failed <- fmt.Errorf("%s: %w", name, err):
			default:
			}
		}
	}()
	h.life.onStop(name, stopDoors, func(ctx context.Context) error {
		if err := server.Shutdown(ctx); err != nil {
			return server.Close()
		}
		return nil
	})
}

// tlsConfig reads the certificates of the front-end; nil without any.
func (h *Hub) tlsConfig() (*tls.Config, error) {
	files := h.cfg.TLS
	if files.CertFile == "" {
		return nil, nil
	}
	cert, err := tls.LoadX509KeyPair(files.CertFile, files.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("tls.cert_file: %w", err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}
	if files.ClientCAFile == "" {
		return config, nil
	}
	config.ClientCAs = x509.NewCertPool()
	if err := trust(config.ClientCAs, "tls.client_ca_file", files.ClientCAFile); err != nil {
		return nil, err
	}
	config.ClientAuth = tls.RequireAndVerifyClientCert
	return config, nil
}

// egressTLS is how the hub makes sure whom it calls; nil: as the system does.
func (h *Hub) egressTLS() (*tls.Config, error) {
	file := h.cfg.Egress.CAFile
	if file == "" {
		return nil, nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		return nil, fmt.Errorf("egress.ca_file: the certificates of the system cannot be read: %w", err)
	}
	if err := trust(pool, "egress.ca_file", file); err != nil {
		return nil, err
	}
	return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, nil
}

// trust adds the certificates in a file to a pool.
func trust(pool *x509.CertPool, key, file string) error {
	pem, err := os.ReadFile(file) //nolint:gosec // the operator names it
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	if !pool.AppendCertsFromPEM(pem) {
		return fmt.Errorf("%s: %s holds no PEM certificate", key, file)
	}
	return nil
}
