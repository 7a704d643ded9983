package redisheld_test

import (
	"testing"

	"github.com/ocpihub/ocpihub/internal/redistest"
	"github.com/ocpihub/ocpihub/routing/held"
	"github.com/ocpihub/ocpihub/routing/held/heldtest"
	"github.com/ocpihub/ocpihub/routing/held/redisheld"
)

func TestRedisKeepsHeldPushes(t *testing.T) {
	heldtest.Run(t, func(t *testing.T) held.Store { return redisheld.New(redistest.Fresh(t)) })
}

func TestARedisClusterKeepsHeldPushes(t *testing.T) {
	heldtest.Run(t, func(t *testing.T) held.Store { return redisheld.New(redistest.FreshCluster(t)) })
}

func TestReplicasHoldAsOne(t *testing.T) {
	heldtest.RunShared(t, func(t *testing.T) (one, two heldtest.Common) {
		c := redistest.Fresh(t)
		return redisheld.New(c), redisheld.New(c)
	})
}

func TestReplicasHoldAsOneInACluster(t *testing.T) {
	heldtest.RunShared(t, func(t *testing.T) (one, two heldtest.Common) {
		c := redistest.FreshCluster(t)
		return redisheld.New(c), redisheld.New(c)
	})
}
