package catalog_test

import (
	"testing"

	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/catalog/catalogtest"
)

func TestMemoryKeepsSessionsAndCDRs(t *testing.T) {
	catalogtest.RunPersonal(t, func(*testing.T) catalogtest.Personal { return catalog.NewMemory() })
}

func TestMemoryKeepsTheCatalog(t *testing.T) {
	catalogtest.Run(t, func(*testing.T) catalog.Store { return catalog.NewMemory() })
}
