package fanout_test

import (
	"testing"

	"github.com/ocpihub/ocpihub/routing/fanout"
	"github.com/ocpihub/ocpihub/routing/fanout/peerstest"
)

func TestMemoryPeers(t *testing.T) {
	peerstest.Run(t, func(*testing.T) (one, other fanout.Peers) {
		p := fanout.NewMemoryPeers()
		return p, p
	})
}
