package watch_test

import (
	"testing"

	"github.com/ocpihub/ocpihub/routing/watch"
	"github.com/ocpihub/ocpihub/routing/watch/watchtest"
)

func TestMemoryKeepsRhythmsAndAlerts(t *testing.T) {
	watchtest.Run(t, func(*testing.T) watch.Store { return watch.NewMemory() })
}
