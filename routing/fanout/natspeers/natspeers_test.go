package natspeers_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/nats-io/nats.go"
	"go.uber.org/goleak"

	"github.com/ocpihub/ocpihub/internal/embednats"
	"github.com/ocpihub/ocpihub/routing/fanout"
	"github.com/ocpihub/ocpihub/routing/fanout/natspeers"
	"github.com/ocpihub/ocpihub/routing/fanout/peerstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestPeers(t *testing.T) {
	quiet := slog.New(slog.DiscardHandler)
	server, err := embednats.Start(t.TempDir(), quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close(context.WithoutCancel(t.Context())) })
	conns := make([]*nats.Conn, 2)
	for i := range conns {
		if conns[i], err = server.Connect(); err != nil {
			t.Fatal(err)
		}
	}
	peerstest.Run(t, func(*testing.T) (one, other fanout.Peers) {
		return natspeers.New(conns[0], quiet), natspeers.New(conns[1], quiet)
	})
}
