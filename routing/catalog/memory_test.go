package catalog_test

import (
	"testing"

	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/catalog/catalogtest"
)

func TestMemoryKeepsTheCatalog(t *testing.T) {
	catalogtest.Run(t, func(*testing.T) catalog.Store { return catalog.NewMemory() })
}
