package trail_test

import (
	"testing"

	"github.com/ocpihub/ocpihub/routing/trail"
	"github.com/ocpihub/ocpihub/routing/trail/trailtest"
)

func TestMemoryKeepsTrails(t *testing.T) {
	trailtest.Run(t, func(*testing.T) trail.Store { return trail.NewMemory() })
}
