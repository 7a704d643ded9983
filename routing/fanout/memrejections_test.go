package fanout_test

import (
	"testing"

	"github.com/ocpihub/ocpihub/routing/fanout"
	"github.com/ocpihub/ocpihub/routing/fanout/rejectiontest"
)

func TestMemoryRejections(t *testing.T) {
	rejectiontest.Run(t, func(*testing.T) fanout.Rejections { return fanout.NewMemoryRejections() })
}
