package pull_test

import (
	"testing"

	"github.com/ocpihub/ocpihub/routing/pull"
	"github.com/ocpihub/ocpihub/routing/pull/markstest"
)

func TestMemoryKeepsMarks(t *testing.T) {
	markstest.Run(t, func(*testing.T) pull.Marks { return pull.NewMemory() })
}
