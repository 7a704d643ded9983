package catalog_test

import (
	"slices"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/catalog/catalogtest"
)

func TestMemoryKeepsSessionsAndCDRs(t *testing.T) {
	catalogtest.RunPersonal(t, func(*testing.T) catalogtest.Personal { return catalog.NewMemory() })
}

func TestMemoryKeepsTheCatalog(t *testing.T) {
	catalogtest.Run(t, func(*testing.T) catalog.Store { return catalog.NewMemory() })
}

func TestMemoryMakesItsIndexGood(t *testing.T) {
	catalogtest.RunIndex(t, func(t *testing.T) (catalogtest.Indexer, func()) {
		table := catalog.NewMemoryTable()
		return catalog.NewKeyed(table), func() { loseContracts(t, table) }
	})
}

// loseContracts leaves a table as a hub without the index would have written it.
func loseContracts(t *testing.T, table catalog.Table) {
	t.Helper()
	err := table.Update(t.Context(), catalog.About{}, func(rows catalog.Rows) error {
		var keys [][]byte
		rows.Scan([]byte{catalog.InContracts}, []byte{catalog.InContracts}, func(key, _ []byte) bool {
			keys = append(keys, slices.Clone(key))
			return true
		})
		for _, k := range keys {
			if err := rows.Delete(k); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestATokenIsFoundByItsContractWhereItWasMovedTo(t *testing.T) {
	table := catalog.NewMemoryTable()
	from, to := catalog.NewKeyed(table), catalog.NewMemory()
	k := catalog.Key{Module: ocpi.Tokens, Owner: emsp, ID: catalog.TokenID("U1", "RFID")}
	apply(t, from, catalog.Change{Key: k, Op: catalog.Put, Version: ocpi.V211, Body: []byte(`{"uid":"U1","auth_id":"C1"}`)})
	loseContracts(t, table)
	if _, err := from.MoveTo(t.Context(), to, func(int) {}); err != nil {
		t.Fatal(err)
	}
	if held, err := to.Contract(t.Context(), "c1", cpo); err != nil || len(held) != 1 || held[0].Key != k {
		t.Errorf("found %v, %v", held, err)
	}
}
