package held_test

import (
	"testing"

	"github.com/ocpihub/ocpihub/routing/held"
	"github.com/ocpihub/ocpihub/routing/held/heldtest"
)

func TestMemoryKeepsHeldPushes(t *testing.T) {
	heldtest.Run(t, func(*testing.T) held.Store { return held.NewMemory() })
}
