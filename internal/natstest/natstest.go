// Package natstest runs NATS servers with JetStream for tests: on loopback
// sockets in this process (Single, Cluster), or each in a process of its own
// that can be killed and stopped (Processes).
package natstest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// patience bounds a wait for what must come: elections take up to ten seconds,
// and the machine may be busy.
const patience = 90 * time.Second

// Servers are one NATS: a server, or the nodes of a cluster.
type Servers struct {
	t     testing.TB
	nodes []*node
}

// node is a server: what it keeps, and how it is started.
type node struct {
	conf   Config
	launch launcher
	now    running // nil while it is down
}

// running is a server that runs.
type running interface {
	// kill ends it at once, as hard as it goes.
	kill()
}

type launcher func(t testing.TB, c Config) running

// Config is how one server is started.
type Config struct {
	Name, Dir      string
	Port           int
	Cluster        string // empty: none
	ClusterPort    int
	Routes         []string
	MaxPayload     int32
	MaxFileStore   int64  // bytes; 0: no bound to speak of
	ConfigFile     string // further configuration of the server: accounts, users
	User, Password string // of the one who looks at the cluster; none: nobody in particular
}

// Single starts one server in this process.
func Single(t testing.TB, edit ...func(*Config)) *Servers {
	t.Helper()
	return start(t, 1, inProcess, edit)
}

// Cluster starts three nodes in this process, and waits until JetStream serves.
func Cluster(t testing.TB, edit ...func(*Config)) *Servers {
	t.Helper()
	return start(t, 3, inProcess, edit)
}

// Processes starts n servers, a cluster when there are several, each in a
// process of its own.
func Processes(t testing.TB, n int, edit ...func(*Config)) *Servers {
	t.Helper()
	return start(t, n, asProcess, edit)
}

func start(t testing.TB, n int, launch launcher, edit []func(*Config)) *Servers {
	t.Helper()
	s := &Servers{t: t}
	dir := t.TempDir()
	for i := range n {
		c := Config{Name: fmt.Sprint("n", i+1), Dir: filepath.Join(dir, fmt.Sprint("n", i+1)), Port: freePort(t), MaxPayload: 64 << 20}
		if n > 1 {
			c.Cluster, c.ClusterPort = "test", freePort(t)
		}
		s.nodes = append(s.nodes, &node{conf: c, launch: launch})
	}
	for _, to := range s.nodes {
		for _, from := range s.nodes {
			if n > 1 && from != to {
				to.conf.Routes = append(to.conf.Routes, fmt.Sprint("nats://127.0.0.1:", from.conf.ClusterPort))
			}
		}
		for _, e := range edit {
			e(&to.conf)
		}
	}
	t.Cleanup(func() {
		for i := range s.nodes {
			s.Kill(i)
		}
	})
	for i := range s.nodes {
		s.Restart(i)
	}
	s.Await()
	return s
}

// freePort is a port of the loopback interface below those that the system gives
// to outgoing connections.
func freePort(t testing.TB) int {
	t.Helper()
	for range 100 {
		port := 12_000 + rand.IntN(20_000)
		if l, err := net.Listen("tcp", fmt.Sprint("127.0.0.1:", port)); err == nil {
			_ = l.Close()
			return port
		}
	}
	t.Fatal("no port is free")
	return 0
}

// URL names all servers, with commas between them.
func (s *Servers) URL() string {
	urls := make([]string, 0, len(s.nodes))
	for i := range s.nodes {
		urls = append(urls, s.NodeURL(i))
	}
	return strings.Join(urls, ",")
}

// NodeURL names one server.
func (s *Servers) NodeURL(i int) string { return fmt.Sprint("nats://127.0.0.1:", s.nodes[i].conf.Port) }

// Kill ends a server at once; one that is down stays so.
func (s *Servers) Kill(i int) {
	if n := s.nodes[i]; n.now != nil {
		n.now.kill()
		n.now = nil
	}
}

// Restart starts a server that is down with the files that it had.
func (s *Servers) Restart(i int) {
	s.t.Helper()
	if n := s.nodes[i]; n.now == nil {
		n.now = n.launch(s.t, n.conf)
	}
}

// Connect makes a connection that ends with the test.
func (s *Servers) Connect() *nats.Conn {
	s.t.Helper()
	conn, err := s.dial()
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(conn.Close)
	return conn
}

func (s *Servers) dial() (*nats.Conn, error) {
	c := s.nodes[0].conf
	options := []nats.Option{nats.MaxReconnects(-1), nats.ReconnectWait(100 * time.Millisecond), nats.Timeout(5 * time.Second)}
	if c.User != "" {
		options = append(options, nats.UserInfo(c.User, c.Password))
	}
	return nats.Connect(s.URL(), options...)
}

// Await waits until JetStream serves.
func (s *Servers) Await() {
	s.t.Helper()
	s.until("JetStream serves", func(ctx context.Context, js jetstream.JetStream) error {
		_, err := js.AccountInfo(ctx)
		return err
	})
}

// until tries on a connection of its own until it succeeds.
func (s *Servers) until(what string, try func(context.Context, jetstream.JetStream) error) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.t.Context()), patience)
	defer cancel()
	for {
		err := s.ask(ctx, try)
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			s.t.Fatalf("waiting until %s: %v", what, err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (s *Servers) ask(ctx context.Context, try func(context.Context, jetstream.JetStream) error) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	conn, err := s.dial()
	if err != nil {
		return err
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		return err
	}
	return try(ctx, js)
}

// Leader says which node leads a stream, and waits until one does.
func (s *Servers) Leader(stream string) (leader int) {
	s.t.Helper()
	s.until(stream+" has a leader", func(ctx context.Context, js jetstream.JetStream) error {
		found, err := js.Stream(ctx, stream)
		if err != nil {
			return err
		}
		cluster := found.CachedInfo().Cluster
		for i, n := range s.nodes {
			if len(s.nodes) == 1 || cluster != nil && cluster.Leader == n.conf.Name {
				leader = i
				return nil
			}
		}
		return fmt.Errorf("it has none: %+v", cluster)
	})
	return leader
}

// StepDown has the leader of a stream give up its place.
func (s *Servers) StepDown(stream string) {
	s.t.Helper()
	conn := s.Connect()
	defer conn.Close()
	if _, err := conn.Request("$JS.API.STREAM.LEADER.STEPDOWN."+stream, nil, 10*time.Second); err != nil {
		s.t.Errorf("the leader of %s does not step down: %v", stream, err)
	}
}

// Whole waits until every replica of a stream has all of it.
func (s *Servers) Whole(stream string) {
	s.t.Helper()
	s.until(stream+" is whole on every node", func(ctx context.Context, js jetstream.JetStream) error {
		found, err := js.Stream(ctx, stream)
		if err != nil {
			return err
		}
		cluster := found.CachedInfo().Cluster
		if cluster == nil || cluster.Leader == "" {
			return fmt.Errorf("it has no leader: %+v", cluster)
		}
		for _, r := range cluster.Replicas {
			if !r.Current || r.Offline {
				return fmt.Errorf("%s has not all of it", r.Name)
			}
		}
		return nil
	})
}
