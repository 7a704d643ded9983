package hub

import (
	"context"
	"encoding/json"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
)

// stockPage is how many objects are read at a time.
const stockPage = 500

// countStock counts the EVSEs of a party, or its objects in another module. It
// is asked only when much was taken away.
func countStock(ctx context.Context, store catalog.Store, party ocpi.PartyID, m ocpi.ModuleID) (n int, err error) {
	q := catalog.Query{Module: m, Owners: func(p ocpi.PartyID) bool { return p == party }, Limit: stockPage}
	if m != ocpi.Locations {
		q.Limit = 1
	}
	for {
		page, err := store.List(ctx, q)
		switch {
		case err != nil:
			return 0, err
		case m != ocpi.Locations:
			return page.Total, nil
		}
		for i := range page.Objects {
			n += evsesIn(page.Objects[i].Body)
		}
		if page.Next == "" {
			return n, nil
		}
		q.Cursor = page.Next
	}
}

func evsesIn(location []byte) int {
	var l struct {
		EVSEs []struct{} `json:"evses"`
	}
	_ = json.Unmarshal(location, &l) // what the catalog holds was read before
	return len(l.EVSEs)
}
