// Package embednats runs a NATS server with JetStream inside the process,
// without a socket: the stream of the embedded default.
package embednats

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

const (
	readyWithin = 20 * time.Second
	closeWithin = 20 * time.Second
)

// Server is a running NATS server and the connections to it.
type Server struct {
	server *server.Server
	conn   *nats.Conn
	conns  []*nats.Conn
}

// Start starts a server that keeps its files in dir. Each message is on disk
// before it is acknowledged.
func Start(dir string, log *slog.Logger) (*Server, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("stream directory %s: %w", dir, err)
	}
	s, err := server.NewServer(&server.Options{
		ServerName: "embedded", DontListen: true, NoSigs: true,
		JetStream: true, StoreDir: dir, SyncAlways: true, JetStreamMaxStore: maxStore,
		MaxPayload: maxPayload, DisableJetStreamBanner: true,
	})
	if err != nil {
		return nil, fmt.Errorf("embedded stream: %w", err)
	}
	s.SetLoggerV2(&logger{log}, false, false, false)
	s.Start()
	if !s.ReadyForConnections(readyWithin) {
		s.Shutdown()
		return nil, fmt.Errorf("embedded stream in %s: not ready within %s", dir, readyWithin)
	}
	out := &Server{server: s}
	if out.conn, err = out.Connect(); err != nil {
		s.Shutdown()
		return nil, err
	}
	return out, nil
}

// maxStore leaves the bounds to the streams: by itself the server takes those
// of the streams together for what the disk must have free now, and would not
// start on a small one.
const maxStore = 1 << 50

// maxPayload is the largest message: a body at its limit, and headers.
const maxPayload = 64 << 20

// Connect makes a further connection, for who moves so much that others would
// wait behind it. Close closes it.
func (s *Server) Connect() (*nats.Conn, error) {
	conn, err := nats.Connect("", nats.InProcessServer(s.server), nats.MaxReconnects(-1))
	if err != nil {
		return nil, fmt.Errorf("embedded stream: %w", err)
	}
	s.conns = append(s.conns, conn)
	return conn, nil
}

// Conn is the connection to the server.
func (s *Server) Conn() *nats.Conn { return s.conn }

// Ping returns nil when the server answers.
func (s *Server) Ping(ctx context.Context) error { return s.conn.FlushWithContext(ctx) }

// Close sends what is under way, then stops the server, within ctx and at most
// closeWithin.
func (s *Server) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, closeWithin)
	defer cancel()
	err := s.conn.FlushWithContext(ctx)
	if errors.Is(err, nats.ErrConnectionClosed) {
		err = nil
	}
	for _, conn := range s.conns {
		conn.Close()
	}
	s.server.Shutdown()
	stopped := make(chan struct{})
	go func() {
		s.server.WaitForShutdown()
		close(stopped)
	}()
	select {
	case <-stopped:
	case <-ctx.Done():
		err = errors.Join(err, ctx.Err())
	}
	return err
}

// logger writes what the server has to say of weight.
type logger struct{ log *slog.Logger }

func (l *logger) Noticef(string, ...any) {}
func (l *logger) Debugf(string, ...any)  {}
func (l *logger) Tracef(string, ...any)  {}

func (l *logger) Warnf(format string, v ...any) {
	l.log.Debug("stream", "warning", fmt.Sprintf(format, v...))
}

func (l *logger) Errorf(format string, v ...any) {
	l.log.Error("stream", "error", fmt.Sprintf(format, v...))
}

func (l *logger) Fatalf(format string, v ...any) {
	l.log.Error("stream", "error", fmt.Sprintf(format, v...))
}
