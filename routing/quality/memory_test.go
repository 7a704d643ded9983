package quality_test

import (
	"testing"

	"github.com/ocpihub/ocpihub/routing/quality"
	"github.com/ocpihub/ocpihub/routing/quality/qualitytest"
)

func TestMemoryKeepsFindings(t *testing.T) {
	qualitytest.Run(t, func(*testing.T) quality.Store { return quality.NewMemory() })
}
