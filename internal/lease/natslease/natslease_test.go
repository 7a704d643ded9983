package natslease_test

import (
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/ocpihub/ocpihub/internal/lease"
	"github.com/ocpihub/ocpihub/internal/lease/leasetest"
	"github.com/ocpihub/ocpihub/internal/lease/natslease"
)

// stream starts a server that keeps its files in dir, on a port, -1 for any.
func stream(t *testing.T, dir string, port int) *server.Server {
	t.Helper()
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: port, NoSigs: true, NoLog: true, JetStream: true, StoreDir: dir, DisableJetStreamBanner: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(30 * time.Second) {
		t.Fatal("the stream is not ready")
	}
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	return s
}

func connect(t *testing.T, s *server.Server) *nats.Conn {
	t.Helper()
	conn, err := nats.Connect(s.ClientURL(), nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond), nats.ReconnectBufSize(-1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return conn
}

func bucket(t *testing.T, conn *nats.Conn) *natslease.Bucket {
	t.Helper()
	b, err := natslease.Open(t.Context(), conn, 1)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestTheStreamIsABucket(t *testing.T) {
	leasetest.Bucket(t, func(t *testing.T) lease.Bucket { return bucket(t, connect(t, stream(t, t.TempDir(), -1))) })
}

func TestAKeeperOnTheStreamHoldsEverything(t *testing.T) {
	leasetest.Leases(t, func(t *testing.T) lease.Leases {
		k, err := lease.New(lease.Options{Bucket: bucket(t, connect(t, stream(t, t.TempDir(), -1))), ID: "one"})
		if err != nil {
			t.Fatal(err)
		}
		return k
	})
}

func TestOnlyWhoMadeTheBucketKnowsThatNobodyHoldsAnything(t *testing.T) {
	conn := connect(t, stream(t, t.TempDir(), -1))
	if first, second := bucket(t, conn), bucket(t, conn); !first.New() || second.New() {
		t.Errorf("new: %v, then %v", first.New(), second.New())
	}
}
