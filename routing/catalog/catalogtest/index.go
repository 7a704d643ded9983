package catalogtest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
)

// Indexer is a store whose index of contracts can be made good.
type Indexer interface {
	catalog.Store
	IndexContracts(ctx context.Context, now time.Time) (tokens int, err error)
}

// RunIndex judges how a store makes its index of contracts good after a hub that
// had none. open returns an empty store, and what loses all rows of the index.
func RunIndex(t *testing.T, open func(t *testing.T) (s Indexer, lose func())) {
	t.Run("tokens that a hub without the index stored are found after a pass", func(t *testing.T) {
		s, lose := open(t)
		b := &bench{t, s}
		for i := range 300 {
			b.put(token(emsp, fmt.Sprint("U", i)), ocpi.V221, fmt.Sprintf(`{"contract_id":"C%d"}`, i), catalog.Created)
		}
		b.put(token(eco, "U1"), ocpi.V211, `{"auth_id":"C1"}`, catalog.Created)
		b.put(to(xyz, token(emsp, "P1")), ocpi.V230, `{"contract_id":"C1"}`, catalog.Created)
		b.put(token(emsp, "gone"), ocpi.V221, `{"contract_id":"C1"}`, catalog.Created)
		b.apply(token(emsp, "gone"), whole, catalog.Delete, "")
		b.put(tariff(abc, "T"), ocpi.V221, `{"contract_id":"C1"}`, catalog.Created)
		lose()
		b.wantContract("C1", xyz)
		b.index(s, now.Add(time.Minute), 303) // what is deleted is looked at, too
		b.wantContract("C1", xyz, token(eco, "U1"), token(emsp, "U1"), to(xyz, token(emsp, "P1")))
		b.wantContract("C299", abc, token(emsp, "U299"))
	})
	t.Run("a later pass looks only at what was stored since", func(t *testing.T) {
		s, lose := open(t)
		b := &bench{t, s}
		b.put(token(emsp, "old"), ocpi.V221, `{"contract_id":"C1"}`, catalog.Created)
		b.put(to(xyz, token(emsp, "old")), ocpi.V221, `{"contract_id":"C1"}`, catalog.Created)
		b.index(s, now.Add(24*time.Hour), 2)
		lose()
		for _, k := range []catalog.Key{token(emsp, "new"), to(xyz, token(emsp, "own"))} {
			change := catalog.Change{Key: k, Op: catalog.Put, Version: ocpi.V221, Body: []byte(`{"contract_id":"C1"}`), At: now.Add(25 * time.Hour)}
			if _, err := s.Apply(t.Context(), change); err != nil {
				t.Fatal(err)
			}
		}
		lose()
		b.index(s, now.Add(48*time.Hour), 2)
		b.wantContract("C1", xyz, token(emsp, "new"), to(xyz, token(emsp, "own")))
	})
}

func (b *bench) index(s Indexer, at time.Time, want int) {
	b.Helper()
	if tokens, err := s.IndexContracts(b.Context(), at); err != nil || tokens != want {
		b.Errorf("looked at %d tokens, %v; want %d", tokens, err, want)
	}
}
