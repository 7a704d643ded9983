package memstore_test

import (
	"testing"

	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/parties/memstore"
	"github.com/ocpihub/ocpihub/parties/storetest"
)

func TestMemoryKeepsThePortsContract(t *testing.T) {
	storetest.Run(t, func(*testing.T) parties.Store { return memstore.New() })
}

func TestMemoryIsABook(t *testing.T) {
	storetest.RunBook(t, func(*testing.T) storetest.Notes { return memstore.New() })
}

func TestMemoryTellsReplicasOfOneAnother(t *testing.T) {
	storetest.RunReplicas(t, func(*testing.T) func(string) storetest.Member {
		circle := memstore.NewCircle()
		return func(id string) storetest.Member { return circle.Join(id) }
	})
}
